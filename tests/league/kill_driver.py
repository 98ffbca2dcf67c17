"""Runs a small league again and again, killed at a different point each time, and goes on with it.

A program of its own, because it forks: ``python kill_driver.py FOLDER lines FIRST STEP`` kills at
every STEP-th line that the league or the writing of files executes, beginning with FIRST;
``python kill_driver.py FOLDER times ROUNDS`` at random times. One line of JSON a round.
"""

import json
import os
import random
import shutil
import signal
import sys
import time
from pathlib import Path

import marl_kit as mk
import marl_kit.core.files
import marl_kit.league.log
from tests.league.rows import rows

PLACES = (os.path.dirname(marl_kit.league.log.__file__), marl_kit.core.files.__file__)
GAME = "openspiel:tic_tac_toe"  # nothing to compile in this process
PLAYERS = {"x": "random", "y": "random"}


def scenario(folder, waves):
    """What is killed, and what is run again; every kind of write is in it."""
    with mk.League(GAME, players=PLAYERS, path=folder, seed=1) as league:
        league.snapshot("x", name="frozen")
        return league.train(waves=waves)


class Countdown:
    """A trace function that kills the process at a line."""

    def __init__(self, lines):
        self.left = lines

    def __call__(self, frame, event, argument):
        return self.line if frame.f_code.co_filename.startswith(PLACES) else None

    def line(self, frame, event, argument):
        if event == "line":
            self.left -= 1
            if self.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return self.line


def tell_finished(file):
    """Write a byte as soon as ``append`` has returned: from then on the block must be there."""
    append = marl_kit.league.log.MatchLog.append

    def telling(self, *blocks):
        append(self, *blocks)
        os.write(file, b".")

    marl_kit.league.log.MatchLog.append = telling


def killed_run(folder, waves, lines=None, seconds=None):
    """Run the scenario in a child that dies; how many blocks it knew to be finished, or None when
    it came to its end alive."""
    told = Path(f"{folder}.told")
    child = os.fork()
    if child == 0:
        tell_finished(os.open(told, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666))
        if lines is not None:
            sys.settrace(Countdown(lines))
        scenario(folder, waves)
        os._exit(0)
    if seconds is not None:
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    finished = told.stat().st_size if told.exists() else 0
    told.unlink(missing_ok=True)
    return finished if os.WIFSIGNALED(status) else None


def one_round(folder, reference, waves, **when):
    told = killed_run(folder, waves, **when)
    if told is None:
        return None
    kept = rows(folder) if (folder / "log.sqlite").is_file() else {}
    matches = len(kept.get("match", ()))
    result = {
        "told": told,
        "matches": matches,
        "games": len(kept.get("game", ())),
        "seats": len(kept.get("seat", ())),
        "prefix": all(v == reference[t][: len(v)] for t, v in kept.items()),
        "played_again": scenario(folder, waves).games,
        "equal": rows(folder) == reference,
    }
    shutil.rmtree(folder)
    return result


def main(folder, kind, *numbers):
    folder, waves = Path(folder), 2 if kind == "lines" else 40
    scenario(folder / "reference", waves)
    reference = rows(folder / "reference")
    if kind == "lines":
        first, step = map(int, numbers)
        at = first
        while (result := one_round(folder / "run", reference, waves, lines=at)) is not None:
            print(json.dumps({"at": at, **result}))
            at += step
    else:
        draw = random.Random(7)
        rounds = 0
        while rounds < int(numbers[0]):
            seconds = draw.uniform(0.0, 0.25)
            result = one_round(folder / "run", reference, waves, seconds=seconds)
            if result is None:  # it was done already
                shutil.rmtree(folder / "run")
                continue
            print(json.dumps({"at": seconds, **result}))
            rounds += 1


if __name__ == "__main__":
    main(*sys.argv[1:])
