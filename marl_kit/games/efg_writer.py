"""The writer of Gambit's ``.efg`` files."""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence
from fractions import Fraction

import numpy as np

from marl_kit.games.gambit_text import quoted
from marl_kit.games.game import Game
from marl_kit.games.tree import CHANCE, TERMINAL, GameTree

MAX_DENOMINATOR = 1_000_000
"""Of a fraction that a chance probability is taken to mean: far above what cards and dice give,
far below where any float would pass for one."""
LABELS_ARE_KEYS = "Infoset labels are keys."
"""A file whose comment says this was written from a game with keys of its own."""


def write_efg(game: Game) -> str:
    """The game's tree in Gambit's ``.efg`` format, with exact numbers where it has them.

    Infosets with keys of their own are written with the key as label (of a key
    ``(player, string)``, the string), and a comment says so. The format numbers actions from 0 at
    each node; a game's own action numbers are written as names only.
    """
    tree = game.tree()
    writer = _Writer(game, tree)
    default = [f"Player {p + 1}" for p in range(game.num_players)]
    names = getattr(game, "player_names", None) or default
    comment = "" if writer.plain_keys else LABELS_ARE_KEYS
    lines = [
        f"EFG 2 R {quoted(game.name)} {{ {' '.join(map(quoted, names))} }}",
        quoted(comment),
        "",
    ]
    lines += map(writer.line, _preorder(tree))
    return "\n".join(lines) + "\n"


def _preorder(tree: GameTree) -> list[int]:
    """Nodes in depth-first order, each before its children."""
    first, count = tree.first_child.tolist(), tree.num_children.tolist()
    stack, order = [0], []
    while stack:
        node = stack.pop()
        order.append(node)
        stack.extend(range(first[node] + count[node] - 1, first[node] - 1, -1))
    return order


class _Writer:
    """Lines of a file; outcomes and infosets get their numbers as they are met."""

    def __init__(self, game: Game, tree: GameTree):
        self._tree = tree
        self._chance_names = getattr(game, "chance_names", {})
        self._outcomes: dict[tuple[str, ...], int] = {}
        self._chances = 0
        owners = tree.infoset_player.tolist()
        keys = [_plain_key(key, p) for key, p in zip(tree.infoset_keys, owners, strict=True)]
        self.plain_keys = None not in keys
        self._heads = self._infoset_heads(game, keys)

    def _infoset_heads(self, game: Game, plain: list[int | None]) -> list[str]:
        """Player, number, label and actions of each infoset."""
        labels: Sequence[str] = getattr(game, "infoset_labels", None) or [""] * len(plain)
        numbers: Sequence[int | None] = plain
        if not self.plain_keys:
            labels = [_key_text(key) for key in self._tree.infoset_keys]
            owners = self._tree.infoset_player  # sorted: numbers count from 1 for each player
            numbers = (np.arange(1, 1 + len(owners)) - owners.searchsorted(owners)).tolist()
        return [
            f"{player + 1} {number} {quoted(label)} "
            f"{{ {' '.join(map(quoted, game.action_names(i)))} }}"
            for i, (player, number, label) in enumerate(
                zip(self._tree.infoset_player, numbers, labels, strict=True)
            )
        ]

    def line(self, node: int) -> str:
        """The line of one node."""
        player = self._tree.player[node]
        if player == TERMINAL:
            return f't "" {self._outcome(node)}'
        if player == CHANCE:
            return f'c "" {self._chance(node)} 0'
        return f'p "" {self._heads[self._tree.infoset[node]]} 0'

    def _chance(self, node: int) -> str:
        tree = self._tree
        self._chances += 1
        first = int(tree.first_child[node])
        children = range(first, first + int(tree.num_children[node]))
        names = self._chance_names.get(node) or [str(tree.action[c]) for c in children]
        if tree.exact:
            chances = [str(tree.exact.chance[c]) for c in children]
        else:
            chances = _chance_texts(tree.chance_prob[first : first + len(children)].tolist())
        pairs = " ".join(f"{quoted(n)} {p}" for n, p in zip(names, chances, strict=True))
        return f'{self._chances} "" {{ {pairs} }}'

    def _outcome(self, node: int) -> str:
        leaf = self._tree.terminal_index[node]
        exact = self._tree.exact
        payoffs = exact.payoffs[leaf] if exact else map(repr, self._tree.payoffs[leaf].tolist())
        texts = tuple(map(str, payoffs))
        number = self._outcomes.setdefault(texts, len(self._outcomes) + 1)
        return f'{number} "" {{ {", ".join(texts)} }}'


def _chance_texts(probabilities: list[float]) -> list[str]:
    """As fractions where these are the same floats and sum to 1 exactly, which Gambit insists on:
    the three decimals of 1/3 do not."""
    fractions = [Fraction(p).limit_denominator(MAX_DENOMINATOR) for p in probabilities]
    same = all(float(f) == p for f, p in zip(fractions, probabilities, strict=True))
    if same and sum(fractions) == 1:
        return list(map(str, fractions))
    return list(map(repr, probabilities))


def _plain_key(key: Hashable, player: int) -> int | None:
    """The number in a key of the form ``"{player}:{number}"``, which a file gives anyway."""
    pattern = rf"{player}:(0|-?[1-9][0-9]{{0,17}})"
    found = re.fullmatch(pattern, key) if isinstance(key, str) else None
    return int(found[1]) if found else None


def _key_text(key: Hashable) -> str:
    return str(key[1]) if isinstance(key, tuple) and len(key) == 2 else str(key)
