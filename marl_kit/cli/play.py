"""``marl-kit play``."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, nullcontext
from typing import Annotated, Any

import typer

import marl_kit as mk
from marl_kit.cli.console import INTERRUPTED, err, grid, out, print_json, ruled_table
from marl_kit.cli.options import AsJson, GameSpec, Seed
from marl_kit.cli.waiting import announce_compilation
from marl_kit.play.registry import PLAYERS
from marl_kit.play.result import error, score

GAMES = 100
COMPILED = ("mcts", "puct", "gumbel", "alphazero:", "solver:", "policy:")
"""Players that run kernels."""


def play(
    game: GameSpec,
    players: Annotated[
        list[str],
        typer.Argument(
            metavar="SPEC...",
            help=f"One for each player: {', '.join(kind.example for kind in PLAYERS.values())}.",
        ),
    ],
    games: Annotated[
        int | None,
        typer.Option(
            help=f"Rounded up to a multiple of the players. {GAMES} unless given; with a human, "
            f"one for each seat.",
            show_default=False,
        ),
    ] = None,
    seed: Seed = 0,
    as_json: AsJson = False,
) -> int:
    """Let players play against each other, each in every seat."""
    loaded = mk.load_game(game)
    if games is None:
        games = loaded.num_players if "human" in players else GAMES
    with _remark_on_kernels(players):
        made = _made(loaded, players)
        match = mk.play(loaded, made, games, seed, progress=sys.stderr.isatty())
    if as_json:
        print_json(match.to_dict())
    else:
        print_match(match)
    return INTERRUPTED if match.status is mk.Status.INTERRUPTED else 0


def _remark_on_kernels(players: list[str]) -> AbstractContextManager[None]:
    """Nothing where no kernel will run: listening would cost importing numba."""
    runs = "numba" in sys.modules or any(spec.startswith(COMPILED) for spec in players)
    return announce_compilation() if runs else nullcontext()


def _made(game: mk.Game, players: list[str]) -> list[Any]:
    """The players, or the specs as they are where their number is wrong, to be refused."""
    if len(players) != game.num_players:
        return list(players)
    return [_build(game, spec) for spec in players]


def _build(game: mk.Game, spec: str) -> mk.Player:
    if spec.startswith("solver:"):
        err().print(f"solving {game.name} by {spec.removeprefix('solver:')} first ...")
    return mk.make_player(spec, game)


def print_match(match: mk.MatchResult) -> None:
    """Scores by player, and by seat."""
    console = out()
    console.print(grid(match.facts()))
    if not match.games:
        return
    counts = match.wins_draws_losses
    columns = ["player", "games", "mean", "stderr"]
    rows = [
        [name, f"{match.games:,}", score(match.mean[p]), error(match.stderr[p])]
        for p, name in enumerate(match.players)
    ]
    if counts is not None:
        columns += ["won", "drawn", "lost"]
        rows = [row + [f"{n:,}" for n in line] for row, line in zip(rows, counts, strict=True)]
    console.print()
    console.print(ruled_table(columns, rows, [False] + [True] * (len(columns) - 1)))
    console.print()
    console.print("By seat: mean score, and its standard error in parentheses.")
    console.print()
    console.print(_seats_table(match))


def _seats_table(match: mk.MatchResult) -> Any:
    """A row for each player, and one for all of them together."""
    seats = range(len(match.players))
    means = [*match.by_seat, match.seat_mean]
    errors = [*match.by_seat_stderr, match.seat_stderr]
    rows = [
        [name, *(f"{score(m[s])} ({error(e[s])})" for s in seats)]
        for name, m, e in zip([*match.players, "all players"], means, errors, strict=True)
    ]
    columns = ["player", *(f"seat {s}" for s in seats)]
    return ruled_table(columns, rows, [False] + [True] * len(seats))
