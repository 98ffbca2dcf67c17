"""The flat public names: all there, and never shadowed by a package of the same name."""

import subprocess
import sys

import pytest

import marl_kit as mk


@pytest.mark.parametrize("name", mk.__all__)
def test_every_public_name_resolves_and_is_documented(name: str) -> None:
    assert getattr(mk, name).__doc__, name


@pytest.mark.parametrize(
    "first",
    ["import marl_kit.solve.lp", "from marl_kit.solve import storage", "mk.all_equilibria", "pass"],
)
def test_solve_is_the_function_whatever_is_imported_first(first: str) -> None:
    code = f"import marl_kit as mk\n{first}\nprint(mk.solve('matching_pennies').method)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "lp\n", done.stderr


def test_unknown_names_are_attribute_errors() -> None:
    with pytest.raises(AttributeError, match="no attribute 'slove'"):
        _ = mk.slove
