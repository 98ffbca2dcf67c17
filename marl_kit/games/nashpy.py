"""Games to and from nashpy; the only module that imports it."""

from __future__ import annotations

from typing import Any

from marl_kit.core.errors import InvalidOptionError, UnknownNameError, UnsupportedGameError
from marl_kit.games.load import as_game
from marl_kit.games.normal_form import NormalFormGame

NAMES = ("actions", "name", "player_names")


def to_nashpy(game: Any) -> Any:
    """The two-player game as a ``nashpy.Game``; a tree as its reduced normal form.

    nashpy's games are two float64 matrices: names of actions and exact fractions stay behind.

    Raises
    ------
    UnsupportedGameError
        Not two players.

    Examples
    --------
    >>> import marl_kit as mk
    >>> [s.tolist() for s in next(mk.to_nashpy("matching_pennies").support_enumeration())]
    [[0.5, 0.5], [0.5, 0.5]]
    """
    import nashpy

    game = as_game(game)
    if game.num_players != 2:
        raise UnsupportedGameError(
            f"nashpy's games are for two players, and {game.name} has {game.num_players}."
        )
    row, column = game.to_normal_form().payoffs
    return nashpy.Game(row.copy(), column.copy())


def from_nashpy(game: Any, **names: Any) -> NormalFormGame:
    """A ``nashpy.Game`` as one of ours; integers and Fractions in it stay exact.

    Parameters
    ----------
    game : nashpy.Game
    **names
        ``actions``, ``name``, ``player_names`` of ``NormalFormGame``.

    Raises
    ------
    InvalidOptionError
        Not a ``nashpy.Game``.
    UnknownNameError
        Another option.
    InvalidGameError
        Payoffs that are no finite numbers.
    """
    for name in names:
        if name not in NAMES:
            raise UnknownNameError("option of from_nashpy", name, NAMES)
    matrices = getattr(game, "payoff_matrices", None)
    if matrices is None or len(matrices) != 2:
        raise InvalidOptionError(f"{type(game).__name__} is not a nashpy.Game.")
    return NormalFormGame.from_bimatrix(*matrices, **names)
