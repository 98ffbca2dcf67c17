"""The best mixed strategy to commit to, two players."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from marl_kit.core.errors import InvalidOptionError, MarlKitError, UnsupportedGameError
from marl_kit.core.results import Status
from marl_kit.core.stackelberg_result import Stackelberg
from marl_kit.evaluate.exploitability import best_response, expected_values
from marl_kit.games.game import Game
from marl_kit.games.load import as_game
from marl_kit.solve.correlated_lp import TIGHT

TOLERANCE = 1e-9
"""Ten times the feasibility tolerance of the LP. Replies closer than this are ties, relative to
what they differ by where the leader plays (one forbidding payoff elsewhere hides nothing)."""
ROUNDING = 16 * np.finfo(float).eps
"""Relative to the leader's largest payoff: by this a program must beat the best so far."""
NEAR = 1e-3
"""Payoffs that are smaller than this share of the largest are looked at in units of their own."""
INFEASIBLE = 2
"""HiGHS's status, by scipy."""
PLAYED = 1e-9
"""Below it a weight of the LP's answer is rounding."""


def stackelberg(game: Any, leader: int = 0) -> Stackelberg:
    """The optimal mixed commitment of the leader, against a follower who sees it and replies best.

    One linear program for each of the follower's actions finds the best commitment to which that
    action is a best reply (Conitzer and Sandholm 2006, "Computing the optimal strategy to commit
    to", ACM EC 7, section 4); the best of them is a strong Stackelberg equilibrium, in which the
    follower breaks ties for the leader.

    Parameters
    ----------
    game : Game, spec string or pyspiel.Game
        Two players. In a tree the leader commits to a mixture over the strategies of its reduced
        normal form.
    leader : 0 or 1

    Returns
    -------
    Stackelberg

    Raises
    ------
    UnsupportedGameError
        Not two players.
    InvalidOptionError
        No such leader.

    Examples
    --------
    Conitzer and Sandholm's example: without commitment the leader gets 2.

    >>> import marl_kit as mk
    >>> game = mk.NormalFormGame.from_bimatrix([[2, 4], [1, 3]], [[1, 0], [0, 1]])
    >>> answer = mk.stackelberg(game)
    >>> answer.commitment.round(6).tolist(), round(float(answer.values[0]), 6)
    ([0.5, 0.5], 3.5)
    """
    game = as_game(game)
    _check(game, leader)
    matrix = game.to_normal_form()
    clock = time.perf_counter()
    A, B = (_scaled(matrix.payoffs[p]) for p in (leader, 1 - leader))
    if leader == 1:
        A, B = A.T, B.T
    x, reply, solved = _best_commitment(A, B)
    took = time.perf_counter() - clock
    pair = [x, np.eye(1, A.shape[1], reply)[0]]
    profile = pair if leader == 0 else pair[::-1]
    gain = best_response(matrix, profile, 1 - leader).gain
    values = expected_values(matrix, profile)
    theirs = matrix.payoffs[1 - leader]
    blur = ROUNDING * float(np.abs(theirs).max())
    exact = gain <= TOLERANCE * _met(x, B, reply).max() * float(np.ptp(theirs)) + blur
    return Stackelberg(
        leader=int(leader),
        commitment=x,
        reply=reply,
        values=values,
        worst=_worst(matrix, leader, x),
        gain=gain,
        status=Status.SOLVED if exact else Status.INEXACT,
        note=f"strong Stackelberg equilibrium; {solved} linear programs for {A.shape[1]} replies",
        wall_time_s=took,
        game=matrix,
    )


def _check(game: Game, leader: Any) -> None:
    if game.num_players != 2:
        raise UnsupportedGameError(
            f"stackelberg needs two players, and {game.name} has {game.num_players}: with several "
            f"followers it would have to be said which equilibrium they reply with."
        )
    whole = isinstance(leader, int | np.integer) and not isinstance(leader, bool)
    if not whole or leader not in (0, 1):
        raise InvalidOptionError(f"leader is {leader!r}; give player 0 or 1.")


