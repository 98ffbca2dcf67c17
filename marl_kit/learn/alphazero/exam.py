"""Positions whose values are known, to see how often a player keeps them while it is trained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from marl_kit.core.errors import GameTooLargeError, UnsupportedGameError
from marl_kit.core.seeds import generator
from marl_kit.games.game import Game, State
from marl_kit.games.tree import CHANCE
from marl_kit.play.oracle import ConnectFourOracle, Oracle, oracle
from marl_kit.play.player import Player
from marl_kit.play.strength import value_keeping

POSITIONS = 300
TRIES = 20 * POSITIONS
LIMIT = 200_000
"""Positions of the largest game that is solved for this."""
FREE = 24
"""Connect Four is looked up where at most so many cells are free: milliseconds a position."""


@dataclass(frozen=True, eq=False, slots=True)
class Exam:
    """Positions with a move that loses value, met by random play.

    Attributes
    ----------
    known : Oracle
    states : tuple of State
    """

    known: Oracle
    states: tuple[State, ...]

    def share(self, game: Game, player: Player) -> float:
        """Of the positions in which the player's move keeps the value."""
        found = value_keeping(game, player, seeds=1, states=self.states, known=self.known)
        return float(found.kept.mean())


def exam_of(game: Game, root: np.random.SeedSequence) -> Exam | None:
    """Up to 300 different positions; None where nobody can solve the game."""
    try:
        known = oracle(game, limit=LIMIT)
    except (UnsupportedGameError, GameTooLargeError):
        return None
    found: dict[Any, State] = {}
    for number in range(TRIES):
        state = _random_position(game, generator(root, "exam", number), _earliest(known))
        if state is not None and set(known.keeping(state)) != set(state.legal_actions()):
            found.setdefault(_name(state), state)
        if len(found) == POSITIONS:
            break
    return Exam(known, tuple(found.values())) if found else None


def _earliest(known: Oracle) -> int:
    """Moves before which positions take too long."""
    if not isinstance(known, ConnectFourOracle):
        return 0
    return max(0, known.solver.rows * known.solver.columns - FREE)


def _random_position(game: Game, rng: np.random.Generator, earliest: int) -> State | None:
    """One of the decisions of a random game, each as likely; None if it ends before."""
    state, met = game.new_initial_state(), []
    while not state.is_terminal():
        if state.current_player() == CHANCE:
            actions, weights = zip(*state.chance_outcomes(), strict=True)
            state.apply_action(int(rng.choice(actions, p=weights)))
            continue
        if len(state.history()) >= earliest:
            met.append(state.clone())
        legal = state.legal_actions()
        state.apply_action(legal[int(rng.random() * len(legal))])
    return met[int(rng.random() * len(met))] if met else None


def _name(state: State) -> Any:
    """Equal for positions that are."""
    position = getattr(state, "position", None)
    return tuple(state.history()) if position is None else position.tobytes()
