"""Drawn game trees: every node, label and payoff is there, and nothing runs through anything."""

import re

import numpy as np
import pytest

import marl_kit as mk
from marl_kit.games.tree import NO_INFOSET, TERMINAL
from marl_kit.plot.game_tree import edge_labels, plot_game_tree
from marl_kit.plot.style import detached_axes, save_figure
from marl_kit.plot.tree_layout import ROW, lay_out

TREES = [g.name for g in mk.list_games("extensive")]


def placed(spec):
    tree = mk.load_game(spec).tree()
    return tree, lay_out(tree, np.full(tree.num_nodes, 0.5), 0.8)


@pytest.mark.parametrize("spec", [*TREES, "openspiel:kuhn_poker", "chicken"])
def test_layout(spec):
    tree, place = placed(spec)
    leaves = np.flatnonzero(tree.player == TERMINAL)
    assert np.diff(np.sort(place.y[leaves])) == pytest.approx(ROW)
    for node in range(1, tree.num_nodes):
        above = tree.parent[node]
        assert place.x[above] < place.knee[node] < place.x[node]
    for node in np.flatnonzero(tree.num_children):
        first = int(tree.first_child[node])
        children = np.arange(first, first + int(tree.num_children[node]))
        assert np.all(np.diff(place.y[children]) < 0)  # in order, downwards
        ends = place.y[children[[0, -1]]]
        assert place.y[node] == pytest.approx(ends.mean())
    assert len({(round(x, 6), round(y, 6)) for x, y in zip(place.x, place.y, strict=True)}) == len(
        place.x
    )


@pytest.mark.parametrize("spec", ["kuhn_1950", "beer_quiche", "openspiel:kuhn_poker"])
def test_no_infoset_runs_through_another_node(spec):
    tree, place = placed(spec)
    for infoset in range(tree.num_infosets):
        nodes = np.flatnonzero(tree.infoset == infoset)
        assert np.ptp(place.x[nodes]) == pytest.approx(0)
        low, high = place.y[nodes].min(), place.y[nodes].max()
        between = (np.abs(place.x - place.x[nodes[0]]) < 1e-9) & (place.y > low) & (place.y < high)
        between &= (tree.infoset != infoset) & (tree.infoset != NO_INFOSET)
        assert not np.any(between)


def test_labels_say_what_is_played():
    game = mk.load_game("kuhn_1950")
    labels = edge_labels(game)
    assert labels[0] == ""
    assert labels[1] == "JQ  1/6"
    assert {label for label in labels[7:]} == {"Pass", "Bet"}
    third = edge_labels(mk.load_game("openspiel:kuhn_poker"))
    assert third[1] == "Deal:0  1/3"
    played = edge_labels(game, mk.TabularPolicy.uniform(game).probabilities)
    assert played[7] == "Pass  0.50"


@pytest.mark.parametrize("spec", TREES)
def test_everything_is_in_the_picture(spec):
    game = mk.load_game(spec)
    tree = game.tree()
    ax = plot_game_tree(game, ax=detached_axes())
    texts = [t.get_text() for t in ax.texts]
    for label in edge_labels(game)[1:]:
        assert label in texts
    payoffs = [str(x).replace("-", "\N{MINUS SIGN}") for row in tree.exact.payoffs for x in row]
    assert sorted(t for t in texts if t in payoffs) >= sorted(payoffs)
    assert ax.get_title(loc="left") == game.name
    dashed = [line for line in ax.get_lines() if line.is_dashed()]
    sizes = np.bincount(tree.infoset[tree.infoset != NO_INFOSET])
    assert len(dashed) == int(np.sum(sizes - 1))


def test_thickness_is_probability():
    game = mk.load_game("trust")
    ax = plot_game_tree(game, mk.solve(game), ax=detached_axes())
    widths = {
        round(line.get_linewidth(), 3) for line in ax.get_lines() if len(line.get_xdata()) == 3
    }
    assert widths == {0.5, 3.0}
    assert "Trust  0.00" in [t.get_text() for t in ax.texts]


def test_svg_without_latex(tmp_path):
    ax = plot_game_tree("selten_horse")
    save_figure(ax, tmp_path / "tree.svg")
    text = (tmp_path / "tree.svg").read_text(encoding="utf-8")
    assert text.lstrip().startswith("<?xml")
    assert len(re.findall("<path", text)) > 20


def test_its_own_figure_fits_the_tree():
    import matplotlib.pyplot as plt

    small, large = plot_game_tree("trust"), plot_game_tree("kuhn_1950")
    heights = [ax.figure.get_size_inches()[1] for ax in (small, large)]
    assert heights[0] < 3 < heights[1] < 12
    plt.close("all")


def test_what_is_too_large_is_refused():
    with pytest.raises(mk.GameTooLargeError, match="312 leaves and a picture shows at most 150"):
        plot_game_tree("openspiel:kuhn_poker(players=3)")
    with pytest.raises(mk.GameTooLargeError, match="leaves"):
        plot_game_tree("leduc_poker")
