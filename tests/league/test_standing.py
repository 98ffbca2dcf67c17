"""The empirical game that a log says, against a slow and obvious twin."""

import itertools
import math

import numpy as np
import pytest

import marl_kit as mk
from marl_kit.games.load import as_game
from marl_kit.league.constant_sum import constant_sum_of
from marl_kit.league.counts import Cell, Cells
from marl_kit.league.log import MatchLog
from marl_kit.league.loss import Bound, best_members_gain, kind_of
from marl_kit.league.meta import meta_mixture
from marl_kit.league.records import GATE, Block, Member, Run
from marl_kit.league.standing import Standing, intervals, standing
from marl_kit.play.match import GameRecord
from tests.league.test_log import append
from tests.reference.league import table_mean

BOUNDS = (-3.0, 5.0)


def random_log(players, members, blocks, seed):
    """A log of made-up games, and the same games as ids and payoffs by seat."""
    rng = np.random.default_rng(seed)
    who = [Member(i, f"m{i}", "random", "spec") for i in range(1, members + 1)]
    log, games, entered = MatchLog(None), [], []
    log.begin(Run("any", 1, 1, "round_robin"))
    for member in who:
        log.add_member(member)
    tables = list(itertools.combinations_with_replacement(who, players))
    for number in range(blocks):
        table = tables[rng.integers(len(tables))]
        purpose = GATE if rng.random() < 0.2 else "evaluate"
        records = []
        for k in range(players):
            seats = tuple((s - k) % players for s in range(players))
            payoffs = tuple(rng.integers(-3, 6, size=players).astype(float))
            records.append(GameRecord(seats, (0,), payoffs))
            if purpose != GATE:
                games.append(([table[i].id for i in seats], payoffs))
        entered.append(Block(table, number, ("s",), records, purpose))
    append(log, *entered)
    return log, games


@pytest.mark.parametrize(("players", "members"), [(2, 4), (3, 3), (3, 5)])
def test_against_the_twin(players, members):
    log, games = random_log(players, members, 60, seed=players + members)
    ids = list(range(members, 1, -1))  # any order, and not everybody
    at = standing(log.cells(players), ids, players, BOUNDS, None)
    assert at.mean.shape == (members - 1,) * players
    assert at.ids == tuple(ids)
    assert not at.exact.any()
    for index in np.ndindex(at.mean.shape):
        mean, n, deviations = table_mean(games, tuple(ids[i] for i in index))
        assert at.games[index] == n
        np.testing.assert_allclose(at.mean[index], mean)
        error = math.sqrt(deviations + 16.0) / n if n else math.inf  # half the range, squared
        np.testing.assert_allclose(at.stderr[index], error)
    assert at.known().any()
    assert not at.known().all() or (players, members) != (3, 5)


def test_the_rest_of_the_table_is_in_any_order():
    log, _ = random_log(3, 4, 80, seed=2)
    at = standing(log.cells(3), [1, 2, 3, 4], 3, BOUNDS, None)
    np.testing.assert_array_equal(at.mean, at.mean.swapaxes(1, 2))
    np.testing.assert_array_equal(at.games, at.games.swapaxes(1, 2))


def test_a_constant_sum_says_what_copies_get():
    cells = [Cell((1, 2), 4, (8.0, 4.0), (20.0, 12.0)), Cell((2, 1), 1, (1.0, 2.0), (1.0, 4.0))]
    at = standing(Cells.of(cells, 2), [1, 2], 2, (0.0, 3.0), 3.0)
    np.testing.assert_allclose(at.mean, [[1.5, 2.0], [1.0, 1.5]])
    assert at.exact.tolist() == [[True, False], [False, True]]
    assert at.stderr[0, 0] == 0
    free = standing(Cells.of(cells, 2), [1, 2], 2, (0.0, 3.0), None)
    assert np.isnan(np.diagonal(free.mean)).all()
    assert np.isinf(np.diagonal(free.stderr)).all()
    with pytest.raises(mk.InvalidOptionError, match="copies of a member"):
        meta_mixture(free, "nash")


@pytest.mark.parametrize(
    ("game", "total"),
    [
        ("tic_tac_toe", 0.0),
        ("openspiel:tic_tac_toe", 0.0),
        ("kuhn_poker(players=3)", 0.0),
        ("openspiel:leduc_poker", 0.0),
        ("openspiel:bargaining", None),
        ("chicken", None),
        (mk.NormalFormGame.from_bimatrix([[5, 0], [2, 5]], [[0, 5], [3, 0]]), 5.0),
        (mk.NormalFormGame(np.ones((3, 2, 2, 2))), 3.0),
    ],
)
def test_what_payoffs_sum_to(game, total):
    assert constant_sum_of(as_game(game)) == total


