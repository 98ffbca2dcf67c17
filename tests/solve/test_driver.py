"""The one loop: when it stops and what it records."""

import os
import signal
import threading
import time

import numpy as np
import pytest

import marl_kit as mk
from marl_kit.solve import driver

KUHN = mk.load_game("openspiel:kuhn_poker")
RSP = mk.load_game("rock_scissors_paper")


def checkpoints(last):
    scale = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000]
    return sorted({t for t in scale if t <= last} | {last})


@pytest.mark.parametrize("iterations", [1, 2, 3, 7, 10, 123, 1000, 2345])
@pytest.mark.parametrize(("game", "method"), [(KUHN, "cfr"), (RSP, "replicator")])
def test_exactly_that_many_run(iterations, game, method):
    solution = mk.solve(game, method, iterations=iterations)
    assert solution.iterations == solution.state.t == iterations
    assert solution.history.iteration.tolist() == checkpoints(iterations)
    assert solution.history.nash_conv[-1] == solution.nash_conv
    promised = method == "cfr"  # replicators need not converge in zero-sum games either
    expected = mk.Status.ITERATION_LIMIT if promised else mk.Status.NO_GUARANTEE
    assert solution.status is expected


def test_history_times_grow():
    history = mk.solve(KUHN, "cfr", iterations=300).history
    assert np.all(np.diff(history.wall_time_s) >= 0)
    assert len(history) == len(history.iteration)
    assert set(history.to_dict()) == {"iteration", "wall_time_s", "nash_conv"}


def test_history_is_of_the_profile_that_would_be_returned():
    history = mk.solve(KUHN, "cfr+", iterations=100).history
    for t, gap in zip(history.iteration.tolist(), history.nash_conv, strict=True):
        assert mk.solve(KUHN, "cfr+", iterations=t).nash_conv == gap


def test_going_on_extends_the_history():
    first = mk.solve(KUHN, "cfr", iterations=7)
    second = mk.solve(KUHN, "cfr", iterations=13, start=first)
    assert second.iterations == 20
    assert second.history.iteration.tolist() == [1, 2, 5, 10, 20]  # as if never stopped
    assert np.array_equal(second.history.nash_conv[:3], first.history.nash_conv[:3])
    assert second.history.wall_time_s[-1] >= first.history.wall_time_s[-1]


def test_tolerance_stops_at_a_checkpoint():
    solution = mk.solve(KUHN, "cfr+", tol=0.01)
    assert solution.status is mk.Status.CONVERGED
    assert solution.iterations == 50  # golden: .065 at 10, .0056 at 50
    assert solution.nash_conv < 0.01
    assert np.all(solution.history.nash_conv[:-1] >= 0.01)


def test_tolerance_and_iterations():
    short = mk.solve(KUHN, "cfr+", tol=1e-9, iterations=30)
    assert (short.iterations, short.status) == (30, mk.Status.ITERATION_LIMIT)
    long = mk.solve(KUHN, "cfr+", tol=0.01, iterations=100000)
    assert (long.iterations, long.status) == (50, mk.Status.CONVERGED)


def test_default_rule():
    """NashConv below 1e-3 of the payoff range (4 in Kuhn poker) or 10,000 iterations."""
    solution = mk.solve(KUHN, "cfr+")
    assert solution.status is mk.Status.CONVERGED
    assert solution.iterations == 100  # golden: .0056 at 50, .0024 at 100
    assert solution.nash_conv < 4e-3
    stubborn = mk.solve("shapley_1964", "replicator")
    assert stubborn.iterations == 10_000
    assert stubborn.status is mk.Status.NO_GUARANTEE


def test_time_limit():
    solution = mk.solve("leduc_poker", "cfr", time_limit=0.2)
    assert solution.status is mk.Status.TIME_LIMIT
    assert solution.iterations >= 1
    assert solution.history.iteration[-1] == solution.iterations
    assert solution.wall_time_s >= 0.2


def test_no_time_is_one_iteration():
    solution = mk.solve(KUHN, "cfr", time_limit=0)
    assert (solution.iterations, solution.status) == (1, mk.Status.TIME_LIMIT)


def test_what_ran_within_the_time_is_the_same_play():
    """The clock decides how many iterations run, never what they compute."""
    limited = mk.solve(KUHN, "cfr+", time_limit=0.05)
    again = mk.solve(KUHN, "cfr+", iterations=limited.iterations)
    assert np.array_equal(limited.profile.probabilities, again.profile.probabilities)


def test_ctrl_c_keeps_the_state():
    before = signal.getsignal(signal.SIGINT)
    mk.solve("leduc_poker", "cfr", iterations=1)  # compiled: the signal meets the loop

    def interrupt():
        time.sleep(0.3)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    solution = mk.solve("leduc_poker", "cfr", time_limit=120)
    thread.join()
    assert solution.status is mk.Status.INTERRUPTED
    assert signal.getsignal(signal.SIGINT) is before
    assert solution.iterations == solution.state.t >= 1
    assert solution.history.iteration[-1] == solution.iterations
    whole = mk.solve("leduc_poker", "cfr", iterations=solution.iterations + 5)
    more = mk.solve("leduc_poker", "cfr", iterations=5, start=solution)
    assert np.array_equal(whole.profile.probabilities, more.profile.probabilities)


class Interrupting:
    """A method that presses Ctrl-C itself."""

    def __init__(self, presses):
        self.presses = presses

    def step(self, state, n):
        state.t += n
        for _ in range(self.presses if state.t >= 3 else 0):
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0)  # handlers run between bytecodes

    def profile(self, game, state):
        return state.t


class Count:
    t = 0


def run(method, last=1000):
    from marl_kit.core.progress import Progress

    stopping = driver.Stopping(last, None, None)
    return driver.run(method, None, Count(), stopping, lambda profile: 1.0, None, Progress())


def test_one_press_asks_and_two_insist():
    result = run(Interrupting(1))
    assert result.status is mk.Status.INTERRUPTED
    assert 3 <= result.profile < 1000
    with pytest.raises(KeyboardInterrupt):
        run(Interrupting(2))


def test_solving_in_a_thread():
    """Python delivers signals to the main thread only, and solvers run in any."""
    found = []
    thread = threading.Thread(target=lambda: found.append(mk.solve(KUHN, "cfr", iterations=20)))
    thread.start()
    thread.join()
    assert found[0].nash_conv == mk.solve(KUHN, "cfr", iterations=20).nash_conv


def test_checkpoints():
    marks = [t for t in range(1, 3000) if driver.is_checkpoint(t)]
    assert marks == [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000]
    assert not driver.is_checkpoint(0)
    t, found = 0, []
    while t < 2000:
        t = driver.next_checkpoint(t)
        found.append(t)
    assert found == marks
    assert driver.next_checkpoint(7) == 10
    assert driver.next_checkpoint(50) == 100


def test_progress_goes_to_stderr(capfd):
    quiet = mk.solve(KUHN, "cfr", iterations=200)
    assert capfd.readouterr() == ("", "")
    loud = mk.solve(KUHN, "cfr", iterations=200, progress=True)
    assert capfd.readouterr().out == ""
    assert loud.nash_conv == quiet.nash_conv
