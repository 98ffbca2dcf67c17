"""The loop of a league that learns: enter, train, gate, evaluate, solve; then the next wave.

Each step is a stage of jobs, and which stage comes next is a function of the log alone, so a run
that was killed anywhere goes on as if it had not been.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from marl_kit.league.constant_sum import constant_sum_of
from marl_kit.league.gate import find_gate
from marl_kit.league.jobs import ComputeJob, Job, PlayJob, Stage, TrainJob
from marl_kit.league.loss import kind_of
from marl_kit.league.more_games import most_telling
from marl_kit.league.options import META, NOBODY
from marl_kit.league.pool import Pool
from marl_kit.league.profiles import Played, empirical_profiles, ids_of, orders
from marl_kit.league.proposal import opponent_weights
from marl_kit.league.records import GATE, SOLVE, Event, Member
from marl_kit.league.training import Reached

BLOCKS_A_JOB = 50
"""Of one table: as many games as fit into a job that is not too long for a slow player."""
NEGLIGIBLE = 1e-9
"""Opponents of less weight are left out of a learner's task."""
GAIN = 1e-9
"""Relative to the payoff range: linear programs solve the empirical game to about so much."""


class Generations:
    """Decides what is to be done next, from the log of a pool."""

    def __init__(self, pool: Pool):
        self.pool, self.log = replace(pool, whole=True), pool.log
        self.game, self.options = pool.game, pool.options

    def finished(self) -> int:
        """Waves that have come to their end."""
        return len(self.log.events(SOLVE))

    def reached(self) -> Reached:
        waves = self.finished()
        between = not self.log.stages(waves + 1)
        return Reached(waves, self.log.num_games(), between, converged=self._converged())

    def _converged(self) -> bool:
        """Whether exact best responses to the meta-strategy have nothing more to gain."""
        options, events = self.options, self.log.events(SOLVE)
        if not (events and options.exact is True and options.matchmaking == META):
            return False
        low, high = self.pool.bounds
        gain = _detail(events[-1])["exploitability"] * self.game.num_players
        return options.oracle == "best_response" and gain <= GAIN * (high - low)

    def next_stage(self) -> Stage:
        """What comes next; the last one of a wave has no jobs and says what is to be played."""
        wave = self.finished() + 1
        before = self.log.stages(wave)
        if "train" not in before:
            jobs = self._missing()
            return Stage(wave, "enter", jobs) if jobs else self._train(wave)
        verdicts = list(self._verdicts(wave))
        if any(isinstance(verdict, PlayJob) for verdict in verdicts):
            return Stage(wave, "gate", [v for v in verdicts if isinstance(v, PlayJob)])
        events = [v for v in verdicts if isinstance(v, Event)]
        if events:
            return Stage(wave, "accept", events=events)
        if jobs := self._missing():
            return Stage(wave, "evaluate", jobs)
        if "more" not in before and (jobs := self._more()):
            return Stage(wave, "more", jobs)
        return Stage(wave, "solve", events=[self._solve(wave)])

    def _missing(self) -> list[Job]:
        """What the empirical game of the pool lacks."""
        if self.options.exact:
            return self._to_compute()
        pool, players = self.pool.members(), self.game.num_players
        played = self.log.blocks()
        alone = players > 2 or constant_sum_of(self.game) is None
        tables = empirical_profiles(pool, players, alone=alone)
        blocks = -(-self.options.evaluation_games // players)
        return [job for table in tables for job in _up_to(blocks, table, played)]

    def _to_compute(self) -> list[Job]:
        known = self.log.computed_ids()
        pool = self.pool.members()
        new = tuple(m for m in pool if m.id not in known)
        return [ComputeJob(new, tuple(m for m in pool if m.id in known))] if new else []

    def _more(self) -> list[Job]:
        """Further games where they tell most."""
        if self.options.exact or not self.options.more_games:
            return []
        at, played = self.pool.standing(), self.log.blocks()
        mixture = self.pool.mixture()
        blocks = -(-self.options.more_games // self.game.num_players)
        members = {m.id: m for m in self.pool.members()}
        return [
            job
            for ids, count in most_telling(at, mixture, blocks)
            for job in _further(count, [members[i] for i in ids], played)
        ]

    def _train(self, wave: int) -> Stage:
        roles = [f"main{i or ''}" for i in range(self.options.learners)]
        return Stage(wave, "train", [self._task(wave, role) for role in roles])

    def _task(self, wave: int, role: str) -> TrainJob:
        """Whom a learner is to be good against."""
        pool = self.pool.members()
        own = [m for m in pool if m.role == role]
        parent = own[-1] if own else None
        weights = opponent_weights(self.pool, parent)
        chosen = [i for i, w in enumerate(weights) if w > NEGLIGIBLE]
        shares = weights[chosen] / weights[chosen].sum()
        taken = {m.name for m in self.log.members()}
        name = next(n for k in range(len(taken) + 1) if (n := _name(role, wave, k)) not in taken)
        return TrainJob(
            name=name,
            role=role,
            oracle=self.options.oracle,
            opponents=tuple(pool[i] for i in chosen),
            weights=tuple(float(x) for x in shares),
            parent=parent,
            before=sum(m.role == role for m in self.log.members()),
        )

    def _verdicts(self, wave: int) -> Iterator[PlayJob | Event]:
        """For each newcomer without a verdict: games that the gate wants, or its verdict."""
        gate, members = find_gate(self.options.gate), self.log.members()
        if self.options.gate == NOBODY:
            return
        by_name = {m.name: m for m in members}
        decided = {_detail(event)["member"] for event in self.log.events(GATE)}
        for new in members:
            if new.step != wave or new.kind != "learned" or new.id in decided:
                continue
            parent = by_name.get(new.parent or "")
            scores = self.log.gate_scores((new.id, parent.id)) if parent else []
            wanted = gate.wanted(scores) if parent else 0
            if parent and wanted:
                yield PlayJob((new, parent), len(scores) // 2, -(-wanted // 2), GATE)
            else:
                accepted = parent is None or gate.accepts(scores)
                different = self.log.different_games(GATE, (new.id, parent.id)) if parent else 0
                detail = {
                    "member": new.id,
                    "accepted": accepted,
                    "games": len(scores),
                    "different": different,
                }
                yield Event(wave, GATE, json.dumps(detail))

    def _solve(self, wave: int) -> Event:
        """What is to be played now, and what it can lose."""
        members, mixture = self.pool.members(), self.pool.mixture()
        weights = {m.id: float(x) for m, x in zip(members, mixture, strict=True) if x > NEGLIGIBLE}
        loss = self.pool.exploitability()
        detail = {"meta": weights, "exploitability": float(loss), "kind": kind_of(loss)}
        return Event(wave, SOLVE, json.dumps(detail))


def _up_to(blocks: int, table: Sequence[Member], played: Played) -> list[Job]:
    """What a table lacks to so many blocks, shared among its orders."""
    ways = orders(table)
    each = -(-blocks // len(ways))
    return [
        PlayJob(profile, first, min(BLOCKS_A_JOB, each - first))
        for profile in ways
        for first in range(played.get(ids_of(profile), 0), each, BLOCKS_A_JOB)
    ]


def _further(blocks: int, table: Sequence[Member], played: Played) -> list[Job]:
    """So many more blocks, first for the orders that have played least."""
    ways = sorted(orders(table), key=lambda profile: played.get(ids_of(profile), 0))
    counts = [len(range(k, blocks, len(ways))) for k in range(len(ways))]
    return [
        PlayJob(profile, played.get(ids_of(profile), 0), count)
        for profile, count in zip(ways, counts, strict=True)
        if count
    ]


def _name(role: str, wave: int, taken: int) -> str:
    return f"{role}@{wave}" + (f"-{taken}" if taken else "")


def _detail(event: Event) -> dict[str, Any]:
    return json.loads(event.detail)
