"""Nash equilibria in pure strategies, by looking at every profile of them."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import islice
from typing import Any

import numpy as np

from marl_kit.core.interrupt import StopRequest, stop_on_ctrl_c
from marl_kit.core.results import EquilibriumSet, Status
from marl_kit.evaluate.exploitability import nash_conv_of
from marl_kit.games.game import Game
from marl_kit.games.load import as_game
from marl_kit.games.normal_form import NormalFormGame
from marl_kit.games.profile import Profile
from marl_kit.games.realisation import behaviour_of, profile_of
from marl_kit.games.reduced_normal_form import pure_strategies
from marl_kit.solve.answer import Answer
from marl_kit.solve.backward_induction import solve_backward_induction

MAX_PROFILES = 10_000
"""Equilibria that are listed: a game of constant payoffs has as many as it has outcomes."""

Cell = tuple[int, ...]


def solve_pure(game: Game) -> Answer:
    """A Nash equilibrium in pure strategies; in trees of perfect information a subgame-perfect
    one, elsewhere the first in the order of the (reduced) normal form.

    Where a player's own choices keep it from an infoset it plays the first action there.
    """
    if _by_induction(game):
        return solve_backward_induction(game)
    matrix = game.to_normal_form()
    found = list(islice(pure_equilibria(matrix), MAX_PROFILES))
    kind = "equilibria in pure strategies"
    few = len(found) < MAX_PROFILES
    count = f"1 of {len(found)} {kind}" if few else f"1 of at least {len(found):,} {kind}"
    note = count if len(found) > 1 else "the only equilibrium in pure strategies"
    if matrix is game:
        return Answer(_vectors(matrix, found[0]), note=note)
    return Answer(_policy(game, found[0]), note=f"{note} of the reduced normal form")


def has_pure_equilibrium(game: Game) -> bool:
    """Whether there is a Nash equilibrium in pure strategies; perfect information is enough
    (Kuhn 1953, corollary 1).

    Raises
    ------
    GameTooLargeError
        A reduced normal form that is too large to look through.
    """
    return _by_induction(game) or any(True for _ in pure_equilibria(game.to_normal_form()))


def all_pure(game: Any, exact: bool) -> EquilibriumSet:
    """Every equilibrium in pure strategies of the (reduced) normal form, any number of players."""
    matrix = as_game(game).to_normal_form()
    with stop_on_ctrl_c() as stop:
        cells = list(islice(_until(stop, pure_equilibria(matrix)), MAX_PROFILES + 1))
    status = Status.INTERRUPTED if stop.requested else Status.COMPLETE_PURE
    if len(cells) > MAX_PROFILES:
        cells, status = cells[:MAX_PROFILES], Status.EQUILIBRIUM_LIMIT
    profiles = tuple(_vectors(matrix, cell) for cell in cells)
    fractions = tuple([[Fraction(int(v)) for v in x] for x in p] for p in profiles)
    return EquilibriumSet(
        game=matrix,
        profiles=profiles,
        exact_profiles=fractions if exact else None,
        certificates=np.array([nash_conv_of(matrix, p) for p in profiles]),
        status=status,
        degenerate=None,
        nash_subsets=(),
        components=(),
    )


def iter_pure(game: Any) -> Iterator[list[np.ndarray]]:
    """The profiles of ``all_pure`` one by one, without a limit."""
    matrix = as_game(game).to_normal_form()
    return (_vectors(matrix, cell) for cell in pure_equilibria(matrix))


def pure_equilibria(game: NormalFormGame) -> Iterator[Cell]:
    """The outcomes from which no player gains alone, in lexicographic order.

    Rounding to float64 keeps order and can only make payoffs equal: floats tell the candidates,
    and exact payoffs, where the game has them, decide.
    """
    best = np.ones(game.num_actions, bool)
    for p, table in enumerate(game.payoffs):
        best &= table == table.max(axis=p, keepdims=True)
    exact = game._exact_payoffs
    for row in np.argwhere(best):
        cell = tuple(int(a) for a in row)
        if exact is None or _is_exact(exact, cell):
            yield cell


def _is_exact(payoffs: np.ndarray, cell: Cell) -> bool:
    """Whether no player's exact payoff is higher after another choice of its own."""
    for p, table in enumerate(payoffs):
        line = table[(*cell[:p], slice(None), *cell[p + 1 :])]
        if max(line) > line[cell[p]]:
            return False
    return True


def _by_induction(game: Game) -> bool:
    return game.form != "normal" and game.info.perfect_information


def _until(stop: StopRequest, cells: Iterator[Cell]) -> Iterator[Cell]:
    for cell in cells:
        if stop.requested:
            return
        yield cell


def _vectors(game: NormalFormGame, cell: Cell) -> list[np.ndarray]:
    return [np.eye(1, n, a)[0] for n, a in zip(game.num_actions, cell, strict=True)]


def _policy(game: Game, cell: Cell) -> Profile:
    """Pure strategies of the reduced normal form in the tree."""
    form = game.sequence_form()
    plan, first = np.zeros(form.num_sequences), np.zeros(form.num_sequences)
    for p, number in enumerate(cell):
        plan[list(pure_strategies(form, p)[number])] = 1.0
    first[form.first_sequence] = 1.0
    return profile_of(game, behaviour_of(form, plan, elsewhere=first))
