"""Members as realisation plans, for everything that is computed instead of played."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

import numpy as np

from marl_kit.core.errors import GameTooLargeError, ImperfectRecallError, UnsupportedGameError
from marl_kit.evaluate.exploitability import nash_conv_of
from marl_kit.games.game import Game
from marl_kit.games.policy import TabularPolicy
from marl_kit.games.profile import Profile
from marl_kit.games.realisation import (
    as_policy,
    behaviour_by_sequence,
    behaviour_of,
    plan_of,
    profile_of,
)
from marl_kit.league.cast import Cast
from marl_kit.league.records import Member
from marl_kit.play.policy_player import PolicyPlayer

NODE_LIMIT = 100_000
"""Of a game whose pay-offs are computed unless you say otherwise: a cell takes milliseconds then,
less than a game that is played."""
KEPT_NUMBERS = 50_000_000
"""Of all plans together, that stay in memory: 400 MB."""


def is_small(game: Game) -> bool:
    """Whether pay-offs of a league on this game are computed unless you say otherwise."""
    from marl_kit.games.pettingzoo.game import PettingZooGame

    if game.form in ("board", "team") or isinstance(game, PettingZooGame):
        return False  # an environment takes minutes to be walked through, and may draw its chance
    try:
        game.tree(node_limit=NODE_LIMIT)
        game.sequence_form()
    except (GameTooLargeError, ImperfectRecallError, UnsupportedGameError):
        return False
    return True


class Plans:
    """Realisation plans by member; the one that was needed longest ago goes first.

    A member plays every seat, so its plan has the sequences of all players, float64 [Q].

    Attributes
    ----------
    game : Game
    cast : Cast
        The players.
    """

    def __init__(self, cast: Cast):
        self.game, self.cast = cast.game, cast
        self._kept: OrderedDict[str, np.ndarray] = OrderedDict()

    def check(self, player: Any, name: str) -> None:
        """Refuse a player of whom nothing can be computed."""
        if not (hasattr(player, "probabilities") or hasattr(player, "probabilities_batch")):
            raise UnsupportedGameError(
                f"{name!r} cannot say with which probabilities it plays, and the pay-offs of this "
                f"league are computed; begin the league with exact=False to have them played."
            )

    def of(self, member: Member) -> np.ndarray:
        """The plan of one member, float64 [Q]."""
        if member.name not in self._kept:
            player = self.cast.player(member)
            self.check(player, member.name)
            form = self.game.sequence_form()
            behaviour = behaviour_by_sequence(self._policy(player))
            self._kept[member.name] = plan_of(form, behaviour)
            while len(self._kept) * form.num_sequences > KEPT_NUMBERS and len(self._kept) > 1:
                self._kept.popitem(last=False)
        self._kept.move_to_end(member.name)
        return self._kept[member.name]

    def _policy(self, player: Any) -> TabularPolicy:
        """The player's table; one that it reads from itself need not be asked for row by row."""
        if type(player) is PolicyPlayer and player.policy.game is self.game:
            return player.policy
        return as_policy(self.game, player)

    def mixture(self, members: Sequence[Member], weights: np.ndarray) -> Profile:
        """The profile in which every seat's player is drawn by the weights before the game."""
        plan = weights @ np.stack([self.of(member) for member in members])
        return profile_of(self.game, behaviour_of(self.game.sequence_form(), plan))

    def exploitability(self, members: Sequence[Member], weights: np.ndarray) -> float:
        """NashConv / players of that profile."""
        played = weights > 0
        chosen = [member for member, yes in zip(members, played, strict=True) if yes]
        profile = self.mixture(chosen, weights[played])
        return nash_conv_of(self.game, profile) / self.game.num_players
