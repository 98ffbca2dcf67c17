"""``marl-kit exploit`` of players that do not tell their probabilities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import marl_kit as mk
from marl_kit.cli.console import grid, out, ruled_table
from marl_kit.play.frozen import require_freezable
from marl_kit.play.player import player_name

SEEDS = 10
"""By so many seeds, from the one of the command line on, a player is frozen."""
BOUND = "upper, in expectation over the seeds"
"""What the NashConv of frozen players says of the player itself: the best response knows what the
seed makes it do, and its own value is the same on average."""


@dataclass(frozen=True, eq=False, slots=True)
class SilentPlayer:
    """A player whose probabilities nobody knows."""

    player: mk.Player


def frozen_report(game: mk.Game, silent: SilentPlayer, seed: int) -> dict[str, Any]:
    """Exact best responses against the frozen player, as plain numbers.

    Raises
    ------
    UnsupportedGameError
        The player is a person, or the game hides information.
    GameTooLargeError
        The game has too many positions.
    """
    name = player_name(silent.player)
    why = f"{name} does not tell its probabilities, so its exploitability is not known exactly"
    require_freezable(silent.player)
    if not game.perfect_information:
        raise mk.UnsupportedGameError(
            f"{why}; it could be frozen, which needs perfect information, and {game.name} has "
            f"hidden information."
        )
    try:
        found = mk.refute(game, silent.player, range(seed, seed + SEEDS))
    except mk.GameTooLargeError as error:
        raise mk.GameTooLargeError(
            f"{why}; frozen it could be beaten exactly, but {error}"
        ) from None
    gaps = found.nash_conv
    told = found.to_dict()
    told.pop("nash_conv", None)  # by seed, under a name that says so
    return told | {
        "policy": told.pop("player"),
        "bound": BOUND,
        "nash_conv_bound": float(gaps.mean()),
        "exploitability_bound": float(gaps.mean()) / game.num_players,
        "nash_conv_by_seed": gaps.tolist(),
    }


def print_frozen(report: dict[str, Any]) -> None:
    """The report as a table, and the first refutation for each seat."""
    console, seats = out(), report["seats"]
    facts = [
        ("game", report["game"]),
        ("policy", report["policy"]),
        ("measured", f"{report['kind']} ({len(report['seeds'])} from {report['seeds'][0]})"),
        ("frozen NashConv", f"{report['nash_conv_bound']:.6g}  (mean over the seeds)"),
        ("  per player", f"{report['exploitability_bound']:.6g}  (NashConv / {len(seats)})"),
        ("bound", "the player itself, not frozen, is exploitable by no more, on average over"),
        ("", "seeds: who answers a frozen player knows how its dice fall"),
    ]
    console.print(grid(facts))
    rows = []
    for told in seats:
        low, high = told["losable_interval"]
        share = f"{told['losable']:.0%} ({low:.0%} to {high:.0%})"
        if told["losable_by_game_value"]:
            share += f", {told['losable_by_game_value']:.0%} by the game's value"
        numbers = [f"{told[key]:.6f}" for key in ("own_value", "value", "game_value")]
        rows.append([str(told["seat"]), *numbers, share])
    console.print()
    columns = ["player", "value", "best response", "perfect play", "seeds in which it beats all"]
    console.print(ruled_table(columns, rows, [True] * 5))
    lines = [(f"player {told['seat']}", _line(told)) for told in seats if told["refutation"]]
    if lines:
        console.print()
        console.print("Lines of the best responses that beat the frozen player:")
        console.print()
        console.print(grid(lines))


def _line(told: dict[str, Any]) -> str:
    return f"{'  '.join(told['refutation'])}   ({told['refutation_ends']})"
