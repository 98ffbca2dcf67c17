"""Games of a searching learner against players that it learns to beat."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from marl_kit.core.errors import IllegalActionError
from marl_kit.core.seeds import child, generator
from marl_kit.games.game import State
from marl_kit.games.tree import CHANCE, TERMINAL
from marl_kit.learn.alphazero.options import AlphaZero
from marl_kit.learn.oracle import Tally, Task
from marl_kit.search.evaluator import Evaluator
from marl_kit.search.result import SearchResult
from marl_kit.search.search import search_batch
from marl_kit.search.self_play import PlayedGame
from marl_kit.search.states import chance_outcome


@dataclass(eq=False, slots=True)
class _Table:
    """A game against opponents."""

    index: int
    seat: int
    opponents: tuple[int, ...]  # by seat; the learner's own entry means nothing
    state: State
    root: np.random.SeedSequence
    actions: list[int] = field(default_factory=list)
    plies: list[int] = field(default_factory=list)
    results: list[SearchResult] = field(default_factory=list)

    def take(self, action: int) -> None:
        self.state.apply_action(action)
        self.actions.append(action)

    def rng(self, purpose: str) -> np.random.Generator:
        """The stream of this ply."""
        return generator(self.root, purpose, len(self.actions))


def play_against(
    task: Task, options: AlphaZero, evaluator: Evaluator, games: range, root: np.random.SeedSequence
) -> tuple[list[PlayedGame], tuple[Tally, ...]]:
    """Play games against opponents drawn by the task's weights, the learner in every seat in turn.

    All games go on together: who answers for many positions at once is asked so. A game follows
    from ``root`` and its index. The examples are the learner's own searches.
    """
    tables = [_sit(task, index, root) for index in games]
    playing = [table for table in tables if _to_decision(table)]
    while playing:
        own = [t for t in playing if t.state.current_player() == t.seat]
        if own:
            _search(task, options, evaluator, own)
        by_opponent: dict[int, list[_Table]] = {}
        for table in playing:
            mover = table.state.current_player()
            if mover >= 0 and mover != table.seat:
                by_opponent.setdefault(table.opponents[mover], []).append(table)
        for opponent, asked in sorted(by_opponent.items()):
            _answer(task.opponents[opponent], asked)
        playing = [table for table in playing if _to_decision(table)]
    return [_played(table) for table in tables], _tallies(task, tables)


def _sit(task: Task, index: int, root: np.random.SeedSequence) -> _Table:
    own, size = child(root, "game", index), task.game.num_players
    drawn = generator(own, "opponents").choice(len(task.opponents), size, p=task.weights)
    state = task.game.begin(int(child(own, "deal").generate_state(1)[0]))
    return _Table(index, index % size, tuple(drawn.tolist()), state, own)


def _to_decision(table: _Table) -> bool:
    """Through chance; whether somebody is to move."""
    while (player := table.state.current_player()) == CHANCE:
        table.take(chance_outcome(table.state.chance_outcomes(), table.rng("chance").random()))
    return player != TERMINAL


def _search(task: Task, options: AlphaZero, evaluator: Evaluator, tables: Sequence[_Table]) -> None:
    """The learner's moves."""
    streams = [table.rng("search") for table in tables]
    keys = [int(rng.integers(2**63)) for rng in streams]
    states = [table.state for table in tables]
    found = search_batch(task.game, states, options.searching, keys, evaluator)
    for table, result, rng in zip(tables, found, streams, strict=True):
        early = len(table.actions) < options.temperature_plies
        table.plies.append(len(table.actions))
        table.results.append(result)
        table.take(result.draw(options.temperature if early else 0.0, rng.random()))


def _answer(player: Any, tables: Sequence[_Table]) -> None:
    """An opponent's moves."""
    states, rngs = [t.state for t in tables], [t.rng("opponent") for t in tables]
    batch: Callable[..., Sequence[int]] | None = getattr(player, "act_batch", None)
    if batch is not None:
        chosen = list(batch(states, rngs))
    else:
        chosen = [player.act(state, rng) for state, rng in zip(states, rngs, strict=True)]
    for table, action in zip(tables, chosen, strict=True):
        legal = table.state.legal_actions()
        if action not in legal:  # OpenSpiel may end the process at one
            raise IllegalActionError(
                f"{player!r} chose {action!r} after the history {table.state.history()}; legal "
                f"actions are {legal}."
            )
        table.take(int(action))


def _played(table: _Table) -> PlayedGame:
    return PlayedGame(
        table.index,
        tuple(table.actions),
        tuple(table.plies),
        tuple(table.results),
        (True,) * len(table.plies),
        np.array(table.state.returns(), float),
    )


def _tallies(task: Task, tables: Sequence[_Table]) -> tuple[Tally, ...]:
    """What the learner reached against each opponent that it met."""
    met: dict[int, list[tuple[float, float, int]]] = {}
    for table in tables:
        returns = table.state.returns()
        for seat, opponent in enumerate(table.opponents):
            if seat != table.seat:
                result = returns[table.seat], returns[seat], len(table.actions)
                met.setdefault(opponent, []).append(result)
    return tuple(
        Tally(
            opponent=opponent,
            games=len(results),
            wins=sum(own > other for own, other, _ in results),
            draws=sum(own == other for own, other, _ in results),
            losses=sum(own < other for own, other, _ in results),
            total=float(sum(own for own, _, _ in results)),
            plies=sum(plies for _, _, plies in results),
        )
        for opponent, results in sorted(met.items())
    )
