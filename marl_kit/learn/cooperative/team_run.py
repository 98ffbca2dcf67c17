"""The folder of a team's training run.

``run.json``
    Environment, algorithm, seed and options: never changed.
``teams.safetensors``
    The networks that act: what ``mk.load_teams`` reads.
``state.safetensors``
    All that training goes on from: weights, optimisers, replay, environment, counters.
``progress.csv``
    A row for each trial.

``state.safetensors`` is replaced last; rows of trials after the steps that it names were written
by a process that was killed, and are made again.
"""

from __future__ import annotations

import csv
import io
import json
import warnings
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch

from marl_kit.core.errors import CheckpointError, InvalidOptionError
from marl_kit.core.files import write_atomic
from marl_kit.learn.cooperative.kept import Tensors
from marl_kit.learn.cooperative.training import Plan, Training, Trial
from marl_kit.learn.networks.file import read_tensors, tensor_bytes

FORMAT, KIND = 1, "marl_kit.team_run"
STATE_FORMAT, TEAMS_FORMAT, VERSION = "marl_kit.team_state", "marl_kit.teams", "1"
RUN, STATE, TEAMS, PROGRESS = "run.json", "state.safetensors", "teams.safetensors", "progress.csv"
_RETURN = "return_"


def described(plan: Plan) -> dict[str, Any]:
    """A plan as it stands in ``run.json``."""
    return {
        "format": FORMAT,
        "kind": KIND,
        "environment": plan.team.spec,
        "of_environment": getattr(plan.team, "options", {}),
        "algorithm": plan.algorithm,
        "seeds": plan.seeds,
        "seed": plan.seed,
        "copies": plan.copies,
        "reward": plan.reward,
        "evaluate_every": plan.evaluate_every,
        "episodes": plan.episodes,
        "options": {n: _plain(x) for n, x in asdict(plan.options).items()},
        "torch": torch.__version__,
    }


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def read_description(path: Path) -> dict[str, Any] | None:
    """What a folder's run is about; None in a new or empty folder.

    Raises
    ------
    CheckpointError
        A damaged ``run.json``, or one of another version.
    InvalidOptionError
        A folder of something else.
    """
    try:
        told = json.loads((path / RUN).read_text(encoding="utf-8"))
    except FileNotFoundError:
        if path.exists() and not (path.is_dir() and all(map(_left_behind, path.iterdir()))):
            raise InvalidOptionError(
                f"{str(path)!r} exists and holds no run of a team; give a new or an empty folder."
            ) from None
        return None
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{str(path / RUN)!r} cannot be read ({error!r:.80}).") from error
    if not isinstance(told, dict) or told.get("kind") != KIND or told.get("format") != FORMAT:
        raise CheckpointError(
            f"{str(path / RUN)!r} is of no run of a team that this marl_kit reads; give another "
            f"folder, or use the release that wrote it."
        )
    return told


def _left_behind(file: Path) -> bool:
    """By a process that was killed before it had written ``run.json``."""
    return file.name == "lock" or file.name.startswith(f".{RUN}.")


def require_same(path: Path, there: dict[str, Any], wanted: dict[str, Any]) -> None:
    """See that a folder's run is the one that is asked for.

    Raises
    ------
    InvalidOptionError
    """
    mine, theirs = ({**told, **told.get("options", {})} for told in (wanted, there))
    for name, value in mine.items():
        if name not in ("options", "torch") and theirs.get(name) != value:
            raise InvalidOptionError(
                f"the run in {str(path)!r} has {name}={theirs.get(name)!r}, not {value!r}; give "
                f"that to go on with it, or another folder."
            )
    if there.get("torch") != torch.__version__:
        warnings.warn(
            f"the run in {str(path)!r} began with torch {there.get('torch')} and goes on with "
            f"{torch.__version__}: its weights will not be those of an uninterrupted run",
            RuntimeWarning,
            stacklevel=3,
        )


def write_description(path: Path, told: dict[str, Any]) -> None:
    """Write down what a new run is about."""
    write_atomic(path / RUN, json.dumps(told, indent=1) + "\n")


def has_state(path: Path) -> bool:
    """Whether a run has got so far that something was written."""
    return (path / STATE).exists()


def write_training(path: Path, training: Training, teams: Tensors) -> None:
    """Write down how far a run has come; the state last."""
    told = {"steps": training.steps}
    write_atomic(path / PROGRESS, _table(training.trials))
    write_atomic(path / TEAMS, tensor_bytes(teams, TEAMS_FORMAT, VERSION, told))
    state = tensor_bytes(training.tensors(), STATE_FORMAT, VERSION, told)
    write_atomic(path / STATE, state)


def read_training(path: Path, training: Training) -> None:
    """Let a run go on from where its folder stands; a new one stays as it is.

    Raises
    ------
    CheckpointError
        Damaged files; nothing is changed in the folder.
    """
    if not has_state(path):
        _expect_new(path, training.plan.seeds)
        return
    tensors, told = read_tensors(path / STATE, STATE_FORMAT, VERSION)
    trials = [t for t in read_trials(path, training.plan.seeds) if t.steps <= told["steps"]]
    try:
        training.restore(tensors, trials)
    except (KeyError, ValueError, RuntimeError) as error:
        raise CheckpointError(
            f"{str(path / STATE)!r} does not fit the run that {RUN} describes ({error!r:.100})."
        ) from error


def _expect_new(path: Path, seeds: int) -> None:
    """See that nothing is missing: a run has no state only before its first trial is written."""
    if (path / PROGRESS).exists() and len(read_trials(path, seeds)) > 1:
        raise CheckpointError(
            f"{str(path / STATE)!r} is missing, though {PROGRESS} tells of several trials; put it "
            f"back, or give another folder."
        )


def read_trials(path: Path, seeds: int) -> list[Trial]:
    """The rows of ``progress.csv``.

    Raises
    ------
    CheckpointError
    """
    try:
        with (path / PROGRESS).open(newline="", encoding="utf-8") as file:
            return [_trial(row, seeds) for row in csv.DictReader(file)]
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise CheckpointError(
            f"{str(path / PROGRESS)!r} is missing or damaged ({error!r:.80})."
        ) from error


def _table(trials: Sequence[Trial]) -> str:
    """As CSV: steps, seconds, a return for each run, and losses as there are."""
    names = sorted({name for trial in trials for name in trial.losses})
    runs = range(len(trials[0].returns)) if trials else range(0)
    losses = [f"{name} {s}" for name in names for s in runs]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["steps", "seconds", *(f"{_RETURN}{s}" for s in runs), *losses])
    nothing = np.full(len(runs), np.nan)
    for trial in trials:
        found = [x for name in names for x in trial.losses.get(name, nothing).tolist()]
        writer.writerow([trial.steps, trial.seconds, *trial.returns.tolist(), *found])
    return text.getvalue()


def _trial(row: dict[str, str], seeds: int) -> Trial:
    returns = np.array([float(row[f"{_RETURN}{s}"]) for s in range(seeds)])
    columns = [key for key in row if key.endswith(" 0")]
    losses = {
        key[:-2]: np.array([float(row[f"{key[:-2]} {s}"]) for s in range(seeds)]) for key in columns
    }
    known = {name: x for name, x in losses.items() if not np.isnan(x).all()}
    return Trial(int(row["steps"]), float(row["seconds"]), returns, known)
