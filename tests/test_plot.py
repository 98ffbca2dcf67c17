"""Pictures and the report: what is drawn and written is what was given."""

import re
import subprocess
import sys

import matplotlib
import numpy as np
import pandas as pd
import pytest

import marl_kit as mk
from marl_kit.plot.convergence import EXACT_ZERO, plot_convergence
from marl_kit.plot.labels import infoset_label
from marl_kit.plot.losses import plot_losses
from marl_kit.plot.report import (
    Code,
    Facts,
    Heading,
    Picture,
    Section,
    Table,
    Text,
    format_cell,
    report_html,
    write_report,
)
from marl_kit.plot.style import detached_axes


@pytest.fixture(scope="module")
def solutions() -> list[mk.Solution]:
    return [mk.solve("kuhn_poker", m, iterations=100) for m in ("cfr", "cfr+")]


def test_convergence_draws_the_histories(solutions) -> None:
    ax = plot_convergence(solutions, ax=detached_axes(), labels=["one", "two"])
    for line, solution in zip(ax.get_lines(), solutions, strict=True):
        np.testing.assert_array_equal(line.get_xdata(), solution.history.wall_time_s)
        np.testing.assert_array_equal(line.get_ydata(), solution.history.nash_conv)
    assert ax.get_xscale() == ax.get_yscale() == "log"
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["one", "two"]


def test_a_solution_draws_itself_on_the_axes_given(solutions) -> None:
    ax = detached_axes()
    assert solutions[0].plot(ax=ax) is ax
    assert len(ax.get_lines()) == 1


def test_a_direct_method_is_a_line_beside_curves_and_a_point_alone(solutions) -> None:
    exact = mk.solve("kuhn_poker", "lp")
    line = plot_convergence([solutions[0], exact], ax=detached_axes()).get_lines()[1]
    assert list(line.get_xdata()) == [exact.wall_time_s, exact.wall_time_s]
    (point,) = plot_convergence(exact, ax=detached_axes()).get_lines()
    assert list(point.get_xdata()) == [exact.wall_time_s]


def test_an_exact_zero_has_a_place_on_the_logarithmic_axis() -> None:
    pure = mk.solve("prisoners_dilemma")
    assert pure.nash_conv == 0
    (point,) = plot_convergence(pure, ax=detached_axes()).get_lines()
    assert list(point.get_ydata()) == [EXACT_ZERO]


@pytest.mark.parametrize(("count", "labels"), [(0, None), (2, ["one"])])
def test_convergence_refuses_what_does_not_fit(solutions, count, labels) -> None:
    with pytest.raises(mk.InvalidOptionError, match="label"):
        plot_convergence(solutions[:count], ax=detached_axes(), labels=labels)


def test_losses_draw_the_worst_infosets_worst_on_top() -> None:
    losses = mk.infoset_losses("kuhn_poker", "uniform")
    ax = plot_losses(losses, most=3, ax=detached_axes())
    bars = sorted(ax.patches, key=lambda bar: bar.get_y())
    worst = losses.to_frame(3)
    np.testing.assert_allclose([bar.get_width() for bar in bars], worst["loss"])
    assert [t.get_text() for t in ax.get_yticklabels()] == worst["infoset"].tolist()
    assert [t.get_text().strip() for t in ax.texts] == worst["best"].tolist()
    assert ax.yaxis_inverted()


def test_losses_of_an_equilibrium_and_of_a_matrix_game_are_drawn_too() -> None:
    none = mk.infoset_losses("prisoners_dilemma", mk.solve("prisoners_dilemma"))
    assert not plot_losses(none, ax=detached_axes()).patches
    assert plot_losses(mk.infoset_losses("chicken", "uniform"), ax=detached_axes()).patches
    with pytest.raises(mk.InvalidOptionError, match="most is 0"):
        plot_losses(none, most=0)


