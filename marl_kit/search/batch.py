"""Searches side by side: each walks until it needs an evaluation, and all are evaluated at once."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from marl_kit.core.errors import GameTooLargeError, InvalidOptionError
from marl_kit.search._kernels import advance
from marl_kit.search._subtree_kernels import transplant
from marl_kit.search.boards import BoardDynamics
from marl_kit.search.dynamics import Dynamics, Leaves, widened
from marl_kit.search.evaluator import Evaluator, checked
from marl_kit.search.options import Options
from marl_kit.search.plan import GUMBEL_RULE, SAMPLED, SOLVE, UCT_RULE, Plan, new_slots
from marl_kit.search.result import SearchResult
from marl_kit.search.rollouts import RandomRollouts
from marl_kit.search.tree import NONE, Tree, bytes_needed, clear, enlarged, new_tree

BLOCK = 1 << 15
"""Simulations in one call of the kernel that searches boards: some hundredths of a second."""
EDGES = 8
"""Room for so many edges a node at the beginning; it grows."""
MAX_BYTES = 1 << 34
"""Of the trees of all slots; above, the number of simulations was surely a slip."""
ALL_EDGES = 1 << 18
"""Room for all edges that there could be, if they are no more than so many: larger arrays are new
memory in every search, which costs more than it saves."""


class Payoffs(NamedTuple):
    """What a search must know of a game's payoffs."""

    low: float
    high: float
    total: float = math.nan
    """What all players get together, if that is always the same."""


