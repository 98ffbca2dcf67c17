"""Slow and obvious: tree search on dictionaries, with the same random numbers as the kernels.

A node is the history from the root on; a simulation is one pass of ``_simulate``. Bounds are worked
out from the ends of the game anew in every simulation.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

CHANCE, TERMINAL = -1, -4
DESCENT, ORDER, ROLLOUT = 0, 1, 2


def mix(x: int) -> int:
    """The output function of SplitMix64, on 64 bits."""
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9 % 2**64
    x = (x ^ x >> 27) * 0x94D049BB133111EB % 2**64
    return x ^ x >> 31


class Stream:
    """Random numbers of one purpose in one simulation of a search."""

    STEP = 0x9E3779B97F4A7C15

    def __init__(self, key: int, simulation: int, purpose: int):
        self.state = mix((key + self.STEP * (3 * simulation + purpose + 1)) % 2**64)

    def draw(self) -> int:
        """An integer below 2**32."""
        self.state = (self.state + self.STEP) % 2**64
        return mix(self.state) >> 32

    def below(self, n: int) -> int:
        return self.draw() * n // 2**32

    def shuffled(self, actions: Sequence[int]) -> list[int]:
        """In random order: the digits of a number below 1, to the bases 2, 3, 4, ... say where
        each goes; another number is drawn when more than 2**24 cases are told apart."""
        order, cases, number = list(actions[:1]), 2**24, Fraction(0)
        for base, action in enumerate(actions[1:], start=2):
            cases *= base
            if cases > 2**24:
                self.state = (self.state + self.STEP) % 2**64
                cases, number = base, Fraction(mix(self.state) >> 16, 2**48)
            place, number = divmod(number * base, 1)
            order.append(action)
            order[-1], order[place] = order[place], order[-1]
        return order

    def outcome(self, outcomes: Sequence[tuple[int, float]]) -> int:
        """An action of chance by its probability."""
        left = self.draw() / 2**32
        for action, probability in outcomes:
            left -= probability
            if left < 0:
                return action
        return outcomes[-1][0]


class Node:
    """What is known of a position: its actions in the order of trying, visits, sums of returns."""

    def __init__(self, state: Any, order: Stream):
        self.player = state.current_player()
        self.total = 0
        self.actions: list[int] = []
        self.returns = state.returns()
        self.chances = dict(state.chance_outcomes()) if self.player == CHANCE else {}
        if self.player == CHANCE:
            self.actions = list(self.chances)
        elif self.player != TERMINAL:
            self.actions = order.shuffled(state.legal_actions())
        self.visits = dict.fromkeys(self.actions, 0)
        self.sums = {action: [0.0] * state.num_players() for action in self.actions}
        self.priors = {action: 1 / len(self.actions) for action in self.actions}
        self.raw = [0.0] * state.num_players()

    def mean(self, action: int) -> float:
        return self.sums[action][self.player] / self.visits[action]


@dataclass(frozen=True)
class How:
    """Options; c, fpu and the bounds in payoff units."""

    simulations: int
    c: float
    low: float
    high: float
    rule: str = "uct"
    ends: str = "known"  # or "sampled", "solve"
    total: float | None = None
    rollouts: int = 1
    fpu: float | None = None
    c_visit: float = 50.0
    c_scale: float = 1.0
    noise: dict[int, float] = field(default_factory=dict)
    """Gumbel's numbers, by action of the root."""
    considered: int = 16
    evaluate: Callable[[Any], tuple[dict[int, float], list[float]]] | None = None


