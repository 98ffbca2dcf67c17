"""Run the benchmarks: `python -m benchmarks [PAGE ...] [--save]` (`make bench` runs every page).

Prints the rows; `--save` also writes them to benchmarks/results/PAGE.md, which the README quotes.
"""

from __future__ import annotations

import argparse
import platform
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from benchmarks.timing import Limit, Row

RESULTS = Path(__file__).parent / "results"
PEERS = {
    "extensive_form": ("open_spiel", "LiteEFG"),
    "matrix_games": ("nashpy", "quantecon", "pygambit", "scipy", "open_spiel"),
    "search": ("open_spiel",),
    "league": ("open_spiel",),
    "alphazero": ("torch", "open_spiel"),
    "teams": ("mpe2", "lbforaging"),
}
"""The pages, and whom they measure against."""


def main() -> int:
    """Exit status 1 when a floor is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("pages", nargs="*", help=f"of {', '.join(PEERS)}; all without")
    parser.add_argument("--save", action="store_true", help="also write benchmarks/results/PAGE.md")
    arguments = parser.parse_args()
    for page in arguments.pages:
        if page not in PEERS:
            parser.error(f"no page {page!r}; there are {', '.join(PEERS)}")
    return 0 if all([_run(page, arguments.save) for page in arguments.pages or PEERS]) else 1


def _run(page: str, save: bool) -> bool:
    """Whether every floor was passed."""
    lines, passed = _header(PEERS[page]), True
    print(f"\n{page}\n", *lines, sep="\n")
    for measured in MEASURES[page]():
        passed = passed and measured.passed
        lines.append(_line(measured))
        print(lines[-1], flush=True)
    if save:
        (RESULTS / f"{page}.md").write_text("\n".join([*lines, ""]), encoding="utf-8")
    return passed


def _extensive_form() -> Iterator[Row | Limit]:
    from benchmarks import cfr, cold, compile, mccfr, nash_conv

    yield from cfr.rows()
    yield from mccfr.rows()
    yield from nash_conv.rows()
    yield from compile.rows()
    yield from compile.limits()
    yield from cold.limits()


def _matrix_games() -> Iterator[Row | Limit]:
    from benchmarks import (
        all_equilibria,
        dynamics,
        lemke_howson,
        many_players,
        matrix_lp,
        meta_games,
    )

    yield from all_equilibria.rows()
    yield from lemke_howson.rows()
    yield from matrix_lp.rows()
    yield from many_players.rows()
    yield from dynamics.rows()
    yield from dynamics.limits()
    yield from meta_games.rows()
    yield from meta_games.limits()


def _search() -> Iterator[Row | Limit]:
    from benchmarks import boards, connect_four_solver, search, tables, uct

    yield from uct.rows()
    yield from search.rows()
    yield from search.limits()
    yield from boards.rows()
    yield from tables.rows()
    yield from connect_four_solver.rows()


def _league() -> Iterator[Row | Limit]:
    from benchmarks import leagues

    yield from leagues.rows()
    yield from leagues.limits()


def _alphazero() -> Iterator[Row | Limit]:
    from benchmarks import alphazero

    yield from alphazero.rows()
    yield from alphazero.limits()


def _teams() -> Iterator[Row | Limit]:
    from benchmarks import teams

    yield from teams.rows()


MEASURES = {
    "extensive_form": _extensive_form,
    "matrix_games": _matrix_games,
    "search": _search,
    "league": _league,
    "alphazero": _alphazero,
    "teams": _teams,
}


def _header(names: tuple[str, ...]) -> list[str]:
    peers = ", ".join(f"{name} {_version(name)}" for name in names)
    return [
        f"Python {platform.python_version()}, numba {version('numba')}, {peers}; medians of paired "
        "runs in one process, one core.",
        "",
        "| work | peer | peer's time | ours | ratio | floor | |",
        "|---|---|---|---|---|---|---|",
    ]


def _version(name: str) -> str:
    try:
        return version(name)
    except ModuleNotFoundError:
        return "(not installed)"


def _line(m: Row | Limit) -> str:
    verdict = "passed" if m.passed else "MISSED"
    if isinstance(m, Limit):
        ours = f"{m.measured:.3g} {m.unit}"
        return f"| {m.work} | - | - | {ours} | - | < {m.limit:g} {m.unit} | {verdict} |"
    times = f"{_time(m.peer_s)} | {_time(m.ours_s)}"
    floor = f"{m.floor:g}x" if m.floor else "-"
    return f"| {m.work} | {m.peer} | {times} | {_ratio(m.ratio)} | {floor} | {verdict} |"


def _ratio(ratio: float) -> str:
    return f"{ratio:.0f}x" if ratio >= 10 else f"{ratio:.2g}x"


def _time(seconds: float) -> str:
    for unit, scale in (("s", 1.0), ("ms", 1e3), ("us", 1e6)):
        if seconds * scale >= 1 or unit == "us":
            return f"{seconds * scale:.3g} {unit}"
    raise AssertionError


if __name__ == "__main__":
    sys.exit(main())
