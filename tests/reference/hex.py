"""Slow and obvious: Hex on rows of cells; who has won is found by walking from border to border."""

from __future__ import annotations

from tests.reference.boards import LineGame, Position

NEAR = ((-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0))


class Hex(LineGame):
    """``x`` joins the top with the bottom, ``o`` the left with the right."""

    def __init__(self, rows: int = 11, columns: int = 11):
        super().__init__(rows, columns, max(rows, columns) + 1)

    def actions(self, position: Position) -> list[int]:
        return [i for i, cell in enumerate("".join(position)) if cell == "."]

    def target(self, position: Position, action: int) -> tuple[int, int]:
        return divmod(action, self.columns)

    def joined(self, position: Position, stone: str, border: str) -> set[tuple[int, int]]:
        """The stones that hang together with a border."""
        at = {
            "top": lambda r, c: r == 0,
            "bottom": lambda r, c: r == self.rows - 1,
            "left": lambda r, c: c == 0,
            "right": lambda r, c: c == self.columns - 1,
        }[border]
        own = {
            (r, c) for r in range(self.rows) for c in range(self.columns) if position[r][c] == stone
        }
        waiting, found = [cell for cell in own if at(*cell)], set()
        while waiting:
            row, column = waiting.pop()
            found.add((row, column))
            near = {(row + down, column + right) for down, right in NEAR}
            waiting += near & own - found
        return found

    def winner(self, position: Position) -> int | None:
        for player, (stone, start, goal) in enumerate(
            (("x", "top", "bottom"), ("o", "left", "right"))
        ):
            if self.joined(position, stone, start) & self.joined(position, stone, goal):
                return player
        return None
