"""Rows "Connect Four solver": exact values of positions of the board of 6 x 7, one core."""

from __future__ import annotations

import statistics
from collections.abc import Iterator

import pyspiel
from numpy.random import default_rng
from open_spiel.python.algorithms import minimax

import marl_kit as mk
from benchmarks.timing import Limit, Row, compare, seconds
from marl_kit.search.exact.connect_four import ConnectFourSolver

LATE = 30
COUNT = 10
POSITIONS = 30
LIMITS_MS = {30: 1.0, 24: 5.0, 18: 50.0, 12: 1000.0}
"""Milliseconds for a position after so many random moves, all of its moves scored."""


def histories(plies: int, count: int) -> list[list[int]]:
    """Random games that are not over after so many moves."""
    rng, rules, found = default_rng(plies), pyspiel.load_game("connect_four"), []
    while len(found) < count:
        state = rules.new_initial_state()
        while not state.is_terminal() and len(state.history()) < plies:
            state.apply_action(int(rng.choice(state.legal_actions())))
        if not state.is_terminal():
            found.append(state.history())
    return found


def after(game: mk.Game | pyspiel.Game, history: list[int]):
    """The state after a history."""
    state = game.new_initial_state()
    for action in history:
        state.apply_action(action)
    return state


def rows() -> Iterator[Row | Limit]:
    """The end of games against OpenSpiel's alpha-beta; earlier positions against limits."""
    rules, game = pyspiel.load_game("connect_four"), mk.load_game("connect_four")
    known = histories(LATE, COUNT)
    theirs = [after(rules, history) for history in known]
    ours = [after(game, history) for history in known]
    solver = ConnectFourSolver(game)
    yield compare(
        f"Connect Four, value of a position after {LATE} moves",
        "OpenSpiel alpha-beta in Python",
        lambda: [minimax.alpha_beta_search(rules, s, maximizing_player_id=0) for s in theirs],
        lambda: [solver.solve(s) for s in ours],
        floor=10.0,
        per=(COUNT, COUNT),
        rounds=3,
    )
    for plies, limit in LIMITS_MS.items():
        fresh = ConnectFourSolver(game)
        states = [after(game, history) for history in histories(plies, POSITIONS)]
        times = [seconds(lambda s=s, fresh=fresh: fresh.solve(s)) for s in states]
        work = f"Connect Four solved after {plies} random moves (median of {POSITIONS})"
        yield Limit(work, statistics.median(times) * 1e3, limit, "ms")
