"""Bad input: one clear sentence, and nothing in the folder is touched."""

import json
import shutil

import numpy as np
import pytest
import safetensors.torch
import torch

import marl_kit as mk
from marl_kit.core.lock import WriterLock
from marl_kit.learn.networks.file import HEADER, plain_tensors, tensor_bytes
from tests.learn.alphazero.tiny import BOARD, TINY, contents, train


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "run"
    train(BOARD, folder, rounds=2, evaluate_every=1)
    return folder


@pytest.fixture
def run(trained, tmp_path):
    """A copy that a test may damage."""
    return shutil.copytree(trained, tmp_path / "run")


@pytest.mark.parametrize(
    ("config", "kind", "words"),
    [
        ({"simulation": 4}, mk.UnknownNameError, "simulation"),
        ({"network": "cnn"}, mk.InvalidOptionError, "network is 'cnn'"),
        ({"width": 0}, mk.InvalidOptionError, "width is 0"),
        ({"depth": 1.5}, mk.InvalidOptionError, "depth is 1.5"),
        ({"search": "uct"}, mk.InvalidOptionError, "search is 'uct'; give one of gumbel, puct"),
        ({"games": 0}, mk.InvalidOptionError, "games"),
        ({"batch": True}, mk.InvalidOptionError, "batch"),
        ({"quick_share": 1.5}, mk.InvalidOptionError, "quick_share"),
        ({"averaging": -0.1}, mk.InvalidOptionError, "averaging"),
        ({"search_value": float("nan")}, mk.InvalidOptionError, "search_value"),
        ({"rate": 0}, mk.InvalidOptionError, "rate"),
        ({"decay": -1}, mk.InvalidOptionError, "decay"),
        ({"temperature": -1}, mk.InvalidOptionError, "temperature"),
        ({"evaluate_every": -1}, mk.InvalidOptionError, "evaluate_every of train_alphazero is -1"),
        ({"exact_from": -1}, mk.InvalidOptionError, "exact_from of train_alphazero is -1"),
        ({"symmetries": 1}, mk.InvalidOptionError, "symmetries of train_alphazero is 1"),
        ({"rounds": -1}, mk.InvalidOptionError, "rounds is -1"),
        ({"rounds": 1.0}, mk.InvalidOptionError, "rounds is 1.0"),
        ({"rounds": True}, mk.InvalidOptionError, "rounds is True"),
        ({"hours": 0}, mk.InvalidOptionError, "hours is 0"),
        ({"hours": float("nan")}, mk.InvalidOptionError, "hours is nan"),
        ({"hours": "1"}, mk.InvalidOptionError, "hours is '1'"),
        ({"seed": -1}, mk.InvalidOptionError, "seed is -1"),
    ],
    ids=repr,
)
def test_options(tmp_path, config, kind, words):
    with pytest.raises(kind, match=words):
        train(BOARD, tmp_path / "run", **config)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    "game",
    ["kuhn_poker", "openspiel:goofspiel(num_cards=3,imp_info=False)", "openspiel:matrix_rps"],
)
def test_games_with_hidden_information_or_moves_at_the_same_time(tmp_path, game):
    with pytest.raises(mk.UnsupportedGameError):
        train(game, tmp_path / "run", rounds=1)
    assert not (tmp_path / "run").exists()


def test_a_residual_network_needs_planes(tmp_path):
    with pytest.raises(mk.InvalidOptionError, match="give network='mlp'"):
        train("pig(winscore=4)", None, rounds=1, network="residual")


@pytest.mark.parametrize(
    ("game", "config", "words"),
    [
        ("tic_tac_toe", {}, "has game 'connect_four.*, not 'tic_tac_toe'"),
        (BOARD, {"seed": 1}, "has seed 0, not 1"),
        (BOARD, {"games": 5}, "has games=4, not 5"),
        (BOARD, {"decay": 0.5}, "has decay=0.0001, not 0.5"),
    ],
)
def test_the_folder_of_another_run(trained, game, config, words):
    before = contents(trained)
    with pytest.raises(mk.InvalidOptionError, match=words):
        train(game, trained, rounds=3, **({"evaluate_every": 1} | config))
    assert contents(trained) == before


def test_a_folder_of_something_else(tmp_path):
    (tmp_path / "thesis.tex").write_text("mine")
    with pytest.raises(mk.InvalidOptionError, match="holds no AlphaZero run"):
        train(BOARD, tmp_path, rounds=1)
    with pytest.raises(mk.InvalidOptionError, match="holds no AlphaZero run"):
        train(BOARD, tmp_path / "thesis.tex", rounds=1)
    assert [f.name for f in tmp_path.iterdir()] == ["thesis.tex"]
    assert (tmp_path / "thesis.tex").read_text() == "mine"


def test_a_second_trainer_is_refused(run):
    before = contents(run)
    lock = WriterLock(run)
    with pytest.raises(mk.RunInUseError):
        train(BOARD, run, rounds=3, evaluate_every=1)
    assert contents(run) == before
    lock.release()
    train(BOARD, run, rounds=3, evaluate_every=1)
    assert contents(run) != before


def cut(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flip(path):
    """Other bytes in the middle, so many that they are not only those of a date or a name."""
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 64] = bytes(b ^ 0xFF for b in content[middle : middle + 64])
    path.write_bytes(content)


