"""How training for Connect Four, 6 x 7, has gone: errors against core-hours.

`python -m benchmarks.connect_four_training runs/connect_four [--save]` asks the untrained network,
the earlier selves that a run has kept and its newest one for moves in the positions of
`connect_four_strength`, with 64 simulations a move and with the network alone; UCT stands beside
them. What was graded is kept in a file beside the run's folder, which is to be removed after
changes of the search. `--save` also writes benchmarks/results/connect_four.md, but for what stands
there below "What was tried", and docs/img/connect_four_training.png.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.stats import binomtest

import marl_kit as mk
from benchmarks.connect_four_positions import PHASES, load_positions
from benchmarks.connect_four_strength import Grade, grade
from benchmarks.kept import CHECKOUT, Kept
from marl_kit.learn.alphazero.player import search_options
from marl_kit.plot.style import MUTED, PALETTE, style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

RESULT = CHECKOUT / "benchmarks" / "results" / "connect_four.md"
PICTURE = CHECKOUT / "docs" / "img" / "connect_four_training.png"
TRIED = "## What was tried"
SIMULATIONS, ALONE = 64, 1
FLOOR = "mcts(simulations=1000)"
BESIDE = ("random", "mcts(simulations=50)", FLOOR)
SIZE = (7.2, 3.8)
"""Inches."""


@dataclass(frozen=True, eq=False, slots=True)
class Point:
    """A network on its way.

    Attributes
    ----------
    round, games : int
    hours : float
        Of one core, evaluations included, since the first round.
    searching, alone : Grade
        With 64 simulations a move, and the network's own first choice.
    """

    round: int
    games: int
    hours: float
    searching: Grade
    alone: Grade


class Book:
    """Grades, looked up or made."""

    def __init__(self, file: Path):
        self.kept, self.positions = Kept(file), load_positions()

    def of(self, key: list[Any], player: Any) -> Grade:
        """Of a player that the key names for ever."""
        if key not in self.kept:
            lost = grade(player, self.positions).lost
            self.kept.add(key, {"lost": "".join(map(str, lost.astype(int).tolist()))})
        lost = np.array(list(self.kept[key]["lost"])) == "1"
        return Grade(str(key[0]), self.positions, lost)


def points(run: Path, book: Book) -> Iterator[Point]:
    """The untrained network, all earlier selves, the newest."""
    told = json.loads((run / "run.json").read_text(encoding="utf-8"))
    progress = pd.read_csv(run / "progress.csv").set_index("round")
    untrained = mk.train_alphazero(told["game"], rounds=0, seed=told["seed"], **told["options"])
    name = f"untrained, seed {told['seed']}, {json.dumps(told['options'], sort_keys=True)}"
    yield Point(0, 0, 0.0, *_both(book, name, untrained))
    files = {int(file.stem): file for file in (run / "snapshots").glob("*.safetensors")}
    files[int(progress.index[-1])] = run / "player.safetensors"
    for number, file in sorted(files.items()):
        row, digest = progress.loc[number], hashlib.sha256(file.read_bytes()).hexdigest()
        player = mk.make_player(f"alphazero:{file}", told["game"])
        hours = float(row["seconds"]) / 3600
        yield Point(number, int(row["games"]), hours, *_both(book, digest, player))


def _both(book: Book, name: str, player: Any) -> tuple[Grade, Grade]:
    found = []
    for simulations in (SIMULATIONS, ALONE):
        searching = replace(player, options=search_options(simulations=simulations))
        found.append(book.of([name, simulations], searching))
    return found[0], found[1]


def table(curve: list[Point], beside: dict[str, Grade]) -> Iterator[str]:
    """Lines of Markdown."""
    yield f"| | games | core-hours | {' | '.join(PHASES)} | all | network alone, all |"
    yield "|---|---|---|" + "---|" * (len(PHASES) + 2)
    for point in curve:
        name = f"round {point.round}" if point.round else "untrained"
        alone = f"{point.alone.errors().share:.1%}"
        yield _row(name, f"{point.games:,}", f"{point.hours:.2f}", point.searching, alone)
    for name, one in beside.items():
        yield _row(f"`{name}`", "", "", one, "")


def _row(name: str, games: str, hours: str, one: Grade, alone: str) -> str:
    parts = [f"{one.errors(phase).share:.1%}" for phase in PHASES]
    return f"| {' | '.join([name, games, hours, *parts, str(one.errors()), alone])} |"


def paired(last: Grade, other: Grade) -> str:
    """Whether one errs more often than the other, in the same positions."""
    more, less = int((last.lost & ~other.lost).sum()), int((other.lost & ~last.lost).sum())
    p = binomtest(min(more, less), more + less).pvalue if more + less else 1.0
    return (
        f"In {less} positions only `{other.player}` errs, in {more} only the network with "
        f"{SIMULATIONS} simulations (exact test of McNemar: p = {p:.2g})."
    )


def draw(curve: list[Point], beside: dict[str, Grade]) -> Figure:
    """Shares of errors against core-hours, with intervals of 95 %."""
    from matplotlib.figure import Figure

    with style():
        figure = Figure(figsize=SIZE, layout="constrained")
        ax = figure.subplots()
        hours = [point.hours for point in curve]
        for name, colour, grades in (
            (f"{SIMULATIONS} simulations a move", PALETTE[0], [p.searching for p in curve]),
            ("network alone", PALETTE[1], [p.alone for p in curve]),
        ):
            shares = [one.errors() for one in grades]
            ax.plot(hours, [100 * s.share for s in shares], "o-", color=colour, label=name)
            band = [100 * s.low for s in shares], [100 * s.high for s in shares]
            ax.fill_between(hours, *band, color=colour, alpha=0.15, linewidth=0)
        for name, one in beside.items():
            height = 100 * one.errors().share
            ax.axhline(height, color=MUTED, linewidth=1, linestyle="--")
            # above the line, to the right of where the curves cross it
            ax.annotate(name, (0.16, height), (0, 2), ax.get_yaxis_transform(), "offset points")
        ax.set(ylim=(0, None), xlim=(0, None), xlabel="core-hours of training")
        count = len(curve[-1].searching.lost)
        ax.set(ylabel="moves that lose value, %", title=f"Connect Four, {count:,} positions")
        ax.legend()
    return figure


def report(curve: list[Point], beside: dict[str, Grade]) -> list[str]:
    """The file of results, without what was tried."""
    count = len(curve[-1].searching.lost)
    return [
        f"Share of {count:,} positions, in all of which some move loses value, in which the move "
        f"loses value (Wilson's interval of 95 %): opening (8 to 13 stones), middle game (14 to "
        f"27) and end, half of them hard. The network and {SIMULATIONS} simulations a "
        f"move, no table, book or solver; in the last column the network alone. "
        f"`python -m benchmarks.connect_four_training runs/connect_four --save`.",
        "",
        *table(curve, beside),
        "",
        paired(curve[-1].searching, beside[FLOOR]),
        "",
        "![errors against core-hours](../../docs/img/connect_four_training.png)",
        "",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.connect_four_training")
    parser.add_argument("run", type=Path, help="folder of a training run")
    parser.add_argument("--save", action="store_true", help="write the results and the picture")
    arguments = parser.parse_args()
    book = Book(arguments.run.with_name(f"{arguments.run.name}.grades.jsonl"))
    beside = {name: book.of([name], name) for name in BESIDE}
    curve = list(points(arguments.run, book))
    lines = report(curve, beside)
    print(*lines, sep="\n")
    if arguments.save:
        before = RESULT.read_text(encoding="utf-8") if RESULT.exists() else ""
        tried = TRIED + before.partition(TRIED)[2]
        RESULT.write_text("\n".join([*lines, tried]), encoding="utf-8")
        PICTURE.parent.mkdir(parents=True, exist_ok=True)
        with style():
            draw(curve, {name: beside[name] for name in BESIDE[1:]}).savefig(PICTURE)


if __name__ == "__main__":
    main()
