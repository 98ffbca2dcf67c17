"""Rows "compile": an OpenSpiel game to tree and sequence form."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from unittest import mock

import pyspiel

import marl_kit as mk
from benchmarks.timing import Limit, Row, compare

GAMES = [
    ("Leduc", "leduc_poker"),
    ("liar's dice, 5 sides", "liars_dice(dice_sides=5)"),
]
LARGE = "liars_dice(dice_sides=6)"
LARGE_SECONDS, LARGE_MB = 1.5, 300.0
_CHILD = r"""
import json, re, sys, time
from pathlib import Path
import marl_kit as mk
game = mk.load_game(sys.argv[1])
start = time.perf_counter()
tree, form = game.tree(), game.sequence_form()
took = time.perf_counter() - start
peak = int(re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())[1]) / 1e3
print(json.dumps([took, peak, tree.num_nodes, tree.num_infosets]))
"""


def compile_once(spec: str) -> None:
    """From the spec, so that nothing is kept from an earlier call."""
    mk.load_game(spec).sequence_form()


def rows() -> Iterator[Row]:
    """Against LiteEFG, where it is installed."""
    try:
        import LiteEFG
    except ImportError:
        return

    def theirs(spec: str) -> None:
        # without `regenerate` it reads the game back from a text file that an earlier call left
        with contextlib.redirect_stdout(None):
            LiteEFG.OpenSpielEnv(pyspiel.load_game(spec), regenerate=True)

    with _home_for_its_files():
        for name, spec in GAMES:
            yield compare(
                f"compile {name}",
                "LiteEFG",
                lambda spec=spec: theirs(spec),
                lambda spec=spec: compile_once(spec),
                floor=8.0,
                rounds=5,
            )


@contextlib.contextmanager
def _home_for_its_files() -> Iterator[None]:
    """LiteEFG leaves a file for each game below the home folder."""
    with tempfile.TemporaryDirectory() as folder, mock.patch.dict(os.environ, HOME=folder):
        yield


def limits() -> Iterator[Limit]:
    """Liar's dice with 6 sides in a process of its own: seconds, and peak memory of all of it
    (Linux's VmHWM; ru_maxrss would count the parent's memory too)."""
    runs = [_large() for _ in range(5)]
    assert all(r[2:] == [294_883, 24_576] for r in runs)
    seconds = sorted(r[0] for r in runs)[2]
    peak = sorted(r[1] for r in runs)[2]
    yield Limit("compile liar's dice, 6 sides", seconds, LARGE_SECONDS, "s")
    yield Limit("the same, peak memory of the process", peak, LARGE_MB, "MB")


def _large() -> list[float]:
    done = subprocess.run(
        [sys.executable, "-c", _CHILD, LARGE], check=True, capture_output=True, text=True
    )
    return json.loads(done.stdout)
