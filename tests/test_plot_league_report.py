"""Pictures and report of a league show what its summary says, and do without what it lacks."""

import math
import re
from dataclasses import replace

import matplotlib
import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import StepPatch

import marl_kit as mk
from marl_kit.plot.cycles import cycles_frame, plot_cycles
from marl_kit.plot.edge_labels import spread
from marl_kit.plot.forgetting import plot_forgetting
from marl_kit.plot.genealogy import plot_genealogy
from marl_kit.plot.lanes import lanes_of
from marl_kit.plot.league_exploitability import plot_league_exploitability
from marl_kit.plot.league_members import by_strength, elo_of
from marl_kit.plot.league_payoffs import plot_league_payoffs
from marl_kit.plot.league_ratings import plot_league_ratings
from marl_kit.plot.league_report import write_league_report
from marl_kit.plot.league_tables import forgetting_table, payoffs_table, ratings_table
from marl_kit.plot.meta_strategy import plot_meta_strategy
from marl_kit.plot.style import detached_axes, figure_of
from tests import league_summaries as leagues

PLOTS = [
    plot_league_ratings,
    plot_league_payoffs,
    plot_meta_strategy,
    plot_league_exploitability,
    plot_forgetting,
    plot_genealogy,
    plot_cycles,
]


@pytest.fixture(scope="module")
def small():
    return leagues.small()


@pytest.fixture(scope="module")
def large():
    return leagues.large()


def texts(ax):
    return [text.get_text() for text in ax.texts]


def line_of(ax, label):
    return next(line for line in ax.get_lines() if line.get_label() == label)


def test_ratings_stand_at_the_wave_of_their_member(small):
    ax = plot_league_ratings(small, ax=detached_axes())
    elo = small.ratings.elo
    main = line_of(ax, "main")
    np.testing.assert_array_equal(main.get_xdata(), [1, 2, 3])
    np.testing.assert_allclose(main.get_ydata(), elo[["main 1", "main 2", "main 3"]])
    assert not len(line_of(ax, "exploiter").get_xdata())  # the rejected one is a dot, not a line
    hollow = [x for x in ax.get_lines() if x.get_markerfacecolor() == "none" and len(x.get_xdata())]
    assert [(x.get_xdata()[0], x.get_ydata()[0]) for x in hollow] == [(2, elo["exploiter 2"])]
    bars = np.array([bar for c in ax.collections for bar in c.get_segments()])
    names = ["main 1", "main 2", "main 3", "exploiter 2"]
    ends = np.c_[small.ratings.low[names], small.ratings.high[names]]
    np.testing.assert_allclose(bars[:, :, 1], ends)


def test_given_members_are_lines_with_names(small):
    ax = plot_league_ratings(small, ax=detached_axes())
    flat = [x.get_ydata()[0] for x in ax.get_lines() if list(x.get_xdata()) == [0, 1]]
    names = ["mcts(simulations=100)", "random"]
    np.testing.assert_allclose(flat, small.ratings.elo[names])
    assert sorted(texts(ax)) == names
    assert ax.get_ylabel() == "Elo (random = 0)"


def test_infinite_ratings_are_triangles_at_their_bound(small):
    rows = [("random", "main 1", 3, 0, 5), ("main 2", "main 1", 9, 0, 0)]
    ratings = mk.elo(rows, prior=None, anchor="random")
    assert math.isinf(ratings.elo["main 2"])
    ax = plot_league_ratings(replace(small, ratings=ratings), ax=detached_axes())
    (up,) = [x for x in ax.get_lines() if x.get_marker() == "^" and len(x.get_xdata())]
    assert (up.get_xdata()[0], up.get_ydata()[0]) == (2, ratings.low["main 2"])
    assert ratings_table(replace(small, ratings=ratings)).cells()[0][1].startswith(">")


def test_members_that_nobody_compares_are_left_out(small):
    rows = [("random", "main 1", 3, 0, 5), ("main 2", "main 1", 5, 0, 4), ("x", "main 3", 1, 0, 1)]
    found = elo_of(replace(small, ratings=mk.elo(rows, anchor="random")))
    assert np.isfinite(found[0]).tolist() == [True, False, True, True, False, False]


