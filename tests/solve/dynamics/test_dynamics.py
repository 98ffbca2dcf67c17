"""The driver of the dynamics and its result: records, starts, refusals."""

import numpy as np
import pytest

import marl_kit as mk
from marl_kit.core.dynamics_registry import DYNAMICS
from marl_kit.core.registry import METHODS, resolve

CONTRACT = [
    "best_response",
    "fictitious_play",
    "hedge",
    "moran",
    "optimistic_hedge",
    "regret_matching",
    "regret_matching+",
    "replicator",
    "smooth_fictitious_play",
]
SHORT = {"replicator": {"time": 5}, "best_response": {"time": 2}}


def short(name, game="hawk_dove", **options):
    return mk.dynamics(game, name, **{"record": 20, **SHORT.get(name, {"steps": 200}), **options})


def test_the_names_of_the_contract():
    assert sorted(DYNAMICS) == CONTRACT


@pytest.mark.parametrize("name", DYNAMICS)
def test_entry(name):
    entry = DYNAMICS[name]
    assert resolve(entry.target).__doc__
    assert any(c.isdigit() for c in mk.cite(name))
    if name in METHODS:
        assert mk.cite(name) == METHODS[name].citation
    assert mk.cite(short(name)) == entry.citation


@pytest.mark.parametrize("name", DYNAMICS)
def test_a_path(name):
    path = short(name)
    assert path.times[0] == 0
    assert np.all(np.diff(path.times) > 0)
    assert path.states.shape == path.averages.shape == (len(path.times), len(path.labels))
    for k in (0, -1):
        assert sum(map(np.sum, path.at(k))) == pytest.approx(2)
    assert mk.nash_conv("hawk_dove", path) == pytest.approx(path.nash_conv, abs=1e-12)
    average = mk.nash_conv("hawk_dove", path.average())
    assert average == pytest.approx(path.average_nash_conv, abs=1e-12)
    assert path.status is mk.Status.FOLLOWED
    np.testing.assert_array_equal(path.states[0], path.averages[0])
    assert path.states.min() >= 0


@pytest.mark.parametrize("name", DYNAMICS)
def test_seeds_and_records_change_nothing_else(name):
    """However often it is looked at, the path is the same."""
    a, b, c = short(name), short(name), short(name, record=3)
    assert np.array_equal(a.states, b.states)
    np.testing.assert_allclose(a.states[-1], c.states[-1], atol=1e-6)
    if name not in SHORT:
        assert np.array_equal(a.states[-1], c.states[-1])
        assert np.array_equal(a.averages[-1], c.averages[-1])


@pytest.mark.parametrize("name", ["fictitious_play", "replicator", "hedge", "best_response"])
def test_one_player_and_three(name):
    alone = short(name, mk.NormalFormGame([[1, 5, 2]]), start="uniform")
    assert int(np.argmax(alone.average()[0])) == 1
    three = short(name, "mckelvey_mclennan", start="random")
    assert [len(x) for x in three.profile] == [2, 2, 2]


def test_records():
    path = mk.dynamics("chicken", "fictitious_play", steps=1000, record=10)
    assert path.times[[0, 1, -1]].tolist() == [0, 1, 1000]
    assert len(path) <= 12
    even = mk.dynamics("chicken", "fictitious_play", steps=1000, record=10, spacing="linear")
    assert even.times.tolist() == list(range(0, 1001, 100))
    few = mk.dynamics("chicken", "fictitious_play", steps=3, spacing="linear")
    assert few.times.tolist() == [0, 1, 2, 3]
    flow = mk.dynamics("chicken", "replicator", time=2, record=4)
    assert flow.times.tolist() == [0, 0.5, 1, 1.5, 2]


def test_options_in_the_string():
    a = mk.dynamics("chicken", "hedge(rate=0.1,schedule=constant,steps=50)", start="random")
    b = mk.dynamics("chicken", "Hedge", rate=0.1, schedule="constant", steps=50, start="random")
    assert np.array_equal(a.states, b.states)
    assert a.options["rate"] == 0.1
    with pytest.raises(mk.InvalidOptionError, match="rate is given twice"):
        mk.dynamics("chicken", "hedge(rate=0.1)", rate=0.2)


