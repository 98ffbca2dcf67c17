"""Pictures of teams: returns, cross-play, where learners landed, and positions of their games."""

import matplotlib
import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import Circle, Rectangle

import marl_kit as mk
from marl_kit.games.picture import Mark, Picture
from marl_kit.plot.style import PALETTE, detached_axes
from marl_kit.plot.team_animation import write_team_animation
from marl_kit.plot.team_picture import draw_picture, view_of

SCALE = "mean of the agents' rewards, undiscounted, per episode"
MINUS = "\N{MINUS SIGN}"
RUNS = np.array([[-26.0, -12.0, -9.0], [-25.0, -14.0, -8.0], [-27.0, -13.0, -10.0]])
CLIMBING = [[11, -30, 0], [-30, 7, 0], [0, 6, 5]]


def result(returns=RUNS, scale=SCALE) -> mk.TeamResult:
    count = returns.shape[1]
    return mk.TeamResult(
        environment="simple_spread",
        algorithm="mappo",
        returns=returns,
        steps=np.arange(count) * 100_000,
        scale=scale,
        players=(),
        seconds=np.arange(count) * 1.0,
        losses={},
    )


def texts(ax) -> list[str]:
    return [text.get_text() for text in ax.texts]


def lines_of(ax, width) -> list[np.ndarray]:
    return [line.get_ydata() for line in ax.lines if line.get_linewidth() == width]


def test_returns_have_their_mean_a_band_and_every_run() -> None:
    ax, one = detached_axes(), result()
    assert mk.plot_team_returns({"mappo": one, "alone": result(RUNS[:1])}, ax) is ax
    means = lines_of(ax, 1.8)
    np.testing.assert_allclose(means, [one.iqm, RUNS[0]])
    np.testing.assert_allclose(lines_of(ax, 0.6), RUNS)
    (band,) = ax.collections  # one run has no interval
    (path,) = band.get_paths()
    low, high = path.vertices[:, 1].min(), path.vertices[:, 1].max()
    assert low == pytest.approx(one.low.min())
    assert high == pytest.approx(one.high.max())
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["mappo", "alone"]
    assert " ".join(ax.get_ylabel().split()) == f"return: {SCALE}"
    assert ax.get_xlabel() == "steps of the environment in each run"


def test_levels_are_named_lines_inside_the_picture() -> None:
    levels = {"random": -40.0, "two steps ahead": -7.66}
    ax = mk.plot_team_returns({"mappo": result()}, detached_axes(), levels=levels)
    dashed = [line.get_ydata()[0] for line in ax.lines if line.get_linestyle() == "--"]
    assert dashed == list(levels.values())
    assert set(texts(ax)) == set(levels)
    bottom, top = ax.get_ylim()
    assert bottom < -40 < -7.66 < top


def test_a_result_plots_itself_and_one_trial_is_a_dot() -> None:
    ax = result(RUNS[:, :1]).plot(ax=detached_axes())
    assert [line.get_marker() for line in ax.lines if line.get_linewidth() == 1.8] == ["o"]


@pytest.mark.parametrize(
    ("results", "match"),
    [({}, "at least one"), ([1], "at least one"), (None, "different scales")],
)
def test_returns_that_cannot_be_compared(results, match) -> None:
    both = {"a": result(), "b": result(scale="sum")}
    with pytest.raises(mk.InvalidOptionError, match=match):
        mk.plot_team_returns(both if results is None else results, detached_axes())


def test_cross_play_writes_every_number() -> None:
    matrix, names = np.array([[-8.0, -20.0], [-19.5, -9.25]]), ["runs/vdn#0", "runs/vdn#1"]
    ax = mk.plot_cross_play(matrix, names, detached_axes())
    assert texts(ax) == [f"{MINUS}8", f"{MINUS}20", f"{MINUS}19.5", f"{MINUS}9.25"]
    assert [t.get_text() for t in ax.get_yticklabels()] == ["runs/vdn#0  1", "runs/vdn#1  2"]
    assert [t.get_text() for t in ax.get_xticklabels()] == ["1", "2"]
    colours = [to_hex(c) for c in ax.collections[0].to_rgba(matrix.ravel())]
    assert colours[0] == PALETTE[0]  # the greatest return is the darkest
    assert ax.yaxis_inverted()


