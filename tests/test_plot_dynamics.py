"""Pictures of the dynamics: what is drawn is what was given."""

from itertools import pairwise

import matplotlib
import numpy as np
import pytest
from matplotlib.patches import Polygon

import marl_kit as mk
from marl_kit.plot.best_response import (
    best_response_region,
    plot_best_replies,
    plot_best_response_regions,
)
from marl_kit.plot.simplex import CORNERS, to_plane
from marl_kit.plot.style import detached_axes
from marl_kit.plot.trajectory import plot_trajectory
from marl_kit.plot.vector_field import plot_vector_field

RPS = "rock_scissors_paper"


def line_through(ax, points):
    """Whether one of the lines has just these points."""
    lines = [np.array(line.get_data()).T for line in ax.get_lines()]
    return any(xy.shape == points.shape and np.allclose(xy, points) for xy in lines)


def texts(ax):
    return [text.get_text() for text in ax.texts]


def test_three_actions_are_a_triangle_a_population():
    path = mk.dynamics("shapley_1964", "fictitious_play", steps=500, start="random")
    axes = plot_trajectory(path, ax=[detached_axes(), detached_axes()])
    for p, ax in enumerate(axes):
        assert line_through(ax, to_plane(path.population(p)))
        assert ax.get_title("left") == path.populations[p]
        assert set(path.actions[p]) <= set(texts(ax))


def test_one_population_is_one_panel_over_its_field():
    ax = plot_vector_field(RPS, ax=detached_axes())
    before = len(ax.texts)
    path = mk.dynamics(RPS, "replicator", populations="one", start=[0.2, 0.2, 0.6], time=5)
    assert path.plot(ax=ax) is ax
    assert line_through(ax, to_plane(path.states))
    assert len([t for t in texts(ax) if t]) == before  # the corners are named once


def test_two_by_two_is_a_square():
    paths = [mk.dynamics("battle_of_the_sexes", "replicator", time=9, seed=s) for s in (1, 2)]
    ax = plot_trajectory(paths, ax=detached_axes())
    for path in paths:
        assert line_through(ax, path.states[:, [0, 2]])
    assert ax.get_xlabel().endswith(path.actions[0][0])


@pytest.mark.parametrize("method", ["replicator", "hedge"])
def test_others_are_lines_over_time(method):
    game = "rock_paper_scissors_lizard_spock"
    axes = mk.dynamics(game, method, start="random").plot(ax=[detached_axes(), detached_axes()])
    assert [len(ax.get_lines()) for ax in axes] == [5, 5]
    assert axes[0].get_xscale() == ("log" if method == "hedge" else "linear")
    alone = mk.dynamics("hawk_dove", "moran", steps=50)
    ax = plot_trajectory(alone, ax=detached_axes())
    np.testing.assert_array_equal(ax.get_lines()[1].get_ydata(), alone.states[:, 1])
    lines = plot_trajectory(
        mk.dynamics("chicken", method, start="random"),
        ax=[detached_axes(), detached_axes()],
        kind="lines",
    )
    assert [len(ax.get_lines()) for ax in lines] == [2, 2]


def test_what_does_not_fit_is_refused():
    path = mk.dynamics("shapley_1964", "hedge", steps=5)
    other = mk.dynamics("chicken", "hedge", steps=5)
    for given, message in (
        ({"trajectory": path, "ax": detached_axes()}, "1 axes for 2 panels"),
        ({"trajectory": [path, other]}, "equal actions"),
        ({"trajectory": []}, "at least one"),
        ({"trajectory": [path, path], "kind": "lines"}, "draw each alone"),
        ({"trajectory": path, "kind": "cake"}, "kind is 'cake'"),
    ):
        with pytest.raises(mk.InvalidOptionError, match=message):
            plot_trajectory(**given)
    with pytest.raises(mk.UnsupportedGameError, match="2 x 2 games"):
        plot_vector_field("blotto_4_3")
    with pytest.raises(mk.UnsupportedGameError, match="symmetric"):
        plot_vector_field("shapley_1964")
    with pytest.raises(mk.UnknownNameError, match="flow"):
        plot_vector_field(RPS, "hedge")


