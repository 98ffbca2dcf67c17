"""Compiled games on disk: written once, opened in no time, and found again."""

from __future__ import annotations

import hashlib
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any

from marl_kit.core.errors import CheckpointError, InvalidOptionError, MarlKitError
from marl_kit.core.progress import Progress
from marl_kit.core.spec import parse_spec
from marl_kit.games.catalogue import catalogue_names, catalogue_path
from marl_kit.games.game import Game
from marl_kit.games.load import as_game
from marl_kit.games.tree import GameTree
from marl_kit.games.tree_folder import (
    VERSION,
    is_tree_folder,
    read_header,
    read_text,
    read_tree,
    tree_files,
    write_folder,
)
from marl_kit.games.tree_game import TreeGame


def save_tree(game: Any, path: str | Path) -> None:
    """Write the compiled tree of a game as a folder, which ``mk.load_tree`` opens in no time.

    ``game.tree(cache=folder)`` does both by itself: it compiles a game once, and finds it again.

    Parameters
    ----------
    game : Game, spec string or pyspiel.Game
    path : str or Path
        The folder to make. A tree that was saved there before is replaced.

    Raises
    ------
    InvalidOptionError
        The path holds something else, cannot be written, or the game was made in Python in a way
        that no other process can repeat.
    """
    game = as_game(game)
    path = Path(path).expanduser()
    if path.exists() and not is_tree_folder(path):
        raise InvalidOptionError(
            f"{str(path)!r} exists and is not a saved tree; give the name of a new folder."
        )
    names = _names(game) if isinstance(game, TreeGame) else None
    # a tree with its names is all there is to a game that was given as a tree
    source = _source(game) if names is None else ""
    about = {"spec": game.spec, "name": game.name, "source": source}
    files = tree_files(game.tree(), about, names)
    try:
        write_folder(path, files)
    except OSError as error:
        raise InvalidOptionError(
            f"{str(path)!r} cannot be written ({error.strerror or error}); give a folder inside "
            f"one that exists and that you may write to."
        ) from error


def load_tree(path: str | Path) -> Game:
    """Open a game whose compiled tree ``mk.save_tree`` wrote; its arrays are mapped, not read.

    Raises
    ------
    CheckpointError
        Not such a folder, damaged, another format, or compiled from another release of the
        library or another state of the file that the game comes from.

    Examples
    --------
    >>> import tempfile
    >>> import marl_kit as mk
    >>> folder = tempfile.mkdtemp() + "/kuhn"
    >>> mk.save_tree("kuhn_poker", folder)
    >>> mk.load_tree(folder).tree().num_nodes
    58
    """
    path = Path(path).expanduser()
    header = read_header(path)
    try:
        tree = read_tree(path, header)
        return _game(path, header, tree)
    except (KeyError, IndexError, TypeError, ValueError, OSError, MarlKitError) as error:
        raise CheckpointError(f"{path}: the saved tree cannot be used ({error}).") from error


def cached_tree(game: Game, cache: str | Path, node_limit: int, progress: Progress) -> GameTree:
    """The tree of a game from the folder ``cache``, compiled and put there if it is new.

    Games are told apart by spec and source: another release of OpenSpiel or an edited file is
    another game. What is damaged is compiled again.
    """
    cache = Path(cache).expanduser()
    digest = hashlib.sha256(f"{game.spec}\n{_source(game)}\n{VERSION}".encode()).hexdigest()
    name = "".join(c if c.isalnum() or c in "_-" else "_" for c in game.name)
    path = cache / f"{name}-{digest[:16]}"
    try:
        return read_tree(path, read_header(path))
    except (MarlKitError, KeyError, IndexError, TypeError, ValueError, OSError):
        pass  # not there, or not whole
    game._tree = game._build_tree(node_limit, progress)
    try:
        cache.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidOptionError(
            f"the cache {str(cache)!r} cannot be made ({error.strerror or error})."
        ) from error
    save_tree(game, path)
    return read_tree(path, read_header(path))


def _source(game: Game) -> str:
    """What the game was compiled from, so that a change of it is noticed."""
    if not game.spec:
        raise InvalidOptionError(
            f"{game.name} was made in Python and has no spec, so its tree cannot be found again; "
            f"save the game itself with game.save('x.nfg') or game.save('x.efg')."
        )
    name, _ = parse_spec(game.spec)
    for prefix, package in (("openspiel:", "open_spiel"), ("pettingzoo:", "pettingzoo")):
        if name.startswith(prefix):
            return f"{package} {installed_version(package)}"
    path = catalogue_path(name) if name in catalogue_names() else Path(name)
    return f"sha256 {hashlib.sha256(path.read_bytes()).hexdigest()}"


def _names(game: TreeGame) -> dict[str, Any]:
    return {
        "actions": [game.action_names(i) for i in range(game.tree().num_infosets)],
        "chance": {str(node): names for node, names in game.chance_names.items()},
        "infosets": game.infoset_labels,
        "players": game.player_names,
    }


def _game(path: Path, header: dict[str, Any], tree: GameTree) -> Game:
    names = read_text(path, header, "names")
    if names is not None:
        return TreeGame(
            tree,
            name=header["name"],
            action_names=[tuple(row) for row in names["actions"]],
            chance_names={int(node): tuple(row) for node, row in names["chance"].items()},
            infoset_labels=names["infosets"],
            player_names=names["players"],
            spec=header["spec"],
        )
    game = as_game(header["spec"])
    if _source(game) != header["source"]:
        raise ValueError(
            f"it was compiled from {header['source']}, and here is {_source(game)}: compile again"
        )
    game._tree = tree
    return game
