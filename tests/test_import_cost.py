"""`import marl_kit` is cheap: what is heavy is imported by the function that needs it."""

import subprocess
import sys

HEAVY = {"matplotlib", "numba", "open_spiel", "pandas", "pettingzoo", "pyspiel", "ray", "rich"}
HEAVY |= {"scipy", "torch", "typer"}

SHOW_MODULES = "import sys\n{statement}\nprint(*{{name.partition('.')[0] for name in sys.modules}})"


def modules_after(statement: str) -> set[str]:
    """Return the top-level modules that a fresh interpreter holds after the statement."""
    code = SHOW_MODULES.format(statement=statement)
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    return set(done.stdout.split())


def test_import_loads_nothing_heavy():
    loaded = modules_after("import marl_kit")
    assert "marl_kit" in loaded
    assert not loaded & HEAVY


def test_listing_the_public_names_loads_nothing_heavy():
    loaded = modules_after("import marl_kit; dir(marl_kit)")
    assert not loaded & HEAVY


def test_the_probe_sees_a_heavy_module():
    assert "scipy" in modules_after("import scipy.special")
