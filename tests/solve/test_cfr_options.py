"""The options of the CFR family: who moves when, what counts in the average."""

from functools import cache

import numpy as np
import pytest
from open_spiel.python.algorithms import cfr as peer_cfr
from open_spiel.python.algorithms import exploitability

import marl_kit as mk
from tests.reference import cfr as twin
from tests.reference import cfr_notebook, recursive
from tests.solve.test_cfr import generic

KUHN = "openspiel:kuhn_poker"
METHODS = ["cfr", "cfr+", "lcfr", "dcfr", "pcfr+", "cfr_hedge"]


@cache
def load(spec):
    return mk.load_game(spec)


@pytest.mark.parametrize("spec", [KUHN, "openspiel:kuhn_poker(players=3)"])
@pytest.mark.parametrize(
    ("method", "options"),
    [
        *((m, {"updates": "simultaneous"}) for m in METHODS),
        ("cfr", {"averaging": "quadratic", "delay": 3}),
        ("cfr+", {"averaging": "uniform", "updates": "simultaneous"}),
        ("pcfr+", {"averaging": "linear", "delay": 2, "updates": "simultaneous"}),
        ("dcfr", {"averaging": "linear"}),
        ("cfr_hedge", {"averaging": "linear", "rate": 0.5}),
        ("cfr_br", {"averaging": "linear", "delay": 1}),
    ],
)
def test_options_agree_with_the_twin(spec, method, options):
    game = generic(spec)
    root = recursive.walk(game)
    slow = twin.solver(method, root, game.num_players, **options)
    count = 12 if game.num_players == 2 else 6
    for _ in range(count):
        slow.iterate()
    fast = mk.solve(game, method, iterations=count, **options)
    expected = slow.profile()
    for key, row in recursive.from_policy(fast.profile).items():
        assert row == pytest.approx(expected[key], abs=1e-9)
    assert fast.values == pytest.approx(recursive.expected(root, expected), abs=1e-9)


