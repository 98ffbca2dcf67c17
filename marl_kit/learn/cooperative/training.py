"""The loop: play a rollout, learn from it, try the teams out now and then."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from marl_kit.core.errors import InvalidOptionError
from marl_kit.core.seeds import child
from marl_kit.games.as_team import Team
from marl_kit.games.team import TeamEnvironment
from marl_kit.learn.cooperative.algorithms import Options, new_learner
from marl_kit.learn.cooperative.kept import Tensors, Weights
from marl_kit.learn.cooperative.learner import Learner
from marl_kit.learn.cooperative.rollout import Collector
from marl_kit.learn.cooperative.trial import returns_of

LEARNER, ENVIRONMENT = "learner/", "environment/"
SIGNED = {"uint64": np.int64}
"""Kinds of numbers that files of tensors do not know, as kinds of the same size that they do."""


@dataclass(frozen=True, kw_only=True, eq=False, slots=True)
class Plan:
    """What a training run is about; nothing of it changes.

    Attributes
    ----------
    team : Team
    algorithm : str
    options : Options
    seeds : int
        S, runs side by side.
    seed : int
    copies : int
        B, of the environment in each run.
    reward : str
        One of ``rollout.REWARDS``.
    evaluate_every : int
        Steps between trials.
    episodes : int
        Of a trial, in each run.
    """

    team: Team
    algorithm: str
    options: Options
    seeds: int
    seed: int
    copies: int
    reward: str
    evaluate_every: int
    episodes: int


@dataclass(frozen=True, eq=False, slots=True)
class Trial:
    """How a team stood after so many steps.

    Attributes
    ----------
    steps : int
        Of the environment, in each run.
    seconds : float
        Spent so far, in all processes together.
    returns : float64 [S]
        Mean undiscounted return of an episode, without exploration.
    losses : {str: float64 [S]}
        Of the last rollout before; none before the first.
    """

    steps: int
    seconds: float
    returns: np.ndarray
    losses: dict[str, np.ndarray]


class Training:
    """S runs of one plan and how far they have come.

    Parameters
    ----------
    plan : Plan
    """

    def __init__(self, plan: Plan):
        self.plan = plan
        root = np.random.SeedSequence(plan.seed)
        self._trial_seed = _number(root, "trial")
        self.learner = untrained(plan)
        seed, key = _number(root, "play"), _number(root, "exploration")
        environment = plan.team.environment(plan.seeds * plan.copies, seed)
        shown = environment.reset()
        self.collector = Collector(environment, shown, plan.seeds, self.learner, plan.reward, key)
        self.trials: list[Trial] = []
        self._trying: TeamEnvironment | None = None
        self._seconds = 0.0
        self._losses: dict[str, np.ndarray] = {}

    @property
    def steps(self) -> int:
        """Of the environment, in each run."""
        return self.collector.steps * self.plan.copies

    @property
    def steps_of_rollout(self) -> int:
        return self.learner.rollout * self.plan.copies

    def advance(self) -> None:
        """Play and learn from one rollout.

        Raises
        ------
        InvalidOptionError
            The losses are no numbers any more.
        """
        began = time.perf_counter()
        losses = self.learner.learn(self.collector.collect(self.learner.rollout))
        self._losses = {name: x.double().numpy() for name, x in losses.items()}
        self._seconds += time.perf_counter() - began
        sane = np.all([np.isfinite(x) for x in self._losses.values()], axis=0)
        if not sane.all():
            runs = ", ".join(map(str, np.flatnonzero(~sane)))
            raise InvalidOptionError(
                f"training diverged after {self.steps:,} steps: the losses of run {runs} are not "
                f"finite; give a smaller rate. What was written to a folder before is as it was."
            )

    @property
    def is_due(self) -> bool:
        """Whether a trial comes now."""
        if not self.trials:
            return True
        return self.steps >= self.trials[-1].steps + self.plan.evaluate_every

    def try_out(self) -> Trial:
        """See what the teams get now."""
        began, plan = time.perf_counter(), self.plan
        returns = self._alone() if is_single(plan.team) else self._together()
        self._seconds += time.perf_counter() - began
        self.trials.append(Trial(self.steps, round(self._seconds, 2), returns, self._losses))
        return self.trials[-1]

    def _together(self) -> np.ndarray:
        """In copies of their own, all episodes at once."""
        plan = self.plan
        if self._trying is None:
            self._trying = plan.team.environment(plan.seeds * plan.episodes, self._trial_seed)
        return returns_of(self._trying, self.learner, plan.seeds, plan.reward, self._trial_seed)

    def _alone(self) -> np.ndarray:
        """In the one copy that there is, which leaves the episode that was running."""
        plan, environment = self.plan, self.collector.environment
        found = [
            returns_of(environment, self.learner, 1, plan.reward, self._trial_seed + k)
            for k in range(plan.episodes)
        ]
        root = np.random.SeedSequence(plan.seed)
        self.collector.begin_again(_number(root, "play", len(self.trials)))
        return np.mean(found, axis=0)

    def tensors(self) -> Tensors:
        """All that the runs go on from."""
        collector, environment = self.collector, {}
        for name, array in collector.environment.memory().items():
            kind = array.dtype.name
            plain = array.view(SIGNED[kind]) if kind in SIGNED else array
            environment[f"{ENVIRONMENT}{kind}/{name}"] = torch.from_numpy(np.array(plain))
        return {
            **{LEARNER + name: x for name, x in self.learner.tensors().items()},
            **environment,
            "collector.steps": torch.tensor(collector.steps),
            "collector.starts": torch.from_numpy(collector.starts.copy()),
            "collector.memory": collector.memory,
            "seconds": torch.tensor(self._seconds, dtype=torch.float64),
        }

    def restore(self, tensors: Tensors, trials: list[Trial]) -> None:
        """Go on from ``tensors`` and the trials before."""
        mine = {n[len(LEARNER) :]: x for n, x in tensors.items() if n.startswith(LEARNER)}
        self.learner.restore(mine)
        memory = {}
        for name, x in tensors.items():
            if name.startswith(ENVIRONMENT):
                _, kind, key = name.split("/", 2)
                memory[key] = x.numpy().view(kind)
        collector = self.collector
        collector.shown = collector.environment.remember(memory)
        collector.steps = int(tensors["collector.steps"])
        collector.starts = tensors["collector.starts"].numpy().copy()
        if not collector.environment.exact_memory:  # its episodes begin anew
            collector.starts[:] = True
        collector.memory = tensors["collector.memory"]
        self._seconds, self.trials = float(tensors["seconds"]), list(trials)
        if trials:
            self._losses = trials[-1].losses


def is_single(team: Team) -> bool:
    """Whether there is but one copy of the environment: a live one that nobody can make again."""
    return getattr(team, "most_copies", None) == 1


def untrained(plan: Plan) -> Learner:
    """The learner with which a plan begins; run s has the weights of seed s, whatever S is."""
    root = np.random.SeedSequence(plan.seed)
    generators = [
        torch.Generator().manual_seed(_number(root, "weights", s)) for s in range(plan.seeds)
    ]
    return new_learner(
        plan.algorithm,
        plan.options,
        plan.team.sizes,
        generators,
        _number(root, "learning"),
        plan.reward == "own",
    )


def one_run(plan: Plan, learner: Learner, run: int) -> Learner:
    """The team of one run by itself."""
    alone = untrained(replace(plan, seeds=1))
    weights = {n: x[run : run + 1].clone() for n, x in Weights(learner.acting).tensors().items()}
    Weights(alone.acting).restore(weights)
    return alone


def _number(root: Any, *path: int | str) -> int:
    """63 random bits for a purpose."""
    return int(child(root, "team training", *path).generate_state(1, np.uint64)[0] >> np.uint64(1))
