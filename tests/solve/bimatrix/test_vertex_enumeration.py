"""All extreme equilibria, as sets, against the literature and a brute-force twin."""

import os
import signal
from fractions import Fraction
from itertools import chain, combinations

import numpy as np
import pytest

import marl_kit as mk
from marl_kit.solve.bimatrix import limits, vertex_block, vertex_enumeration
from marl_kit.solve.bimatrix.enumeration import Polytope
from marl_kit.solve.bimatrix.nash_subsets import components, maximal_bicliques
from marl_kit.solve.many_players import isolated
from tests.reference import bimatrix

# Sizes of the twin's work: it tries comb(m + n, n) linear systems a side.
SHAPES = [(2, 2)] * 12 + [(2, 3), (3, 2), (3, 3)] * 6 + [(2, 5), (4, 3), (3, 4), (4, 4)] * 5
SHAPES += [(1, 3), (4, 1), (4, 5), (5, 4), (2, 6), (6, 3), (5, 5), (5, 5), (3, 6), (6, 6)]


def bimatrix_game(A, B):
    return mk.NormalFormGame.from_bimatrix(A, B)


def as_set(found):
    return {tuple(tuple(x) for x in profile) for profile in found.exact_profiles}


def fractions(*profiles):
    return {
        tuple(tuple(Fraction(z) for z in side.split()) for side in p.split("|")) for p in profiles
    }


@pytest.fixture(autouse=True)
def python_integers(monkeypatch):
    """Whether kernels have been loaded by other tests must not decide what is tested here: all
    games of this file are so small that they need none. test_vertex_kernels.py tests those."""
    monkeypatch.setattr(vertex_enumeration, "_KERNELS", "")


def test_there_are_sixty_random_games():
    assert len(SHAPES) == 60


@pytest.mark.parametrize("number", range(60))
def test_random_games_against_brute_force(number):
    """Payoffs in small ranges, so that many are degenerate."""
    rng = np.random.default_rng(number)
    width = (1, 2, 4, 9)[number % 4] if number < 59 else 9
    A, B = rng.integers(-width, width + 1, (2, *SHAPES[number])).tolist()
    found = mk.all_equilibria(bimatrix_game(A, B), exact=True)
    assert as_set(found) == bimatrix.extreme_equilibria(A, B)
    assert len(found) == len(as_set(found))
    check(found, A, B)


def check(found, A, B):
    """What must hold of any answer, without a twin."""
    assert found.complete
    assert found.status is mk.Status.COMPLETE
    assert np.all(found.certificates < 1e-12 * max(1, np.ptp(A), np.ptp(B)) * 10)
    for profile, exact in zip(found, found.exact_profiles, strict=True):
        assert bimatrix.is_equilibrium(A, B, tuple(exact[0]), tuple(exact[1]))
        for x, z in zip(profile, exact, strict=True):
            assert x.tolist() == [float(f) for f in z]
    everything = set(range(len(found)))
    assert set(chain(*found.nash_subsets)) == set(chain(*found.components)) == everything
    assert sum(map(len, found.components)) == len(found)
    for subset in found.nash_subsets:
        assert any(set(subset) <= set(c) for c in found.components)


def test_degenerate_games_are_among_them():
    """The battery is worth little if every game is generic."""
    count = 0
    for number in range(60):
        rng = np.random.default_rng(number)
        width = (1, 2, 4, 9)[number % 4] if number < 59 else 9
        A, B = rng.integers(-width, width + 1, (2, *SHAPES[number])).tolist()
        count += mk.all_equilibria(bimatrix_game(A, B)).degenerate
    assert count >= 20


