"""The polygon of equilibrium payoffs and the polytope in the tetrahedron."""

import numpy as np
import pytest

import marl_kit as mk
from marl_kit.plot import plot_correlated_polytope, plot_correlated_simplex
from marl_kit.plot.correlated import equilibrium_vertices, payoff_corners
from marl_kit.plot.style import detached_axes

CHICKEN = mk.NormalFormGame.from_bimatrix([[0, 7], [2, 6]], [[0, 2], [7, 6]])


def as_set(points):
    return sorted(map(tuple, np.round(points, 6).tolist()))


def test_corners_of_chicken():
    expected = as_set([[2, 7], [7, 2], [3.6, 3.6], [5.25, 5.25]])
    assert as_set(payoff_corners(CHICKEN, "ce")) == expected
    assert len(equilibrium_vertices(CHICKEN)) == 5


@pytest.mark.parametrize("seed", range(4))
def test_the_polygon_is_that_of_the_vertices(seed):
    """Linear programs against the polytope's own vertices, mapped to payoffs."""
    game = mk.NormalFormGame(np.random.default_rng(seed).integers(0, 6, (2, 2, 2)))
    corners = payoff_corners(game, "ce")
    mapped = equilibrium_vertices(game) @ game.payoffs.reshape(2, -1).T
    for direction in np.random.default_rng(0).normal(size=(20, 2)):
        assert (corners @ direction).max() == pytest.approx((mapped @ direction).max(), abs=1e-6)
    for vertex in equilibrium_vertices(game):
        assert mk.correlation_gap(game, vertex.reshape(2, 2)) < 1e-8


@pytest.mark.parametrize("spec", ["chicken", "matching_pennies", "shapley_1964", "trust"])
def test_the_payoff_picture(spec):
    game = mk.load_game(spec)
    ax = plot_correlated_polytope(game, ax=detached_axes())
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert labels == ["all joint play", "coarse correlated", "correlated", "Nash"]
    (nash,) = [line for line in ax.get_lines() if line.get_label() == "Nash"]
    assert len(nash.get_xdata()) == len(mk.all_equilibria(game.to_normal_form()))
    ax.get_figure().canvas.draw()


def test_the_simplex_picture():
    import matplotlib.pyplot as plt

    for spec in ("chicken", "matching_pennies"):
        ax = plot_correlated_simplex(spec)
        ax.get_figure().canvas.draw()
        assert [t.get_text() for t in ax.get_legend().get_texts()] == ["correlated", "Nash"]
    plt.close("all")


def test_refused():
    with pytest.raises(mk.UnsupportedGameError, match="has 3"):
        plot_correlated_polytope("mckelvey_mclennan")
    with pytest.raises(mk.UnsupportedGameError, match="is 3x3"):
        plot_correlated_simplex("shapley_1964")


@pytest.mark.parametrize("factors", [(1e-11, 1e-11), (1e9, 1), (1, 1e-9)])
def test_corners_in_any_units(factors):
    first, second = factors
    game = mk.NormalFormGame(CHICKEN.payoffs * np.reshape(factors, (2, 1, 1)))
    corners = payoff_corners(game, "ce") / np.array([first, second])
    assert as_set(corners) == as_set([[2, 7], [7, 2], [3.6, 3.6], [5.25, 5.25]])
    assert len(equilibrium_vertices(game)) == 5


def test_labels_stand_outside_the_tetrahedron():
    import matplotlib.pyplot as plt
    from mpl_toolkits.mplot3d import proj3d

    from marl_kit.plot.correlated import CORNERS

    ax = plot_correlated_simplex("chicken")
    ax.get_figure().canvas.draw()
    boxes = [text.get_window_extent() for text in ax.texts]
    for corner in CORNERS:
        x, y, _ = proj3d.proj_transform(*corner, ax.get_proj())
        at = ax.transData.transform((x, y))
        assert not any(box.padded(3).contains(*at) for box in boxes)  # half a dot's width
    plt.close("all")
