"""``marl-kit league status``, ``rate``, ``payoffs`` and ``exploit``: looking changes nothing."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

import marl_kit as mk
from marl_kit.cli.console import err, grid, out, print_json, ruled_table
from marl_kit.cli.league.options import MODELS, Most, Run
from marl_kit.cli.options import AsJson

if TYPE_CHECKING:
    import pandas as pd

SHOWN = 20


def status(run: Run, as_json: AsJson = False) -> None:
    """Who is in a league, how much was played, what is done now and how long still."""
    with mk.League.open(run, read_only=True) as league:
        found = league.status()
    if as_json:
        print_json(found.to_dict())
    else:
        out().print(grid(found.rows()))


def rate(
    run: Run,
    model: Annotated[str, typer.Option(help=MODELS)] = "elo",
    most: Most = SHOWN,
    as_json: AsJson = False,
) -> None:
    """Rate the members from the log, under any model."""
    with mk.League.open(run, read_only=True) as league:
        frame = league.rate(model)
        exact = league.options.exact is True
    if frame.empty and exact:
        err().print(
            "the pay-offs of this league are computed and nothing was played, so there is nothing "
            "to rate by games; look at --model nash_average or alpha_rank"
        )
    whole = dict.fromkeys(("elo", "rating", "low", "high", "games"), _whole)
    _show(frame, {"model": model}, most, as_json, whole | dict.fromkeys(("score", "draws"), _share))


def payoffs(run: Run, most: Most = SHOWN, as_json: AsJson = False) -> None:
    """What each member gets against each other one, with 95 % intervals."""
    with mk.League.open(run, read_only=True) as league:
        frame = league.payoffs()
    formats = dict.fromkeys(("mean", "low", "high"), _number)
    _show(frame, {}, most, as_json, formats)


def exploit(
    run: Run,
    meta_solver: Annotated[str, typer.Option(help="Another one than the run's.")] = "",
    most: Most = SHOWN,
    as_json: AsJson = False,
) -> None:
    """What the mixture of members can lose: exactly, or what is known of it, and who is in it."""
    from marl_kit.league.loss import kind_of

    with mk.League.open(run, read_only=True) as league:
        loss = league.exploitability(meta_solver)
        mixture = league.meta_strategy(meta_solver)
        players, name = league.game.num_players, meta_solver or league.options.meta_solver
    report = {
        "meta_solver": name,
        "exploitability": float(loss),
        "nash_conv": float(loss) * players,
        "kind": kind_of(loss),
        "meta_strategy": {str(k): float(x) for k, x in mixture.items() if x > 0},
    }
    if as_json:
        print_json(report)
        return
    rows = [
        ("meta-solver", name),
        ("exploitability", f"{float(loss):.6g}  (NashConv / {players})"),
        ("which is", kind_of(loss)),
    ]
    out().print(grid(rows))
    out().print()
    weights = mixture[mixture > 0].sort_values(ascending=False, kind="stable")
    lines = [[str(k), f"{x:.4f}"] for k, x in weights.head(most).items()]
    out().print(ruled_table(["member", "probability"], lines, [False, True]))


def _show(
    frame: pd.DataFrame,
    head: dict[str, Any],
    most: int,
    as_json: bool,
    formats: Mapping[str, Callable[[float], str]],
) -> None:
    if as_json:
        print_json(head | {"rows": frame.to_dict("records")})
        return
    right = [frame[column].dtype.kind in "if" for column in frame]
    rows = [
        [_cell(value, formats.get(column)) for column, value in zip(frame, row, strict=True)]
        for row in frame.head(most).itertuples(index=False)
    ]
    out().print(ruled_table([str(column) for column in frame], rows, right))
    if len(frame) > most:
        out().print(f"{len(frame) - most:,} more; --most shows them.")


def _cell(value: Any, written: Callable[[float], str] | None) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, float):
        return f"{value:,}" if isinstance(value, int) else str(value)
    if math.isnan(value):
        return "-"
    return written(value) if written else f"{value:.3f}"


def _share(x: float) -> str:
    return f"{x:.1%}"


def _whole(x: float) -> str:
    return f"{x:,.0f}"


def _number(x: float) -> str:
    return f"{x:+.3f}"
