"""The functions of a rules file one by one, watched: what they write, and whether they repeat."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np
from numba import njit
from numba.core.errors import NumbaError

from marl_kit.core.errors import InvalidGameError
from marl_kit.games.board import BoardGame
from marl_kit.games.rules import FUNCTIONS
from marl_kit.games.rules_errors import compilation_error
from marl_kit.games.tree import CHANCE

ROOM = 64
"""Cells before and after each array, which nobody may write into."""
MARKS = {"i": -6148914691236517206, "f": 1.234e30}
"""What these cells hold, by kind of number."""


class OnlyInterpreted(Exception):
    """The functions raise as plain Python, where integers have no end; compiled they may not."""


class Guarded:
    """An array with marked cells around it: compiled code writes beyond it without a word."""

    def __init__(self, size: int, dtype: Any, fill: float):
        self.fill, self._mark = fill, np.dtype(dtype).type(MARKS[np.dtype(dtype).kind])
        self._whole = np.full(size + 2 * ROOM, self._mark, dtype)
        self.cells = self._whole[ROOM : ROOM + size]
        self.clear()

    def clear(self) -> None:
        self.cells[:] = self.fill

    @property
    def intact(self) -> bool:
        rooms = self._whole[:ROOM], self._whole[-ROOM:]
        return all(bool((room == self._mark).all()) for room in rooms)


class RulesOnTrial:
    """A position that is played with the functions of the rules.

    Parameters
    ----------
    game : BoardGame
    compiled : bool
        Compiled with checked indices; otherwise the Python functions behind the rules.

    Raises
    ------
    InvalidGameError
        From every method, with the history: a function goes beyond its arrays, changes what it
        may only read, gives another answer when it is asked again, or raises.
    OnlyInterpreted
        A function that is not compiled raises something else.
    """

    def __init__(self, game: BoardGame, compiled: bool):
        kind = game.rules._numba_type_
        python = {n: f.py_func for n, f in FUNCTIONS[kind.module, kind.digest].items()}
        checked = njit(boundscheck=True)
        self.functions = {n: checked(f) if compiled else f for n, f in python.items()}
        self.game, self.compiled = game, compiled
        self.params = game.params.view()
        self.params.flags.writeable = False
        self._state, self._other = (Guarded(game.state_size, np.int64, 0) for _ in range(2))
        self._legal = Guarded(game.num_actions, np.int64, -1)
        self._outcomes = Guarded(game.max_chance_outcomes, np.int64, -1)
        self._probabilities = Guarded(game.max_chance_outcomes, np.float64, np.nan)
        self._returns = Guarded(game.num_players, np.float64, np.nan)
        self._seen = Guarded(int(np.prod(game.observation_shape)), np.float32, 0)
        self.history: list[int] = []

    def change(self, name: str, *arguments: int) -> None:
        """``initial`` or ``apply``: twice from the same position, which must give the same."""
        self._other.cells[:] = self._state.cells
        self._call(name, self._other, arguments, ())
        self._call(name, self._state, arguments, ())
        if not np.array_equal(self._state.cells, self._other.cells):
            self._complain(f"{name}() gives another position when it is called again")

    def player(self) -> Any:
        return self._ask("player")

    def returns(self) -> np.ndarray:
        self._ask("returns", self._returns)
        return self._returns.cells

    def observe(self, player: int) -> None:
        self._ask("observe", player, self._seen)

    def offered(self, player: int) -> tuple[list[int], list[float] | None]:
        """What the one to move may do, or what may happen and how likely it is."""
        chance = player == CHANCE and "chance" in self.functions
        name = "chance" if chance else "legal"
        outs = (self._outcomes, self._probabilities) if chance else (self._legal,)
        count = self._ask(name, *outs)
        whole = isinstance(count, int | np.integer) and 0 <= int(count) <= len(outs[0].cells)
        if not whole:
            self._complain(f"{name}() gives {_plain(count)!r} as the number of actions")
        probabilities = self._probabilities.cells[:count].tolist() if chance else None
        return outs[0].cells[:count].tolist(), probabilities

    def _ask(self, name: str, *arguments: Any) -> Any:
        """A function that must leave the position alone, asked twice."""
        outs = tuple(x for x in arguments if isinstance(x, Guarded))
        numbers = tuple(x for x in arguments if not isinstance(x, Guarded))
        before, told = self._state.cells.copy(), []
        for _ in range(2):
            for out in outs:
                out.clear()
            answer = self._call(name, self._state, numbers, outs)
            told.append((answer, *(out.cells.copy() for out in outs)))
            if not np.array_equal(self._state.cells, before):
                self._complain(
                    f"{name}() changes the position from {before.tolist()} to "
                    f"{self._state.cells.tolist()}; only apply() and initial() may"
                )
        (answer, *first), (again, *second) = told
        same = all(_equal(a, b) for a, b in zip(first, second, strict=True))
        if not (_plain(answer) == _plain(again) and same):
            self._complain(f"{name}() gives another answer when it is asked again")
        return answer

    def _call(
        self, name: str, state: Guarded, numbers: tuple[int, ...], outs: tuple[Guarded, ...]
    ) -> Any:
        arrays = [out.cells for out in outs]
        try:
            with np.errstate(all="ignore", divide="raise"):  # integers wrap, as when compiled
                answer = self.functions[name](self.params, state.cells, *numbers, *arrays)
        except IndexError as error:
            self._complain(f"{name}() goes beyond its arrays ({error})", error)
        except NumbaError as error:
            raise compilation_error(error, self.game.rules.path) from error
        except Exception as error:
            if not self.compiled:
                raise OnlyInterpreted from error
            self._complain(f"{name}() raises {type(error).__name__}: {error}", error)
        if not all(array.intact for array in (state, *outs)):
            self._complain(f"{name}() goes beyond its arrays")
        return answer

    def _complain(self, what: str, error: Exception | None = None) -> NoReturn:
        raise InvalidGameError(f"{what} after the history {self.history}.") from error


def _plain(answer: Any) -> Any:
    """A number as Python prints it."""
    return answer.item() if isinstance(answer, np.generic) else answer


def _equal(a: np.ndarray, b: np.ndarray) -> bool:
    return bool(((a == b) | ((a != a) & (b != b))).all())
