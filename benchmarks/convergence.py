"""Draw NashConv against time for the README: `python -m benchmarks.convergence`.

Writes docs/img/convergence.png. Times are those of the solvers' loops, on both sides without
loading or compiling the game and without looking at NashConv. Every NashConv is measured by
marl_kit, that of the peer's average policy too. Nothing here is random, so both sides run twice
and each checkpoint keeps its shorter time: other work on the machine only ever adds to it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyspiel

import marl_kit as mk
from benchmarks.timing import seconds
from marl_kit.core.results import History, Solution
from marl_kit.plot.style import MUTED, PALETTE, style
from marl_kit.solve.driver import next_checkpoint

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PICTURE = Path(__file__).parents[1] / "docs" / "img" / "convergence.png"
GAMES = {
    "Leduc poker": "leduc_poker",
    "Liar's dice, 4 sides": "liars_dice(dice_sides=4)",
    "Goofspiel, 5 cards": (
        "goofspiel(num_cards=5,imp_info=True,points_order=descending,returns_type=win_loss)"
    ),
}
METHODS = ("cfr+", "dcfr", "pcfr+")
PEER = "OpenSpiel C++, CFR+"
OURS_S, PEER_S = 2.5, 6.0
"""Seconds of one run of our methods and of the peer, which is two orders of magnitude behind."""
SIZE = (10.4, 3.9)
"""Inches; a repository's page shows about eight of them."""

Curves = dict[str, History]


def main() -> None:
    """Measure, draw, write."""
    figure = draw({name: measure(spec) for name, spec in GAMES.items()})
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    with style():
        figure.savefig(PICTURE)
    print(f"{PICTURE.name}: {PICTURE.stat().st_size / 1e3:.0f} kB")


def measure(spec: str) -> tuple[Curves, Solution]:
    """Curves of the peer and of our iterative methods, and the direct solution."""
    game = mk.load_game(spec)
    curves = {PEER: faster(peer_history(game, spec), peer_history(game, spec))}
    for method in METHODS:
        first = mk.solve(game, method, time_limit=OURS_S)
        again = mk.solve(game, method, iterations=first.iterations)
        curves[method] = faster(first.history, again.history)
    direct = min((mk.solve(game, "lp") for _ in range(3)), key=lambda s: s.wall_time_s)
    for name, h in [*curves.items(), ("lp", direct.history)]:
        print(f"{game.name:12} {name:20} {h.wall_time_s[-1]:6.2f} s  {h.nash_conv[-1]:.1e}")
    return curves, direct


def faster(a: History, b: History) -> History:
    """Two runs of the same work: the checkpoints of both, each with its shorter time."""
    iteration, of_a, of_b = np.intersect1d(a.iteration, b.iteration, return_indices=True)
    time = np.minimum(a.wall_time_s[of_a], b.wall_time_s[of_b])
    return History(iteration, time, a.nash_conv[of_a])


def peer_history(game: mk.Game, spec: str) -> History:
    """OpenSpiel's CFR+ in C++, looked at where our methods are."""
    solver = pyspiel.CFRPlusSolver(_in_turns(pyspiel.load_game(spec)))

    def run(count: int) -> None:
        for _ in range(count):
            solver.evaluate_and_update_policy()

    t, elapsed = 0, 0.0
    points: list[tuple[int, float, float]] = []
    # the next stretch takes as long again as all before it, or a little more
    while 2 * elapsed < PEER_S:
        count = next_checkpoint(t) - t
        elapsed += seconds(lambda count=count: run(count))
        t += count
        points.append((t, elapsed, mk.nash_conv(game, solver.tabular_average_policy())))
    iteration, time, gap = (np.array(column) for column in zip(*points, strict=True))
    return History(iteration, time, gap)


def _in_turns(game: Any) -> Any:
    simultaneous = pyspiel.GameType.Dynamics.SIMULTANEOUS
    if game.get_type().dynamics != simultaneous:
        return game
    return pyspiel.convert_to_turn_based(game)


def draw(measured: dict[str, tuple[Curves, Solution]]) -> Figure:
    """One panel a game, all on the same scales."""
    from matplotlib.figure import Figure

    least = min(h.nash_conv.min() for curves, _ in measured.values() for h in curves.values())
    floor = 10.0 ** np.floor(np.log10(least))
    with style():
        figure = Figure(figsize=SIZE, layout="constrained")
        axes = figure.subplots(1, len(measured), sharex=True, sharey=True)
        for ax, (name, (curves, direct)) in zip(axes, measured.items(), strict=True):
            _draw_curves(ax, curves)
            _draw_direct(ax, direct, floor)
            infosets = direct.game.sequence_form().num_infosets
            ax.set_title(f"{name}  ({infosets:,} infosets)")
            ax.set(xscale="log", yscale="log", xlabel="solver time in seconds")
        axes[0].set(ylabel="NashConv in payoff units", ylim=(floor, None))
        handles, labels = axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper center", ncols=len(labels))
    return figure


def _draw_curves(ax: Axes, curves: Curves) -> None:
    for colour, (name, h) in zip((MUTED, *PALETTE), curves.items(), strict=False):
        label = name if name == PEER else f"marl_kit, {name}"
        marker = "s" if name == PEER else "o"
        ax.plot(h.wall_time_s, h.nash_conv, marker=marker, color=colour, label=label)


def _draw_direct(ax: Axes, direct: Solution, floor: float) -> None:
    """A direct answer lies far below the axis: an arrow at its time says so."""
    where = (direct.wall_time_s, floor)
    look = {"marker": "v", "markersize": 9, "linestyle": "none", "color": PALETTE[3]}
    ax.plot(*where, **look, clip_on=False, zorder=3, label="marl_kit, lp")
    ax.annotate(
        f"lp: {direct.nash_conv:.0e}",
        where,
        xytext=(-9, 5),
        textcoords="offset points",
        horizontalalignment="right",
        fontsize="small",
    )


if __name__ == "__main__":
    main()
