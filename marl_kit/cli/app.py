"""The commands, put together. A command is a function that returns its exit code, or nothing."""

from __future__ import annotations

from typing import Annotated

import typer

from marl_kit.cli.doctor import doctor
from marl_kit.cli.exploit import exploit
from marl_kit.cli.games import games
from marl_kit.cli.league import app as league
from marl_kit.cli.play import play
from marl_kit.cli.solve import solve
from marl_kit.cli.team import app as team
from marl_kit.cli.tour import tour
from marl_kit.cli.train import app as train

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Compute equilibria, train self-play leagues and analyse exploitability.",
)
for command in (games, solve, exploit, play, tour, doctor):
    app.command()(command)
app.add_typer(train, name="train")
app.add_typer(league, name="league")
app.add_typer(team, name="team")


@app.callback(invoke_without_command=True)
def root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Compute equilibria, train self-play leagues and analyse exploitability."""
    if version:
        from marl_kit import __version__

        typer.echo(f"marl-kit {__version__}")
    elif context.invoked_subcommand is None:
        typer.echo(context.get_help())
