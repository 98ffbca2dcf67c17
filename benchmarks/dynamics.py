"""Rows "fictitious play", "replicator" and others: one round, or one path, of the dynamics."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

import marl_kit as mk
from benchmarks.timing import Limit, Row, compare, seconds

ROUNDS = 1_000_000
PEER_ROUNDS = 2_000
LIMIT_S = 0.5


def rows() -> Iterator[Row]:
    """Fictitious play, the replicator and regret learning against what peers have of them."""
    rng = np.random.default_rng(0)
    for n, floor in ((3, 100.0), (100, 20.0)):
        A, B = rng.normal(size=(2, n, n))
        yield _nashpy(A, B, floor)
        if (row := _quantecon(A, B, floor)) is not None:
            yield row
    yield _openspiel_rm(rng.normal(size=(3, 3)))
    yield _nashpy_replicator()


def limits() -> Iterator[Limit]:
    """10^6 rounds of fictitious play on a 3 x 3 game."""
    _ours("shapley_1964", 10)
    best = min(seconds(lambda: _ours("shapley_1964", ROUNDS)) for _ in range(5))
    yield Limit("10^6 rounds of fictitious play, 3 x 3", best, LIMIT_S, "s")


def _ours(game: Any, steps: int, method: str = "fictitious_play") -> mk.Trajectory:
    return mk.dynamics(game, method, steps=steps, record=1, start="random")


def _nashpy(A: np.ndarray, B: np.ndarray, floor: float) -> Row:
    from nashpy.learning.fictitious_play import fictitious_play

    game, n = mk.NormalFormGame.from_bimatrix(A, B), len(A)

    def theirs() -> None:
        for _ in fictitious_play(A, B, PEER_ROUNDS):
            pass

    return compare(
        f"fictitious play, {n} x {n} (a round)",
        "nashpy",
        theirs,
        lambda: _ours(game, ROUNDS // 5),
        floor=floor,
        per=(PEER_ROUNDS, ROUNDS // 5),
    )


def _quantecon(A: np.ndarray, B: np.ndarray, floor: float) -> Row | None:
    try:
        from quantecon.game_theory import FictitiousPlay, NormalFormGame, Player
    except ImportError:
        print("| fictitious play | QuantEcon (not installed) | | | | | |")
        return None
    peer = FictitiousPlay(NormalFormGame((Player(A), Player(B.T))))
    game, n = mk.NormalFormGame.from_bimatrix(A, B), len(A)
    return compare(
        f"fictitious play, {n} x {n} (a round)",
        "QuantEcon",
        lambda: peer.play(num_reps=PEER_ROUNDS, random_state=0),
        lambda: _ours(game, ROUNDS // 5),
        floor=floor,
        per=(PEER_ROUNDS, ROUNDS // 5),
    )


def _openspiel_rm(A: np.ndarray) -> Row:
    """A matrix game is a tree with one infoset a player, where CFR+ is regret matching+."""
    import pyspiel

    peer = pyspiel.CFRPlusSolver(
        pyspiel.convert_to_turn_based(pyspiel.create_matrix_game(A.tolist(), (-A).tolist()))
    )
    game = mk.NormalFormGame.from_bimatrix(A)

    def theirs() -> None:
        for _ in range(PEER_ROUNDS):
            peer.evaluate_and_update_policy()

    return compare(
        "regret matching+, 3 x 3 (an iteration)",
        "OpenSpiel C++",
        theirs,
        lambda: _ours(game, ROUNDS, "regret_matching+"),
        floor=20.0,
        per=(PEER_ROUNDS, ROUNDS),
    )


def _nashpy_replicator() -> Row:
    """The same equation, accuracy (1e-6 over the path) and 500 points."""
    from nashpy.learning.replicator_dynamics import asymmetric_replicator_dynamics

    game = mk.load_game("rock_scissors_paper")
    A = game.payoffs
    start = [np.array([0.5, 0.3, 0.2]), np.array([0.2, 0.6, 0.2])]
    times = np.linspace(0, 25, 501)
    return compare(
        "replicator equation, 3 x 3, 500 points",
        "nashpy (odeint)",
        lambda: asymmetric_replicator_dynamics(A[0], A[1], *start, times),
        lambda: mk.dynamics(game, "replicator", start=start, time=25.0),
        floor=0.0,  # both are LSODA; ours also looks for Ctrl-C at every slope
    )
