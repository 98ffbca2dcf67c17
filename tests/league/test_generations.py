"""The loop of leagues that learn: stages, tasks, gates, and where it ends."""

import json

import numpy as np
import pytest

import marl_kit as mk
from marl_kit.league.loss import Bound
from tests.league.rows import rows
from tests.reference.league import pfsp

TTT, KUHN = "openspiel:tic_tac_toe", "openspiel:kuhn_poker"
QUICK = dict(oracle="q_learning(episodes=20)", evaluation_games=4, more_games=0)
XY = {"x": "random", "y": "random"}


def stages(folder):
    return [(wave, name) for _, wave, name in rows(folder)["stage"]]


def tasks(folder):
    """``{learner: ({opponent: weight}, parent)}``, by name."""
    found = rows(folder)
    names = {row[0]: row[1] for row in found["policy"]} | {None: None}
    details = [json.loads(detail) for _, _, kind, detail in found["job"] if kind == "train"]
    return {
        name: (dict(zip((names[i] for i in who), weights, strict=True)), names[parent])
        for name, _, _, who, weights, parent, _ in details
    }


def events(folder, kind):
    return [json.loads(detail) for _, _, name, detail in rows(folder)["event"] if name == kind]


def names(league):
    return [member.name for member in league.members]


# ---- stages


def test_the_stages_of_a_wave_in_their_order(tmp_path):
    options = QUICK | dict(more_games=4, gate="score(games=3,least=0)")
    with mk.League(KUHN, "pfsp", XY, tmp_path, exact=False, **options) as league:
        league.train(waves=2)
        assert names(league) == ["x", "y", "main@1", "main@2"]
    assert stages(tmp_path) == [
        (1, "enter"), (1, "train"), (1, "evaluate"), (1, "more"),
        (2, "train"), (2, "gate"), (2, "evaluate"), (2, "more"),
    ]  # fmt: skip
    assert [(wave, kind) for _, wave, kind, _ in rows(tmp_path)["event"]] == [
        (1, "gate"), (1, "solve"), (2, "gate"), (2, "solve"),
    ]  # fmt: skip
    purposes = [row[2] for row in rows(tmp_path)["match"]]
    assert purposes.count("gate") == 2  # three games are two blocks


def test_games_of_newcomers_and_further_ones(tmp_path):
    options = QUICK | dict(evaluation_games=5, more_games=7)
    with mk.League(TTT, "psro", XY, tmp_path, exact=False, **options) as league:
        league.train(waves=2)
        counts = league.counts()
        assert len(counts) == 6
        games = counts[["wins of a", "draws", "wins of b"]].sum(axis=1)
        assert games.min() == 6  # whole blocks
        assert games.sum() == 6 * 6 + 2 * 8
    blocks = {}
    for *_, profile, block, _ in rows(tmp_path)["match"]:
        blocks.setdefault(profile, []).append(block)
    assert all(sorted(own) == list(range(len(own))) for own in blocks.values())


def test_further_games_go_where_the_weight_is(tmp_path):
    """One member is never lost to: the mixture is that member, and the games are its own."""
    players = {"best": "solver:lp", "x": "random", "y": "random"}
    options = QUICK | dict(more_games=60)
    with mk.League(KUHN, "psro", players, tmp_path, exact=False, **options) as league:
        league.train(waves=1)
        favourite = int(league.meta_strategy().to_numpy().argmax()) + 1
    found = rows(tmp_path)
    (stage,) = [number for number, _, name in found["stage"] if name == "more"]
    more = [json.loads(detail) for _, at, _, detail in found["job"] if at == stage]
    assert sum(blocks for _, _, blocks, _ in more) == 30
    assert sum(blocks for ids, _, blocks, _ in more if favourite in ids) > 15


def test_two_lines_of_learners(tmp_path):
    with mk.League(TTT, "self_play", (), tmp_path, learners=2, **QUICK) as league:
        league.train(waves=2)
        made = [(m.name, m.role, m.step, m.parent) for m in league.members[1:]]
    assert made == [
        ("main@1", "main", 1, None), ("main1@1", "main1", 1, None),
        ("main@2", "main", 2, "main@1"), ("main1@2", "main1", 2, "main1@1"),
    ]  # fmt: skip
    assert tasks(tmp_path)["main1@2"] == ({"main1@1": 1.0}, "main1@1")


