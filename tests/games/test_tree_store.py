"""Compiled games on disk: the same tree comes back, and nothing else is taken for one."""

import json

import numpy as np
import pytest

import marl_kit as mk
from marl_kit.games import openspiel, tree_store
from marl_kit.games.tree_folder import ARRAYS, HEADER

GAMES = ["openspiel:kuhn_poker", "leduc_poker", "kuhn_1950", "selten_horse", "chicken"]
GAMES += [
    "absent_minded_driver",
    "openspiel:kuhn_poker(players=3)",
    "openspiel:nim(pile_sizes=1;2)",
]


def same(a, b):
    for name in ARRAYS:
        x, y = getattr(a, name), getattr(b, name)
        assert x.dtype == y.dtype
        assert np.array_equal(x, y)
        assert not y.flags.writeable
    assert a.infoset_keys == b.infoset_keys
    assert a.num_players == b.num_players
    assert (a.exact is None) == (b.exact is None)
    if a.exact is not None:
        assert a.exact.payoffs == b.exact.payoffs
        assert a.exact.chance == b.exact.chance


@pytest.mark.parametrize("spec", GAMES)
def test_the_same_game_comes_back(spec, tmp_path):
    game = mk.load_game(spec)
    mk.save_tree(game, tmp_path / "store")
    again = mk.load_tree(tmp_path / "store")
    same(game.tree(), again.tree())
    assert (again.name, again.spec, again.form) == (game.name, game.spec, game.form)
    infosets = range(game.tree().num_infosets)
    assert [again.action_names(i) for i in infosets] == [game.action_names(i) for i in infosets]
    if game.info.perfect_recall:
        assert mk.nash_conv(again, "uniform") == mk.nash_conv(game, "uniform")
    assert [p.name for p in tmp_path.iterdir()] == ["store"]  # no temporary folder is left


def test_keys_that_players_share_stay_pairs(tmp_path):
    (tmp_path / "x.efg").write_text(
        'EFG 2 R "shared" { "a" "b" } "Infoset labels are keys."\n'
        'p "" 1 1 "here" { "l" "r" } 0\np "" 2 1 "here" { "l" } 0\nt "" 1 "" { 1 -1 }\nt "" 1\n'
    )
    game = mk.load_game(tmp_path / "x.efg")
    tree = game.tree()
    assert tree.infoset_keys == ((0, "here"), (1, "here"))
    mk.save_tree(game, tmp_path / "store")
    assert mk.load_tree(tmp_path / "store").tree().infoset_keys == tree.infoset_keys


def test_a_game_made_in_python(tmp_path):
    game = (
        mk.TreeBuilder(players=2, name="drawn")
        .chance((), {"heads": "1/3", "tails": "2/3"})
        .decision(("heads",), 0, "h", ["stop", "go"])
        .payoff(("heads", "stop"), ["1/7", 0])
        .payoff(("heads", "go"), [2, -2])
        .payoff(("tails",), [0, 5])
        .build()
    )
    mk.save_tree(game, tmp_path / "store")
    again = mk.load_tree(tmp_path / "store")
    same(game.tree(), again.tree())
    state = again.new_initial_state()
    assert [state.action_to_string(-1, a) for a in state.legal_actions()] == ["heads", "tails"]
    assert again.action_names(0) == ("stop", "go")


def test_a_game_that_is_over_at_once(tmp_path):
    game = mk.TreeBuilder(players=1).payoff((), [1]).build()
    mk.save_tree(game, tmp_path / "store")
    same(game.tree(), mk.load_tree(tmp_path / "store").tree())


def test_the_arrays_are_mapped_not_read(tmp_path):
    mk.save_tree("leduc_poker", tmp_path / "store")
    tree = mk.load_tree(tmp_path / "store").tree()
    assert all(isinstance(getattr(tree, name).base, np.memmap) for name in ARRAYS)


def test_a_saved_tree_is_replaced_and_anything_else_is_not(tmp_path):
    for spec in ("trust", "openspiel:kuhn_poker"):
        mk.save_tree(spec, tmp_path / "store")
    assert mk.load_tree(tmp_path / "store").name == "kuhn_poker"
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "dear.txt").write_text("do not touch")
    with pytest.raises(mk.InvalidOptionError, match="not a saved tree"):
        mk.save_tree("trust", tmp_path / "letters")
    assert (tmp_path / "letters" / "dear.txt").read_text() == "do not touch"
    with pytest.raises(mk.InvalidOptionError, match="cannot be written"):
        mk.save_tree("trust", tmp_path / "nowhere" / "store")


