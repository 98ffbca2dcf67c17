"""The map of the house, enforced: a package imports itself and what stands below it.

The imports are read with `ast`, those inside functions too: a late import is as much of a
dependency as an early one. Upward calls go through registry strings, which are no imports.
"""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = "marl_kit"

FLOORS = {
    "core": 0,
    "games": 1,
    "evaluate": 2,
    "solve": 3,
    "search": 3,  # siblings: on one floor, so neither may import the other
    "play": 4,
    "learn": 5,
    "league": 6,
    "plot": 7,
    "cli": 7,
    "tour": 7,
    "testing": 7,
    "__init__": 7,
    "__main__": 7,
}
TOP = 7

# Who may import a library that brings its own idea of what a game is.
ADAPTERS = {
    "pyspiel": ("marl_kit.games.openspiel", "marl_kit.play"),  # play wraps pyspiel's bots
    "open_spiel": ("marl_kit.games.openspiel", "marl_kit.play"),
    "pettingzoo": ("marl_kit.games.pettingzoo",),
    "nashpy": ("marl_kit.games.nashpy",),
}


class Import(NamedTuple):
    """One import: the module that does it, the line, and the module that it asks for."""

    source: str
    line: int
    target: str


def module_name(path: Path, root: Path) -> str:
    """Return the dotted name of a file; a package's `__init__` has the package's name."""
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(path: Path, root: Path) -> Iterator[Import]:
    """Yield every import of a file, at any depth, with relative ones made absolute."""
    name = module_name(path, root)
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(name, node.lineno, alias.name)
        elif isinstance(node, ast.ImportFrom):
            base = package.split(".")
            base = base[: len(base) - node.level + 1] if node.level else []
            stem = ".".join([*base, *([node.module] if node.module else [])])
            # `from a import b` may mean the module a.b: the longer name decides the package.
            for alias in node.names:
                yield Import(name, node.lineno, f"{stem}.{alias.name}")
        elif isinstance(node, ast.Call) and (target := imported_by_call(node)):
            yield Import(name, node.lineno, target)


def imported_by_call(call: ast.Call) -> str | None:
    """Return what `import_module("x")` or `__import__("x")` asks for, None for other calls."""
    last = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if last not in ("import_module", "__import__") or not call.args:
        return None
    return str(call.args[0].value) if isinstance(call.args[0], ast.Constant) else None


def part_of(module: str, floors: dict[str, int]) -> str | None:
    """Return the part of the package that a dotted name belongs to, None for other packages."""
    first, _, rest = module.partition(".")
    if first != PACKAGE:
        return None
    second = rest.partition(".")[0]
    return second if second in floors else "__init__"


def is_within(module: str, places: tuple[str, ...]) -> bool:
    return any(module == place or module.startswith(place + ".") for place in places)


def fault(found: Import, floors: dict[str, int]) -> str | None:
    """Return what is wrong with an import, or None."""
    where = f"{found.source}, line {found.line}: imports {found.target}"
    library = found.target.partition(".")[0]
    if library in ADAPTERS:
        allowed = ADAPTERS[library]
        return None if is_within(found.source, allowed) else f"{where}; only {allowed} may"
    source, target = part_of(found.source, floors), part_of(found.target, floors)
    if source is None or target is None or source == target or floors[source] == TOP:
        return None
    if floors[target] < floors[source]:
        return None
    return f"{where}; {source} is on floor {floors[source]}, {target} on floor {floors[target]}"


def faults_of(root: Path, floors: dict[str, int] = FLOORS) -> list[str]:
    """Return what breaks the map in the tree below `root`."""
    files = sorted((root / PACKAGE).rglob("*.py"))
    found = [item for path in files for item in imports_of(path, root)]
    return [text for item in found if (text := fault(item, floors)) is not None]


def test_the_package_keeps_to_its_floors():
    assert not faults_of(ROOT)


def test_every_part_of_the_package_is_on_the_map():
    parts = {
        path.stem
        for path in (ROOT / PACKAGE).iterdir()
        if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    parts.discard("_catalogue")  # game content, in the wheel only
    assert "core" in parts
    assert parts <= set(FLOORS), "a new part of the package needs a floor in FLOORS"


def made_up(tmp_path: Path, files: dict[str, str]) -> Path:
    """Write a small tree of a package and return its root."""
    for name, text in files.items():
        path = tmp_path / PACKAGE / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("core/seeds.py", "import marl_kit.games.tree\n"),
        ("core/seeds.py", "from marl_kit import games\n"),
        ("core/seeds.py", "from marl_kit import load_game\n"),
        ("core/seeds.py", "import marl_kit as mk\n"),
        ("core/seeds.py", "from ..games import tree\n"),
        ("core/__init__.py", "from .. import solve\n"),
        ("games/tree.py", "def f():\n    from marl_kit.evaluate import values\n"),
        ("games/tree.py", "import importlib\nimportlib.import_module('marl_kit.solve')\n"),
        ("evaluate/values.py", "if True:\n    import marl_kit.solve.lp as lp\n"),
        ("solve/cfr.py", "from marl_kit.search import tree\n"),
        ("search/tree.py", "from marl_kit.solve import cfr\n"),
        ("solve/cfr.py", "from marl_kit.plot import convergence\n"),
        ("play/match.py", "from marl_kit.learn import networks\n"),
        ("learn/ppo.py", "from marl_kit.league import population\n"),
        ("league/loop.py", "from marl_kit import cli\n"),
        ("league/loop.py", "import marl_kit.testing\n"),
        ("games/tree.py", "import pyspiel\n"),
        ("solve/cfr.py", "def f():\n    from open_spiel.python import policy\n"),
        ("games/openspiel.py", "import pettingzoo\n"),
        ("games/openspiel_extra.py", "import pyspiel\n"),
        ("cli.py", "import pyspiel\n"),
        ("play/match.py", "from pettingzoo.classic import chess_v6\n"),
    ],
)
def test_the_checker_sees_a_violation(tmp_path, name, text):
    (found,) = faults_of(made_up(tmp_path, {name: text}))
    assert found.startswith(f"{PACKAGE}.{name.partition('/')[0].partition('.')[0]}")


def test_the_checker_lets_good_houses_stand(tmp_path):
    files = {
        "__init__.py": "from marl_kit.core import errors\n",
        "core/__init__.py": "from . import errors\n",
        "core/errors.py": "import json\n",
        "core/registry.py": "LP = 'marl_kit.solve.lp:solve'\n",  # a string is the way up
        "games/openspiel.py": "import pyspiel\nfrom open_spiel.python import policy\n",
        "games/pettingzoo.py": "def f():\n    import pettingzoo\n",
        "solve/lp.py": "from ..games.tree import GameTree\nfrom marl_kit.core import errors\n",
        "play/bots.py": "def f():\n    import pyspiel\n",
        "plot/curve.py": "from marl_kit.solve import lp\nimport marl_kit as mk\n",
        "cli.py": "from marl_kit import plot, tour\n",
    }
    assert not faults_of(made_up(tmp_path, files))