def test_payoffs_are_sorted_by_rating_with_holes_hatched(small):
    ax = plot_league_payoffs(small, ax=detached_axes())
    order = list(small.ratings.elo.index)
    assert [t.get_text().rsplit("  ", 1)[0] for t in ax.get_yticklabels()] == order
    index = [small.names.index(name) for name in order]
    shown = ax.collections[0].get_array().filled(np.nan)
    np.testing.assert_array_equal(shown, small.payoffs[np.ix_(index, index)])
    hatched = {p.get_xy() for p in ax.patches if p.get_hatch()}
    assert hatched == {(j, i) for i, j in np.argwhere(np.isnan(shown)) if i != j}
    assert len(hatched) == 4
    assert len(texts(ax)) == 30 - 4
    assert ax.collections[0].get_clim() == (-1, 1)


def test_without_ratings_the_mean_payoff_sorts_and_exact_cells_are_told():
    summary = leagues.exact()
    means = np.nanmean(summary.payoffs, axis=1)
    np.testing.assert_array_equal(by_strength(summary), np.argsort(-means, kind="stable"))
    ax = plot_league_payoffs(summary, ax=detached_axes())
    assert "304 of 306 cells exact" in ax.get_xlabel()
    assert not texts(ax)


def test_colours_span_what_there_is_where_the_scale_is_wide(small):
    ax = plot_league_payoffs(replace(small, scale=(-9.0, 11.0)), ax=detached_axes())
    reach = np.nanmax(np.abs(small.payoffs - 1))
    np.testing.assert_allclose(ax.collections[0].get_clim(), (1 - reach, 1 + reach))
    assert "colours from" in ax.get_xlabel()


def test_a_thousand_members_are_an_image_of_means(large):
    ax = plot_league_payoffs(large, ax=detached_axes())
    (image,) = ax.get_images()
    order = by_strength(large)
    block = large.payoffs[np.ix_(order[:7], order[7:14])]
    assert image.get_array().shape == (143, 143)
    assert image.get_array()[0, 1] == pytest.approx(np.nanmean(block))
    assert "7 x 7" in ax.get_xlabel()


def areas(ax):
    found = [p for p in ax.patches if isinstance(p, StepPatch)]
    return {p.get_label(): p.get_data()[0] - p.get_data()[2] for p in found}


def test_meta_strategy_is_stacked_and_the_small_ones_are_others(small):
    drawn = areas(plot_meta_strategy(small, ax=detached_axes()))
    assert list(drawn) == [*small.names[:4], "main 3", "others"]
    np.testing.assert_allclose(drawn["main 2"], small.meta[:, 3], atol=1e-12)
    np.testing.assert_allclose(drawn["others"], small.meta[:, 4], atol=1e-12)


def test_more_areas_than_can_be_seen_are_groups(large):
    ax = plot_meta_strategy(large, ax=detached_axes())
    drawn = areas(ax)
    assert len(drawn) == 101
    np.testing.assert_allclose(sum(drawn.values()), 1)
    ever = np.flatnonzero(large.meta.max(axis=0) >= 0.02)
    first = np.array_split(ever, 100)[0]
    np.testing.assert_allclose(next(iter(drawn.values())), large.meta[:, first].sum(axis=1))


def test_a_mixture_of_crumbs_is_all_others():
    summary = leagues.large(n=120, generations=2)
    crumbs = replace(summary, meta=np.full((2, 120), 1 / 120))
    drawn = areas(plot_meta_strategy(crumbs, ax=detached_axes()))
    assert list(drawn) == ["others"]
    np.testing.assert_allclose(drawn["others"], 1)


