"""AlphaZero on two boards that are small enough to look at every position.

`python -m benchmarks.alphazero_small [--seeds 5] [--save]` trains on each board with each seed, one
after the other, and looks with exact best responses how good the players are, with 50 simulations a
move. A run that was stopped goes on where it was: each has its folder in runs/alphazero_small.
`--save` also writes benchmarks/results/alphazero_small.md.
"""

from __future__ import annotations

import argparse
import csv
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

import marl_kit as mk
from benchmarks.kept import commit
from marl_kit.games.load import as_game
from marl_kit.learn.alphazero.player import search_options
from marl_kit.learn.alphazero.progress import ProgressRow
from marl_kit.play.player import Player

CHECKOUT = Path(__file__).parents[1]
RUNS = CHECKOUT / "runs" / "alphazero_small"
RESULT = CHECKOUT / "benchmarks" / "results" / "alphazero_small.md"
SIMULATIONS = 50
TIC_TAC_TOE = "tic_tac_toe"
CONNECT_THREE = "connect_four(rows=3,columns=4,x_in_row=3)"
BOARDS: dict[str, tuple[int, dict[str, Any]]] = {
    TIC_TAC_TOE: (40, {"temperature_plies": 4, "window": 15}),
    CONNECT_THREE: (40, {"temperature_plies": 4, "window": 15}),
}
"""Rounds, and the options that are not as usual."""
CURVE = ("round", "games", "cpu_s", "elo", "value_keeping", "commit")


@dataclass(frozen=True, slots=True)
class Strength:
    """What best responses found.

    Attributes
    ----------
    mistakes : int
        Seats of the best response in which it gets more than perfect play would leave it.
    nash_conv : float
    kept : float
        Share of the positions in which some move loses value where the player's move does not.
    """

    mistakes: int
    nash_conv: float
    kept: float

    @property
    def unlosable(self) -> bool:
        """Whether nobody gets more from it, in any seat, than from a perfect player."""
        return self.mistakes == 0


@dataclass(frozen=True, slots=True)
class Result:
    """Of a training run.

    Attributes
    ----------
    trained, untrained : Strength
        With the same search.
    cpu_s : float
        Processor time of the training, evaluations included.
    """

    game: str
    seed: int
    trained: Strength
    untrained: Strength
    cpu_s: float


def result(game: str, seed: int) -> Result:
    """Train, or go on, and look."""
    trained = _train(game, seed)
    untrained = mk.train_alphazero(game, rounds=0, seed=seed, **BOARDS[game][1])
    spent = float(curve(game, seed)["cpu_s"].sum())
    return Result(game, seed, strength(game, trained), strength(game, untrained), spent)


def strength(game: str, player: Any) -> Strength:
    """Of the player's network with 50 simulations a move."""
    searching = replace(player, options=search_options(simulations=SIMULATIONS))
    found = mk.refute(game, searching, seeds=1)
    keeping = mk.value_keeping(game, searching, seeds=1)
    return Strength(int(found.mistaken.sum()), float(found.nash_conv[0]), keeping.nontrivial_share)


def _train(game: str, seed: int) -> Player:
    rounds, options = BOARDS[game]
    RUNS.mkdir(parents=True, exist_ok=True)
    told = _clocked(_curve_file(game, seed))
    path = _curve_file(game, seed).with_suffix("")
    return mk.train_alphazero(game, path, rounds, seed=seed, progress=told, **options)


def _clocked(file: Path) -> Callable[[ProgressRow], None]:
    """Writes a line for each round, with the processor time that it took."""
    last, version = time.process_time(), commit()

    def note(row: ProgressRow) -> None:
        nonlocal last
        now = time.process_time()
        spent, last = now - last, now
        with file.open("a", newline="", encoding="utf-8") as lines:
            cells = row.round, row.games, round(spent, 2), row.elo, row.value_keeping, version
            csv.writer(lines, lineterminator="\n").writerow(cells)

    return note


def curve(game: str, seed: int) -> pd.DataFrame:
    """A row for each round; elo and value_keeping (32 simulations) are NaN in most of them."""
    return pd.read_csv(_curve_file(game, seed), names=CURVE)


def _curve_file(game: str, seed: int) -> Path:
    return RUNS / f"{as_game(game).name}-{seed}.csv"


def table(found: list[Result]) -> Iterator[str]:
    """Markdown: what each seed reached, and on the way there."""
    yield (
        f"{SIMULATIONS} simulations a move, network and search alone, against exact best responses "
        f"in both seats: a mistake is where they get more than from a perfect player. *Keeps the "
        f"value*: of the positions in which some move loses value, the share in which the player's "
        f"move does not. `python -m benchmarks.alphazero_small --seeds "
        f"{max(one.seed for one in found) + 1} --save`, one core."
    )
    for game, (rounds, options) in BOARDS.items():
        rows = [one for one in found if one.game == game]
        if rows:
            told = ", ".join(f"{name}={value}" for name, value in options.items())
            versions = {v for one in rows for v in curve(game, one.seed)["commit"]}
            told = f"{rounds} rounds; {told}; else as usual; commit {', '.join(sorted(versions))}."
            yield from ("", f"## {game}", "", told, "")
            yield from _strengths(rows)
            yield from ("", "Along the way, 32 simulations a move (worst seed in brackets):", "")
            yield from _curves(game, [one.seed for one in rows])


def _strengths(rows: list[Result]) -> Iterator[str]:
    told = ("seats with mistakes", "NashConv", "keeps the value")
    yield f"| seed | {' | '.join(told)} | untrained: {' | '.join(told)} | CPU |"
    yield "|---|---|---|---|---|---|---|---|"
    for one in rows:
        cells = " | ".join(
            f"{s.mistakes} | {s.nash_conv:g} | {s.kept:.2%}" for s in (one.trained, one.untrained)
        )
        yield f"| {one.seed} | {cells} | {one.cpu_s:.0f} s |"


def _curves(game: str, seeds: list[int]) -> Iterator[str]:
    curves = [curve(game, seed).assign(cpu_s=lambda c: c["cpu_s"].cumsum()) for seed in seeds]
    yield "| round | games | CPU | keeps the value | Elo (UCT with 50 simulations: 0) |"
    yield "|---|---|---|---|---|"
    for number, rows in pd.concat(curves).dropna().groupby("round"):
        kept, elo = rows["value_keeping"], rows["elo"]
        yield (
            f"| {number} | {rows['games'].iloc[0]:,} | {rows['cpu_s'].mean():.0f} s | "
            f"{kept.mean():.1%} ({kept.min():.1%}) | {elo.mean():.0f} ({elo.min():.0f}) |"
        )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.alphazero_small")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--save", action="store_true", help=f"also write {RESULT.name}")
    arguments = parser.parse_args()
    found = []
    for game in BOARDS:
        for seed in range(arguments.seeds):
            found.append(result(game, seed))
            print(found[-1], flush=True)
    lines = list(table(found))
    print(*lines, sep="\n")
    if arguments.save:
        RESULT.write_text("\n".join([*lines, ""]), encoding="utf-8")


if __name__ == "__main__":
    main()