def test_whoever_joins_late_meets_the_others_first(tmp_path):
    with mk.League(TTT, "fictitious", (), tmp_path, **QUICK) as league:
        league.train(waves=1)
        league.add("random", "late")
        league.train(waves=2)
        assert len(league.counts()) == 6
    assert stages(tmp_path)[2:] == [(2, "enter"), (2, "train"), (2, "evaluate")]
    assert tasks(tmp_path)["main@2"][0].keys() == {"random", "main@1", "late"}


def test_a_name_that_is_taken_gets_another(tmp_path):
    with mk.League(TTT, "self_play", {"main@1": "random"}, tmp_path, **QUICK) as league:
        league.train(waves=1)
        assert names(league) == ["main@1", "main@1-1"]


def test_a_run_that_is_opened_again_goes_on_as_if_it_had_not_stopped(tmp_path):
    options = QUICK | dict(more_games=6, gate="score(games=4,least=0.5)")
    for folder, stops in (("a", (1, 2, 3)), ("b", (3,))):
        with mk.League(KUHN, "pfsp", XY, tmp_path / folder, exact=False, **options) as league:
            league.train(waves=stops[0])
        for waves in stops:
            with mk.League.open(tmp_path / folder) as league:
                assert league.train(waves=waves).waves == waves
    assert rows(tmp_path / "a") == rows(tmp_path / "b")


def test_games_are_counted_between_waves():
    with mk.League(TTT, "fictitious", **QUICK) as league:
        done = league.train(games=5)
        assert (done.waves, done.games_in_all) == (2, 4 + 8)


# ---- whom a learner is given


def test_self_play_meets_its_newest_self_alone(tmp_path):
    with mk.League(TTT, "self_play", (), tmp_path, **QUICK) as league:
        league.train(waves=3)
    assert tasks(tmp_path) == {
        "main@1": ({"random": 1.0}, None),
        "main@2": ({"main@1": 1.0}, "main@1"),
        "main@3": ({"main@2": 1.0}, "main@2"),
    }


def test_fictitious_play_meets_everybody_alike(tmp_path):
    with mk.League(TTT, "fictitious", (), tmp_path, **QUICK) as league:
        league.train(waves=3)
    opponents, parent = tasks(tmp_path)["main@3"]
    assert parent == "main@2"
    assert opponents == pytest.approx(dict.fromkeys(["random", "main@1", "main@2"], 1 / 3))


def test_pfsp_by_its_formula(tmp_path):
    """Half the newest, half by the squared share of lost games of the newest learner."""
    with mk.League(TTT, "pfsp", XY, tmp_path, **QUICK) as league:
        league.train(waves=2)
        points, members = points_of(league, "main@2"), names(league)
        games = [0 if name == "main@2" else 4 for name in members]
        league.train(waves=3)
    opponents, _ = tasks(tmp_path)["main@3"]
    won = [points.get(name, 0.0) for name in members]
    expected = [float(w) / 2 for w in pfsp(won_halves(won), games, "squared")]
    expected[members.index("main@2")] += 0.5
    assert opponents == pytest.approx(dict(zip(members, expected, strict=True)))


def points_of(league, name):
    """Points of a member by opponent."""
    found = {}
    for a, b, wins, draws, losses in league.counts().itertuples(index=False):
        if a == name:
            found[b] = wins + draws / 2
        elif b == name:
            found[a] = losses + draws / 2
    return found


def won_halves(points):
    from fractions import Fraction

    return [Fraction(x) for x in points]


@pytest.mark.parametrize("preset", ["psro", "double_oracle"])
def test_psro_meets_the_meta_strategy(tmp_path, preset):
    with mk.League(KUHN, preset, (), tmp_path, **{"exact": True}) as league:
        league.train(waves=3)
        by_id = {m.id: m.name for m in league.members}
    solved = events(tmp_path, "solve")
    for wave in (2, 3):
        meta = {by_id[int(i)]: w for i, w in solved[wave - 2]["meta"].items()}
        assert tasks(tmp_path)[f"main@{wave}"][0] == pytest.approx(meta)


@pytest.mark.parametrize(
    "matchmaking", ["latest(p=0.7)", "nash", "elo_proximity", "0.5*uniform + 0.5*latest"]
)
@pytest.mark.parametrize("exact", [True, False])
def test_every_matchmaking_goes_with_every_kind_of_pay_off(matchmaking, exact):
    options = QUICK | dict(matchmaking=matchmaking, exact=exact)
    with mk.League(KUHN, "pfsp", XY, **options) as league:
        assert league.train(waves=3).waves == 3
        assert league.meta_strategy().sum() == pytest.approx(1)


