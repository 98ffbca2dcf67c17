"""Whether positions that share a text are one position, as far as that can be seen.

A text may leave out what matters later: a counter of moves, whose turn it was. ``Met`` compares
what follows at once from states of one text, ``compare`` plays on from them to the end.
"""

from __future__ import annotations

import random
from typing import Any

from marl_kit.games.table import PositionTable
from marl_kit.games.table_sources import Different, Moves, Positions, sample, signature
from marl_kit.games.tree import CHANCE, TERMINAL

WALKS = 500
"""Random plays that compare the table with the game, where positions were merged by their text."""
CHECKS, FULLY, SHARE = 20_000, 500_000, 0.25
"""Successors that are compared of states met again: the first so many, one for each move of the
walk while it has made fewer than ``FULLY``, and then a quarter of one: checking takes no more time
than walking, and less where walking takes long."""
Again = tuple[Any, int]
"""A state that was met again, and after how many plies."""


class Met:
    """Whether states of one key agree, as far as their successors show."""

    def __init__(self, source: Positions):
        self.source = source
        self.kept: list[Again] = []
        self._signatures: dict[int, int] = {}
        self._rng, self._seen, self._compared = random.Random(0), 0, 0

    def again(self, state: Any, ply: int, row: int, walked: int) -> None:
        """A position after so many plies, known as ``row``, was met after so many moves in all."""
        self._seen += 1
        full = min(walked, FULLY)
        if self._compared < CHECKS + full + SHARE * (walked - full):
            moves = self.source.expand([state], ply)
            self._compared += len(moves.keys)
            found = signature(moves)
            if self._signatures.setdefault(row, found) != found:
                raise Different
        sample(self.kept, (state, ply), self._seen, self._rng, WALKS)

    def expanded(self, moves: Moves, first: int) -> None:
        """Positions ``first``, ``first`` + 1, ... have been expanded."""
        edge = over = 0
        for i, (player, count) in enumerate(zip(moves.player, moves.count, strict=True)):
            until, done = edge + count, over + (player == TERMINAL)
            one = Moves(
                [player],
                [count],
                moves.action[edge:until],
                moves.probability[edge:until],
                moves.keys[edge:until],
                returns=moves.returns[over:done],
            )
            found = signature(one)
            if self._signatures.setdefault(first + i, found) != found:
                raise Different
            edge, over = until, done


def compare(source: Positions, table: PositionTable, again: list[Again]) -> None:
    """Random plays from states that were taken for others, in the game and in the table."""
    # the table has been renumbered since: a state is found again by its history
    rng = random.Random(1)
    for state, ply in again:
        _compare_play(source, table, state.clone(), ply, rng)


def _compare_play(
    source: Positions, table: PositionTable, state: Any, ply: int, rng: random.Random
) -> None:
    node: int = 0
    for action in state.history():
        edge = table.edge(node, action)
        if edge is None:
            raise Different
        node = int(table.child[edge])
    while (player := state.current_player()) == table.player[node]:
        moves = source.expand([state], ply)
        edges = table.edges(node)
        if player == TERMINAL:
            if moves.returns == [tuple(table.payoffs[table.payoff_row[node]].tolist())]:
                return
            break
        if moves.action != table.action[edges].tolist() or (
            player == CHANCE and moves.probability != table.probability[edges].tolist()
        ):
            break
        action = rng.choice(moves.action)
        node = int(table.child[edges.start + moves.action.index(action)])
        state.apply_action(action)
        ply += 1
    raise Different
