"""Run every benchmark: `python -m benchmarks [--save]` (`make bench`).

Prints the rows; `--save` also writes them to benchmarks/results/, which the README quotes.
"""

from __future__ import annotations

import argparse
import platform
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from benchmarks import cfr, cold, compile, mccfr, nash_conv, uct
from benchmarks.timing import Limit, Row

RESULTS = Path(__file__).parent / "results" / "foundation.md"


def main() -> int:
    """Exit status 1 when a floor is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("--save", action="store_true", help=f"also write {RESULTS.name}")
    arguments = parser.parse_args()
    lines, passed = [], True
    for measured in _all():
        line = _line(measured)
        passed = passed and measured.passed
        print(line, flush=True)
        lines.append(line)
    if arguments.save:
        RESULTS.write_text("\n".join([*_header(), *lines, ""]), encoding="utf-8")
    return 0 if passed else 1


def _all() -> Iterator[Row | Limit]:
    print(*_header(), sep="\n")
    yield from cfr.rows()
    yield from mccfr.rows()
    yield from nash_conv.rows()
    yield from uct.rows()
    yield from compile.rows()
    yield from compile.limits()
    yield from cold.limits()


def _header() -> list[str]:
    peers = ", ".join(f"{name} {_version(name)}" for name in ("open_spiel", "LiteEFG"))
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
    return f"| {m.work} | {m.peer} | {times} | {m.ratio:.0f}x | {m.floor:.0f}x | {verdict} |"


def _time(seconds: float) -> str:
    for unit, scale in (("s", 1.0), ("ms", 1e3), ("us", 1e6)):
        if seconds * scale >= 1 or unit == "us":
            return f"{seconds * scale:.3g} {unit}"
    raise AssertionError


if __name__ == "__main__":
    sys.exit(main())
