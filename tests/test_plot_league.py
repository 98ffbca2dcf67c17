"""Pictures of a league: ratings, pay-offs and a board show what they were given."""

import math

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import Circle, Rectangle

import marl_kit as mk
from marl_kit.plot.board import FILLS, board_size, plot_board
from marl_kit.plot.payoffs import payoffs_size, plot_payoffs
from marl_kit.plot.ratings import plot_ratings, ratings_size
from marl_kit.plot.style import PALETTE, detached_axes, figure_of

ROWS = [("a", "b", 7, 2, 1), ("b", "c", 6, 0, 5), ("c", "a", 4, 3, 2)]
PAYOFFS = pd.DataFrame(
    [("x", "y", 10, 0.5), ("y", "z", 20, -0.25), ("x", "z", 0, math.nan)],
    columns=["a", "b", "games", "mean"],
)
BOARD = ["....", ".o..", "xxo."]


def texts(ax) -> list[str]:
    return [text.get_text() for text in ax.texts]


def ticks(axis) -> list[str]:
    return [text.get_text() for text in axis.get_ticklabels()]


def test_ratings_are_drawn_best_on_top_with_intervals() -> None:
    ratings = mk.elo(ROWS, anchor="b")
    ax = detached_axes(ratings_size(3))
    assert ratings.plot(ax=ax) is ax
    assert ticks(ax.yaxis) == list(ratings.elo.index)
    assert ax.yaxis_inverted()
    lines = [line for line in ax.get_lines() if len(set(line.get_ydata())) == 1]
    intervals = [line.get_xdata() for line in lines if len(line.get_xdata()) == 2]
    np.testing.assert_allclose(intervals, np.c_[ratings.low, ratings.high])
    dots = {line.get_ydata()[0]: line for line in lines if len(line.get_xdata()) == 1}
    np.testing.assert_allclose([dots[y].get_xdata()[0] for y in range(3)], ratings.elo)
    shapes = [dots[y].get_marker() for y in range(3)]
    assert [
        name for name, shape in zip(ratings.elo.index, shapes, strict=True) if shape == "D"
    ] == ["b"]
    assert texts(ax) == [f"{round(x):+d}" if round(x) else "0" for x in ratings.elo]
    assert "b = 0" in ax.get_xlabel()


def test_infinite_ratings_are_arrows_from_their_bound() -> None:
    ratings = mk.elo([("a", "b", 10, 0, 0), ("b", "c", 2, 0, 2), ("c", "d", 5, 0, 0)], prior=None)
    ax = plot_ratings(ratings, ax=detached_axes())
    arrows = [text for text in ax.texts if getattr(text, "arrow_patch", None)]
    assert [arrow.xyann[0] for arrow in arrows] == [ratings.low["a"], ratings.high["d"]]
    assert [arrow.xy[0] for arrow in arrows] == [ax.get_xlim()[1], ax.get_xlim()[0]]
    numbers = [text for text in texts(ax) if text]
    assert numbers[0] == f"> {ratings.low['a']:+.0f}"
    assert numbers[-1] == f"< {ratings.high['d']:+.0f}"
    assert np.isfinite(ax.get_xlim()).all()


def test_groups_have_colours_of_their_own() -> None:
    ratings = mk.elo([*ROWS, ("u", "v", 1, 1, 0)])
    ax = plot_ratings(ratings, ax=detached_axes())
    dots = [line for line in ax.get_lines() if line.get_marker() == "o"]
    assert [to_hex(dot.get_color()) for dot in dots] == [PALETTE[0]] * 3 + [PALETTE[1]] * 2


def test_nobody_to_draw() -> None:
    with pytest.raises(mk.InvalidOptionError, match="play games"):
        plot_ratings(mk.elo([]))
    with pytest.raises(mk.InvalidOptionError, match="play games"):
        plot_payoffs(PAYOFFS.iloc[:0])


def cells(ax) -> np.ndarray:
    return ax.collections[0].get_array().filled(np.nan)


