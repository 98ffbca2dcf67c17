"""The whole pipeline on a board of 7,157 positions: each stage is better than the one before."""

import numpy as np
import pytest

import marl_kit as mk
from marl_kit.learn.alphago.pipeline import EXPERTS, alphago
from marl_kit.learn.alphago.records import recorded_games
from marl_kit.learn.alphago.result import AlphaGoResult
from marl_kit.learn.alphazero.evaluation import meet

BOARD = "connect_four(rows=3,columns=4,x_in_row=3)"
SMALL = {
    "network": "mlp",
    "width": 64,
    "supervised_steps": 500,
    "batch": 128,
    "rate": 3e-3,
    "reinforce_steps": 60,
    "pool_every": 15,
    "value_games": 2500,
    "value_steps": 200,
}
TINY = {
    "games": 12,
    "experts": "random",
    "network": "mlp",
    "width": 8,
    "depth": 1,
    "supervised_steps": 4,
    "reinforce_steps": 3,
    "reinforce_games": 6,
    "pool_every": 1,
    "value_games": 40,
    "value_steps": 4,
    "simulations": 6,
}
NIM = "openspiel:nim(pile_sizes=1;3)"


@pytest.fixture(scope="module")
def trained() -> AlphaGoResult:
    return alphago(BOARD, games=500, seed=2, measure=False, **SMALL)


def score(trained: AlphaGoResult, player: str, opponent: str) -> float:
    """Of 200 games, half of them in each seat; 0.5 +- 0.07 between equals."""
    a, b = getattr(trained, player), getattr(trained, opponent)
    found = meet(trained.game, 0, ("a", a), {"b": b}, 100, np.random.SeedSequence(1))[0]
    return (found.wins + found.draws / 2) / found.games


def test_imitation_tells_the_moves_of_games_that_it_has_not_seen(trained):
    records = recorded_games(trained.game, 60, EXPERTS, np.random.SeedSequence(99))
    told, by_chance = [], []
    for record in records:
        state = trained.game.new_initial_state()
        for action in record:
            told.append(trained.supervised.probabilities(state)[action])
            by_chance.append(1 / len(state.legal_actions()))
            state.apply_action(action)
    assert np.mean(told) > np.mean(by_chance) + 0.1
    assert np.mean(np.log(told)) > np.mean(np.log(by_chance)) + 0.15


@pytest.mark.slow
def test_reinforcement_beats_imitation(trained):
    assert score(trained, "reinforced", "supervised") > 0.58


def test_values_and_search_keep_the_value_where_it_can_be_lost(trained):
    compiled = mk.compile_table(trained.game)
    nodes = np.random.default_rng(0).choice(compiled.table.decisions, 400, replace=False)
    states = [compiled.source_state(node) for node in nodes.tolist()]
    policy, value, search = (
        mk.value_keeping(trained.game, player, 1, states=states).nontrivial_share
        for player in (trained.reinforced, trained.value, trained.search)
    )
    assert policy > 0.55  # at random: 0.47
    assert value > policy + 0.08
    assert search > value + 0.02


def test_same_seed_same_players_and_measurements():
    first, again, other = (alphago(NIM, seed=seed, **TINY) for seed in (5, 5, 6))
    state = first.game.new_initial_state()
    for name in ("supervised", "reinforced"):
        one, two, three = (getattr(r, name).probabilities(state) for r in (first, again, other))
        assert one == two != three
    assert first.to_dict() == again.to_dict()


def test_exploitability_is_that_of_the_game_tree():
    found = alphago(NIM, seed=1, **TINY)
    stages = {stage.name: stage for stage in found.stages}
    assert list(stages) == ["experts", "supervised", "reinforced", "value", "search"]
    for name in ("supervised", "reinforced", "value"):
        exact = mk.exploitability(found.game, getattr(found, name))
        assert stages[name].exploitability == pytest.approx(exact, abs=1e-9)
    assert stages["experts"].exploitability == pytest.approx(
        mk.exploitability(found.game, "uniform"), abs=1e-9
    )
    frame = found.to_frame()
    assert (frame.wins + frame.draws + frame.losses == frame.games).all()
    assert (frame.low <= frame.score).all()
    assert (frame.score <= frame.high).all()
    assert "search" in repr(found)
    assert "<table>" in found._repr_html_()


def test_given_games_are_learned_and_nobody_else_is_asked():
    game = mk.load_game(NIM)
    records = recorded_games(game, 10, "random", np.random.SeedSequence(3))
    found = alphago(game, **TINY | {"games": records, "experts": "human"})
    assert found.records == 10
    assert [stage.name for stage in found.stages] == ["supervised", "reinforced", "value", "search"]


@pytest.mark.parametrize("spec", ["pig(winscore=4,horizon=12)", "pig(players=3,winscore=4)"])
def test_chance_moves_in_a_row_and_three_players(spec):
    found = alphago(spec, seed=0, measure=False, **TINY)
    state = found.game.new_initial_state()
    rng = np.random.default_rng(0)
    while state.current_player() == -1:
        state.apply_action(state.chance_outcomes()[0][0])
    assert sum(found.supervised.probabilities(state).values()) == pytest.approx(1)
    for player in (found.supervised, found.reinforced, found.value, found.search):
        assert player.act(state, rng) in state.legal_actions()


@pytest.mark.parametrize(
    ("given", "error", "told"),
    [
        ({"games": 0}, mk.InvalidOptionError, "games of alphago is 0"),
        ({"games": []}, mk.InvalidOptionError, "at least one recorded game"),
        ({"games": "games.txt"}, mk.InvalidOptionError, "sequence of its actions"),
        ({"games": [3]}, mk.InvalidOptionError, "recorded game 0 is 3"),
        ({"games": [[0, 0]]}, mk.IllegalActionError, "recorded game 0 has 0 after"),
        ({"games": [[0, 1]]}, mk.IllegalActionError, "it is not over"),
        ({"share": 1.5}, mk.InvalidOptionError, "share of alphago is 1.5"),
        ({"value_games": 0}, mk.InvalidOptionError, "value_games of alphago is 0"),
        ({"reinforce_rate": 0}, mk.InvalidOptionError, "reinforce_rate of alphago is 0"),
        ({"network": "cnn"}, mk.InvalidOptionError, "network is 'cnn'"),
        ({"value_step": 3}, mk.UnknownNameError, "value_steps"),
        ({"experts": "nobody"}, mk.UnknownNameError, "nobody"),
        ({"measure": 1}, mk.InvalidOptionError, "measure of alphago is 1"),
        ({"seed": -1}, mk.InvalidOptionError, "seed is -1"),
    ],
)
def test_bad_options_are_refused(given, error, told):
    with pytest.raises(error, match=told):
        alphago("tic_tac_toe", **given)


@pytest.mark.parametrize("spec", ["kuhn_poker", "matching_pennies"])
def test_games_that_hide_something_are_refused(spec):
    with pytest.raises(mk.UnsupportedGameError, match="hides information"):
        alphago(spec)