def test_starts():
    start = [[0.2, 0.8], [0.6, 0.4]]
    path = mk.dynamics("chicken", "replicator", start=start, time=1)
    np.testing.assert_allclose(np.concatenate(path.at(0)), [0.2, 0.8, 0.6, 0.4], atol=1e-15)
    again = mk.dynamics("chicken", "hedge", start=path, steps=1)
    np.testing.assert_allclose(np.concatenate(again.at(0)), path.states[-1])
    uniform = mk.dynamics("chicken", "replicator", start="uniform", time=1)
    assert uniform.states[0].tolist() == [0.5] * 4
    a, b = (mk.dynamics("chicken", "hedge", start="random", seed=s, steps=1) for s in (1, 2))
    assert not np.array_equal(a.states[0], b.states[0])
    one = mk.dynamics("hawk_dove", "replicator", populations="one", start=[0.2, 0.8], time=1)
    assert one.populations == ("population",)
    assert one.labels == ("population: Hawk", "population: Dove")
    assert [x.tolist() for x in one.at(0)] == [[0.2, 0.8]] * 2


def test_the_result_shows_itself():
    path = short("regret_matching", "chicken", joint=True, start="random")
    text = repr(path)
    assert text.startswith("Trajectory\n  game ")
    assert "regret_matching  (averaging=uniform" in text
    assert "<table>" in path._repr_html_()
    plain = path.to_dict()
    assert plain["labels"] == list(path.labels)
    assert np.sum(plain["joint"]) == pytest.approx(1)
    frame = path.to_frame()
    assert frame.columns.tolist() == list(path.labels)
    assert frame.index.name == "step"
    np.testing.assert_array_equal(frame.to_numpy(), path.states)
    np.testing.assert_array_equal(path.to_frame(averages=True).to_numpy(), path.averages)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("hedge", {"steps": 0}, "steps is 0"),
        ("hedge", {"steps": 1.5}, "steps is 1.5"),
        ("hedge", {"time": 3}, "give steps, not time"),
        ("replicator", {"steps": 3}, "give time, not steps"),
        ("replicator", {"time": 0}, "time is 0"),
        ("replicator", {"time": float("nan")}, "time is nan"),
        ("replicator", {"discrete": True, "time": 3}, "give steps, not time"),
        ("hedge", {"record": 0}, "record is 0"),
        ("hedge", {"spacing": "even"}, "spacing is 'even'"),
        ("hedge", {"joint": 1}, "joint is 1"),
        ("moran", {"joint": True}, "kept by learning in rounds"),
        ("hedge", {"start": "center"}, "start is 'center'"),
        ("hedge", {"seed": -1}, "seed is -1"),
        (3, {}, "method is 3"),
    ],
)
def test_bad_rules(name, options, message):
    with pytest.raises(mk.InvalidOptionError, match=message):
        mk.dynamics("hawk_dove", name, **options)


def test_bad_names_and_starts():
    with pytest.raises(mk.UnknownNameError, match="did you mean 'replicator'"):
        mk.dynamics("chicken", "replicater")
    with pytest.raises(mk.UnknownNameError, match="option of hedge 'rates'; did you mean 'rate'"):
        mk.dynamics("chicken", "hedge", rates=1)
    with pytest.raises(mk.InvalidProfileError, match="player 1's probabilities sum to"):
        mk.dynamics("chicken", "hedge", start=[[0.5, 0.5], [0.6, 0.6]])
    with pytest.raises(mk.InvalidProfileError, match="probability of action 1 is"):
        mk.dynamics("hawk_dove", "replicator", populations="one", start=[1.5, -0.5])
    with pytest.raises(mk.InvalidProfileError, match="one population"):
        mk.dynamics("hawk_dove", "replicator", populations="one", start=[[0.5, 0.5], [0.4, 0.6]])
    with pytest.raises(mk.UnsupportedGameError, match="to_normal_form"):
        mk.dynamics("kuhn_poker", "hedge")


def test_ctrl_c_keeps_the_path_so_far(monkeypatch):
    from marl_kit.solve.dynamics import dynamics as module
    from marl_kit.solve.dynamics.hedge import Hedge

    class Stop:
        requested = False

        def __enter__(self):
            return self

        def __exit__(self, *_):
            return None

    stop, step = Stop(), Hedge.step

    def interrupted(self, state, n):
        step(self, state, n)
        stop.requested = state.t >= 100

    monkeypatch.setattr(module, "stop_on_ctrl_c", lambda: stop)
    monkeypatch.setattr(Hedge, "step", interrupted)
    path = mk.dynamics("chicken", "hedge", steps=1000, record=100, spacing="linear")
    assert path.status is mk.Status.INTERRUPTED
    assert path.times[-1] == 100
    assert len(path.states) == len(path.averages) == len(path) == 11
