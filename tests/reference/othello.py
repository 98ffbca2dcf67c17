"""Slow and obvious: Othello on a dictionary of cells, eight directions, one step at a time."""

from __future__ import annotations

import itertools

STEPS = [step for step in itertools.product((-1, 0, 1), repeat=2) if step != (0, 0)]
PASS = 64


class Othello:
    """A position is (cells {(row, column): stone}, who moves); stones are 0 and 1."""

    rows = columns = 8

    def start(self):
        return {(3, 3): 1, (3, 4): 0, (4, 3): 0, (4, 4): 1}, 0

    def _turned(self, cells, place, mover):
        """The stones that a stone here would turn over."""
        found = []
        for down, right in STEPS:
            line, (row, column) = [], place
            while True:
                row, column = row + down, column + right
                if cells.get((row, column)) != 1 - mover:
                    break
                line.append((row, column))
            if cells.get((row, column)) == mover:
                found += line
        return found

    def _placings(self, cells, mover):
        return [
            8 * row + column
            for row, column in itertools.product(range(8), range(8))
            if (row, column) not in cells and self._turned(cells, (row, column), mover)
        ]

    def legal(self, position):
        """A pass where nothing else is possible; nothing at the end."""
        cells, mover = position
        own = self._placings(cells, mover)
        if not own and self._placings(cells, 1 - mover):
            return [PASS]
        return own

    def play(self, position, action):
        cells, mover = position
        if action == PASS:
            return cells, 1 - mover
        place = divmod(action, 8)
        turned = dict.fromkeys([place, *self._turned(cells, place, mover)], mover)
        return cells | turned, 1 - mover

    def mover(self, position):
        return position[1]

    def returns(self, position):
        stones = list(position[0].values())
        lead = stones.count(0) - stones.count(1)
        return [float((lead > 0) - (lead < 0)), float((lead < 0) - (lead > 0))]

    def draw(self, position):
        return [
            "".join("-" if (r, c) not in position[0] else "xo"[position[0][r, c]] for c in range(8))
            for r in range(8)
        ]

    def histories(self, position, moves):
        """How many ways there are to make so many moves."""
        if moves == 0:
            return 1
        after = [self.play(position, action) for action in self.legal(position)]
        return sum(self.histories(p, moves - 1) for p in after)
