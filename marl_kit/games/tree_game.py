"""Games that are given as a tree (files, ``TreeBuilder``, matrices) and their states."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from marl_kit.core.errors import GameTooLargeError, IllegalActionError, UnsupportedGameError
from marl_kit.core.progress import Progress
from marl_kit.games.game import Game
from marl_kit.games.tree import CHANCE, NO_INFOSET, TERMINAL, GameTree

if TYPE_CHECKING:
    from marl_kit.games.game import State


class TreeGame(Game):
    """An extensive-form game whose tree is in hand.

    Parameters
    ----------
    tree : GameTree
    action_names : sequence of [I] tuples of str
        Names of the actions at each infoset of ``tree``.
    chance_names : {node: [str, ...]}
        Names of the outcomes at each chance node.
    infoset_labels : sequence of [I] str, optional
        What a file calls the infosets; free text, may repeat.
    player_names : sequence of [P] str, optional
    """

    def __init__(
        self,
        tree: GameTree,
        *,
        name: str,
        action_names: Sequence[tuple[str, ...]],
        chance_names: dict[int, tuple[str, ...]] | None = None,
        infoset_labels: Sequence[str] | None = None,
        player_names: Sequence[str] | None = None,
        spec: str = "",
    ):
        super().__init__(name=name, num_players=tree.num_players, spec=spec)
        self._tree = tree
        self._action_names = tuple(action_names)
        self.chance_names = dict(chance_names or {})
        self.infoset_labels = tuple(infoset_labels or ("",) * tree.num_infosets)
        self.player_names = tuple(
            player_names or (f"Player {p + 1}" for p in range(tree.num_players))
        )

    def new_initial_state(self) -> State:
        return TreeState(self, 0)

    def action_names(self, infoset: int) -> tuple[str, ...]:
        return self._action_names[infoset]

    def infoset_key(self, state: State) -> Hashable:
        if isinstance(state, TreeState):
            return self.tree().infoset_keys[int(self.tree().infoset[state.node])]
        return super().infoset_key(state)

    def key_aliases(self) -> dict[Hashable, Hashable]:
        """Other names of infosets that a profile may use: file labels that occur once."""
        labels = Counter(self.infoset_labels)
        keys = self.tree().infoset_keys
        taken = set(keys)
        return {
            label: key
            for label, key in zip(self.infoset_labels, keys, strict=True)
            if label and labels[label] == 1 and label not in taken
        }

    def _build_tree(self, node_limit: int, progress: Progress) -> GameTree:
        raise GameTooLargeError("this game's tree was given and cannot be built again.")


class TreeState:
    """A node of a compiled tree, answering as OpenSpiel's states do."""

    __slots__ = ("_game", "_history", "_node", "_tree")

    def __init__(self, game: Game, node: int, history: tuple[int, ...] = ()):
        self._game, self._node, self._history = game, node, history
        self._tree = game.tree()

    @property
    def node(self) -> int:
        """The node's number in ``game.tree()``."""
        return self._node

    def current_player(self) -> int:
        return int(self._tree.player[self._node])

    def is_terminal(self) -> bool:
        return self.current_player() == TERMINAL

    def is_chance_node(self) -> bool:
        return self.current_player() == CHANCE

    def is_simultaneous_node(self) -> bool:
        return False

    def _children(self) -> range:
        first = int(self._tree.first_child[self._node])
        return range(first, first + int(self._tree.num_children[self._node]))

    def legal_actions(self, player: int | None = None) -> list[int]:
        if player is not None and player != self.current_player():
            return []
        return [int(self._tree.action[c]) for c in self._children()]

    def chance_outcomes(self) -> list[tuple[int, float]]:
        if not self.is_chance_node():
            return []
        tree = self._tree
        return [(int(tree.action[c]), float(tree.chance_prob[c])) for c in self._children()]

    def _step(self, action: int) -> int:
        for c in self._children():
            if self._tree.action[c] == action:
                return c
        raise IllegalActionError(
            f"action {action} is not legal after the history {list(self._history)}; legal actions "
            f"are {self.legal_actions()}."
        )

    def apply_action(self, action: int) -> None:
        self._node = self._step(action)
        self._history = (*self._history, int(action))

    def child(self, action: int) -> TreeState:
        return TreeState(self._game, self._step(action), (*self._history, int(action)))

    def clone(self) -> TreeState:
        return TreeState(self._game, self._node, self._history)

    def returns(self) -> list[float]:
        if not self.is_terminal():
            return [0.0] * self._tree.num_players
        return [float(x) for x in self._tree.payoffs[self._tree.terminal_index[self._node]]]

    def rewards(self) -> list[float]:
        return self.returns()

    def history(self) -> list[int]:
        return list(self._history)

    def history_str(self) -> str:
        return ", ".join(str(a) for a in self._history)

    def num_players(self) -> int:
        return self._tree.num_players

    def _infoset(self, player: int | None) -> int:
        infoset = int(self._tree.infoset[self._node])
        if infoset == NO_INFOSET or player not in (None, self.current_player()):
            raise UnsupportedGameError(
                f"{self._game.name} is given as a tree, which says what a player knows only where "
                f"it moves; player {self.current_player()} moves here, not {player}."
            )
        return infoset

    def information_state_string(self, player: int | None = None) -> str:
        return str(self._tree.infoset_keys[self._infoset(player)])

    def observation_tensor(self, player: int | None = None) -> list[float]:
        """One-hot: which of the player's infosets this is."""
        infoset = self._infoset(player)
        mine = np.flatnonzero(self._tree.infoset_player == self._tree.infoset_player[infoset])
        return [float(i == infoset) for i in mine]

    def action_to_string(self, player: int, action: int) -> str:
        position = self.legal_actions().index(action) if action in self.legal_actions() else -1
        if position < 0:
            self._step(action)
        if self.is_chance_node():
            names = getattr(self._game, "chance_names", {}).get(self._node)
            return names[position] if names else str(action)
        return self._game.action_names(int(self._tree.infoset[self._node]))[position]

    def __str__(self) -> str:
        return f"{self._game.name} after {list(self._history)}"
