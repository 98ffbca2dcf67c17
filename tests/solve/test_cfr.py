"""The CFR family: golden numbers, a twin, continuation to the bit."""

from fractions import Fraction
from functools import cache

import numpy as np
import pytest

import marl_kit as mk
from marl_kit.games.tree import CHANCE, TERMINAL
from marl_kit.solve import driver
from tests.reference import cfr as twin
from tests.reference import recursive

METHODS = ["cfr", "cfr+", "lcfr", "dcfr", "pcfr+", "cfr_hedge", "cfr_br"]

# NashConv after t iterations with the contract's averaging convention. CFR and CFR+: issue 1.
# LCFR and DCFR(1.5, 0, 2): the definitions of Brown and Sandholm (2019), section 3, computed apart
# from this library.
KUHN_T = [1, 2, 3, 4, 5, 10, 50, 100, 1000]
SHORT_T = [1, 2, 3, 4, 5, 10, 50, 100]
LEDUC_T = [1, 2, 3, 4, 5, 10, 50]
GOLDEN = {
    ("openspiel:kuhn_poker", "cfr"): (
        KUHN_T,
        ".916666666667 .541666666667 .388888888889 .28125 .242777777778 .137397587634 "
        ".030353203909 .016451954632 .001875233294",
    ),
    ("openspiel:kuhn_poker", "cfr+"): (
        KUHN_T,
        ".916666666667 .527777777778 .282634032634 .200288600289 .146689058992 .065374181337 "
        ".005594501209 .002388808202 .000174730645",
    ),
    ("openspiel:kuhn_poker", "lcfr"): (
        SHORT_T,
        ".916666666667 .527777777778 .28125 .139236111111 .192291810441 .042501461224 "
        ".004744215007 .002178054730",
    ),
    ("openspiel:kuhn_poker", "dcfr"): (
        SHORT_T,
        ".916666666667 .516666666667 .266369047619 .203451307894 .132865552393 .045557567852 "
        ".006396008458 .003332683941",
    ),
    ("leduc_poker", "cfr"): (
        LEDUC_T,
        "4.747222222222 4.122638888889 3.597613173828 3.318052938386 2.942649119373 "
        "1.777157966338 .378166931910",
    ),
    ("leduc_poker", "cfr+"): (
        LEDUC_T,
        "4.747222222222 4.115833333333 3.587088164761 3.219310164244 2.742464740856 "
        "1.220877803181 .068242912989",
    ),
}


@cache
def load(spec):
    return mk.load_game(spec)


@pytest.mark.parametrize(("spec", "method"), GOLDEN)
def test_golden_nash_conv(spec, method):
    times, numbers = GOLDEN[spec, method]
    for t, number in zip(times, numbers.split(), strict=True):
        solution = mk.solve(load(spec), method, iterations=t)
        assert solution.iterations == t
        assert solution.nash_conv == pytest.approx(float(number), abs=5.1e-13)


@pytest.mark.parametrize(("spec", "method"), GOLDEN)
def test_history_tells_the_same_numbers(spec, method):
    times, numbers = GOLDEN[spec, method]
    history = mk.solve(load(spec), method, iterations=50).history
    assert history.iteration.tolist() == [1, 2, 5, 10, 20, 50]
    golden = dict(zip(times, map(float, numbers.split()), strict=True))
    for t, gap in zip(history.iteration.tolist(), history.nash_conv, strict=True):
        if t in golden:
            assert gap == pytest.approx(golden[t], abs=5.1e-13)


@cache
def generic(spec):
    """The tree of a game with random payoffs, general-sum.

    In Kuhn poker regrets cancel to 0 exactly, and whether rounding leaves 1e-17 there decides
    between uniform and pure play: two right programs may part. Random payoffs leave no ties.
    """
    game, rng = load(spec), np.random.default_rng(4)
    tree = game.tree()
    builder = mk.TreeBuilder(players=game.num_players, name=f"{spec}, random payoffs")

    def add(node, history):
        children = range(tree.first_child[node], tree.first_child[node] + tree.num_children[node])
        names = [str(tree.action[c]) for c in children]
        if tree.player[node] == TERMINAL:
            builder.payoff(history, rng.normal(size=game.num_players).tolist())
        elif tree.player[node] == CHANCE:
            builder.chance(history, {n: Fraction(1, len(names)) for n in names})
        else:
            key = str(tree.infoset_keys[tree.infoset[node]])
            builder.decision(history, int(tree.player[node]), key, names)
        for c, name in zip(children, names, strict=True):
            add(c, (*history, name))

    add(0, ())
    return builder.build()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("name", "iterations"),
    [
        ("openspiel:kuhn_poker", 30),
        ("openspiel:kuhn_poker(players=3)", 3),
        ("beer_quiche", 30),
        ("selten_horse", 30),
        ("generic openspiel:kuhn_poker", 30),
        ("generic openspiel:kuhn_poker(players=3)", 10),
    ],
)
def test_every_iteration_agrees_with_the_twin(name, iterations, method):
    kind, _, spec = name.rpartition(" ")
    game = generic(spec) if kind else load(spec)
    root = recursive.walk(game)
    slow = twin.solver(method, root, game.num_players)
    if method == "cfr_br" and not kind:
        iterations = 1  # against pure best responses regrets cancel at once
    fast = None
    for _ in range(iterations):
        slow.iterate()
        fast = mk.solve(game, method, iterations=1, start=fast)
        expected = slow.profile()
        for key, row in recursive.from_policy(fast.profile).items():
            assert row == pytest.approx(expected[key], abs=1e-9)
        assert fast.values == pytest.approx(recursive.expected(root, expected), abs=1e-9)


