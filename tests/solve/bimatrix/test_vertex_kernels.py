"""The three ways of enumerating a polytope, against each other and against other libraries.

All kernels are compiled here and in no other file, so that a test process pays for them once.
"""

from fractions import Fraction

import numpy as np
import pytest

import marl_kit as mk
from marl_kit.core.interrupt import StopRequest
from marl_kit.core.progress import Progress
from marl_kit.solve.bimatrix import _float_kernels, limits, vertex_enumeration
from marl_kit.solve.bimatrix.best_replies import best_replies
from marl_kit.solve.bimatrix.exact_enumeration import exact_blocks
from marl_kit.solve.bimatrix.float_enumeration import float_blocks
from marl_kit.solve.bimatrix.matching import PartnersInKernels, PartnersInPython
from marl_kit.solve.bimatrix.polytope import vertices
from marl_kit.solve.bimatrix.vertex_block import GivenUp, joined
from tests.reference import bimatrix


@pytest.fixture(autouse=True)
def kernels(monkeypatch):
    """Tiny games too."""
    monkeypatch.setattr(limits, "TINY", 0)


def in_python(game):
    """The equilibria as found without any kernel."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vertex_enumeration, "is_tiny", lambda game: True)
        patch.setattr(vertex_enumeration, "_KERNELS", "")
        search = vertex_enumeration.Search(game)
        pairs = [p for some in search.pairs(StopRequest(), Progress()) for p in some]
        return as_set(vertex_enumeration._equilibrium_set(search, pairs, True, False))


def as_set(found):
    profiles = {tuple(tuple(x) for x in profile) for profile in found.exact_profiles}
    assert len(profiles) == len(found)
    return profiles


def normal_game(seed, *shape):
    return mk.NormalFormGame(np.random.default_rng(seed).normal(size=(2, *shape)))


def integer_game(seed, width, *shape):
    return mk.NormalFormGame(np.random.default_rng(seed).integers(-width, width + 1, (2, *shape)))


@pytest.mark.parametrize("seed", range(24))
def test_exact_kernel_visits_what_python_visits(seed):
    """Vertices, their numerators and their order, degenerate or not."""
    rng = np.random.default_rng(seed)
    M = rng.integers(1, (3, 4, 6, 20)[seed % 4], rng.integers(1, 8, 2))
    tight, points = joined(list(exact_blocks(M)))
    first = np.sort(np.unique(tight, return_index=True)[1])
    slow = list(vertices(M.tolist()))
    assert tight[first].tolist() == [v.tight for v in slow]
    assert points[first].tolist() == [list(v.point) for v in slow]


@pytest.mark.parametrize("shape", [(1, 1), (2, 5), (6, 3), (7, 7), (8, 8)])
def test_float_kernel_finds_the_same_vertices(shape):
    M = best_replies(normal_game(3, *shape), 0)
    tight, points = joined(list(float_blocks(M)))
    assert points is None  # solved afresh for equilibria only
    assert sorted(tight.tolist()) == sorted(v.tight for v in vertices(M.integers))


@pytest.mark.parametrize("seed", range(6))
def test_floats_give_degenerate_polytopes_up(seed):
    game = integer_game(seed, 1, 5, 5)
    assert mk.all_equilibria(game).degenerate
    for polytope in vertex_enumeration.Search(game).polytopes:
        list(polytope.blocks())
        if polytope.degenerate:
            with pytest.raises(GivenUp):
                list(float_blocks(polytope.replies))


def test_what_floats_cannot_tell_is_decided_exactly():
    """Rows 1 and 2 tie up to 1e-13: a vertex is in doubt, and not degenerate."""
    A = [[0.25, 1.0, 0.5], [0.75, 0.25, 0.3], [0.75 + 1e-13, 0.25 - 1e-13, 0.3 + 3e-13]]
    game = mk.NormalFormGame([A, np.random.default_rng(0).normal(size=(3, 3))])
    tight, _ = joined(list(float_blocks(best_replies(game, 0))))
    assert sorted(tight.tolist()) == sorted(
        v.tight for v in vertices(best_replies(game, 0).integers)
    )
    found = mk.all_equilibria(game, exact=True)
    assert as_set(found) == in_python(game)
    assert found.complete


def test_floats_that_are_too_blurred_are_not_used():
    """Beside 10^9 the digits of a float end before those that matter here."""
    payoffs = 1e9 + np.random.default_rng(2).normal(size=(2, 4, 4))
    game = mk.NormalFormGame(payoffs)
    with pytest.raises(GivenUp):
        list(float_blocks(best_replies(game, 0)))
    found = mk.all_equilibria(game, exact=True)
    assert found.status is mk.Status.COMPLETE
    assert as_set(found) == in_python(game)


def test_a_missing_or_a_double_vertex_breaks_the_proof():
    tight, _ = joined(list(float_blocks(best_replies(normal_game(4, 6, 6), 0))))

    def proof(masks):
        return _float_kernels.edges_pair_up(masks, np.zeros(4096, np.uint64), np.zeros(4096, "u1"))

    assert proof(tight)
    for i in range(len(tight)):
        assert not proof(np.delete(tight, i))
    assert not proof(np.append(tight, tight[5]))


@pytest.mark.parametrize(("width", "size"), [(10**6, 7), (10**9, 5), (10**14, 3)])
def test_numbers_that_outgrow_int64(width, size):
    """Generic: floats prove the answer. Degenerate: Python integers find it."""
    game = integer_game(1, width, size, size)
    with pytest.raises(GivenUp):
        list(exact_blocks(best_replies(game, 0).small))
    found = mk.all_equilibria(game, exact=True)
    assert found.status is mk.Status.COMPLETE_BY_BOUNDS
    assert as_set(found) == in_python(game)
    doubled = game.payoffs.copy()
    doubled[0, 1], doubled[1, :, 2] = doubled[0, 0], doubled[1, :, 0]
    game = mk.NormalFormGame(doubled)
    found = mk.all_equilibria(game, exact=True)
    assert found.status is mk.Status.COMPLETE
    assert found.degenerate
    assert as_set(found) == in_python(game)


@pytest.mark.parametrize(("width", "size"), [(10, 8), (1000, 4), (10**6, 2)])
def test_numbers_that_do_not(width, size):
    game = integer_game(2, width, size, size)
    assert list(exact_blocks(best_replies(game, 0).small))
    found = mk.all_equilibria(game, exact=True)
    assert found.status is mk.Status.COMPLETE
    assert as_set(found) == in_python(game)


@pytest.mark.parametrize("seed", range(30))
def test_random_games_against_brute_force(seed):
    rng = np.random.default_rng(seed)
    width = (1, 2, 3, 10)[seed % 4]
    A, B = rng.integers(-width, width + 1, (2, *rng.integers(2, 6, 2))).tolist()
    found = mk.all_equilibria(mk.NormalFormGame.from_bimatrix(A, B), exact=True)
    assert as_set(found) == bimatrix.extreme_equilibria(A, B)
    for profile, exact in zip(found, found.exact_profiles, strict=True):
        assert [x.tolist() for x in profile] == [[float(z) for z in x] for x in exact]


@pytest.mark.parametrize("seed", range(8))
def test_floats_against_brute_force(seed):
    """A float counts as the decimal that it prints as; so do the exact profiles."""
    game = normal_game(seed, *((3, 4), (4, 4), (5, 3), (2, 6))[seed % 4])
    found = mk.all_equilibria(game, exact=True)
    assert found.status is mk.Status.COMPLETE_BY_BOUNDS
    assert found.complete
    assert found.degenerate is False
    tables = [[[Fraction(repr(x)) for x in row] for row in A] for A in game.payoffs.tolist()]
    assert as_set(found) == bimatrix.extreme_equilibria(*tables)
    assert np.all(found.certificates < 1e-14 * 10)
    for rounded, exact in zip(mk.all_equilibria(game), found, strict=True):
        assert np.allclose(np.concatenate(rounded), np.concatenate(exact), rtol=0, atol=1e-12)


@pytest.mark.parametrize("make", [normal_game, lambda seed, *n: integer_game(seed, 10, *n)])
def test_scale_and_shift_change_nothing(make):
    game = make(11, 7, 7)
    found = mk.all_equilibria(game)
    for scale, shift in ((1e-9, 0.0), (1e9, 0.0), (1.0, 3.0), (0.1, -100.0)):
        other = mk.all_equilibria(mk.NormalFormGame(game.payoffs * scale + shift))
        assert other.complete
        assert len(other) == len(found)
        for a, b in zip(found, other, strict=True):
            assert np.allclose(np.concatenate(a), np.concatenate(b), rtol=0, atol=1e-9)
        largest = np.abs(game.payoffs).max() * scale + abs(shift)
        assert np.all(other.certificates < 1e-13 * largest)


def test_decimals_are_exact_and_long_ones_are_floats():
    tenths = mk.NormalFormGame(np.array([[[0.3, 0.1], [0.7, 1e-3]]] * 2))
    assert best_replies(tenths, 0).small.tolist() == [[300, 100], [700, 1]]
    assert best_replies(normal_game(0, 2, 2), 0).small is None
    halves = mk.NormalFormGame([[["1/2", "1/3"], [0, 1]]] * 2)
    assert best_replies(halves, 0).small.tolist() == [[4, 3], [1, 7]]
    constant = mk.NormalFormGame(np.full((2, 2, 3), 5.5))
    assert best_replies(constant, 1).small.tolist() == [[1, 1]] * 3
    assert len(mk.all_equilibria(constant)) == 6
    huge = mk.NormalFormGame(np.array([[[1e300, -1e300], [0.0, 3e299]]] * 2))
    assert as_set(mk.all_equilibria(huge, exact=True)) == in_python(huge)


@pytest.mark.parametrize("seed", range(10))
def test_matching_in_kernels_and_in_python(seed):
    """Simple or degenerate on either side, and more pairs than there is room for at first."""
    rng = np.random.default_rng(seed)
    d, labels = 3, 7
    masks = [m for m in range(1 << labels) if m.bit_count() >= d]
    ys = rng.permutation(masks)[:90].astype(np.uint64)
    xs = rng.permutation([m for m in range(1 << labels) if m.bit_count() >= labels - d])[:40]
    slow = [
        (v, p) for v, x in enumerate(xs.tolist()) for p, y in enumerate(ys.tolist()) if x | y == 127
    ]
    fast = PartnersInKernels(ys, d, labels).of(xs.astype(np.uint64))
    assert sorted(zip(*fast, strict=True)) == slow
    python = PartnersInPython(ys.tolist(), d, labels).of(xs.tolist())
    assert sorted(zip(*python, strict=True)) == slow


@pytest.mark.parametrize("kind", ["normal", "integers"])
@pytest.mark.parametrize("size", [8, 10, 12])
def test_none_is_missed_that_quantecon_finds(kind, size):
    gt = pytest.importorskip("quantecon.game_theory")
    make = normal_game(size, size, size) if kind == "normal" else integer_game(size, 10, size, size)
    A, B = make.payoffs
    theirs = gt.vertex_enumeration(gt.NormalFormGame([gt.Player(A), gt.Player(B.T.copy())]))
    found = mk.all_equilibria(make)
    ours = np.array([np.concatenate(p) for p in found])
    assert found.complete
    assert np.all(found.certificates < 1e-13 * np.abs(make.payoffs).max())
    gap = 0
    for profile in theirs:
        apart = np.abs(ours - np.concatenate(profile)).max(axis=1)
        gap = max(gap, apart.min())
    assert gap < 1e-7
    assert len(ours) >= len({tuple(np.round(np.concatenate(p), 7)) for p in theirs})
    if kind == "normal":
        assert len(ours) == len(theirs)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("seed", range(3))
def test_none_is_missed_that_nashpy_finds(seed):
    import nashpy

    game = normal_game(seed, 4, 4)
    ours = np.array([np.concatenate(p) for p in mk.all_equilibria(game)])
    theirs = list(nashpy.Game(*game.payoffs).support_enumeration())
    assert theirs
    for profile in theirs:
        assert np.abs(ours - np.concatenate(profile)).max(axis=1).min() < 1e-9


def test_more_labels_than_bits():
    """Two rows and 70 columns, of which 65 are dominated, by Python integers of 72 bits."""
    rng = np.random.default_rng(8)
    A, B = rng.integers(0, 10, (2, 2, 5))
    wide = np.full((2, 2, 70), 3)
    wide[0, :, :5], wide[1, :, :5], wide[1, :, 5:] = A, B, -1
    found = mk.all_equilibria(mk.NormalFormGame(wide), exact=True)
    expected = bimatrix.extreme_equilibria(A.tolist(), B.tolist())
    assert {(x, y[:5]) for x, y in as_set(found)} == expected
    assert all(not any(y[5:]) for _, y in as_set(found))
    inside = mk.all_equilibria(mk.NormalFormGame(wide[:, :, :60]), exact=True)  # 62 labels
    assert {(x, y[:60]) for x, y in as_set(found)} == as_set(inside)


def test_the_generator_stops_early_and_ends_with_the_same_set():
    game = integer_game(6, 3, 9, 9)
    every = {tuple(map(tuple, p)) for p in mk.all_equilibria(game)}
    one_by_one = [tuple(map(tuple, p)) for p in mk.iter_equilibria(game)]
    assert set(one_by_one) == every
    assert len(one_by_one) == len(every)
    assert tuple(map(tuple, next(mk.iter_equilibria(game)))) in every


@pytest.mark.parametrize("name", ["chicken", "morra_two_finger", "von_stengel_6x6"])
def test_certificates_are_those_of_nash_conv(name):
    found = mk.all_equilibria(name)
    slow = [mk.nash_conv(name, profile) for profile in found]
    assert np.allclose(found.certificates, slow, rtol=0, atol=1e-12)


def test_nash_conv_in_a_batch_is_nash_conv():
    from marl_kit.evaluate.matrix import nash_convs

    game = normal_game(1, 3, 5)
    rng = np.random.default_rng(1)
    xs, ys = rng.dirichlet(np.ones(3), 20), rng.dirichlet(np.ones(5), 20)
    slow = [mk.nash_conv(game, [x, y]) for x, y in zip(xs, ys, strict=True)]
    assert np.allclose(nash_convs(game, xs, ys), slow, rtol=1e-12, atol=1e-14)


def test_hundreds_of_equilibria_in_few_components():
    """Every action twice: each equilibrium of the 4x4 game becomes many, in large bicliques."""
    payoffs = np.random.default_rng(2).integers(0, 3, (2, 4, 4)).repeat(2, 1).repeat(2, 2)
    found = mk.all_equilibria(mk.NormalFormGame(payoffs))
    assert len(found) == 196
    assert found.degenerate
    assert len(found.components) == 3
    assert {i for subset in found.nash_subsets for i in subset} == set(range(196))
    for subset in found.nash_subsets:
        middle = [np.mean([found[i][side] for i in subset], axis=0) for side in range(2)]
        assert mk.nash_conv(found.game, middle) < 1e-12


@pytest.mark.slow
@pytest.mark.parametrize("size", [13, 14])
def test_large_integer_games(size):
    gt = pytest.importorskip("quantecon.game_theory")
    game = integer_game(size, 10, size, size)
    found = mk.all_equilibria(game)
    theirs = gt.vertex_enumeration(
        gt.NormalFormGame([gt.Player(game.payoffs[0]), gt.Player(game.payoffs[1].T.copy())])
    )
    ours = np.array([np.concatenate(p) for p in found])
    assert found.complete
    assert all(np.abs(ours - np.concatenate(p)).max(axis=1).min() < 1e-7 for p in theirs)
