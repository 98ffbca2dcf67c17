"""What a network sees of a game: always the position as if the first player were to move.

Where the game declares a symmetry that exchanges the players, the network sees the second player's
positions through it, and one set of weights serves both. Where it declares none, planes (or cells)
are added that say whose turn it is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from marl_kit.core.errors import UnsupportedGameError
from marl_kit.games.game import Game
from marl_kit.games.symmetry import Symmetry


@dataclass(frozen=True, eq=False, slots=True)
class View:
    """The way from observations to the input of a network, and back.

    Attributes
    ----------
    shape : tuple of int
        Of the input: ``(planes, rows, columns)`` or ``(cells,)``.
    num_actions, num_players : int
    low, high : float
        Payoffs; networks give values in units of half their range about the middle.
    turned : tuple of P Symmetry or None
        By player to move: through which the position is seen. Player 0 sees it as it is.
    mirrors : tuple of Symmetry
        Under which everybody stays who he is.
    """

    shape: tuple[int, ...]
    num_actions: int
    num_players: int
    low: float
    high: float
    turned: tuple[Symmetry | None, ...]
    mirrors: tuple[Symmetry, ...]

    @property
    def cells(self) -> int:
        """Of the input."""
        return math.prod(self.shape)

    @property
    def tells_mover(self) -> bool:
        """Whether the input says whose turn it is."""
        return self.num_players > 1 and any(t is None for t in self.turned[1:])

    def encode(self, observations: np.ndarray, players: np.ndarray) -> np.ndarray:
        """Input of the network, float32 [B, cells], from what the players to move see."""
        if self.tells_mover:
            return self._with_mover(observations, players)
        seen = observations.astype(np.float32)
        for player, symmetry in enumerate(self.turned):
            if symmetry is not None:
                rows = np.flatnonzero(players == player)
                seen[rows] = observations[rows][:, symmetry.cells]
        return seen

    def _with_mover(self, observations: np.ndarray, players: np.ndarray) -> np.ndarray:
        """A constant plane (or one cell) for each player, 1 for the one to move."""
        area = math.prod(self.shape[1:])
        told = np.zeros((len(players), self.num_players, area), np.float32)
        told[np.arange(len(players)), players] = 1.0
        return np.concatenate([observations, told.reshape(len(players), -1)], axis=1, dtype="f4")

    def encode_policy(self, policy: np.ndarray, players: np.ndarray) -> np.ndarray:
        """A policy over all actions [B, A] as the network is to learn it."""
        seen = policy.copy()
        for player, symmetry in self._seen_otherwise():
            rows = np.flatnonzero(players == player)
            seen[rows[:, None], symmetry.actions] = policy[rows]
        return seen

    @property
    def places(self) -> np.ndarray:
        """Where the network sees each of the game's actions, by player to move, int64 [P, A]."""
        places = np.tile(np.arange(self.num_actions), (self.num_players, 1))
        for player, symmetry in self._seen_otherwise():
            places[player] = symmetry.actions
        return places

    def encode_values(self, payoffs: np.ndarray, players: np.ndarray) -> np.ndarray:
        """Payoffs [B, P] in the network's units and order of players."""
        half = (self.high - self.low) / 2
        scaled = (payoffs - (self.low + self.high) / 2) / (half if half > 0 else 1.0)
        values = scaled.copy()
        for player, symmetry in self._seen_otherwise():
            rows = np.flatnonzero(players == player)
            values[rows[:, None], list(symmetry.seats)] = scaled[rows]
        return values

    def decode_values(self, values: np.ndarray, players: np.ndarray) -> np.ndarray:
        """The network's values as payoffs [B, P]."""
        half, middle = (self.high - self.low) / 2, (self.low + self.high) / 2
        payoffs = values * half + middle
        for player, symmetry in self._seen_otherwise():
            rows = np.flatnonzero(players == player)
            payoffs[rows] = values[rows[:, None], list(symmetry.seats)] * half + middle
        return payoffs

    def _seen_otherwise(self) -> list[tuple[int, Symmetry]]:
        if self.tells_mover:
            return []
        return [(player, s) for player, s in enumerate(self.turned) if s is not None]


def view_of(game: Game) -> View:
    """How networks see a game.

    Raises
    ------
    UnsupportedGameError
        A game without a tensor of what a player observes, or without a number of actions.
    """
    shape, actions = _sizes(game)
    low, high = game.utility_bounds()
    symmetries: tuple[Symmetry, ...] = getattr(game, "symmetries", ())
    turned = tuple(_turned(symmetries, player) for player in range(game.num_players))
    view = View(
        shape=shape,
        num_actions=actions,
        num_players=game.num_players,
        low=float(low),
        high=float(high),
        turned=turned,
        mirrors=tuple(s for s in symmetries if s.same_seats),
    )
    return View(
        shape=(shape[0] + game.num_players, *shape[1:]) if view.tells_mover else shape,
        num_actions=actions,
        num_players=game.num_players,
        low=view.low,
        high=view.high,
        turned=turned,
        mirrors=view.mirrors,
    )


def _turned(symmetries: tuple[Symmetry, ...], player: int) -> Symmetry | None:
    """The first that shows a player's position as that of the player with number 0."""
    if player == 0:
        return None
    return next((s for s in symmetries if s.seats[player] == 0), None)


def _sizes(game: Game) -> tuple[tuple[int, ...], int]:
    """Shape of an observation and number of all actions."""
    rules: Any = game if hasattr(game, "observation_shape") else getattr(game, "rules", None)
    if hasattr(rules, "observation_shape"):
        return tuple(rules.observation_shape), int(rules.num_actions)
    try:
        return tuple(rules.observation_tensor_shape()), int(rules.num_distinct_actions())
    except Exception as error:  # pyspiel raises its own kinds, others have no such method
        raise UnsupportedGameError(
            f"{game.name} does not tell its players' observations as numbers, which a network "
            f"needs; give a board of the catalogue or a game of OpenSpiel with an observation "
            f"tensor."
        ) from error