def test_the_field_points_where_populations_go():
    for method, game in (("replicator", "chicken"), ("best_response", "matching_pennies")):
        ax = plot_vector_field(game, method, ax=detached_axes())
        (arrows,) = ax.collections
        at = np.asarray(arrows.get_offsets())
        k = 17
        start = [[x, 1 - x] for x in at[k]]
        path = mk.dynamics(game, method, start=start, time=1e-3, record=1)
        moved = path.states[-1, [0, 2]] - path.states[0, [0, 2]]
        drawn = np.array([arrows.U[k], arrows.V[k]])
        cosine = moved @ drawn / np.linalg.norm(moved) / np.linalg.norm(drawn)
        assert cosine > 0.999


@pytest.mark.parametrize("seed", range(4))
def test_regions_hold_what_they_are_best_against(seed):
    rng = np.random.default_rng(seed)
    table = rng.integers(-3, 4, size=(4, 3)).astype(float)
    regions = [best_response_region(table, a) for a in range(4)]
    for y in rng.dirichlet(np.ones(3), size=200):
        for a, region in enumerate(regions):
            best = (table @ y)[a] >= (table @ y).max() - 1e-12
            assert best == inside(to_plane(region), to_plane(y)) or near_edge(table, y)


def near_edge(table, y):
    top = np.sort(table @ y)
    return top[-1] - top[-2] < 1e-9


def inside(corners, point):
    """In a convex polygon: on one side of all edges."""
    if len(corners) < 3:
        return False
    after = np.roll(corners, -1, axis=0) - corners
    to = point - corners
    cross = after[:, 0] * to[:, 1] - after[:, 1] * to[:, 0]
    return bool(np.all(cross >= -1e-12) or np.all(cross <= 1e-12))


