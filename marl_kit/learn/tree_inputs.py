"""What a network sees of every infoset of a compiled game."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from marl_kit.core.errors import GameTooLargeError
from marl_kit.games.game import Game
from marl_kit.games.tree import GameTree, read_only

LIMIT = 2**26
"""Numbers of all inputs together, a quarter of a gigabyte."""


@dataclass(frozen=True, eq=False, slots=True)
class TreeInputs:
    """I infosets as rows of numbers, and where their S action slots lie among A outputs.

    Attributes
    ----------
    features : float32 [I, F]
        Who moves, then what the game tells as the player's information state; one-hot infosets
        where it tells none.
    legal : bool [I, A]
        A column for each number that an action of the game has.
    slot_infoset, slot_column : int64 [S]
    """

    features: np.ndarray
    legal: np.ndarray
    slot_infoset: np.ndarray
    slot_column: np.ndarray

    def by_slot(self, table: np.ndarray) -> np.ndarray:
        """Entries [S] of a table [I, A]."""
        return np.asarray(table[self.slot_infoset, self.slot_column])


def tree_inputs(game: Game) -> TreeInputs:
    """The inputs of a game's infosets.

    Tensors that do not tell infosets apart are not used, except with perfect information, where
    positions are the same whatever led there.

    Raises
    ------
    GameTooLargeError
        The tree, or more than ``LIMIT`` numbers.
    """
    tree = game.tree()
    numbers, column = np.unique(tree.action_number, return_inverse=True)
    infoset = np.repeat(np.arange(tree.num_infosets), tree.num_actions)
    legal = np.zeros((tree.num_infosets, len(numbers)), bool)
    legal[infoset, column] = True
    features = _features(game, tree)
    return TreeInputs(*map(read_only, (features, legal, infoset, column)))


def _features(game: Game, tree: GameTree) -> np.ndarray:
    tell = _teller(game)
    if tell is not None:
        rows = _tensors(game, tree, tell)
        if game.perfect_information or len(np.unique(rows, axis=0)) == len(rows):
            return rows
    _require_small(game, tree.num_infosets, tree.num_infosets)
    return np.eye(tree.num_infosets, dtype=np.float32)


def _teller(game: Game) -> Callable[[Any, int], Sequence[float]] | None:
    """How a state tells what a player knows, in numbers; None where it does not."""
    if hasattr(game, "observation_shape"):  # boards, of perfect information
        return lambda state, player: state.observation_tensor(player)
    rules: Any = getattr(game, "rules", None)
    kind = rules.get_type() if hasattr(rules, "get_type") else None
    if kind is not None and kind.provides_information_state_tensor:
        return lambda state, player: state.information_state_tensor(player)
    if kind is not None and kind.provides_observation_tensor and game.perfect_information:
        return lambda state, player: state.observation_tensor(player)
    return None


def _tensors(game: Game, tree: GameTree, tell: Callable[[Any, int], Sequence[float]]) -> np.ndarray:
    """One row for each infoset, told at its first node."""
    rows: np.ndarray | None = None
    for i, node in enumerate(tree.first_nodes().tolist()):
        state, player = game.new_initial_state(), int(tree.infoset_player[i])
        for action in tree.history(node):
            state.apply_action(action)
        told = np.asarray(tell(state, player), np.float32)
        if rows is None:
            _require_small(game, tree.num_infosets, tree.num_players + len(told))
            rows = np.zeros((tree.num_infosets, tree.num_players + len(told)), np.float32)
        rows[i, player] = 1.0
        rows[i, tree.num_players :] = told
    return np.zeros((0, 1), np.float32) if rows is None else rows


def _require_small(game: Game, infosets: int, numbers: int) -> None:
    if infosets * numbers > LIMIT:
        raise GameTooLargeError(
            f"{game.name} has {infosets:,} infosets of {numbers:,} inputs, and a network of all "
            f"of them is given at most {LIMIT:,} numbers; take smaller parameters, or a tabular "
            f"oracle such as 'q_learning'."
        )
