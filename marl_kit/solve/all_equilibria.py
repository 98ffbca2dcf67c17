"""The front door of all enumerations of Nash equilibria."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from marl_kit.core.errors import InvalidOptionError, UnknownNameError, UnsupportedGameError
from marl_kit.core.progress import Progress, StatusProgress
from marl_kit.core.registry import fold, resolve
from marl_kit.core.results import EquilibriumSet
from marl_kit.games.game import Game
from marl_kit.games.load import as_game

METHODS = ("auto", "vertex_enumeration", "support_enumeration", "pure")
_ISOLATED = "marl_kit.solve.many_players.isolated"
_SUPPORTS = "marl_kit.solve.bimatrix.support_enumeration"


def all_equilibria(
    game: Any,
    method: str = "auto",
    *,
    exact: bool = False,
    progress: bool = False,
    max_vertices: int | None = None,
    max_supports: int | None = None,
    max_cells: int | None = None,
) -> EquilibriumSet:
    """Every extreme Nash equilibrium of a two-player game, certified and proven to be all.

    All equilibria are the mixtures within the ``nash_subsets``. Games of three players and more
    have their isolated equilibria listed, with ``complete`` where that is proved. An extensive
    game stands for its reduced normal form, ``found.game``; ``mk.from_mixed(game, found[i])``
    plays it in the tree. Float payoffs are read as the decimal numbers that they print as. Ctrl-C
    returns what was found, with ``complete`` false.

    Parameters
    ----------
    game : Game, spec string or pyspiel.Game
    method : "auto", "vertex_enumeration", "support_enumeration" or "pure"
        ``"auto"``: vertex enumeration for two players, support enumeration for others. ``"pure"``
        lists the equilibria in pure strategies, up to 10,000 of them.
    exact : bool
        Also fill ``exact_profiles`` with Fractions (more than two players: if they are rational).
    progress : bool
        A line on stderr.
    max_vertices : int, optional
        Of vertex enumeration: the most vertices that a best-response polytope may have, by
        McMullen's bound. By default 10,000,000, so 18 x 18 games pass; 20,000 where the players
        have more than 63 actions together.
    max_supports, max_cells : int, optional
        Of more than two players: support profiles that a game may have, by default 5,000, and
        cells that are looked at in all, by default 1,000,000.

    Raises
    ------
    UnknownNameError, InvalidOptionError
    UnsupportedGameError
        Vertex enumeration, and not two players.
    GameTooLargeError
        More vertices or supports than the limit, or a reduced normal form of more than 2,000,000
        payoffs.

    Examples
    --------
    >>> import marl_kit as mk
    >>> game = mk.NormalFormGame.from_bimatrix([[0, 7], [2, 6]], [[0, 2], [7, 6]])
    >>> found = mk.all_equilibria(game)
    >>> len(found), found.complete, found.degenerate
    (3, True, False)
    """
    game, name = _read(game, method, max_vertices)
    limits = _isolated_limits(name, max_supports=max_supports, max_cells=max_cells)
    if name == "pure":
        return resolve("marl_kit.solve.pure_equilibria:all_pure")(game, exact)
    if name == "isolated":
        return resolve(f"{_ISOLATED}:isolated_equilibria")(game, exact, progress, **limits)
    shown = StatusProgress(f"equilibria of {game.name}") if progress else Progress()
    if name == "supports":
        find = resolve(f"{_SUPPORTS}:extreme_by_supports")
        return find(game.to_normal_form(), exact, shown, **limits)
    from marl_kit.solve.bimatrix.vertex_enumeration import extreme_equilibria

    return extreme_equilibria(game, exact, shown, max_vertices)


def iter_equilibria(
    game: Any,
    method: str = "auto",
    *,
    max_vertices: int | None = None,
    max_supports: int | None = None,
    max_cells: int | None = None,
) -> Iterator[list[np.ndarray]]:
    """The equilibria of ``all_equilibria`` one by one, as soon as each is found.

    Vertex enumeration matches two polytopes, so the first comes when one of them is known.
    """
    game, name = _read(game, method, max_vertices)
    limits = _isolated_limits(name, max_supports=max_supports, max_cells=max_cells)
    if name == "pure":
        return resolve("marl_kit.solve.pure_equilibria:iter_pure")(game)
    if name == "isolated":
        return resolve(f"{_ISOLATED}:iter_isolated")(game, **limits)
    if name == "supports":
        find = resolve(f"{_SUPPORTS}:iter_support_equilibria")
        return find(game.to_normal_form(), **limits)
    from marl_kit.solve.bimatrix.vertex_enumeration import iter_extreme

    return iter_extreme(game, max_vertices)


def _isolated_limits(name: str, **limits: Any) -> dict[str, Any]:
    """Those that were given; they belong to one of the four ways."""
    given = {option: value for option, value in limits.items() if value is not None}
    allowed = {"isolated": ("max_supports", "max_cells"), "supports": ("max_supports",)}
    for option in given:
        if option not in allowed.get(name, ()):
            raise InvalidOptionError(
                f"{option} does not go with this method and number of players: max_supports "
                f"is for support enumeration, max_cells for more than two players."
            )
    return given


def _read(game: Any, method: Any, max_vertices: int | None) -> tuple[Game, str]:
    """The game, and which of the four ways is meant."""
    if not isinstance(method, str) or fold(method) not in METHODS:
        raise UnknownNameError("method of all equilibria", str(method), METHODS)
    game, name = as_game(game), fold(method)
    two = game.num_players == 2
    if name == "vertex_enumeration" and not two:
        raise UnsupportedGameError(
            f"vertex_enumeration needs two players, and {game.name} has {game.num_players}; "
            f"method='support_enumeration' finds isolated equilibria of any number of players."
        )
    if max_vertices is not None and (not two or name in ("pure", "support_enumeration")):
        raise InvalidOptionError(
            "max_vertices goes with vertex enumeration, which is for two players."
        )
    if name == "pure":
        return game, "pure"
    if not two:
        return game, "isolated"
    return game, "supports" if name == "support_enumeration" else "vertices"