def test_regions_of_rock_scissors_paper_are_thirds():
    ax = plot_best_response_regions(RPS, 1, ax=detached_axes())
    shapes = [p.get_xy()[:-1] for p in ax.patches if isinstance(p, Polygon) and p.get_fill()]
    area = [abs(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2 for x, y in (s.T for s in shapes)]
    np.testing.assert_allclose(area, np.sqrt(0.75) / 2 / 3)
    assert len([t for t in texts(ax) if t in ("Rock", "Scissors", "Paper")]) == 6
    np.testing.assert_allclose(to_plane(np.eye(3)), CORNERS)


def test_against_two_actions_payoffs_are_lines():
    game = mk.load_game("von_stengel_3x2")
    ax = plot_best_response_regions(game, 0, ax=detached_axes())
    envelope, *lines = ax.get_lines()
    for a, line in enumerate(lines):
        assert line.get_ydata() == pytest.approx(game.payoffs[0][a, ::-1])
    assert len(lines) == 3
    assert np.max(envelope.get_ydata()) == game.payoffs[0].max()
    with pytest.raises(mk.InvalidOptionError, match="player is 2"):
        plot_best_response_regions(game, 2)
    with pytest.raises(mk.UnsupportedGameError, match="2 or 3 actions"):
        plot_best_response_regions("blotto_4_3")
    with pytest.raises(mk.UnsupportedGameError, match="two players"):
        plot_best_response_regions("mckelvey_mclennan")


@pytest.mark.parametrize("spec", ["chicken", "matching_pennies", "prisoners_dilemma"])
def test_best_replies_meet_at_the_equilibria(spec):
    ax = plot_best_replies(spec, ax=detached_axes())
    row, column, dots = ax.get_lines()
    points = np.array(dots.get_data()).T
    assert len(points) == len(mk.all_equilibria(spec))
    for line in (row, column):
        ends = np.array(line.get_data()).T
        for point in points:
            pairs = pairwise(ends)
            assert min(distance(point, a, b) for a, b in pairs) < 1e-12
    with pytest.raises(mk.UnsupportedGameError, match="2 x 2"):
        plot_best_replies(RPS)


def distance(point, a, b):
    t = np.clip((point - a) @ (b - a) / max((b - a) @ (b - a), 1e-300), 0, 1)
    return np.linalg.norm(point - a - t * (b - a))


def test_pyplot_and_settings_stay_the_users():
    import matplotlib.pyplot as plt

    before = dict(matplotlib.rcParams)
    axes = mk.dynamics("shapley_1964", "replicator", time=5).plot()
    assert axes[0].get_figure() is plt.gcf()
    plt.close("all")
    assert dict(matplotlib.rcParams) == before


@pytest.mark.parametrize("spec", ["chicken", "openspiel:matrix_rps"])
def test_equilibria_are_numbered_on_the_regions(spec):
    from marl_kit.plot import plot_best_response_regions

    found = mk.all_equilibria(spec)
    ax = plot_best_response_regions(spec, ax=detached_axes(), equilibria=found)
    numbers = [int(k) for text in ax.texts for k in text.get_text().split(", ") if k.isdigit()]
    assert sorted(numbers) == list(range(len(found)))


def test_every_picture_is_exported():
    from marl_kit import plot

    for name in ["best_replies", "best_response_regions", "qre", "trajectory", "vector_field"]:
        assert f"plot_{name}" in plot.__all__
        assert callable(getattr(plot, f"plot_{name}"))


def test_rounding_is_no_movement():
    constant = np.full((3, 3), 0.1)
    for game in (
        mk.NormalFormGame.from_bimatrix(constant, constant),
        mk.NormalFormGame.from_bimatrix(constant[:2, :2] + 1e9, constant[:2, :2]),
    ):
        assert not plot_vector_field(game, ax=detached_axes()).collections
    small = mk.NormalFormGame.from_bimatrix([[1e9 + 1, 0], [1e9, 1]], [[0, 0], [0, 0]])
    assert plot_vector_field(small, ax=detached_axes()).collections


def test_pictures_of_nothing_are_refused():
    for draw in (
        lambda: plot_best_response_regions("chicken", 1.0),
        lambda: plot_best_response_regions("chicken", np.array([0, 1])),
        lambda: plot_trajectory(5),
        lambda: plot_trajectory(["a"]),
        lambda: plot_vector_field("chicken", 3),
    ):
        with pytest.raises(mk.InvalidOptionError, match=r"player is|Trajectory|method is"):
            draw()


def test_arrows_along_a_path_can_be_seen():
    options = {"populations": "one", "start": [0.5, 0.3, 0.2], "time": 20}
    ax = mk.dynamics(RPS, "replicator", **options).plot(ax=detached_axes())
    arrows = [note for note in ax.texts if getattr(note, "arrow_patch", None)]
    assert len(arrows) == 3
    for arrow in arrows:
        assert np.linalg.norm(np.subtract(arrow.xy, arrow.xyann)) == pytest.approx(0.05)


def test_infinitely_many_equilibria_are_shaded():
    line = mk.NormalFormGame.from_bimatrix([[1, 1], [1, 0]], [[1, 1], [1, 0]])
    ax = plot_best_replies(line, ax=detached_axes())
    sizes = sorted((p.get_width(), p.get_height()) for p in ax.patches)
    assert sizes == [(0, 1), (1, 0)]
    assert ax.get_lines()[-1].get_label() == "extreme equilibrium"
    ax = plot_best_replies("chicken", ax=detached_axes())
    assert not ax.patches
    assert ax.get_lines()[-1].get_label() == "equilibrium"


def test_legends_cover_no_curve():
    axes = [detached_axes(), detached_axes()]
    mk.dynamics("chicken", "hedge", start="random").plot(ax=axes, kind="lines")
    assert axes[0].get_legend() is None  # the same actions as its neighbour
    ax = plot_best_response_regions("von_stengel_3x2", ax=detached_axes())
    for panel in (axes[1], ax):
        panel.figure.canvas.draw()
        assert panel.get_legend().get_window_extent().x0 > panel.get_window_extent().x1
