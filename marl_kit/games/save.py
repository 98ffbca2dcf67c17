"""Writing games to files."""

from __future__ import annotations

from pathlib import Path

from marl_kit.core.errors import InvalidOptionError
from marl_kit.core.files import write_atomic
from marl_kit.games.efg_writer import write_efg
from marl_kit.games.game import Game
from marl_kit.games.nfg import write_nfg


def save_game(game: Game, path: str | Path) -> None:
    """Write a game as ``.nfg`` or ``.efg`` (Gambit's formats), by the ending of ``path``.

    An extensive game saved as ``.nfg`` is its reduced normal form; a game in normal form saved as
    ``.efg`` is a tree in which players move one after another and see nothing.

    Raises
    ------
    InvalidOptionError
        Another ending, or a folder that does not exist.
    """
    path = Path(path)
    if path.suffix not in (".nfg", ".efg"):
        raise InvalidOptionError(
            f"a game is saved as .nfg or .efg, and {path.name!r} has neither ending."
        )
    if not path.parent.is_dir():
        raise InvalidOptionError(f"the folder {str(path.parent)!r} does not exist; make it first.")
    text = write_nfg(game.to_normal_form()) if path.suffix == ".nfg" else write_efg(game)
    write_atomic(path, text)
