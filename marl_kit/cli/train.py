"""``marl-kit train``: learners that are not a league."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import marl_kit as mk
from marl_kit.cli.console import INTERRUPTED, duration, err, grid, out, print_json
from marl_kit.cli.league.options import values
from marl_kit.cli.options import AsJson, GameSpec, Seed
from marl_kit.cli.waiting import announce_compilation

if TYPE_CHECKING:
    from marl_kit.learn.alphazero.progress import ProgressRow

app = typer.Typer(help="Train a player.")


@app.callback(invoke_without_command=True)
def train(context: typer.Context) -> None:
    """Train a player."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@app.command()
def alphazero(
    game: GameSpec,
    path: Annotated[Path, typer.Option(help="The run's folder: a new one, or one to go on with.")],
    hours: Annotated[float | None, typer.Option(help="No round begins after so long.")] = None,
    rounds: Annotated[int | None, typer.Option(help="In all.", show_default="30")] = None,
    option: Annotated[
        list[str] | None,
        typer.Option("--option", "-o", help="key=value: -o simulations=32 -o games=512."),
    ] = None,
    tensorboard: Annotated[
        Path | None, typer.Option(help="Folder for TensorBoard (which must be installed).")
    ] = None,
    seed: Seed = 0,
    as_json: AsJson = False,
) -> int:
    """Train AlphaZero by self-play, or go on with the run in the same folder."""
    from marl_kit.learn.alphazero.train import ROUNDS

    if rounds is None and hours is None:
        rounds = ROUNDS
    shown = _Shown(rounds, hours, _writer(tensorboard))
    with announce_compilation():
        player: Any = mk.train_alphazero(
            game, path, rounds, hours, seed, progress=shown, **values(option or [])
        )
    if as_json:
        print_json({"player": player.spec, "rounds": [_plain(row) for row in shown.rows]})
    else:
        out().print(grid([("player", player.spec), *shown.facts()]))
    if shown.interrupted:
        err().print("interrupted; the same command goes on")
        return INTERRUPTED
    return 0


def _plain(row: ProgressRow) -> dict[str, Any]:
    """What was not measured is null."""
    return {name: None if value != value else value for name, value in asdict(row).items()}


def _writer(folder: Path | None) -> Callable[[ProgressRow], None] | None:
    if folder is None:
        return None
    from marl_kit.learn.alphazero.tensorboard import tensorboard_writer

    return tensorboard_writer(folder)


class _Shown:
    """Prints a line after each round."""

    def __init__(
        self,
        rounds: int | None,
        hours: float | None,
        further: Callable[[ProgressRow], None] | None,
    ):
        self.rounds, self.further = rounds, further
        self.began = time.monotonic()
        self.until = None if hours is None else self.began + 3600 * hours
        self.rows: list[ProgressRow] = []

    def __call__(self, row: ProgressRow) -> None:
        if not self.rows:
            err().print(HEADING)
        self.rows.append(row)
        err().print(_line(row) + f"  {duration(self._left(row))}")
        if self.further is not None:
            self.further(row)

    @property
    def interrupted(self) -> bool:
        """Whether it stopped before the rounds were played or the time was over."""
        done = self.rows[-1].round if self.rows else 0
        if self.until is not None and time.monotonic() >= self.until:
            return False
        return bool(self.rows) and (self.rounds is None or done < self.rounds)

    def facts(self) -> list[tuple[str, str]]:
        """What the last rounds say, for the summary."""
        if not self.rows:
            return [("rounds", "none: all were played before")]
        last = self.rows[-1]
        facts = [
            ("rounds", f"{last.round:,}, with {last.games:,} games"),
            ("trained", duration(last.seconds)),
        ]
        rated = [row for row in self.rows if not math.isnan(row.elo)]
        if rated:
            facts.append(("Elo", f"{rated[-1].elo:.0f}  (mcts(simulations=50): 0)"))
            if not math.isnan(rated[-1].value_keeping):
                facts.append(("keeps values", f"{100 * rated[-1].value_keeping:.1f} %"))
        return facts

    def _left(self, row: ProgressRow) -> float:
        """Seconds until the end, whichever comes first."""
        now, left = time.monotonic(), []
        if self.until is not None:
            left.append(self.until - now)
        if self.rounds is not None:
            left.append((self.rounds - row.round) * (now - self.began) / len(self.rows))
        return max(0.0, min(left))


HEADING = " round     games  positions/s  value loss  policy loss     Elo  keeps  time left"


def _line(row: ProgressRow) -> str:
    strength = "      -" if math.isnan(row.elo) else f"{row.elo:7.0f}"
    keeping = "    -" if math.isnan(row.value_keeping) else f"{100 * row.value_keeping:4.0f}%"
    return (
        f"{row.round:6}  {row.games:8,}  {row.positions_per_second:11,.0f}  "
        f"{row.value_loss:10.4f}  {row.policy_loss:11.4f} {strength}  {keeping}"
    )
