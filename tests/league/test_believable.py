"""What a league says may be believed: orders at the table, copies, intervals, games and cycles."""

import itertools

import numpy as np
import pytest

import marl_kit as mk
from marl_kit.league.counts import Cell, Cells
from marl_kit.league.payoffs import wilson
from marl_kit.league.profiles import orders
from marl_kit.league.standing import intervals, standing
from marl_kit.plot.league_report import write_league_report


class Always:
    """One action of a matrix game."""

    def __init__(self, action):
        self.action = action

    def act(self, state, rng):
        return self.action

    def probabilities(self, state):
        return {self.action: 1.0}


def cyclic_game():
    """Three players of different actions: what they get is the sign of the permutation."""
    payoffs = np.zeros((3, 3, 3, 3))
    for order in itertools.permutations(range(3)):
        sign = round(np.linalg.det(np.eye(3)[list(order)]))
        payoffs[(order.index(0), *order)] = sign
        payoffs[(order.index(1), *order)] = -sign
    return mk.NormalFormGame(payoffs)


@pytest.mark.parametrize(("table", "count"), [("ab", 1), ("abc", 2), ("aab", 1), ("abcd", 6)])
def test_orders_are_all_permutations_but_for_rotations(table, count):
    found = orders(tuple(table))
    assert len(found) == count
    turned = {order[k:] + order[:k] for order in found for k in range(len(order))}
    assert turned == set(itertools.permutations(table))


@pytest.mark.parametrize("exact", [True, False])
def test_three_players_sit_in_every_order(exact):
    players = {name: Always(a) for a, name in enumerate("abc")}
    options = dict(exact=exact, oracle="q_learning(episodes=3)", evaluation_games=12)
    with mk.League(cyclic_game(), "fictitious", players, **options) as league:
        league.train(waves=1)
        at = league._pool.standing_of([1, 2, 3])
        assert at.mean[0, 1, 2] == at.mean[0, 2, 1] == pytest.approx(0)
        if not exact:
            assert at.games[0, 1, 2] == 12


def test_further_games_of_three_are_shared_among_the_orders():
    players = {name: Always(a) for a, name in enumerate("abc")}
    options = dict(exact=False, oracle="q_learning(episodes=3)", evaluation_games=3, more_games=60)
    with mk.League(cyclic_game(), "fictitious", players, **options) as league:
        league.train(waves=2)
        blocks = league._log.blocks()
    for order in blocks:
        other = (order[0], order[2], order[1])
        if len(set(order)) == 3:
            assert abs(blocks[order] - blocks.get(other, 0)) <= 1


def test_a_round_robin_invents_nothing_about_copies():
    """Hawk and dove, whose equilibrium depends on what two hawks do to each other."""
    table = np.array([[-25, 50], [0, 15.0]])
    game = mk.NormalFormGame.from_bimatrix(table, table.T)
    players = {"hawk": Always(0), "dove": Always(1)}
    with mk.League(game, "round_robin", players) as league:
        league.train(games=4)
        for look in (league.meta_strategy, league.exploitability):
            with pytest.raises(mk.InvalidOptionError, match="copies of a member"):
                look()
        assert league.rate("nash_average")["player"][0] == "hawk"
        with pytest.raises(mk.InvalidOptionError, match="have not met"):
            league.rate("alpha_rank")
        league.summary()
    with mk.League(game, "double_oracle", players) as league:
        league.train(waves=3)
        loses_to_hawks = league._pool.standing().mean[:, 0] < 0
        assert league.meta_strategy()[loses_to_hawks].sum() == pytest.approx(7 / 12, abs=1e-3)
        assert league.exploitability() < 0.05  # of a range of 75


def test_one_interval_for_all_who_ask():
    with mk.League("tic_tac_toe", "round_robin", ["random", "mcts(simulations=20)"]) as league:
        league.train(games=40)
        table, summary = league.payoffs(), league.summary()
    for row in table.itertuples():
        i, j = summary.names.index(row.a), summary.names.index(row.b)
        assert (row.low, row.high) == (summary.low[i, j], summary.high[i, j])


def test_intervals_of_members_that_always_win_are_wide():
    cells = Cells.of([Cell((1, 2), 20, (20.0, -20.0), (20.0, 20.0))], 2)
    at = standing(cells, [1, 2], 2, (-1.0, 1.0), 0.0)
    low, high = intervals(at, (-1.0, 1.0))
    expected = wilson(np.array([1.0]), np.array([20]), (-1.0, 1.0))
    assert (low[0, 1], high[0, 1]) == (expected[0][0], expected[1][0])
    assert low[0, 1] < 0.7


