"""What a tabular learner keeps of each infoset, and its way into a file and back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import chain, pairwise

import numpy as np

from marl_kit.core.errors import CheckpointError
from marl_kit.games.game import State
from marl_kit.learn.episodes import Learner, play_episodes
from marl_kit.learn.oracle import FILE, Answer, Task
from marl_kit.play.tabular import ActionTable, read_table, table_bytes, table_keys


@dataclass(slots=True)
class Row:
    """An infoset: one entry for each legal action; ``baseline`` is the mean payoff from here."""

    actions: list[int]
    values: list[float]
    visits: list[int]
    baseline: float = 0.0


@dataclass(slots=True)
class Rows:
    """The infosets that were met, in that order; new ones begin with ``initial`` everywhere."""

    kind: str
    key_of: Callable[[State], str]
    initial: float = 0.0
    table: dict[str, Row] = field(default_factory=dict)

    def at(self, state: State) -> Row:
        """The row of the player to move."""
        key, legal = self.key_of(state), state.legal_actions()
        row = self.table.get(key)
        if row is None:
            count = len(legal)
            row = self.table[key] = Row(list(legal), [self.initial] * count, [0] * count)
        elif row.actions != list(legal):
            raise CheckpointError(
                f"the table that is gone on from has the actions {row.actions} where {legal} are "
                f"legal; it was learned in a game of other rules."
            )
        return row

    def forget(self, keep: int) -> None:
        """Keep those that were visited most, of equals the earlier ones, in their order.

        In large games most infosets are met once and never again; what a visit told of them is
        noise, and a population would fill the disk with it.
        """
        if len(self.table) > keep:
            visits = np.array([sum(row.visits) for row in self.table.values()])
            kept = set(np.argsort(-visits, kind="stable")[:keep].tolist())
            self.table = {k: row for i, (k, row) in enumerate(self.table.items()) if i in kept}

    def content(self, task: Task) -> bytes:
        """The rows as a file."""
        rows = list(self.table.values())
        sizes = [len(row.actions) for row in rows]
        table = ActionTable(
            kind=self.kind,
            keys=list(self.table),
            offsets=np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)]).astype(np.int64),
            actions=np.array([*chain.from_iterable(row.actions for row in rows)], np.int64),
            values=np.array([*chain.from_iterable(row.values for row in rows)], np.float64),
            visits=np.array([*chain.from_iterable(row.visits for row in rows)], np.int64),
            baseline=np.array([row.baseline for row in rows], np.float64),
        )
        return table_bytes(table, task.game)


def rows_of(task: Task, kind: str, initial: float = 0.0) -> Rows:
    """The rows that the task's learner wrote, or none yet.

    Raises
    ------
    CheckpointError
        The file is damaged, of another game or of another learner.
    """
    rows = Rows(kind, table_keys(task.game), initial)
    if task.learner is None:
        return rows
    held = read_table(task.learner, task.game)
    if held.kind != kind:
        raise CheckpointError(
            f"{task.learner}: the table holds {held.kind!r}, and this learner goes on from "
            f"{kind!r}."
        )
    actions, values, visits = (x.tolist() for x in (held.actions, held.values, held.visits))
    pieces = pairwise(held.offsets.tolist())
    for key, (a, b), baseline in zip(held.keys, pieces, held.baseline.tolist(), strict=True):
        rows.table[key] = Row(actions[a:b], values[a:b], visits[a:b], baseline)
    return rows


def trained(task: Task, rows: Rows, learner: Learner, episodes: int, keep: int) -> Answer:
    """Play a task's games with a learner that writes into the rows; the answer is what they hold
    then, of at most ``keep`` infosets."""
    tallies = play_episodes(task, episodes, learner)
    rows.forget(keep)
    facts = {"episodes": episodes, "infosets": len(rows.table)}
    return Answer(f"tabular:{FILE}", rows.content(task), ".npz", tallies, facts)
