"""What a user installs is whole: pins, the conda file, the wheel and the sdist."""

import json
import os
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from marl_kit.core.version import VERSION

ROOT = Path(__file__).parents[1]
PIN = re.compile(r"^(?P<name>[a-z0-9-]+)==(?P<version>\S+)$")
# The environment brings its installer; a pin would make pip replace itself while it works.
NOT_PINNED = {"pip", "marl-kit"}


@pytest.fixture(scope="module")
def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.fixture(scope="module")
def pins() -> dict[str, Version]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    found = [PIN.match(line) for line in lines if line and not line.startswith("#")]
    assert all(found), "constraints.txt holds comments and lines `name==version`, nothing else"
    assert len({pin["name"] for pin in found}) == len(found)
    return {pin["name"]: Version(pin["version"]) for pin in found}


def declared(project: dict) -> list[Requirement]:
    """Return the requirements of pyproject.toml, all extras included."""
    extras = project["optional-dependencies"].values()
    return [Requirement(text) for group in [project["dependencies"], *extras] for text in group]


def installed_closure(requirements: Iterable[Requirement]) -> set[str]:
    """Return the names that the requirements lead to here, through what is installed."""
    seen: set[tuple[str, str]] = set()
    queue = [(item, "") for item in requirements]
    while queue:
        item, extra = queue.pop()
        if item.marker and not item.marker.evaluate({"extra": extra}):
            continue
        name = canonicalize_name(item.name)
        for wanted in {"", *item.extras}:
            if (name, wanted) in seen:
                continue
            seen.add((name, wanted))
            queue += [(Requirement(text), wanted) for text in metadata.requires(name) or []]
    return {name for name, _ in seen}


def test_every_declared_dependency_is_pinned_within_its_bounds(project, pins):
    for item in declared(project):
        name = canonicalize_name(item.name)
        if name in NOT_PINNED:
            continue
        assert name in pins, f"{name} has no pin in constraints.txt"
        assert pins[name] in item.specifier, f"{name}=={pins[name]} is outside {item}"


def test_the_whole_closure_of_dev_is_pinned_to_what_runs_here(project, pins):
    closure = installed_closure([Requirement("marl-kit[dev]")]) - NOT_PINNED
    assert "llvmlite" in closure  # reached through numba: the walk goes below the first level
    assert not closure - set(pins), "pin these in constraints.txt"
    here = {name: Version(Version(metadata.version(name)).public) for name in closure}
    assert here == {name: pins[name] for name in closure}, "run `make venv`"


def test_pins_have_no_local_label(pins):
    # A label such as +cpu exists on some machines only.
    assert not [name for name, version in pins.items() if version.local]


def test_pygame_is_the_community_edition(project, pins):
    assert "pygame-ce" in pins
    assert "pygame" not in pins
    assert "pygame" not in {canonicalize_name(item.name) for item in declared(project)}


def test_the_conda_file_is_in_step(project):
    conda = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    (through_pip,) = [item["pip"] for item in conda["dependencies"] if isinstance(item, dict)]
    names = [item for item in conda["dependencies"] if isinstance(item, str)]
    assert through_pip == ["-c constraints.txt", "-e .[dev]"]
    assert "dev" in project["optional-dependencies"]
    assert [re.split("[=<>]", item)[0] for item in names] == ["python", "pip"]
    python = names[0].partition("=")[2].lstrip("=")
    assert python in SpecifierSet(project["requires-python"])


def test_the_citation_and_the_package_agree_on_the_version(project):
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == project["version"] == metadata.version("marl-kit")
    assert VERSION == project["version"]
    assert f"## [{project['version']}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def catalogue_files() -> set[str]:
    """Return the catalogue's files in the checkout, relative to it, without what is ignored."""
    files = (path for path in (ROOT / "games").rglob("*") if path.is_file())
    kept = [path for path in files if "__pycache__" not in path.parts and path.name[0] != "."]
    return {path.relative_to(ROOT / "games").as_posix() for path in kept}


def run_python(*arguments: str, **options) -> str:
    done = subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, timeout=240, **options
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = ["wheel", "--quiet", "--no-build-isolation", "--no-deps", "--wheel-dir", str(folder)]
    run_python("-m", "pip", *build, str(ROOT))
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_holds_the_package_and_the_catalogue_and_nothing_else(wheel, project):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        entry_points = [name for name in names if name.endswith("entry_points.txt")]
        assert "marl-kit = marl_kit.cli:main" in archive.read(entry_points[0]).decode()
    info = f"marl_kit-{project['version']}.dist-info"
    assert {name.partition("/")[0] for name in names} == {"marl_kit", info}
    assert "marl_kit/py.typed" in names
    prefix = "marl_kit/_catalogue/"
    travelling = {name.removeprefix(prefix) for name in names if name.startswith(prefix)}
    assert travelling == catalogue_files()
    assert "CATALOGUE" in travelling


# Runs on the installed wheel; the checkout must play no part in it.
LOAD_ONE_OF_EACH_FORM = """
import json, sys
target = sys.argv[1]
sys.path.insert(0, target)
import marl_kit as mk
assert mk.__file__.startswith(target), mk.__file__
names = {info.form: info.name for info in mk.list_games()}
players = {form: mk.load_game(name).num_players for form, name in names.items()}
count = len(mk.list_games())
print(json.dumps({"names": names, "players": players, "count": count}))
"""


def test_the_installed_wheel_loads_a_game_of_each_form(wheel, tmp_path):
    import marl_kit as mk

    target = tmp_path / "target"
    options = ["--quiet", "--no-deps", "--no-index", "--target", str(target)]
    run_python("-m", "pip", "install", *options, str(wheel))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    out = run_python("-c", LOAD_ONE_OF_EACH_FORM, str(target), cwd=elsewhere, env=environment)
    answer = json.loads(out)
    here = mk.list_games()
    assert set(answer["names"]) == {info.form for info in here} >= {"normal", "extensive"}
    assert answer["count"] == len(here)
    players = {info.name: info.players for info in here}
    for form, name in answer["names"].items():
        assert answer["players"][form] == players[name]


def test_the_sdist_holds_what_is_needed_to_build_and_test(tmp_path, project):
    run_python("-m", "hatchling", "build", "-t", "sdist", "-d", str(tmp_path), cwd=ROOT)
    (built,) = tmp_path.glob("*.tar.gz")
    top = f"marl_kit-{project['version']}/"
    with tarfile.open(built) as archive:
        names = {name.removeprefix(top) for name in archive.getnames()}
    assert {f"games/{name}" for name in catalogue_files()} <= names
    wanted = "pyproject.toml constraints.txt Makefile LICENSE README.md tests/conftest.py"
    assert set(wanted.split()) <= names
    assert not [name for name in names if name.startswith((".venv", "runs", ".git/"))]