def test_games_of_three_are_counted_once():
    with mk.League("kuhn_poker(players=3)", "round_robin", ["random", "solver:cfr+(iterations=5)",
                   "solver:cfr+(iterations=50)"]) as league:  # fmt: skip
        league.train(games=60)
        assert league.ratings()["games"].tolist() == [60, 60, 60]
        assert league.payoffs()["games"].tolist() == [60] * 6
        table, summary = league.payoffs(), league.summary()
    for row in table.itertuples():
        i, j = summary.names.index(row.a), summary.names.index(row.b)
        assert row.mean == summary.payoffs[i, j]


def test_played_poker_forgets_by_the_share_of_games_that_are_won():
    options = dict(exact=False, oracle="q_learning(episodes=200)", evaluation_games=30)
    with mk.League("kuhn_poker", "self_play", **options) as league:
        league.train(waves=4)
        summary, counts = league.summary(), league.counts()
    shares = {
        (row.b, row.a): 1 - (row[3] + row[4] / 2) / sum(row[3:]) for row in counts.itertuples()
    }
    assert (summary.forgot >= 0).any()
    for i, j in enumerate(summary.forgot):
        if j >= 0:
            share = shares[summary.names[i], summary.names[j]]
            assert summary.forgetting[i] == pytest.approx(share)


@pytest.mark.parametrize("seed", range(3))
def test_chance_makes_no_cycles(seed):
    players = {f"dice {k}": "random" for k in range(8)}
    with mk.League("tic_tac_toe", "round_robin", players, seed=seed) as league:
        league.train(games=20 * 28)
        assert league.summary().cycles == ()


def test_cycles_that_are_sure_are_told(tmp_path):
    players = {name: Always(a) for a, name in enumerate(["rock", "scissors", "paper"])}
    with mk.League("rock_scissors_paper", "round_robin", players) as league:
        league.train(games=90)
        summary = league.summary()
    assert summary.cycles == ((0, 1, 2),)
    assert summary.cyclic_share == pytest.approx(1)
    write_league_report(summary, tmp_path / "report.html")


def test_copies_of_games_are_counted():
    players = {name: Always(a) for a, name in enumerate(["rock", "scissors"])}
    with mk.League("rock_scissors_paper", "round_robin", players) as league:
        league.train(games=40)
        assert league.summary().facts["evaluation games"] == "40"
        assert league.summary().facts["different games"] == "2"


def test_a_computed_league_matches_by_its_own_strength():
    options = dict(exact=True, oracle="cfr(iterations=2)", matchmaking="elo_proximity(width=50)")
    players = ["random", "solver:cfr+(iterations=1)", "solver:cfr+(iterations=500)"]
    with mk.League("leduc_poker", "pfsp", players, **options) as league:
        league.train(waves=2)
        weights = json_weights(league)
    assert np.ptp(weights) > 0.01


def json_weights(league):
    """Of the last task that a learner was given."""
    import json

    row = league._log._rows("SELECT detail FROM job WHERE kind = 'train' ORDER BY id DESC")[0][0]
    return json.loads(row)[4]


def test_members_of_a_wave_that_goes_on_do_not_count_yet():
    with mk.League("tic_tac_toe", "pfsp", oracle="q_learning(episodes=20)") as league:
        league.train(waves=1)
        stage = league._planner().next_stage()
        league._log.begin_stage(stage)
        job = league._log.open_jobs()[0]
        workshop = league_workshop(league)
        learned = league._population.learned(job, workshop.work(job).answer)
        league._log.finish([(job.id, learned, clock())])
        league._population.joined(learned.member)
        assert len(league.members) == 3
        assert league.meta_strategy().index.tolist() == ["random", "main@1"]
        league.exploitability()
        league.summary()


def league_workshop(league):
    from marl_kit.league.workshop import Workshop

    return Workshop(league._root, league._pool.plans)


def clock():
    from marl_kit.league.records import Clock

    return Clock()


def test_one_player_is_no_league():
    builder = mk.TreeBuilder(1)
    builder.decision((), 0, "alone", ["a", "b"])
    builder.payoff(("a",), [0])
    builder.payoff(("b",), [1])
    with pytest.raises(mk.UnsupportedGameError, match="one player"):
        mk.League(builder.build(), "round_robin")


def test_the_default_preset_takes_three_players():
    with mk.League("kuhn_poker(players=3)") as league:
        assert league.options.meta_solver == "projected_replicator"
        league.train(waves=2)
        assert 0 <= league.exploitability() < 1
