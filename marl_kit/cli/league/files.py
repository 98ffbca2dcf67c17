"""``marl-kit league report``, ``export``, ``play`` and ``rebuild``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

import marl_kit as mk
from marl_kit.cli.console import INTERRUPTED, out, print_json
from marl_kit.cli.league.options import KINDS, Run
from marl_kit.cli.options import AsJson, Seed, writable
from marl_kit.cli.play import print_match


def report(
    run: Run,
    output: Annotated[
        Path | None, typer.Option("--out", help="RUN/report.html unless given.")
    ] = None,
) -> None:
    """Write the league's report: one HTML file that needs nothing else."""
    with mk.League.open(run, read_only=True) as league:
        out().print(str(league.report(writable(output))))


def export(
    run: Run,
    output: Annotated[Path, typer.Argument(metavar="FILE", help="Its ending says the kind.")],
    kind: Annotated[str, typer.Option(help=KINDS)] = "",
) -> None:
    """Write every game for other programs (PGN for Ordo and BayesElo, CSV, JSON lines)."""
    with mk.League.open(run, read_only=True) as league:
        path = league.export(writable(output) or output, kind)
        games = league.status().games
    out().print(f"{path}: {games:,} games")


def play(
    run: Run,
    member: Annotated[str, typer.Argument(metavar="MEMBER", help="As `rate` names it.")],
    opponent: Annotated[
        str, typer.Option(help="Who plays against it: a spec, or another member.")
    ] = "human",
    games: Annotated[
        int | None, typer.Option(min=1, help="One for each seat, unless given.")
    ] = None,
    seed: Seed = 0,
    as_json: AsJson = False,
) -> int:
    """Play against a member of a league; the games are not entered into its log."""
    with mk.League.open(run, read_only=True) as league:
        names = [known.name for known in league.members]
        one = league.player(member)
        other: Any = league.player(opponent) if opponent in names else opponent
        game = league.game
        made = [mk.make_player(other, game), *[one] * (game.num_players - 1)]
        match = mk.play(game, made, games or game.num_players, seed)
    others = [member] if len(made) == 2 else [f"{member} #{i}" for i in range(1, len(made))]
    match = replace(match, players=(opponent, *others))
    if as_json:
        print_json(match.to_dict())
    else:
        print_match(match)
    return INTERRUPTED if match.status is mk.Status.INTERRUPTED else 0


def rebuild(run: Run) -> None:
    """Make the derived tables of the log again from its matches; they come out the same."""
    with mk.League.open(run) as league:
        league.rebuild()
    out().print("The counts of pairs are made again from the matches.")
