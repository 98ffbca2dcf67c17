"""Support enumeration, as sets against the brute-force twin, vertex enumeration and nashpy."""

import os
import signal
import warnings
from itertools import pairwise

import nashpy
import numpy as np
import pytest

import marl_kit as mk
from marl_kit.core.progress import Progress
from marl_kit.solve.bimatrix import support_enumeration
from marl_kit.solve.bimatrix.support_enumeration import (
    SupportSearch,
    extreme_by_supports,
    iter_support_equilibria,
)
from marl_kit.solve.bimatrix.support_vertices import SupportVertices
from tests.reference import bimatrix

METHOD = "support_enumeration"


def as_set(found):
    return {tuple(tuple(x) for x in profile) for profile in found.exact_profiles}


def by_supports(game):
    found = mk.all_equilibria(game, METHOD, exact=True)
    assert len(found) == len(as_set(found))
    return found


def random_payoffs(number, largest):
    rng = np.random.default_rng(number)
    width = (1, 2, 4, 9)[number % 4]
    return rng.integers(-width, width + 1, (2, *rng.integers(1, largest, 2))).tolist()


@pytest.mark.parametrize("number", range(60))
def test_random_games_against_brute_force(number):
    """Payoffs in small ranges: many are degenerate, and nothing is missed in these either."""
    A, B = random_payoffs(number, 5)
    game = mk.NormalFormGame.from_bimatrix(A, B)
    found = by_supports(game)
    assert as_set(found) == bimatrix.extreme_equilibria(A, B)
    assert found.complete
    assert np.all(found.certificates <= 1e-13 * (game.info.payoff_range or 1))
    others = mk.all_equilibria(game, "vertex_enumeration", exact=True)
    assert found.degenerate == others.degenerate
    assert found.components == others.components
    assert sorted(found.nash_subsets) == sorted(others.nash_subsets)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(300))
def test_more_random_games_against_vertex_enumeration(number):
    game = mk.NormalFormGame(random_payoffs(1_000 + number, 9))
    assert as_set(by_supports(game)) == as_set(mk.all_equilibria(game, exact=True))


@pytest.mark.parametrize("number", range(12))
def test_nearly_degenerate_floats(number):
    """Payoffs that tie but for the last digits: bounds on rounding must not rule out a vertex."""
    A, B = np.array(random_payoffs(number, 5), float)
    noise = np.random.default_rng(number).choice([0.0, 1e-14, 1e-15], (2, *A.shape))
    game = mk.NormalFormGame([A + noise[0], B - noise[1]])
    assert as_set(by_supports(game)) == bimatrix.extreme_equilibria(*game.exact_payoffs)


@pytest.mark.parametrize("size", [2, 3, 5])
def test_coordination(size):
    """Identity matrices: every support, 2^n - 1."""
    found = by_supports(mk.NormalFormGame.from_bimatrix(np.eye(size, dtype=int), np.eye(size)))
    assert len(found) == 2**size - 1
    assert not found.degenerate
    supports = [np.count_nonzero(profile) for profile in found]
    assert all(a <= b for a, b in pairwise(supports))


def test_a_witness_of_degeneracy():
    found = by_supports(mk.load_game("degenerate_2x2"))
    witness = found.witness
    assert found.degenerate
    assert len(witness.best_replies) > np.count_nonzero(witness.strategy)
    other = mk.load_game("degenerate_2x2").payoffs[1 - witness.player]
    values = other @ witness.strategy if witness.player == 1 else witness.strategy @ other
    assert np.flatnonzero(values == values.max()).tolist() == list(witness.best_replies)


@pytest.mark.parametrize("seed", range(5))
def test_nashpy_finds_no_others(seed):
    """Where nashpy finds fewer (an open issue of it), ours are certified all the same."""
    payoffs = np.random.default_rng(seed).normal(size=(2, 4, 4))
    game = mk.NormalFormGame(payoffs)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # its even number of equilibria
        theirs = list(nashpy.Game(*payoffs).support_enumeration())
    found = by_supports(game)
    assert len(found) % 2 == 1
    assert np.all(found.certificates < 1e-14)
    for profile in theirs:
        assert any(np.allclose(np.concatenate(profile), np.concatenate(p)) for p in found)


@pytest.mark.parametrize("scale", [1e-9, 1e9, 1e-300, 1e300])
def test_units_do_not_matter(scale):
    """The last two leave the range that floats can rule out anything in: integers do it all."""
    A, B = random_payoffs(7, 5)
    plain = mk.NormalFormGame.from_bimatrix(A, B)
    scaled = mk.NormalFormGame(np.array([A, B]) * scale)
    close = [np.concatenate(p) for p in by_supports(plain)]
    moved = [np.concatenate(p) for p in mk.all_equilibria(scaled, METHOD)]
    if scale in (1e9, 1e-9):
        assert len(close) == len(moved)
        assert np.allclose(close, moved, atol=1e-12)
    else:
        assert len(moved) == len(mk.all_equilibria(scaled, "vertex_enumeration"))
    for profile in iter_support_equilibria(scaled):
        assert mk.nash_conv(scaled, profile) <= 1e-13 * scaled.info.payoff_range


