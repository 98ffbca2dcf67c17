"""The PPO oracle: best responses, tallies, files, leagues."""

import math

import numpy as np
import pytest

import marl_kit as mk
from marl_kit.learn.ppo_oracle import tallies
from marl_kit.learn.registry import find_oracle
from tests.learn.tasks import missed, player_of, task_of, write

QUICK = "ppo(updates=3,episodes=64,epochs=2,parts=2,width=16)"
GOOD = "ppo(updates=25,episodes=256,parts=2,width=32,rate=0.01,entropy=0)"


@pytest.mark.parametrize("opponent", ["random", "solver:cfr(iterations=3)"])
@pytest.mark.parametrize("spec", ["kuhn_poker", "kuhn_poker(players=3)"])
def test_comes_near_the_best_response(opponent, spec, tmp_path) -> None:
    """To a fifth of what uniform play misses."""
    task = task_of(spec, [opponent])
    learned = player_of(find_oracle(GOOD).answer(task), task, tmp_path)
    chance = missed(task.game, mk.make_player("random", task.game), task.opponents[0])
    assert missed(task.game, learned, task.opponents[0]) < 0.2 * chance


def test_going_on_improves(tmp_path) -> None:
    game, path, missing = mk.load_game("kuhn_poker"), None, []
    for wave in range(3):
        task = task_of(game, ["random"], seed=wave, learner=path, wave=wave)
        answer = find_oracle("ppo(updates=6,episodes=128,rate=0.005,width=32)").answer(task)
        path = write(answer, tmp_path, f"wave{wave}")
        missing.append(missed(game, mk.make_player(f"ppo:{path}", game), task.opponents[0]))
    assert missing[2] < 0.7 * missing[0]


def test_tallies_are_counted_by_hand() -> None:
    """Three games of three players; the learner is 0, and opponent 1 sits twice in the last."""
    payoffs = np.array([[1.0, 0.0, 2.0], [3.0, 3.0, -6.0], [5.0, 7.0, 7.0]])
    seats = np.array([[0, 1, 3], [1, 0, 3], [2, 2, 0]])
    told = tallies(payoffs, np.array([4, 5, 6]), seats)
    rows = [(t.opponent, t.games, t.wins, t.draws, t.losses, t.total, t.plies) for t in told]
    assert rows == [
        (0, 2, 1, 1, 0, 4.0, 9),
        (1, 2, 1, 1, 0, 14.0, 12),
        (2, 2, 1, 0, 1, 4.0, 9),
    ]


def test_opponents_are_drawn_by_their_weights_for_each_seat() -> None:
    task = task_of("kuhn_poker(players=3)", ["random"] * 3, [0.25, 0.75, 0.0])
    answer = find_oracle("ppo(updates=2,episodes=900,epochs=1,parts=1,width=8)").answer(task)
    counts = {tally.opponent: tally.games for tally in answer.tallies}
    assert sum(counts.values()) == 2 * 1800
    assert set(counts) == {0, 1}
    assert abs(counts[0] - 900) < 4 * math.sqrt(3600 * 0.25 * 0.75)


@pytest.mark.parametrize("spec", ["leduc_poker", "prisoners_dilemma", "kuhn_poker(players=3)"])
def test_plays_small_games_of_all_kinds(spec, tmp_path) -> None:
    task = task_of(spec, ["random"])
    oracle = find_oracle(QUICK)
    oracle.check(task.game)
    answer = oracle.answer(task)
    assert answer.facts["episodes"] == 192
    assert all(math.isfinite(answer.facts[name]) for name in ("value_loss", "entropy"))
    player = player_of(answer, task, tmp_path)
    games = mk.play(task.game, [player] + ["random"] * (task.game.num_players - 1), games=6)
    assert np.all(np.isfinite(games.scores))


def test_files_hold_what_was_learned(tmp_path) -> None:
    task = task_of("kuhn_poker", ["random"])
    path = write(find_oracle(QUICK).answer(task), tmp_path)
    player = mk.make_player(f"ppo:{path}", task.game)
    again = mk.make_player(player.spec, task.game)
    assert np.array_equal(player.policy.probabilities, again.policy.probabilities)
    mk.testing.check_player(player.spec, task.game, games=5)
    # what goes on from it without a step plays the same
    still = find_oracle("ppo(updates=1,episodes=64,epochs=1,parts=1,width=16,rate=1e-30)")
    answer = still.answer(task_of("kuhn_poker", ["random"], learner=path, wave=1))
    moved = player_of(answer, task, tmp_path, "moved").policy.probabilities
    assert np.allclose(moved, player.policy.probabilities, atol=1e-6)


class Silent:
    name = "silent"

    def act(self, state, rng):
        return state.legal_actions()[0]


def test_refusals(tmp_path) -> None:
    with pytest.raises(mk.UnsupportedGameError, match="silent does not"):
        find_oracle(QUICK).answer(task_of("kuhn_poker", [Silent()]))
    task = task_of("kuhn_poker", ["random"])
    path = write(find_oracle(QUICK).answer(task), tmp_path)
    with pytest.raises(mk.CheckpointError, match="leduc_poker"):
        mk.make_player(f"ppo:{path}", "leduc_poker")
    wider = find_oracle("ppo(updates=1,episodes=64)")
    with pytest.raises(mk.CheckpointError, match="its width is 16, and here it is 64"):
        wider.answer(task_of("kuhn_poker", ["random"], learner=path))
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(mk.CheckpointError, match="damaged"):
        mk.make_player(f"ppo:{path}", "kuhn_poker")
    with pytest.raises(mk.CheckpointError, match="no file"):
        mk.make_player("ppo:nowhere.safetensors", "kuhn_poker")
    with pytest.raises(mk.InvalidOptionError, match="needs a path"):
        mk.make_player("ppo:", "kuhn_poker")
    with pytest.raises(mk.InvalidOptionError, match="updates of ppo is 0"):
        find_oracle("ppo(updates=0)")


def test_a_league_trains_with_it_and_goes_on(tmp_path) -> None:
    with mk.League("kuhn_poker", "self_play", ["random", QUICK], tmp_path / "run") as league:
        league.train(waves=2)
        before = league.meta_strategy()
        assert league.exploitability() < 0.6
    with mk.League.open(tmp_path / "run") as league:
        league.train(waves=3)
        assert [*league.meta_strategy().index] == [*before.index, "main@3"]
