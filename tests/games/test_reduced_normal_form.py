"""Reduced normal forms."""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest

import marl_kit as mk
from tests.reference import recursive


def test_kuhn_is_27_by_64():
    """Kuhn (1950) counts 27 and 64 strategies; the value is -1/18."""
    game = mk.load_game("openspiel:kuhn_poker").to_normal_form()
    assert game.num_actions == (27, 64)
    solution = mk.solve(game)
    assert solution.method == "lp"
    assert solution.values == pytest.approx([-1 / 18, 1 / 18], abs=1e-10)
    assert solution.nash_conv < 1e-8


def test_it_is_built_once():
    game = mk.load_game("kuhn_1950")
    assert game.to_normal_form() is game.to_normal_form()


def test_a_normal_form_is_its_own():
    game = mk.load_game("chicken")
    assert game.to_normal_form() is game


@pytest.mark.parametrize(
    ("spec", "shape"),
    [
        ("trust", (2, 2)),
        ("centipede_4", (3, 3)),  # after "take" a player's later choice cannot be reached
        ("selten_horse", (2, 2, 2)),
        ("beer_quiche", (4, 4)),
        ("entry_deterrence", (2, 2)),
    ],
)
def test_every_cell_is_what_the_strategies_earn(spec, shape):
    """Against play of the full tree: every pure profile of behaviour strategies is a cell."""
    game = mk.load_game(spec)
    matrix = game.to_normal_form()
    assert matrix.num_actions == shape
    root = recursive.walk(game)
    actions = recursive.infosets(root)
    cells = {
        tuple(matrix.payoffs[(slice(None), *joint)].round(9))
        for joint in np.ndindex(matrix.num_actions)
    }
    plays = set()
    for choice in product(*actions.values()):
        table = {
            key: {a: float(a == chosen) for a in acts}
            for (key, acts), chosen in zip(actions.items(), choice, strict=True)
        }
        plays.add(tuple(np.round(recursive.expected(root, table), 9)))
    assert cells == plays


def test_payoffs_are_exact():
    matrix = mk.load_game("kuhn_1950").to_normal_form()
    denominators = {x.denominator for x in matrix.exact_payoffs.ravel()}
    assert denominators <= {1, 2, 3, 6}
    assert all(isinstance(x, Fraction) for x in matrix.exact_payoffs.ravel())


def test_names_are_the_actions():
    matrix = mk.load_game("centipede_4").to_normal_form()
    assert all(len(set(names)) == n for names, n in zip(matrix.actions, (3, 3), strict=True))


@pytest.mark.parametrize("spec", ["leduc_poker", "liars_dice(dice_sides=5)"])
def test_what_is_too_large_is_counted_and_refused(spec):
    with pytest.raises(mk.GameTooLargeError, match="strategies"):
        mk.load_game(spec).to_normal_form()


def test_imperfect_recall_is_refused():
    with pytest.raises(mk.ImperfectRecallError):
        mk.load_game("absent_minded_driver").to_normal_form()
