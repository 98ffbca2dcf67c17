"""Trees written by people (files, ``TreeBuilder``): a ``Preorder`` whose actions have names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from marl_kit.games.preorder import Preorder, assemble
from marl_kit.games.tree import CHANCE, NO_INFOSET, TERMINAL
from marl_kit.games.tree_game import TreeGame


@dataclass(frozen=True, slots=True)
class Edge:
    """How a node is reached."""

    parent: int  # row; -1 for the root
    action: int = 0  # place among its siblings
    chance: Fraction | None = None  # probability, below a chance node


class NamedTree:
    """Rows of a tree in depth-first order, with exact numbers and names of actions.

    The caller checks what it can point at (a place in a file, a history); ``assemble`` checks the
    rest.
    """

    def __init__(self, num_players: int):
        self.rows = Preorder(num_players, exact_payoffs=[], exact_chance={})
        self._names: list[tuple[str, ...]] = []  # by infoset
        self._labels: list[str] = []  # by infoset
        self._chance_names: dict[int, tuple[str, ...]] = {}  # by row

    def __len__(self) -> int:
        return len(self.rows.parent)

    def add_infoset(self, key: Hashable, player: int, names: Sequence[str], label: str = "") -> int:
        """Register an infoset and return its number, in the order of first meeting."""
        self._names.append(tuple(names))
        self._labels.append(label)
        return self.rows.add_infoset(key, player, range(len(names)))

    def action_names(self, infoset: int) -> tuple[str, ...]:
        """Names of an infoset's actions."""
        return self._names[infoset]

    def decision(self, edge: Edge, infoset: int) -> int:
        """Append a node where a player moves and return its row."""
        return self._add(edge, self.rows.infoset_player[infoset], infoset)

    def chance(self, edge: Edge, names: Sequence[str]) -> int:
        """Append a chance node and return its row."""
        row = self._add(edge, CHANCE, NO_INFOSET)
        self._chance_names[row] = tuple(names)
        return row

    def leaf(self, edge: Edge, payoffs: tuple[Fraction, ...]) -> None:
        """Append a leaf; payoffs must lie in the range of float64."""
        self._add(edge, TERMINAL, NO_INFOSET)
        self.rows.payoffs.extend(map(float, payoffs))
        self.rows.exact_payoffs.append(payoffs)  # type: ignore[union-attr]

    def _add(self, edge: Edge, player: int, infoset: int) -> int:
        probability = 1.0 if edge.chance is None else float(edge.chance)
        row = self.rows.add(edge.parent, edge.action, player, probability, infoset)
        if edge.chance is not None:
            self.rows.exact_chance[row] = edge.chance  # type: ignore[index]
        return row

    def use_labels_as_keys(self) -> None:
        """Rename each infoset by its label, or by ``(player, label)`` if players share a label.

        Infosets of one player with equal labels keep their keys.
        """
        owners = list(zip(self.rows.infoset_player, self._labels, strict=True))
        count = Counter(owners)
        shared = len(count) > len(set(self._labels))
        keys = [
            old if count[owner] > 1 else owner if shared else owner[1]
            for old, owner in zip(self.rows.infoset_keys, owners, strict=True)
        ]
        if len(set(keys)) == len(keys):  # else a label looks like an old key
            self.rows.infoset_keys[:] = keys

    def game(self, name: str, player_names: Sequence[str] = (), spec: str = "") -> TreeGame:
        """Assemble the tree and carry the names over to its numbering."""
        keys = self.rows.infoset_keys
        tree = assemble(self.rows)
        number = {key: i for i, key in enumerate(keys)}
        order = [number[key] for key in tree.infoset_keys]
        # as `assemble` does: nodes are renumbered by a stable sort on depth
        node = np.argsort(np.argsort(np.frombuffer(self.rows.depth, np.int32), kind="stable"))
        return TreeGame(
            tree,
            name=name,
            action_names=[self._names[i] for i in order],
            chance_names={int(node[row]): names for row, names in self._chance_names.items()},
            infoset_labels=[self._labels[i] for i in order],
            player_names=player_names or None,
            spec=spec,
        )
