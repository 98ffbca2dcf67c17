"""Where a table's positions come from: states, and what makes two of them one position."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any

from marl_kit.core.errors import InvalidGameError
from marl_kit.games.board import BoardGame
from marl_kit.games.game import Game
from marl_kit.games.tree import CHANCE, TERMINAL

POSITION, STRING, STRING_AND_PLIES, HISTORY = "position", "string", "string and plies", "history"
"""By what positions are told apart."""


@dataclass(slots=True)
class Moves:
    """What can be done at some positions: columns, the children's one after another."""

    player: list[int] = field(default_factory=list)
    count: list[int] = field(default_factory=list)
    action: list[int] = field(default_factory=list)
    probability: list[float] = field(default_factory=list)
    keys: list[Hashable] = field(default_factory=list)  # of the children
    children: list[Any] = field(default_factory=list)
    returns: list[tuple[float, ...]] = field(default_factory=list)  # of those that are over


class Different(Exception):
    """Two positions of one key have different futures: the key leaves something out."""


class Positions:
    """The states of a game and the key by which two of them are one position.

    Parameters
    ----------
    game : Game
    name : str
        What the key is made of, see ``PositionTable.key``.
    """

    def __init__(self, game: Game, name: str):
        self.game, self.name = game, name
        self._met = 0

    @property
    def checked(self) -> bool:
        """Whether it must be checked that states of one key have the same future."""
        return self.name in (STRING, STRING_AND_PLIES)

    def key(self, state: Any, ply: int) -> Hashable:
        """Of a state after so many plies."""
        if self.name == POSITION:  # what board rules do follows from their array alone
            return state.position.tobytes()
        if self.name == HISTORY:  # every state is met on one way
            self._met += 1
            return self._met
        text = f"{state.current_player()} {state}"
        return text if self.name == STRING else (ply, text)

    def expand(self, states: list[Any], ply: int) -> Moves:
        """All moves of some states that are met after so many plies."""
        moves = Moves()
        for state in states:
            self._add(moves, state, ply)
        return moves

    def _add(self, moves: Moves, state: Any, ply: int) -> None:
        player = state.current_player()
        actions: Sequence[int] = ()
        probabilities: Sequence[float] = ()
        if player == TERMINAL:
            moves.returns.append(tuple(map(float, state.returns())))
        elif player == CHANCE:
            outcomes = sorted(state.chance_outcomes())
            actions, probabilities = [a for a, _ in outcomes], [p for _, p in outcomes]
        elif player >= 0:
            actions = sorted(state.legal_actions())
            probabilities = (1.0,) * len(actions)
        if player != TERMINAL and not actions:
            raise InvalidGameError(
                f"after the history {list(state.history())} player {player} is to move and has no "
                f"action; a table has turns, and somebody who can move."
            )
        children = [state.child(action) for action in actions]
        moves.player.append(player)
        moves.count.append(len(actions))
        moves.action += actions
        moves.probability += probabilities
        moves.keys += [self.key(child, ply + 1) for child in children]
        moves.children += children


def signature(moves: Moves) -> int:
    """Of the moves of one position, by 64 bits; the same in every process.

    Not by ``hash``, for which -1 and -2 are the same number.
    """
    players, actions = list(map(int, moves.player)), list(map(int, moves.action))
    chances = [float(p) for p in moves.probability]
    returns = [[x + 0.0 for x in row] for row in moves.returns]  # 0 and -0 are one number
    told = repr((players, actions, chances, moves.keys, returns))
    return int.from_bytes(hashlib.blake2b(told.encode(), digest_size=8).digest())


def keys_for(game: Game) -> list[str]:
    """What the key may be made of, the best first; the last one always does."""
    if isinstance(game, BoardGame):
        return [POSITION]
    told = prints_itself(game.begin(0))
    return [STRING, STRING_AND_PLIES, HISTORY] if told else [HISTORY]


def prints_itself(state: Any) -> bool:
    """Whether the text of a state says something about its position."""
    kind: Any = type(state)
    return kind.__str__ is not object.__str__


def sample(kept: list[Any], item: Any, seen: int, rng: random.Random, size: int) -> None:
    """Reservoir sampling (Vitter 1985, algorithm R): each of ``seen`` items is kept as likely."""
    if len(kept) < size:
        kept.append(item)
    elif (place := rng.randrange(seen)) < size:
        kept[place] = item
