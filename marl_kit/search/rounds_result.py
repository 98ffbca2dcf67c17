"""What a search with simultaneous moves has to say."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from marl_kit.core.errors import InvalidOptionError
from marl_kit.core.results import aligned, format_vector, html_table
from marl_kit.games.game import Game
from marl_kit.games.load import as_game
from marl_kit.games.tree import CHANCE, TERMINAL
from marl_kit.search.rounds_tree import RoundNode


@dataclass(frozen=True, eq=False, slots=True)
class RoundsResult:
    """Average strategies of those who choose in a round, exploration taken out.

    Attributes
    ----------
    game : Game
    player : int
        Who was to move in the state that was searched, one of ``movers``.
    before : tuple of int
        The history before the round.
    options : SMMCTS
    root : RoundNode
        The tree.
    """

    game: Game
    player: int
    before: tuple[int, ...]
    options: Any
    root: RoundNode = field(repr=False)

    @property
    def movers(self) -> tuple[int, ...]:
        """Who chooses in the round, M players."""
        return tuple(self.root.movers)

    @property
    def value(self) -> np.ndarray:
        """Mean return of each player over all simulations, exploring ones as well, float64 [P]."""
        return np.array(self.root.means())

    def actions(self, player: int) -> np.ndarray:
        """The legal actions of a mover, int64 [A]."""
        return np.array(self.root.actions[self._place(player)], np.int64)

    def strategy(self, player: int) -> np.ndarray:
        """The average strategy of a mover, float64 [A]."""
        return np.array(self.root.strategy(self._place(player)))

    def draw(self, u: float) -> int:
        """An action of ``player``, as its strategy has it; ``u`` in [0, 1) decides."""
        sums = np.cumsum(self.strategy(self.player))
        place = int(np.searchsorted(sums, u * sums[-1], side="right"))
        return int(self.actions(self.player)[min(place, len(sums) - 1)])

    def profile(self, game: Any = None) -> dict[Hashable, list[float]]:
        """``{infoset key: probabilities}`` of the average strategies in the whole tree.

        Infosets that the search did not choose at have equal probabilities. Positions that share
        an infoset's name (see ``games.rounds.remember_rounds``) are averaged by their visits.

        Parameters
        ----------
        game : Game, optional
            Whose keys to use: the game that was searched, or ``remember_rounds`` of it.

        Raises
        ------
        GameTooLargeError
            The game cannot be enumerated.
        """
        game = self.game if game is None else as_game(game)
        tree = game.tree()
        sums: dict[Hashable, np.ndarray] = {}
        for node, history in decisions(self.root, self.before):
            for key, own in zip(_keys(game, node, history), node.averages, strict=True):
                sums[key] = sums.get(key, 0.0) + np.array(own)
        profile: dict[Hashable, list[float]] = {}
        for infoset, name in enumerate(tree.infoset_keys):
            size = int(tree.num_actions[infoset])
            plain = name[1] if isinstance(name, tuple) else name
            player = int(tree.infoset_player[infoset])
            weights = sums.get((player, plain), np.zeros(size))
            total = weights.sum()
            profile[name] = (weights / total if total else np.full(size, 1 / size)).tolist()
        return profile

    def rows(self) -> list[tuple[str, str]]:
        """Label and text of each line of the printed form."""
        lines = [
            ("game", self.game.spec or self.game.name),
            ("simulations", f"{self.root.visits:,}"),
            ("values", "  ".join(f"{v:.4f}" for v in self.value)),
        ]
        for p in self.movers:
            names = ", ".join(map(str, self.actions(p).tolist()))
            lines.append((f"player {p}", f"{format_vector(self.strategy(p))}  of actions {names}"))
        return lines

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and lists."""
        return {
            "game": self.game.spec or self.game.name,
            "before": list(self.before),
            "simulations": self.root.visits,
            "value": self.value.tolist(),
            "movers": list(self.movers),
            "actions": [self.actions(p).tolist() for p in self.movers],
            "strategies": [self.strategy(p).tolist() for p in self.movers],
        }

    def _place(self, player: int) -> int:
        if player not in self.root.movers:
            raise InvalidOptionError(
                f"player {player!r} does not choose in this round; these do: {self.root.movers}."
            )
        return self.root.movers.index(player)

    def __repr__(self) -> str:
        return aligned("RoundsResult", self.rows())

    def _repr_html_(self) -> str:
        return html_table(self.rows())


def decisions(root: RoundNode, before: tuple[int, ...]) -> list[tuple[RoundNode, tuple[int, ...]]]:
    """The nodes at which the search chose, each with its history as the game in turns counts."""
    found, waiting = [], [(root, before)]
    while waiting:
        node, history = waiting.pop()
        if node.player == TERMINAL:
            continue
        if node.player != CHANCE and node.visits > 1:
            found.append((node, history))
        for name, child in node.children.items():
            waiting.append((child, history + _moves(node, name)))
    return found


def tree_visits(root: RoundNode) -> int:
    """How many nodes all simulations walked through together, ends and chance included."""
    count, waiting = 0, [root]
    while waiting:
        node = waiting.pop()
        count += node.visits
        waiting += node.children.values()
    return count


def _moves(node: RoundNode, name: int) -> tuple[int, ...]:
    """The way to a child, in turns."""
    if node.player == CHANCE:
        return (name,)
    pairs = zip(node.actions, node.places_of(name), strict=True)
    return tuple(own[place] for own, place in pairs)


def _keys(game: Game, node: RoundNode, history: tuple[int, ...]) -> list[tuple[int, Hashable]]:
    """The player and infoset key of each mover, in turns."""
    state = game.new_initial_state()
    for action in history:
        state.apply_action(action)
    keys = []
    for own in node.actions:
        keys.append((state.current_player(), game.infoset_key(state)))
        state.apply_action(own[0])
    return keys
