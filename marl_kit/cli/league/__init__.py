"""``marl-kit league``: the commands that train a league, look at it, and play against it."""

from __future__ import annotations

import typer

from marl_kit.cli.league.files import export, play, rebuild, report
from marl_kit.cli.league.look import exploit, payoffs, rate, status
from marl_kit.cli.league.training import resume, train

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Train a league of players, look at it, and play against it.",
)
for command in (train, resume, status, rate, payoffs, exploit, report, export, play, rebuild):
    app.command()(command)


@app.callback(invoke_without_command=True)
def root(context: typer.Context) -> None:
    """Train a league of players, look at it, and play against it."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
