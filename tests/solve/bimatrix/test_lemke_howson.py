"""Lemke and Howson's paths, pivot by pivot: exact arithmetic, the literature, QuantEcon."""

from fractions import Fraction

import numpy as np
import pytest

import marl_kit as mk
from marl_kit.solve.bimatrix import lemke_howson, lemke_howson_path
from marl_kit.solve.bimatrix.lemke_howson_exact import exact_path
from marl_kit.solve.bimatrix.lemke_howson_path import FloatPath, float_path
from tests.reference import bimatrix

A, B = [[3, 3], [2, 5], [0, 6]], [[3, 2], [2, 6], [3, 1]]
FIRST, MIDDLE, LAST = "1 0 0|1 0", "4/5 1/5 0|2/3 1/3", "0 1/3 2/3|1/3 2/3"
CERTIFIED = 1e-11
"""NashConv of a float path, as a share of the payoff range."""


def exact(text):
    return [[Fraction(z) for z in side.split()] for side in text.split("|")]


def von_stengel(b=2):
    changed = [[3, b], *B[1:]]
    return mk.NormalFormGame.from_bimatrix(A, changed, name="von Stengel")


@pytest.mark.parametrize("arithmetic", [False, True])
def test_von_stengel(arithmetic):
    """Von Stengel (2007), figure 3.1 and section 3.4: the middle equilibrium is never reached."""
    game = von_stengel()
    ends = [FIRST, LAST, FIRST, FIRST, LAST]
    for label, (pivots, end) in enumerate(zip([2, 4, 3, 2, 4], ends, strict=True)):
        solution = mk.solve(game, "lemke_howson", label=label, exact=arithmetic)
        assert solution.note.startswith(f"label {label}, {pivots} pivots")
        assert ("exact" in solution.note) is arithmetic
        assert solution.status is mk.Status.SOLVED
        for x, z in zip(solution.profile, exact(end), strict=True):
            assert x == pytest.approx([float(v) for v in z], abs=1e-15)
    found = mk.all_equilibria(game, exact=True)
    assert sorted(found.exact_profiles) == sorted(map(exact, (FIRST, MIDDLE, LAST)))


def check_against_exact(game, most=10_000):
    """Every label: the float path takes the pivots of the exact one, to an equilibrium."""
    A, B = game.exact_payoffs
    for label in range(sum(game.num_actions)):
        floats = float_path(game, label, most)
        path = exact_path(game.exact_payoffs, label, most)
        assert floats.ended
        assert path.ended
        assert floats.pivots == path.pivots
        assert bimatrix.is_equilibrium(A, B, *map(tuple, path.profile))
        for x, z in zip(floats.profile, path.profile, strict=True):
            assert x == pytest.approx([float(v) for v in z], abs=1e-11)
        assert mk.nash_conv(game, floats.profile) <= CERTIFIED * game.info.payoff_range


def test_degenerate_von_stengel():
    """With B[0, 1] = 3 both columns are best replies to the first row."""
    game = von_stengel(3)
    check_against_exact(game)
    extreme = mk.all_equilibria(game, exact=True).exact_profiles
    assert len(extreme) == 3
    for path in mk.lemke_howson_all(game, exact=True):
        assert path.exact_profile in extreme


def test_ties_that_cycle_without_care():
    """The least index of a tie leads this game in a circle."""
    tied = mk.NormalFormGame.from_bimatrix(
        [[0, 0, 0], [0, 1, 1], [1, 1, 0]], [[1, 0, 1], [1, 1, 0], [0, 0, 2]]
    )
    check_against_exact(tied)
    paths = mk.lemke_howson_all(tied)
    assert all(path.status is mk.Status.SOLVED for path in paths)
    assert paths.pivots == [7, 4, 4, 5, 4, 4]


def random_game(number, largest):
    """Payoffs in small ranges, so that many games are degenerate."""
    rng = np.random.default_rng(number)
    width = (1, 2, 4, 9)[number % 4]
    return mk.NormalFormGame(rng.integers(-width, width + 1, (2, *rng.integers(1, largest, 2))))


@pytest.mark.parametrize("number", range(60))
def test_random_games_pivot_by_pivot(number):
    check_against_exact(random_game(number, 7))


