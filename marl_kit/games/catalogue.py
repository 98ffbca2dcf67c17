"""The catalogue: games with their sources and facts, one file a game.

In a checkout it is the folder ``games`` at the top, in a wheel ``marl_kit/_catalogue``. Beside
``chicken.nfg`` stands ``chicken.toml`` with what is known of the game; a game in Python has a dict
``FACTS`` of literals, which is read without running the file.
"""

from __future__ import annotations

import ast
import functools
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from marl_kit.core.errors import MarlKitError, UnknownNameError
from marl_kit.games.game import Form

MARKER = "CATALOGUE"
"""The file by which the folder is recognised: anybody may have a folder ``games``."""
FOLDERS: dict[str, Form] = {
    "normal_form": "normal",
    "extensive_form": "extensive",
    "boards": "board",
    "teams": "team",
}
SUFFIXES = (".nfg", ".efg", ".py")


@dataclass(frozen=True)
class GameInfo:
    """A line of the catalogue.

    Attributes
    ----------
    name : str
        What ``load_game`` takes.
    form : "normal", "extensive", "board" or "team"
    players : int
    size : str
        Such as ``"3x3"`` or ``"9 nodes, 5 infosets"``.
    source : str
        Where the game was published.
    """

    name: str
    form: Form
    players: int
    size: str
    source: str


@functools.cache
def catalogue_root() -> Path:
    """The folder of the catalogue."""
    package = Path(__file__).parents[1]
    for folder in (package / "_catalogue", package.parent / "games"):
        if (folder / MARKER).is_file():
            return folder
    raise MarlKitError(
        "the catalogue of games is missing from this installation; install marl-kit again."
    )


@functools.cache
def _files() -> dict[str, Path]:
    """Game files by name."""
    root = catalogue_root()
    files = (
        path
        for folder in FOLDERS
        for path in sorted((root / folder).glob("[!_.]*"))
        if path.suffix in SUFFIXES
    )
    return {path.stem: path for path in files}


def catalogue_names() -> list[str]:
    """Names of the catalogue's games, by form and then by alphabet."""
    return list(_files())


def catalogue_path(name: str) -> Path:
    """The file of a catalogue game.

    Raises
    ------
    UnknownNameError
    """
    if name not in _files():
        raise UnknownNameError("game of the catalogue", name, _files())
    return _files()[name]


def facts(name: str) -> dict[str, Any]:
    """What is known of a catalogue game: title, source, value, equilibria, sizes, ...

    Fractions are strings. Every fact is asserted by a test.
    """
    path = catalogue_path(name)
    if path.suffix == ".py":
        return _python_facts(path)
    with path.with_suffix(".toml").open("rb") as file:
        return tomllib.load(file)


def _python_facts(path: Path) -> dict[str, Any]:
    for statement in ast.parse(path.read_text(encoding="utf-8")).body:
        match statement:
            case ast.Assign(targets=[ast.Name(id="FACTS")], value=value):
                return cast(dict[str, Any], ast.literal_eval(value))
            case ast.AnnAssign(target=ast.Name(id="FACTS"), value=ast.expr() as value):
                return cast(dict[str, Any], ast.literal_eval(value))
    return {}


def list_games(form: str | None = None) -> list[GameInfo]:
    """The games of the catalogue; OpenSpiel's are not listed, but load by name as well.

    Parameters
    ----------
    form : "normal", "extensive", "board" or "team", optional
        Only games of this form.

    Examples
    --------
    >>> [game.name for game in list_games("normal")][:3]
    ['battle_of_the_sexes', 'blotto_4_3', 'chicken']
    """
    if form is not None and form not in FOLDERS.values():
        raise UnknownNameError("form", form, FOLDERS.values())
    found = [_info(name, path) for name, path in _files().items()]
    return [info for info in found if form in (None, info.form)]


def _info(name: str, path: Path) -> GameInfo:
    known = facts(name)
    return GameInfo(
        name=name,
        form=FOLDERS[path.parent.name],
        players=known["players"],
        size=_size(known),
        source=known["source"],
    )


def _size(known: dict[str, Any]) -> str:
    if "actions" in known:
        return "x".join(map(str, known["actions"]))
    if "infosets" in known:
        return f"{known['nodes']} nodes, {known['infosets']} infosets"
    return str(known.get("size", ""))