def test_payoffs_are_drawn_from_both_sides() -> None:
    ax = plot_payoffs(PAYOFFS, ax=detached_axes(payoffs_size("xyz")), order=["z", "x", "y"])
    nan = math.nan
    expected = [[nan, nan, 0.25], [nan, nan, 0.5], [-0.25, -0.5, nan]]
    np.testing.assert_array_equal(cells(ax), expected)
    assert ticks(ax.yaxis) == ticks(ax.xaxis) == ["z", "x", "y"]
    assert texts(ax) == ["+0.25", "20", "+0.50", "10", "-0.25", "20", "-0.50", "10"]
    assert ax.collections[0].get_clim() == (-1, 1)
    hatched = [patch.get_xy() for patch in ax.patches if patch.get_hatch()]
    assert hatched == [(1, 0), (0, 1)]  # x and z have not met; the diagonal is empty
    assert ax.yaxis_inverted()


def test_payoffs_of_general_sum_games_and_other_scales() -> None:
    both = pd.concat([PAYOFFS, pd.DataFrame([("y", "x", 10, 0.4)], columns=PAYOFFS.columns)])
    found = cells(plot_payoffs(both, ax=detached_axes(), order=["x", "y", "z"]))
    assert found[0, 1] == 0.5
    assert found[1, 0] == 0.4
    assert np.isnan(found[2, 1])  # nothing is made up where pairs stand in both orders
    shares = PAYOFFS.assign(mean=[0.5, 0.25, math.nan])
    ax = plot_payoffs(shares, ax=detached_axes(), order=["y", "z"], scale=(0, 1))
    assert texts(ax) == ["0.25", "20", "0.75", "20"]
    wide = plot_payoffs(PAYOFFS.assign(mean=[5, 2, math.nan]), ax=detached_axes())
    assert wide.collections[0].get_clim() == (-5, 5)


def test_payoffs_are_sorted_by_their_mean_without_an_order() -> None:
    ax = plot_payoffs(PAYOFFS, ax=detached_axes())
    assert ticks(ax.yaxis) == ["x", "z", "y"]  # means .5, .25, -.375


def test_long_names_stand_once_and_letters_can_be_read() -> None:
    named = PAYOFFS.replace({"x": "mcts(simulations=100)"})
    ax = plot_payoffs(named, ax=detached_axes(), order=["mcts(simulations=100)", "y", "z"])
    assert ticks(ax.xaxis) == ["1", "2", "3"]
    assert ticks(ax.yaxis)[0] == "mcts(simulations=100)  1"
    extreme = pd.DataFrame([("x", "y", 5, 1.0)], columns=PAYOFFS.columns)
    colours = [t.get_color() for t in plot_payoffs(extreme, ax=detached_axes()).texts[::2]]
    assert colours == ["#ffffff", "#111111"]  # on deep blue, on orange


def test_many_players_have_a_colour_bar_instead_of_numbers() -> None:
    names = [f"p{i}" for i in range(25)]
    pairs = [(a, b, 4, 0.5) for i, a in enumerate(names) for b in names[:i]]
    ax = plot_payoffs(pd.DataFrame(pairs, columns=PAYOFFS.columns), ax=detached_axes())
    assert not texts(ax)
    assert len(figure_of(ax).axes) == 2


@pytest.mark.parametrize(
    ("frame", "options", "message"),
    [
        (PAYOFFS.drop(columns="games"), {}, "games are missing"),
        (PAYOFFS, {"order": ["x", "w"]}, "unknown player 'w'"),
        (PAYOFFS, {"scale": (0, 1)}, "the scale is 0 to 1"),
        (PAYOFFS, {"scale": (1, -1)}, "the scale is 1 to -1"),
        (pd.concat([PAYOFFS, PAYOFFS]), {}, "one row for each pair"),
        (PAYOFFS.replace({"y": "x"}), {}, "two different players"),
    ],
)
def test_payoffs_refuse_what_does_not_fit(frame, options, message) -> None:
    with pytest.raises(mk.MarlKitError, match=message):
        plot_payoffs(frame, ax=detached_axes(), **options)


def test_a_board_with_bars_above_its_columns() -> None:
    shares = {0: 0.25, 3: 0.7, np.int64(1): 0.002}
    ax = plot_board(BOARD, shares, ax=detached_axes(board_size(BOARD, shares)), title="x to move")
    discs = [p for p in ax.patches if isinstance(p, Circle) and p.get_fill()]
    where = {disc.center: to_hex(disc.get_facecolor()) for disc in discs}
    x, o = FILLS
    assert where == {(1.5, 1.5): o, (0.5, 2.5): x, (1.5, 2.5): x, (2.5, 2.5): o}
    rings = [p for p in ax.patches if isinstance(p, Circle) and not p.get_fill()]
    assert {ring.center for ring in rings} == {(1.5, 1.5), (2.5, 2.5)}
    assert sorted(texts(ax)) == ["25%", "70%", "<1%", "o", "o", "x", "x"]
    bars = {p.get_x() + p.get_width() / 2: p for p in ax.patches if isinstance(p, Rectangle)}
    lengths = {column: -bar.get_height() for column, bar in bars.items()}
    assert lengths[0.5] / lengths[3.5] == pytest.approx(0.25 / 0.7)
    bold = [text.get_text() for text in ax.texts if text.get_weight() == "bold"]
    assert bold == ["70%"]
    assert ticks(ax.xaxis) == ["0", "1", "2", "3"]
    assert ax.get_title(loc="left") == "x to move"
    assert ax.yaxis_inverted()


