"""A run, described completely by a TOML file.

```toml
game = "connect_four"
preset = "pfsp"
path = "runs/c4"            # relative to this file's folder
seed = 0
executor = "processes(workers=2)"

[until]                     # at least one of them
hours = 1.0

[players]                   # who is there at the beginning
dice = "random"
searcher = "mcts(simulations=50)"

[options]                   # where the league differs from its preset
oracle = "q_learning(episodes=10000)"
more_games = 600
```
"""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from marl_kit.core.errors import CheckpointError, InvalidOptionError, UnknownNameError
from marl_kit.core.files import write_atomic
from marl_kit.league.executors.executor import find_executor
from marl_kit.league.league import League
from marl_kit.league.presets import find_preset
from marl_kit.league.training import Limits

COPY = "run.toml"
"""What a run was begun with, in its folder."""
UNTIL = ("waves", "games", "hours")
TEXTS = ("game", "preset", "path", "executor")
TABLES = ("until", "players", "options")


@dataclass(frozen=True, slots=True)
class RunFile:
    """What a run is, and when it is to end.

    Attributes
    ----------
    game, preset, executor : str
    path : Path
        The run's folder.
    seed : int
    until : {"waves", "games" or "hours": number}
        ``hours`` are those of the whole run, interruptions not counted.
    players, options : dict
        As ``League`` takes them.
    """

    game: str
    path: Path
    preset: str = "pfsp"
    seed: int = 0
    executor: str = "inline"
    until: Mapping[str, Any] = field(default_factory=dict)
    players: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)

    def check(self) -> None:
        """Refuse what cannot be run, before anything is written."""
        find_preset(self.preset).changed(self.options)
        find_executor(self.executor)
        Limits(**{name: self.until.get(name) for name in UNTIL})

    def league(self) -> League:
        """Begin the run, or go on with it; what was asked for is kept in its folder."""
        self.check()
        league = League(self.game, self.preset, self.players, self.path, self.seed, **self.options)
        write_atomic(self.path / COPY, replace(self, path=Path()).to_toml())
        return league

    def to_toml(self) -> str:
        """The file's text."""
        lines = [f"{name} = {_value(getattr(self, name))}" for name in (*TEXTS, "seed")]
        for table in TABLES:
            if content := getattr(self, table):
                lines += ["", f"[{table}]"]
                lines += [f"{_key(key)} = {_value(x)}" for key, x in content.items()]
        return "\n".join(lines) + "\n"


def read_run_file(path: str | os.PathLike[str]) -> RunFile:
    """Read a run's description.

    Raises
    ------
    InvalidOptionError
        No such file, no TOML, or a value of a wrong kind.
    UnknownNameError
        A key that there is not, with near misses.
    """
    source = Path(path).expanduser()
    try:
        content = tomllib.loads(source.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidOptionError(f"{path}: cannot be read ({error.strerror}).") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidOptionError(f"{path}: not a TOML file ({error}).") from error
    _check_keys(content, source)
    missing = [name for name in ("game", "path") if name not in content]
    if missing:
        raise InvalidOptionError(f"{path}: the run needs a {missing[0]!r}.")
    folder = source.parent / Path(content["path"]).expanduser()
    return RunFile(**(content | {"path": folder}))


def read_run(folder: str | os.PathLike[str]) -> RunFile:
    """What the run in a folder was begun with from the shell.

    Raises
    ------
    CheckpointError
        The folder has no such file: the run was begun in Python, or there is none.
    """
    copy = Path(folder).expanduser() / COPY
    if not copy.is_file():
        raise CheckpointError(
            f"{copy} is not there, so nobody has said how long the run is to go on; give --hours, "
            f"--waves or --games."
        )
    return read_run_file(copy)


def _check_keys(content: Mapping[str, Any], source: Path) -> None:
    known = [f.name for f in fields(RunFile)]
    for key, value in content.items():
        if key not in known:
            raise UnknownNameError(f"key in {source}:", key, known)
        if key in TEXTS and not isinstance(value, str):
            raise InvalidOptionError(f"{source}: {key} is {value!r}; give a text.")
        if key in TABLES and not isinstance(value, dict):
            raise InvalidOptionError(f"{source}: {key} is {value!r}; make it a table, [{key}].")
    for key in content.get("until", {}):
        if key not in UNTIL:
            raise UnknownNameError(f"key in [until] of {source}:", key, UNTIL)
    for name, spec in content.get("players", {}).items():
        if not isinstance(spec, str):
            raise InvalidOptionError(f"{source}: the player {name!r} is {spec!r}; give its spec.")


def _key(name: str) -> str:
    plain = name.replace("_", "").replace("-", "")
    return name if plain.isascii() and plain.isalnum() else _value(name)


def _value(x: Any) -> str:
    """TOML's strings, numbers and truth values are written as in JSON."""
    if isinstance(x, Path):
        x = str(x)
    return json.dumps(x, ensure_ascii=False)