# ---- gates


def test_a_gate_that_nobody_passes(tmp_path):
    options = QUICK | dict(gate="score(games=6,least=1)")
    with mk.League(TTT, "self_play", (), tmp_path, **options) as league:
        league.train(waves=3)
        assert names(league) == ["random", "main@1", "main@2", "main@3"]
        assert league.meta_strategy().index.tolist() == ["random", "main@1"]
        assert not league.payoffs()["a"].isin(["main@2", "main@3"]).any()  # gate games count not
        assert league.summary().pool.tolist() == [True, True, False, False]
    assert [(e["member"], e["accepted"], e["games"]) for e in events(tmp_path, "gate")] == [
        (2, True, 0), (3, False, 6), (4, False, 6),
    ]  # fmt: skip
    assert tasks(tmp_path)["main@3"] == ({"main@1": 1.0}, "main@1")


def test_a_gate_that_everybody_passes(tmp_path):
    options = QUICK | dict(gate="score(games=2,least=0)")
    with mk.League(TTT, "self_play", (), tmp_path, **options) as league:
        league.train(waves=3)
        assert league.meta_strategy().index.tolist() == names(league)
    assert tasks(tmp_path)["main@3"][1] == "main@2"


@pytest.mark.parametrize(
    ("order", "accepted"),
    [("random|mcts(simulations=60)", True), ("mcts(simulations=60)|random", False)],
)
def test_a_sequential_test_lets_the_stronger_pass(tmp_path, order, accepted):
    options = dict(
        oracle=f"scripted(players={order})",
        gate="sprt(elo0=0,elo1=200,games=200)",
        evaluation_games=2,
    )
    with mk.League("tic_tac_toe", "self_play", (), tmp_path, **options) as league:
        league.train(waves=2)
    _, verdict = events(tmp_path, "gate")
    assert verdict["accepted"] is accepted
    assert 0 < verdict["games"] < 200  # it was sure before
    assert verdict["games"] == 2 * sum(row[2] == "gate" for row in rows(tmp_path)["match"])


# ---- where it ends


@pytest.mark.parametrize(
    "game", [KUHN, "kuhn_poker", mk.NormalFormGame.from_bimatrix(np.eye(5) - np.eye(5)[::-1] * 2)]
)
def test_double_oracle_ends_in_an_equilibrium(game):
    with mk.League(game, "double_oracle") as league:
        done = league.train(waves=60)
        assert done.status is mk.Status.CONVERGED
        assert done.waves < 60
        assert done.games_in_all == 0
        assert league.exploitability() == pytest.approx(0, abs=1e-9)
        assert not isinstance(league.exploitability(), Bound)
        assert league.train(waves=100).waves == done.waves  # there is nothing more to do
        assert league.payoffs()["exact"].all()
        assert league.ratings().empty


def test_what_is_told_of_a_wave_is_what_can_be_asked_afterwards(tmp_path):
    with mk.League(KUHN, "double_oracle", (), tmp_path) as league:
        for wave in (1, 2, 3):
            league.train(waves=wave)
            told = events(tmp_path, "solve")[-1]
            assert told["kind"] == "exact"
            assert told["exploitability"] == league.exploitability()
            meta = league.meta_strategy().to_numpy()
            for i, weight in told["meta"].items():
                assert meta[int(i) - 1] == weight
        mixture = league.meta_strategy()
        made = [league._population.cast.player(m) for m in league.members]
        game = league.game
        gains = league._pool.plans.mixture(league.members, mixture.to_numpy())
        assert mk.exploitability(game, gains) == pytest.approx(league.exploitability())
        assert len(made) == len(mixture)


def test_played_pay_offs_give_a_bound():
    with mk.League(KUHN, "psro", exact=False, **QUICK) as league:
        league.train(waves=2)
        loss = league.exploitability()
        assert isinstance(loss, Bound)
        assert loss >= 0
        assert "best member gains" in loss.kind
        assert not league.payoffs()["exact"].any()


@pytest.mark.parametrize("meta_solver", ["uniform", "alpha_rank", "cce", "projected_replicator"])
def test_three_players_computed(meta_solver):
    with mk.League("kuhn_poker(players=3)", "psro", meta_solver=meta_solver) as league:
        assert league.options.exact is True
        league.train(waves=3)
        assert league.meta_strategy().sum() == pytest.approx(1)
        assert 0 <= league.exploitability() < 2


