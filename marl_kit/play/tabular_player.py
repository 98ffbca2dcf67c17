"""Players that follow a table of what was learned at infosets."""

from __future__ import annotations

import math
import os
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any

from marl_kit.core.errors import CheckpointError, InvalidOptionError
from marl_kit.games.game import Game
from marl_kit.play.tabular import Q_VALUES, ActionTable, read_table, table_keys

if TYPE_CHECKING:
    import numpy as np

    from marl_kit.games.game import State

Row = tuple[dict[int, float], list[int], list[float]]
"""Probabilities; actions of positive probability, and the running sums of their probabilities."""


@dataclass(frozen=True, eq=False, slots=True)
class TabularPlayer:
    """Plays greedily by values of actions (ties equally likely) or by a softmax of logits.

    At infosets that the table does not know every legal action is equally likely.
    """

    table: ActionTable = field(repr=False)
    key_of: Callable[[State], str] = field(repr=False)
    spec: str = ""
    name: str = ""
    _places: dict[str, int] = field(default_factory=dict, repr=False)
    _rows: dict[str, Row] = field(default_factory=dict, repr=False)

    def act(self, state: State, rng: np.random.Generator) -> int:
        _, actions, sums = self._row(state)
        # rounding may leave the last sum below 1
        return actions[min(bisect_right(sums, rng.random()), len(actions) - 1)]

    def probabilities(self, state: State) -> dict[int, float]:
        """``{action: probability}`` at the infoset of the player to move."""
        return dict(self._row(state)[0])

    def _row(self, state: State) -> Row:
        """Worked out once an infoset that the table knows: games come by the thousand."""
        key, legal = self.key_of(state), state.legal_actions()
        row = self._rows.get(key)
        if row is None:
            place = self._places.get(key)
            if place is None:
                return _row(dict.fromkeys(legal, 1 / len(legal)))
            row = self._rows[key] = _row(probabilities_at(self.table, place))
        if list(row[0]) != list(legal):
            raise CheckpointError(
                f"{self.name}: the table has the actions {list(row[0])} where {list(legal)} are "
                f"legal; it was learned in a game of other rules."
            )
        return row


def _row(told: dict[int, float]) -> Row:
    played = {a: p for a, p in told.items() if p > 0}
    return told, list(played), list(accumulate(played.values()))


def probabilities_at(table: ActionTable, place: int) -> dict[int, float]:
    """``{action: probability}`` of what a table plays at its infoset number ``place``."""
    slots = slice(int(table.offsets[place]), int(table.offsets[place + 1]))
    values = table.values[slots].tolist()
    most = max(values)
    if table.kind == Q_VALUES:
        weights = [float(v == most) for v in values]
    else:
        weights = [math.exp(v - most) for v in values]
    total = sum(weights)
    return dict(zip(table.actions[slots].tolist(), (w / total for w in weights), strict=True))


def tabular_player(game: Game, path: str, seed: Any) -> TabularPlayer:
    """Build ``tabular:PATH``; its ``spec`` has the absolute path."""
    if not path:
        raise InvalidOptionError("tabular: needs a path, such as 'tabular:runs/kuhn.npz'.")
    file = Path(path).expanduser()
    table = read_table(file, game)
    places = {key: i for i, key in enumerate(table.keys)}
    spec = f"tabular:{os.path.abspath(file)}"
    return TabularPlayer(table, table_keys(game), spec, f"tabular:{path}", places)
