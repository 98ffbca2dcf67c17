"""Gambit's ``.efg`` files: games in extensive form, one line a node, in depth-first order."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from marl_kit.games.efg_writer import LABELS_ARE_KEYS
from marl_kit.games.efg_writer import write_efg as write_efg
from marl_kit.games.gambit_text import Words, fits_float
from marl_kit.games.named_tree import Edge, NamedTree
from marl_kit.games.numbers import MAX_DIGITS
from marl_kit.games.preorder import CHANCE_TOLERANCE, NODE_LIMIT, guard_size
from marl_kit.games.tree_game import TreeGame

MAX_PLAYERS = 127
"""Trees keep the player of a node in one byte."""
Payoffs = tuple[Fraction, ...]


def read_efg(
    text: str, path: str = "<text>", *, spec: str = "", node_limit: int = NODE_LIMIT
) -> TreeGame:
    """Read a game in Gambit's ``.efg`` format; numbers keep their exact value.

    The key of an infoset is ``"{player}:{number}"``, with the player counted from 0 and the number
    as in the file. In a file that says ``Infoset labels are keys.`` in its comment it is the
    label, or ``(player, label)`` if players share one; infosets of a player whose labels are equal
    keep the number. Payoffs of outcomes on inner nodes are added to the leaves below.

    Parameters
    ----------
    text : str
        What the file holds.
    path : str
        Named in errors.
    spec : str
        What ``load_game`` was given.
    node_limit : int

    Raises
    ------
    GameFileError
        With line and column.
    GameTooLargeError
        More than ``node_limit`` nodes or 127 players.
    """
    words = Words(text, path)
    title, players = words.header("EFG", "2")
    if len(players) > MAX_PLAYERS:
        words.fail_too_large(f"{len(players)} players; at most {MAX_PLAYERS} are possible.")
    comment = words.optional_text()
    tree = _Reader(words, len(players), node_limit).read()
    if LABELS_ARE_KEYS in comment:
        tree.use_labels_as_keys()
    return tree.game(title, players, spec)


@dataclass(slots=True)
class _Open:
    """An inner node whose children are being read."""

    row: int
    chances: Sequence[Fraction | None]  # one a child
    earned: Payoffs  # on the way to the children
    done: int = 0  # children read


@dataclass(frozen=True, slots=True)
class _Chance:
    """A chance infoset of the file."""

    names: tuple[str, ...]
    chances: tuple[Fraction, ...]


class _Reader:
    """The body of a file: a loop with its own stack, since trees may be deep."""

    def __init__(self, words: Words, num_players: int, node_limit: int):
        self._words, self._num_players, self._node_limit = words, num_players, node_limit
        self._tree = NamedTree(num_players)
        self._infosets: dict[tuple[int, int], int] = {}
        self._chances: dict[int, _Chance] = {}
        self._outcomes: dict[int, Payoffs] = {0: (Fraction(0),) * num_players}

    def read(self) -> NamedTree:
        """Read nodes until the tree is complete, and refuse whatever follows."""
        words = self._words
        path: list[_Open] = []
        self._node(Edge(-1), self._outcomes[0], path)
        while path:
            above = path[-1]
            if above.done == len(above.chances):
                path.pop()
                continue
            edge = Edge(above.row, above.done, above.chances[above.done])
            above.done += 1
            self._node(edge, above.earned, path)
        if words.kind != "end":
            words.fail("the tree is complete, and there is more after it.")
        return self._tree

    def _node(self, edge: Edge, earned: Payoffs, path: list[_Open]) -> None:
        """Read a node; one with children is put on the path."""
        words, at = self._words, self._words.start
        kind = words.expect("symbol", "a node (c, p or t)")
        if kind not in ("c", "p", "t"):
            words.fail(f"a node begins with c, p or t, not {kind[:40]!r}.", at)
        words.expect("text", "the node's label in quotes")
        self._guard(at)
        if kind == "t":
            self._tree.leaf(edge, self._earn(earned))
            return
        chances: Sequence[Fraction | None]
        if kind == "c":
            infoset = self._chance(at)
            row, chances = self._tree.chance(edge, infoset.names), infoset.chances
        else:
            number = self._decision()
            row = self._tree.decision(edge, number)
            chances = (None,) * len(self._tree.action_names(number))
        path.append(_Open(row, chances, self._earn(earned)))

    def _guard(self, at: int) -> None:
        if len(self._tree) >= self._node_limit:
            self._words.fail_too_large(f"the tree has more than {self._node_limit:,} nodes.", at)
        if len(self._tree) % 65536 == 0:
            guard_size(len(self._tree), self._node_limit)

    def _decision(self) -> int:
        """Read a player's infoset; only its first node must list the actions."""
        words, at = self._words, self._words.start
        player = words.integer("the player's number")
        if not 1 <= player <= self._num_players:
            words.fail(f"there is no player {player}; {self._num_players} are named.", at)
        at = words.start
        number = words.integer("the infoset's number")
        label = words.optional_text()
        at_actions = words.start
        names = words.labels("the actions") if words.kind == "{" else None
        known = self._infosets.get((player, number))
        if known is None:
            if names is None:
                words.fail(f"infoset {number} of player {player} has no actions yet.", at)
            if not names:
                words.fail("the list of actions is empty; there is at least one.", at_actions)
            known = self._tree.add_infoset(f"{player - 1}:{number}", player - 1, names, label)
            self._infosets[player, number] = known
        elif names is not None and tuple(names) != self._tree.action_names(known):
            words.fail(
                f"infoset {number} of player {player} has the actions {names} here and "
                f"{list(self._tree.action_names(known))} at an earlier node.",
                at_actions,
            )
        return known

    def _chance(self, node_at: int) -> _Chance:
        """Read a chance infoset; its nodes have the same outcomes and probabilities."""
        words, at = self._words, self._words.start
        number = words.integer("the chance infoset's number")
        words.optional_text()
        known = self._chances.get(number)
        if words.kind != "{":
            if known is None:
                words.fail(f"chance infoset {number} has no outcomes yet.", at)
            return known
        found = self._chance_outcomes(node_at)
        if found != self._chances.setdefault(number, found):
            words.fail(f"chance infoset {number} has other outcomes at an earlier node.", at)
        return found

    def _chance_outcomes(self, node_at: int) -> _Chance:
        words = self._words
        words.expect("{", "'{' and the outcomes")
        names, chances = [], []
        while words.kind == "text":
            names.append(words.expect("text", "an outcome's name"))
            at = words.start
            chances.append(words.number("the outcome's probability"))
            if not 0 <= chances[-1] <= 1:
                words.fail("a probability must lie in [0, 1].", at)
            words.accept(",")
        words.expect("}", "another outcome's name or '}' after the last one")
        total = math.fsum(chances)
        if abs(total - 1) > CHANCE_TOLERANCE:
            words.fail(f"the chance probabilities sum to {total:.12g}, not to 1.", node_at)
        return _Chance(tuple(names), tuple(chances))

    def _earn(self, earned: Payoffs) -> Payoffs:
        """Read an outcome and add its payoffs to those on the way."""
        at = self._words.start
        here = self._outcome()
        if not any(here):
            return earned
        total = tuple(a + b for a, b in zip(earned, here, strict=True))
        if not all(map(fits_float, total)):
            self._words.fail("the payoffs add up to a number beyond float64.", at)
        # without this limit, ever longer fractions could fill the memory
        if max(x.denominator.bit_length() for x in total) > 3 * MAX_DIGITS:
            self._words.fail("the payoffs add up to a fraction with too many digits.", at)
        return total

    def _outcome(self) -> Payoffs:
        """Read an outcome's number and, at least once in the file, its payoffs."""
        words, at = self._words, self._words.start
        number = words.integer("the outcome's number (0 for none)")
        words.optional_text()
        if words.kind != "{":
            if number not in self._outcomes:
                words.fail(f"outcome {number} has no payoffs yet.", at)
            return self._outcomes[number]
        if number == 0:
            words.fail("outcome 0 stands for no outcome and cannot have payoffs.", at)
        words.advance()
        found = words.payoffs(self._num_players)
        words.expect("}", f"'}}' after the payoffs of {self._num_players} players")
        if found != self._outcomes.setdefault(number, found):
            words.fail(f"outcome {number} has other payoffs at an earlier node.", at)
        return found
