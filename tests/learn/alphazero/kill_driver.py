"""Trains a tiny run again and again, killed at another change of its folder each time, and goes on.

A program of its own, because it forks: ``python -m tests.learn.alphazero.kill_driver FOLDER STEP``
kills at every STEP-th change, beginning with the first. A folder changes where a file is renamed or
removed and where a folder is made; a process that dies anywhere else leaves what it would leave
just before its next change. Gradients are computed in children only: torch does not fork after
them. One line of JSON for each run.
"""

import json
import os
import shutil
import signal
import sys
import traceback
from pathlib import Path

import torch._dynamo  # noqa: F401  Adam imports it, seconds in every child

from marl_kit.learn.alphazero import exam, run_file
from marl_kit.learn.alphazero import training as loop
from marl_kit.learn.alphazero.updates import MeanLosses, Trainer
from tests.learn.alphazero.tiny import BOARD, train, training, weights

ROUNDS = 2
CHANGES = ("replace", "unlink", "mkdir")


def run(folder):
    """Both rounds are evaluated, and the examples of the first leave the window."""
    train(BOARD, folder, rounds=ROUNDS, evaluate_every=1, window=1)


def small_evaluations():
    loop.BLOCKS, exam.POSITIONS, exam.TRIES = 1, 3, 60
    loop.ANCHORS = loop.ANCHORS[:2]


def compile_all():
    """A round without gradients, so that children find every kernel compiled."""
    update, Trainer.update = Trainer.update, lambda *given: MeanLosses(0.0, 0.0, 0.0)
    run(None)
    Trainer.update = update


def die_at(number):
    """Kill this process when it is about to change the disk for the number-th time."""
    left = number

    def dying(change):
        def changed(*given, **more):
            nonlocal left
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            change(*given, **more)

        return changed

    for name in CHANGES:
        setattr(os, name, dying(getattr(os, name)))


def child(work):
    """Do it in a child; whether it was killed."""
    number = os.fork()
    if number == 0:
        try:
            work()
            os._exit(0)
        except BaseException:
            traceback.print_exc()
        finally:  # an exception must not go on in the parent's code
            os._exit(1)
    _, status = os.waitpid(number, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, "the run failed by itself"
    return os.WIFSIGNALED(status)


def killed(folder, number):
    def work():
        die_at(number)
        run(folder)

    return child(work)


def left_by(folder):
    """All that is to be equal in the end: weights, matches, progress but for seconds."""
    progress = (folder / run_file.PROGRESS).read_text().splitlines()
    shown = [[*row.split(",")[:4], *row.split(",")[7:]] for row in progress]
    return weights(folder), (folder / run_file.MATCHES).read_text(), shown


def reached(folder):
    """Rounds that a dead process left behind."""
    state = folder / run_file.STATE
    if not state.exists():
        return 0
    fresh = training(BOARD)
    return loop.read_state(state, fresh.trainer).round


def main(folder, step):
    folder = Path(folder)
    small_evaluations()
    compile_all()
    child(lambda: run(folder / "reference"))
    reference = left_by(folder / "reference")
    number = 1
    while killed(folder / "run", number):
        rounds = reached(folder / "run")
        child(lambda: run(folder / "run"))
        equal = left_by(folder / "run") == reference
        print(json.dumps({"at": number, "rounds": rounds, "equal": equal}), flush=True)
        shutil.rmtree(folder / "run")
        number += int(step)


if __name__ == "__main__":
    main(*sys.argv[1:])
