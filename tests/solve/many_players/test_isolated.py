"""All isolated equilibria against an exact twin, the literature and themselves."""

import signal
from fractions import Fraction
from itertools import islice, pairwise

import numpy as np
import pytest

import marl_kit as mk
from marl_kit.core.interrupt import StopRequest
from marl_kit.core.results import Status
from marl_kit.solve.many_players import _isolated_kernels as kernels
from marl_kit.solve.many_players import isolated
from marl_kit.solve.many_players.isolated import isolated_equilibria, iter_isolated
from marl_kit.solve.many_players.roots import COARSE, Roots, find_roots
from marl_kit.solve.many_players.screening import undominated_supports
from marl_kit.solve.many_players.supports import (
    joint_table,
    support_profiles,
    support_system,
    unit_payoffs,
)
from marl_kit.solve.many_players.verdict import met_scale, negligible, rational
from tests.reference.many_players import equilibria_2x2x2, relabelled

TOLERANCE = 1e-12
"""NashConv, relative to the payoff range: rounding of a few dozen products."""


def flat(profiles):
    """Sorted rows, rounded so that the order does not hang on the last digits."""
    rows = [np.concatenate(p) for p in profiles]
    return np.array(sorted(rows, key=lambda r: tuple(r.round(9)))) if rows else np.empty((0, 0))


def same(found, other):
    a, b = flat(found), flat(other)
    assert a.shape == b.shape
    np.testing.assert_allclose(a, b, atol=1e-10)


def certified(found):
    slack = TOLERANCE * (found.game.info.payoff_range or 1.0)
    assert np.all(found.certificates <= slack)
    for i, profile in enumerate(found):
        assert mk.nash_conv(found.game, profile) == pytest.approx(found.certificates[i], abs=slack)


def random_game(shape, seed, high=10**6):
    """Integers; generic where they are large."""
    rng = np.random.default_rng([seed, *shape])
    return mk.NormalFormGame(rng.integers(-high, high + 1, (len(shape), *shape)))


def test_mckelvey_and_mclennan():
    """McKelvey and McLennan (1997): nine equilibria, four pure, two totally mixed."""
    found = isolated_equilibria("mckelvey_mclennan", exact=True)
    assert len(found) == 9
    assert found.complete
    assert found.status is Status.COMPLETE_ISOLATED
    assert sum(all(max(x) == 1 for x in p) for p in found) == 4
    assert sum(all(min(x) > 0 for x in p) for p in found) == 2
    assert [[str(v) for v in x] for x in found.exact_profiles[7]] == [
        ["1/2", "1/2"],
        ["2/5", "3/5"],
        ["1/4", "3/4"],
    ]
    assert found.components == tuple((i,) for i in range(9))
    assert "9, of them 4 in pure strategies" in repr(found)
    assert found.to_dict()["complete"]
    certified(found)


def check_against_twin(seed):
    game = random_game((2, 2, 2), seed)
    found = isolated_equilibria(game)
    assert found.complete
    assert len(found) % 2 == 1  # Wilson (1971): the number is odd in generic games
    certified(found)
    twin = equilibria_2x2x2(game.exact_payoffs)
    same(found, [[np.array([x, 1 - x]) for x in profile] for profile in twin])


@pytest.mark.parametrize("block", range(6))
def test_against_the_twin(block):
    for seed in range(10 * block, 10 * block + 10):
        check_against_twin(seed)


@pytest.mark.slow
def test_against_the_twin_many():
    for seed in range(1_000, 1_300):
        check_against_twin(seed)


@pytest.mark.parametrize("shape", [(3, 3, 3), (2, 2, 2, 2), (3, 2, 4), (2, 2, 2, 2, 2)])
def test_larger_games_are_proved_complete(shape):
    for seed in range(2):
        found = isolated_equilibria(random_game(shape, seed))
        assert found.complete
        assert len(found) % 2 == 1
        certified(found)


@pytest.mark.parametrize("seed", range(12))
def test_two_players_agree_with_vertex_enumeration(seed):
    game = random_game(((3, 3), (2, 4), (4, 3))[seed % 3], seed, high=3 if seed % 2 else 50)
    extreme, found = mk.all_equilibria(game, "vertex_enumeration"), isolated_equilibria(game)
    if not extreme.degenerate:
        assert found.complete
    if found.complete:
        same(found, extreme)
    certified(found)


def test_one_player():
    found = isolated_equilibria(mk.NormalFormGame([[1, 5, 2]]))
    assert found.complete
    assert [p[0].tolist() for p in found] == [[0, 1, 0]]
    tied = isolated_equilibria(mk.NormalFormGame([[5, 5, 2]]))
    assert not tied.complete  # every mixture of the first two
    assert len(tied) == 2


