"""Solutions on disk: one ``.npz`` file of arrays with a JSON header, and no pickle in it."""

from __future__ import annotations

import ast
import io
import json
from pathlib import Path
from typing import Any

import numpy as np

from marl_kit.core.errors import CheckpointError, MarlKitError
from marl_kit.core.files import write_atomic
from marl_kit.core.registry import find_method, resolve
from marl_kit.core.results import History, Solution, Status
from marl_kit.evaluate.exploitability import nash_conv_of
from marl_kit.games.game import Game
from marl_kit.games.load import as_game
from marl_kit.games.policy import TabularPolicy
from marl_kit.games.profile import as_profile

FORMAT = "marl_kit.solution"
VERSION = 1
CERTIFICATE_TOLERANCE = 1e-9
"""Relative to the payoff range: the same profile in the same game, up to rounding."""
_HEADER_FIELDS = (
    "nash_conv",
    "exploitability",
    "method",
    "reason",
    "note",
    "iterations",
    "wall_time_s",
    "setup_time_s",
    "seed",
)


def save_solution(solution: Solution, path: str | Path) -> None:
    """Write a solution, with the state that ``start=`` goes on from. Replaces the file at once."""
    header = {name: getattr(solution, name) for name in _HEADER_FIELDS}
    header |= {
        "format": FORMAT,
        "version": VERSION,
        "game": solution.game.spec,
        "players": solution.game.num_players,
        # JSON has no infinity: options travel as the text that Python reads back exactly
        "options": {k: repr(v) for k, v in solution.options.items()},
        "status": solution.status.name,
        "t": getattr(solution.state, "t", None),
    }
    arrays = {f"history_{k}": np.array(v) for k, v in solution.history.to_dict().items()}
    arrays["values"] = solution.values
    arrays["profile"] = _flat(solution.profile)
    if solution.state is not None:
        arrays |= {f"state_{n}": getattr(solution.state, n) for n in type(solution.state).ARRAYS}
    buffer = io.BytesIO()
    arrays["header"] = np.array(json.dumps(header))
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    write_atomic(Path(path), buffer.getvalue())


def load_solution(path: str | Path, game: Any = None) -> Solution:
    """Read a solution that ``Solution.save`` wrote; it goes on with ``start=`` to the bit.

    ``game`` is needed only where the game was made in Python and has no spec.

    Raises
    ------
    CheckpointError
        Not such a file, a newer format, or a game that does not fit.
    """
    header, arrays = _read(Path(path))
    if game is None and header.get("game") == "":
        raise CheckpointError(f"{path}: its game was made in Python; pass it as game=.")
    if game is not None:
        game = as_game(game)
    try:
        return _solution(as_game(header["game"]) if game is None else game, header, arrays)
    except (KeyError, ValueError, TypeError, AttributeError, MarlKitError) as error:
        raise CheckpointError(f"{path}: damaged, or does not fit the game ({error}).") from error


def _solution(game: Game, header: dict[str, Any], arrays: dict[str, np.ndarray]) -> Solution:
    options = {k: _value(v) for k, v in header["options"].items()}
    profile = _profile(game, arrays["profile"])
    gap = nash_conv_of(game, profile)
    if abs(gap - header["nash_conv"]) > CERTIFICATE_TOLERANCE * game.info.payoff_range:
        raise ValueError(f"its NashConv is {gap:.6g} here and was {header['nash_conv']:.6g}")
    return Solution(
        profile=profile,
        values=arrays["values"],
        options=options,
        status=Status[header["status"]],
        history=History(
            arrays["history_iteration"].astype(np.int64),
            arrays["history_wall_time_s"],
            arrays["history_nash_conv"],
        ),
        state=_state(game, header, options, arrays),
        game=game,
        **{name: header[name] for name in _HEADER_FIELDS},
    )


def _value(text: str) -> bool | int | float | str:
    """What ``repr`` wrote: a string, a truth value or a number."""
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return float(text)  # infinities and NaN are no literals
    if not isinstance(value, bool | int | float | str):
        raise ValueError(f"an option is {text}")
    return value


def _read(path: Path) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise CheckpointError(f"{path}: cannot be read ({error.strerror or error}).") from error
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        header = json.loads(str(arrays.pop("header")))
        kind, version = header["format"], header["version"]
    except Exception as error:  # zipfile, zlib, numpy and json each have errors of their own
        raise CheckpointError(f"{path}: not a saved solution ({error}).") from error
    if (kind, version) != (FORMAT, VERSION):
        raise CheckpointError(
            f"{path}: {kind!r} version {version}; this release reads {FORMAT!r} version {VERSION}."
        )
    return header, arrays


def _flat(profile: Any) -> np.ndarray:
    return np.concatenate(profile) if isinstance(profile, list) else profile.probabilities


def _profile(game: Game, flat: np.ndarray) -> Any:
    if game.form == "normal":
        sizes = game.num_actions  # type: ignore[attr-defined]
        if len(flat) != sum(sizes):
            raise ValueError(f"{len(flat)} probabilities for {sum(sizes)} actions")
        return as_profile(game, np.split(flat, np.cumsum(sizes)[:-1]))
    return TabularPolicy(game, flat)


def _state(
    game: Game, header: dict[str, Any], options: dict[str, Any], arrays: dict[str, np.ndarray]
) -> Any:
    if header["t"] is None:
        return None
    algorithm = resolve(find_method(header["method"]).target)(**options)
    state = algorithm.init(game, np.random.default_rng(0))
    state.t = header["t"]
    for name in type(state).ARRAYS:
        target, saved = getattr(state, name), arrays[f"state_{name}"]
        if saved.shape != target.shape:
            raise ValueError(f"the state's {name} has shape {saved.shape}, not {target.shape}")
        target[:] = saved
    return state
