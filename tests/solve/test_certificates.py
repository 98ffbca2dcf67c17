"""Offsets and scales: what is added to one player's payoffs changes neither answer nor status."""

import numpy as np
import pytest

import marl_kit as mk
from marl_kit.core.registry import METHODS
from marl_kit.core.results import Status

A = np.array([[1, -1], [-1, 2]])
SADDLE = np.array([[1, 2], [0, 3]])
OFFSETS = [0, 1000, 10**6, 10**8, 10**10]


@pytest.mark.parametrize("offset", OFFSETS)
def test_a_general_sum_game_is_never_called_constant_sum(offset: int) -> None:
    game = mk.NormalFormGame.from_bimatrix([[2, 0], [0, 1]], np.array([[1, 0], [0, 2]]) + offset)
    floats = mk.NormalFormGame(np.array(game.payoffs))
    for either in (game, floats):
        assert not either.info.constant_sum
        assert mk.solve(either).method == "vertex_enumeration"


@pytest.mark.parametrize("offset", OFFSETS)
@pytest.mark.parametrize("method", ["lp", "sequence_form_lp", "auto"])
def test_zero_sum_programs_do_not_lose_the_game_in_an_offset(method: str, offset: int) -> None:
    game = mk.NormalFormGame.from_bimatrix(offset + A, -offset - A)
    solution = mk.solve(game, method)
    assert solution.status is Status.SOLVED
    assert solution.nash_conv <= 1e-6
    assert solution.profile[0] == pytest.approx([3 / 5, 2 / 5], abs=1e-6)


def test_the_default_tolerance_is_a_share_of_one_players_range() -> None:
    solution = mk.solve(mk.NormalFormGame.from_bimatrix(A, 1000 - A), "cfr+")
    assert solution.status is Status.CONVERGED
    assert solution.nash_conv < 1e-3 * 3


@pytest.mark.parametrize("method", ["cfr+", "fictitious_play", "replicator"])
def test_nothing_to_gain_is_converged_at_once(method: str) -> None:
    solution = mk.solve(mk.NormalFormGame(np.zeros((3, 2, 2, 2))), method)
    assert (solution.status, solution.iterations) == (Status.CONVERGED, 1)


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e9])
@pytest.mark.parametrize("name", [m for m in METHODS if ":solve_" in METHODS[m].target])
def test_solved_means_a_negligible_certificate(name: str, scale: float) -> None:
    if "perfect_information" in METHODS[name].requires:
        tree = mk.TreeBuilder(2).decision((), 0, "a", ["l", "r"])
        game = tree.payoff(("l",), [scale, 0]).payoff(("r",), [0, scale]).build()
    else:
        matrix = SADDLE if "pure_equilibrium" in METHODS[name].requires else A
        game = mk.NormalFormGame(scale * np.stack([matrix, -matrix]))
    solution = mk.solve(game, name)
    assert solution.status is Status.SOLVED
    assert solution.nash_conv <= 1e-6 * game.info.payoff_range


def test_an_answer_that_its_certificate_refutes_is_not_called_solved(monkeypatch) -> None:
    from marl_kit.solve import lp
    from marl_kit.solve.bimatrix.matrix_lp import MatrixAnswer

    half = np.array([0.5, 0.5])
    wrong = MatrixAnswer(half, half, 0.0, "a guess")
    monkeypatch.setattr(lp, "optimal_strategies", lambda payoffs, algorithm: wrong)
    solution = mk.solve(mk.NormalFormGame.from_bimatrix(A), "lp")
    assert solution.status is Status.INEXACT
    assert solution.nash_conv == pytest.approx(0.5)


def test_going_on_needs_no_method_and_keeps_the_seed() -> None:
    first = mk.solve("shapley_1964", "replicator", iterations=5, seed=3, dt=0.05)
    more = mk.solve("shapley_1964", iterations=5, start=first, seed=99)
    whole = mk.solve("shapley_1964", "replicator", iterations=10, seed=3, dt=0.05)
    assert (more.method, more.seed, more.options) == ("replicator", 3, {"dt": 0.05})
    assert np.array_equal(np.concatenate(more.profile), np.concatenate(whole.profile))
    assert more.wall_time_s == more.history.wall_time_s[-1]


@pytest.mark.parametrize("start", [3, "cfr", [1]])
def test_a_start_that_is_no_solution_is_refused(start: object) -> None:
    with pytest.raises(mk.InvalidOptionError, match="start is"):
        mk.solve("kuhn_poker", "cfr", start=start)


def test_a_solution_is_not_loaded_onto_another_game_of_its_shape(tmp_path) -> None:
    mk.solve("chicken", "fictitious_play", iterations=10).save(tmp_path / "x.npz")
    other = mk.NormalFormGame.from_bimatrix([[5, 0], [0, 9]], [[5, 0], [0, 9]])
    with pytest.raises(mk.CheckpointError, match="its NashConv is"):
        mk.load_solution(tmp_path / "x.npz", other)
