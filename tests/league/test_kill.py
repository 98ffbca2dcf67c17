"""``kill -9`` anywhere: no finished block is lost, none is played twice, and the run that goes on
ends with the log of a run that was never stopped."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

BLOCKS = {"lines": 6, "times": 120}
GAMES = 2


def rounds(folder, *arguments):
    done = subprocess.run(
        [sys.executable, "-m", "tests.league.kill_driver", str(folder), *map(str, arguments)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def check(found, blocks):
    for r in found:
        assert r["equal"], r
        assert r["prefix"], r
        # the process may die after the block is on the disk and before it could say so
        assert r["matches"] - r["told"] in (0, 1), r
        assert r["games"] == GAMES * r["matches"], r
        assert r["seats"] == GAMES * r["games"], r
        assert r["played_again"] == GAMES * (blocks - r["matches"]), r


def check_lines(found):
    check(found, BLOCKS["lines"])
    assert {r["matches"] for r in found} == set(range(BLOCKS["lines"] + 1))


def test_killed_at_lines_of_the_loop(tmp_path):
    found = rounds(tmp_path, "lines", 1, 17)
    assert len(found) > 40
    check_lines(found)


@pytest.mark.slow
def test_killed_at_every_line(tmp_path):
    found = rounds(tmp_path, "lines", 1, 1)
    assert [r["at"] for r in found] == list(range(1, len(found) + 1))
    check_lines(found)


@pytest.mark.parametrize(
    "number", [4, pytest.param(20, marks=pytest.mark.slow)], ids=["short", "long"]
)
def test_killed_at_random_times(tmp_path, number):
    found = rounds(tmp_path, "times", number)
    assert len(found) == number
    check(found, BLOCKS["times"])
