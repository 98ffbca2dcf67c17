"""Iterated elimination of dominated strategies, any number of players."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from marl_kit.core.dominance_result import Dominance, Elimination
from marl_kit.core.errors import InvalidOptionError, UnknownNameError
from marl_kit.games.load import as_game
from marl_kit.games.normal_form import NormalFormGame
from marl_kit.solve.dominators import Dominator, mixed_dominator, pure_dominator

DOMINATORS = ("mixed", "pure")

Actions = tuple[tuple[int, ...], ...]


def dominance(game: Any, dominators: str = "mixed", *, strict: bool = True) -> Dominance:
    """What survives the iterated elimination of dominated strategies, every step recorded.

    In each round all dominated actions of all players go at once. Which actions survive strict
    elimination does not depend on the order (Gilboa, Kalai and Zemel 1990, "On the order of
    eliminating dominated strategies", Operations Research Letters 9); weak elimination depends on
    it, and all at once is one of its orders. Strict elimination keeps every Nash equilibrium;
    weak elimination keeps at least one, and may lose others.

    Parameters
    ----------
    game : Game, spec string or pyspiel.Game
        Any number of players; a tree counts as its reduced normal form.
    dominators : "mixed" or "pure"
        Whether mixed strategies may dominate too (a linear program each action). Comparisons with
        pure ones are exact. A mixed one is proved in exact arithmetic, or, for strict dominance
        in a large table, better by a margin that rounding cannot make (``Elimination.exact``).
    strict : bool
        False: weak dominance, never worse and sometimes better.

    Returns
    -------
    Dominance

    Raises
    ------
    UnknownNameError, InvalidOptionError
    GameTooLargeError
        A reduced normal form of more than 2,000,000 payoffs.

    Examples
    --------
    >>> import marl_kit as mk
    >>> found = mk.dominance("prisoners_dilemma")
    >>> found.surviving, found.rounds
    (((1,), (1,)), 1)
    """
    if dominators not in DOMINATORS:
        raise UnknownNameError("kind of dominators", str(dominators), DOMINATORS)
    if not isinstance(strict, bool):
        raise InvalidOptionError(f"strict is {strict!r}; give True or False (weak dominance).")
    matrix = as_game(game).to_normal_form()
    alive: Actions = tuple(tuple(range(n)) for n in matrix.num_actions)
    steps: list[Elimination] = []
    while True:
        number = steps[-1].round + 1 if steps else 1
        found = _round(matrix, alive, number, dominators == "mixed", strict)
        if not found:
            break
        steps += found
        gone = {(s.player, s.action) for s in found}
        alive = tuple(
            tuple(a for a in actions if (p, a) not in gone) for p, actions in enumerate(alive)
        )
    return Dominance(
        steps=tuple(steps),
        surviving=alive,
        reduced=restricted(matrix, alive) if steps else matrix,
        strict=strict,
        dominators=dominators,
        game=matrix,
    )


def restricted(game: NormalFormGame, actions: Actions) -> NormalFormGame:
    """The game in which each player has some of its actions only; exact where ``game`` is."""
    payoffs = game.payoffs if game._exact_payoffs is None else game._exact_payoffs
    return NormalFormGame(
        payoffs[np.ix_(range(game.num_players), *actions)],
        [[names[a] for a in own] for names, own in zip(game.actions, actions, strict=True)],
        f"{game.name} (reduced by dominance)",
        player_names=game.player_names,
    )


def _round(
    game: NormalFormGame, alive: Actions, number: int, mixed: bool, strict: bool
) -> list[Elimination]:
    """Everything that is dominated among the actions ``alive``."""
    found = []
    for p, own in enumerate(alive):
        if len(own) == 1:
            continue
        table = _table(game.payoffs[p], alive, p)
        exact = None if game._exact_payoffs is None else _table(game._exact_payoffs[p], alive, p)
        for a, action in enumerate(own):
            by = pure_dominator(table, exact, a, strict)
            if by is None and mixed:
                by = mixed_dominator(table, exact, a, strict)
            if by is not None:
                found.append(_elimination(game, number, p, action, own, by))
    return found


def _table(payoffs: np.ndarray, alive: Actions, player: int) -> np.ndarray:
    """One player's payoffs [own actions, profiles of the others], of what is alive."""
    inside = np.moveaxis(payoffs[np.ix_(*alive)], player, 0)
    return inside.reshape(len(inside), -1)


def _elimination(
    game: NormalFormGame, number: int, player: int, action: int, own: tuple[int, ...], by: Dominator
) -> Elimination:
    weights = np.zeros(game.num_actions[player])
    weights[list(own)] = by.weights
    margin = float(by.margin) if isinstance(by.margin, Fraction) else by.margin
    return Elimination(number, player, action, weights, margin, by.exact)
