"""Step 1: every equilibrium of three small games."""

from __future__ import annotations

import pandas as pd

import marl_kit as mk
from marl_kit.cli.tables import Rows, equilibria_rows, payoff_rows
from marl_kit.games.catalogue import facts
from marl_kit.plot.report import Block, Heading, Table, Text
from marl_kit.tour.step import Say, Setting, stop_if_interrupted

TEXTBOOK = ("morra_two_finger", "chicken", "von_stengel_3x2_degenerate")
"""A zero-sum game, one with several equilibria, and a degenerate one."""
INTRODUCTION = (
    "Each game is solved completely, in exact arithmetic, and each equilibrium is certified: "
    "NashConv, the sum of what the players could gain by deviating, is computed by code that the "
    "solver does not share. Below 1e-12 it is rounding."
)
DEGENERATE = (
    "It is degenerate: some strategy has more pure best replies than actions in its support, so "
    "equilibria may form whole edges or faces, of which these are the corners. "
)


def textbook_games(say: Say, setting: Setting) -> list[Block]:
    """The payoffs and all equilibria of each game; nothing here is random."""
    blocks: list[Block] = [Text(INTRODUCTION)]
    for name in TEXTBOOK:
        say(name)
        blocks += _solved(name)
    return blocks


def _solved(name: str) -> list[Block]:
    game = mk.load_game(name)
    assert isinstance(game, mk.NormalFormGame)
    found = mk.all_equilibria(game, exact=True)
    stop_if_interrupted(found.status)
    return [
        Heading(f"{facts(name)['title']} (`{name}`)"),
        Text(_about(game, found)),
        Table(_frame(payoff_rows(game)), caption="Payoffs: row player, column player"),
        Table(_equilibria_frame(found), caption="All extreme equilibria"),
    ]


def _about(game: mk.NormalFormGame, found: mk.EquilibriumSet) -> str:
    kind = "zero-sum" if game.info.zero_sum else "general-sum"
    count = _count(len(found), "extreme equilibrium", "extreme equilibria")
    parts = _count(len(found.components), "component", "components")
    text = f"{facts(game.spec)['source']}. A {kind} game with {count} in {parts}. "
    return text + (DEGENERATE if found.degenerate else "") + found.status.sentence


def _count(n: int, one: str, many: str) -> str:
    return f"{n} {one if n == 1 else many}"


def _frame(rows: Rows) -> pd.DataFrame:
    columns, cells = rows
    return pd.DataFrame(cells, columns=columns)


def _equilibria_frame(found: mk.EquilibriumSet) -> pd.DataFrame:
    frame = _frame(equilibria_rows(found))
    return frame.drop(columns="").assign(NashConv=found.certificates)
