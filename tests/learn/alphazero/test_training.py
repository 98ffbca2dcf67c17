"""``mk.train_alphazero``: seeds, options, games of every kind, players that are saved."""

import numpy as np
import pytest

import marl_kit as mk
from marl_kit.learn.alphazero.run_file import read_run
from marl_kit.learn.networks.file import read_network
from tests.learn.alphazero.tiny import BOARD, network_bits, random_states, train, training


def bits_after(rounds=1, spec=BOARD, **config):
    run = training(spec, **config)
    rows = [run.round() for _ in range(rounds)]
    assert all(np.isfinite([r.value_loss, r.policy_loss, r.weights_loss]).all() for r in rows)
    return network_bits(run.network)


def test_the_same_seed_gives_the_same_bits():
    assert bits_after(2, seed=3) == bits_after(2, seed=3)
    assert bits_after(2, seed=3) != bits_after(2, seed=4)


def test_other_seeds_other_games():
    runs = [training(BOARD, seed=seed, games=8) for seed in (1, 1, 2)]
    for run in runs:
        run.round()
    first, same, other = (run.window[0] for run in runs)
    assert first.observations.tobytes() == same.observations.tobytes()
    assert first.observations.tobytes() != other.observations.tobytes()


def test_slots_change_nothing():
    assert bits_after(2, slots=1) == bits_after(2, slots=4)


@pytest.mark.parametrize(
    "config",
    [
        {"search": "puct"},
        {"symmetries": False},
        {"temperature": 0.0},
        {"quick_share": 0.5, "quick_simulations": 2},
        {"random_plies": 3},
        {"search_value": 0.5},
        {"exact_from": 0},
        {"averaging": 0.0},
        {"decay": 0.1},
        {"rate": 0.01},
    ],
    ids=repr,
)
def test_every_option_says_something(config):
    assert bits_after(**config) != bits_after()


def test_without_averaging_the_trained_weights_play():
    run = training(BOARD, averaging=0.0)
    run.round()
    assert network_bits(run.network) == network_bits(run.trainer.network)
    run = training(BOARD, averaging=0.99)
    run.round()
    assert network_bits(run.network) != network_bits(run.trainer.network)


@pytest.mark.parametrize(
    "spec",
    [
        "openspiel:tic_tac_toe",
        "hex(num_rows=3,num_cols=2)",
        "pig(winscore=4,players=3,horizon=20)",
        "openspiel:pig(winscore=4,players=3,horizon=20)",
    ],
)
def test_games_without_symmetries_of_players_with_chance_with_three_players(spec):
    run = training(spec, random_plies=3, quick_share=0.3, quick_simulations=2)
    for _ in range(2):
        row = run.round()
    assert row.positions == sum(len(part) for part in run.window)
    match = mk.play(spec, [run.player(), *["random"] * (run.run.game.num_players - 1)], games=3)
    assert np.isfinite(match.mean).all()


def test_losses_fall_on_what_was_seen():
    """Many steps on a window that stays: the network learns it."""
    run = training(BOARD, games=16, width=32, window=1, updates=1, decay=0.0, rate=1e-2)
    run.round()
    early, _, last = (
        run.trainer.update(tuple(run.window), steps, 64, rate, np.random.SeedSequence(steps))
        for steps, rate in ((20, 0.0), (150, 1e-2), (20, 1e-3))
    )
    learned = run.window[0].policies[run.window[0].full].astype(float)
    entropy = -np.sum(learned * np.log(np.where(learned > 0, learned, 1.0)), axis=1).mean()
    # what is left is the policies' own entropy, and games that ended otherwise
    assert last.value < 0.7 * early.value
    assert last.policy - entropy < 0.6 * (early.policy - entropy)
    assert last.weights == 0


def test_a_player_saved_and_loaded_plays_the_same(tmp_path):
    run = training(BOARD, seed=5)
    for _ in range(2):
        run.round()
    made = train(BOARD, tmp_path / "run", rounds=2, seed=5)
    assert made.spec == f"alphazero:{tmp_path / 'run' / 'player.safetensors'}(simulations=64)"
    game = mk.load_game(BOARD)
    players = [run.player(), made, mk.make_player(made.spec, game)]
    players.append(mk.make_player(f"alphazero:{tmp_path / 'run' / 'player.safetensors'}", game))
    assert len({player.spec for player in players[1:3]}) == 1
    for state in random_states(game, 25, seed=1):
        assert len({player.act(state, np.random.default_rng(0)) for player in players}) == 1
    kept, _ = read_network(tmp_path / "run" / "player.safetensors", game)
    assert network_bits(kept) == network_bits(run.network)


@pytest.mark.parametrize(
    "options",
    [
        "simulations=8",
        "simulations=8,search=puct",
        "simulations=8,considered=2,noise=0.5,temperature=1.0",
    ],
)
def test_specs_are_written_and_read(tmp_path, options):
    train(BOARD, tmp_path / "run", rounds=1)
    player = mk.make_player(f"alphazero:{tmp_path / 'run'}({options})", BOARD)
    again = mk.make_player(player.spec, BOARD)
    assert again.spec == player.spec
    mk.testing.check_player(player, BOARD, games=3)
    matches = [mk.play(BOARD, [p, "random"], games=4, seed=3).scores for p in (player, again)]
    assert np.array_equal(*matches)


def test_a_run_says_what_it_is_about(tmp_path):
    rows = []
    train("tic_tac_toe", tmp_path / "run", rounds=2, seed=9, progress=rows.append)
    told = read_run(tmp_path / "run")
    assert (told.game, told.seed, told.threads) == ("tic_tac_toe", 9, 1)
    assert told.options["games"] == 4
    assert [row.round for row in rows] == [1, 2]
    assert rows[1].games == 8
    assert rows[1].positions > rows[0].positions >= 4 * 5


def test_hours_end_a_run(tmp_path):
    """No round begins after them; rounds that are given too end it before."""
    rows = []
    train(BOARD, None, hours=1e-9, progress=rows.append)
    assert rows == []
    train(BOARD, None, hours=1.0, rounds=2, progress=rows.append)
    assert len(rows) == 2


def test_an_evaluation_is_written_down(tmp_path):
    rows = []
    train(BOARD, tmp_path, rounds=2, evaluate_every=2, progress=rows.append)
    assert all(0 <= row.value_keeping <= 1 and np.isfinite(row.elo) for row in rows)
    matches = (tmp_path / "matches.csv").read_text().splitlines()
    assert len(matches) == 1 + 3 + 4  # a header, the anchors, and the earlier self besides
    assert matches[-1].startswith("2,round 2,round 1,32,")