def _scaled(payoffs: np.ndarray) -> np.ndarray:
    """Moved and scaled into [0, 1]: neither player's choices change."""
    spread = float(np.ptp(payoffs))
    return (payoffs - payoffs.min()) / spread if spread > 0 else np.zeros_like(payoffs)


def _met(x: np.ndarray, B: np.ndarray, reply: int) -> np.ndarray:
    """By how much each other reply differs from ``reply``, either way, where ``x`` plays [n]."""
    return x @ np.abs(B - B[:, [reply]])


def _best_commitment(A: np.ndarray, B: np.ndarray) -> tuple[np.ndarray, int, int]:
    """Commitment, reply and the number of programs; the most promising replies come first, and
    those whose best outcome is no better than what is found need no program."""
    best, answer, solved = -np.inf, None, 0
    hope = A.max(axis=0)
    for j in np.argsort(-hope, kind="stable"):
        if hope[j] <= best + ROUNDING:  # payoffs are in [0, 1]
            break
        regret = _row_scaled(B - B[:, [j]])
        x = _program(A[:, j], regret)
        solved += 1
        if x is None:  # never a best reply
            continue
        x = _polished(_again(x, A[:, j], regret), regret)
        value = float(x @ A[:, j])
        if value > best + ROUNDING:
            best, answer = value, (x, int(j))
    assert answer is not None, "every commitment has a best reply"
    return *answer, solved


def _row_scaled(regret: np.ndarray) -> np.ndarray:
    """Each reply's regrets [m, n] in units of the largest: x'regret <= 0 means the same."""
    largest = np.abs(regret).max(axis=0)
    return regret / np.where(largest > 0, largest, 1.0)


def _again(x: np.ndarray, gain: np.ndarray, regret: np.ndarray) -> np.ndarray:
    """The program's answer when its objective is in units of what ``x`` meets: a forbidding
    payoff must not hide the others behind the solver's tolerance."""
    near = np.abs(gain - x @ gain)
    unit = float(near[x > PLAYED].max())
    if unit == 0 or unit > NEAR * near.max():
        return x
    better = _program((gain - x @ gain) / unit, regret)
    return x if better is None or better @ gain < x @ gain else better


def _program(gain: np.ndarray, regret: np.ndarray) -> np.ndarray | None:
    """max x'gain over strategies x with x'regret <= 0; None if there are none.

    Raises
    ------
    MarlKitError
        HiGHS gives up.
    """
    import scipy.optimize

    m, n = regret.shape
    result = scipy.optimize.linprog(
        -gain,
        A_ub=regret.T,
        b_ub=np.zeros(n),
        A_eq=np.ones((1, m)),
        b_eq=[1.0],
        bounds=(0, None),
        method="highs",
        options=TIGHT,
    )
    if result.status == INFEASIBLE:
        return None
    if result.status != 0:
        raise MarlKitError(f"HiGHS could not solve a linear program ({result.message}).")
    return np.maximum(result.x, 0.0) / result.x.sum()


def _polished(x: np.ndarray, regret: np.ndarray) -> np.ndarray:
    """The nearest strategy on the same support in which ties are ties up to rounding."""
    support = np.flatnonzero(x > PLAYED)
    ties = np.flatnonzero(np.abs(x @ regret) <= TOLERANCE)
    system = np.r_[regret[np.ix_(support, ties)].T, np.ones((1, len(support)))]
    target = np.r_[np.zeros(len(ties)), 1.0]
    better = np.zeros_like(x)
    step = np.linalg.lstsq(system, target - system @ x[support], rcond=None)[0]
    better[support] = np.maximum(x[support] + step, 0.0)
    better /= better.sum()
    return better if (better @ regret).max() <= max((x @ regret).max(), 0.0) + 1e-15 else x


def _worst(game: Any, leader: int, x: np.ndarray) -> float:
    """The leader's value if the follower, among its best replies, takes what hurts most."""
    A, B = game.payoffs[leader], game.payoffs[1 - leader]
    if leader == 1:
        A, B = A.T, B.T
    replies = x @ B
    ties = replies >= replies.max() - TOLERANCE * _met(x, B, int(replies.argmax()))
    return float((x @ A)[ties].min())