class Batch:
    """A number of slots, each with a search that begins and ends when it likes.

    A search depends on its position and key alone, and not on its slot or its neighbours.

    Parameters
    ----------
    dynamics : Dynamics
        Made for as many rows as there are slots; one more with ``reuse``.
    evaluator : Evaluator
    options : UCT, PUCT or Gumbel
    payoffs : Payoffs
    slots : int
    reuse : bool
        Whether searches may begin with what the last one in their slot knew.
    """

    def __init__(
        self,
        dynamics: Dynamics,
        evaluator: Evaluator,
        options: Options,
        payoffs: Payoffs,
        slots: int,
        *,
        reuse: bool = False,
    ):
        self.dynamics, self.evaluator, self.options = dynamics, evaluator, options
        self.plan = _plan(options, payoffs, dynamics)
        if reuse and self.plan.rule == GUMBEL_RULE:
            raise InvalidOptionError(
                "Gumbel shares simulations out from an empty tree: reuse=False."
            )
        rows, nodes = rows_of(slots, reuse), options.simulations + 1
        width, players = dynamics.width, dynamics.num_players
        self.tree = new_tree(
            rows,
            nodes,
            _edges_at_first(nodes, dynamics, rows) + 2 * width,
            players,
            raw=options.needs_raw,
            rewards=dynamics.pays,
        )
        self.slots = new_slots(rows, nodes, width, players)
        self.size = slots
        self._row = list(range(slots))  # of each slot
        self._spare = slots if reuse else NONE
        self._waiting = np.empty(0, np.int64)  # rows with a leaf that is to be evaluated
        self._walking: list[np.ndarray] = []  # rows that are to walk
        self._room = 0  # so many steps need no look at how full the arrays are
        self._fused = (
            isinstance(dynamics, BoardDynamics)
            and self.plan.rule == UCT_RULE
            and type(evaluator) is RandomRollouts
        )

    def begin(
        self,
        slot: int,
        state: Any,
        key: int,
        moves: Sequence[int] = (),
        simulations: int | None = None,
    ) -> None:
        """Start a search.

        Parameters
        ----------
        slot : int
        state : State
            At which a player moves.
        key : int
            64 bits.
        moves : sequence of int
            How the state came about from the last one that was searched in this slot: what the
            tree knows below is kept (with ``reuse``), visits and all. Empty: the tree is forgotten.
        simulations : int, optional
            Fewer than the options say.
        """
        if not self.slots.finished[self._row[slot]]:
            self._drop(self._row[slot])
        edge = self._edge_after(slot, moves) if moves and self._spare != NONE else NONE
        if edge == NONE:
            clear(self.tree, self._row[slot])
        else:
            source, self._row[slot] = self._row[slot], self._spare
            transplant(self.tree, source, edge, self._row[slot])
            self._spare = source
        row = self._row[slot]
        self.dynamics.place(row, state)
        self.slots.key[row], self.slots.simulation[row] = key, 0
        self.slots.budget[row] = simulations or self.options.simulations
        self.slots.depth[row] = 0
        self.slots.finished[row] = False
        self._set_noise(row, state, key)
        self._walking.append(np.array([row]))
        self._room = 0

    def step(self) -> list[int]:
        """Simulate in all slots that have a search to do: one evaluation each.

        Boards with UCT and random rollouts never leave the kernel, and take more simulations at
        once. Gives the slots whose searches are finished by now.
        """
        finished = self.walk()
        self.evaluate()
        return finished

    def walk(self) -> list[int]:
        """The first half of a step: every search to a leaf that waits for its evaluation, or to
        its end. Gives the slots whose searches are finished; new ones may begin there and walk
        before all are evaluated together."""
        if not self._walking:
            return []
        rows = np.concatenate(self._walking) if len(self._walking) > 1 else self._walking[0]
        self._walking = []
        if len(rows) == 0:
            return []
        left = self._run_block(rows) if self._fused else self._walk(rows)
        if left == len(rows):
            return []
        finished = set(rows[self.slots.finished[rows]].tolist())
        return [slot for slot, row in enumerate(self._row) if row in finished]

    def evaluate(self) -> None:
        """The second half: ask the evaluator about all leaves that wait."""
        rows, self._waiting = self._waiting, self._waiting[:0]
        if len(rows) > 0:
            self.score(rows)
            self._walking.append(rows)

    def score(self, rows: np.ndarray) -> None:
        """Ask the evaluator about the leaves of some rows."""
        leaves = Leaves(rows, self.dynamics, self.slots)
        priors, values = checked(self.evaluator.evaluate(leaves), leaves)
        self.slots.value[rows] = values
        if priors is not None:
            self.slots.prior[rows] = priors

    def meet(self, rows: np.ndarray) -> None:
        """Ask the dynamics what is at the leaves of some rows."""
        met = self.dynamics.meet(rows, self.slots)
        if met is not self.slots:  # wider: what was room enough may be so no more
            self.slots, self._room = met, 0

    @property
    def running(self) -> bool:
        """Whether a search is not finished."""
        return bool(self._walking) or len(self._waiting) > 0

    def result(self, slot: int) -> SearchResult:
        """What a finished search says."""
        row = self._row[slot]
        return self.options.read(self.tree, row, self.plan, self.slots.noise[row])

    def _run_block(self, rows: np.ndarray) -> int:
        """Simulations without leaving the kernel; gives how many searches are not finished."""
        assert isinstance(self.dynamics, BoardDynamics)
        assert isinstance(self.evaluator, RandomRollouts)
        self.make_room()
        self._room = 0
        rollouts = self.evaluator.rollouts
        block = max(1, BLOCK // (len(rows) * rollouts))
        self.dynamics.run(rows, block, rollouts, self.plan, self.tree, self.slots)
        if len(left := rows[~self.slots.finished[rows]]):
            self._walking.append(left)
        return len(left)

    def _walk(self, rows: np.ndarray) -> int:
        """To a leaf in each row, through the ends of the game and chance on the way; gives how
        many searches are not finished."""
        left = []
        while len(rows):
            if self._room == 0:
                self.make_room()
            self._room -= 1
            if advance(self.plan, rows, self.tree, self.slots) < len(rows):
                rows = rows[self.slots.depth[rows] > 0]
                if len(rows) == 0:
                    break
            self.meet(rows)
            needed = self.slots.player[rows] >= 0
            if np.count_nonzero(needed) == len(rows):
                left.append(rows)
                break
            left.append(rows[needed])
            rows = rows[~needed]
        if len(left) == 1 and len(self._waiting) == 0:
            self._waiting = left[0]
        else:
            self._waiting = np.sort(np.concatenate([self._waiting, *left]))
        return sum(map(len, left))

    def make_room(self) -> None:
        """For more nodes in every row, and for their edges; notes for how many."""
        nodes_used, edges_used = self.tree.used.max(axis=0).tolist()
        nodes, edges = self.tree.node.shape[1], self.tree.edge.shape[1]
        width = self.slots.actions.shape[1]
        if nodes_used >= nodes or edges_used + 2 * width > edges:
            more = 2 * nodes if nodes_used >= nodes else nodes
            wanted = max(2 * edges, edges_used + 2 * width)
            _check_memory(more, wanted, self.tree)
            self.tree = enlarged(self.tree, more, wanted)
            if more > nodes:
                longer = ((0, 0), (0, more - nodes))
                path, moves = np.pad(self.slots.path, longer), np.pad(self.slots.moves, longer)
                self.slots = self.slots._replace(path=path, moves=moves)
            nodes, edges = more, self.tree.edge.shape[1]
        self._room = max(1, min(nodes - nodes_used, (edges - edges_used) // (width + 1)))

    def _drop(self, row: int) -> None:
        """Give a search up."""
        self.slots.finished[row] = True
        self._walking = [rows[rows != row] for rows in self._walking]
        self._waiting = self._waiting[self._waiting != row]

    def _set_noise(self, row: int, state: Any, key: int) -> None:
        count = len(state.legal_actions())
        if (noise := self.options.root_noise(key, count)) is not None:
            if count > self.slots.noise.shape[1]:
                self.slots = widened(self.slots, count)
            self.slots.noise[row, :count] = noise

    def _edge_after(self, slot: int, moves: Sequence[int]) -> int:
        """The edge at the end of some moves from the root, if there is a node behind it."""
        edges, nodes = self.tree.edge[self._row[slot]], self.tree.node[self._row[slot]]
        edge = 0
        for action in moves:
            node = nodes[edges[edge]["child"]]
            if edges[edge]["child"] == NONE:
                return NONE
            first, count = int(node["first"]), int(node["count"])
            place = np.flatnonzero(edges[first : first + count]["action"] == action)
            if len(place) == 0:
                return NONE
            edge = first + int(place[0])
        child = edges[edge]["child"]
        return edge if child != NONE and nodes[child]["player"] >= 0 else NONE


@functools.lru_cache(maxsize=64)
def _remembered_plan(options: Options, low: float, high: float, total: float) -> Plan:
    """Its tables are as long as a search, and searches come in thousands with the same options."""
    return options.plan(low, high, total)


def _plan(options: Options, payoffs: Payoffs, dynamics: Dynamics) -> Plan:
    """Nothing is known by looking where a move pays on the way or the rules are learned."""
    plan = _remembered_plan(options, *payoffs)
    if dynamics.exact and not dynamics.pays:
        return plan
    if plan.proofs == SOLVE:
        raise InvalidOptionError(
            "solve proves values, so the rules must be exact and pay at the end only; leave "
            "solve away."
        )
    return plan._replace(proofs=SAMPLED)


def _check_memory(nodes: int, edges: int, tree: Tree) -> None:
    rows, players = len(tree.used), tree.value.shape[2]
    needed = bytes_needed(nodes, edges, players) * rows
    if needed > MAX_BYTES:
        raise GameTooLargeError(
            f"the trees of {rows:,} searches have {int(tree.used[:, 0].sum()):,} nodes and need "
            f"{needed / 1e9:,.0f} GB to go on, more than the {MAX_BYTES / 1e9:,.0f} that they may "
            f"have; give fewer simulations or slots."
        )


def _edges_at_first(nodes: int, dynamics: Dynamics, rows: int) -> int:
    most = nodes * dynamics.branches
    return most if most * rows <= ALL_EDGES else min(most, nodes * EDGES)


def rows_of(slots: int, reuse: bool = False) -> int:
    """Rows of the arrays: to reuse trees one more than slots, into which a subtree is copied."""
    return slots + 1 if reuse else slots
