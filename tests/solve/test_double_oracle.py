"""Double oracle on the sequence form: exactness, growth, honest restricted games."""

import itertools
from functools import cache

import numpy as np
import pytest

import marl_kit as mk
from tests.reference import oracles, recursive

GOOFSPIEL = "goofspiel(num_cards={},imp_info=True,points_order=descending,returns_type=win_loss)"
METHODS = ["double_oracle", "xdo"]
ZERO_SUM = ["kuhn_1950", "openspiel:kuhn_poker", "blotto_4_3", "liars_dice(dice_sides=3)"]


@cache
def load(spec):
    return mk.load_game(spec)


def outer_iterations(game, method, most=100):
    """One solution after each iteration, up to the one that settles."""
    found = [mk.solve(game, method, iterations=1)]
    while not found[-1].state.settled[0]:
        assert len(found) < most
        found.append(mk.solve(game, method, iterations=1, start=found[-1]))
    return found


def test_golden_kuhn():
    """NashConv is 0 after 6 to 9 iterations, depending on the default strategy and on ties."""
    found = outer_iterations(load("openspiel:kuhn_poker"), "double_oracle")
    assert 6 <= len(found) <= 9
    assert found[-2].nash_conv > 0.1
    assert found[-1].nash_conv < 1e-12
    assert found[-1].values[0] == pytest.approx(-1 / 18, abs=1e-12)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("spec", [*ZERO_SUM, GOOFSPIEL.format(3), GOOFSPIEL.format(4)])
def test_exact_when_it_settles(spec, method):
    game = load(spec)
    last = outer_iterations(game, method)[-1]
    assert last.nash_conv < 1e-9 * game.info.payoff_range
    assert last.values == pytest.approx(mk.solve(game, "lp").values, abs=1e-7)
    more = mk.solve(game, method, iterations=1000, start=last)  # and nothing changes any more
    assert more.iterations == last.iterations + 1000
    assert more.nash_conv == last.nash_conv


def test_exact_on_leduc():
    """The value of Leduc poker is -0.085606424078 (OpenSpiel's sequence-form LP)."""
    solution = mk.solve(load("leduc_poker"), "double_oracle", tol=1e-7)
    assert solution.status is mk.Status.CONVERGED
    assert solution.iterations <= 50
    assert solution.values[0] == pytest.approx(-0.085606424078, abs=1e-6)


def pruned(game, state):
    """The restricted game as nested nodes: the allowed actions, else the first."""
    allowed = {}
    tree, form = game.tree(), game.sequence_form()
    for i, key in enumerate(tree.infoset_keys):
        start = int(form.first_sequence[i])
        kept = state.allowed[start : start + int(form.num_actions[i])]
        numbers = tree.action_number[tree.slots(i)]
        rows = numbers[kept] if kept.any() else numbers[:1]
        allowed[int(tree.infoset_player[i]), key] = rows.tolist()
    return oracles.prune(recursive.walk(game), allowed)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("spec", ["openspiel:kuhn_poker", "kuhn_1950"])
def test_every_profile_is_an_equilibrium_of_its_restricted_game(spec, method):
    game = load(spec)
    found = outer_iterations(game, method)
    for before, after in itertools.pairwise(found):  # a state holds the game that comes next
        root = pruned(game, before.state)
        kept = recursive.infosets(root)
        played = recursive.from_policy(after.profile)
        table = {key: {a: played[key][a] for a in actions} for key, actions in kept.items()}
        for row in table.values():
            assert sum(row.values()) == pytest.approx(1, abs=1e-9)
        assert recursive.nash_conv(root, table) == pytest.approx(0, abs=1e-9)
        assert np.all(after.state.allowed >= before.state.allowed)


@pytest.mark.parametrize("method", METHODS)
def test_it_grows_exactly_while_a_best_response_gains(method):
    game = load("openspiel:kuhn_poker")
    root = recursive.walk(game)
    for solution in outer_iterations(game, method):
        gap = recursive.nash_conv(root, recursive.from_policy(solution.profile))
        assert solution.nash_conv == pytest.approx(gap, abs=1e-12)
        assert bool(solution.state.settled[0]) == (gap < 1e-9)


def test_it_need_not_see_the_whole_game():
    game = load("liars_dice(dice_sides=3)")
    state = outer_iterations(game, "double_oracle")[-1].state
    assert state.allowed.sum() < 0.6 * game.sequence_form().num_sequences


def test_the_shortcut_columns_are_the_pruned_game():
    """Forced actions share their parent's variable, and leaves that agree are summed."""
    from marl_kit.solve.double_oracle import with_defaults
    from marl_kit.solve.restricted_game import restrict

    form = load("openspiel:kuhn_poker").sequence_form()
    nothing = restrict(form, with_defaults(form, np.zeros(form.num_sequences, bool)))
    assert nothing.size.tolist() == [1, 1]
    assert nothing.A.shape == (1, 1)
    assert nothing.A.toarray() == pytest.approx(0, abs=1e-15)  # all pass: the higher card wins 1
    everything = restrict(form, np.ones(form.num_sequences, bool))
    assert everything.size.tolist() == [13, 13]
    assert everything.A.toarray() == pytest.approx(form.payoff_matrix(0).toarray(), abs=1e-15)


@pytest.mark.parametrize("method", METHODS)
def test_a_constant_sum_and_an_offset_change_nothing(method):
    A = np.array([[3.0, -1.0, 2.0], [0.0, 4.0, -2.0], [1.0, 1.0, 1.0]])
    plain = mk.solve(mk.NormalFormGame.from_bimatrix(A), method, iterations=9)
    moved = mk.solve(mk.NormalFormGame.from_bimatrix(A + 1000, 7 - A), method, iterations=9)
    assert moved.nash_conv == pytest.approx(0, abs=1e-9)
    assert moved.values[0] == pytest.approx(plain.values[0] + 1000, abs=1e-6)


def test_a_player_that_never_moves():
    tree = mk.TreeBuilder(2).decision((), 0, "a", ["l", "r"])
    game = tree.payoff(("l",), [1, -1]).payoff(("r",), [2, -2]).build()
    solution = mk.solve(game, "double_oracle", iterations=3)
    assert solution.values.tolist() == [2, -2]
    assert solution.nash_conv == 0


@pytest.mark.parametrize("method", METHODS)
def test_going_on_and_saving_change_nothing(method, tmp_path):
    game = load("liars_dice(dice_sides=3)")
    whole = mk.solve(game, method, iterations=9)
    mk.solve(game, method, iterations=4).save(tmp_path / "s.npz")
    part = mk.solve(game, iterations=5, start=mk.load_solution(tmp_path / "s.npz"))
    assert np.array_equal(whole.profile.probabilities, part.profile.probabilities)
    for name in type(whole.state).ARRAYS:
        assert np.array_equal(getattr(whole.state, name), getattr(part.state, name))
    assert whole.history.nash_conv.tolist() == part.history.nash_conv.tolist()


@pytest.mark.parametrize("method", METHODS)
def test_refusals(method):
    with pytest.raises(mk.UnsupportedGameError, match="sum to a constant"):
        mk.solve("chicken", method)
    with pytest.raises(mk.UnsupportedGameError, match="two players"):
        mk.solve("selten_horse", method)
    with pytest.raises(mk.UnknownNameError, match="epsilon"):
        mk.solve("kuhn_1950", method, epsilon=1)