def retold(path, **told):
    """The same tensors under another header."""
    tensors, header = opened(path)
    path.write_bytes(safetensors.torch.save(tensors, {HEADER: json.dumps(header | told)}))


def opened(path):
    with safetensors.safe_open(str(path), "pt") as file:
        header = json.loads(file.metadata()[HEADER])
    return plain_tensors(safetensors.torch.load_file(path)), header


def poisoned(path):
    """Written by somebody who had these weights: the digest is right."""
    tensors, header = opened(path)
    name = next(n for n in tensors if tensors[n].dtype == torch.float32 and tensors[n].dim() == 2)
    tensors[name][0, 0] = float("nan")
    form, version = header.pop("format"), header.pop("version")
    del header["sha256"]
    path.write_bytes(tensor_bytes(tensors, form, version, header))


def json_with(path, **told):
    path.write_text(json.dumps(json.loads(path.read_text()) | told))


DAMAGE = {
    "state cut short": ("state.safetensors", cut, "cut short"),
    "state empty": ("state.safetensors", lambda p: p.write_bytes(b""), "cut short"),
    "state of another version": (
        "state.safetensors",
        lambda p: retold(p, version="99"),
        "has version '99'",
    ),
    "a player where the state should be": (
        "state.safetensors",
        lambda p: shutil.copy(p.parent / "player.safetensors", p),
        "is of format 'marl_kit.network'",
    ),
    "state without counters": (
        "state.safetensors",
        lambda p: retold(p, counters={"rounds": 1}),
        "header of .* is damaged",
    ),
    "state with NaN": ("state.safetensors", poisoned, "not finite"),
    "examples cut short": ("examples/000002.npz", cut, "cannot be read"),
    "examples missing": ("examples/000001.npz", lambda p: p.unlink(), "cannot be read"),
    "examples with other bytes": ("examples/000002.npz", flip, "cannot be read"),
    "matches damaged": ("matches.csv", lambda p: p.write_text("round,a\n1,x\n"), "damaged"),
    "progress damaged": ("progress.csv", lambda p: p.write_text("round\nx\n"), "damaged"),
    "snapshot missing": ("snapshots/000002.safetensors", lambda p: p.unlink(), "no file"),
    "run.json damaged": ("run.json", lambda p: p.write_text("{"), "is damaged"),
    "run.json of another version": ("run.json", lambda p: json_with(p, format=9), "has format 9"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damaged_checkpoints(run, damage):
    name, spoil, words = DAMAGE[damage]
    spoil(run / name)
    before = contents(run)
    with pytest.raises(mk.CheckpointError, match=words):
        train(BOARD, run, rounds=3, evaluate_every=1)
    assert contents(run) == before


def test_the_state_of_a_wider_network(run, tmp_path):
    train(BOARD, tmp_path / "wide", rounds=1, width=9)
    shutil.copy(tmp_path / "wide" / "state.safetensors", run)
    before = contents(run)
    with pytest.raises(mk.CheckpointError, match="do not fit"):
        train(BOARD, run, rounds=3, evaluate_every=1)
    assert contents(run) == before


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (cut, "cut short"),
        (lambda p: retold(p, version="0"), "has version '0'"),
        (lambda p: retold(p, format="other"), "is of format 'other'"),
        (lambda p: retold(p, architecture={}), "header of .* is damaged"),
        (
            lambda p: retold(p, architecture={"kind": "mlp", "width": 9, "depth": 1}),
            "do not fit the network",
        ),
        (poisoned, "not finite"),
        (lambda p: p.unlink(), "no file"),
    ],
)
def test_a_damaged_player(run, spoil, words):
    spoil(run / "player.safetensors")
    with pytest.raises(mk.CheckpointError, match=words):
        mk.make_player(f"alphazero:{run}", BOARD)


def test_a_player_of_another_game(trained):
    with pytest.raises(mk.CheckpointError, match="holds a network for 'connect_four"):
        mk.make_player(f"alphazero:{trained}", "tic_tac_toe")
    with pytest.raises(mk.UnsupportedGameError):
        mk.make_player(f"alphazero:{trained}", "kuhn_poker")


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("", mk.InvalidOptionError, "needs a path"),
        ("no_such_game", mk.UnknownNameError, "no_such_game"),
        ("/no/such/folder", mk.CheckpointError, "no file"),
        ("{run}(simulation=3)", mk.UnknownNameError, "simulation"),
        ("{run}(simulations=0)", mk.InvalidOptionError, "simulations"),
        ("{run}(search=uct)", mk.InvalidOptionError, "give gumbel or puct"),
        ("{run}(temperature=-1)", mk.InvalidOptionError, "temperature"),
    ],
)
def test_player_specs(trained, text, kind, words):
    with pytest.raises(kind, match=words):
        mk.make_player("alphazero:" + text.format(run=trained), BOARD)


def test_a_game_without_a_spec_has_no_folder(tmp_path):
    game = mk.load_game(BOARD)
    game.spec = ""
    with pytest.raises(mk.UnsupportedGameError, match="leave path away"):
        mk.train_alphazero(game, tmp_path / "run", rounds=1, **TINY)
    assert not (tmp_path / "run").exists()
    assert np.isfinite(
        mk.play(game, [mk.train_alphazero(game, rounds=1, **TINY), "random"], 2).mean
    ).all()