@pytest.mark.parametrize(
    "options", [{"alpha": 2.0, "beta": -1.0, "gamma": 0.5}, {"alpha": 0, "beta": 0.5, "gamma": 0}]
)
def test_dcfr_options_agree_with_the_twin(options):
    game = generic("openspiel:kuhn_poker")
    slow = twin.Solver(recursive.walk(game), tuple(options.values()), 2)
    for _ in range(20):
        slow.iterate()
    fast = mk.solve(game, "dcfr", iterations=20, **options)
    expected = slow.profile()
    for key, row in recursive.from_policy(fast.profile).items():
        assert row == pytest.approx(expected[key], abs=1e-9)


@pytest.mark.parametrize(
    ("method", "alpha", "beta", "gamma"),
    [("cfr", np.inf, np.inf, 0), ("cfr+", np.inf, -np.inf, 1), ("lcfr", 1, 1, 1)],
)
def test_the_family_is_one_update(method, alpha, beta, gamma):
    game = load("leduc_poker")
    named = mk.solve(game, method, iterations=20)
    options = {"alpha": float(alpha), "beta": float(beta), "gamma": float(gamma)}
    general = mk.solve(game, "dcfr", iterations=20, **options)
    assert np.array_equal(named.profile.probabilities, general.profile.probabilities)


def assert_equal_to_the_bit(a, b):
    assert a.iterations == b.iterations
    for x, y in ((a.profile, b.profile),):
        assert np.array_equal(x.probabilities, y.probabilities)
    for name in type(a.state).ARRAYS:
        assert np.array_equal(getattr(a.state, name), getattr(b.state, name))
    assert a.nash_conv == b.nash_conv
    assert np.array_equal(a.values, b.values)


@pytest.mark.parametrize("method", METHODS)
def test_going_on_is_as_if_never_stopped(method):
    game = load("leduc_poker")
    whole = mk.solve(game, method, iterations=37)
    part = mk.solve(game, method, iterations=13)
    kept = {name: getattr(part.state, name).copy() for name in type(part.state).ARRAYS}
    for more in (1, 20, 3):
        part = mk.solve(game, method, iterations=more, start=part)
    assert_equal_to_the_bit(whole, part)
    # and the solution that was continued from has not changed
    first = mk.solve(game, method, iterations=13)
    mk.solve(game, method, iterations=5, start=first)
    for name, array in kept.items():
        assert np.array_equal(getattr(first.state, name), array)


@pytest.mark.parametrize("method", METHODS)
def test_blocks_do_not_matter(method, monkeypatch):
    game = load("openspiel:kuhn_poker(players=3)")
    found = []
    for seconds in (0.05, 0.0, 1e-4, 100.0):
        monkeypatch.setattr(driver, "BLOCK_S", seconds)
        found.append(mk.solve(game, method, iterations=123))
    for other in found[1:]:
        assert_equal_to_the_bit(found[0], other)


@pytest.mark.parametrize("method", METHODS)
def test_saving_in_between_changes_nothing(method, tmp_path):
    game = load("openspiel:kuhn_poker")
    whole = mk.solve(game, method, iterations=30)
    mk.solve(game, method, iterations=11).save(tmp_path / "half.npz")
    half = mk.load_solution(tmp_path / "half.npz")
    assert_equal_to_the_bit(whole, mk.solve(game, method, iterations=19, start=half))


def test_seeds_do_not_matter():
    game = load("openspiel:kuhn_poker")
    assert_equal_to_the_bit(
        mk.solve(game, "cfr+", iterations=20, seed=1), mk.solve(game, "cfr+", iterations=20, seed=2)
    )


@pytest.mark.parametrize("method", METHODS)
def test_zero_sum_games_converge(method):
    solution = mk.solve(load("openspiel:kuhn_poker"), method, iterations=2000)
    assert solution.nash_conv < (1e-2 if method == "cfr_br" else 2e-3)
    assert solution.values[0] == pytest.approx(-1 / 18, abs=1e-3)
    assert solution.status is mk.Status.ITERATION_LIMIT


@pytest.mark.parametrize("method", METHODS)
def test_matrix_games(method):
    """A normal form is a tree of one infoset a player; the answer is a list of vectors."""
    solution = mk.solve("blotto_4_3", method, iterations=3000)
    assert [len(x) for x in solution.profile] == [5, 4]
    assert solution.values[0] == pytest.approx(14 / 9, abs=2e-2)  # the catalogue's value
    assert solution.nash_conv < (6e-2 if method == "cfr_br" else 2e-2)


@pytest.mark.parametrize("spec", ["beer_quiche", "openspiel:kuhn_poker(players=3)", "shapley_1964"])
def test_no_promise_outside_zero_sum(spec):
    solution = mk.solve(load(spec), "cfr+", iterations=10)
    assert solution.status is mk.Status.NO_GUARANTEE
    assert "not promised" in solution.status.sentence


def test_one_player_and_no_player():
    """Decision problems are games too."""
    alone = mk.NormalFormGame([[1.0, 5.0, 3.0]])
    solution = mk.solve(alone, "cfr+", iterations=100)
    assert solution.values == pytest.approx([5], abs=0.1)
    over = mk.TreeBuilder(players=2).payoff((), [1, -1]).build()
    assert mk.solve(over, "cfr", iterations=3).values.tolist() == [1, -1]


@pytest.mark.parametrize(
    "options",
    [
        {"alpha": "big"},
        {"beta": float("nan")},
        {"gamma": -1},
        {"gamma": float("inf")},
        {"alpha": True},
        {"alpha": None},
    ],
)
def test_bad_options(options):
    with pytest.raises(mk.InvalidOptionError, match=next(iter(options))):
        mk.solve("kuhn_poker", "dcfr", iterations=1, **options)