@pytest.mark.parametrize("spec", ["selten_horse", "degenerate_2x2", "von_stengel_3x2_degenerate"])
def test_continua_are_never_called_complete(spec):
    found = isolated_equilibria(spec)
    assert found.status is Status.NOT_PROVEN_COMPLETE
    assert "not proven complete" in repr(found)
    assert found.components == ()
    certified(found)


def test_constant_payoffs():
    found = isolated_equilibria(mk.NormalFormGame(np.zeros((3, 2, 2, 2))))
    assert not found.complete
    assert len(found) >= 8
    certified(found)


def test_a_tie_is_settled_exactly():
    """At (1, 0 | 1/2, 1/2 | 1/2, 1/2) the first player is indifferent: the solution of the system
    of full support lies on the boundary, and is regular."""
    first = [[[2, 2], [0, 0]], [[1, 1], [1, 1]]]
    second = [[[1, 0], [0, 1]], [[1, 0], [0, 1]]]
    third = [[[0, 1], [1, 0]], [[1, 1], [3, 0]]]
    game = mk.NormalFormGame([first, second, third])
    found = isolated_equilibria(game, exact=True)
    assert found.complete
    assert [["1", "0"], ["1/2", "1/2"], ["1/2", "1/2"]] in [
        [[str(v) for v in x] for x in p] for p in found.exact_profiles
    ]
    certified(found)


def test_irrational_equilibria_have_no_fractions():
    for seed in range(60):
        found = isolated_equilibria(random_game((2, 2, 2), seed), exact=True)
        if found.exact_profiles is None:
            break
        for exact, profile in zip(found.exact_profiles, found, strict=True):
            assert [float(v) for x in exact for v in x] == pytest.approx(np.concatenate(profile))
    assert found.exact_profiles is None
    assert found.to_dict()["exact_equilibria"] is None


@pytest.mark.parametrize("unit", [1e-9, 1e9])
def test_scale_and_offset_change_nothing(unit):
    for shape in ((2, 2, 2), (3, 2, 2)):
        game = random_game(shape, 3)
        moved = mk.NormalFormGame(game.payoffs * unit + 8 * unit)
        found = isolated_equilibria(moved)
        assert found.complete
        same(found, isolated_equilibria(game))


def test_names_change_nothing():
    game = random_game((3, 2, 3), 1)
    table, players, orders = relabelled(game.payoffs, np.random.default_rng(0))
    again = isolated_equilibria(mk.NormalFormGame(table))
    back = []
    for profile in isolated_equilibria(game):
        back.append([profile[p][order] for p, order in zip(players, orders, strict=True)])
    same(again, back)
    assert again.complete


def test_one_by_one():
    game = random_game((2, 2, 2), 5)
    same(list(iter_isolated(game)), isolated_equilibria(game))


def test_a_tree_is_its_reduced_normal_form():
    found = isolated_equilibria("entry_deterrence")
    assert found.game.form == "normal"
    certified(found)


def test_too_many_supports_are_refused_unless_asked_for():
    game = random_game((5, 5, 5), 0)
    with pytest.raises(mk.GameTooLargeError, match=r"5 x 5 x 5: it has 29,791 support profiles"):
        isolated_equilibria(game)
    few = isolated_equilibria(game, max_supports=30_000, max_cells=50)
    assert few.status is Status.NOT_PROVEN_COMPLETE
    certified(few)


def test_a_budget_that_ends_loses_the_proof_not_the_list():
    game = random_game((3, 3, 3), 0)
    part, whole = isolated_equilibria(game, max_cells=60), isolated_equilibria(game)
    assert not part.complete
    assert whole.complete
    known = [np.concatenate(p) for p in whole]
    for profile in part:
        assert min(np.abs(np.concatenate(profile) - k).max() for k in known) < 1e-9


def test_ctrl_c_returns_what_was_found(monkeypatch):
    searched = []

    def interrupted(system, most, stop):
        searched.append(system)
        if len(searched) == 10:
            signal.raise_signal(signal.SIGINT)
        return find_roots(system, most, stop)

    monkeypatch.setattr(isolated, "find_roots", interrupted)
    found = isolated_equilibria(random_game((3, 3, 3), 2), progress=True)
    assert len(searched) == 10
    assert found.status is Status.INTERRUPTED
    assert not found.complete
    certified(found)


@pytest.mark.parametrize("big", [10**6, 10**7, 10**10])
def test_small_weights_are_not_rounded_away(big):
    """Two coordinate on payoffs 1 and ``big``, the third has a dominant action."""
    table = np.zeros((3, 2, 2, 2), object)
    for k in range(2):
        table[0, :, :, k] = table[1, :, :, k] = np.array([[1, 0], [0, big]], object)
        table[2, :, :, k] = k
    found = isolated_equilibria(mk.NormalFormGame(table), exact=True)
    assert found.complete
    mixed = [Fraction(big, big + 1), Fraction(1, big + 1)]
    assert list(found.exact_profiles[2]) == [mixed, mixed, [0, 1]]
    for exact, profile in zip(found.exact_profiles, found, strict=True):
        assert [float(v) for x in exact for v in x] == pytest.approx(
            np.concatenate(profile), rel=1e-9
        )


