"""``marl-kit league train`` and ``resume``."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import marl_kit as mk
from marl_kit.cli.console import INTERRUPTED, err, grid, out, print_json
from marl_kit.cli.league.options import (
    PRESETS,
    Executor,
    Games,
    Hours,
    Run,
    Waves,
    players,
    values,
)
from marl_kit.cli.options import AsJson
from marl_kit.cli.waiting import announce_compilation

if TYPE_CHECKING:
    from marl_kit.league.training import Training


def train(
    run: Annotated[
        Path | None,
        typer.Argument(metavar="[RUN.toml]", help="A file that says all that follows."),
    ] = None,
    game: Annotated[str | None, typer.Option(help="A name, name(key=value,...) or a path.")] = None,
    preset: Annotated[str | None, typer.Option(help=PRESETS, show_default="pfsp")] = None,
    path: Annotated[Path | None, typer.Option(help="The run's folder.")] = None,
    hours: Hours = None,
    waves: Waves = None,
    games: Games = None,
    player: Annotated[
        list[str] | None,
        typer.Option(help="SPEC or NAME=SPEC of who is there at the beginning; several times."),
    ] = None,
    option: Annotated[
        list[str] | None,
        typer.Option("--option", "-o", help="key=value where the league differs from its preset."),
    ] = None,
    executor: Executor = None,
    seed: Annotated[
        int | None, typer.Option(help="Same seed, same answer.", show_default="0")
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Begin a league, or go on with the one in the same folder."""
    from marl_kit.league.run_file import RunFile, read_run_file

    if run is not None:
        _alone(
            run,
            {"--game": game, "--preset": preset, "--path": path, "--hours": hours}
            | {"--waves": waves, "--games": games, "--player": player, "--option": option}
            | {"--executor": executor, "--seed": seed},
        )
        described = read_run_file(run)
    elif game is None or path is None:
        raise typer.BadParameter("give --game and --path, or a file that names them.")
    else:
        given = {"waves": waves, "games": games, "hours": hours}
        described = RunFile(
            game=game,
            path=path.expanduser(),
            preset=preset or "pfsp",
            seed=seed or 0,
            executor=executor or "inline",
            until={name: value for name, value in given.items() if value is not None},
            players=players(player or []),
            options=values(option or []),
        )
    with announce_compilation(), described.league() as league:
        return _go_on(league, described.executor, described.until, as_json)


def resume(
    run: Run,
    hours: Annotated[float | None, typer.Option(help="From now; else what is left.")] = None,
    waves: Waves = None,
    games: Games = None,
    executor: Executor = None,
    as_json: AsJson = False,
) -> int:
    """Go on with a run, until the end that was asked for when it began or is asked for now."""
    from marl_kit.league.run_file import read_run

    given = {"waves": waves, "games": games}
    until: dict[str, Any] = {name: x for name, x in given.items() if x is not None}
    with announce_compilation(), mk.League.open(run) as league:
        if hours is not None:
            until["hours"] = hours + league.seconds_trained() / 3600
        described = None if until else read_run(run)
        asked = described.until if described else until
        hands = executor or (described.executor if described else "inline")
        return _go_on(league, hands, asked, as_json)


def _go_on(league: mk.League, executor: str, until: Mapping[str, Any], as_json: bool) -> int:
    """Train until the limits, of which the hours are those of the whole run."""
    limits = {name: until.get(name) for name in ("waves", "games", "hours")}
    if limits["hours"] is not None:
        limits["hours"] -= league.seconds_trained() / 3600
        if limits["hours"] <= 0:
            raise mk.InvalidOptionError(
                f"the {until['hours']:g} hours of this run are over; give more with --hours."
            )
    done = league.train(**limits, executor=executor, progress=sys.stderr.isatty())
    if as_json:
        print_json(done.to_dict())
    else:
        _print(league, done)
    return INTERRUPTED if done.status is mk.Status.INTERRUPTED else 0


def _print(league: mk.League, done: Training) -> None:
    out().print(grid([("league", f"{league.game.name}, {league.preset}"), *done.rows()]))
    if done.status is mk.Status.INTERRUPTED:
        err().print(f"go on with: marl-kit league resume {league.path}")


def _alone(run: Path, others: Mapping[str, Any]) -> None:
    given = [name for name, value in others.items() if value not in (None, [])]
    if given:
        raise typer.BadParameter(
            f"{run} says it all already; leave {given[0]} away, or change it there (a run that has "
            f"begun goes on with other limits by 'league resume')."
        )
