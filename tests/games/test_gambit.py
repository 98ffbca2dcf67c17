"""To pygambit and back; where it is not installed, the text that travels and the refusal."""

import importlib.util
import io
import sys
from types import SimpleNamespace

import pytest

import marl_kit as mk

INSTALLED = importlib.util.find_spec("pygambit") is not None
needs_pygambit = pytest.mark.skipif(not INSTALLED, reason="pygambit is not installed")
TREES = ["kuhn_1950", "selten_horse", "beer_quiche", "absent_minded_driver", "openspiel:kuhn_poker"]
TREES += ["openspiel:kuhn_poker(players=3)", "leduc_poker"]
MATRICES = ["chicken", "mckelvey_mclennan", "blotto_4_3", "openspiel:matrix_rps"]


def same(game, again):
    tree, other = game.tree(), again.tree()
    assert other.infoset_keys == tree.infoset_keys
    assert other.player.tolist() == tree.player.tolist()
    assert other.payoffs.tolist() == tree.payoffs.tolist()
    assert other.chance_prob.tolist() == tree.chance_prob.tolist()


@needs_pygambit
@pytest.mark.parametrize("spec", [*TREES, *MATRICES])
def test_there_and_back(spec):
    game = mk.load_game(spec)
    same(game, mk.from_pygambit(mk.to_pygambit(game)))


class Parcel:
    """What pygambit makes of a file, as far as the way back looks at it."""

    def __init__(self, text, is_tree):
        self.text, self.is_tree = text.read(), is_tree

    def to_efg(self):
        return self.text

    def to_nfg(self):
        return self.text


@pytest.mark.parametrize("spec", [*TREES, *MATRICES])
def test_the_text_that_travels_is_the_whole_game(spec, monkeypatch):
    stand_in = SimpleNamespace(
        read_efg=lambda text: Parcel(text, True), read_nfg=lambda text: Parcel(text, False)
    )
    monkeypatch.setitem(sys.modules, "pygambit", stand_in)
    game = mk.load_game(spec)
    parcel = mk.to_pygambit(game)
    assert parcel.is_tree == (spec in TREES)
    same(game, mk.from_pygambit(parcel))


def test_release_17_tells_trees_by_their_class():
    class ExtensiveGame:
        def to_efg(self):
            return 'EFG 2 R "" { "a" } ""\nt "" 1 "" { 5 }\n'

        def to_nfg(self):
            raise AssertionError("a tree")

    assert mk.from_pygambit(ExtensiveGame()).tree().payoffs.tolist() == [[5]]


def test_a_refusal_is_ours(monkeypatch):
    def read_efg(text):
        assert isinstance(text, io.TextIOBase)
        raise ValueError("Parse error")

    monkeypatch.setitem(sys.modules, "pygambit", SimpleNamespace(read_efg=read_efg))
    with pytest.raises(mk.UnsupportedGameError, match=r"pygambit refuses .*: Parse error"):
        mk.to_pygambit("trust")


def test_not_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "pygambit", None)
    with pytest.raises(mk.UnsupportedGameError, match=r"pip install 'marl-kit\[gambit\]'"):
        mk.to_pygambit("trust")


@pytest.mark.parametrize("thing", ["trust", None, 3])
def test_only_pygambits_games_come_back(thing):
    with pytest.raises(mk.InvalidOptionError, match=r"not a pygambit\.Game"):
        mk.from_pygambit(thing)