def test_fractions_must_be_within_the_radius():
    profile = [np.array([1 - 1e-7, 1e-7])]
    assert rational(profile, 1e-12) is None
    assert rational(profile, 1e-6) == [[1, 0]]
    third = [np.array([1 / 3, 2 / 3])]
    assert rational(third, 1e-12) == [[Fraction(1, 3), Fraction(2, 3)]]


def test_payoffs_that_nobody_meets_have_no_scale():
    table = np.array([[[1.0, 2.0], [1e9, 3.0]]] * 2)
    assert met_scale(table, [np.array([1.0, 0.0]), np.array([0.0, 1.0])]) == 1.0


@pytest.mark.parametrize("name", ["max_supports", "max_cells"])
@pytest.mark.parametrize("value", [2.5, None, "a", 0, True])
def test_limits_are_whole_numbers(name, value):
    with pytest.raises(mk.InvalidOptionError, match=f"{name} is"):
        isolated_equilibria("mckelvey_mclennan", **{name: value})
    with pytest.raises(mk.InvalidOptionError, match=f"{name} is"):
        iter_isolated("mckelvey_mclennan", **{name: value})


def test_exact_is_a_truth_value():
    with pytest.raises(mk.InvalidOptionError, match="exact is 'no'"):
        isolated_equilibria("mckelvey_mclennan", exact="no")


def test_limits_reach_the_search():
    game = random_game((3, 3, 3), 0)
    assert not mk.all_equilibria(game, max_cells=60).complete
    with pytest.raises(mk.GameTooLargeError):
        mk.all_equilibria(game, max_supports=10)
    with pytest.raises(mk.GameTooLargeError):
        mk.iter_equilibria(game, max_supports=10)
    with pytest.raises(mk.InvalidOptionError, match="max_cells"):
        mk.all_equilibria("chicken", max_cells=60)


def test_supports_come_one_by_one_and_small_ones_first():
    few = list(islice(support_profiles((30, 30, 30)), 100))  # there are 10^27
    assert all(sum(len(s) for s in supports) == 3 for supports in few)
    sizes = [sum(len(s) for s in supports) for supports in support_profiles((2, 3, 2))]
    assert len(sizes) == 3 * 7 * 3
    assert all(a <= b for a, b in pairwise(sizes))


def test_one_player_needs_no_supports():
    found = isolated_equilibria(mk.NormalFormGame([np.arange(40)]))
    assert found.complete
    assert len(found) == 1


def test_roots_are_merged_player_by_player():
    point = [np.array([0.5, 0.5]), np.array([0.3, 0.7])]
    other = [np.array([0.5, 0.5]), np.array([0.3 + 1e-8, 0.7 - 1e-8])]
    roots = Roots()
    roots.add(point, np.array([1e-7, 1e-12]))
    roots.add(other, np.array([1e-7, 1e-12]))
    assert len(roots.points) == 2
    roots.add(point, np.array([COARSE, 1e-12]))
    assert len(roots.points) == 2
    assert not roots.distinct  # too coarse to say that it is the same root


def test_the_margin_holds_for_every_size():
    for size in range(2, 12):
        # off by the radius at every other vertex, the root is still inside the widened cell
        radius = kernels.WITHIN / size**2
        assert (size - 1) * radius < kernels.MARGIN / size
    assert kernels.GROWTH == 2 * kernels.WIDEST - 1  # mean + factor * (f - mean), |mean| <= |f|


def test_screening_leaves_what_the_first_cell_of_the_search_would():
    game = random_game((3, 2, 3), 4)
    joint = joint_table(unit_payoffs(game))
    kept = dict(undominated_supports(joint, game.num_actions))
    everything = list(support_profiles(game.num_actions))
    assert all(everything[number] == supports for number, supports in kept.items())
    assert len(kept) < len(everything) / 2
    for number, supports in enumerate(everything):
        if number not in kept and any(len(s) > 1 for s in supports):
            system = support_system(joint, game.num_actions, supports)
            roots = find_roots(system, 1_000, StopRequest())
            assert roots.cells == 1
            assert not roots.points
            assert roots.proved


def test_an_unproved_profile_must_be_an_equilibrium_where_it_is_played():
    table = np.array([[[1.0, 0, 0], [0, 2.0, 0], [0, 0, 1e9]]] * 2)
    game = mk.NormalFormGame(table)
    assert negligible(game, [np.array([2 / 3, 1 / 3, 0])] * 2)
    assert not negligible(game, [np.array([0.66, 0.34, 0])] * 2)
