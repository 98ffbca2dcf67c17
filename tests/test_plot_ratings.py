"""Pictures of splits, tests, standings and populations: they show the numbers they were given."""

from types import SimpleNamespace

import numpy as np
import pytest

import marl_kit as mk
from marl_kit.plot.glicko import plot_glicko
from marl_kit.plot.style import detached_axes

RPS = np.array([[0, 1, -1], [-1, 0, 1], [1, -1, 0]], float)
LADDER = np.subtract.outer([1.0, 0.0, -1.0], [1.0, 0.0, -1.0])
CIRCLE = [("r", "s", 50, 0, 0), ("s", "p", 50, 0, 0), ("p", "r", 50, 0, 0)]


def texts(ax) -> list[str]:
    return [text.get_text() for text in ax.texts]


def test_hodge_shows_the_cycles_and_the_ratings_best_on_top() -> None:
    turned = np.ix_([2, 0, 1], [2, 0, 1])
    split = mk.hodge((RPS + 0.5 * LADDER)[turned], players=["low", "top", "mid"])
    ax = detached_axes()
    assert split.plot(ax=ax) is ax
    assert [text.get_text() for text in ax.get_yticklabels()] == ["top", "mid", "low"]
    assert ax.yaxis_inverted()
    cells = np.ma.filled(ax.collections[0].get_array(), 0.0)
    np.testing.assert_allclose(cells.reshape(3, 3), RPS)
    widths = np.array([bar.get_width() for bar in ax.patches[-3:]])
    np.testing.assert_allclose(widths / widths[0], [1, 0, -1], atol=1e-12)
    assert ax.get_title(loc="left") == "Cyclic share 66.7%"
    assert {"+0.5", "0", "-0.5", "rating"} <= set(texts(ax))


def test_hodge_of_many_and_of_those_who_never_met() -> None:
    table = np.random.default_rng(0).normal(size=(40, 40))
    ax = mk.hodge(table - table.T).plot(ax=detached_axes())
    assert ax.collections[0].get_array().size == 1600
    apart = mk.hodge(np.zeros((2, 2)), np.zeros((2, 2))).plot(ax=detached_axes())
    assert np.ma.getmaskarray(apart.collections[0].get_array()).all()
    assert apart.get_title(loc="left") == "Cyclic share 0.0%"
    with pytest.raises(mk.InvalidOptionError, match="no player"):
        mk.hodge(np.zeros((0, 0))).plot(ax=detached_axes())


def match(seed: int, games: int):
    rng = np.random.default_rng(seed)
    won = rng.choice([-1.0, 0.0, 1.0], p=[0.25, 0.3, 0.45], size=games)
    return SimpleNamespace(players=("a", "b"), scores=np.c_[won, -won])


def test_a_test_of_a_match_is_a_path_that_ends_where_it_stands() -> None:
    played = match(0, 1000)
    test = mk.sprt(played, elo0=0, elo1=30)
    games, ratio = test.path()
    assert (games[0], ratio[0]) == (0, 0)
    assert (games[-1], ratio[-1]) == (1000, test.llr)
    assert len(games) <= 201
    half = int(np.flatnonzero(games >= 500)[0])
    early = SimpleNamespace(players=("a", "b"), scores=played.scores[: int(games[half])])
    assert ratio[half] == mk.sprt(early, elo0=0, elo1=30).llr
    ax = test.plot(ax=detached_axes())
    drawn = [line for line in ax.get_lines() if len(line.get_xdata()) == len(games)]
    np.testing.assert_array_equal(drawn[0].get_ydata(), ratio)
    heights = {line.get_ydata()[0] for line in ax.get_lines() if len(line.get_ydata()) == 2}
    assert {test.lower, test.upper} <= heights
    assert test.decision in ax.get_title(loc="left")


@pytest.mark.parametrize("results", [{"wins": 13, "draws": 6, "losses": 11}, {"pairs": [0] * 5}])
def test_a_total_alone_is_a_point(results) -> None:
    test = mk.sprt(**results)
    ax = test.plot(ax=detached_axes())
    dots = [line for line in ax.get_lines() if line.get_marker() == "o"]
    assert [(*dot.get_xdata(), *dot.get_ydata()) for dot in dots] == [(test.games, test.llr)]
    assert test.sequence is None


def test_standings_are_a_line_in_a_band() -> None:
    standings = [mk.Glicko()]
    for _ in range(4):
        standings.append(mk.glicko2(standings[-1], [mk.Glicko(1600, 50)], [1]))
    ax = plot_glicko(standings, ax=detached_axes())
    np.testing.assert_allclose(ax.get_lines()[0].get_ydata(), [s.rating for s in standings])
    reach = ax.collections[0].get_paths()[0].get_extents()
    assert reach.ymax == pytest.approx(max(s.high for s in standings))
    assert reach.ymin == pytest.approx(min(s.low for s in standings))
    alone = standings[-1].plot(ax=detached_axes())
    segment = alone.collections[0].get_segments()[0]
    np.testing.assert_allclose(segment[:, 1], [standings[-1].low, standings[-1].high])
    with pytest.raises(mk.InvalidOptionError, match="no standing"):
        plot_glicko([], ax=detached_axes())


def test_pairs_that_contradict_are_named() -> None:
    misfit = mk.elo_misfit([*CIRCLE, ("r", "w", 20, 2, 40)])
    ax = misfit.plot(ax=detached_axes())
    everybody, wrong = ax.collections
    np.testing.assert_allclose(everybody.get_offsets(), misfit.met[["expected", "score"]])
    np.testing.assert_allclose(wrong.get_offsets(), misfit.pairs[["expected", "score"]])
    assert len(misfit.met) == 4
    assert len(texts(ax)) == len(misfit.pairs) == 3
    assert ax.get_title(loc="left").startswith("3 pairs contradict Elo")
    calm = mk.elo_misfit([("a", "b", 3, 0, 2)]).plot(ax=detached_axes())
    assert calm.get_title(loc="left").startswith("No pair contradicts")
    with pytest.raises(mk.InvalidOptionError, match="no two players"):
        mk.elo_misfit([]).plot(ax=detached_axes())


@pytest.mark.parametrize(("meta_solver", "curves"), [("nash", 2), ("cce", 3)])
def test_psro_shows_nash_conv_its_best_and_the_population(meta_solver, curves) -> None:
    result = mk.psro("kuhn_poker", meta_solver)
    ax = result.plot(ax=detached_axes())
    lines = ax.get_lines()
    assert len(lines) == curves
    np.testing.assert_array_equal(lines[0].get_ydata()[:3], result.history.nash_conv[:3])
    np.testing.assert_array_equal(lines[1].get_ydata()[:3], result.history.best[:3])
    assert min(lines[0].get_ydata()) > 0
    assert ax.get_yscale() == "log"
    (members,) = next(a for a in ax.figure.axes if a is not ax).get_lines()
    np.testing.assert_array_equal(members.get_ydata(), result.history.population.max(axis=1))
    assert "kuhn_poker" in ax.get_title(loc="left")
