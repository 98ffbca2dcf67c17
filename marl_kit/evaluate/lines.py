"""How a game is expected to go: the most likely plays of a profile."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np

from marl_kit.core.errors import InvalidOptionError
from marl_kit.games.game import Game
from marl_kit.games.load import as_game
from marl_kit.games.realisation import as_policy
from marl_kit.games.tree import CHANCE, TERMINAL, GameTree

MOST = 5


@dataclass(frozen=True, slots=True)
class Line:
    """A play of a game from the root to its end.

    Attributes
    ----------
    probability : float
        Of this play, chance included.
    moves : tuple of (player, str)
        Who moves and what the action is called; player -1 is chance.
    history : tuple of int
        The actions by the game's own numbers.
    payoffs : tuple of P floats
    """

    probability: float
    moves: tuple[tuple[int, str], ...]
    history: tuple[int, ...]
    payoffs: tuple[float, ...]

    def __str__(self) -> str:
        moves = "  ".join(f"{'chance' if p == CHANCE else p}: {name}" for p, name in self.moves)
        paid = ", ".join(f"{x:g}" for x in self.payoffs)
        return f"{self.probability:.4f}  {moves or '(no moves)'}  -> ({paid})"


def lines_of_play(game: Any, profile: Any, most: int = MOST) -> tuple[Line, ...]:
    """The plays that a profile leads to, most likely first.

    Parameters
    ----------
    game : Game, spec string or pyspiel.Game
    profile
        Any accepted form.
    most : int
        How many; fewer where no more have a positive probability. Equally likely plays stand in
        the order of the tree.

    Raises
    ------
    InvalidOptionError
        ``most`` is not a whole number of at least 1.
    InvalidProfileError

    Examples
    --------
    >>> import marl_kit as mk
    >>> print(mk.lines_of_play("trust", mk.solve("trust"))[0])
    1.0000  0: Do not trust  -> (0, 0)
    """
    if isinstance(most, bool) or not isinstance(most, int | np.integer) or most < 1:
        raise InvalidOptionError(f"most is {most!r}; give a whole number of at least 1.")
    game = as_game(game)
    policy = as_policy(game, profile)
    tree = game.tree()
    likely = islice(_likely_leaves(tree, policy.probabilities), int(most))
    return tuple(_line(game, tree, node, p) for p, node in likely)


def _likely_leaves(tree: GameTree, probabilities: np.ndarray) -> Iterator[tuple[float, int]]:
    """(probability, leaf) by falling probability: no descendant is more likely than its node."""
    slot = tree.incoming_slot()
    edge = np.where(slot >= 0, probabilities[slot], tree.chance_prob) if len(slot) > 1 else [1.0]
    heap = [(-1.0, 0)]
    while heap:
        reach, node = heapq.heappop(heap)
        if tree.player[node] == TERMINAL:
            yield -reach, node
            continue
        first = int(tree.first_child[node])
        for child in range(first, first + int(tree.num_children[node])):
            if edge[child] > 0:
                heapq.heappush(heap, (reach * float(edge[child]), child))


def _line(game: Game, tree: GameTree, leaf: int, probability: float) -> Line:
    state = game.new_initial_state()
    history = tree.history(leaf)
    moves = []
    for action in history:
        player = state.current_player()
        moves.append((player, state.action_to_string(player, action)))
        state = state.child(action)
    payoffs = tuple(tree.payoffs[tree.terminal_index[leaf]].tolist())
    return Line(probability, tuple(moves), history, payoffs)