@pytest.mark.parametrize("exact", [True, False])
def test_two_members_do_not_make_a_game_constant_sum(exact):
    """Whoever cooperates and whoever defects always share 5 points; two cooperators have 6."""
    game = mk.NormalFormGame.from_bimatrix([[3, 0], [5, 1]], [[3, 5], [0, 1]])
    players = {"x": Always(0), "y": Always(1)}
    options = dict(oracle="q_learning(episodes=5)", evaluation_games=2, exact=exact)
    with mk.League(game, "psro", players, **options) as league:
        league.train(waves=1)
        at = league._pool.standing()
        np.testing.assert_allclose(at.mean[:2, :2], [[3, 0], [5, 1]])
        assert league.meta_strategy()["x"] < 0.01


class Always:
    """One action of a matrix game."""

    def __init__(self, action):
        self.action = action

    def act(self, state, rng):
        return self.action

    def probabilities(self, state):
        return {self.action: 1.0}


def test_computed_cells_are_means_over_seats():
    game = mk.load_game("kuhn_poker(players=3)")
    specs = ["random", "solver:cfr+(iterations=5)", "solver:cfr+(iterations=40)"]
    options = dict(oracle="cfr(iterations=5)", meta_solver="uniform", exact=True)
    with mk.League(game, "psro", specs, **options) as league:
        league.train(waves=1)
        at = league._pool.standing()
        players = [league._population.cast.player(m) for m in league._pool.members()]
    assert at.exact.all()
    assert len(players) == 4
    cells = {
        seats: mk.expected_values(game, [players[i] for i in seats])
        for seats in itertools.product(range(4), repeat=3)
    }
    for table in itertools.product(range(4), repeat=3):
        got = [
            values[s]
            for seats, values in cells.items()
            for s in range(3)
            if seats[s] == table[0] and sorted([*seats[:s], *seats[s + 1 :]]) == sorted(table[1:])
        ]
        assert at.mean[table] == pytest.approx(np.mean(got), abs=1e-12)


def test_computed_beats_played():
    cells = [Cell((1, 2), 4, (8.0, 4.0), (20.0, 12.0)), Cell((1, 2), 0, (0.5, 0.5), (0.25, 0.25))]
    at = standing(Cells.of(cells, 2), [1, 2], 2, BOUNDS, None)
    assert (at.mean[0, 1], at.games[0, 1], at.stderr[0, 1]) == (0.5, 0, 0.0)
    assert at.exact[0, 1]


def test_intervals_stay_within_the_bounds():
    log, _ = random_log(2, 3, 30, seed=4)
    at = standing(log.cells(2), [1, 2, 3], 2, BOUNDS, None)
    low, high = intervals(at, BOUNDS)
    known = at.known()
    assert (low[known] >= BOUNDS[0]).all()
    assert (high[known] <= BOUNDS[1]).all()
    assert ((low <= at.mean) & (at.mean <= high))[known].all()
    assert np.isnan(low[~known]).all()


# ---- what is to be played

RPS = np.array([[0.0, -1.0, 1.0], [1.0, 0.0, -1.0], [-1.0, 1.0, 0.0]])


def given(mean, constant_sum=0.0):
    ids = tuple(range(1, len(mean) + 1))
    zeros = np.zeros(mean.shape)
    return Standing(ids, mean, zeros.astype(int), zeros, zeros == 0, constant_sum)


def test_the_mixture_of_rock_paper_scissors_loses_nothing():
    mixture = meta_mixture(given(RPS), "nash")
    np.testing.assert_allclose(mixture, 1 / 3)
    loss = best_members_gain(given(RPS), mixture)
    assert loss == pytest.approx(0, abs=1e-12)
    assert best_members_gain(given(RPS), np.array([1.0, 0, 0])) == 1.0


def test_a_game_without_a_constant_sum_has_one_mixture_for_everybody():
    """Chicken has pure equilibria in which the players differ; one population plays the mixed one,
    and the solver that is made for it finds a symmetric answer."""
    chicken = np.array([[0.0, 7.0], [2.0, 6.0]])
    mixture = meta_mixture(given(chicken, None), "nash")
    np.testing.assert_allclose(mixture, [1 / 3, 2 / 3], atol=0.02)


def test_bounds_are_floats_that_say_what_they_are():
    bound = Bound(0.25, "an estimate")
    assert (bound + 1, bound.value, kind_of(bound), kind_of(0.25)) == (
        1.25, 0.25, "an estimate", "exact",
    )  # fmt: skip
    assert repr(bound) == "0.25 (an estimate)"
