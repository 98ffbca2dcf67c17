"""Linear programs: literature values, certificates, invariances."""

from fractions import Fraction

import nashpy
import numpy as np
import pytest

import marl_kit as mk

# issue 1; Kuhn (1950) for -1/18
VALUES = {
    "openspiel:kuhn_poker": -1 / 18,
    "leduc_poker": -0.085606424078,
    "liars_dice(dice_sides=2)": 1 / 2,
    "liars_dice(dice_sides=3)": 1 / 9,
    "liars_dice(dice_sides=4)": 1 / 16,
    "liars_dice(dice_sides=5)": 1 / 125,
    "koller_megiddo_von_stengel": 13,  # Koller, Megiddo and von Stengel (1994), section 4
    "simplified_poker": 1 / 3,
    "kuhn_1950": -1 / 18,
    "chomp_2x3": 1,
    "nim_5": 1,
    "blotto_4_3": 14 / 9,
    "morra_two_finger": 0,
    "rock_scissors_paper": 0,
    "matching_pennies": 0,
}


@pytest.mark.parametrize("spec", VALUES)
def test_values(spec):
    solution = mk.solve(spec, "lp")
    assert solution.values == pytest.approx([VALUES[spec], -VALUES[spec]], abs=1e-9)
    assert solution.nash_conv < 1e-8
    assert solution.exploitability == solution.nash_conv / 2
    assert solution.status is mk.Status.SOLVED


@pytest.mark.slow
def test_liars_dice_of_six_sides():
    solution = mk.solve("liars_dice(dice_sides=6)", "lp")
    assert solution.values[0] == pytest.approx(-7 / 258, abs=1e-9)  # issue 1
    assert solution.nash_conv < 1e-8


@pytest.mark.parametrize("spec", ["blotto_4_3", "kuhn_1950", "morra_two_finger"])
def test_matrix_and_sequence_form_agree(spec):
    a, b = mk.solve(spec, "lp"), mk.solve(spec, "sequence_form_lp")
    assert a.values == pytest.approx(b.values, abs=1e-9)
    assert type(a.profile) is type(b.profile)  # in the form of the game, whatever the method
    assert b.nash_conv < 1e-8


@pytest.mark.parametrize("seed", range(25))
def test_random_matrices(seed):
    """The certificate is a duality gap, so no peer is needed; nashpy's LP is asked all the same."""
    rng = np.random.default_rng(seed)
    m, n = rng.integers(1, 12, 2)
    A = rng.integers(-6, 7, (m, n)) if seed % 2 else rng.normal(size=(m, n))
    game = mk.NormalFormGame.from_bimatrix(A)
    solution = mk.solve(game, "lp")
    x, y = solution.profile
    lower, upper = (x @ A).min(), (A @ y).max()
    assert lower <= solution.values[0] + 1e-12
    assert upper >= solution.values[0] - 1e-12
    assert upper - lower < 1e-8
    assert solution.nash_conv == pytest.approx(upper - lower, abs=1e-12)
    if min(m, n) > 1:
        shift = 1.0 - A.min()  # nashpy's program wants a positive value
        row, column = nashpy.Game(A + shift).linear_program()
        assert row @ A @ column == pytest.approx(solution.values[0], abs=1e-6)


@pytest.mark.parametrize("spec", ["blotto_4_3", "rock_paper_scissors_lizard_spock"])
@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e9])
@pytest.mark.parametrize("shift", [0.0, 1.0, -1000.0])
def test_scale_and_shift_change_nothing(spec, scale, shift):
    """``shift`` in units of the payoffs, so that the sum is a constant, not 0."""
    A = mk.load_game(spec).payoffs[0]
    plain = mk.solve(mk.NormalFormGame.from_bimatrix(A), "lp")
    game = mk.NormalFormGame.from_bimatrix((A + shift) * scale, -A * scale)
    moved = mk.solve(game)
    assert moved.method == "lp"
    for x, y in zip(plain.profile, moved.profile, strict=True):
        assert x == pytest.approx(y, abs=1e-7)
    assert moved.nash_conv < 1e-8 * scale
    assert moved.values[0] == pytest.approx((plain.values[0] + shift) * scale, rel=1e-9)


def rescaled(spec, scale, shift):
    """The same tree with payoffs ``scale * (x + shift)`` to player 0, ``scale * y`` to player 1."""
    game = mk.load_game(spec)
    tree = game.tree()
    builder = mk.TreeBuilder(players=2, name="rescaled")

    def add(node, history):
        children = range(tree.first_child[node], tree.first_child[node] + tree.num_children[node])
        names = [str(tree.action[c]) for c in children]
        if tree.player[node] == -4:
            x, y = (Fraction(float(v)) for v in tree.payoffs[tree.terminal_index[node]])
            builder.payoff(history, [scale * (x + shift), scale * y])
        elif tree.player[node] == -1:
            total = sum(Fraction(float(tree.chance_prob[c])) for c in children)
            chances = [Fraction(float(tree.chance_prob[c])) / total for c in children]
            builder.chance(history, dict(zip(names, chances, strict=True)))
        else:
            key = str(tree.infoset_keys[tree.infoset[node]])
            builder.decision(history, int(tree.player[node]), key, names)
        for c, name in zip(children, names, strict=True):
            add(c, (*history, name))

    add(0, ())
    return builder.build()


@pytest.mark.parametrize("scale", [Fraction(1, 10**9), Fraction(1), Fraction(10**9)])
@pytest.mark.parametrize("shift", [0, 1, -1000])
def test_trees_of_any_scale_and_shift(scale, shift):
    game = rescaled("openspiel:kuhn_poker", scale, shift)
    solution = mk.solve(game)
    assert solution.method == "lp"
    unit = float(scale)
    assert solution.nash_conv < 1e-8 * unit
    assert solution.values[1] == pytest.approx(unit / 18, rel=1e-6)
    assert solution.values[0] == pytest.approx(unit * (shift - 1 / 18), rel=1e-9)


@pytest.mark.parametrize("value", [0, 7, -1e12])
def test_constant_payoffs(value):
    solution = mk.solve(mk.NormalFormGame.from_bimatrix(np.full((3, 4), value)), "lp")
    assert solution.nash_conv == 0
    assert solution.values.tolist() == [value, -value]


@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (5, 1)])
def test_thin_matrices(shape):
    A = np.arange(5.0)[: shape[0] * shape[1]].reshape(shape)
    solution = mk.solve(mk.NormalFormGame.from_bimatrix(A), "lp")
    assert solution.values[0] == (A.min() if shape[0] == 1 else A.max())


@pytest.mark.parametrize("method", ["lp", "sequence_form_lp"])
@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("chicken", "sum to a constant, and .* is general-sum"),
        ("beer_quiche", "general-sum"),
        ("selten_horse", "two players, and .* has 3"),
        ("openspiel:kuhn_poker(players=3)", "has 3"),
    ],
)
def test_refused(method, spec, message):
    with pytest.raises(mk.UnsupportedGameError, match=message):
        mk.solve(spec, method)
