"""Pictures of AlphaZero: a policy and a value over the board, and a run's curve."""

import math
from dataclasses import replace

import matplotlib
import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import Circle, Rectangle

import marl_kit as mk
from marl_kit.core.errors import CheckpointError, MarlKitError
from marl_kit.learn.alphazero.progress import ProgressRow, write_progress
from marl_kit.play.mcts import SearchPlayer
from marl_kit.plot.board import FILLS
from marl_kit.plot.board_policy import plot_board_policy
from marl_kit.plot.style import INK, detached_axes
from marl_kit.plot.training_curve import plot_training_curve
from marl_kit.search.evaluator import OnObservations
from marl_kit.search.gumbel import Gumbel

WEIGHTS = np.arange(1.0, 10.0)
"""Of the nine cells, by the network of the tests."""
MINUS = "\N{MINUS SIGN}"


def at(game, *actions):
    state = mk.load_game(game).new_initial_state()
    for action in actions:
        state.apply_action(action)
    return state


def with_network(game, simulations=16, value=0.5):
    """A player whose network has fixed weights, and gives player 0 the same value everywhere."""

    def network(observations, players):
        policy = np.tile(WEIGHTS[: 9 if game == "tic_tac_toe" else 4], (len(players), 1))
        return policy, np.tile([value, -value], (len(players), 1))

    options = Gumbel(simulations=simulations, noise=0)
    return SearchPlayer(mk.load_game(game), options, "fixed", OnObservations(network))


def texts(ax) -> list[str]:
    return [text.get_text() for text in ax.texts]


def percents(ax) -> dict[tuple[float, float], str]:
    """What stands in the middle of cells or above columns, by its place."""
    return {t.get_position(): t.get_text() for t in ax.texts if t.get_text().endswith("%")}


def ring(ax) -> Circle:
    (found,) = [p for p in ax.patches if isinstance(p, Circle) and p.get_linestyle() != "solid"]
    return found


def gauge(ax) -> Rectangle:
    """The bar from the middle of the payoffs to the value."""
    right = max(p.get_x() for p in ax.patches if isinstance(p, Rectangle))
    return [p for p in ax.patches if isinstance(p, Rectangle) and p.get_x() == right][-1]


