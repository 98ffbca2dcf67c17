"""The game that a run is bound to, so that any process can load it again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from marl_kit.core.errors import CheckpointError, UnsupportedGameError
from marl_kit.core.files import write_atomic
from marl_kit.core.spec import parse_spec
from marl_kit.games.catalogue import SUFFIXES, catalogue_names, catalogue_path
from marl_kit.games.efg_writer import write_efg
from marl_kit.games.game import Game
from marl_kit.games.load import load_game
from marl_kit.games.nfg import write_nfg

_FILES = ("game.nfg", "game.efg")


def recorded_game(game: Game, folder: Path | None, *, new: bool) -> str:
    """What the log says of the game: its spec, or the name of its file in the run's folder.

    For a new run a game made in Python is written there, unless the folder has it already.

    Raises
    ------
    CheckpointError
        The folder has another game.
    UnsupportedGameError
        A PettingZoo environment without a spec.
    """
    if game.spec or folder is None:
        return game.spec
    from marl_kit.games.pettingzoo.game import PettingZooGame

    if isinstance(game, PettingZooGame):
        raise UnsupportedGameError(
            f"{game.name} is an environment without a spec, which no other process can make again; "
            f"leave path away, or load it by name ('pettingzoo:FAMILY/NAME')."
        )
    matrix = game.form == "normal"
    text = write_nfg(game.to_normal_form()) if matrix else write_efg(game)
    path = folder / _FILES[not matrix]
    if not path.exists():
        if new:
            write_atomic(path, text)
    elif path.read_text(encoding="utf-8") != text:
        raise CheckpointError(
            f"{path}: this run has another game than the one that was given; give the same, or "
            f"another path."
        )
    return path.name


@contextmanager
def recording(game: Game, folder: Path | None, *, new: bool) -> Iterator[str]:
    """``recorded_game`` of a run that may still be refused: then its file goes again."""
    places = [folder / name for name in _FILES] if folder else []
    ours = [path for path in places if not path.exists()]
    try:
        yield recorded_game(game, folder, new=new)
    except BaseException:
        for path in ours:
            path.unlink(missing_ok=True)
        raise


def content_of(recorded: str, folder: Path | None) -> str:
    """SHA-256 of the file that the game is read from, empty where it has none."""
    if folder is not None and recorded in _FILES:
        path = folder / recorded
    else:
        name = parse_spec(recorded)[0]
        if name in catalogue_names():
            path = catalogue_path(name)
        elif "/" in name and name.endswith(SUFFIXES) and ":" not in name:
            path = Path(name)
        else:
            return ""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def game_of(recorded: str, folder: Path | None) -> Game:
    """Load the game again."""
    if folder is not None and recorded in _FILES:
        return load_game(folder / recorded)
    return load_game(recorded)
