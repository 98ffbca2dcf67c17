"""Runs a small league again and again, killed at a different point each time, and goes on with it.

A program of its own, because it forks: ``python kill_driver.py FOLDER SCENARIO lines FIRST STEP``
kills at every STEP-th line of the league or the writing of files, beginning with FIRST;
``python kill_driver.py FOLDER SCENARIO times ROUNDS`` at random times. One line of JSON a round.
"""

import json
import os
import random
import shutil
import signal
import sys
import time
from collections import Counter
from pathlib import Path

import marl_kit as mk
import marl_kit.core.files
import marl_kit.league.log
from tests.league.rows import rows

PLACES = (os.path.dirname(marl_kit.league.log.__file__), marl_kit.core.files.__file__)
KEYS = {"match": 1, "game": 2, "seat": 3, "done": 1, "exact": 2}
"""Leading columns that say which row it is: nothing may be there twice."""

SUMS = ("pair", "cell", "exact")
"""Tables that are not in the order of entering."""
VISITS = 2
"""Of a line; then it has been reached in the middle of things, too."""


def round_robin(folder, waves):
    """Members who were given, and a snapshot; nothing to compile in this process."""
    players = {"x": "random", "y": "random"}
    with mk.League("openspiel:tic_tac_toe", "round_robin", players, folder, seed=1) as league:
        league.snapshot("x", name="frozen")
        return league.train(waves=waves)


def learning(folder, waves):
    """Every kind of stage: enter, train, gate, accept, evaluate, more and solve."""
    options = dict(evaluation_games=2, more_games=4, gate="score(games=2,least=0.4)")
    with mk.League(
        "openspiel:kuhn_poker",
        "pfsp",
        {"x": "random", "y": "random"},
        folder,
        seed=1,
        oracle="q_learning(episodes=20)",
        exact=False,
        **options,
    ) as league:
        return league.train(waves=waves)


def computing(folder, waves):
    """Pay-offs that are computed, and answers that are policies in files."""
    with mk.League("openspiel:kuhn_poker", "double_oracle", (), folder, seed=1) as league:
        return league.train(waves=waves)


SCENARIOS = {
    "round_robin": (round_robin, 2, 40),
    "learning": (learning, 2, 12),
    "computing": (computing, 2, 4),
}
"""What is killed, waves when it is killed at lines, and at times."""


class Countdown:
    """A trace function that kills the process at a line; the first times that it is reached
    count, as what comes later is more of the same."""

    def __init__(self, lines):
        self.left, self.visits = lines, Counter()

    def __call__(self, frame, event, argument):
        return self.line if frame.f_code.co_filename.startswith(PLACES) else None

    def line(self, frame, event, argument):
        place = frame.f_code.co_filename, frame.f_lineno
        if event == "line" and self.visits[place] < VISITS:
            self.visits[place] += 1
            self.left -= 1
            if self.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return self.line


def tell_finished(file):
    """Write a byte a job as soon as ``finish`` has returned: from then on they must be there."""
    finish = marl_kit.league.log.MatchLog.finish

    def telling(self, results):
        finish(self, results)
        os.write(file, b"." * len(results))

    marl_kit.league.log.MatchLog.finish = telling


def killed_run(scenario, folder, waves, lines=None, seconds=None):
    """Run the scenario in a child that dies; how many jobs it knew to be finished, or None when
    it came to its end alive."""
    told = Path(f"{folder}.told")
    child = os.fork()
    if child == 0:
        try:
            tell_finished(os.open(told, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666))
            if lines is not None:
                sys.settrace(Countdown(lines))
            scenario(folder, waves)
            os._exit(0)
        finally:  # an exception must not go on in the parent's code
            os._exit(1)
    if seconds is not None:
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, "the league failed by itself"
    finished = told.stat().st_size if told.exists() else 0
    told.unlink(missing_ok=True)
    return finished if os.WIFSIGNALED(status) else None


def begins(whole, part):
    return part == whole[: len(part)]


def one_round(scenario, folder, reference, waves, **when):
    told = killed_run(scenario, folder, waves, **when)
    if told is None:
        return None
    kept = rows(folder) if (folder / "log.sqlite").is_file() else {}
    games = len(kept.get("game", ()))
    result = {
        "told": told,
        "done": len(kept.get("done", ())),
        "games": games,
        "twice": sum(len(kept[t]) - len({r[:n] for r in kept[t]}) for t, n in KEYS.items() if kept),
        "prefix": all(begins(reference[t], v) for t, v in kept.items() if t not in SUMS),
        "computed": set(kept.get("exact", ())) <= set(reference["exact"]),
        "played_again": scenario(folder, waves).games,
        "missing": len(reference["game"]) - games,
        "equal": rows(folder) == reference,
    }
    shutil.rmtree(folder)
    return result


def main(folder, name, kind, *numbers):
    folder, (scenario, few, many) = Path(folder), SCENARIOS[name]
    waves = few if kind == "lines" else many
    started = time.monotonic()
    scenario(folder / "reference", waves)
    took = time.monotonic() - started
    reference = rows(folder / "reference")
    if kind == "lines":
        first, step = map(int, numbers)
        at = first
        while (r := one_round(scenario, folder / "run", reference, waves, lines=at)) is not None:
            print(json.dumps({"at": at, **r}))
            at += step
    else:
        draw = random.Random(7)
        rounds = 0
        while rounds < int(numbers[0]):
            seconds = draw.uniform(0.0, took)
            r = one_round(scenario, folder / "run", reference, waves, seconds=seconds)
            if r is None:  # it was done already
                shutil.rmtree(folder / "run")
                continue
            print(json.dumps({"at": seconds, **r}))
            rounds += 1


if __name__ == "__main__":
    main(*sys.argv[1:])
