"""How exploitable the searches for hidden information are: `python -m benchmarks.hidden`.

Prints tables, NashConv against simulations beside CFR: IS-MCTS on Kuhn poker, SM-MCTS on
Goofspiel with open bids. All of it takes some seconds. Then simulations a second, beside
OpenSpiel's bot in C++. NashConv is exact and in payoff units; uniform play stands for comparison.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyspiel

import marl_kit as mk
from marl_kit.games.rounds import remember_rounds
from marl_kit.search.information_set import ISMCTS, search_information_set
from marl_kit.search.rounds_result import tree_visits
from marl_kit.search.simultaneous import SMMCTS, search_rounds

SIMULATIONS = (30, 100, 300, 1000, 3000)
SEEDS = 3
C = 1.4
PER_NODE = 2
"""Visits of a node in an iteration of CFR: one for each player."""


@dataclass(frozen=True)
class Point:
    """Some searches with so many simulations.

    ``nash_conv`` [seeds] is that of what the search says to play; ``pure`` [seeds], for IS-MCTS,
    that of the most visited action everywhere. ``visits`` are nodes that a search walked through
    (0 where that is not counted), ``iterations`` those of CFR at the same cost.
    """

    game: str
    simulations: int
    nash_conv: np.ndarray
    pure: np.ndarray | None
    visits: int
    iterations: int
    cfr: float
    cfr_plus: float


def goofspiel(
    cards: int, simulations: Sequence[int] = SIMULATIONS, seeds: int = SEEDS, **options: Any
) -> Iterator[Point]:
    """The average strategies of one tree from the beginning of the game, and CFR that visits as
    many nodes.

    A node of the search is a whole round, one of CFR's a turn, and the moves of random games are
    not counted: the comparison is a rough one.
    """
    spec = f"goofspiel(num_cards={cards},imp_info=False,points_order=descending"
    game = remember_rounds(f"{spec},returns_type=win_loss)")
    start, nodes = game.new_initial_state(), game.tree().num_nodes
    for count in simulations:
        chosen = SMMCTS(count, **options)
        found = [search_rounds(game, start, chosen, key) for key in range(seeds)]
        gaps = np.array([mk.nash_conv(game, tree.profile()) for tree in found])
        visits = int(np.mean([tree_visits(tree.root) for tree in found]))
        iterations = max(1, round(visits / (PER_NODE * nodes)))
        name = f"Goofspiel, {cards} cards"
        yield Point(name, count, gaps, None, visits, iterations, *_cfr(game, iterations))


def kuhn(
    simulations: Sequence[int] = SIMULATIONS, seeds: int = SEEDS, **options: Any
) -> Iterator[Point]:
    """A search at every infoset of Kuhn poker, and CFR with as many iterations.

    One policy plays actions by their share of the visits, the other the most visited.
    """
    game = mk.load_game("kuhn_poker")
    for count in simulations:
        policies = [_kuhn_policies(game, ISMCTS(count, C, **options), s) for s in range(seeds)]
        shares, pure = np.array([[mk.nash_conv(game, p) for p in pair] for pair in policies]).T
        yield Point("Kuhn poker", count, shares, pure, 0, count, *_cfr(game, count))


def _kuhn_policies(game: mk.Game, options: ISMCTS, seed: int) -> tuple[Any, Any]:
    tree, shares, pure = game.tree(), {}, {}
    for infoset, node in enumerate(tree.first_nodes().tolist()):
        state = game.new_initial_state()
        for action in tree.history(node):
            state.apply_action(action)
        found = search_information_set(game, state, options, 1000 * seed + infoset)
        shares[tree.infoset_keys[infoset]] = found.shares
        pure[tree.infoset_keys[infoset]] = (found.actions == found.best).astype(float)
    return shares, pure


def _cfr(game: mk.Game, iterations: int) -> tuple[float, float]:
    return tuple(mk.solve(game, m, iterations=iterations).nash_conv for m in ("cfr", "cfr+"))


def table(points: Sequence[Point], uniform: float) -> str:
    """The points of one game, in Markdown."""
    first = points[0]
    pure = first.pure is not None
    middle = "most visited | CFR iterations" if pure else "nodes visited | CFR iterations"
    head = "shares of visits" if pure else "average strategies"
    lines = [
        f"{first.game}: NashConv (uniform play {uniform:.3f}), mean of {len(first.nash_conv)} "
        "seeds and their range",
        "",
        f"| simulations | {head} | {middle} | CFR | CFR+ |",
        "|---|---|---|---|---|---|",
    ]
    for p in points:
        other = _spread(p.pure) if p.pure is not None else f"{p.visits:,}"
        lines.append(
            f"| {p.simulations:,} | {_spread(p.nash_conv)} | {other} | {p.iterations:,} | "
            f"{p.cfr:.4f} | {p.cfr_plus:.4f} |"
        )
    return "\n".join(lines)


def _spread(gaps: np.ndarray) -> str:
    return f"{gaps.mean():.3f} ({gaps.min():.3f} to {gaps.max():.3f})"


def speeds(simulations: int = 3000) -> Iterator[tuple[str, float, float]]:
    """Game, simulations a second of OpenSpiel's ISMCTSBot in C++ and of ours."""
    for spec in ("kuhn_poker", "leduc_poker"):
        game, rules = mk.load_game(spec), pyspiel.load_game(spec)
        state = rules.new_initial_state()
        while state.is_chance_node():
            state.apply_action(state.legal_actions()[0])
        low, high = game.utility_bounds()
        c, policy = C * (high - low) / 2, pyspiel.ISMCTSFinalPolicyType.NORMALIZED_VISIT_COUNT
        rollouts = pyspiel.RandomRolloutEvaluator(1, 1)
        bot = pyspiel.ISMCTSBot(1, rollouts, c, simulations, -1, policy, False, False)
        ours, theirs = [], []
        for _ in range(5):
            begin = time.perf_counter()
            bot.get_policy(state)
            middle = time.perf_counter()
            search_information_set(game, state, ISMCTS(simulations, C), 1)
            theirs.append(middle - begin)
            ours.append(time.perf_counter() - middle)
        yield spec, simulations / min(theirs), simulations / min(ours)


def main() -> None:
    """Print everything."""
    print(table(list(kuhn()), mk.nash_conv("kuhn_poker", "uniform")))
    for cards, uniform in ((3, 4 / 3), (4, 3 / 2)):
        print("\n" + table(list(goofspiel(cards)), uniform))
    print("\n| IS-MCTS | OpenSpiel C++ | ours |\n|---|---|---|")
    for spec, theirs, ours in speeds():
        print(f"| {spec} | {theirs:,.0f} simulations/s | {ours:,.0f} simulations/s |")


if __name__ == "__main__":
    main()
