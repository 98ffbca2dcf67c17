"""What a review found, or nobody had tried: each was wrong once, or could easily be."""

import hashlib
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import safetensors
import torch

import marl_kit as mk
from marl_kit.core.seeds import child
from marl_kit.learn.alphazero import exam
from marl_kit.learn.alphazero import training as loop
from marl_kit.learn.alphazero.loss import alphazero_loss
from marl_kit.learn.alphazero.options import AlphaZero
from marl_kit.learn.networks.evaluator import network_evaluator, predict
from marl_kit.learn.networks.file import NetworkHeader, network_bytes, read_network, write_network
from marl_kit.play.lockstep import play_blocks
from marl_kit.search.gumbel import Gumbel
from marl_kit.search.puct import PUCT
from marl_kit.search.search import search
from marl_kit.search.self_play import Quick, self_play
from tests.learn.alphazero.tiny import (
    BOARD,
    TINY,
    contents,
    network_bits,
    random_states,
    train,
    training,
    weights,
)
from tests.learn.networks.nets import MLP, RESIDUAL, opinionated

PIG = "pig(winscore=4)"


def small_evaluations(monkeypatch):
    monkeypatch.setattr(loop, "BLOCKS", 1)
    monkeypatch.setattr(loop, "ANCHORS", loop.ANCHORS[:2])
    monkeypatch.setattr(exam, "POSITIONS", 3)


def test_quick_searches_are_not_larger_than_the_others():
    with pytest.raises(mk.InvalidOptionError, match="quick_simulations is 5 and simulations 4"):
        AlphaZero(quick_share=0.5, quick_simulations=5, simulations=4)
    assert AlphaZero(quick_share=0.0, simulations=4).quick is None  # not asked for, so no matter
    equal = AlphaZero(quick_share=0.5, quick_simulations=4, simulations=4)
    assert equal.quick == Quick(4, 0.5)
    evaluator = training(BOARD)._evaluator()
    with pytest.raises(mk.InvalidOptionError, match="quick searches have 5 simulations"):
        next(iter(self_play(BOARD, Gumbel(4), evaluator, games=1, quick=Quick(5))))


@pytest.mark.parametrize("config", [{}, {"updates": 1}, {"decay": 0.0}, {"gate": True}], ids=repr)
def test_where_training_diverges_the_folder_stays_as_it_was(tmp_path, monkeypatch, config):
    """And it goes on, to the weights of a run that never diverged."""
    for name in ("run", "other"):
        train(BOARD, tmp_path / name, rounds=1, **config)
    before = contents(tmp_path / "run")
    with monkeypatch.context() as patch:
        patch.setattr(loop.Training, "_rate", lambda self, number: 1e30)
        with pytest.raises(mk.InvalidOptionError, match=r"diverged in round 2: .* smaller rate"):
            train(BOARD, tmp_path / "run", rounds=2, **config)
    assert contents(tmp_path / "run") == before
    for name in ("run", "other"):
        train(BOARD, tmp_path / name, rounds=2, **config)
    assert weights(tmp_path / "run") == weights(tmp_path / "other")


def test_a_rate_that_is_too_high_from_the_beginning(tmp_path):
    with pytest.raises(mk.InvalidOptionError, match="diverged in round 1"):
        train(BOARD, tmp_path / "run", rounds=1, rate=1e30)
    assert not (tmp_path / "run" / "state.safetensors").exists()
    untrained = mk.make_player(f"alphazero:{tmp_path / 'run'}", BOARD)
    assert network_bits(untrained.evaluator.network) == network_bits(training(BOARD).network)


WRITTEN = """
import hashlib
from tests.learn.networks.nets import MLP, opinionated
from marl_kit.learn.networks.file import NetworkHeader, network_bytes
network, _ = opinionated("tic_tac_toe", MLP)
header = NetworkHeader("tic_tac_toe", MLP, {"rounds": "3", "games": "12", "seed": "0"})
print(hashlib.sha256(network_bytes(network, header)).hexdigest())
"""


