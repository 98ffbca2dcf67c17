"""Tables of what was learned at infosets, and the files that hold them.

A file is one ``.npz`` without pickle. Keys are one run of UTF-8 and the lengths of its pieces:
numpy's arrays of text would be as wide as the longest key everywhere.
"""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import numpy as np

from marl_kit.core.errors import CheckpointError
from marl_kit.games.board import BoardGame
from marl_kit.games.game import Game, State
from marl_kit.games.rounds import infoset_keys

FORMAT = "marl_kit.tabular"
VERSION = 1
Q_VALUES, LOGITS = "q_values", "logits"
"""What ``values`` are: of actions, played greedily; or logits of a softmax policy."""

_ARRAYS = {
    "offsets": np.int64,
    "actions": np.int64,
    "values": np.float64,
    "visits": np.int64,
    "baseline": np.float64,
}
_BROKEN = (zipfile.BadZipFile, zlib.error, NotImplementedError)
"""What a zip archive that is damaged may raise."""


@dataclass(frozen=True, eq=False, slots=True)
class ActionTable:
    """Numbers at I infosets and their S action slots.

    Attributes
    ----------
    kind : str
        ``Q_VALUES`` or ``LOGITS``.
    keys : list of I str
        As ``table_keys`` gives them.
    offsets : int64 [I+1]
        The slots of infoset ``i`` are ``offsets[i]:offsets[i+1]``.
    actions : int64 [S]
        All legal actions, ascending or as the game tells them.
    values : float64 [S]
        Payoffs are in units of half the payoff range about its middle.
    visits : int64 [S]
        How often each action was learned from.
    baseline : float64 [I]
        Mean payoff from the infoset on; 0 where the learner needs none.
    """

    kind: str
    keys: list[str]
    offsets: np.ndarray  # int64 [I+1]
    actions: np.ndarray  # int64 [S]
    values: np.ndarray  # float64 [S]
    visits: np.ndarray  # int64 [S]
    baseline: np.ndarray  # float64 [I]


def table_keys(game: Game) -> Callable[[State], str]:
    """The function that names the infoset of the player to move.

    On boards it is a digest of the position and not the history, which would tell apart what is
    the same from there on: 128 bits, so that two of a billion positions share one with a
    probability of 1e-21.
    """
    if isinstance(game, BoardGame):
        return _position_key
    key_of = infoset_keys(game)

    def named(state: State) -> str:
        key = key_of(state)
        # players may share texts, and keys of trees that hold both are pairs
        return f"{state.current_player()}:{key[1] if isinstance(key, tuple) else key}"

    return named


def _position_key(state: Any) -> str:
    return blake2b(state.position, digest_size=16).hexdigest()


def table_bytes(table: ActionTable, game: Game) -> bytes:
    """The content of a table's file; the same table gives the same bytes."""
    header = {
        "format": FORMAT,
        "version": VERSION,
        "game": game.spec,
        "name": game.name,
        "players": game.num_players,
        "kind": table.kind,
    }
    arrays = {
        "header": np.array(json.dumps(header)),
        "keys": np.frombuffer("".join(table.keys).encode("utf-8"), np.uint8),
        "key_lengths": np.array([len(key) for key in table.keys], np.int64),
        **{name: getattr(table, name) for name in _ARRAYS},
    }
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def read_table(path: str | Path, game: Game) -> ActionTable:
    """Read a table's file.

    Raises
    ------
    CheckpointError
        Not such a file, damaged, or of another game.
    """
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise CheckpointError(f"{path}: cannot be read ({error.strerror}).") from error
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        header = json.loads(str(arrays["header"]))
        known = isinstance(header, dict) and header.get("format") == FORMAT
    except (ValueError, KeyError, TypeError, OSError, EOFError, *_BROKEN) as error:
        raise CheckpointError(f"{path}: not a {FORMAT} file, or damaged ({error}).") from error
    if not known:
        raise CheckpointError(f"{path}: not a {FORMAT} file.")
    _check_header(path, header, game)
    try:
        return _table(header["kind"], arrays)
    except (KeyError, ValueError) as error:
        raise CheckpointError(f"{path}: the table is damaged ({error}).") from error


def _check_header(path: str | Path, header: dict[str, Any], game: Game) -> None:
    if header.get("version") != VERSION:
        raise CheckpointError(
            f"{path}: format version {header.get('version')}; this release reads {VERSION}."
        )
    mine = {"game": game.spec, "name": game.name, "players": game.num_players}
    # a spec says more than the name, which a user may have chosen
    names = ("game", "players") if game.spec else tuple(mine)
    if any(header.get(name) != mine[name] for name in names):
        raise CheckpointError(
            f"{path}: learned in {header.get('game') or header.get('name')!r} of "
            f"{header.get('players')} players, and this is {game.spec or game.name!r} of "
            f"{game.num_players}."
        )


def _table(kind: Any, arrays: dict[str, np.ndarray]) -> ActionTable:
    """Put the arrays together, if they fit."""
    text = arrays["keys"].astype(np.uint8).tobytes().decode("utf-8")
    ends = [0, *accumulate(arrays["key_lengths"].tolist())]
    columns = {name: arrays[name].astype(dtype, copy=False) for name, dtype in _ARRAYS.items()}
    offsets, slots, infosets = columns["offsets"], len(columns["values"]), len(ends) - 1
    fits = (
        kind in (Q_VALUES, LOGITS)
        and ends[-1] == len(text)
        and all(column.ndim == 1 for column in columns.values())
        and len(offsets) == infosets + 1
        and len(columns["baseline"]) == infosets
        and len(columns["actions"]) == len(columns["visits"]) == slots
        and offsets[0] == 0
        and offsets[-1] == slots
        and bool(np.all(np.diff(offsets) > 0))
    )
    if not fits:
        raise ValueError("its arrays do not fit each other")
    if not (np.all(np.isfinite(columns["values"])) and np.all(np.isfinite(columns["baseline"]))):
        raise ValueError("a value is not finite")
    return ActionTable(kind, [text[a:b] for a, b in pairwise(ends)], **columns)
