"""Rows "tree search": other boards, and the search without a game."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import pyspiel

import marl_kit as mk
from benchmarks.timing import Limit, Row, compare, seconds
from benchmarks.uct import MEMORY_MB, C, searching
from marl_kit.search._kernels import advance
from marl_kit.search.batch import Payoffs
from marl_kit.search.plan import new_slots
from marl_kit.search.puct import PUCT
from marl_kit.search.search import new_batch
from marl_kit.search.tree import clear, new_tree

BOARDS = {"tic_tac_toe": (10_000, 3.0), "hex(board_size=7)": (4_000, 3.0)}
"""Simulations, and how many times faster than OpenSpiel's C++."""
SLOTS, ACTIONS, SIMULATIONS, ROUNDS = 64, 7, 100, 100
KERNEL_LIMIT_US = 1 / 1.5
"""1.5 million simulations a second."""
STATES_LIMIT_US = 1e6 / 60_000
"""60,000 simulations a second."""


def rows() -> Iterator[Row]:
    """UCT on boards that are not Connect Four."""
    for spec, (simulations, floor) in BOARDS.items():
        rules = pyspiel.load_game(spec)
        start = rules.new_initial_state()
        rollouts = pyspiel.RandomRolloutEvaluator(1, 1)
        bot = pyspiel.MCTSBot(rules, rollouts, C, simulations, MEMORY_MB, False, 1, False)
        yield compare(
            f"UCT {spec}, one tree (a simulation)",
            "OpenSpiel C++",
            lambda bot=bot, start=start: bot.step(start),
            searching(mk.load_game(spec), simulations),
            floor=floor,
            per=(simulations, simulations),
        )


def limits() -> Iterator[Limit]:
    """Microseconds a simulation takes beside the game and the evaluator."""
    yield Limit(
        f"tree-side PUCT, {SLOTS} slots, {ACTIONS} actions (a simulation)",
        kernel_us(),
        KERNEL_LIMIT_US,
        "us",
    )
    yield Limit(
        f"the same through pyspiel.State, {SLOTS} slots (a simulation, without the states)",
        min(states_us() for _ in range(ROUNDS // 10)),
        STATES_LIMIT_US,
        "us",
    )


def kernel_us() -> float:
    """Walk and grow with scores that cost nothing: the best of some rounds, after the first."""
    rng, options = np.random.default_rng(0), PUCT(SIMULATIONS)
    plan, rows = options.plan(*Payoffs(-1.0, 1.0, 0.0)), np.arange(SLOTS)
    tree = new_tree(SLOTS, SIMULATIONS + 1, (SIMULATIONS + 2) * ACTIONS, 2)
    slots = new_slots(SLOTS, SIMULATIONS + 1, ACTIONS, 2)
    slots.key[:], slots.budget[:] = rows, SIMULATIONS
    slots.branches[:], slots.actions[:] = ACTIONS, np.arange(ACTIONS)
    priors = rng.dirichlet(np.full(ACTIONS, 1.0), (SIMULATIONS, SLOTS))
    first = rng.uniform(-1, 1, (SIMULATIONS, SLOTS))
    values = np.stack([first, -first], axis=2)

    def searches() -> None:
        clear(tree, slice(None))
        slots.simulation[:], slots.depth[:] = 0, 0
        for step in range(SIMULATIONS):
            advance(plan, rows, tree, slots)
            slots.player[:] = slots.depth & 1
            slots.prior[:], slots.value[:] = priors[step], values[step]
        advance(plan, rows, tree, slots)

    searches()
    return min(seconds(searches, SLOTS * SIMULATIONS) for _ in range(ROUNDS)) * 1e6


class Constant:
    """Scores that cost nothing."""

    def evaluate(self, leaves):
        return None, np.zeros((len(leaves), 2))


def states_us() -> float:
    """Searches of an OpenSpiel game, less the time of the dynamics in which states are made."""
    game = mk.load_game("openspiel:connect_four")
    batch = new_batch(game, PUCT(SIMULATIONS), SLOTS, Constant())
    for slot in range(SLOTS):
        batch.begin(slot, game.new_initial_state(), slot)
    meet, spent = batch.dynamics.meet, 0.0

    def timed(*arguments):
        nonlocal spent
        begin = time.perf_counter()
        slots = meet(*arguments)
        spent += time.perf_counter() - begin
        return slots

    batch.dynamics.meet = timed
    begin = time.perf_counter()
    while batch.running:
        batch.step()
    whole = time.perf_counter() - begin
    return (whole - spent) / (SLOTS * SIMULATIONS) * 1e6
