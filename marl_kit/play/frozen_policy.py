"""What a frozen player does at the positions of a table, asked as they are needed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from marl_kit.core.errors import GameTooLargeError, UnsupportedGameError
from marl_kit.games.game import Game
from marl_kit.games.load import as_game
from marl_kit.games.table import PositionTable, edges_of
from marl_kit.games.table_compile import compile_table
from marl_kit.games.table_game import TableGame
from marl_kit.games.tree import CHANCE
from marl_kit.play.frozen import FrozenPlayer
from marl_kit.search.exact.table_solver import TableValues, chance_weights

ASKED_LIMIT = 200_000
"""Positions of a table at which players are asked; each may take a search."""
NOT_ASKED = -1


def table_for_players(game: Any, limit: int = ASKED_LIMIT) -> tuple[Game, TableGame]:
    """The game, and its table, if it is small enough to ask a player about every position.

    Raises
    ------
    UnsupportedGameError
        Hidden information.
    GameTooLargeError
        More positions than the limit.
    """
    game = as_game(game)
    if not game.perfect_information:
        raise UnsupportedGameError(
            f"{game.name} hides information (or its players move at the same time), and best "
            f"responses are searched in a table of positions that everybody sees; what works: "
            f"mk.exploitability(game, mk.freeze(player, seed)), and mk.best_response(game, "
            f"mk.freeze(player, seed), seat)."
        )
    try:
        return game, compile_table(game, limit=limit)
    except GameTooLargeError as error:
        raise GameTooLargeError(
            f"a player would have to be asked about every position of {game.name}, and there are "
            f"more than {limit:,}: {error}"
        ) from error


@dataclass(frozen=True, eq=False, slots=True)
class FrozenPolicy:
    """The edges that a frozen player takes.

    Attributes
    ----------
    game : Game
        For which the player was made: it is shown states of this game.
    compiled : TableGame
    player : FrozenPlayer
    edge : int64 [N]
        What it takes at each position; ``NOT_ASKED`` where nobody wanted to know yet.
    """

    game: Game
    compiled: TableGame
    player: FrozenPlayer
    edge: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        size = self.compiled.table.num_positions
        object.__setattr__(self, "edge", np.full(size, NOT_ASKED, np.int64))

    def ask(self, positions: np.ndarray) -> np.ndarray:
        """The edges taken at some positions, int64."""
        compiled, table = self.compiled, self.compiled.table
        unknown = positions[self.edge[positions] == NOT_ASKED]
        if len(unknown):
            nodes = unknown.tolist()
            show = compiled.state_at if self.game is compiled else compiled.source_state
            actions = self.player.act_batch([show(node) for node in nodes])
            pairs = zip(nodes, actions, strict=True)
            self.edge[unknown] = [table.edge(node, action) for node, action in pairs]
        return np.asarray(self.edge[positions])

    def weights_against(self, seat: int | None) -> np.ndarray:
        """Probabilities of the moves, float64 [E], when the player holds all seats but one.

        Only positions that can be reached are asked about; at others nobody's moves have any
        probability. The moves of the free seat (``None``: there is none) have none either.
        """
        table = self.compiled.table
        weights = chance_weights(table)
        reached = np.zeros(table.num_positions, bool)
        reached[0] = True
        for first, last in zip(table.layer_offset[:-1], table.layer_offset[1:], strict=True):
            here = first + np.flatnonzero(reached[first:last])
            own = (table.player[here] >= 0) & (table.player[here] != _seat_number(seat))
            taken = self.ask(here[own])
            weights[taken] = 1.0
            reached[table.child[taken]] = True
            reached[table.child[edges_of(table.first_edge, here[~own])]] = True
        return weights


def _seat_number(seat: int | None) -> int:
    return CHANCE if seat is None else seat


def line_of_play(table: PositionTable, solution: TableValues, weights: Any, seat: int) -> list[int]:
    """Edges from the beginning to an end of the game: what the response and the others do.

    Of chance the outcome after which the response gets most, of others' moves the likeliest; of
    several the first.
    """
    node, line = 0, []
    while table.first_edge[node] < table.first_edge[node + 1]:
        edges = table.edges(node)
        edge = int(solution.best[node])
        if edge < 0 and table.player[node] == CHANCE:
            own = solution.values[table.child[edges], seat]
            can_happen = weights[edges] > 0
            edge = edges.start + int(np.argmax(np.where(can_happen, own, -np.inf)))
        elif edge < 0:
            edge = edges.start + int(np.argmax(weights[edges]))
        line.append(edge)
        node = int(table.child[edge])
    return line