# Issue 4, "Literature cases to start from".
LITERATURE = {
    # von Stengel (2007), Equilibrium computation for two-player games, in Algorithmic Game Theory
    "von Stengel 3x2": (
        [[3, 3], [2, 5], [0, 6]],
        [[3, 2], [2, 6], [3, 1]],
        fractions("1 0 0|1 0", "4/5 1/5 0|2/3 1/3", "0 1/3 2/3|1/3 2/3"),
    ),
    "von Stengel 3x2, degenerate": (
        [[3, 3], [2, 5], [0, 6]],
        [[3, 3], [2, 6], [3, 1]],
        fractions("1 0 0|1 0", "1 0 0|2/3 1/3", "0 1/3 2/3|1/3 2/3"),
    ),
    "one row dominated weakly": (
        [[-3, 3], [-3, 5]],
        [[2, 7], [4, 2]],
        fractions("0 1|1 0", "2/7 5/7|1 0"),
    ),
    "chicken": (
        [[0, 7], [2, 6]],
        [[0, 2], [7, 6]],
        fractions("1 0|0 1", "0 1|1 0", "1/3 2/3|1/3 2/3"),
    ),
    "prisoners": ([[-1, -3], [0, -2]], [[-1, 0], [-3, -2]], fractions("0 1|0 1")),
    # Shapley (1964): the only equilibrium is uniform
    "Shapley": (
        [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
        [[0, 1, 0], [0, 0, 1], [1, 0, 0]],
        fractions("1/3 1/3 1/3|1/3 1/3 1/3"),
    ),
}


@pytest.mark.parametrize("name", LITERATURE)
def test_literature(name):
    A, B, expected = LITERATURE[name]
    found = mk.all_equilibria(bimatrix_game(A, B), exact=True)
    assert as_set(found) == expected
    assert bimatrix.extreme_equilibria(A, B) == expected
    check(found, A, B)


def test_naive_ties_cycle():
    """Issue 4: lexicographic rules are needed here."""
    A, B = [[0, 0, 0], [0, 1, 1], [1, 1, 0]], [[1, 0, 1], [1, 1, 0], [0, 0, 2]]
    found = mk.all_equilibria(bimatrix_game(A, B), exact=True)
    assert as_set(found) == bimatrix.extreme_equilibria(A, B)
    assert found.degenerate


def test_morra_has_four_extreme_equilibria():
    found = mk.all_equilibria("morra_two_finger", exact=True)
    assert len(found) == 4
    A = mk.load_game("morra_two_finger").exact_payoffs
    check(found, A[0].tolist(), A[1].tolist())


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5])
def test_identity_coordination(n):
    """2^n - 1: one uniform mixture for every set of actions."""
    eye = np.eye(n, dtype=int).tolist()
    found = mk.all_equilibria(bimatrix_game(eye, eye), exact=True)
    assert len(found) == 2**n - 1
    for x, y in found.exact_profiles:
        support = [z for z in x if z]
        assert x == y
        assert set(support) == {Fraction(1, len(support))}
    assert not found.degenerate


def test_von_stengels_75():
    """von Stengel (1999): the most known for 6x6."""
    found = mk.all_equilibria("von_stengel_6x6", exact=True)
    assert len(found) == 75
    assert not found.degenerate
    payoffs = mk.load_game("von_stengel_6x6").exact_payoffs
    check(found, payoffs[0].tolist(), payoffs[1].tolist())
    assert [len(c) for c in found.components] == [1] * 75


@pytest.mark.parametrize("shape", [(1, 1), (2, 2), (3, 2), (4, 4)])
def test_zero_game(shape):
    """Everything is an equilibrium: the extreme ones are the pure ones, in one subset."""
    zero = np.zeros(shape, int).tolist()
    found = mk.all_equilibria(bimatrix_game(zero, zero), exact=True)
    m, n = shape
    assert as_set(found) == {
        (
            tuple(Fraction(int(i == a)) for i in range(m)),
            tuple(Fraction(int(j == b)) for j in range(n)),
        )
        for a in range(m)
        for b in range(n)
    }
    assert found.nash_subsets == found.components == (tuple(range(m * n)),)
    assert found.degenerate == (m * n > 1)


@pytest.mark.parametrize("factor", ["1/1000000000", "1000000000"])
def test_scale_changes_nothing(factor):
    A, B, expected = LITERATURE["von Stengel 3x2"]
    A, B = ([[Fraction(x) * Fraction(factor) for x in row] for row in M] for M in (A, B))
    assert as_set(mk.all_equilibria(bimatrix_game(A, B), exact=True)) == expected