@pytest.mark.slow
@pytest.mark.parametrize("number", range(300))
def test_more_random_games_pivot_by_pivot(number):
    check_against_exact(random_game(1_000 + number, 13))


def test_von_stengel_6x6():
    """75 equilibria; the paths are long for the size."""
    check_against_exact(mk.load_game("von_stengel_6x6"))


@pytest.mark.slow
def test_quantecon_takes_the_same_pivots():
    game_theory = pytest.importorskip("quantecon.game_theory")
    for seed in range(6):
        payoffs = np.random.default_rng(seed).normal(size=(2, 40, 30))
        game = mk.NormalFormGame(payoffs)
        players = [game_theory.Player(payoffs[0]), game_theory.Player(payoffs[1].T.copy())]
        for label in (0, 17, 55):
            profile, result = game_theory.lemke_howson(
                game_theory.NormalFormGame(players), init_pivot=label, full_output=True
            )
            path = float_path(game, label, 10**6)
            assert path.pivots == result.num_iter
            assert path.ended
            for x, z in zip(path.profile, profile, strict=True):
                assert x == pytest.approx(z, abs=1e-9)
            assert mk.nash_conv(game, path.profile) < CERTIFIED * game.info.payoff_range


def test_long_paths_stay_exact():
    """Rounding does not pile up: 12,191 pivots."""
    game = mk.NormalFormGame(np.random.default_rng(2).normal(size=(2, 100, 100)))
    solution = mk.solve(game, "lemke_howson")
    assert "12,191 pivots" in solution.note
    assert solution.nash_conv < 1e-13 * game.info.payoff_range


@pytest.mark.parametrize("size", [39, 40, 41, 100])
def test_full_supports_need_more_room(size):
    """Hide and seek: every place is used, so the basis outgrows its first room."""
    game = mk.NormalFormGame.from_bimatrix(np.eye(size))
    for label in (0, 2 * size - 1):
        solution = mk.solve(game, "lemke_howson", label=label)
        assert np.abs(np.array(solution.profile) - 1 / size).max() < 1e-13
        assert solution.nash_conv < 1e-13


@pytest.mark.parametrize(("scale", "shift"), [(1e-9, 0.0), (1e9, 0.0), (1.0, 1e6), (1e9, -1e12)])
def test_units_do_not_matter(scale, shift):
    payoffs = np.random.default_rng(3).integers(-9, 10, (2, 8, 9))
    plain = mk.lemke_howson_all(mk.NormalFormGame(payoffs))
    moved = mk.NormalFormGame(payoffs * scale + shift)
    for one, other in zip(plain, mk.lemke_howson_all(moved), strict=True):
        assert one.pivots == other.pivots
        assert other.status is mk.Status.SOLVED
        for x, z in zip(one.profile, other.profile, strict=True):
            assert x == pytest.approx(z, abs=1e-9)


def test_constant_payoffs_and_single_actions():
    for shape in ((3, 4), (1, 1), (1, 5), (5, 1)):
        for payoffs in (np.full((2, *shape), 7.0), np.arange(2.0 * np.prod(shape))):
            game = mk.NormalFormGame(payoffs.reshape(2, *shape))
            for path in mk.lemke_howson_all(game):
                assert path.status is mk.Status.SOLVED
                assert mk.nash_conv(game, path.profile) == 0


def test_blocks_do_not_matter(monkeypatch):
    game = mk.NormalFormGame(np.random.default_rng(6).normal(size=(2, 50, 50)))
    whole = float_path(game, 0, 10**6)
    monkeypatch.setattr(lemke_howson_path, "BLOCK", 7)
    cut = float_path(game, 0, 10**6)
    assert whole.pivots == cut.pivots == 1057
    assert np.array_equal(np.concatenate(whole.profile), np.concatenate(cut.profile))


@pytest.mark.parametrize("arithmetic", [False, True])
def test_unfinished_paths_say_so(arithmetic):
    for pivots in (1, 2, 3):
        solution = mk.solve(
            von_stengel(), "lemke_howson", label=1, max_pivots=pivots, exact=arithmetic
        )
        assert solution.status is mk.Status.ITERATION_LIMIT
        assert "unfinished" in solution.note
        assert solution.nash_conv > 0
        assert [x.sum() for x in solution.profile] == pytest.approx([1, 1])


