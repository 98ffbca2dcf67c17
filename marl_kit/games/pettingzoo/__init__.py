"""PettingZoo: its environments as games, and our games as its environments.

The only package that imports ``pettingzoo``, and only where it is used: it is an optional extra.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marl_kit.games.pettingzoo.game import PettingZooGame
from marl_kit.games.pettingzoo.library import library
from marl_kit.games.pettingzoo.named import load_pettingzoo

if TYPE_CHECKING:
    from pettingzoo import AECEnv

__all__ = ["PettingZooGame", "load_pettingzoo", "to_pettingzoo"]


def to_pettingzoo(game: Any, *, render_mode: str | None = None) -> AECEnv:
    """Any of our turn-based games as a PettingZoo environment (agent-environment cycle).

    It passes PettingZoo's ``api_test`` and ``seed_test``. Its agents are ``"player_0"``,
    ``"player_1"``, ...; player p of the game is ``"player_p"``.

    Parameters
    ----------
    game : Game, spec or pyspiel.Game
    render_mode : None or "ansi"
        With ``"ansi"``, ``render()`` returns ``str(state)``.

    Returns
    -------
    AECEnv
        - Observations are ``{"observation": float32 [D], "action_mask": int8 [A]}``. The first is
          the game's observation tensor (OpenSpiel's information state tensor where there is no
          other); of a game given as a tree it is one-hot: which of the player's infosets this is,
          the last entry meaning "not yours to move". The mask is all zeros for agents that do not
          move.
        - Actions are ``Discrete(A)``: the game's own numbers.
        - Chance is drawn from the environment's own stream, made by ``reset(seed=...)``; a reset
          without a seed goes on with the stream.
        - Rewards are the differences of the game's ``returns()``; all agents end together.
        - ``env.unwrapped.position`` is the ``State``, to read.

    Raises
    ------
    IllegalActionError
        By ``step``, for an action that is not legal; nothing has changed then. For PettingZoo's
        other custom (the mover loses), wrap the environment in its ``TerminateIllegalWrapper``.
    UnsupportedGameError
        The game has no tensors, or PettingZoo is not installed.

    Examples
    --------
    >>> env = to_pettingzoo("kuhn_poker")
    >>> env.reset(seed=0)
    >>> env.agent_selection, env.action_space("player_0")
    ('player_0', Discrete(2))
    """
    library()
    from pettingzoo.utils.wrappers import OrderEnforcingWrapper

    from marl_kit.games.load import as_game
    from marl_kit.games.pettingzoo.export import GameEnv

    return OrderEnforcingWrapper(GameEnv(as_game(game), render_mode))