def test_the_network_alone_is_drawn_as_it_is() -> None:
    player, state = with_network("tic_tac_toe"), at("tic_tac_toe", 0, 4, 8)
    ax = detached_axes()
    assert plot_board_policy("tic_tac_toe", state, player, ax=ax, search=False) is ax
    legal = [a for a in range(9) if a not in (0, 4, 8)]
    shares = WEIGHTS[legal] / WEIGHTS[legal].sum()
    places = [(a % 3 + 0.5, a // 3 + 0.5) for a in legal]
    assert percents(ax) == {p: f"{share:.0%}" for p, share in zip(places, shares, strict=True)}
    assert ax.get_title(loc="left") == f"o to move: {MINUS}0.50"
    assert not [p for p in ax.patches if isinstance(p, Circle) and p.get_linestyle() != "solid"]
    bar = gauge(ax)  # rows count from the top: downwards is bad for the player to move
    assert (bar.get_y(), bar.get_height()) == (1.5, 0.75)
    assert to_hex(bar.get_facecolor()) == FILLS[1]
    assert [f"{MINUS}1", "0", "+1"] == sorted(
        t for t in texts(ax) if t in {"+1", "0", f"{MINUS}1"}
    )[::-1]


def test_the_search_is_the_one_of_search_tree_and_its_move_has_the_ring() -> None:
    player, state = with_network("tic_tac_toe", simulations=64), at("tic_tac_toe", 0, 4, 1)
    ax = plot_board_policy("tic_tac_toe", state, player, ax=detached_axes(), seed=3, title="64")
    found = mk.search_tree("tic_tac_toe", player, state, seed=3).result
    assert ring(ax).center == (found.best % 3 + 0.5, found.best // 3 + 0.5)
    assert to_hex(ring(ax).get_edgecolor()) == FILLS[1]
    told = percents(ax)
    for action, share in zip(found.actions.tolist(), found.policy, strict=True):
        text = "<1%" if 0 < share < 0.005 else f"{share:.0%}"
        assert told[action % 3 + 0.5, action // 3 + 0.5] == text
    value = f"{found.value[1]:+.2f}".replace("-", MINUS)
    assert ax.get_title(loc="left") == f"64\no to move: {value}"
    assert gauge(ax).get_height() == pytest.approx(-1.5 * found.value[1])


def test_columns_have_bars_above_and_the_ring_where_the_stone_will_be() -> None:
    game = "connect_four(rows=3,columns=4,x_in_row=3)"
    player, state = with_network(game, simulations=64), at(game, 0, 2, 0, 2)
    ax = plot_board_policy(game, state, player, ax=detached_axes())
    assert sorted(x for x, _ in percents(ax)) == [0.5, 1.5, 2.5, 3.5]
    assert all(y < 0 for _, y in percents(ax))
    assert ring(ax).center == (0.5, 0.5)  # the third x of the first column wins


def test_a_board_with_only_its_top_row_free_still_has_cells() -> None:
    state = at("tic_tac_toe", 3, 4, 5, 6, 7, 8)
    ax = plot_board_policy("tic_tac_toe", state, "oracle", ax=detached_axes())
    assert all(y == 0.5 for _, y in percents(ax))
    assert ax.get_title(loc="left") == "x to move"  # who tells probabilities tells no value
    assert len(percents(ax)) == 3


@pytest.mark.parametrize(
    ("game", "moves", "cell"),
    [
        ("hex(board_size=3)", (4,), (0.5, 0.5)),
        ("othello", (), (4.5, 5.5)),
        ("openspiel:connect_four", (3,), (0.5, None)),
    ],
)
def test_other_boards(game, moves, cell) -> None:
    ax = plot_board_policy(game, at(game, *moves), "random", ax=detached_axes())
    assert cell in {(x, None if cell[1] is None else y) for x, y in percents(ax)}
    assert len(percents(ax)) == len(at(game, *moves).legal_actions())


def test_moves_without_a_cell_are_named_below() -> None:
    game = "hex(board_size=3,swap=true)"
    ax = plot_board_policy(game, at(game, 0), "random", ax=detached_axes())
    assert ax.get_xlabel() == "swap: 11%"
    assert len(percents(ax)) == 8


@pytest.mark.parametrize(
    ("game", "moves", "player", "search", "match"),
    [
        ("tic_tac_toe", (0, 3, 1, 4, 2), "random", True, "end of the game"),
        ("tic_tac_toe", (), "mcts", False, "no network"),
        ("tic_tac_toe", (), "oracle", False, "no network"),
        ("tic_tac_toe", (), "rollout(base=random)", True, "no probabilities"),
        ("openspiel:breakthrough(rows=4,columns=4)", (), "random", True, "neither"),
        ("kuhn_poker", (0, 1), "random", True, "rows of x, o"),
        ("kuhn_poker(players=3)", (0, 1, 2), "random", True, "3 players"),
    ],
)
def test_what_cannot_be_drawn_is_refused(game, moves, player, search, match) -> None:
    with pytest.raises(MarlKitError, match=match):
        plot_board_policy(game, at(game, *moves), player, ax=detached_axes(), search=search)


def test_states_of_another_game_are_refused() -> None:
    with pytest.raises(mk.InvalidOptionError, match="state"):
        plot_board_policy("tic_tac_toe", at("hex(board_size=3)"), "random", ax=detached_axes())


def row(number: int, **told) -> ProgressRow:
    names = ("value_loss", "policy_loss", "weights_loss")
    given = dict(zip(names, (0.5 / number, 1.0 / number, 0.01), strict=True))
    counts = {"games": 64 * number, "positions": 500 * number, "updates": 10 * number}
    rates = {"seconds": 1.0, "positions_per_second": 1.0, "simulations_per_second": 1.0}
    unknown = {"elo": math.nan, "value_keeping": math.nan, "gate_score": math.nan}
    counts["promotions"] = number
    return ProgressRow(round=number, **(given | counts | rates | unknown | told))


ROWS = [row(1, elo=-20.0, value_keeping=0.8), row(2), row(3, elo=150.0, value_keeping=0.95)]


def test_a_curve_has_losses_elo_and_value_keeping_by_games() -> None:
    ax = detached_axes()
    assert plot_training_curve(ROWS, ax=ax) is ax
    losses, elo, kept = ax.child_axes
    names = ["policy_loss", "value_loss", "weights_loss"]
    for line, name in zip(losses.get_lines(), names, strict=True):
        assert line.get_xdata().tolist() == [64, 128, 192]
        assert list(line.get_ydata()) == [getattr(r, name) for r in ROWS]
    legend = [text.get_text() for text in losses.get_legend().get_texts()]
    assert legend == ["policy", "value", "weights"]
    for panel, values in ((elo, [-20, 150]), (kept, [0.8, 0.95])):
        (line,) = [ln for ln in panel.get_lines() if ln.get_color() == INK]
        assert line.get_xdata().tolist() == [64, 192]  # rounds that were evaluated
        assert line.get_ydata().tolist() == values
    assert kept.get_xlabel() == "games of self-play"


def test_panels_of_which_nothing_is_known_are_left_out() -> None:
    unknown = [replace(r, elo=math.nan) for r in ROWS]
    assert len(plot_training_curve(unknown, ax=detached_axes()).child_axes) == 2
    (only,) = plot_training_curve([row(1)], ax=detached_axes()).child_axes
    assert (only.get_ylabel(), only.get_xlabel()) == ("loss", "games of self-play")


def test_a_curve_is_read_from_a_folder_or_its_file(tmp_path) -> None:
    write_progress(tmp_path / "progress.csv", ROWS)
    for run in (tmp_path, str(tmp_path), tmp_path / "progress.csv"):
        ax = plot_training_curve(run, ax=detached_axes())
        assert ax.child_axes[0].get_lines()[0].get_xdata().tolist() == [64, 128, 192]


def test_runs_without_a_round_and_damaged_ones_are_refused(tmp_path) -> None:
    with pytest.raises(mk.InvalidOptionError, match="no rows"):
        plot_training_curve([])
    with pytest.raises(mk.InvalidOptionError, match="no finished round"):
        plot_training_curve(tmp_path)
    (tmp_path / "progress.csv").write_text("round,games\n1,none\n")
    with pytest.raises(CheckpointError, match="damaged"):
        plot_training_curve(tmp_path)


def test_new_figures_are_pyplot_s_and_nobody_s_settings_change() -> None:
    import matplotlib.pyplot as plt

    before = dict(matplotlib.rcParams)
    drawn = [
        plot_training_curve(ROWS),
        plot_board_policy("tic_tac_toe", at("tic_tac_toe"), "random", title="two\nlines"),
    ]
    assert [ax.get_figure().number for ax in drawn] == plt.get_fignums()
    for ax in drawn:
        ax.get_figure().canvas.draw()
    plt.close("all")
    assert dict(matplotlib.rcParams) == before
