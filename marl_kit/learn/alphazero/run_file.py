"""The folder of a training run, and what is written there after each round.

``run.json``
    Game, seed and options: never changed.
``player.safetensors``
    The network that plays: ``alphazero:FOLDER`` reads it.
``state.safetensors``
    All that training goes on from: weights, their running mean, the optimiser, counters.
``examples/ROUND.npz``
    Positions of the rounds in the window.
``snapshots/ROUND.safetensors``
    The player at evaluations: earlier selves.
``progress.csv``, ``matches.csv``
    A row a round; a row for each pairing of an evaluation.

``state.safetensors`` is replaced last, and whatever is of a later round than it says was written by
a process that was killed: it is done again, with the same result.
"""

from __future__ import annotations

import json
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from marl_kit.core.errors import CheckpointError, InvalidOptionError
from marl_kit.core.files import write_atomic

FORMAT = 2
RUN, PLAYER, STATE = "run.json", "player.safetensors", "state.safetensors"
EXAMPLES, SNAPSHOTS = "examples", "snapshots"
PROGRESS, MATCHES = "progress.csv", "matches.csv"


@dataclass(frozen=True, slots=True)
class RunFile:
    """What never changes in a run.

    Attributes
    ----------
    game : str
    seed : int
    options : dict
        ``AlphaZero.to_dict()``.
    torch : str
        Version with which it began: another one gives other last bits.
    threads : int
    """

    game: str
    seed: int
    options: dict[str, Any]
    torch: str
    threads: int


def require_usable(path: Path, wanted: RunFile) -> None:
    """See that a folder is new, empty, or of the same run, before anything is written.

    Raises
    ------
    InvalidOptionError
        The folder holds a run with another game, seed or options, or something else.
    CheckpointError
        Its ``run.json`` is damaged or of another version.
    """
    if (path / RUN).exists():
        _require_same(path, read_run(path), wanted)
        return
    if path.exists() and not (path.is_dir() and all(_left_behind(p.name) for p in path.iterdir())):
        raise InvalidOptionError(
            f"{str(path)!r} exists and holds no AlphaZero run; give a new or an empty folder."
        )


def _left_behind(name: str) -> bool:
    """By a process that was killed before it had written ``run.json``."""
    return name == "lock" or name.startswith(f".{RUN}.")


def begin(path: Path, wanted: RunFile) -> None:
    """Write down what the run is about, if it is new."""
    told = {
        "format": FORMAT,
        "kind": "marl_kit.alphazero",
        "game": wanted.game,
        "seed": wanted.seed,
        "options": wanted.options,
        "torch": wanted.torch,
        "threads": wanted.threads,
    }
    if not (path / RUN).exists():
        write_atomic(path / RUN, json.dumps(told, indent=1) + "\n")
    for name in (EXAMPLES, SNAPSHOTS):
        (path / name).mkdir(exist_ok=True)


def read_run(path: Path) -> RunFile:
    """What never changes in a run.

    Raises
    ------
    CheckpointError
    """
    try:
        told = json.loads((path / RUN).read_text(encoding="utf-8"))
        form = told["format"]
        if form == FORMAT and told["kind"] == "marl_kit.alphazero":
            keys = ("game", "seed", "options", "torch", "threads")
            return RunFile(**{key: told[key] for key in keys})
    except OSError as error:
        raise CheckpointError(f"{str(path)!r} holds no AlphaZero run (no {RUN}).") from error
    except (ValueError, KeyError, TypeError) as error:
        raise CheckpointError(f"{str(path / RUN)!r} is damaged ({error!r:.80}).") from error
    raise CheckpointError(
        f"{str(path / RUN)!r} has format {form!r} and this marl_kit reads {FORMAT}; use the "
        f"release that wrote it."
    )


def _require_same(path: Path, there: RunFile, wanted: RunFile) -> None:
    for name in ("game", "seed"):
        mine, theirs = getattr(wanted, name), getattr(there, name)
        if mine != theirs:
            raise InvalidOptionError(
                f"the run in {str(path)!r} has {name} {theirs!r}, not {mine!r}; give that to go on "
                f"with it, or another folder."
            )
    for name, mine in wanted.options.items():
        theirs = there.options.get(name)
        if mine != theirs:
            raise InvalidOptionError(
                f"the run in {str(path)!r} has {name}={theirs!r}, not {mine!r}; give that to go on "
                f"with it, or another folder."
            )
    if there.torch != wanted.torch:
        warnings.warn(
            f"the run in {str(path)!r} began with torch {there.torch} and goes on with "
            f"{wanted.torch}: its weights will not be those of an uninterrupted run",
            RuntimeWarning,
            stacklevel=2,
        )
    if there.threads != wanted.threads:
        raise InvalidOptionError(
            f"the run in {str(path)!r} was made with {there.threads} torch threads, and now there "
            f"are {wanted.threads}; call torch.set_num_threads({there.threads}) first, or the "
            f"weights would differ from those of an uninterrupted run."
        )
