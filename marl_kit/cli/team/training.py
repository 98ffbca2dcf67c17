"""``marl-kit team train``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import marl_kit as mk
from marl_kit.cli.console import INTERRUPTED, duration, err, grid, out, print_json
from marl_kit.cli.league.options import values
from marl_kit.cli.options import AsJson, Seed
from marl_kit.cli.waiting import announce_compilation
from marl_kit.core.spec import parse_value

if TYPE_CHECKING:
    from marl_kit.learn.cooperative.training import Trial

ALGORITHMS = "iql, vdn, qmix, wqmix, qplex, ippo, mappo, coma, happo, maddpg"
REWARDS = "mean, sum, shared or own"
"""Told here, so that the help of every command need not load torch."""


def train(
    env: Annotated[
        str,
        typer.Argument(
            metavar="ENV",
            help="simple_spread, pettingzoo:mpe2/simple_spread_v3, openspiel:tiny_hanabi, a path.",
        ),
    ],
    algorithm: Annotated[str, typer.Option(help=ALGORITHMS)] = "qmix",
    steps: Annotated[
        str, typer.Option(metavar="NUMBER", help="Of each run, in all: 200000 or 2e5.")
    ] = "1e5",
    seeds: Annotated[int, typer.Option(help="Runs, side by side.")] = 1,
    path: Annotated[
        Path | None, typer.Option(help="The runs' folder: a new one, or one to go on with.")
    ] = None,
    copies: Annotated[
        int | None, typer.Option(help="Of the environment in each run.", show_default="32")
    ] = None,
    reward: Annotated[str, typer.Option(help=f"Of the team: {REWARDS}.")] = "mean",
    evaluate_every: Annotated[
        str | None,
        typer.Option(
            metavar="NUMBER", help="Steps between trials.", show_default="a twentieth of the steps"
        ),
    ] = None,
    episodes: Annotated[int, typer.Option(help="Of a trial, in each run.")] = 32,
    option: Annotated[
        list[str] | None,
        typer.Option("--option", "-o", help="key=value: -o width=128 -o recurrent=true."),
    ] = None,
    tensorboard: Annotated[
        Path | None, typer.Option(help="Folder for TensorBoard (which must be installed).")
    ] = None,
    seed: Seed = 0,
    as_json: AsJson = False,
) -> int:
    """Train teams, or go on with those in the same folder.

    marl-kit team train simple_spread --algorithm mappo --steps 1e6 --seeds 5 --path runs/spread

    marl-kit team train openspiel:tiny_hanabi --algorithm vdn --steps 5e4 --seeds 8
    """
    wanted = _count("steps", steps)
    given: dict[str, Any] = {
        "env": env,
        "algorithm": algorithm,
        "steps": wanted,
        "seeds": seeds,
        "path": path,
        "seed": seed,
        "copies": copies,
        "reward": reward,
        "evaluate_every": None
        if evaluate_every is None
        else _count("evaluate_every", evaluate_every),
        "episodes": episodes,
        "progress": _Shown(f"{env}, {algorithm}", reward, _writer(tensorboard)),
    }
    config = _config(option or [], given)
    with announce_compilation():
        result = mk.train_team(**given, **config)
    if as_json:
        print_json(result.to_dict())
    else:
        out().print(grid([*result.rows(), *([("path", str(path))] if path else [])]))
    if result.steps[-1] < wanted:
        err().print("interrupted" + ("; the same command goes on" if path else ""))
        return INTERRUPTED
    return 0


def _count(name: str, text: str) -> int:
    """A whole number, also as ``1e6``."""
    number = parse_value(text.strip())
    if isinstance(number, bool | str) or number != number // 1:
        raise mk.InvalidOptionError(
            f"{name} is {text!r}; give a whole number such as 200000 or 2e5."
        )
    return int(number)


def _config(texts: Sequence[str], given: dict[str, Any]) -> dict[str, Any]:
    """Options of the algorithm; ``0,0,1`` is a list of numbers."""
    config = values(texts)
    if taken := sorted(given.keys() & config.keys()):
        raise mk.InvalidOptionError(
            f"{taken[0]} is no option of an algorithm; see `marl-kit team train --help`."
        )
    return {name: _listed(value) for name, value in config.items()}


def _listed(value: Any) -> Any:
    parts = [parse_value(part) for part in str(value).split(",")]
    return parts if len(parts) > 1 and all(type(part) is int for part in parts) else value


def _writer(folder: Path | None) -> Callable[[Trial, int], None] | None:
    if folder is None:
        return None
    from marl_kit.learn.cooperative.tensorboard import team_writer

    return team_writer(folder)


HEADING = "      steps      return      lowest     highest   steps/s     time left  losses"


class _Shown:
    """Prints a line after each trial."""

    def __init__(self, title: str, reward: str, further: Callable[[Trial, int], None] | None):
        self.title, self.reward, self.further = title, reward, further
        self.first: Trial | None = None
        self.last: Trial | None = None

    def __call__(self, trial: Trial, steps: int) -> None:
        if self.first is None or self.last is None:
            self._begin(trial)
            self.first = self.last = trial
        err().print(_line(trial, self.last, self._left(self.first, trial, steps)))
        self.last = trial
        if self.further is not None:
            self.further(trial, steps)

    def _begin(self, trial: Trial) -> None:
        from marl_kit.learn.cooperative.rollout import REWARDS

        runs = len(trial.returns)
        err().print(f"{self.title}, {runs} run{'' if runs == 1 else 's'}")
        mean = "" if runs == 1 else ", interquartile mean of the runs"
        err().print(f"return: {REWARDS[self.reward]}, undiscounted, per episode{mean}")
        err().print(HEADING)

    @staticmethod
    def _left(first: Trial, trial: Trial, steps: int) -> str:
        """By the pace since this process began; unknown before its second trial."""
        if trial.steps >= steps:
            return duration(0)
        if trial.steps == first.steps:
            return "-"
        pace = (trial.seconds - first.seconds) / (trial.steps - first.steps)
        return duration(pace * (steps - trial.steps))


def _line(trial: Trial, before: Trial, left: str) -> str:
    from marl_kit.evaluate.interquartile import interquartile_mean

    returns = trial.returns
    numbers = (float(interquartile_mean(returns)), returns.min(), returns.max())
    losses = "  ".join(
        f"{name.removesuffix(' loss')} {values.mean():.4g}" for name, values in trial.losses.items()
    )
    return (
        f"{trial.steps:11,}  "
        + "  ".join(f"{x:10.4g}" for x in numbers)
        + f"  {_speed(trial, before):>8}  {left:>12}  {losses or '-'}"
    )


def _speed(trial: Trial, before: Trial) -> str:
    """Steps of all runs in a second, since the trial before."""
    seconds = trial.seconds - before.seconds
    if seconds <= 0:
        return "-"
    return f"{(trial.steps - before.steps) * len(trial.returns) / seconds:,.0f}"