def test_exploitability_and_the_best_so_far(small):
    ax = plot_league_exploitability(small, ax=detached_axes())
    np.testing.assert_array_equal(line_of(ax, "the mixture").get_ydata(), [0.4, 0.21, 0.26])
    np.testing.assert_array_equal(line_of(ax, "best so far").get_ydata(), [0.4, 0.21, 0.21])
    assert ax.get_yscale() == "log"
    bound = replace(small, exploitability_kind="a lower bound")
    ax = plot_league_exploitability(bound, ax=detached_axes())
    assert ax.get_yscale() == "linear"
    assert "a lower bound" in ax.get_ylabel()
    assert line_of(ax, "least bound so far").get_ydata()[-1] == 0.21
    zero = replace(small, exploitability=np.array([0.4, math.nan, 0.0]))
    ax = plot_league_exploitability(zero, ax=detached_axes())
    assert ax.get_yscale() == "linear"
    np.testing.assert_array_equal(line_of(ax, "the mixture").get_xdata(), [1, 3])


def test_who_forgets_names_the_ancestor(small):
    ax = plot_forgetting(small, ax=detached_axes())
    assert texts(ax) == ["to main 1"]
    assert ax.texts[0].xy == (3, 0.3)
    assert forgetting_table(small).cells() == [["main 3", "3", "main 1", "30.0%"]]


def test_lines_of_descent_stay_in_their_lane():
    step, parent = np.array([0, 0, 1, 2, 2, 3, 0]), np.array([-1, -1, 0, 2, 2, 3, 0])
    lanes = lanes_of(step, parent)
    assert lanes[1] == -1  # no kin
    assert lanes[0] == lanes[2] == lanes[3] == lanes[5] == 0
    assert lanes[4] != 0
    assert lanes[6] != 0  # a snapshot of wave 0 stands beside its parent
    assert lanes_of(np.array([1, 2]), np.array([-1, -1])).tolist() == [-1, -1]


def test_no_two_members_stand_at_the_same_place(large):
    ax = plot_genealogy(large, ax=detached_axes())
    places = np.concatenate([c.get_offsets() for c in ax.collections if len(c.get_offsets())])
    dots = places[~(places == 0).all(axis=1)]
    assert len(np.unique(dots, axis=0)) == len(dots)
    assert not texts(ax)


def test_family_lines_and_hollow_dots(small):
    ax = plot_genealogy(small, ax=detached_axes())
    lines, kept, rejected = ax.collections
    assert len(lines.get_segments()) == 4
    assert [x for x, _ in kept.get_offsets()] == [0, 1, 2, 3]
    assert [x for x, _ in rejected.get_offsets()] == [2]
    assert rejected.get_facecolors()[0, 3] == 0
    assert sorted(texts(ax)) == ["exploiter 2", "main 1", "main 2", "main 3", "random"]
    roles = plot_genealogy(replace(small, ratings=None), ax=detached_axes())
    colours = {to_hex(c) for c in roles.collections[1].get_edgecolors()}
    assert len(colours) == 2  # of a role, and of who was given


def test_cycles_are_drawn_and_told(small):
    ax = plot_cycles(small, ax=detached_axes())
    assert [t for t in texts(ax) if t.startswith("main")] == ["main 1", "main 3", "main 2"]
    (row,) = cycles_frame(small).itertuples(index=False, name=None)
    assert row == (
        "main 1 > main 3 > main 2 > main 1",
        *(small.payoffs[pair] for pair in ((2, 5), (5, 3), (3, 2))),
    )


def test_names_are_moved_apart_inside_the_edge():
    found = spread(np.array([0.0, 0.0, 0.5, 1.0, 1.0]), 0.1)
    assert np.diff(found).min() >= 0.1 - 1e-12
    assert found[0] >= 0
    assert found[-1] <= 1
    assert spread(np.array([0.2, 0.7]), 0.1).tolist() == pytest.approx([0.2, 0.7])


