"""Ctrl-C between two recorded points: the path so far, to the point that was reached."""

import signal
import threading

import numpy as np
import pytest

import marl_kit as mk
from marl_kit.solve.dynamics import dynamics, replicator_flow


@pytest.fixture
def interrupted(monkeypatch):
    """Runs that get a real SIGINT a moment after they begin; to the end they would take minutes."""
    pieces = dynamics._pieces

    def with_timer(*args):  # the handler of Ctrl-C is in place here
        timer = threading.Timer(0.3, signal.raise_signal, [signal.SIGINT])
        timer.start()
        try:
            return pieces(*args)
        finally:
            timer.cancel()

    def run(game, method, warm, **options):
        mk.dynamics(game, method, **{**options, **warm})  # loads and compiles
        with monkeypatch.context() as patch:
            patch.setattr(dynamics, "_pieces", with_timer)
            return mk.dynamics(game, method, record=1, start="random", **options)

    return run


@pytest.mark.parametrize(
    ("game", "method", "options"),
    [
        ("shapley_1964", "regret_matching", {"steps": 10**10}),
        ("hawk_dove", "moran", {"steps": 10**10, "mutation": 0.1}),
        ("mckelvey_mclennan", "best_response", {"time": 10, "shortest": 1e-8}),
        ("rock_scissors_paper", "replicator", {"time": 1e9}),
    ],
)
def test_it_is_seen_between_recorded_points(game, method, options, interrupted, monkeypatch):
    monkeypatch.setattr(replicator_flow, "MOST_STEPS", 10**8)
    warm = {"steps": 1} if "steps" in options else {"time": 1e-6}
    path = interrupted(game, method, warm, **options)
    assert path.status is mk.Status.INTERRUPTED
    assert len(path.times) == len(path.states) == 2
    assert 0 < path.times[-1] < options.get("steps", options.get("time"))
    assert path.states[-1].sum() == pytest.approx(len(path.populations))


def test_the_point_is_that_of_its_time(interrupted):
    """The path to where it was stopped is the path that was asked for to there."""
    path = interrupted("shapley_1964", "hedge", {"steps": 1}, steps=10**10)
    again = mk.dynamics(
        "shapley_1964", "hedge", start="random", steps=int(path.times[-1]), record=1
    )
    assert np.array_equal(again.states[-1], path.states[-1])
    assert np.array_equal(again.averages[-1], path.averages[-1])


def test_so_is_a_flows(monkeypatch):
    from marl_kit.core.interrupt import StopRequest
    from marl_kit.solve.dynamics.replicator_flow import ReplicatorFlow, Watch

    game, calls = mk.load_game("chicken"), []
    plain = Watch.__call__

    def stop_late(self, y, now):
        calls.append(now)
        self.stop.requested = len(calls) > 60
        return plain(self, y, now)

    monkeypatch.setattr(Watch, "__call__", stop_late)
    start = np.array([0.3, 0.7, 0.4, 0.6])
    flow = ReplicatorFlow()
    state = flow.init(game, np.random.default_rng(0), start)
    *_, (times, states, averages) = flow.follow(state, np.array([0.0, 9.0]), StopRequest())
    monkeypatch.undo()
    path = mk.dynamics(game, "replicator", start=[start[:2], start[2:]], time=times[0], record=1)
    assert 0 < times[0] < 9
    np.testing.assert_allclose(states[0], path.states[-1], atol=1e-6)
    np.testing.assert_allclose(averages[0], path.averages[-1], atol=1e-6)


def test_blocks_do_not_matter(monkeypatch):
    from marl_kit.solve.dynamics.stepped import Pace

    def run():
        # an equilibrium in mixed strategies, where pieces have the shortest length
        return mk.dynamics("matching_pennies", "best_response", time=9, shortest=1e-3, record=3)

    whole = run()
    monkeypatch.setattr(Pace, "run", lambda self, work, most: work(min(7, most)))
    assert np.array_equal(run().states, whole.states)
    assert np.array_equal(run().averages, whole.averages)
