"""``marl-kit team``: the commands that train teams, let them play and mix them."""

from __future__ import annotations

import typer

from marl_kit.cli.team.playing import cross, play
from marl_kit.cli.team.training import train

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Train teams whose agents cooperate, and let them play.",
)
for command in (train, play, cross):
    app.command()(command)


@app.callback(invoke_without_command=True)
def root(context: typer.Context) -> None:
    """Train teams whose agents cooperate, and let them play."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
