"""Matrix games as data frames, there and back, and what is refused with its label."""

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

import marl_kit as mk

GAMES = ["chicken", "blotto_4_3", "mckelvey_mclennan", "degenerate_2x2", "openspiel:matrix_rps"]


def same(a, b):
    assert np.array_equal(a.exact_payoffs, b.exact_payoffs)
    assert a.actions == b.actions
    assert a.player_names == b.player_names


@pytest.mark.parametrize("long", [None, True])
@pytest.mark.parametrize("spec", GAMES)
def test_there_and_back(spec, long):
    game = mk.load_game(spec)
    frame = game.to_frame(long=long)
    same(mk.NormalFormGame.from_frame(frame), game)


def test_fractions_and_floats_keep_every_digit():
    exact = mk.NormalFormGame.from_bimatrix([["1/3", 2]], [[10**20, "-2/7"]])
    floats = mk.NormalFormGame.from_bimatrix([[0.1 + 0.2, 1e-300]], [[1e300, -0.1]])
    for game in (exact, floats):
        for long in (None, True):
            same(mk.NormalFormGame.from_frame(game.to_frame(long)), game)
    assert exact.to_frame().iloc[0, 0] == "1/3, 100000000000000000000"
    assert exact.to_frame(long=True).iloc[0, 0] == Fraction(1, 3)
    assert floats.to_frame(long=True).dtypes.tolist() == [float, float]


def test_how_it_looks():
    names = {"player_names": ["Row", "Column"], "actions": [["U", "D"], ["l", "r"]]}
    game = mk.NormalFormGame.from_bimatrix([[1, 2], [3, 4]], [[5, 6], [7, 8]], **names)
    frame = game.to_frame()
    assert frame.loc["U", "r"] == "2, 6"
    assert (frame.index.name, frame.columns.name) == ("Row", "Column")
    long = game.to_frame(long=True)
    assert long.index.names == ["Row", "Column"]
    assert long.loc[("D", "l")].tolist() == [3, 7]


def test_pairs_and_two_frames():
    A = pd.DataFrame([[1, 2], [3, 4]], ["U", "D"], ["l", "r"])
    B = pd.DataFrame([[5, 6], [7, 8]], ["U", "D"], ["l", "r"])
    pairs = pd.DataFrame([[(1, 5), (2, 6)], [[3, 7], "(4, 8)"]], ["U", "D"], ["l", "r"])
    both = mk.NormalFormGame.from_frame(A, B, name="game")
    assert both.name == "game"
    same(both, mk.NormalFormGame.from_frame(pairs))
    assert both.payoffs.tolist() == [[[1, 2], [3, 4]], [[5, 6], [7, 8]]]


def test_a_long_table_in_any_order():
    frame = mk.load_game("mckelvey_mclennan").to_frame()
    mixed = frame.sample(frac=1, random_state=3)
    game = mk.NormalFormGame.from_frame(mixed)
    for profile, row in frame.iterrows():
        cell = tuple(game.actions[p].index(a) for p, a in enumerate(profile))
        assert game.payoffs[(slice(None), *cell)].tolist() == row.tolist()


GOOD = pd.DataFrame([["1, 2", "3, 4"]], ["U"], ["l", "r"])
LONG = mk.NormalFormGame(np.arange(8).reshape(2, 2, 2)).to_frame(long=True)


@pytest.mark.parametrize(
    ("frames", "message"),
    [
        ([GOOD.replace("3, 4", "3")], "row 'U', column 'r': '3' is not a pair"),
        ([GOOD.replace("3, 4", "3, x")], "row 'U', column 'r': 'x' is not a finite number"),
        ([GOOD.replace("3, 4", "3, nan")], "row 'U', column 'r'"),
        ([pd.DataFrame([[(1, float("nan"))]])], "row 0, column 0: nan is not"),
        ([pd.DataFrame([[7]])], "row 0, column 0"),
        ([pd.DataFrame()], "at least one action"),
        ([pd.DataFrame([[1]]), pd.DataFrame([[1, 2]])], "shapes"),
        ([pd.DataFrame([[1]], ["a"]), pd.DataFrame([[1]], ["b"])], "label 0 is 'a' .* 'b'"),
        ([pd.DataFrame([[1]]), pd.DataFrame([["y"]])], "row 0, column 0: 'y'"),
        ([LONG.iloc[:-1]], r"\('1', '1'\) has no row"),
        ([pd.concat([LONG, LONG.iloc[:1]])], r"\('0', '0'\) has two rows"),
        ([LONG.iloc[:, :1]], "2 players and there are 1 columns"),
        ([LONG.astype(object).replace(5, "five")], r"row \('0', '1'\), column 'Player 2': 'five'"),
        ([], "0 frames"),
        ([GOOD] * 3, "3 frames"),
    ],
)
def test_refused(frames, message):
    with pytest.raises(mk.InvalidGameError, match=message):
        mk.NormalFormGame.from_frame(*frames)


def test_other_refusals():
    with pytest.raises(mk.InvalidOptionError, match="list is not a DataFrame"):
        mk.NormalFormGame.from_frame([[1, 2]])
    with pytest.raises(mk.InvalidOptionError, match="two players"):
        mk.load_game("mckelvey_mclennan").to_frame(long=False)


def test_one_player_there_and_back():
    game = mk.NormalFormGame([[1, 2, 3]])
    same(mk.NormalFormGame.from_frame(game.to_frame()), game)


def test_namesakes():
    game = mk.NormalFormGame.from_bimatrix([[1, 2], [3, 4]], actions=[["a", "a"], ["x", "y"]])
    same(mk.NormalFormGame.from_frame(game.to_frame()), game)
    with pytest.raises(mk.InvalidOptionError, match="2 actions named 'a'"):
        game.to_frame(long=True)


def test_one_frame_of_numbers():
    with pytest.raises(mk.InvalidGameError, match=r"\(a, b\) pairs or two frames"):
        mk.NormalFormGame.from_frame(pd.DataFrame([[1, 2], [3, 4]]))