def test_floats_count_as_the_decimals_they_print_as():
    """0.1 + 0.2 != 0.3 in floats; as decimals the columns are equal and the game degenerate."""
    A = [[0.3, 0.1], [0.3, 0.7]]
    found = mk.all_equilibria(bimatrix_game(A, A), exact=True)
    as_fractions = [[Fraction(str(x)) for x in row] for row in A]
    assert as_set(found) == bimatrix.extreme_equilibria(as_fractions, as_fractions)
    assert found.degenerate


def test_without_exact_there_are_floats_only():
    found = mk.all_equilibria("chicken")
    assert found.exact_profiles is None
    assert all(x.dtype == np.float64 for profile in found for x in profile)
    assert len(found.certificates) == len(found) == 3
    assert [p[0].tolist() for p in found] == [found[i][0].tolist() for i in range(3)]


def test_the_generator_gives_the_same():
    listed = {tuple(map(tuple, p)) for p in mk.all_equilibria("von_stengel_6x6")}
    assert {tuple(map(tuple, p)) for p in mk.iter_equilibria("von_stengel_6x6")} == listed
    generator = mk.iter_equilibria("von_stengel_6x6")
    assert mk.nash_conv("von_stengel_6x6", next(generator)) < 1e-9


def test_an_extensive_game_stands_for_its_reduced_normal_form():
    game = mk.load_game("beer_quiche")
    found = mk.all_equilibria(game, exact=True)
    payoffs = game.to_normal_form().exact_payoffs
    assert as_set(found) == bimatrix.extreme_equilibria(*payoffs.tolist())


def brute_force_bicliques(edges):
    lefts, rights = ({e[k] for e in edges} for k in (0, 1))
    index = {edge: i for i, edge in enumerate(edges)}

    def subsets(things):
        return chain(*(combinations(sorted(things), k) for k in range(1, len(things) + 1)))

    complete = {
        frozenset(index[a, b] for a in some for b in others)
        for some in subsets(lefts)
        for others in subsets(rights)
        if all((a, b) in index for a in some for b in others)
    }
    maximal = [c for c in complete if not any(c < other for other in complete)]
    return tuple(sorted(tuple(sorted(c)) for c in maximal))


def brute_force_components(edges):
    groups = [{i} for i in range(len(edges))]
    changed = True
    while changed:
        changed = False
        for a, b in combinations(groups, 2):
            if any(edges[i][k] == edges[j][k] for i in a for j in b for k in (0, 1)):
                groups = [g for g in groups if g not in (a, b)] + [a | b]
                changed = True
                break
    return tuple(sorted(tuple(sorted(g)) for g in groups))


@pytest.mark.parametrize("seed", range(40))
def test_bicliques_and_components_by_brute_force(seed):
    rng = np.random.default_rng(seed)
    m, n = rng.integers(1, 6, 2)
    grid = rng.random((m, n)) < rng.uniform(0.2, 0.9)
    edges = [(int(a), int(b)) for a, b in np.argwhere(grid)]
    rng.shuffle(edges)
    edges = [tuple(e) for e in edges]
    assert maximal_bicliques(edges) == brute_force_bicliques(edges)
    assert components(edges) == brute_force_components(edges)


def test_subsets_are_exchangeable():
    """Mixtures of strategies within a subset are equilibria; across subsets some are not."""
    game = bimatrix_game([[1, 1], [1, 0]], [[1, 1], [1, 0]])
    found = mk.all_equilibria(game, exact=True)
    assert len(found) == 3
    assert found.components == ((0, 1, 2),)
    assert sorted(map(len, found.nash_subsets)) == [2, 2]
    for subset in found.nash_subsets:
        for i in subset:
            for j in subset:
                x = (found[i][0] + found[j][0]) / 2
                y = (found[i][1] + found[j][1]) / 2
                assert mk.nash_conv(game, [x, y]) < 1e-12


def test_solve_gives_the_first_and_counts():
    solution = mk.solve("chicken")
    assert solution.method == "vertex_enumeration"
    assert solution.note.startswith("1 of 3 extreme equilibria; the game is nondegenerate")
    assert sum(np.count_nonzero(x) for x in solution.profile) == 2  # pure ones first
    assert mk.solve("prisoners_dilemma").note.startswith("the only equilibrium")
    assert "degenerate" in mk.solve("degenerate_2x2").note


