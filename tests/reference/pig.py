"""Slow and obvious: Pig as a tuple, and what its first player gets."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from typing import NamedTuple


class Position(NamedTuple):
    """``turn`` is what the turn has brought so far; ``rolling``: the die is in the air."""

    scores: tuple[int, ...]
    mover: int
    turn: int
    rolling: bool
    moves: int


class Pig:
    """Actions: 0 rolls, 1 stops; outcomes of the die from 0."""

    def __init__(self, diceoutcomes=6, horizon=1000, piglet=False, players=2, winscore=100):
        self.faces, self.horizon, self.piglet = diceoutcomes, horizon, piglet
        self.players, self.goal = players, winscore
        self.value, self.nodes = cache(self._value), cache(self._nodes)

    def start(self) -> Position:
        return Position((0,) * self.players, 0, 0, False, 0)

    def over(self, position: Position) -> bool:
        return max(position.scores) >= self.goal or position.moves >= self.horizon

    def returns(self, position: Position) -> list[Fraction]:
        won = [score >= self.goal for score in position.scores]
        if not (any(won) and self.over(position)):
            return [Fraction(0)] * self.players
        return [Fraction(1) if w else Fraction(-1, self.players - 1) for w in won]

    def legal(self, position: Position) -> list[int]:
        enough = position.scores[position.mover] + position.turn >= self.goal
        return [1] if enough else [0, 1]

    def outcomes(self) -> list[tuple[int, Fraction]]:
        if self.piglet:
            return [(0, Fraction(1, self.faces)), (1, Fraction(self.faces - 1, self.faces))]
        return [(face, Fraction(1, self.faces)) for face in range(self.faces)]

    def play(self, position: Position, action: int) -> Position:
        following = (position.mover + 1) % self.players
        if position.rolling:
            if action == 0:
                return position._replace(mover=following, turn=0, rolling=False)
            points = 1 if self.piglet else action + 1
            return position._replace(turn=position.turn + points, rolling=False)
        if action == 0:
            return position._replace(rolling=True, moves=position.moves + 1)
        scores = list(position.scores)
        scores[position.mover] += position.turn
        return Position(tuple(scores), following, 0, False, position.moves + 1)

    def successors(self, position: Position) -> list[tuple[Fraction, Position]]:
        """With probabilities, which are 1 where somebody chooses."""
        if self.over(position):
            return []
        if position.rolling:
            return [(p, self.play(position, face)) for face, p in self.outcomes()]
        return [(Fraction(1), self.play(position, a)) for a in self.legal(position)]

    def _value(self, position: Position) -> Fraction:
        """What player 0 of two gets if both play perfectly."""
        after = self.successors(position)
        if not after:
            return self.returns(position)[0]
        if position.rolling:
            return sum((p * self.value(s) for p, s in after), Fraction(0))
        return (min if position.mover else max)(self.value(s) for _, s in after)

    def _nodes(self, position: Position) -> int:
        return 1 + sum(self.nodes(after) for _, after in self.successors(position))