def test_without_axes_pyplot_makes_a_figure(solutions) -> None:
    import matplotlib.pyplot as plt

    ax = plot_convergence(solutions)
    assert ax.get_figure() is plt.gcf()
    plt.close("all")


def test_settings_and_backend_stay_the_users(solutions) -> None:
    before = dict(matplotlib.rcParams)
    plot_convergence(solutions, ax=detached_axes())
    assert dict(matplotlib.rcParams) == before
    code = (
        "import marl_kit as mk, sys; from marl_kit.plot.style import detached_axes;"
        "mk.solve('kuhn_poker', 'cfr', iterations=5).plot(ax=detached_axes());"
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


def test_labels_keep_what_tells_infosets_apart() -> None:
    tree = mk.load_game("leduc_poker").tree()
    pairs = zip(tree.infoset_player.tolist(), tree.infoset_keys, strict=True)
    named = {(player, infoset_label(key)) for player, key in pairs}
    assert len(named) == tree.num_infosets
    assert infoset_label((1, "0:2")) == "0:2"
    assert infoset_label("[only] brackets [inside: a] text") == "[only] brackets [inside: a] text"


def a_page() -> str:
    frame = pd.DataFrame({"name": ["<b>&", "long " * 8], "n": [1234, 5], "x": [0.5, 1.5e-16]})
    ax = detached_axes()
    ax.plot([1, 2], [3, 4])
    blocks = [
        Heading("Inside"),
        Text("Run `marl-kit games` & <see>"),
        Facts({"nodes": 9457, "exact": True}),
        Table(frame, "A table", formats={"x": ".1%"}),
        Table(frame.iloc[:0]),
        Picture(ax.get_figure(), 'a "line"', "A caption"),
        Code("a < b\nc"),
    ]
    return report_html("Title <1>", [Section("First", blocks), Section("Second", [])], "The end")


def test_the_report_shows_every_block_and_escapes_it() -> None:
    page = a_page()
    for expected in (
        "<title>Title &lt;1&gt;</title>",
        "<h3>Inside</h3>",
        "<p>Run <code>marl-kit games</code> &amp; &lt;see&gt;</p>",
        "<dt>nodes</dt><dd>9,457</dd>",
        '<td class="long">&lt;b&gt;&amp;</td>',
        '<td class="number">1,234</td>',
        '<td class="number">50.0%</td>',
        'aria-label="a &quot;line&quot;"',
        "<figcaption>A caption</figcaption>",
        "<pre><code>a &lt; b\nc</code></pre>",
        '<a href="#section-2">Second</a>',
        '<section id="section-2">',
        "<footer>The end</footer>",
    ):
        assert expected in page


def test_the_report_is_one_file_with_unique_ids_that_repeats_to_the_bit() -> None:
    page = a_page()
    assert set(re.findall(r'(?:src|href)="([^#"]*)', page)) <= {""}
    assert "<script" not in page
    assert "@import" not in page
    groups = re.findall(r'<g id="([^"]*)"', page)
    assert len(groups) == len(set(groups))
    assert page == a_page()


def test_pictures_follow_the_pages_colours() -> None:
    svg = a_page().partition("<svg")[2].partition("</svg>")[0]
    assert "var(--ink)" in svg
    assert "#1f2933" not in svg


def test_the_report_is_written_whole_or_not_at_all(tmp_path) -> None:
    path = write_report(tmp_path / "report.html", "Title", [])
    assert path.read_text(encoding="utf-8").rstrip().endswith("</html>")
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]


@pytest.mark.parametrize(
    ("x", "text"),
    [
        (12345, "12,345"),
        (np.int64(7), "7"),
        (0.0, "0"),
        (-1.25, "-1.25"),
        (2 / 3, "0.666667"),
        (4.4e-16, "4.4e-16"),
        (True, "True"),
        ("word", "word"),
    ],
)
def test_cells_are_short(x, text) -> None:
    assert format_cell(x) == text