def test_a_large_or_even_matrix_is_drawn() -> None:
    many = mk.plot_cross_play(np.zeros((20, 20)), [f"team {i}" for i in range(20)], detached_axes())
    assert set(texts(many)) <= {""}
    assert texts(mk.plot_cross_play(np.ones((1, 1)), ["a"], detached_axes())) == ["1"]


@pytest.mark.parametrize(
    ("matrix", "names"),
    [(np.zeros((2, 3)), "ab"), (np.zeros((2, 2)), "abc"), (np.full((1, 1), np.nan), "a")],
)
def test_no_cross_play_matrix(matrix, names) -> None:
    with pytest.raises(mk.InvalidOptionError, match="finite numbers"):
        mk.plot_cross_play(matrix, list(names), detached_axes())


def test_landing_counts_seeds_in_the_cells() -> None:
    game = mk.NormalFormGame([CLIMBING, CLIMBING], actions=[["a", "b", "c"]] * 2)
    pure = np.eye(3)
    seeds = [[pure[0], pure[0]], [pure[2], pure[2]], [pure[2], pure[2]], [[0, 0.5, 0.5], pure[2]]]
    ax = mk.plot_landing(mk.landing(game, seeds), detached_axes())
    told = {text.get_position(): text.get_text() for text in ax.texts}
    assert told[0.5, 0.5] == "11\n1 seed"
    assert told[2.5, 2.5] == "5\n2 seeds"
    assert told[1.5, 0.5] == f"{MINUS}30"
    assert ax.get_xlabel().endswith("1 seed mixed")


def test_landing_of_other_games() -> None:
    three = mk.NormalFormGame(np.zeros((3, 2, 2, 2)))
    landing = mk.landing(three, [[[1, 0]] * 3])
    with pytest.raises(mk.InvalidOptionError, match=r"landing.counts\(\)"):
        mk.plot_landing(landing, detached_axes())


def world_of(name: str, **changed) -> tuple:
    """Rules and a world in which some arrays are as given."""
    rules = mk.load_game(name).rules
    world = rules.start(np.full((2, rules.draws), 0.4))
    return rules, {**world, **{key: np.array(value) for key, value in changed.items()}}


def test_the_picture_of_simple_spread() -> None:
    agents = [[[0.0, 0.0]] * 2, [[0.1, 0.2], [0.3, -0.4]]]
    rules, world = world_of("simple_spread(agents=2)", agents=agents, landmarks=agents)
    picture = rules.picture(world, 1)
    found = [(m.x, m.y, m.shape, m.text) for m in picture.marks]
    assert found[:2] == [(0.1, 0.2, "disc", "0"), (0.3, -0.4, "disc", "1")]
    assert [mark[2] for mark in found[2:]] == ["ring", "ring"]
    assert all(m.size < r.size for m, r in zip(picture.marks[:2], picture.marks[2:], strict=True))


