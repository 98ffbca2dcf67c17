"""``kill -9`` anywhere: no finished job is lost, none is entered twice, and the run that goes on
ends with the log of a run that was never stopped."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

LINES = {"round_robin": 53, "learning": 131, "computing": 97}
"""From one kill to the next, in the short tests."""


def rounds(folder, *arguments):
    done = subprocess.run(
        [sys.executable, "-m", "tests.league.kill_driver", str(folder), *map(str, arguments)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=3000,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def check(found):
    for r in found:
        assert r["equal"], r
        assert r["prefix"], r
        assert r["computed"], r
        assert r["twice"] == 0, r
        assert r["done"] >= r["told"], r
        assert r["played_again"] == r["missing"], r


@pytest.mark.parametrize("scenario", LINES)
def test_killed_at_lines_of_the_loop(tmp_path, scenario):
    found = rounds(tmp_path, scenario, "lines", 1, LINES[scenario])
    assert len(found) > 9
    check(found)
    assert {r["missing"] > 0 for r in found} | {r["done"] > 0 for r in found} == {True, False}


@pytest.mark.slow
@pytest.mark.parametrize("scenario", LINES)
def test_killed_at_every_line(tmp_path, scenario):
    found = rounds(tmp_path, scenario, "lines", 1, 1)
    assert [r["at"] for r in found] == list(range(1, len(found) + 1))
    check(found)


def test_killed_at_random_times(tmp_path):
    check(rounds(tmp_path, "learning", "times", 2))


@pytest.mark.slow
@pytest.mark.parametrize("scenario", LINES)
def test_killed_at_random_times_again_and_again(tmp_path, scenario):
    found = rounds(tmp_path, scenario, "times", 20)
    assert len(found) == 20
    check(found)