def lose(monkeypatch):
    def float_path(game, label, max_pivots):
        nothing = [np.full(n, np.nan) for n in game.num_actions]
        return FloatPath(nothing, 3, ended=False, lost=True)

    monkeypatch.setattr(lemke_howson, "float_path", float_path)


def test_lost_paths_are_followed_exactly(monkeypatch):
    lose(monkeypatch)
    solution = mk.solve(von_stengel(), "lemke_howson", label=1)
    assert "4 pivots in exact arithmetic, because rounding had spoilt" in solution.note
    assert solution.status is mk.Status.SOLVED
    assert solution.nash_conv < 1e-15


def test_lost_paths_of_floats_are_no_solutions(monkeypatch):
    lose(monkeypatch)
    solution = mk.solve(mk.NormalFormGame(von_stengel().payoffs), "lemke_howson")
    assert solution.status is mk.Status.INEXACT
    assert "exact=True" in solution.note
    assert solution.nash_conv > 0


def test_a_spoilt_basis_is_noticed(monkeypatch):
    """The kernel looks at the inequalities once more before it calls a basis an equilibrium."""
    original = lemke_howson_path.follow

    def follow(until, label, payoffs, profile, state, first, *rest):
        why = original(until, label, payoffs, profile, state, first, *rest)
        first *= 1.5  # as if rounding had been at work
        return why

    monkeypatch.setattr(lemke_howson_path, "follow", follow)
    monkeypatch.setattr(lemke_howson_path, "BLOCK", 20)
    game = mk.NormalFormGame(np.random.default_rng(6).normal(size=(2, 50, 50)))
    path = float_path(game, 0, 10**6)
    assert path.lost
    assert not path.ended


@pytest.mark.parametrize(
    "options",
    [
        {"label": 5},
        {"label": -1},
        {"label": 1.0},
        {"label": True},
        {"max_pivots": 0},
        {"max_pivots": "many"},
        {"exact": 2},
    ],
)
def test_bad_options(options):
    (name, value), *_ = options.items()
    with pytest.raises(mk.InvalidOptionError, match=f"{name} is {value!r}"):
        mk.solve(von_stengel(), "lemke_howson", **options)


def test_labels_are_explained():
    with pytest.raises(mk.InvalidOptionError, match=r"0 to 2 for the row .* 3 to 4 for the column"):
        mk.solve(von_stengel(), "lemke_howson", label=9)


def test_large_games_are_not_pivoted_exactly():
    game = mk.NormalFormGame(np.zeros((2, 201, 200)))
    with pytest.raises(mk.GameTooLargeError, match=r"201 x 200.* leave exact=False"):
        mk.solve(game, "lemke_howson", exact=True)


def test_all_paths():
    paths = mk.lemke_howson_all(von_stengel(), exact=True)
    assert len(paths) == 5
    assert paths.pivots == [2, 4, 3, 2, 4]
    assert paths[2].exact_profile == exact(FIRST)
    text = repr(paths)
    assert "label 1  4 pivots to (0, 1/3, 2/3)  |  (1/3, 2/3)" in text
    assert "<table>" in paths._repr_html_()
    plain = paths.to_dict()
    assert plain["pivots"] == paths.pivots
    assert plain["status"] == ["SOLVED"] * 5
    assert plain["equilibria"][0] == [[1.0, 0.0, 0.0], [1.0, 0.0]]
    assert len(mk.lemke_howson_all("kuhn_1950")) == sum(
        mk.load_game("kuhn_1950").to_normal_form().num_actions
    )
    with pytest.raises(mk.UnsupportedGameError, match=r"two players, and .* has 3"):
        mk.lemke_howson_all("mckelvey_mclennan")


@pytest.mark.parametrize("seed", range(40))
def test_a_large_payoff_does_not_lead_off_the_path(seed):
    """In floating point alone, ties beside one large payoff were misjudged in such games."""
    rng = np.random.default_rng(seed)
    A, B = rng.integers(-3, 4, (2, *rng.integers(2, 7, 2)))
    A[0, -1] = -(10 ** rng.integers(1, 9))
    game = mk.NormalFormGame.from_bimatrix(A, B)
    found = mk.lemke_howson_all(game)
    assert found.pivots == mk.lemke_howson_all(game, exact=True).pivots
    assert all(mk.nash_conv(game, path.profile) < 1e-9 for path in found)
