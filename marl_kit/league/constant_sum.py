"""What the payoffs of a game sum to."""

from __future__ import annotations

from marl_kit.games.board import BoardGame
from marl_kit.games.game import Game
from marl_kit.games.normal_form import NormalFormGame
from marl_kit.games.tree_game import TreeGame


def constant_sum_of(game: Game) -> float | None:
    """The sum of all players' payoffs where the rules make it always the same, else None.

    Games that were played do not tell: two members of a general-sum game may happen to sum to the
    same in all of theirs, and still do otherwise against themselves. Nothing is enumerated.
    """
    if isinstance(game, BoardGame):
        return 0.0 if game.info.zero_sum else None
    if isinstance(game, NormalFormGame):
        payoffs = game.payoffs.reshape(game.num_players, -1).T
    elif isinstance(game, TreeGame):
        payoffs = game.tree().payoffs
    else:
        declared = getattr(getattr(game, "rules", None), "utility_sum", None)  # OpenSpiel's
        total = declared() if declared is not None else None
        return None if total is None else float(total)
    return float(payoffs[0].sum()) if game.info.constant_sum else None