def test_a_file_has_the_same_bytes_in_every_process():
    network, _ = opinionated("tic_tac_toe", MLP)
    facts = {"seed": "0", "games": "12", "rounds": "3"}  # in another order
    header = NetworkHeader("tic_tac_toe", MLP, facts)
    here = {hashlib.sha256(network_bytes(network, header)).hexdigest() for _ in range(5)}
    done = subprocess.run(
        [sys.executable, "-c", WRITTEN],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert here == {done.stdout.strip()}


@pytest.mark.parametrize("place", [0, 0.5, 1])
def test_a_single_other_byte_of_the_weights_is_refused(tmp_path, place):
    """safetensors itself does not see it."""
    network, _ = opinionated("tic_tac_toe", MLP)
    path = tmp_path / "net.safetensors"
    write_network(path, network, NetworkHeader("tic_tac_toe", MLP))
    content = bytearray(path.read_bytes())
    start = 8 + int.from_bytes(content[:8], "little")
    content[start + int(place * (len(content) - start - 1))] ^= 1
    path.write_bytes(content)
    with safetensors.safe_open(str(path), "pt") as file:
        assert len(file.keys()) > 0
    with pytest.raises(mk.CheckpointError, match="not those that were written"):
        read_network(path, mk.load_game("tic_tac_toe"))


def test_a_residual_evaluator_goes_to_another_process_and_answers_the_same():
    evaluator = network_evaluator(*opinionated("tic_tac_toe", RESIDUAL))
    copy, game = pickle.loads(pickle.dumps(evaluator)), mk.load_game("tic_tac_toe")
    assert network_bits(copy.network) == network_bits(evaluator.network)
    for state in random_states(game, 20, seed=2):
        ours, theirs = (search(game, state, Gumbel(8), 1, e) for e in (evaluator, copy))
        assert ours.priors.tobytes() == theirs.priors.tobytes()
        assert ours.value.tobytes() == theirs.value.tobytes()
        assert ours.visits.tolist() == theirs.visits.tolist()


@pytest.mark.parametrize("name", ["my runs", "run (2)", "a=b, c(simulations=3)", "größe"])
def test_folders_of_any_name(tmp_path, name):
    for rounds in (1, 2):
        player = train(BOARD, tmp_path / name, rounds=rounds)
    assert (tmp_path / name / "player.safetensors").exists()
    assert player.options.simulations == 64
    assert np.isfinite(mk.play(BOARD, [player, "random"], games=2).mean).all()


@pytest.mark.parametrize("name", ["my runs", "run (2)"])
def test_such_a_player_can_be_made_again(tmp_path, name):
    player = train(BOARD, tmp_path / name, rounds=1)
    again = mk.make_player(player.spec, BOARD)
    assert again.spec == player.spec
    assert network_bits(again.evaluator.network) == network_bits(player.evaluator.network)


def test_no_rounds_give_the_untrained_player(tmp_path):
    for _ in range(2):
        player = train(BOARD, tmp_path / "run", rounds=0, seed=3)
    first = network_bits(training(BOARD, seed=3).network)
    assert network_bits(player.evaluator.network) == first
    assert network_bits(train(BOARD, None, rounds=0, seed=3).evaluator.network) == first
    for name in ("run", "other"):
        train(BOARD, tmp_path / name, rounds=2, seed=3)
    assert weights(tmp_path / "run") == weights(tmp_path / "other")


@pytest.mark.parametrize(
    ("game", "config"),
    [
        (PIG, {"network": "residual"}),
        ("kuhn_poker", {}),
        (BOARD, {"width": -1}),
        (BOARD, {"search": "puct", "considered": 0}),
    ],
    ids=repr,
)
def test_what_is_refused_late_leaves_nothing(tmp_path, game, config):
    folder = tmp_path / "run"
    with pytest.raises(mk.MarlKitError):
        train(game, folder, rounds=1, **config)
    assert not (folder / "run.json").exists()
    train(BOARD, folder, rounds=1)  # so it is free for another
    assert (folder / "run.json").exists()


def test_exact_targets_where_histories_cannot_be_counted():
    """Few positions, and more ways to come to them than a float can hold."""
    run = training("pig(winscore=3,diceoutcomes=2)", exact_from=0)
    assert np.isfinite(run.round().value_loss)


@pytest.mark.parametrize("name", ["progress.csv", "matches.csv"])
def test_tables_that_are_gone(tmp_path, monkeypatch, name):
    small_evaluations(monkeypatch)
    train(BOARD, tmp_path, rounds=2, evaluate_every=2)
    (tmp_path / name).unlink()
    before = contents(tmp_path)
    with pytest.raises(mk.CheckpointError, match=f"{name}.* is missing"):
        train(BOARD, tmp_path, rounds=3, evaluate_every=2)
    assert contents(tmp_path) == before


@pytest.mark.parametrize("name", ["progress.csv", "matches.csv"])
def test_tables_that_lost_their_last_rows(tmp_path, monkeypatch, name):
    small_evaluations(monkeypatch)
    train(BOARD, tmp_path, rounds=2, evaluate_every=1)
    lines = (tmp_path / name).read_text().splitlines(keepends=True)
    (tmp_path / name).write_text("".join(line for line in lines if not line.startswith("2,")))
    before = contents(tmp_path)
    with pytest.raises(mk.CheckpointError, match=name):
        train(BOARD, tmp_path, rounds=3, evaluate_every=1)
    assert contents(tmp_path) == before


def test_a_game_may_be_written_in_another_way(tmp_path):
    ways = ["connect_four", "connect_four(rows=6,columns=7)", "connect_four(columns=7,x_in_row=4)"]
    run = training("connect_four")
    path = tmp_path / "net.safetensors"
    write_network(path, run.network, run._header())
    for way in ways:
        player = mk.make_player(f"alphazero:{path}(simulations=4)", way)
        assert network_bits(player.evaluator.network) == network_bits(run.network)
    for other in ("connect_four(rows=7,columns=6)", "connect_four(x_in_row=3)"):
        with pytest.raises(mk.CheckpointError, match="holds a network for 'connect_four'"):
            mk.make_player(f"alphazero:{path}(simulations=4)", other)


def test_games_against_earlier_selves_differ(monkeypatch):
    """Without noise all of a match would be one game a seat."""
    small_evaluations(monkeypatch)
    seen = []

    def watched(game, round_, player, opponents, blocks, root):
        if "random" not in opponents:
            seen.append((player[1], dict(opponents)))
        return real(game, round_, player, opponents, blocks, root)

    real = loop.meet
    monkeypatch.setattr(loop, "meet", watched)
    run = training(BOARD, evaluate_every=1)
    for _ in range(4):
        run.round()
    assert [list(opponents) for _, opponents in seen] == [
        [],
        ["round 1"],
        ["round 1", "round 2"],
        ["round 2", "round 3"],
    ]
    player, opponents = seen[-1]
    for earlier in opponents.values():
        networks = earlier.player.evaluator.network, player.player.evaluator.network
        assert network_bits(networks[0]) != network_bits(networks[1])
        seeds = [child(np.random.SeedSequence(0), i) for i in range(16)]
        blocks = play_blocks(run.run.game, [player, earlier], seeds)
        assert len({tuple(record.actions) for block in blocks for record in block}) > 8


def test_the_policy_loss_is_the_mean_over_full_searches():
    """Quick rows, whatever they say, neither add to it nor make it smaller."""
    draws = torch.Generator().manual_seed(1)
    logits = torch.randn(6, 3, generator=draws)
    policies = torch.softmax(torch.randn(6, 3, generator=draws), dim=1)
    full = torch.tensor([True, False, False, True, False, False])
    legal, values = torch.ones(6, 3, dtype=torch.bool), torch.zeros(6, 2)

    def policy_loss(rows):
        given = (logits[rows], values[rows], policies[rows], legal[rows], full[rows], values[rows])
        return alphazero_loss(*given, [torch.zeros(1)], 0.0).policy.item()

    by_hand = -(policies * torch.log_softmax(logits, dim=1)).sum(dim=1)[full].mean().item()
    assert policy_loss(slice(None)) == pytest.approx(by_hand, rel=1e-6)
    assert policy_loss(full) == pytest.approx(by_hand, rel=1e-6)
    assert policy_loss(~full) == 0


@pytest.mark.parametrize(("name", "kind"), [("puct", PUCT), ("gumbel", Gumbel)])
def test_evaluations_search_as_training_does(tmp_path, monkeypatch, name, kind):
    small_evaluations(monkeypatch)
    asked = []

    def watched(game, round_, player, opponents, blocks, root):
        asked.append(getattr(player[1], "player", player[1]).options)
        return real(game, round_, player, opponents, blocks, root)

    real = loop.meet
    monkeypatch.setattr(loop, "meet", watched)
    made = train(BOARD, tmp_path, rounds=1, search=name, evaluate_every=1)
    assert len(asked) == 2  # fixed players, and earlier selves
    assert all(type(o) is kind and (o.simulations, o.noise) == (4, 0) for o in asked)
    assert type(made.options) is kind
    resumed = training(BOARD, path=tmp_path, search=name, evaluate_every=1)
    assert [player.options for player in resumed.earlier.values()] == asked[:1]
    assert type(resumed.player().options) is kind


@pytest.fixture
def two_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("two_threads")
def test_networks_are_asked_with_one_thread():
    network, view = opinionated(PIG, MLP)
    seen = []

    def watched(inputs):
        seen.append(torch.get_num_threads())
        return network(inputs)

    predict(watched, np.zeros((3, view.cells), np.float32))
    assert (seen, torch.get_num_threads()) == ([1], 2)

    def failing(inputs):
        raise RuntimeError("no memory")

    with pytest.raises(RuntimeError, match="no memory"):
        predict(failing, np.zeros((3, view.cells), np.float32))
    assert torch.get_num_threads() == 2


@pytest.mark.usefixtures("two_threads")
def test_training_gives_threads_back(tmp_path):
    seen = []
    train(BOARD, tmp_path, rounds=1, progress=lambda row: seen.append(torch.get_num_threads()))
    assert (seen, torch.get_num_threads()) == ([1], 2)
    with pytest.raises(mk.InvalidOptionError, match="diverged"):
        train(BOARD, None, rounds=1, rate=1e30)
    assert torch.get_num_threads() == 2
    torch.set_num_threads(1)
    train(BOARD, tmp_path, rounds=2)  # a run does not depend on what was set outside
    assert mk.train_alphazero(BOARD, rounds=1, **TINY).spec == "alphazero"
