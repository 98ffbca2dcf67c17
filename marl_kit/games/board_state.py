"""A position of a board game, and how it came about."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from marl_kit.core.errors import GameFileError, IllegalActionError, InvalidOptionError
from marl_kit.games._board_kernels import BEGIN, advance, observation
from marl_kit.games.preorder import CHANCE_TOLERANCE
from marl_kit.games.tree import CHANCE, TERMINAL

if TYPE_CHECKING:
    from marl_kit.games.board import BoardGame


class BoardState:
    """A position and how it came about, answering as OpenSpiel's states do.

    Attributes
    ----------
    game : BoardGame
    position : int64 [state_size]
        As the rules keep it; do not write into it.
    """

    __slots__ = ("_history", "_legal", "_player", "_probabilities", "_returns", "game", "position")

    def __init__(self, game: BoardGame):
        self.game = game
        self.position = np.zeros(game.state_size, np.int64)
        self._history: list[int] = []
        self._probabilities: list[float] = []  # of the last chance node
        self._advance(BEGIN)

    def _advance(self, action: int) -> None:
        game = self.game
        legal, probabilities, returns = game.scratch
        player, count = game.rules.call(
            advance, game.params, self.position, action, legal, probabilities, returns
        )
        _check_answer(game, player, count)
        self._player = player
        self._legal = legal[:count].tolist()
        if player == CHANCE:
            self._probabilities = probabilities[:count].tolist()
            _check_probabilities(game, self._probabilities)
        self._returns = returns.tolist() if player == TERMINAL else None

    def current_player(self) -> int:
        return self._player

    def is_terminal(self) -> bool:
        return self._player == TERMINAL

    def is_chance_node(self) -> bool:
        return self._player == CHANCE

    def is_simultaneous_node(self) -> bool:
        return False

    def legal_actions(self, player: int | None = None) -> list[int]:
        return [] if player not in (None, self._player) else list(self._legal)

    def chance_outcomes(self) -> list[tuple[int, float]]:
        if self._player != CHANCE:
            return []
        return list(zip(self._legal, self._probabilities, strict=True))

    def apply_action(self, action: int) -> None:
        if action not in self._legal:
            raise IllegalActionError(
                f"action {action} is not legal after the history {self._history}; legal actions "
                f"are {self._legal}."
            )
        self._advance(int(action))
        self._history.append(int(action))

    def child(self, action: int) -> BoardState:
        copy = self.clone()
        copy.apply_action(action)
        return copy

    def clone(self) -> BoardState:
        copy = object.__new__(BoardState)
        copy.game, copy.position = self.game, self.position.copy()
        copy._history, copy._player = self._history.copy(), self._player
        copy._legal, copy._returns = self._legal, self._returns  # replaced by a move, not changed
        copy._probabilities = self._probabilities
        return copy

    def returns(self) -> list[float]:
        return [0.0] * self.game.num_players if self._returns is None else list(self._returns)

    def rewards(self) -> list[float]:
        return self.returns()

    def history(self) -> list[int]:
        return list(self._history)

    def history_str(self) -> str:
        return ", ".join(map(str, self._history))

    def num_players(self) -> int:
        return self.game.num_players

    def information_state_string(self, player: int | None = None) -> str:
        """The history: everybody sees everything."""
        return self.history_str()

    def observation_string(self, player: int | None = None) -> str:
        return str(self)

    def observation_tensor(self, player: int | None = None) -> list[float]:
        game = self.game
        seen_by = self._player if player is None else player
        if not 0 <= seen_by < game.num_players:  # a kernel would read beyond the position
            raise InvalidOptionError(
                f"player is {seen_by}; say whose observation is meant, from 0 to "
                f"{game.num_players - 1}."
            )
        out = np.zeros(int(np.prod(game.observation_shape)), np.float32)
        game.rules.call(observation, game.params, self.position, seen_by, out)
        return out.tolist()

    def action_to_string(self, player: int, action: int) -> str:
        game = self.game
        many = game.max_chance_outcomes if player == CHANCE else game.num_actions
        if not (CHANCE <= player < game.num_players and 0 <= action < many):
            outcomes = f", and chance ({CHANCE}) has {game.max_chance_outcomes} outcomes"
            raise IllegalActionError(
                f"there is no action {action} of player {player}; players are 0 to "
                f"{game.num_players - 1} and actions 0 to {game.num_actions - 1}"
                f"{outcomes * game.info.stochastic}."
            )
        return game.action_name(player, action)

    def __str__(self) -> str:
        return self.game.drawing(self.position.tolist())


def _check_answer(game: BoardGame, player: int, count: int) -> None:
    """Refuse what rules must not say; ``count`` actions or outcomes."""
    if player == TERMINAL:
        return
    if player == CHANCE and game.rules.has_chance:
        most = game.max_chance_outcomes
        complaint = f"chance() gives {count} outcomes; max_chance_outcomes of the game is {most}."
    elif 0 <= player < game.num_players:
        most = game.num_actions
        complaint = (
            f"legal() gives {count} actions where player {player} is to move; the game has {most}."
        )
    else:
        most, dice = 0, f", {CHANCE} where chance() moves" * game.rules.has_chance
        complaint = (
            f"player() gives {player}; it must be 0 to {game.num_players - 1}{dice}, or {TERMINAL} "
            f"at the end."
        )
    if not 1 <= count <= most:
        raise GameFileError(complaint, path=str(game.rules.path))


def _check_probabilities(game: BoardGame, probabilities: list[float]) -> None:
    total = math.fsum(probabilities)
    if not (min(probabilities) >= 0 and abs(total - 1) <= CHANCE_TOLERANCE):
        raise GameFileError(
            f"chance() writes the probabilities {probabilities}; they must be at least 0 and sum "
            f"to 1.",
            path=str(game.rules.path),
        )
