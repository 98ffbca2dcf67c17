"""Monte Carlo counterfactual regret minimisation: sampled walks instead of whole sweeps.

Iteration t walks the tree once for each player in turn, adds the sampled counterfactual regrets
against the others' current strategies, and goes on with regret matching. The sampled regrets are
right on average (Lanctot et al. 2009, lemma 1). The three methods differ in what a walk samples.

Average strategies are sums of own reach x strategy, sampled without bias: with two players at the
nodes of the one whose turn it is not (for player 0 these are the strategies of t+1), with any other
number on a path of its own on which the others play uniformly. Weights from the others' sampled
strategies would be biased there, for these change and may be 0. Chance sampling needs neither: it
sees own reach.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from marl_kit.core.errors import InvalidOptionError
from marl_kit.games.policy import TabularPolicy, normalised
from marl_kit.games.profile import Profile, as_profile
from marl_kit.games.tree import CHANCE, TERMINAL, GameTree, read_only


@dataclass(eq=False, slots=True)
class MCCFRState:
    """Everything that a run changes, one entry for each action slot (S), and what it walks on."""

    nodes: np.ndarray  # int32 [N, 4]; who moves, first child, children, first slot or pay-off row
    cumulative: np.ndarray  # float64 [N]; chance of this outcome and of those before it
    payoffs: np.ndarray  # float64 [T, P]; around the middle of each player's range
    t: int
    key: np.ndarray  # uint64 [1]; of all random numbers
    regret: np.ndarray  # float64 [S]; sum of sampled counterfactual regrets
    average: np.ndarray  # float64 [S]; sampled sum of own reach x strategy

    ARRAYS: ClassVar[tuple[str, ...]] = ("key", "regret", "average")


class SampledRegretMinimiser(ABC):
    """What the three methods share; they differ in the kernel."""

    __slots__ = ()

    @abstractmethod
    def _walk(self, state: MCCFRState, n: int, key: Any) -> None:
        """Run n iterations in one kernel."""

    def init(self, game: Any, rng: np.random.Generator) -> MCCFRState:
        """No regrets; one number of ``rng`` is the key of all that follows."""
        tree = game.tree()
        return MCCFRState(
            nodes=_nodes(tree),
            cumulative=_cumulative(tree),
            payoffs=_centred(tree.payoffs),
            t=0,
            key=rng.integers(2**64, size=1, dtype=np.uint64),
            regret=np.zeros(tree.num_slots),
            average=np.zeros(tree.num_slots),
        )

    def step(self, state: MCCFRState, n: int) -> None:
        """Run n iterations in one kernel."""
        self._walk(state, n, state.key[0])
        state.t += n

    def profile(self, game: Any, state: MCCFRState) -> Profile:
        """The average strategies; uniform at infosets that no walk has reached yet."""
        probabilities = normalised(game.tree().num_actions, state.average)
        return as_profile(game, TabularPolicy(game, probabilities))


@dataclass(frozen=True, slots=True)
class ExternalSampling(SampledRegretMinimiser):
    """External sampling (Lanctot et al. 2009, section 3.2).

    A walk tries every action of the player whose turn it is and samples one of everybody else's.
    """

    def _walk(self, state: MCCFRState, n: int, key: Any) -> None:
        from marl_kit.solve import _mccfr_kernels

        _mccfr_kernels.external(
            state.t,
            n,
            key,
            state.nodes,
            state.cumulative,
            state.payoffs,
            state.regret,
            state.average,
        )


@dataclass(frozen=True, slots=True)
class OutcomeSampling(SampledRegretMinimiser):
    """Outcome sampling (Lanctot et al. 2009, section 3.1).

    A walk is a single path; pay-offs are divided by the probability of the player's own moves.

    Attributes
    ----------
    epsilon : float
        In (0, 1]: with this probability the player whose turn it is tries a uniform action.
    """

    epsilon: float = 0.6

    def __post_init__(self) -> None:
        value = self.epsilon
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not 0 < value <= 1:
            raise InvalidOptionError(
                f"epsilon is {value!r}; give a number above 0, at most 1 (without exploration "
                f"the sampled regrets are biased)."
            )

    def _walk(self, state: MCCFRState, n: int, key: Any) -> None:
        from marl_kit.solve import _mccfr_kernels

        _mccfr_kernels.outcome(
            state.t,
            n,
            key,
            float(self.epsilon),
            state.nodes,
            state.cumulative,
            state.payoffs,
            state.regret,
            state.average,
        )


@dataclass(frozen=True, slots=True)
class ChanceSampling(SampledRegretMinimiser):
    """Chance sampling (Zinkevich et al. 2007, section 4): chance is drawn, the rest is exact.

    Without chance moves it is CFR.
    """

    def _walk(self, state: MCCFRState, n: int, key: Any) -> None:
        from marl_kit.solve import _mccfr_kernels

        _mccfr_kernels.chance(
            state.t,
            n,
            key,
            state.nodes,
            state.cumulative,
            state.payoffs,
            state.regret,
            state.average,
        )


def _nodes(tree: GameTree) -> np.ndarray:
    """One row of four for each node, so that a walk loads one cache line for it."""
    nodes = np.empty((tree.num_nodes, 4), np.int32)
    decides = tree.player >= 0
    nodes[:, 0], nodes[:, 1], nodes[:, 2] = tree.player, tree.first_child, tree.num_children
    nodes[:, 3] = np.where(tree.player == TERMINAL, tree.terminal_index, 0)
    nodes[decides, 3] = tree.infoset_offset[tree.infoset[decides]]
    return read_only(nodes)


def _cumulative(tree: GameTree) -> np.ndarray:
    """The end of each chance outcome's piece of [0, 1); 0 at nodes that are no such outcome."""
    ends = np.zeros(tree.num_nodes)
    here = np.flatnonzero(tree.player == CHANCE)
    first, count = tree.first_child[here], tree.num_children[here]
    total = np.zeros(len(here))
    for k in range(int(count.max(initial=0))):
        more = k < count
        total[more] += tree.chance_prob[first[more] + k]
        ends[first[more] + k] = total[more]
    # the pieces end at 1 whatever rounding left, also in front of outcomes of probability 0
    below = np.flatnonzero(ends)
    whole = np.zeros(tree.num_nodes)
    whole[here] = total
    ends[below] = np.where(ends[below] == whole[tree.parent[below]], 1.0, ends[below])
    return read_only(ends)


def _centred(payoffs: np.ndarray) -> np.ndarray:
    """Pay-offs around the middle of each player's range.

    A constant changes no regret, but sampled ones vary with the square of it.
    """
    return read_only(payoffs - (payoffs.min(axis=0) / 2 + payoffs.max(axis=0) / 2))
