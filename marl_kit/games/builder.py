"""Game trees written in Python, node by node."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from marl_kit.core.errors import InvalidGameError
from marl_kit.games.gambit_text import fits_float
from marl_kit.games.game import Game
from marl_kit.games.named_tree import Edge, NamedTree
from marl_kit.games.numbers import exact
from marl_kit.games.preorder import CHANCE_TOLERANCE

MAX_PLAYERS = 127
"""Trees keep the player of a node in one byte."""

History = tuple[str, ...]


class TreeBuilder:
    """Collects the nodes of a game tree, in any order, and builds the game.

    A node is named by its history: the labels of the actions from the root, chance included; the
    root is ``()``. Nodes of one infoset have the same name, player and actions; the name is the
    infoset's key. Integers, Fractions and strings such as ``"1/3"`` keep their exact value, and a
    float ``x`` counts as ``Fraction(repr(x))``.

    Parameters
    ----------
    players : int
        Players are numbered from 0.
    name : str

    Examples
    --------
    >>> game = (
    ...     TreeBuilder(players=2, name="entry")
    ...     .decision((), 0, "entrant", ["stay out", "enter"])
    ...     .payoff(("stay out",), [1, 2])
    ...     .decision(("enter",), 1, "incumbent", ["fight", "share"])
    ...     .payoff(("enter", "fight"), [0, 0])
    ...     .payoff(("enter", "share"), [2, 1])
    ...     .build()
    ... )
    >>> game.tree().num_nodes
    5
    """

    def __init__(self, players: int = 2, name: str = ""):
        if not _is_whole(players) or not 1 <= players <= MAX_PLAYERS:
            raise InvalidGameError(f"{players!r} players; a tree has from 1 to {MAX_PLAYERS}.")
        self._num_players, self._name = players, name or "unnamed game"
        self._infosets: dict[str, tuple[int, History]] = {}  # name: player, actions
        self._decisions: dict[History, str] = {}  # history: infoset
        self._chances: dict[History, dict[str, Fraction]] = {}
        self._payoffs: dict[History, tuple[Fraction, ...]] = {}

    def decision(
        self, history: Sequence[str], player: int, infoset: str, actions: Sequence[str]
    ) -> TreeBuilder:
        """Let ``player`` choose at the node, knowing only that it is at ``infoset``."""
        node = self._new(history)
        if not isinstance(infoset, str):
            raise InvalidGameError(f"the infoset at {node} is {infoset!r}; give its name as text.")
        if not _is_whole(player) or not 0 <= player < self._num_players:
            raise InvalidGameError(
                f"player {player!r} moves at {node}; players are 0 to {self._num_players - 1}."
            )
        labels = _labels(actions, node)
        owner, known = self._infosets.setdefault(infoset, (player, labels))
        if owner != player:
            raise InvalidGameError(
                f"infoset {infoset!r} belongs to player {owner} and player {player} moves in it "
                f"at {node}; give each player infosets of its own."
            )
        if known != labels:
            raise InvalidGameError(
                f"infoset {infoset!r} has the actions {list(known)} at one node and {list(labels)} "
                f"at {node}; all nodes of an infoset must offer the same actions."
            )
        self._decisions[node] = infoset
        return self

    def chance(self, history: Sequence[str], probabilities: Mapping[str, Any]) -> TreeBuilder:
        """Draw an action at the node: ``{action: probability}``, summing to 1."""
        node = self._new(history)
        if not isinstance(probabilities, Mapping):
            raise InvalidGameError(f"chance at {node} needs {{action: probability}}.")
        labels = _labels(tuple(probabilities), node)
        chances = [_number(p, f"a probability at {node}") for p in probabilities.values()]
        if min(chances) < 0:
            raise InvalidGameError(f"a probability at {node} is {min(chances)}; none is negative.")
        total = math.fsum(chances)
        if abs(total - 1) > CHANCE_TOLERANCE:
            raise InvalidGameError(
                f"the chance probabilities at {node} sum to {total:.12g}; they must sum to 1."
            )
        self._chances[node] = dict(zip(labels, chances, strict=True))
        return self

    def payoff(self, history: Sequence[str], payoffs: Sequence[Any]) -> TreeBuilder:
        """End the game at the node and pay each player."""
        node = self._new(history)
        if isinstance(payoffs, str) or not isinstance(payoffs, Iterable):
            raise InvalidGameError(f"the payoffs at {node} are {payoffs!r}; give one a player.")
        values = tuple(_number(x, f"a payoff at {node}") for x in payoffs)
        if len(values) != self._num_players:
            raise InvalidGameError(
                f"{len(values)} payoffs at {node}; the game has {self._num_players} players."
            )
        self._payoffs[node] = values
        return self

    def build(self) -> Game:
        """Check that the nodes make one tree, and build the game.

        Raises
        ------
        InvalidGameError
            A history without a node, or a node that no history leads to.
        """
        tree = NamedTree(self._num_players)
        number: dict[str, int] = {}
        stack: list[tuple[Edge, History]] = [(Edge(-1), ())]
        while stack:
            edge, node = stack.pop()
            if node in self._payoffs:
                tree.leaf(edge, self._payoffs[node])
                continue
            chances: Mapping[str, Fraction | None]
            if node in self._chances:
                chances = self._chances[node]
                row = tree.chance(edge, tuple(chances))
            else:
                name = self._infoset_at(node)
                player, actions = self._infosets[name]
                if name not in number:
                    number[name] = tree.add_infoset(name, player, actions, label=name)
                chances = dict.fromkeys(actions)
                row = tree.decision(edge, number[name])
            children = enumerate(chances.items())
            stack += [(Edge(row, k, p), (*node, a)) for k, (a, p) in reversed(list(children))]
        self._refuse_unreached(len(tree))
        return tree.game(self._name)

    def _new(self, history: Sequence[str]) -> History:
        """Check a history at which a node is about to be put."""
        if isinstance(history, str):
            raise InvalidGameError(
                f"the history {history!r} is a string; give a tuple of action labels, such as "
                f"({history!r},)."
            )
        node = tuple(history)
        if node in self._decisions or node in self._chances or node in self._payoffs:
            raise InvalidGameError(f"the node at {node} is defined twice.")
        return node

    def _infoset_at(self, node: History) -> str:
        if node not in self._decisions:
            raise InvalidGameError(
                f"there is no node at the history {node}; give it a decision, chance or payoff."
            )
        return self._decisions[node]

    def _refuse_unreached(self, reached: int) -> None:
        nodes = [*self._decisions, *self._chances, *self._payoffs]
        if len(nodes) == reached:
            return
        for node in sorted(nodes, key=len):
            if node and node[-1] not in self._actions(node[:-1]):
                raise InvalidGameError(
                    f"the node at {node} cannot be reached: {node[-1]!r} is no action at "
                    f"{node[:-1]}."
                )

    def _actions(self, node: History) -> History:
        """Labels of the actions at a history; none where nothing is defined."""
        if node in self._decisions:
            return self._infosets[self._decisions[node]][1]
        return tuple(self._chances.get(node, ()))


def _labels(actions: Sequence[str], node: History) -> History:
    """Check the labels of the actions at a node."""
    labels = tuple(actions)
    if isinstance(actions, str) or not labels or not all(isinstance(a, str) for a in labels):
        raise InvalidGameError(
            f"the actions at {node} are {actions!r}; give a list of at least one string."
        )
    if len(set(labels)) < len(labels):
        raise InvalidGameError(f"the actions {list(labels)} at {node} are not all different.")
    return labels


def _is_whole(x: Any) -> bool:
    return isinstance(x, int) and not isinstance(x, bool)


def _number(x: Any, what: str) -> Fraction:
    try:
        value = exact(x)
    except InvalidGameError as error:
        raise InvalidGameError(f"{what} is {x!r}; give a finite number.") from error
    if not fits_float(value):
        raise InvalidGameError(f"{what} is beyond the range of float64; rescale the payoffs.")
    return value