def test_three_players_played(tmp_path):
    options = QUICK | dict(meta_solver="uniform", more_games=6, exact=False)
    with mk.League("kuhn_poker(players=3)", "pfsp", (), tmp_path, **options) as league:
        league.train(waves=2)
        at = league._pool.standing()
        assert at.known().all()
        assert at.constant_sum == 0
        np.testing.assert_allclose(np.diagonal(np.diagonal(at.mean)), 0, atol=1e-12)
        assert len(league.ratings()) == 3
        assert isinstance(league.exploitability(), Bound)
    profiles = {row[3] for row in rows(tmp_path)["match"]}
    assert {"1 1 1", "1 1 2", "1 2 2", "1 2 3", "3 3 3"} <= profiles


@pytest.mark.parametrize("exact", [True, False])
def test_a_general_sum_game(exact):
    with mk.League("chicken", "psro", exact=exact, **QUICK) as league:
        league.train(waves=3)
        at = league._pool.standing()
        assert at.known().all()  # against copies of oneself too
        assert at.constant_sum is None
        assert league.meta_strategy().min() >= 0


# ---- refusals


@pytest.mark.parametrize(
    ("game", "preset", "options", "error", "message"),
    [
        (KUHN, "psro", {"oracel": "uct"}, mk.UnknownNameError, "did you mean 'oracle'"),
        (KUHN, "psro", {"oracle": "q_lerning"}, mk.UnknownNameError, "did you mean 'q_learning'"),
        (KUHN, "psro", {"gate": "sprd"}, mk.UnknownNameError, "did you mean 'sprt'"),
        (KUHN, "psro", {"gate": "score(leest=1)"}, mk.UnknownNameError, "did you mean 'least'"),
        (KUHN, "psro", {"gate": "score(games=0)"}, mk.InvalidOptionError, "games is 0"),
        (KUHN, "psro", {"gate": "score(least=2)"}, mk.InvalidOptionError, "least is 2"),
        (KUHN, "psro", {"gate": 3}, mk.InvalidOptionError, "gate is 3"),
        (KUHN, "psro", {"matchmaking": "psfp"}, mk.UnknownNameError, "did you mean 'pfsp'"),
        (KUHN, "psro", {"meta_solver": "nahs"}, mk.UnknownNameError, "did you mean 'nash'"),
        (KUHN, "psro", {"learners": 0}, mk.InvalidOptionError, "learners is 0"),
        (KUHN, "psro", {"evaluation_games": 1.5}, mk.InvalidOptionError, "evaluation_games is 1.5"),
        (KUHN, "psro", {"more_games": -1}, mk.InvalidOptionError, "more_games is -1"),
        (KUHN, "psro", {"exact": "yes"}, mk.InvalidOptionError, "exact is 'yes'"),
        (KUHN, "psro", {"oracle": "uct"}, mk.UnsupportedGameError, "hidden information"),
        (
            "kuhn_poker(players=3)",
            "psro",
            {"meta_solver": "nash"},
            mk.UnsupportedGameError,
            "for two players",
        ),
        ("tic_tac_toe", "pfsp", {"exact": 1}, mk.InvalidOptionError, "exact is 1"),
        (
            "kuhn_poker(players=3)",
            "psro",
            {"meta_solver": "uniform", "gate": "sprt"},
            mk.UnsupportedGameError,
            "a gate compares two players",
        ),
    ],
)
def test_options_that_are_none(tmp_path, game, preset, options, error, message):
    with pytest.raises(error, match=message):
        mk.League(game, preset, (), tmp_path / "run", **options)
    assert not (tmp_path / "run").exists()  # before any work


class First:
    def act(self, state, rng):
        return state.legal_actions()[0]


def test_a_member_that_cannot_say_what_it_plays_cannot_be_computed():
    with pytest.raises(mk.UnsupportedGameError, match=r"'First' cannot say .* exact=False"):
        mk.League(KUHN, "double_oracle", [First()])
    with mk.League(KUHN, "psro", [First()], exact=False, **QUICK) as league:
        assert league.train(waves=1).waves == 1


def test_options_are_part_of_the_run(tmp_path):
    mk.League(KUHN, "psro", (), tmp_path, more_games=5).close()
    with pytest.raises(mk.CheckpointError, match="option"):
        mk.League(KUHN, "psro", (), tmp_path, more_games=6)
    mk.League(KUHN, "psro", (), tmp_path, more_games=5).close()
    with mk.League.open(tmp_path) as league:
        assert (league.options.more_games, league.options.exact) == (5, True)
        assert league.options.oracle == "best_response"
