"""``marl-kit solve``."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Annotated, Any

import typer

import marl_kit as mk
from marl_kit.cli.console import INTERRUPTED, err, grid, out, print_json, ruled_table
from marl_kit.cli.options import AsJson, GameSpec, Seed, method_spec, writable
from marl_kit.cli.tables import equilibria_rows, profile_rows
from marl_kit.cli.waiting import announce_compilation

SHOWN_INFOSETS = 20


def solve(
    game: GameSpec,
    method: Annotated[
        str, typer.Option("--method", "-m", help="A method of the README's table, or auto.")
    ] = "auto",
    option: Annotated[
        list[str] | None,
        typer.Option("--option", "-o", metavar="KEY=VALUE", help="The method's own; repeatable."),
    ] = None,
    iterations: Annotated[int | None, typer.Option(help="Run exactly so many.")] = None,
    time_limit: Annotated[float | None, typer.Option(help="Seconds of solving.")] = None,
    tol: Annotated[float | None, typer.Option(help="Stop below this NashConv.")] = None,
    seed: Seed = 0,
    every: Annotated[
        bool, typer.Option("--all", help="Every extreme equilibrium (two players).")
    ] = False,
    save: Annotated[
        Path | None, typer.Option(help="Write the solution here.", callback=writable)
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(help="Draw the convergence here (.png).", callback=writable)
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="Show every infoset.")] = False,
    as_json: AsJson = False,
) -> int:
    """Solve a game; the answer carries its NashConv."""
    rules = {"iterations": iterations, "time_limit": time_limit, "tol": tol}
    spec = method_spec(method, option or [])
    if every:
        _refuse_beside_all({**rules, "save": save, "plot": plot})
        return _solve_all(game, spec, as_json)
    solution = solve_with_remarks(game, spec, seed, rules)
    if save is not None:
        solution.save(save)
    if plot is not None:
        _plot(solution, plot)
    if as_json:
        print_json(solution.to_dict())
    else:
        _print(solution, None if full else SHOWN_INFOSETS)
    return INTERRUPTED if solution.status is mk.Status.INTERRUPTED else 0


def solve_with_remarks(game: Any, method: str, seed: int, rules: dict[str, Any]) -> mk.Solution:
    """``mk.solve`` with what a person at a terminal wants to hear meanwhile."""
    game = mk.load_game(game)
    with _remark_on_kernels(game, method):
        return mk.solve(game, method, seed=seed, progress=sys.stderr.isatty(), **rules)


def _remark_on_kernels(game: mk.Game, method: str) -> AbstractContextManager[None]:
    """Nothing where no kernel will run: listening would cost importing numba."""
    if game.form == "normal" and game.num_players == 2 and method == "auto":
        return nullcontext()
    return announce_compilation()


def _refuse_beside_all(given: dict[str, Any]) -> None:
    for name, value in given.items():
        if value is not None:
            raise mk.InvalidOptionError(f"--{name.replace('_', '-')} does not go with --all.")


def _solve_all(game: str, method: str, as_json: bool) -> int:
    found = mk.all_equilibria(game, method, exact=True)
    if as_json:
        print_json(found.to_dict())
    else:
        console = out()
        console.print(grid(found.rows()[: -len(found) or None]))
        columns, rows = equilibria_rows(found)
        console.print()
        console.print(ruled_table(columns, rows, right=[True, False, False, True]))
    return INTERRUPTED if found.status is mk.Status.INTERRUPTED else 0


def _print(solution: mk.Solution, most: int | None) -> None:
    console = out()
    facts = [row for row in solution.rows() if not row[0].startswith("player ")]
    console.print(grid(facts))
    columns, rows = profile_rows(solution.game, solution.profile, most)
    console.print()
    console.print(ruled_table(columns, rows))
    total = 0 if isinstance(solution.profile, list) else solution.game.tree().num_infosets
    if len(rows) < total:
        err().print(
            f"{len(rows)} of {total:,} infosets are shown; --full shows all, --save keeps them."
        )


def _plot(solution: mk.Solution, path: Path) -> None:
    from marl_kit.plot.style import detached_axes, save_figure

    save_figure(solution.plot(detached_axes()), path)