@pytest.fixture
def store(tmp_path):
    mk.save_tree("openspiel:kuhn_poker", tmp_path / "store")
    return tmp_path / "store"


def edit_header(store, **changes):
    header = json.loads((store / HEADER).read_text())
    (store / HEADER).write_text(json.dumps(header | changes))


def flip(path, place=-3):
    data = bytearray(path.read_bytes())
    data[place] ^= 0x10
    path.write_bytes(bytes(data))


DAMAGE = {
    "no folder": (lambda s: (s / HEADER).unlink(), "not a saved tree"),
    "header cut": (lambda s: (s / HEADER).write_text('{"format": "marl'), "damaged"),
    "a list": (lambda s: (s / HEADER).write_text("[1]"), "not a saved tree"),
    "foreign": (lambda s: edit_header(s, format="other"), "not a saved tree"),
    "newer": (lambda s: edit_header(s, version=99), "version 99; this release reads 1"),
    "header without arrays": (lambda s: edit_header(s, arrays={}), "cannot be used"),
    "array missing": (lambda s: (s / "parent.npy").unlink(), "cannot be used"),
    "array cut": (
        lambda s: (s / "parent.npy").write_bytes((s / "parent.npy").read_bytes()[:-4]),
        "cannot be used",
    ),
    "a bit flipped": (lambda s: flip(s / "payoffs.npy"), "payoffs is not what was saved"),
    "another array": (
        lambda s: np.save(s / "parent.npy", np.arange(58)),
        "parent is int64 .* not what was saved",
    ),
    "pickled": (
        lambda s: np.save(s / "parent.npy", np.array([{}], object), allow_pickle=True),
        "cannot be used",
    ),
    "keys changed": (lambda s: flip(s / "infoset_keys.json"), "infoset_keys is not what"),
    "names gone": (lambda s: (s / "names.json").unlink(), "cannot be used"),
    "unknown game": (lambda s: edit_header(s, spec="openspiel:no_game"), "cannot be used"),
    "another release": (
        lambda s: edit_header(s, source="open_spiel 0.0.1"),
        "compiled from open_spiel 0.0.1, and here is open_spiel .*: compile again",
    ),
}


@pytest.mark.parametrize("what", DAMAGE)
def test_damaged_and_foreign_folders_are_refused(what, store):
    damage, message = DAMAGE[what]
    damage(store)
    with pytest.raises(mk.CheckpointError, match=message):
        mk.load_tree(store)


def test_no_such_folder(tmp_path):
    with pytest.raises(mk.CheckpointError, match="not a saved tree"):
        mk.load_tree(tmp_path / "nothing")


def forbid_compiling(monkeypatch):
    def compiled(*args):
        raise AssertionError("compiled again")

    monkeypatch.setattr(openspiel, "enumerate_tree", compiled)


def test_a_cache_compiles_once(tmp_path, monkeypatch):
    cache = tmp_path / "made" / "on the way"
    first = mk.load_game("leduc_poker").tree(cache=cache)
    forbid_compiling(monkeypatch)
    game = mk.load_game("leduc_poker")
    same(first, game.tree(cache=cache))
    assert game.tree() is game.tree(cache=cache)
    assert mk.solve(game, "cfr+", iterations=3).nash_conv > 0
    with pytest.raises(AssertionError, match="compiled again"):
        mk.load_game("kuhn_poker").tree(cache=cache)  # another game


def test_a_cache_heals_and_notices_another_release(tmp_path, monkeypatch):
    whole = mk.load_game("kuhn_poker").tree()
    mk.load_game("kuhn_poker").tree(cache=tmp_path)
    (folder,) = tmp_path.iterdir()
    flip(folder / "payoffs.npy")
    same(whole, mk.load_game("kuhn_poker").tree(cache=tmp_path))
    same(whole, mk.load_tree(folder).tree())
    monkeypatch.setattr(tree_store, "installed_version", lambda package: "99")
    mk.load_game("kuhn_poker").tree(cache=tmp_path)
    assert len(list(tmp_path.iterdir())) == 2


def test_a_cache_refuses_what_it_could_not_find_again(tmp_path):
    game = mk.NormalFormGame.from_bimatrix([[1, 0], [0, 1]])
    with pytest.raises(mk.InvalidOptionError, match="made in Python"):
        game.tree(cache=tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(mk.InvalidOptionError, match="cache"):
        mk.load_game("kuhn_poker").tree(cache=tmp_path / "file")
