"""Numbers at the edge of float64, and options that are none: a sentence, never a hang or NaN."""

import numpy as np
import pytest

import marl_kit as mk
from marl_kit.solve.dynamics import replicator_flow
from marl_kit.solve.dynamics.ess import evolutionarily_stable, is_ess
from marl_kit.solve.dynamics.fixation import fixation_probability

RPS = np.array([[0.0, -1, 1], [1, 0, -1], [-1, 1, 0]])


@pytest.mark.parametrize("populations", ["one", "many"])
@pytest.mark.parametrize("mutation", [0.0, 0.1])
@pytest.mark.parametrize("shift", [1e6, 1e9, 1e15])
def test_a_constant_changes_no_flow(shift, mutation, populations, monkeypatch):
    monkeypatch.setattr(replicator_flow, "MOST_STEPS", 2_000)

    def path(c):
        game = mk.NormalFormGame.from_bimatrix(RPS + c, RPS.T + c)
        options = {"mutation": mutation, "populations": populations, "start": [[0.5, 0.3, 0.2]] * 2}
        return mk.dynamics(game, "replicator", time=20, record=20, **options)

    np.testing.assert_allclose(path(shift).states, path(0).states, atol=1e-9)


def test_a_bonus_for_the_others_choice_changes_no_flow():
    start = [[0.5, 0.3, 0.2]] * 2
    bonus = np.array([1e9, 0, 0])
    paths = [
        mk.dynamics(mk.NormalFormGame.from_bimatrix(A, -RPS), "replicator", start=start, time=9)
        for A in (RPS, RPS + bonus)
    ]
    np.testing.assert_allclose(paths[0].states, paths[1].states, atol=1e-7)


def test_a_flow_that_takes_too_long_is_refused(monkeypatch):
    monkeypatch.setattr(replicator_flow, "MOST_STEPS", 100)
    with pytest.raises(mk.UnsupportedGameError, match="larger record or less time"):
        mk.dynamics("rock_scissors_paper", "replicator", time=1e4, record=1)


@pytest.mark.parametrize(
    ("method", "options", "error", "message"),
    [
        ("best_response", {"shortest": 1e-300}, "InvalidOptionError", "at least 1e-08"),
        ("best_response", {"time": 1e6}, "InvalidOptionError", "less time"),
        ("replicator", {"mutation_matrix": []}, "InvalidOptionError", "has shapes"),
        ("moran", {"population": 10**400}, "InvalidOptionError", "counts one by one"),
        ("moran", {"population": 10**20}, "InvalidOptionError", "counts one by one"),
        ("moran", {"intensity": 1e308}, "UnsupportedGameError", "smaller intensity"),
        ("smooth_fictitious_play", {"temperature": 1e-320}, "InvalidOptionError", "above 5.6e-309"),
    ],
)
def test_refusals(method, options, error, message):
    with pytest.raises(getattr(mk, error), match=message):
        mk.dynamics("hawk_dove", method, **options)


def test_fixation_stays_finite():
    with pytest.raises(mk.UnsupportedGameError, match="smaller intensity"):
        fixation_probability("hawk_dove", intensity=1e308)
    for options in ({"population": 10**8}, {"population": 10**400}):
        with pytest.raises(mk.InvalidOptionError, match="10,000,000"):
            fixation_probability("hawk_dove", **options)
    with pytest.raises(mk.InvalidOptionError, match="2,000"):
        fixation_probability("hawk_dove", population=10**5, selection="linear", exact=True)


def test_options_of_stable_strategies():
    for options in ({"limit": "x"}, {"limit": True}, {"limit": 0}, {"exact": 3}):
        with pytest.raises(mk.InvalidOptionError, match="give"):
            evolutionarily_stable("hawk_dove", **options)
    with pytest.raises(mk.GameTooLargeError, match="limit=10"):
        evolutionarily_stable(mk.NormalFormGame.from_bimatrix(np.eye(11), np.eye(11)))


def test_stable_strategies_in_strings():
    half = ["1/2", "1/2"]
    for given in (half, [half, half], np.array(half), np.array([half, half])):
        assert is_ess("hawk_dove", given)
    with pytest.raises(mk.InvalidOptionError, match="differ"):
        is_ess("hawk_dove", [half, ["1/3", "2/3"]])


@pytest.mark.parametrize("spacing", ["log", "linear"])
def test_one_record_is_the_end(spacing):
    learning = mk.dynamics("chicken", "hedge", steps=1000, record=1, spacing=spacing)
    assert learning.times.tolist() == [0, 1000]
    flow = mk.dynamics("chicken", "replicator", time=2, record=1, spacing=spacing)
    assert flow.times.tolist() == [0, 2]


def test_a_start_that_rests_is_said():
    for method in ("hedge", "regret_matching"):
        assert "rest point" in mk.dynamics("shapley_1964", method).note
        assert "rest point" not in mk.dynamics("shapley_1964", method, start="random").note
    pure = mk.dynamics("chicken", "hedge", start=[[1, 0], [1, 0]])
    assert "rest point" in pure.note
    assert "rest point" in repr(pure)
    assert mk.dynamics("hawk_dove", "moran", steps=1).note == ""