def test_what_there_is_not_cannot_be_drawn():
    bare = leagues.round_robin()
    for plot in (plot_meta_strategy, plot_league_exploitability, plot_forgetting):
        with pytest.raises(mk.InvalidOptionError, match=r"train|play"):
            plot(bare, ax=detached_axes())
    with pytest.raises(mk.InvalidOptionError, match="descends"):
        plot_genealogy(bare, ax=detached_axes())
    with pytest.raises(mk.InvalidOptionError, match="circle"):
        plot_cycles(bare, ax=detached_axes())
    with pytest.raises(mk.InvalidOptionError, match="rating"):
        plot_league_ratings(replace(bare, ratings=None), ax=detached_axes())
    with pytest.raises(mk.InvalidOptionError, match="payoff"):
        plot_league_payoffs(replace(bare, payoffs=np.full((3, 3), np.nan)), ax=detached_axes())


def test_pictures_leave_settings_alone(small, tmp_path):
    import matplotlib.pyplot as plt

    before = dict(matplotlib.rcParams)
    for plot in PLOTS:
        figure_of(plot(small)).savefig(tmp_path / f"{plot.__name__}.svg")
    plt.close("all")
    assert dict(matplotlib.rcParams) == before


def page_of(summary, tmp_path):
    path = write_league_report(summary, tmp_path / "league.html")
    return path.read_text(encoding="utf-8")


def titles(page):
    return re.findall(r"<h2>(.*?)</h2>", page)


EVERYTHING = [
    "The league",
    "Ratings",
    "Who beats whom",
    "The meta-strategy",
    "Exploitability of the mixture",
    "Who forgets",
    "Who descends from whom",
    "Cycles",
]


@pytest.mark.parametrize(
    ("league", "left_out", "pictures"),
    [
        ("small", [], 7),
        ("round_robin", EVERYTHING[3:7], 2),
        ("exact", EVERYTHING[5:7], 4),
        ("one_learner", EVERYTHING[7:], 6),
        ("three_players", EVERYTHING[3:5], 3),
    ],
)
def test_a_page_has_the_sections_that_there_is_something_for(league, left_out, pictures, tmp_path):
    page = page_of(getattr(leagues, league)(), tmp_path)
    assert titles(page) == [title for title in EVERYTHING if title not in left_out]
    assert page.count("<figure>") == pictures
    assert not re.search(r"\bnan\b", re.sub(r"<svg.*?</svg>", "", page, flags=re.DOTALL))
    assert not re.search(r'(?:src|href)="(?!#|data:)', page)  # nothing to load


def test_a_page_tells_bounds_holes_and_who_is_not_rated(small, tmp_path):
    page = page_of(leagues.one_learner(), tmp_path)
    assert "Not exact: a lower bound, by a tabular best response" in page
    page = page_of(leagues.exact(), tmp_path)
    assert "No evaluation games have been played" in page
    assert "All values are exact" in page
    rows = [("random", "main 1", 3, 0, 5), ("main 2", "main 3", 5, 0, 4)]
    page = page_of(replace(small, ratings=mk.elo(rows)), tmp_path)
    assert "there are 2 groups" in page
    assert "Not rated, as they have played no evaluation games: mcts" in page


def test_a_league_of_one_and_names_with_signs(tmp_path):
    alone = leagues.league_of(
        [leagues.given(1, "a$b$<c>")], np.zeros((1, 1)), np.zeros((1, 1), int)
    )
    assert titles(page_of(alone, tmp_path)) == EVERYTHING[:3]
    payoffs, games = leagues.by_strength(np.array([0, 90.0]), 10)
    members = [leagues.given(1, "a$b$<c>"), leagues.made(2, "$x^2", "a$b$<c>", 1)]
    page = page_of(leagues.league_of(members, payoffs, games), tmp_path)
    assert "a$b$&lt;c&gt;" in page


def test_payoffs_that_do_not_sum_to_a_constant_stand_from_both_sides():
    assert len(payoffs_table(leagues.three_players()).cells()) == 12
    assert len(payoffs_table(leagues.round_robin()).cells()) == 3


def test_a_thousand_members_fit_on_a_page(large, tmp_path):
    page = page_of(large, tmp_path)
    assert len(page) < 5_000_000
    assert "The best 100 of 1,000 that are rated" in page
    assert page.count("<figure>") == 6