def interrupt_after(monkeypatch, count):
    """Ctrl-C once so many blocks of vertices have been enumerated."""
    original = Polytope.blocks
    seen = 0

    def blocks(self):
        nonlocal seen
        for block in original(self):
            seen += 1
            if seen == count:
                os.kill(os.getpid(), signal.SIGINT)
            yield block

    monkeypatch.setattr(Polytope, "blocks", blocks)
    monkeypatch.setattr(vertex_block, "PYTHON_BLOCK", 10)
    monkeypatch.setattr(limits, "TINY", 10**9)
    monkeypatch.setattr(vertex_enumeration, "_KERNELS", "")


def test_ctrl_c_returns_what_was_found(monkeypatch):
    everything = {tuple(map(tuple, p)) for p in mk.all_equilibria("von_stengel_6x6")}
    interrupt_after(monkeypatch, 12 + 7)  # of 12 blocks on each side
    found = mk.all_equilibria("von_stengel_6x6", exact=True)
    assert not found.complete
    assert found.status is mk.Status.INTERRUPTED
    assert 0 < len(found) < 75
    assert {tuple(map(tuple, p)) for p in found} < everything
    assert np.all(found.certificates < 1e-9)


def test_ctrl_c_before_the_first_equilibrium(monkeypatch):
    """Nothing found, nothing lost: an empty set that says that it is not complete."""
    interrupt_after(monkeypatch, 1)
    found = mk.all_equilibria("prisoners_dilemma", exact=True)
    assert not found.complete
    assert found.status is mk.Status.INTERRUPTED
    assert len(found) == 0
    assert "INTERRUPTED" in repr(found)


@pytest.mark.parametrize("count", [1, 19])
def test_ctrl_c_in_solve(monkeypatch, count):
    """A profile has to be returned: without one, the interruption itself is the answer."""
    interrupt_after(monkeypatch, count)
    if count == 1:
        with pytest.raises(KeyboardInterrupt):
            mk.solve("von_stengel_6x6", "vertex_enumeration")
        return
    solution = mk.solve("von_stengel_6x6", "vertex_enumeration")
    assert solution.status is mk.Status.INTERRUPTED
    assert solution.nash_conv < 1e-9


def test_the_handler_is_put_back():
    before = signal.getsignal(signal.SIGINT)
    mk.all_equilibria("chicken")
    assert signal.getsignal(signal.SIGINT) is before


def test_progress_goes_to_stderr(capsys):
    found = mk.all_equilibria("chicken", progress=True)
    assert len(found) == 3
    assert capsys.readouterr().out == ""


def test_three_players_are_refused():
    with pytest.raises(mk.UnsupportedGameError, match=r"needs two players, and .* has 3"):
        mk.all_equilibria("mckelvey_mclennan", "vertex_enumeration")
    with pytest.raises(mk.UnsupportedGameError, match="two players"):
        mk.solve("mckelvey_mclennan", "vertex_enumeration")
    with pytest.raises(mk.UnsupportedGameError, match="two players"):
        mk.degeneracy("mckelvey_mclennan")


def test_three_players_go_to_support_enumeration(monkeypatch):
    """tests/solve/many_players/ looks at what is found there; its kernels take long to compile."""
    calls = []
    monkeypatch.setattr(isolated, "isolated_equilibria", lambda *given: calls.append(given))
    monkeypatch.setattr(isolated, "iter_isolated", lambda game: calls.append((game,)))
    game = mk.load_game("mckelvey_mclennan")
    mk.all_equilibria(game, exact=True)
    mk.all_equilibria(game, "support_enumeration")
    mk.iter_equilibria(game)
    assert calls == [(game, True, False), (game, False, False), (game,)]


