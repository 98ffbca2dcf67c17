"""What a search has built, copied out of its arrays to be looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from marl_kit.core.results import aligned, html_table
from marl_kit.games.game import Game, State
from marl_kit.games.tree import read_only
from marl_kit.search.batch import Batch
from marl_kit.search.evaluator import Evaluator
from marl_kit.search.options import Options
from marl_kit.search.plan import SOLVE
from marl_kit.search.result import SearchResult
from marl_kit.search.search import new_batch, require_decision, require_searchable
from marl_kit.search.tree import HIGH, LOW, NONE


@dataclass(frozen=True, eq=False, slots=True)
class SearchTree:
    """The tree of one search: N nodes, parents before children; node 0 is the position searched.

    Attributes
    ----------
    game : Game
    state : State
        The position searched.
    result : SearchResult
        What the search says about it.
    parent : int64 [N]
        -1 at the root.
    action : int64 [N]
        That led here (the outcome, below a chance node); -1 at the root.
    player : int64 [N]
        Who moves, CHANCE or TERMINAL.
    depth : int64 [N]
    visits : int64 [N]
    values : float64 [N, P]
        Mean return of each player over these visits.
    priors : float64 [N]
        What the evaluator of the parent said, or the probability of the outcome.
    low, high : float64 [N, P]
        What best play from here is worth lies between these, as far as the search has proven it.
    """

    game: Game
    state: State
    result: SearchResult
    parent: np.ndarray
    action: np.ndarray
    player: np.ndarray
    depth: np.ndarray
    visits: np.ndarray
    values: np.ndarray
    priors: np.ndarray
    low: np.ndarray
    high: np.ndarray

    def __len__(self) -> int:
        return len(self.parent)

    def children(self, node: int) -> np.ndarray:
        """The most visited first, int64."""
        found = np.flatnonzero(self.parent == node)
        return found[np.argsort(-self.visits[found], kind="stable")]

    def line(self) -> list[int]:
        """The best action, and then on both sides the most visited, to the edge of the tree."""
        played: list[int] = []
        below = np.flatnonzero((self.parent == 0) & (self.action == self.result.best))
        while len(below):
            played.append(int(self.action[below[0]]))
            below = self.children(int(below[0]))
        return played

    def proven(self) -> np.ndarray:
        """Whether the value of a node is known for all players, bool [N]."""
        return np.asarray((self.low == self.high).all(axis=1))

    def state_at(self, node: int) -> State:
        """The position of a node."""
        actions: list[int] = []
        while node > 0:
            actions.append(int(self.action[node]))
            node = int(self.parent[node])
        state = self.state.clone()
        for action in reversed(actions):
            state.apply_action(action)
        return state

    def action_name(self, node: int) -> str:
        """The move that led to a node, as the game calls it."""
        above = int(self.parent[node])
        mover, action = int(self.player[above]), int(self.action[node])
        return str(self.state_at(above).action_to_string(mover, action))

    def plot(self, ax: Any = None, depth: int = 3, top: int = 3) -> Any:
        """The most visited moves, drawn; returns the matplotlib axes."""
        from marl_kit.core.registry import resolve

        return resolve("marl_kit.plot.search_tree:plot_search_tree")(self, ax, depth, top)

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and lists, one entry a node."""
        names = ("parent", "action", "player", "depth", "visits", "values", "priors", "low", "high")
        return {name: getattr(self, name).tolist() for name in names}

    def rows(self) -> list[tuple[str, str]]:
        """Label and text of each line of the printed form."""
        state, names = self.state.clone(), []
        for action in self.line():
            names.append(str(state.action_to_string(state.current_player(), action)))
            state.apply_action(action)
        return [
            ("game", self.game.spec or self.game.name),
            ("nodes", f"{len(self):,}, up to {int(self.depth.max())} moves deep"),
            ("line", " ".join(names)),
            *self.result.rows(),
        ]

    def __repr__(self) -> str:
        return aligned("SearchTree", self.rows())

    def _repr_html_(self) -> str:
        return html_table(self.rows())


def grow(
    game: Game, state: State, options: Options, key: int, evaluator: Evaluator | None = None
) -> SearchTree:
    """Search one position as ``search`` does, and keep the tree."""
    require_searchable(game)
    require_decision(game, state)
    batch = new_batch(game, options, 1, evaluator)
    batch.begin(0, state, key)
    while batch.running:
        batch.step()
    return _copied(game, state, batch)


def _copied(game: Game, state: State, batch: Batch) -> SearchTree:
    tree, row = batch.tree, 0
    nodes, edges = tree.used[row].tolist()
    edge, node = tree.edge[row, :edges], tree.node[row, :nodes]
    into = np.zeros(nodes, np.int64)  # the edge that leads to each node
    tried = np.flatnonzero(edge["child"] != NONE)
    into[edge["child"][tried]] = tried
    parent, visits = node["parent"].astype(np.int64), edge["visits"][into].astype(np.int64)
    depth = np.zeros(nodes, np.int64)
    for i in range(1, nodes):
        depth[i] = depth[parent[i]] + 1
    low, high = _bounds(batch, nodes)
    return SearchTree(
        game=game,
        state=state.clone(),
        result=batch.result(0),
        parent=read_only(parent),
        action=read_only(edge["action"][into].astype(np.int64)),
        player=read_only(node["player"].astype(np.int64)),
        depth=read_only(depth),
        visits=read_only(visits),
        values=read_only(tree.value[row, into] / np.maximum(visits, 1)[:, None]),
        priors=read_only(edge["prior"][into]),
        low=read_only(low),
        high=read_only(high),
    )


def _bounds(batch: Batch, nodes: int) -> tuple[np.ndarray, np.ndarray]:
    """Of all nodes; where the search keeps none, those of the payoffs."""
    plan, bound = batch.plan, batch.tree.bound[0, :nodes]
    closed = batch.tree.node[0, :nodes]["closed"] != 0
    told = closed | (plan.proofs == SOLVE)
    low = np.where(told[:, None], bound[:, LOW], plan.low)
    high = np.where(told[:, None], bound[:, HIGH], plan.high)
    return low + 0.0, high + 0.0  # a draw is 0, not -0