class Twin:
    """A search from a state."""

    def __init__(self, state: Any, key: int, how: How):
        self.start, self.key, self.how = state, key, how
        self.players = state.num_players()
        self.nodes: dict[tuple[int, ...], Node] = {}
        self._all = [0.0] * self.players
        self._bounds: dict[tuple[int, ...], tuple[list[float], list[float]]] = {}
        self.simulations = 0
        while self.simulations < how.simulations and not self._decided():
            self._simulate(self.simulations)
            self.simulations += 1
            self._bounds.clear()  # they are those of one simulation
        self.root = self.nodes[()]

    def visits(self) -> list[int]:
        """Of the root's actions, ascending."""
        return [self.root.visits[action] for action in sorted(self.root.actions)]

    def sums(self) -> list[list[float]]:
        """Returns, summed over the visits, of the root's actions."""
        return [self.root.sums[action] for action in sorted(self.root.actions)]

    def best(self) -> int:
        """Proven to be best, then not proven to be bad; visits, then returns, then the order."""
        root, how = self.root, self.how
        known = {a: self._told((), a) for a in root.actions}
        floor = max(low[root.player] for low, _ in known.values())
        ceiling = max(high[root.player] for _, high in known.values())

        def rank(action: int) -> tuple[int, int, float]:
            low, high = (b[root.player] for b in known[action])
            standing = 0
            if low >= ceiling:
                standing = 1
            elif (low < floor and high <= floor) or (high <= how.low and how.ends != "sampled"):
                standing = -1
            return standing, root.visits[action], root.sums[action][root.player]

        return max(root.actions, key=rank)

    # --- what is proven

    def bounds(self, here: tuple[int, ...]) -> tuple[list[float], list[float]]:
        """Least and most that best play can give each player from here."""
        if here not in self._bounds:
            self._bounds[here] = self._worked_out(here)
        return self._bounds[here]

    def _worked_out(self, here: tuple[int, ...]) -> tuple[list[float], list[float]]:
        how, node = self.how, self.nodes.get(here)
        if node is None:
            return [how.low] * self.players, [how.high] * self.players
        if node.player == TERMINAL:
            return list(node.returns), list(node.returns)
        below = {a: self.bounds((*here, a)) for a in node.actions}
        if node.player == CHANCE:
            low, high = (
                [sum(node.chances[a] * below[a][i][p] for a in node.actions) for p in self._seats()]
                for i in (0, 1)
            )
        else:
            m = node.player
            floor = max(b[0][m] for b in below.values())
            possible = [b for b in below.values() if b[1][m] >= floor]
            low = [min(b[0][p] for b in possible) for p in self._seats()]
            high = [max(b[1][p] for b in possible) for p in self._seats()]
            low[m], high[m] = floor, max(b[1][m] for b in below.values())
        if how.total is not None:
            for p in self._seats():
                others = [q for q in self._seats() if q != p]
                low[p] = max(low[p], how.total - sum(high[q] for q in others))
                high[p] = min(high[p], how.total - sum(low[q] for q in others))
        return low, high

    def _seats(self) -> range:
        return range(self.players)

    def _told(self, here: tuple[int, ...], action: int) -> tuple[list[float], list[float]]:
        """Bounds of a move, as far as this kind of search looks at them."""
        below = self.nodes.get((*here, action))
        over = below is not None and below.player == TERMINAL
        if self.how.ends == "solve" or (self.how.ends == "known" and over):
            return self.bounds((*here, action))
        return [self.how.low] * self.players, [self.how.high] * self.players

    def _decided(self) -> bool:
        if self.how.ends != "solve" or () not in self.nodes:
            return False
        player = self.nodes[()].player
        low, high = self.bounds(())
        return low[player] == high[player]

    def _closed(self, here: tuple[int, ...]) -> bool:
        if self.nodes[here].player == TERMINAL:
            return True
        if self.how.ends != "solve":
            return False
        low, high = self.bounds(here)
        return low == high

    # --- which move to follow

    def _choice(self, here: tuple[int, ...], visits: int, own: list[float]) -> int:
        node = self.nodes[here]
        if self.how.rule == "gumbel":
            return self._gumbel_choice(here, node)
        scores = {a: self._score(here, a, visits, own) for a in node.actions}
        return max(node.actions, key=lambda a: scores[a])

    def _score(self, here: tuple[int, ...], action: int, visits: int, own: list[float]) -> float:
        """Rounded as the kernel does, so that ties fall alike."""
        node, how = self.nodes[here], self.how
        n, player = node.visits[action], node.player
        if how.ends == "solve" and self._hopeless(here, action):
            return -math.inf
        if (
            (*here, action) in self.nodes
            and how.ends != "sampled"
            and self._closed((*here, action))
        ):
            return self.bounds((*here, action))[0][player]
        if how.rule == "uct":
            if n == 0:
                return math.inf
            return node.mean(action) + how.c * math.sqrt(math.log(visits)) * (1 / math.sqrt(n))
        untried = own[player] / visits if how.fpu is None else how.fpu
        weight = 1 / (1 + n) * node.priors[action]
        mean = node.mean(action) if n else untried
        return mean + how.c * math.sqrt(visits) * weight

    def _hopeless(self, here: tuple[int, ...], action: int) -> bool:
        player = self.nodes[here].player
        floor = self.bounds(here)[0][player]
        low, high = (b[player] for b in self.bounds((*here, action)))
        ties_matter = self.how.total is None or self.players != 2
        return low < floor and (high < floor if ties_matter else high <= floor)

    def improved(self, node: Node) -> dict[int, float]:
        """logit + sigma(completed Q), by action."""
        how, tried = self.how, [a for a in node.actions if node.visits[a]]
        visits, mixed = sum(node.visits.values()), node.raw[node.player]
        weight = sum(node.priors[a] for a in tried)
        if weight:
            mean = sum(node.priors[a] * node.mean(a) for a in tried) / weight
            mixed = (mixed + visits * mean) / (1 + visits)
        most = max(node.visits.values())
        return {
            a: math.log(node.priors[a])
            + (how.c_visit + most)
            * how.c_scale
            * ((node.mean(a) if node.visits[a] else mixed) - how.low)
            / (how.high - how.low)
            for a in node.actions
        }

    def _gumbel_choice(self, here: tuple[int, ...], node: Node) -> int:
        scores, visits = self.improved(node), sum(node.visits.values())
        if here == ():
            considered = min(self.how.considered, len(node.actions))
            due = halving(considered, self.how.simulations - 1)[visits]
            possible = [a for a in node.actions if node.visits[a] == due]
            return max(possible, key=lambda a: self.how.noise[a] + scores[a])
        policy = softmax(scores)
        return max(node.actions, key=lambda a: policy[a] - node.visits[a] / (1 + visits))

    # --- simulations

    def _simulate(self, simulation: int) -> None:
        order, rollout = (Stream(self.key, simulation, purpose) for purpose in (ORDER, ROLLOUT))
        descent = Stream(self.key, simulation, DESCENT)
        state, here = self.start.clone(), ()
        way: list[tuple[Node, int]] = []
        visits, own = simulation, self._all
        while here in self.nodes and not self._closed(here):
            node = self.nodes[here]
            if node.player == CHANCE:
                action = descent.outcome(state.chance_outcomes())
            else:
                action = self._choice(here, visits, own)
            way.append((node, action))
            visits, own = node.visits[action], node.sums[action]
            state.apply_action(action)
            here = (*here, action)
            if here not in self.nodes and state.is_chance_node():
                self.nodes[here] = Node(state, order)  # nobody evaluates it: go on
        returns = self._evaluated(here, state, order, rollout)
        self.nodes[here].total += 1
        for above, action in way:
            above.total += 1
            above.visits[action] += 1
            above.sums[action] = [a + b for a, b in zip(above.sums[action], returns, strict=True)]

    def _evaluated(
        self, here: tuple[int, ...], state: Any, order: Stream, rollout: Stream
    ) -> list[float]:
        """Returns of this simulation, which ends here."""
        if here in self.nodes:
            returns = self.bounds(here)[0]
        else:
            node = self.nodes[here] = Node(state, order)
            if state.is_terminal():
                returns = state.returns()
            elif self.how.evaluate is None:
                returns = self._play_out(state, rollout)
            else:
                node.priors, returns = self.how.evaluate(state)
            node.raw = returns
        self._all = [a + b for a, b in zip(self._all, returns, strict=True)]
        return returns

    def _play_out(self, state: Any, stream: Stream) -> list[float]:
        """The mean of random games."""
        total = [0.0] * self.players
        for _ in range(self.how.rollouts):
            end = state.clone()
            while not end.is_terminal():
                if end.is_chance_node():
                    end.apply_action(stream.outcome(end.chance_outcomes()))
                else:
                    legal = end.legal_actions()
                    end.apply_action(legal[stream.below(len(legal))])
            share = 1 / self.how.rollouts
            total = [a + b * share for a, b in zip(total, end.returns(), strict=True)]
        return total


def halving(actions: int, simulations: int) -> list[int]:
    """Visits that the next action must have: phases of equal length, half as many each."""
    if actions == 1:
        return list(range(simulations))
    phases, visits, due = math.ceil(math.log2(actions)), [0] * actions, []
    left = actions
    while len(due) < simulations:
        for _ in range(max(1, int(simulations / (phases * left)))):
            due += visits[:left]
            visits = [v + 1 if i < left else v for i, v in enumerate(visits)]
        left = max(2, left // 2)
    return due[:simulations]


def softmax(scores: dict[int, float]) -> dict[int, float]:
    top = max(scores.values())
    total = sum(math.exp(s - top) for s in scores.values())
    return {a: math.exp(s - top) / total for a, s in scores.items()}
