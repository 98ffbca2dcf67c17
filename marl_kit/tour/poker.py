"""Step 2: Leduc poker, compiled, solved exactly and by CFR+."""

from __future__ import annotations

import time

import pandas as pd

import marl_kit as mk
from marl_kit.plot.convergence import plot_convergence
from marl_kit.plot.report import Block, Facts, Picture, Table, Text
from marl_kit.plot.style import detached_axes, figure_of
from marl_kit.tour.step import Say, Setting, stop_if_interrupted

POKER = "leduc_poker"
TOLERANCE = 1e-3
INTRODUCTION = (
    f"`{POKER}` comes from OpenSpiel (Southey et al. 2005: six cards, two rounds). It is "
    "enumerated once and kept as arrays, on which every method works."
)
CAPTION = (
    "NashConv of the average strategy at 1, 2, 5, 10, ... iterations against the time spent in the "
    "solver, both logarithmic. The linear program has its answer all at once, at the dashed line."
)


def leduc_solved(say: Say, setting: Setting) -> list[Block]:
    """Size, exact value, and how fast CFR+ gets there."""
    say("compiling the game")
    begun = time.perf_counter()
    game = mk.load_game(POKER)
    game.sequence_form()
    took = time.perf_counter() - begun
    say("sequence-form LP")
    exact = _solve(game, "sequence_form_lp", setting.seed)
    say("CFR+")
    plus = _solve(game, "cfr+", setting.seed, tol=TOLERANCE)
    say("CFR, for comparison")
    plain = _solve(game, "cfr", setting.seed, iterations=plus.iterations)
    say("drawing")
    return [
        Text(INTRODUCTION),
        _size(game, took),
        Text(_outcome(exact, plus, plain)),
        _comparison([exact, plus, plain]),
        _convergence([exact, plus, plain]),
    ]


def _solve(
    game: mk.Game, method: str, seed: int, tol: float | None = None, iterations: int | None = None
) -> mk.Solution:
    solution = mk.solve(game, method, seed=seed, tol=tol, iterations=iterations)
    stop_if_interrupted(solution.status)
    return solution


def _size(game: mk.Game, seconds: float) -> Facts:
    form = game.sequence_form()
    return Facts(
        {
            "nodes": game.tree().num_nodes,
            "infosets": form.num_infosets,
            "sequences": form.num_sequences,
            "leaves, merged": form.num_leaves,
            "compiled in": f"{seconds * 1e3:.0f} ms",
        }
    )


def _outcome(exact: mk.Solution, plus: mk.Solution, plain: mk.Solution) -> str:
    return (
        f"The linear program gives the exact value: {exact.values[0]:.12f} for the player who "
        f"moves first. CFR+ reaches NashConv {plus.nash_conv:.2g} (asked for: less than "
        f"{TOLERANCE:g}) after {plus.iterations:,} iterations; plain CFR stands at "
        f"{plain.nash_conv:.2g} after as many."
    )


def _comparison(solutions: list[mk.Solution]) -> Table:
    rows = [(s.method, s.iterations, s.values[0], s.nash_conv, s.wall_time_s) for s in solutions]
    columns = ["method", "iterations", "value to player 0", "NashConv", "seconds"]
    return Table(
        pd.DataFrame(rows, columns=columns),
        caption="NashConv 0 is an equilibrium; the seconds are those of the solver alone",
        formats={"value to player 0": ".12f", "seconds": ".3f"},
    )


def _convergence(solutions: list[mk.Solution]) -> Picture:
    ax = plot_convergence(solutions, ax=detached_axes())
    return Picture(figure_of(ax), "NashConv against solver time, for each method", CAPTION)