def test_large_games_are_refused_with_an_estimate():
    game = mk.NormalFormGame(np.zeros((2, 40, 40)))
    with pytest.raises(mk.GameTooLargeError, match=r"40 x 40.* more than 20,000.* years.* raise"):
        mk.all_equilibria(game)
    with pytest.raises(mk.GameTooLargeError, match="40 x 40"):
        next(mk.iter_equilibria(game))
    with pytest.raises(mk.GameTooLargeError, match=r"20 x 20.* more than 10,000,000.* seconds"):
        mk.all_equilibria(mk.NormalFormGame(np.zeros((2, 20, 20))))
    with pytest.raises(mk.GameTooLargeError, match="40 x 40"):
        mk.degeneracy(game)


@pytest.mark.parametrize("size", [12, 14, 16, 18])
def test_games_that_pass(size):
    limits.check_size(mk.NormalFormGame(np.zeros((2, size, size))), None)


def test_the_callers_limit():
    game = mk.load_game("von_stengel_6x6")
    assert len(mk.all_equilibria(game, max_vertices=112)) == 75
    with pytest.raises(mk.GameTooLargeError, match="112 vertices, more than 111"):
        mk.all_equilibria(game, max_vertices=111)
    for limit in (0, -1, 1.5, True, "many"):
        with pytest.raises(mk.InvalidOptionError, match="max_vertices is"):
            mk.all_equilibria(game, max_vertices=limit)
    with pytest.raises(mk.InvalidOptionError, match="vertex enumeration"):
        mk.all_equilibria(game, "pure", max_vertices=10)


def test_unknown_method():
    with pytest.raises(mk.UnknownNameError, match="vertex_enumeration"):
        mk.all_equilibria("chicken", "vertex_enumeratoin")
    with pytest.raises(mk.UnknownNameError, match="None"):
        mk.iter_equilibria("chicken", None)


def test_printed_forms():
    found = mk.all_equilibria("chicken", exact=True)
    text = repr(found)
    assert "3 extreme in 3 components" in text
    assert "(1/3, 2/3)  |  (1/3, 2/3)" in text
    assert "<table>" in found._repr_html_()
    plain = found.to_dict()
    assert plain["complete"] is True
    assert len(plain["equilibria"]) == 3


@pytest.mark.parametrize("name", ["degenerate_2x2", "morra_two_finger", "matching_pennies"])
def test_the_witness_is_one(name):
    found, known = mk.all_equilibria(name), mk.degeneracy(name)
    assert (known is not None) == found.degenerate == (found.witness is not None)
    if known is None:
        assert found.to_dict()["witness"] is None
        return
    check_witness(known, mk.load_game(name))
    check_witness(found.witness, mk.load_game(name))
    assert f"yes: {found.witness}" in repr(found)
    assert found.to_dict()["witness"]["best_replies"] == list(found.witness.best_replies)


def check_witness(witness, game):
    """More pure best replies than actions played, in exact arithmetic."""
    payoffs = game.exact_payoffs[1 - witness.player]
    payoffs = payoffs.T if witness.player == 0 else payoffs
    replies = bimatrix.best_replies(payoffs.tolist(), witness.exact_strategy)
    assert set(witness.best_replies) == replies
    assert len(replies) > len(bimatrix.played(witness.exact_strategy))
    assert sum(witness.exact_strategy) == 1
    assert witness.strategy.tolist() == [float(z) for z in witness.exact_strategy]


@pytest.mark.parametrize("number", range(0, 60, 3))
def test_witnesses_of_random_games(number):
    rng = np.random.default_rng(number)
    game = bimatrix_game(*rng.integers(-2, 3, (2, *SHAPES[number])).tolist())
    witness = mk.degeneracy(game)
    if witness is None:
        assert not mk.all_equilibria(game).degenerate
        assert len(mk.all_equilibria(game)) % 2 == 1
    else:
        check_witness(witness, game)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(300))
def test_three_hundred_games_against_brute_force(number):
    rng = np.random.default_rng([5, number])
    shape = tuple(rng.integers(2, 7, 2)) if number % 10 else (6, 6)
    A, B = rng.integers(*((0, 2), (-1, 2), (-2, 3), (-10, 11))[number % 4], (2, *shape)).tolist()
    found = mk.all_equilibria(bimatrix_game(A, B), exact=True)
    assert as_set(found) == bimatrix.extreme_equilibria(A, B)
    check(found, A, B)
