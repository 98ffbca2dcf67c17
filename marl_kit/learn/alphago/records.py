"""Recorded games: given, or played by experts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from marl_kit.core.errors import IllegalActionError, InvalidOptionError
from marl_kit.core.seeds import child
from marl_kit.games.game import Game
from marl_kit.games.tree import CHANCE, TERMINAL
from marl_kit.learn.alphago.options import NAME
from marl_kit.play.lockstep import play_blocks
from marl_kit.play.match import as_integer
from marl_kit.play.options import whole
from marl_kit.play.registry import make_player

Record = tuple[int, ...]
"""All actions of a game from its beginning to its end, chance included."""


def recorded_games(
    game: Game, games: Any, experts: Any, root: np.random.SeedSequence
) -> list[Record]:
    """Games to learn from.

    Parameters
    ----------
    game : Game
    games : int or iterable
        How many the experts are to play (rounded up to whole rotations of the seats); or games
        that were played: sequences of actions, or objects with ``actions``, such as the records of
        a league or of self-play.
    experts : str or Player
        Who plays them, in all seats.
    root : SeedSequence

    Raises
    ------
    InvalidOptionError
        No games, or what is none.
    IllegalActionError
        An action that the rules do not allow, or a game that has no end, with its number.
    """
    if (count := as_integer(games)) is not None:
        return _played(game, whole(NAME, "games", count), experts, root)
    given = list(games) if isinstance(games, Iterable) and not isinstance(games, str) else []
    if not given:
        raise InvalidOptionError(
            f"games of {NAME} is {games!r:.80}; give how many the experts are to play, or at least "
            f"one recorded game, which is the sequence of its actions."
        )
    return [_checked(game, record, number) for number, record in enumerate(given)]


def _played(game: Game, games: int, experts: Any, root: np.random.SeedSequence) -> list[Record]:
    players = [make_player(experts, game)] * game.num_players
    seeds = [child(root, block) for block in range(-(-games // game.num_players))]
    return [record.actions for block in play_blocks(game, players, seeds) for record in block]


def _checked(game: Game, record: Any, number: int) -> Record:
    """A recorded game, played through by the rules."""
    actions = getattr(record, "actions", record)
    if isinstance(actions, str) or not isinstance(actions, Sequence | np.ndarray):
        raise InvalidOptionError(
            f"recorded game {number} is {record!r:.80}; give the sequence of its actions."
        )
    done: list[int] = []
    state = game.new_initial_state()
    for given in actions:
        action, legal = as_integer(given), _possible(state)
        if action is None or action not in legal:
            raise IllegalActionError(
                f"recorded game {number} has {given!r} after the history {done}; the rules allow "
                f"{legal or 'nothing, the game is over'}."
            )
        state.apply_action(action)
        done.append(action)
    if state.current_player() != TERMINAL:
        raise IllegalActionError(
            f"recorded game {number} stops after the history {done}, and it is not over; leave it "
            f"away, or give it to its end."
        )
    return tuple(done)


def _possible(state: Any) -> list[int]:
    """What the rules allow; outcomes at chance, nothing at the end."""
    player = state.current_player()
    if player == CHANCE:
        return [outcome for outcome, p in state.chance_outcomes() if p > 0]
    return [] if player == TERMINAL else list(state.legal_actions())
