"""The rules of choice, against tables worked out by hand."""

import math

import numpy as np
import pytest

import marl_kit as mk
from marl_kit.search._kernels import _due
from marl_kit.search.evaluator import OnStates
from marl_kit.search.gumbel import Gumbel
from marl_kit.search.puct import PUCT
from marl_kit.search.search import search
from marl_kit.search.uct import UCT
from tests.reference.uct import halving

PRIORS = (0.5, 0.3, 0.2)


def bandit(low=-1, high=1):
    """Three arms, and below each a line without a choice."""
    builder = mk.TreeBuilder(players=2).decision((), 0, "arms", ["a", "b", "c"])
    for arm in "abc":
        history = (arm,)
        for depth in range(40):
            builder.decision(history, depth % 2, f"{arm}{depth}", ["on"])
            history = (*history, "on")
        builder.payoff(history, [low, high] if arm == "a" else [high, low])
    return builder.build()


def telling(values, priors=PRIORS, root=0.0):
    """Every position below an arm is worth the same to player 0."""

    def evaluate(states):
        policy = [priors if not s.history() else (1.0, 0.0, 0.0) for s in states]
        worth = [values[s.history()[0]] if s.history() else root for s in states]
        return np.array(policy), np.array([[w, -w] for w in worth])

    return OnStates(evaluate)


def visits(options, values, **more):
    game = bandit()
    state = game.new_initial_state()
    return search(game, state, options, 1, telling(values, **more)).visits.tolist()


@pytest.mark.parametrize(
    ("simulations", "expected"),
    [  # Q = .5, 0, -.5; c = 1; N simulations so far
        (4, [1, 1, 1]),  # unvisited first
        (5, [2, 1, 1]),  # 1.677  1.177   .677
        (6, [3, 1, 1]),  # 1.397  1.269   .769
        (7, [3, 2, 1]),  # 1.273  1.339   .839
        (8, [4, 2, 1]),  # 1.305   .986   .895
        (9, [5, 2, 1]),  # 1.221  1.020   .942
        (10, [6, 2, 1]),  # 1.163  1.048   .982
        (11, [7, 2, 1]),  # 1.120  1.073  1.017
        (12, [7, 3, 1]),  # 1.085  1.095  1.049
    ],
)
def test_uct(simulations, expected):
    """Q + c sqrt(ln N / n)"""
    assert visits(UCT(simulations, c=1.0), (0.5, 0.0, -0.5)) == expected


@pytest.mark.parametrize(
    ("simulations", "expected"),
    [  # Q = 0; P = .5, .3, .2; c = 1; N simulations so far
        (2, [1, 0, 0]),  # .500  .300  .200
        (3, [1, 1, 0]),  # .354  .424  .283
        (4, [2, 1, 0]),  # .433  .260  .346
        (5, [2, 1, 1]),  # .333  .300  .400
        (6, [3, 1, 1]),  # .373  .335  .224
        (7, [3, 2, 1]),  # .306  .367  .245
    ],
)
def test_puct(simulations, expected):
    """Q + c P sqrt(N) / (1 + n): N counts the node's own evaluation, so that priors decide the
    first choice."""
    assert visits(PUCT(simulations, c=1.0, fpu=0.0), (0.0, 0.0, 0.0)) == expected


@pytest.mark.parametrize(
    ("fpu", "root", "expected"),
    [
        # Q(a) = .5, N = 2, c = 1: a .5 + .354, the others fpu + .424 and fpu + .283
        (0.0, 0.0, [2, 0, 0]),
        (0.5, 0.0, [1, 1, 0]),
        (-1.0, 0.9, [2, 0, 0]),
        (None, 0.0, [2, 0, 0]),  # the mean of 0 and .5 is .25: .674
        (None, 0.9, [1, 1, 0]),  # the mean of .9 and .5 is .7: 1.124
    ],
)
def test_first_play_value(fpu, root, expected):
    assert visits(PUCT(3, c=1.0, fpu=fpu), (0.5, 0.0, 0.0), root=root) == expected


