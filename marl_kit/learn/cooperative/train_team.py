"""``mk.train_team`` and ``mk.load_teams``."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from marl_kit.core.checks import whole
from marl_kit.core.errors import CheckpointError, InvalidOptionError, UnsupportedGameError
from marl_kit.core.interrupt import stop_on_ctrl_c
from marl_kit.core.lock import WriterLock
from marl_kit.core.seeds import resolve_seed
from marl_kit.core.threads import one_torch_thread
from marl_kit.games.as_team import Team, as_team
from marl_kit.learn.cooperative import team_run
from marl_kit.learn.cooperative.algorithms import options_for
from marl_kit.learn.cooperative.kept import Tensors, Weights
from marl_kit.learn.cooperative.rollout import deriving, scale_of
from marl_kit.learn.cooperative.team_result import TeamResult
from marl_kit.learn.cooperative.trained import TrainedTeam
from marl_kit.learn.cooperative.training import (
    Plan,
    Training,
    Trial,
    is_single,
    one_run,
    untrained,
)
from marl_kit.learn.networks.file import read_tensors

STEPS = 100_000
COPIES = 32
TRIALS = 20
"""Of a run, unless ``evaluate_every`` is given."""
MOST_SEEDS = 4096


def train_team(
    env: Any,
    algorithm: str = "qmix",
    steps: int = STEPS,
    seeds: int = 1,
    path: str | Path | None = None,
    *,
    seed: int = 0,
    copies: int | None = None,
    reward: str = "mean",
    evaluate_every: int | None = None,
    episodes: int = 32,
    progress: Callable[[Trial, int], None] | None = None,
    **config: Any,
) -> TeamResult:
    """Train teams whose agents act on what each of them sees; training may see everything.

    Several runs, each with weights, episodes and random numbers of its own, are trained side by
    side as one more axis of the arrays: run s of ten is run s of one, up to rounding.

    With a ``path`` everything is written there at every trial, and a run that was interrupted, or
    killed, goes on from its last trial: the same call gives the same weights as if it had never
    stopped, also with more ``steps`` than before. Ctrl-C ends it after the rollout that is being
    played, a second one at once.

    Parameters
    ----------
    env : spec, team, game, PettingZoo environment or callable
        Whatever ``mk.as_team`` takes.
    algorithm : str
        ``iql``, ``vdn``, ``qmix``, ``wqmix``, ``qplex``, ``ippo``, ``mappo``, ``coma``, ``happo``
        or ``maddpg``.
    steps : int
        Of the environment in each run, those of earlier calls included; rounded up to whole
        rollouts. 0 gives untrained teams.
    seeds : int
        S, how many runs.
    path : str or Path, optional
        Folder of the runs; None keeps them in memory.
    seed : int
        Of everything: weights, episodes, exploration, trials.
    copies : int, optional
        Of the environment in each run; 32 unless given, 1 of an environment that cannot be made
        again.
    reward : str
        What agents learn from and returns count: the ``mean`` or the ``sum`` of all agents'
        rewards, the one that they ``shared``, or each its ``own`` (not with a mixer).
    evaluate_every : int, optional
        Steps between trials of the teams; a twentieth of ``steps`` unless given.
    episodes : int
        Of a trial, in each run.
    progress : callable, optional
        Called with each ``Trial`` and ``steps``.
    **config
        Options of the algorithm: ``ValueOptions``, ``PolicyOptions`` or ``DeterministicOptions``.

    Returns
    -------
    TeamResult

    Raises
    ------
    InvalidOptionError, UnknownNameError, UnsupportedGameError
        What is not allowed, or not for this environment; a folder of another run.
    CheckpointError
        A folder that is damaged; nothing is overwritten.
    RunInUseError
        Another process trains in this folder.

    Notes
    -----
    Torch computes with one thread meanwhile. Episodes that are cut off by a time limit go on in
    the targets: a limit is no end of the game.

    Examples
    --------
    >>> result = train_team("two_step", "vdn", steps=832, seeds=2, evaluate_every=832)
    >>> result.returns.shape, result.steps.tolist(), result.scale
    ((2, 2), [0, 832], "mean of the agents' rewards, undiscounted, per episode")
    """
    team = as_team(env)
    options = options_for(algorithm, config)
    steps = whole("steps", steps, 0)
    deriving(reward)  # refuses unknown ones
    folder = None if path is None else Path(os.path.abspath(os.path.expanduser(path)))
    there = None if folder is None else team_run.read_description(folder)
    if folder is not None:
        _require_spec(team)
    plan = Plan(
        team=team,
        algorithm=str(algorithm).lower().replace("-", "_"),
        options=options,
        seeds=whole("seeds", seeds, most=MOST_SEEDS),
        seed=resolve_seed(seed)[0],
        copies=_copies(team, copies),
        reward=reward,
        evaluate_every=_between_trials(evaluate_every, steps, there),
        episodes=whole("episodes", episodes),
    )
    with one_torch_thread():
        training = Training(plan)
        if folder is None:
            return _trained(training, steps, None, progress)
        if there is None:
            first = training.try_out()  # what is refused is refused before there is a folder
            if progress is not None:
                progress(first, steps)
        lock = _locked(folder)
        try:
            _enter(folder, training)
            return _trained(training, steps, folder, progress)
        finally:
            lock.release()


def load_teams(path: str | Path) -> tuple[TrainedTeam, ...]:
    """The teams of a folder that ``mk.train_team`` has written, one for each run.

    Raises
    ------
    CheckpointError
        No such folder, or a damaged one.
    """
    folder = Path(os.path.abspath(os.path.expanduser(path)))
    told = team_run.read_description(folder) if folder.exists() else None
    if told is None:
        raise CheckpointError(f"{str(folder)!r} holds no run of a team.")
    try:
        plan = _plan_of(told)
    except (KeyError, TypeError) as error:
        raise CheckpointError(
            f"{str(folder / team_run.RUN)!r} is damaged ({error!r:.80})."
        ) from error
    if not team_run.has_state(folder):
        raise CheckpointError(
            f"the run in {str(folder)!r} was stopped before its first trial; train it first."
        )
    weights, _ = read_tensors(folder / team_run.TEAMS, team_run.TEAMS_FORMAT, team_run.VERSION)
    learner = untrained(plan)
    try:
        Weights(learner.acting).restore(weights)
    except RuntimeError as error:
        raise CheckpointError(
            f"{str(folder / team_run.TEAMS)!r} does not fit the run that {team_run.RUN} describes."
        ) from error
    return _teams(plan, learner)


def _plan_of(told: dict[str, Any]) -> Plan:
    names = "seeds", "seed", "copies", "reward", "evaluate_every", "episodes", "algorithm"
    return Plan(
        team=as_team(told["environment"], **told["of_environment"]),
        options=options_for(told["algorithm"], told["options"]),
        **{name: told[name] for name in names},
    )


def _enter(folder: Path, training: Training) -> None:
    """Go on with the run in a folder, or begin it there; nobody else can change it now."""
    mine = team_run.described(training.plan)
    if (there := team_run.read_description(folder)) is None:
        team_run.write_description(folder, mine)
    else:
        team_run.require_same(folder, there, mine)
        team_run.read_training(folder, training)
    if training.trials and not team_run.has_state(folder):
        _write(folder, training)


def _trained(
    training: Training,
    steps: int,
    folder: Path | None,
    progress: Callable[[Trial, int], None] | None,
) -> TeamResult:
    with stop_on_ctrl_c() as stop:
        while True:
            done = training.steps >= steps or stop.requested
            if training.is_due or (done and training.trials[-1].steps < training.steps):
                trial = training.try_out()
                if folder is not None:
                    _write(folder, training)
                if progress is not None:
                    progress(trial, steps)
            if done:
                return _result(training)
            training.advance()


def _write(folder: Path, training: Training) -> None:
    teams: Tensors = Weights(training.learner.acting).tensors()
    team_run.write_training(folder, training, teams)


def _result(training: Training) -> TeamResult:
    plan, trials = training.plan, training.trials
    names = sorted({name for trial in trials for name in trial.losses})
    nothing = np.full(plan.seeds, np.nan)
    return TeamResult(
        environment=plan.team.spec or plan.team.name,
        algorithm=plan.algorithm,
        returns=np.stack([t.returns for t in trials], axis=1),
        steps=np.array([t.steps for t in trials]),
        scale=scale_of(plan.reward),
        players=_teams(plan, training.learner),
        seconds=np.array([t.seconds for t in trials]),
        losses={n: np.stack([t.losses.get(n, nothing) for t in trials], 1) for n in names},
        note=_note(training),
    )


def _note(training: Training) -> str:
    if getattr(training.collector.environment, "exact_memory", True):
        return ""
    return (
        "this environment cannot be put down in the middle of an episode: where a run was resumed, "
        "its episodes began anew"
    )


def _teams(plan: Plan, learner: Any) -> tuple[TrainedTeam, ...]:
    return tuple(
        TrainedTeam(plan.team, one_run(plan, learner, s), f"{plan.algorithm}#{s}")
        for s in range(plan.seeds)
    )


def _copies(team: Team, copies: int | None) -> int:
    if copies is not None:
        return whole("copies", copies)
    return 1 if is_single(team) else COPIES


def _between_trials(given: int | None, steps: int, there: dict[str, Any] | None) -> int:
    """As given, as in the run that is there, or a twentieth of the steps."""
    if given is not None:
        return whole("evaluate_every", given)
    if there is not None and isinstance(there.get("evaluate_every"), int):
        return int(there["evaluate_every"])
    return max(1, steps // TRIALS)


def _require_spec(team: Team) -> None:
    if not team.spec:
        raise UnsupportedGameError(
            f"{team.name} has no spec, so a run on disk could not make it again; give its name "
            f"('simple_spread', 'pettingzoo:mpe2/simple_spread_v3') or leave path away."
        )


def _locked(folder: Path) -> WriterLock:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidOptionError(
            f"{str(folder)!r} cannot be made ({error.strerror}); give a folder of yours."
        ) from error
    return WriterLock(folder)