def test_a_shift_does_not_matter():
    A, B = np.array(random_payoffs(10, 5))
    plain, moved = (mk.NormalFormGame(p) for p in ([A, B], [A + 10**6, B - 10**9]))
    assert as_set(by_supports(plain)) == as_set(by_supports(moved))


def test_what_is_ruled_out_has_no_vertex():
    """All pairs of one size, solved exactly whatever the bounds say."""
    game = mk.NormalFormGame(np.random.default_rng(0).integers(-3, 4, (2, 5, 6)))
    m, n = game.num_actions
    side, other = SupportVertices(game, 0), SupportVertices(game, 0)
    pairs = [
        ((a, b), (i, j)) for a in range(m) for b in range(a) for i in range(n) for j in range(i)
    ]
    supports, rows = (np.array(p) for p in zip(*pairs, strict=True))
    possible = side.possible(supports, rows)
    found = [other.find(s, r) is not None for s, r in zip(supports, rows, strict=True)]
    assert any(found)
    assert not np.all(possible)
    assert np.all(possible[np.array(found)])


def test_undominated_replies():
    game = mk.NormalFormGame.from_bimatrix([[3, 0], [0, 3], [1, 1]], np.zeros((3, 2)))
    side = SupportVertices(game, 1)
    assert side.undominated(np.array([[0], [1]])).tolist() == [
        [True, False, False],
        [False, True, False],
    ]
    assert side.undominated(np.array([[0, 1]])).tolist() == [[True, True, True]]


def test_solve_gives_the_smallest_supports():
    solution = mk.solve("chicken", METHOD)
    assert np.count_nonzero(solution.profile) == 2
    assert solution.note.startswith("supports (0,) and (1,), after 2 pairs")
    solution = mk.solve("rock_scissors_paper", METHOD)
    assert solution.note == "supports (0, 1, 2) and (0, 1, 2), after 19 pairs of equal size"
    assert solution.nash_conv == pytest.approx(0, abs=1e-15)


def test_solve_finds_small_supports_in_large_games():
    payoffs = np.random.default_rng(0).normal(size=(2, 60, 60))
    payoffs[:, 40, 50] = 9.0
    solution = mk.solve(mk.NormalFormGame(payoffs), METHOD)
    assert solution.status is mk.Status.SOLVED
    assert solution.nash_conv == 0


def test_giving_up():
    game = mk.NormalFormGame.from_bimatrix(np.eye(7))
    with pytest.raises(mk.GameTooLargeError, match=r"among the 490 .* max_supports is 500"):
        mk.solve(game, METHOD, max_supports=500)
    assert mk.solve(game, METHOD, max_supports=4_000).nash_conv < 1e-15


def test_sizes_that_cannot_finish():
    game = mk.NormalFormGame(np.zeros((2, 40, 40)))
    for work in (lambda: mk.all_equilibria(game, METHOD), lambda: mk.iter_equilibria(game, METHOD)):
        with pytest.raises(mk.GameTooLargeError, match=r"40 x 40 and has 1\.1e\+23 pairs"):
            work()


@pytest.mark.parametrize("wrong", [0, -1, 2.5, True, "all"])
def test_bad_limits(wrong):
    with pytest.raises(mk.InvalidOptionError, match="max_supports is"):
        mk.solve("chicken", METHOD, max_supports=wrong)


def test_ctrl_c_returns_what_was_found(monkeypatch):
    game = mk.load_game("von_stengel_6x6")
    original = SupportSearch._of_rows
    seen = 0

    def of_rows(self, *arguments):
        nonlocal seen
        seen += 1
        if seen == 40:
            os.kill(os.getpid(), signal.SIGINT)
        yield from original(self, *arguments)

    monkeypatch.setattr(support_enumeration.SupportSearch, "_of_rows", of_rows)
    found = mk.all_equilibria(game, METHOD)
    assert found.status is mk.Status.INTERRUPTED
    assert not found.complete
    assert 0 < len(found) < 75


def test_von_stengel_6x6():
    found = extreme_by_supports(mk.load_game("von_stengel_6x6"), False, Progress())
    assert len(found) == 75
    assert found.exact_profiles is None
    assert not found.degenerate


def test_the_limit_can_be_raised_at_the_front_door():
    game = mk.load_game("battle_of_the_sexes")
    found = mk.all_equilibria(game, "support_enumeration", max_supports=1_000)
    assert len(found) == 3
    assert len(list(mk.iter_equilibria(game, "support_enumeration", max_supports=1_000))) == 3
    with pytest.raises(mk.InvalidOptionError, match="max_supports does not go with"):
        mk.all_equilibria(game, max_supports=10)
