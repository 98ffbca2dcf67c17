"""Many blocks between the same players, a ply of all games at a time.

Players that answer many states at once (``act_batch``: networks) are asked for all games that wait
for them together. Every game has the streams that it has in ``play_block``, so it is the same game.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from marl_kit.core.errors import IllegalActionError
from marl_kit.core.seeds import child
from marl_kit.games.game import Game, State
from marl_kit.games.tree import CHANCE, TERMINAL
from marl_kit.play.match import (
    GameRecord,
    as_integer,
    changed,
    draw,
    illegal,
    play_block,
    simultaneous,
)
from marl_kit.play.player import Player


def play_blocks(
    game: Game, players: Sequence[Player], seeds: Sequence[np.random.SeedSequence]
) -> list[list[GameRecord]]:
    """The games of several blocks, as ``play_block`` gives them one by one.

    In lockstep where somebody has ``act_batch`` and nobody wants to be told of single games
    (``start`` or ``end``) without having it.
    """
    if len(seeds) < 2 or not _in_lockstep(players):
        return [play_block(game, players, seed) for seed in seeds]
    rotations = [_play_rotation(game, players, seeds, k) for k in range(len(players))]
    return [list(block) for block in zip(*rotations, strict=True)]


def _in_lockstep(players: Sequence[Player]) -> bool:
    batched = [hasattr(player, "act_batch") for player in players]
    told = [hasattr(player, "start") or hasattr(player, "end") for player in players]
    return any(batched) and not any(t and not b for t, b in zip(told, batched, strict=True))


class _Table:
    """One game of a rotation."""

    def __init__(
        self, game: Game, seed: np.random.SeedSequence, streams: Sequence[np.random.SeedSequence]
    ):
        chance = child(seed, "chance")
        self.state = game.begin(int(chance.generate_state(1)[0]))
        self.nature = np.random.default_rng(chance)
        self.rngs = [np.random.default_rng(stream) for stream in streams]
        self.actions: list[int] = []

    def advance(self, game: Game) -> int:
        """Let chance move; the seat to move, or TERMINAL."""
        while (seat := self.state.current_player()) == CHANCE:
            self.take(draw(self.state.chance_outcomes(), self.nature.random()))
        if seat < 0 and seat != TERMINAL:
            raise simultaneous(game, self.actions)
        return seat

    def take(self, action: int) -> None:
        self.state.apply_action(action)
        self.actions.append(action)


def _play_rotation(
    game: Game, players: Sequence[Player], seeds: Sequence[np.random.SeedSequence], k: int
) -> list[GameRecord]:
    """Game ``k`` of every block: everybody sits at the same seat in all of them."""
    size = len(players)
    seats = tuple((s - k) % size for s in range(size))
    streams = [[child(seed, "player", i, k) for i in seats] for seed in seeds]
    for seat, i in enumerate(seats):
        if (start := getattr(players[i], "start", None)) is not None:
            start(seat, tuple(own[seat] for own in streams))
    tables = [_Table(game, seed, own) for seed, own in zip(seeds, streams, strict=True)]
    playing = tables
    while playing:
        waiting: dict[int, list[_Table]] = {}
        for table in playing:
            waiting.setdefault(table.advance(game), []).append(table)
        waiting.pop(TERMINAL, None)
        for seat, asked in sorted(waiting.items()):
            _move(players[seats[seat]], seat, asked)
        playing = [table for asked in waiting.values() for table in asked]
    return [_record(players, seats, table) for table in tables]


def _move(player: Player, seat: int, tables: Sequence[_Table]) -> None:
    """One action in each of the games that wait for the player."""
    states, rngs = [t.state for t in tables], [t.rngs[seat] for t in tables]
    legal = [state.legal_actions() for state in states]
    batch = getattr(player, "act_batch", None)
    if batch is not None:
        chosen = list(batch(states, rngs))
    else:
        chosen = [player.act(state, rng) for state, rng in zip(states, rngs, strict=True)]
    if len(chosen) != len(tables):
        raise IllegalActionError(
            f"{player!r} was asked for {len(tables)} actions and gave {len(chosen)}."
        )
    for table, action, allowed in zip(tables, chosen, legal, strict=True):
        if table.state.current_player() != seat or table.state.legal_actions() != allowed:
            raise changed(table.state, table.actions)
        number = as_integer(action)
        if number is None or number not in allowed:
            raise illegal(player, seat, action, allowed, table.actions)
        table.take(number)


def _record(players: Sequence[Player], seats: tuple[int, ...], table: _Table) -> GameRecord:
    state: State = table.state
    if len(state.history()) != len(table.actions):
        raise changed(state, table.actions)
    for player in {id(p): p for p in players}.values():
        if (end := getattr(player, "end", None)) is not None:
            end(state)
    return GameRecord(seats, tuple(table.actions), tuple(map(float, state.returns())))
