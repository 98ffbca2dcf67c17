"""Slow and obvious: tic-tac-toe and Connect Four on lists of rows, and what is best in them.

A position is a tuple of rows, the top row first, each a string of ``.``, ``x`` and ``o``; ``x``
moves first and is player 0. Shares nothing with the rules of the catalogue.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import cache

Position = tuple[str, ...]


class LineGame:
    """Two players put stones in turn; who first has ``length`` of them in a line wins."""

    def __init__(self, rows: int, columns: int, length: int):
        self.rows, self.columns, self.length = rows, columns, length
        self.lines = list(self._lines())
        self.value, self.nodes = cache(self._value), cache(self._nodes)
        self.terminal_histories = cache(self._terminal_histories)

    def actions(self, position: Position) -> list[int]:
        """What could be played if the game were not over."""
        raise NotImplementedError

    def target(self, position: Position, action: int) -> tuple[int, int]:
        """Row and column where the stone comes to lie."""
        raise NotImplementedError

    def start(self) -> Position:
        return ("." * self.columns,) * self.rows

    def mover(self, position: Position) -> int:
        cells = "".join(position)
        return cells.count("x") - cells.count("o")

    def play(self, position: Position, action: int) -> Position:
        row, column = self.target(position, action)
        line = position[row]
        assert line[column] == "."
        stone = "xo"[self.mover(position)]
        return (
            *position[:row],
            line[:column] + stone + line[column + 1 :],
            *position[row + 1 :],
        )

    def _lines(self) -> Iterator[list[tuple[int, int]]]:
        """The cells of every line that lies on the board."""
        for row, column in itertools.product(range(self.rows), range(self.columns)):
            for down, right in ((0, 1), (1, 0), (1, 1), (1, -1)):
                cells = [(row + k * down, column + k * right) for k in range(self.length)]
                if all(0 <= r < self.rows and 0 <= c < self.columns for r, c in cells):
                    yield cells

    def winner(self, position: Position) -> int | None:
        for player, stone in enumerate("xo"):
            if any(all(position[r][c] == stone for r, c in line) for line in self.lines):
                return player
        return None

    def legal(self, position: Position) -> list[int]:
        """None once somebody has won or the board is full."""
        return [] if self.winner(position) is not None else self.actions(position)

    def returns(self, position: Position) -> list[float]:
        winner = self.winner(position)
        return [0.0, 0.0] if winner is None else [[1.0, -1.0], [-1.0, 1.0]][winner]

    def successors(self, position: Position) -> list[Position]:
        return [self.play(position, action) for action in self.legal(position)]

    def _value(self, position: Position) -> float:
        """What player 0 gets if both play perfectly."""
        values = [self.value(after) for after in self.successors(position)]
        if not values:
            return self.returns(position)[0]
        return min(values) if self.mover(position) else max(values)

    def keeping(self, position: Position) -> set[int]:
        """The moves after which the value is the same as before."""
        value = self.value(position)
        return {a for a in self.legal(position) if self.value(self.play(position, a)) == value}

    def _nodes(self, position: Position) -> int:
        """Histories from here on, this one included."""
        return 1 + sum(self.nodes(after) for after in self.successors(position))

    def _terminal_histories(self, position: Position) -> int:
        after = self.successors(position)
        return sum(map(self.terminal_histories, after)) if after else 1

    def positions(self) -> dict[Position, list[int]]:
        """Every position that can arise, with a history that leads there."""
        found: dict[Position, list[int]] = {}
        waiting: list[tuple[Position, list[int]]] = [(self.start(), [])]
        while waiting:
            position, history = waiting.pop()
            if position not in found:
                found[position] = history
                waiting += [(self.play(position, a), [*history, a]) for a in self.legal(position)]
        return found


class TicTacToe(LineGame):
    """Action ``3 * row + column``."""

    def __init__(self) -> None:
        super().__init__(3, 3, 3)

    def actions(self, position: Position) -> list[int]:
        return [i for i, cell in enumerate("".join(position)) if cell == "."]

    def target(self, position: Position, action: int) -> tuple[int, int]:
        return divmod(action, 3)


class ConnectFour(LineGame):
    """An action is a column; the stone falls to the lowest free row."""

    def __init__(self, rows: int = 6, columns: int = 7, x_in_row: int = 4):
        super().__init__(rows, columns, x_in_row)

    def actions(self, position: Position) -> list[int]:
        return [column for column in range(self.columns) if position[0][column] == "."]

    def target(self, position: Position, action: int) -> tuple[int, int]:
        free = [row for row in range(self.rows) if position[row][action] == "."]
        return max(free), action
