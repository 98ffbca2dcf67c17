"""One equilibrium at the end of the QRE branch, certified by ``evaluate/``."""

import numpy as np
import pytest

import marl_kit as mk

EXACT = 1e-12
"""NashConv, relative to the payoff range."""
SHAPES = [(3,), (2, 2), (8, 5), (20, 20), (2, 2, 2), (4, 4, 4), (3, 2, 3, 2), (2,) * 6]


def gap(game, solution):
    return mk.nash_conv(game, solution.profile) / (game.info.payoff_range or 1.0)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("seed", range(3))
def test_generic_games(shape, seed):
    game = mk.NormalFormGame(np.random.default_rng(seed).random((len(shape), *shape)))
    solution = mk.solve(game, "logit")
    assert gap(game, solution) < EXACT
    assert solution.status is mk.Status.SOLVED
    assert "QRE branch" in solution.note


@pytest.mark.parametrize("shape", [(3, 3), (2, 2, 2), (3, 3, 3)])
@pytest.mark.parametrize("seed", range(8))
def test_degenerate_games(shape, seed):
    payoffs = np.random.default_rng(seed).integers(-1, 2, (len(shape), *shape))
    game = mk.NormalFormGame(payoffs)
    solution = mk.solve(game, "logit")
    assert gap(game, solution) < 1e-9  # at a singular equilibrium the branch itself is the answer
    assert solution.status is mk.Status.SOLVED


@pytest.mark.parametrize("unit", [1e-9, 1e9])
def test_scale_and_offset_change_nothing(unit):
    game = mk.load_game("mckelvey_mclennan")
    moved = mk.NormalFormGame(game.payoffs * unit - 4 * unit)
    for x, y in zip(mk.solve(moved, "logit").profile, mk.solve(game, "logit").profile, strict=True):
        np.testing.assert_allclose(x, y, atol=1e-12)


def test_it_is_the_limit_of_the_branch():
    game = mk.NormalFormGame(np.random.default_rng(5).random((3, 3, 3, 3)))
    last = mk.qre(game)[-1]
    for x, y in zip(mk.solve(game, "logit").profile, last, strict=True):
        np.testing.assert_allclose(x, y, atol=1e-2)


def test_constant_payoffs_leave_uniform_play():
    game = mk.NormalFormGame(np.zeros((3, 2, 2, 2)))
    assert [x.tolist() for x in mk.solve(game, "logit").profile] == [[0.5, 0.5]] * 3


@pytest.mark.parametrize("unit", [1e3, 1e8, 1e14])
def test_each_player_has_its_own_units(unit):
    dilemma, rich = np.array([[3.0, 0], [5, 1]]), np.zeros((3, 2, 2, 2))
    rich[0], rich[1], rich[2] = dilemma[:, :, None], dilemma.T[:, :, None], np.array([0, unit])
    solution = mk.solve(mk.NormalFormGame(rich), "logit")
    assert [x.tolist() for x in solution.profile] == [[0, 1]] * 3
    assert solution.status is mk.Status.SOLVED
    ochs = [[1.1141, 0], [0, 0.2785]], np.array([[0, 1.1141], [1.1141, 0]]) * unit
    other = mk.NormalFormGame.from_bimatrix(*ochs)
    solution = mk.solve(other, "logit")
    assert [x[0] for x in solution.profile] == pytest.approx([0.5, 0.2], abs=1e-4)


@pytest.mark.parametrize("bad", [1e6, 1e8, 1e10])
def test_a_forbidden_cell_does_not_swallow_the_game(bad):
    one, two = (
        np.array([[3, 0, -1], [0, 2, 1], [1, -1, -bad]]),
        [[1, 2, 0], [3, 0, 1], [0, 1, -bad]],
    )
    solution = mk.solve(mk.NormalFormGame.from_bimatrix(one, two), "logit")
    assert solution.status is mk.Status.SOLVED
    np.testing.assert_allclose(np.concatenate(solution.profile), [0.75, 0.25, 0, 0.4, 0.6, 0])