def test_the_picture_of_speaker_and_listener() -> None:
    said = [[0.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
    rules, world = world_of("simple_speaker_listener", said=said, goal=[0, 2])
    assert rules.picture(world, 0).caption == "goal 1; the speaker says nothing"
    picture = rules.picture(world, 1)
    assert picture.caption == "goal 3; the speaker says b"
    (ring,) = [m for m in picture.marks if m.shape == "ring"]
    (goal,) = [m for m in picture.marks if m.text == "3"]
    assert (ring.x, ring.y) == (goal.x, goal.y)
    rules, world = world_of("simple_speaker_listener(continuous_actions=true)", said=[[0.5, 0, 1]])
    assert rules.picture(world, 0).caption.endswith("a 0.5  b 0.0  c 1.0")


def test_the_picture_of_foraging_has_north_above() -> None:
    field = np.zeros((2, 4, 4), int)
    field[1, 1, 2] = 3
    players = [[[0, 0], [0, 1]], [[0, 0], [3, 1]]]
    rules, world = world_of(
        "foraging(size=4,foods=1)", field=field, players=players, levels=[[1, 1], [1, 2]]
    )
    picture = rules.picture(world, 1)
    found = {(m.shape, m.text): (m.x, m.y) for m in picture.marks}
    assert found == {
        ("square", "3"): (2.5, 2.5),
        ("disc", "1"): (0.5, 3.5),
        ("disc", "2"): (1.5, 0.5),
    }
    assert (picture.box, picture.grid) == ((0, 4, 0, 4), True)


def test_a_picture_is_drawn_as_it_says() -> None:
    marks = (Mark(1, 1, 0.5, "square", 1, "7"), Mark(3, 1, 0.5), Mark(3, 1, 0.8, "ring", 0))
    picture = Picture(marks, (0, 2, 0, 2), grid=True, caption="said")
    view = view_of([picture, Picture((), (0, 1, 0, 1))])
    assert view == pytest.approx((0, 3.8, -0.9, 2.9))
    ax = detached_axes()
    draw_picture(ax, picture, view, "step 1")
    square, disc, ring = ax.patches
    assert isinstance(square, Rectangle)
    assert isinstance(disc, Circle)
    assert square.get_xy() == (0.5, 0.5)
    assert to_hex(square.get_facecolor()) == PALETTE[1]
    assert to_hex(ring.get_edgecolor()) == PALETTE[0]
    assert ring.get_facecolor()[3] == 0
    assert (texts(ax), ax.get_xlabel(), ax.get_title(loc="left")) == (["7"], "said", "step 1")


def test_a_pettingzoo_environment_draws_itself(tmp_path) -> None:
    from PIL import Image

    spec = "pettingzoo:mpe2/simple_spread_v3(N=2,max_cycles=3)"
    team = mk.train_team(spec, "vdn", steps=0, copies=1, episodes=1).players[0]
    write_team_animation(team, tmp_path / "spread.gif")
    with Image.open(tmp_path / "spread.gif") as image:
        assert image.n_frames >= 2


def test_pettingzoo_environments_that_cannot_be_drawn(tmp_path, monkeypatch) -> None:
    from mpe2 import simple_spread_v3

    options = {"steps": 0, "copies": 1, "episodes": 1}
    made = mk.train_team(lambda: simple_spread_v3.parallel_env(N=2), "vdn", **options)
    with pytest.raises(mk.UnsupportedGameError, match="has no registered name"):
        write_team_animation(made.players[0], tmp_path / "spread.gif")
    named = mk.train_team("pettingzoo:mpe2/simple_spread_v3(N=2)", "vdn", **options)
    raw = simple_spread_v3.raw_env
    for modes, drawn, match in (
        (["human"], None, "has no render_mode='rgb_array'"),
        (["rgb_array"], np.zeros((2, 2)), "float64"),
    ):
        monkeypatch.setitem(raw.metadata, "render_modes", modes)
        monkeypatch.setattr(raw, "render", lambda self, drawn=drawn: drawn)
        with pytest.raises(mk.UnsupportedGameError, match=match):
            write_team_animation(named.players[0], tmp_path / "spread.gif")
    assert not list(tmp_path.iterdir())


def test_what_nothing_draws(tmp_path) -> None:
    spec = "openspiel:tiny_hanabi"
    team = mk.train_team(spec, "vdn", steps=0, copies=1, episodes=1).players[0]
    with pytest.raises(mk.UnsupportedGameError, match="nothing draws"):
        write_team_animation(team, tmp_path / "hanabi.gif")
    assert not list(tmp_path.iterdir())


def test_settings_of_matplotlib_stay_as_they_are() -> None:
    before = dict(matplotlib.rcParams)
    mk.plot_team_returns({"mappo": result()}, detached_axes())
    assert dict(matplotlib.rcParams) == before
