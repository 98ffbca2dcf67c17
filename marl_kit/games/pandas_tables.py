"""Matrix games to and from pandas: a table of pairs, or one row a profile."""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from marl_kit.core.errors import InvalidGameError, InvalidOptionError, MarlKitError
from marl_kit.games.normal_form import NormalFormGame
from marl_kit.games.numbers import exact

if TYPE_CHECKING:
    import pandas as pd


def to_frame(game: NormalFormGame, long: bool | None = None) -> pd.DataFrame:
    """The payoffs as a DataFrame; see ``NormalFormGame.to_frame``."""
    import pandas as pd

    if long is None:
        long = game.num_players != 2
    if not long and game.num_players != 2:
        raise InvalidOptionError(
            f"a table of pairs is for two players, and {game.name} has {game.num_players}; leave "
            f"long=True."
        )
    values = _plain_numbers(game)
    if long:
        _refuse_namesakes(game)
        index = pd.MultiIndex.from_product(game.actions, names=list(game.player_names))
        columns = values.reshape(game.num_players, -1)
        return pd.DataFrame(dict(enumerate(columns)), index=index).set_axis(
            list(game.player_names), axis=1
        )
    pairs = [
        [f"{a}, {b}" for a, b in zip(*row, strict=True)] for row in values.swapaxes(0, 1).tolist()
    ]
    return pd.DataFrame(
        pairs,
        index=pd.Index(game.actions[0], name=game.player_names[0]),
        columns=pd.Index(game.actions[1], name=game.player_names[1]),
    )


def from_frame(frames: Sequence[Any], name: str = "") -> NormalFormGame:
    """The game of one frame, or of two players' frames; see ``NormalFormGame.from_frame``."""
    for frame in frames:
        if not (hasattr(frame, "columns") and hasattr(frame, "iloc")):
            raise InvalidOptionError(f"{type(frame).__name__} is not a DataFrame.")
    if len(frames) == 2:
        return _from_two(frames[0], frames[1], name)
    import pandas as pd

    (frame,) = frames
    long = isinstance(frame.index, pd.MultiIndex)  # of one level where there is one player
    return _from_long(frame, name) if long else _from_pairs(frame, name)


def _refuse_namesakes(game: NormalFormGame) -> None:
    """Rows are told apart by the names of actions alone."""
    for player, names in zip(game.player_names, game.actions, strict=True):
        twice = next((a for a in names if names.count(a) > 1), None)
        if twice is not None:
            raise InvalidOptionError(
                f"{player} has {names.count(twice)} actions named {twice!r}, whose rows could not "
                f"be told apart; give the actions of {game.name} different names."
            )


def _plain_numbers(game: NormalFormGame) -> np.ndarray:
    """Integers and Fractions where payoffs are exact, else float64."""
    if game._exact_payoffs is None:
        return game.payoffs
    known = game._exact_payoffs
    if all(x.denominator == 1 for x in known.ravel()):
        whole = [int(x) for x in known.ravel()]
        fits = max(map(abs, whole)) < 2**63
        return np.array(whole, np.int64 if fits else object).reshape(known.shape)
    return known


def _from_two(row: Any, column: Any, name: str) -> NormalFormGame:
    if row.shape != column.shape:
        raise InvalidGameError(
            f"the frames have shapes {row.shape} and {column.shape}; give both players' payoffs "
            f"for the same actions."
        )
    for axis in ("index", "columns"):
        for i, (a, b) in enumerate(zip(getattr(row, axis), getattr(column, axis), strict=True)):
            if a != b:
                raise InvalidGameError(
                    f"{axis} label {i} is {a!r} in the first frame and {b!r} in the second; name "
                    f"and order actions alike."
                )
    return _game(np.array([_cells(frame, _number) for frame in (row, column)]), row, name)


def _from_pairs(frame: Any, name: str) -> NormalFormGame:
    cells = np.array(_cells(frame, _pair))
    return _game(np.moveaxis(cells, -1, 0), frame, name)


def _cells(frame: Any, read: Any) -> list[list[Any]]:
    """Every cell read; a refusal names the labels of its row and column."""
    if 0 in frame.shape:
        raise InvalidGameError(f"the frame has shape {frame.shape}; give at least one action each.")
    table = []
    for label, row in zip(frame.index, frame.itertuples(index=False, name=None), strict=True):
        cells = []
        for action, cell in zip(frame.columns, row, strict=True):
            try:
                cells.append(read(cell))
            except (MarlKitError, TypeError, ValueError) as error:
                raise InvalidGameError(f"row {label!r}, column {action!r}: {error}") from error
        table.append(cells)
    return table


def _number(x: Any) -> Any:
    """A float that is finite stays a float, anything else becomes a Fraction."""
    if isinstance(x, float | np.floating):
        if not np.isfinite(x):
            raise InvalidGameError(f"{x} is not a finite number.")
        return float(x)
    return exact(x)


def _pair(cell: Any) -> list[Any]:
    """Both payoffs of ``(a, b)`` or ``"a, b"``."""
    if isinstance(cell, numbers.Number):
        raise InvalidGameError(f"{cell} is one number; give (a, b) pairs or two frames.")
    parts = cell.strip().strip("()").split(",") if isinstance(cell, str) else list(cell)
    if len(parts) != 2:
        raise InvalidGameError(f"{cell!r} is not a pair; give (a, b) or 'a, b'.")
    return [_number(x.strip() if isinstance(x, str) else x) for x in parts]


def _from_long(frame: Any, name: str) -> NormalFormGame:
    players = frame.index.nlevels
    if frame.shape[1] != players:
        raise InvalidGameError(
            f"the index names the actions of {players} players and there are {frame.shape[1]} "
            f"columns; give one column of payoffs a player."
        )
    actions = [list(dict.fromkeys(frame.index.get_level_values(p))) for p in range(players)]
    place = [{a: i for i, a in enumerate(own)} for own in actions]
    sizes = tuple(map(len, actions))
    payoffs = np.full((players, *sizes), None, object)
    for profile, row in zip(frame.index, _cells(frame, _number), strict=True):
        cell: Any = tuple(place[p][a] for p, a in enumerate(profile))
        if payoffs[0][cell] is not None:
            raise InvalidGameError(f"the profile {profile!r} has two rows.")
        for p in range(players):
            payoffs[p][cell] = row[p]
    missing = np.argwhere(payoffs[0] == np.array(None, object))
    if len(missing):
        profile = tuple(actions[p][i] for p, i in enumerate(missing[0]))
        raise InvalidGameError(f"the profile {profile!r} has no row.")
    return NormalFormGame(
        _array(payoffs), actions, name, player_names=_names(frame.index.names, players)
    )


def _game(payoffs: np.ndarray, frame: Any, name: str) -> NormalFormGame:
    labels = [frame.index.names[0], frame.columns.names[0]]
    return NormalFormGame(
        _array(payoffs), [frame.index, frame.columns], name, player_names=_names(labels, 2)
    )


def _array(payoffs: np.ndarray) -> np.ndarray:
    """Floats as floats, so that the game does not turn them all into Fractions."""
    floats = all(isinstance(x, float) for x in payoffs.ravel().tolist())
    return payoffs.astype(np.float64) if floats else payoffs


def _names(labels: Sequence[Any], players: int) -> list[str] | None:
    known = [label for label in labels if label is not None]
    return list(map(str, known)) if len(known) == players else None