@pytest.mark.parametrize("updates", ["alternating", "simultaneous"])
@pytest.mark.parametrize("plus", [False, True])
@pytest.mark.parametrize("averaging", ["uniform", "linear"])
def test_openspiel_agrees(updates, plus, averaging):
    game = load(KUHN)
    peer = peer_cfr._CFRSolver(
        game.new_initial_state().get_game(),
        alternating_updates=updates == "alternating",
        linear_averaging=averaging == "linear",
        regret_matching_plus=plus,
    )
    solution = None
    for _ in range(8):
        peer.evaluate_and_update_policy()
        solution = mk.solve(
            game,
            "cfr+" if plus else "cfr",
            iterations=1,
            start=solution,
            updates=updates,
            averaging=averaging,
        )
        theirs = exploitability.nash_conv(peer._game, peer.average_policy())
        assert solution.nash_conv == pytest.approx(theirs, abs=1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_simultaneous_updates_know_no_order_of_the_players(method):
    a, b = np.random.default_rng(7).normal(size=(2, 4, 3))
    game, turned = (mk.NormalFormGame.from_bimatrix(*m) for m in ((a, b), (b.T, a.T)))
    options = {"iterations": 25, "updates": "simultaneous"}
    x, y = (mk.solve(g, method, **options).profile for g in (game, turned))
    assert x[0] == pytest.approx(y[1], abs=1e-12)
    assert x[1] == pytest.approx(y[0], abs=1e-12)


@pytest.mark.parametrize("method", [*METHODS, "cfr_br"])
def test_the_last_strategies_are_those_that_the_next_iteration_plays(method):
    """An average that begins after t iterations is, one later, what was played in t + 1."""
    game = generic(KUHN)
    last = mk.solve(game, method, iterations=9, averaging="last")
    next_one = mk.solve(game, method, iterations=10, delay=9)
    reached = np.repeat(
        np.add.reduceat(next_one.state.average[slots(game)], game.tree().infoset_offset[:-1]),
        game.tree().num_actions,
    )
    assert np.any(reached > 0)
    assert last.profile.probabilities[reached > 0] == pytest.approx(
        next_one.profile.probabilities[reached > 0], abs=1e-12
    )
    assert not np.any(last.state.average)


def slots(game):
    return game.sequence_form().slot_sequences()


@pytest.mark.parametrize("method", [*METHODS, "cfr_br"])
def test_nothing_counts_before_the_delay(method):
    game = load(KUHN)
    solution = mk.solve(game, method, iterations=5, delay=5)
    assert np.all(solution.profile.probabilities == 0.5)
    assert solution.nash_conv == pytest.approx(11 / 12, abs=1e-12)


def test_names_of_the_weights():
    def profile(method, **options):
        solution = mk.solve(load("leduc_poker"), method, iterations=15, **options)
        return solution.profile.probabilities

    def same(a, b):
        return np.array_equal(a, b)

    assert same(profile("cfr+"), profile("cfr+(averaging=linear)"))
    assert same(profile("dcfr", gamma=1.0), profile("dcfr", averaging="linear"))
    assert same(profile("dcfr"), profile("dcfr", averaging="quadratic"))
    assert same(profile("pcfr+"), profile("pcfr+", averaging="quadratic", delay=0))
    assert not same(profile("cfr+"), profile("cfr+", averaging="uniform"))
    assert not same(profile("cfr+"), profile("cfr+(updates=simultaneous)"))


@pytest.mark.parametrize("options", [{"updates": "simultaneous"}, {"averaging": "last"}])
@pytest.mark.parametrize("method", METHODS)
def test_going_on_with_options_is_as_if_never_stopped(method, options, tmp_path):
    game = load("leduc_poker")
    whole = mk.solve(game, method, iterations=23, **options)
    mk.solve(game, method, iterations=9, **options).save(tmp_path / "s.npz")
    half = mk.load_solution(tmp_path / "s.npz")
    assert dict(half.options) == dict(whole.options)
    part = mk.solve(game, iterations=14, start=half)
    assert np.array_equal(part.profile.probabilities, whole.profile.probabilities)
    for name in type(whole.state).ARRAYS:
        assert np.array_equal(getattr(part.state, name), getattr(whole.state, name))


def test_what_is_recorded():
    """Options that earlier releases did not have, only where they say something."""
    assert mk.solve(KUHN, "cfr", iterations=1).options == {}
    assert mk.solve(KUHN, "pcfr+(averaging=last)", iterations=1).options == {"averaging": "last"}
    assert mk.solve(KUHN, "cfr+(averaging=linear)", iterations=1).options == {}
    assert mk.solve(KUHN, "cfr_hedge", iterations=1, delay=2).options == {"rate": 2.0, "delay": 2}
    old = {"alpha": 1.5, "beta": 0.0, "gamma": 2.0}
    assert mk.solve(KUHN, "dcfr", iterations=1).options == old
    changed = mk.solve(KUHN, "dcfr", iterations=1, updates="simultaneous")
    assert changed.options == old | {"updates": "simultaneous"}


def test_other_options_do_not_go_on():
    first = mk.solve(load(KUHN), "cfr", iterations=3)
    with pytest.raises(mk.InvalidOptionError, match="to go on they must be equal"):
        mk.solve(load(KUHN), iterations=3, start=first, updates="simultaneous")


@pytest.mark.parametrize(
    ("method", "options"),
    [
        ("cfr", {"updates": "both"}),
        ("cfr", {"updates": True}),
        ("cfr+", {"averaging": "cubic"}),
        ("cfr+", {"averaging": 2}),
        ("cfr", {"averaging": "power"}),
        ("lcfr", {"delay": -1}),
        ("lcfr", {"delay": 1.5}),
        ("dcfr", {"delay": True}),
        ("dcfr", {"averaging": "none"}),
        ("dcfr", {"updates": None}),
        ("pcfr+", {"delay": "3"}),
        ("cfr_br", {"averaging": "first"}),
        ("cfr_hedge", {"updates": "none"}),
        ("cfr_hedge", {"rate": 0}),
        ("cfr_hedge", {"rate": float("inf")}),
        ("cfr_hedge", {"rate": float("nan")}),
        ("cfr_hedge", {"rate": "fast"}),
    ],
)
def test_bad_options(method, options):
    with pytest.raises(mk.InvalidOptionError, match=f"^{next(iter(options))} is .*; give "):
        mk.solve(KUHN, method, iterations=1, **options)


def test_best_responses_are_always_simultaneous():
    with pytest.raises(mk.UnknownNameError, match="updates"):
        mk.solve(KUHN, "cfr_br", iterations=1, updates="alternating")


@pytest.mark.parametrize("scale", [1e-9, 1e9])
def test_hedge_knows_no_unit_of_money(scale):
    a, b = np.random.default_rng(2).normal(size=(2, 3, 3))
    plain = mk.solve(mk.NormalFormGame.from_bimatrix(a, b), "cfr_hedge", iterations=40)
    scaled = mk.NormalFormGame.from_bimatrix(100 * scale + scale * a, scale * b)
    other = mk.solve(scaled, "cfr_hedge", iterations=40)
    for x, y in zip(plain.profile, other.profile, strict=True):
        assert x == pytest.approx(y, abs=1e-9)


def test_hedge_keeps_its_regret_bound():
    """Against a random opponent: regret <= sqrt(2 ln A x sum of squared ranges), by induction on
    the potential with rate 2; the ranges are at most 1."""
    rounds = 400
    game = mk.NormalFormGame.from_bimatrix(np.random.default_rng(3).random((5, 4)))
    solution = mk.solve(game, "cfr_hedge", iterations=rounds, updates="simultaneous")
    state, form = solution.state, game.sequence_form()
    for i in range(2):
        own = slice(form.first_sequence[i], form.first_sequence[i] + form.num_actions[i])
        bound = np.sqrt(2 * np.log(form.num_actions[i]) * state.spread[i])
        assert 0 < state.regret[own].max() <= bound
        assert state.spread[i] <= rounds


def test_the_notebook_of_openspiel_on_kuhn_poker():
    """Its figures (google-deepmind/open_spiel, issue 1287) are simultaneous CFR, averaged from the
    second iteration on: its step k is our iteration k + 2."""
    figures = {0: 0.6666666666666656, 1: 0.5833333333333321, 2: 0.4814814814814816}
    figures |= {4: 0.27956581948517456, 8: 0.204537407854973}
    notebook = cfr_notebook.Solver(load(KUHN).sequence_form(), 2)
    for step in range(9):
        notebook.step()
        if step in figures:
            ours = mk.solve(load(KUHN), "cfr", iterations=step + 2, updates="simultaneous", delay=1)
            assert ours.nash_conv == pytest.approx(figures[step], abs=1e-12)
            assert notebook.nash_conv() == pytest.approx(figures[step], abs=1e-12)
