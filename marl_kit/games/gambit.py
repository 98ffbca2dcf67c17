"""Games to and from pygambit, Gambit's Python package, where that is installed."""

from __future__ import annotations

import io
from types import ModuleType
from typing import Any

from marl_kit.core.errors import InvalidOptionError, UnsupportedGameError
from marl_kit.games.efg import read_efg
from marl_kit.games.efg_writer import write_efg
from marl_kit.games.game import Game
from marl_kit.games.load import as_game
from marl_kit.games.nfg import read_nfg, write_nfg
from marl_kit.games.normal_form import NormalFormGame


def to_pygambit(game: Any) -> Any:
    """The game as a ``pygambit.Game``: a table for a normal form, else a tree.

    It travels as text in Gambit's own formats, with exact numbers where the game has them and
    infoset keys as labels.

    Raises
    ------
    UnsupportedGameError
        pygambit is not installed, or refuses the game.
    """
    game = as_game(game)
    gambit = _pygambit()
    is_table = isinstance(game, NormalFormGame)
    text = write_nfg(game) if is_table else write_efg(game)
    try:
        return (gambit.read_nfg if is_table else gambit.read_efg)(io.StringIO(text))
    except (ValueError, OSError) as error:
        raise UnsupportedGameError(f"pygambit refuses {game.name}: {error}.") from error


def from_pygambit(game: Any) -> Game:
    """A ``pygambit.Game`` as one of ours; infoset keys as for ``.efg`` files.

    Raises
    ------
    InvalidOptionError
        Not a ``pygambit.Game``.
    GameFileError
        Something in it that our reader of Gambit's formats does not take.
    """
    if not (hasattr(game, "to_efg") and hasattr(game, "to_nfg")):
        raise InvalidOptionError(f"{type(game).__name__} is not a pygambit.Game.")
    if _is_tree(game):
        return read_efg(game.to_efg(), "<pygambit>")
    return read_nfg(game.to_nfg(), "<pygambit>")


def _is_tree(game: Any) -> bool:
    """Release 16 has a flag, 17 has classes."""
    return bool(getattr(game, "is_tree", type(game).__name__ == "ExtensiveGame"))


def _pygambit() -> ModuleType:
    try:
        import pygambit
    except ImportError as error:
        raise UnsupportedGameError(
            "pygambit is not installed; install it with: pip install 'marl-kit[gambit]', or write "
            "a file for Gambit with game.save('x.efg')."
        ) from error
    return pygambit