def test_first_play_value_is_in_units_of_half_the_payoff_range_about_its_middle():
    plan = PUCT(10, c=2.0, fpu=-1.0).plan(2.0, 10.0, math.nan)
    assert plan.untried == 2.0
    assert plan.bonus[4] == 2.0 * 4.0 * 2.0  # c, half the range, sqrt(4)
    assert PUCT(10, fpu=0.5).plan(2.0, 10.0, math.nan).untried == 8.0


def test_alphazeros_log_term():
    """ln((1 + N + c_base) / c_base) + c_init, times sqrt(N): ln 2 at N = c_base - 1."""
    plan = PUCT(20_000, c=1.25, c_base=19652).plan(-1.0, 1.0, 0.0)
    assert plan.bonus[19651] == pytest.approx((math.log(2) + 1.25) * math.sqrt(19651))
    assert plan.bonus[1] == pytest.approx(1.25010176, abs=1e-8)


@pytest.mark.parametrize(
    ("actions", "simulations", "schedule"),
    [
        (1, 4, [0, 1, 2, 3]),
        (2, 5, [0, 0, 1, 1, 2]),
        (4, 8, [0, 0, 0, 0, 1, 1, 2, 2]),  # two phases of four
        (4, 16, [0] * 4 + [1] * 4 + [2, 2, 3, 3, 4, 4, 5, 5]),
        (8, 8, [0] * 8),
        (3, 6, [0, 0, 0, 1, 1, 2]),  # two phases; of three actions, then of two
    ],
)
def test_sequential_halving(actions, simulations, schedule):
    assert [_due.py_func(actions, simulations, done) for done in range(simulations)] == schedule


def test_sequential_halving_of_any_numbers():
    for actions in range(1, 40):
        for simulations in (1, 2, 7, 16, 63, 64, 200):
            due = [_due.py_func(actions, simulations, done) for done in range(simulations)]
            assert due == halving(actions, simulations), (actions, simulations)


def test_gumbels_improved_policy():
    """Two of three arms tried: v_mix, sigma and the softmax by hand."""
    game, options = bandit(), Gumbel(3, considered=2, c_visit=3.0, c_scale=0.5)
    state = game.new_initial_state()
    result = search(game, state, options, 5, telling((0.5, -0.5, 0.0), root=0.2))
    tried = result.visits > 0
    assert result.visits.sum() == 2
    assert result.visits.max() == 1
    q = np.array([0.5, -0.5, 0.0])
    p = np.array(PRIORS)
    mixed = (0.2 + 2 * (p[tried] @ q[tried]) / p[tried].sum()) / 3  # equation 33
    completed = (np.where(tried, q, mixed) + 1) / 2  # of the payoff range
    logits = np.log(p) + (3.0 + 1) * 0.5 * completed
    assert np.allclose(result.policy, np.exp(logits) / np.exp(logits).sum(), rtol=1e-12)
    assert tried[list(result.actions).index(result.best)]


def test_gumbel_draws_actions_without_replacement_by_their_priors():
    """One simulation plays the largest g + logit: a draw from the priors."""
    game = bandit()
    state, count = game.new_initial_state(), np.zeros(3)
    for key in range(2000):
        count[search(game, state, Gumbel(1), key, telling((0.0, 0.0, 0.0))).best] += 1
    error = 4 * np.sqrt(np.array(PRIORS) * (1 - np.array(PRIORS)) / 2000)
    assert (np.abs(count / 2000 - PRIORS) < error).all()


def test_gumbel_never_visits_what_has_no_prior():
    assert visits(Gumbel(30), (0.0, 1.0, -1.0), priors=(0.5, 0.0, 0.5))[1] == 0


@pytest.mark.parametrize("options", [UCT(60), PUCT(60), Gumbel(60)], ids=repr)
def test_units_of_payoffs_do_not_matter(options):
    """Four times the payoffs, four times the values: the same visits."""
    base = visits(options, (0.5, 0.0, -0.5))
    game = bandit(-4, 4)
    evaluator = telling((2.0, 0.0, -2.0))
    assert search(game, game.new_initial_state(), options, 1, evaluator).visits.tolist() == base
