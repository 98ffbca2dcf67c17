"""From a spec to a game."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from marl_kit.core.errors import (
    GameFileError,
    InvalidOptionError,
    UnknownNameError,
)
from marl_kit.core.spec import format_spec, parse_spec
from marl_kit.games.catalogue import SUFFIXES, catalogue_names, catalogue_path
from marl_kit.games.game import Game


def load_game(spec: Any, **params: Any) -> Game:
    """Load a game.

    Parameters
    ----------
    spec : str, Path, Game or pyspiel.Game
        In this order: ``openspiel:NAME`` and ``pettingzoo:FAMILY/NAME``; a path, which has a
        ``/`` or ends in ``.nfg``, ``.efg`` or ``.py``; a name of the catalogue; a name of
        OpenSpiel. Parameters may follow as in ``kuhn_poker(players=3)``. The working directory is
        never searched for bare names.
    **params
        Parameters, the same as in the string.

    Returns
    -------
    Game
        Its ``spec`` is a string that loads it again; paths in it are absolute.

    Raises
    ------
    UnknownNameError
        With near misses.
    GameFileError
        A file that is missing or malformed.
    InvalidOptionError
        Parameters that the game does not take.

    Examples
    --------
    >>> load_game("chicken").num_players
    2
    """
    if isinstance(spec, Game) or _is_pyspiel(spec):
        _refuse_parameters("a game that is loaded already", params)
        return as_game(spec)
    if not isinstance(spec, str | os.PathLike):
        raise InvalidOptionError(
            f"{spec!r} is not a game; give a spec such as 'kuhn_poker', a path, a Game or a "
            f"pyspiel.Game."
        )
    name, inner = parse_spec(spec) if isinstance(spec, str) else (os.fspath(spec), {})
    twice = sorted(inner.keys() & params.keys())
    if twice:
        raise InvalidOptionError(f"{twice[0]!r} is given both in {spec!r} and beside it.")
    return _load(name, {**inner, **params}, is_path=not isinstance(spec, str))


def as_game(game: Any) -> Game:
    """The game that a public function was given: a ``Game``, a spec or a ``pyspiel.Game``."""
    if isinstance(game, Game):
        return game
    if _is_pyspiel(game):
        from marl_kit.games.openspiel import wrap_openspiel

        return wrap_openspiel(game)
    return load_game(game)


def _load(name: str, params: dict[str, Any], is_path: bool) -> Game:
    prefix, _, rest = name.partition(":")
    if prefix == "openspiel" and not is_path:
        from marl_kit.games.openspiel import load_openspiel

        return load_openspiel(rest, params)
    if prefix == "pettingzoo" and not is_path:
        from marl_kit.games.pettingzoo import load_pettingzoo

        return load_pettingzoo(rest, params)
    if is_path or "/" in name or name.endswith(SUFFIXES):
        path = Path(os.path.abspath(Path(name).expanduser()))
        return _load_file(path, str(path), params)
    if name in catalogue_names():
        return _load_file(catalogue_path(name), name, params)
    return _load_openspiel(name, params)


def _load_openspiel(name: str, params: dict[str, Any]) -> Game:
    from marl_kit.games.openspiel import load_openspiel, openspiel_names

    known = openspiel_names()
    if name not in known:
        raise UnknownNameError(
            "game", name, [*catalogue_names(), *known], "A file needs a '/' or its ending."
        )
    return load_openspiel(name, params)


def _load_file(path: Path, name: str, params: dict[str, Any]) -> Game:
    """Read a game file; ``name`` and the parameters become the game's spec."""
    if path.suffix not in SUFFIXES:
        raise InvalidOptionError(
            f"{str(path)!r} is not a game file; those end in {', '.join(SUFFIXES)}."
        )
    try:
        exists = path.is_file()
    except OSError:  # a name that the system cannot even ask for
        exists = False
    if not exists:
        raise GameFileError("there is no such file.", path=str(path))
    if path.suffix == ".py":
        from marl_kit.games.python_file import load_python_game

        game = load_python_game(path, params)
        game.spec = format_spec(name, params)
        return game
    _refuse_parameters(name, params)
    text = _decoded(path)
    if path.suffix == ".nfg":
        from marl_kit.games.nfg import read_nfg

        return read_nfg(text, str(path), spec=format_spec(name, {}))
    from marl_kit.games.efg import read_efg

    return read_efg(text, str(path), spec=format_spec(name, {}))


def _decoded(path: Path) -> str:
    """UTF-8, and Latin-1 for the files of older programs."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise GameFileError(f"the file cannot be read: {error}.", path=str(path)) from error
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _refuse_parameters(what: str, params: dict[str, Any]) -> None:
    if params:
        raise InvalidOptionError(f"{what} takes no parameters; given: {', '.join(params)}.")


def _is_pyspiel(x: Any) -> bool:
    """Whether ``x`` is a ``pyspiel.Game``, without importing pyspiel for the question."""
    return any(c.__module__ == "pyspiel" and c.__name__ == "Game" for c in type(x).__mro__)