def test_a_board_with_shares_in_its_cells() -> None:
    ax = plot_board(["x..", ".o.", "..."], {(0, 1): 0.9, (2, 2): 0.1}, ax=detached_axes())
    tints = {p.get_xy(): p.get_alpha() for p in ax.patches if isinstance(p, Rectangle)}
    assert tints[1, 0] == pytest.approx(9 * tints[2, 2])
    assert {"90%", "10%"} <= set(texts(ax))
    assert not ticks(ax.xaxis)


def test_a_bare_board_and_labels() -> None:
    ax = plot_board(["o.", ".."], ax=detached_axes(), labels=["a", "b"])
    assert ticks(ax.xaxis) == ["a", "b"]
    (disc,) = [p for p in ax.patches if isinstance(p, Circle) and p.get_fill()]
    assert to_hex(disc.get_facecolor()) == FILLS[1]  # o is the light one also when alone
    assert not plot_board(["..", ".."], {0: 0.0}, ax=detached_axes()).get_title()


@pytest.mark.parametrize(
    ("rows", "shares", "options", "message"),
    [
        ([], None, {}, "list of rows"),
        (["..", "."], None, {}, "same length"),
        ("...", None, {}, "list of rows"),
        (["xob"], None, {}, "two players"),
        (["..."], {3: 0.5}, {}, "3 is not on a board of 1 rows, 3 columns"),
        (["..."], {(1, 0): 0.5}, {}, "is not on a board"),
        (["..."], {"a": 0.5}, {}, "is not on a board"),
        (["..."], {0: 1.5}, {}, "the share of 0 is 1.5"),
        (["..."], {0: math.nan}, {}, "the share of 0"),
        (["..."], {0: 0.5, (0, 1): 0.5}, {}, "not both"),
        (["..."], None, {"labels": ["a"]}, "1 labels for 3 columns"),
    ],
)
def test_boards_that_cannot_be_drawn(rows, shares, options, message) -> None:
    with pytest.raises(mk.InvalidOptionError, match=message):
        plot_board(rows, shares, ax=detached_axes(), **options)


def test_pictures_are_made_without_axes_and_leave_settings_alone(tmp_path) -> None:
    import matplotlib.pyplot as plt

    before = dict(matplotlib.rcParams)
    drawn = [mk.elo(ROWS).plot(), plot_payoffs(PAYOFFS), plot_board(BOARD, {0: 1.0})]
    for number, ax in enumerate(drawn):
        figure_of(ax).savefig(tmp_path / f"{number}.svg")
    assert dict(matplotlib.rcParams) == before
    plt.close("all")


@pytest.mark.parametrize("order", [[], ["a", "a"]])
def test_an_order_names_each_player_once(order):
    frame = pd.DataFrame([("a", "b", 2, 0.5)], columns=["a", "b", "games", "mean"])
    with pytest.raises(mk.InvalidOptionError, match="order is"):
        plot_payoffs(frame, order=order)


@pytest.mark.parametrize("players", [2, 3, 5, 6, 9])
def test_the_label_of_the_heat_map_is_not_cut_off(players):
    names = [f"player {i}" for i in range(players)]
    rows = [
        (a, b, 2, 0.5 * (i < j) - 0.5 * (i > j))
        for i, a in enumerate(names)
        for j, b in enumerate(names)
        if i != j
    ]
    frame = pd.DataFrame(rows, columns=["a", "b", "games", "mean"])
    ax = plot_payoffs(frame, ax=detached_axes(payoffs_size(names)))
    figure = figure_of(ax)
    figure.draw_without_rendering()
    label, page = ax.xaxis.label.get_window_extent(), figure.bbox
    assert page.x0 <= label.x0
    assert label.x1 <= page.x1
