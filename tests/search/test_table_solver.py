"""Exact values on tables: against recursion over states, known numbers, and evaluate/."""

from fractions import Fraction

import numpy as np
import pytest

import marl_kit as mk
from marl_kit.games.table_compile import compile_table
from marl_kit.search.exact.table_solver import (
    policy_values,
    reach,
    response_values,
    solve_table,
    uniform_weights,
)
from tests.reference.boards import TicTacToe
from tests.reference.tables import solved
from tests.search.positions import random_tree, state_after

TREES = [(players, seed) for players in (1, 2, 3) for seed in range(5)]


def middle_of(table):
    return ((table.payoffs.min(axis=0) + table.payoffs.max(axis=0)) / 2).tolist()


def profile_of(compiled, solution):
    """The moves chosen, as evaluate/ takes them."""
    table = compiled.table

    def probabilities(state):
        chosen = table.action[solution.best[compiled.index(state)]]
        return {action: float(action == chosen) for action in state.legal_actions()}

    return probabilities


def random_weights(table, rng):
    weights = rng.random(table.num_edges)
    return weights / np.bincount(table.sources(), weights=weights)[table.sources()]


def policy_of(compiled, weights):
    table = compiled.table

    def probabilities(state):
        edges = table.edges(compiled.index(state))
        return dict(zip(table.action[edges].tolist(), weights[edges].tolist(), strict=True))

    return probabilities


@pytest.mark.parametrize(("players", "seed"), TREES)
def test_values_are_those_of_the_recursion_and_an_equilibrium(players, seed):
    """Payoffs are small integers: there are ties, so the rule for them is tested too."""
    game = random_tree(players, depth=5, seed=seed, chance=0.4)
    compiled = compile_table(game)
    solution = solve_table(compiled.table)
    middle = middle_of(compiled.table)
    for position in range(0, compiled.table.num_positions, 7):
        values, distance = solved(compiled.source_state(position), middle)
        assert solution.values[position] == pytest.approx(values, abs=1e-12)
        assert solution.distance[position] == pytest.approx(distance)
    assert mk.nash_conv(game, profile_of(compiled, solution)) < 1e-9


@pytest.mark.parametrize("spec", ["pig(winscore=4,diceoutcomes=3,horizon=6)"])
def test_merged_positions_with_chance(spec):
    game = mk.load_game(spec)
    compiled = compile_table(game)
    solution = solve_table(compiled.table)
    assert solution.values[0] == pytest.approx([8 / 27, -8 / 27])  # a fact of the catalogue
    assert mk.nash_conv(game, profile_of(compiled, solution)) < 1e-9


def test_tic_tac_toe():
    twin, game = TicTacToe(), mk.load_game("tic_tac_toe")
    compiled = compile_table(game)
    solution = solve_table(compiled.table)
    keeps, table = solution.keeps(), compiled.table
    for position, history in list(twin.positions().items())[::5]:
        node = compiled.index(state_after(game, history))
        assert solution.values[node, 0] == twin.value(position)
        edges = table.edges(node)
        assert set(table.action[edges][keeps[edges]].tolist()) == twin.keeping(position)
    assert solution.distance[0] == 9


def test_random_play_on_tic_tac_toe():
    """First player wins, draws, second player wins: 737/1260, 8/63, 121/420."""
    table = compile_table("tic_tac_toe").table
    weights = uniform_weights(table)
    reached, over = reach(table, weights), table.payoff_row >= 0
    first = table.payoffs[table.payoff_row[over], 0]
    shares = [reached[over][first == value].sum() for value in (1, 0, -1)]
    assert shares == pytest.approx([737 / 1260, 8 / 63, 121 / 420])
    assert np.round(shares, 3).tolist() == [0.585, 0.127, 0.288]
    assert policy_values(table, weights).values[0, 0] == pytest.approx(shares[0] - shares[2])


@pytest.mark.parametrize(("players", "seed"), TREES[::2])
def test_policies_and_best_responses_are_those_of_evaluate(players, seed):
    game = random_tree(players, depth=4, seed=seed, chance=0.4)
    compiled = compile_table(game)
    table = compiled.table
    weights = random_weights(table, np.random.default_rng(seed))
    policy = policy_of(compiled, weights)
    values = policy_values(table, weights).values[0]
    assert values == pytest.approx(mk.expected_values(game, policy))
    for seat in range(players):
        found = response_values(table, weights, seat).values[0, seat]
        assert found == pytest.approx(mk.best_response(game, policy, seat).value)


def test_weights_that_are_no_probabilities_are_refused():
    table = compile_table("tic_tac_toe").table
    weights = uniform_weights(table)
    with pytest.raises(mk.InvalidOptionError, match="16167 moves"):
        policy_values(table, weights[1:])
    for wrong in (0.5, -0.5, np.nan):
        changed = weights.copy()
        changed[0] = wrong
        with pytest.raises(mk.InvalidOptionError, match="position 0 have the probabilities"):
            policy_values(table, changed)


@pytest.mark.parametrize("huge", [1e10, 1e15])
def test_payoffs_of_any_scale_are_told_apart(huge):
    """Without chance values are copied: 5 beside 1e10 is not nothing."""
    builder = mk.TreeBuilder(2)
    builder.decision((), 0, "x", ["a", "b", "c"])
    builder.payoff(("a",), [0, 0])
    builder.payoff(("b",), [5, -5])
    builder.decision(("c",), 1, "y", ["d", "e"])
    builder.payoff(("c", "d"), [-huge, huge])
    builder.payoff(("c", "e"), [1, -1])
    game = builder.build()
    known, state = mk.oracle(game), game.new_initial_state()
    assert known.values(state).tolist() == [5.0, -5.0]
    assert known.keeping(state) == known.best_actions(state) == [1]
    solution = solve_table(compile_table(game).table)
    assert not solution.error.any()
    assert mk.nash_conv(game, mk.make_player("oracle", game)) == 0.0


@pytest.mark.parametrize("scale", [1e-12, 1.0, 1e12])
def test_ties_stay_ties_where_chance_is_added_up(scale):
    """Ten times 0.1 is 1, and adds up to less; another payoff is far larger than both."""
    builder = mk.TreeBuilder(1)
    builder.decision((), 0, "x", ["sure", "drawn", "less"])
    builder.payoff(("sure",), [0.7 * scale])
    builder.chance(("drawn",), {str(i): 0.1 for i in range(10)})
    for i in range(10):
        builder.payoff(("drawn", str(i)), [0.7 * scale])
    builder.payoff(("less",), [0.7 * scale * (1 - 1e-10)])
    game = builder.build()
    state = game.new_initial_state()
    assert mk.oracle(game).keeping(state) == [0, 1]
    solution = solve_table(compile_table(game).table)
    assert 0 < solution.error[0, 0] < 1e-13 * scale
    assert solution.keeps()[:3].tolist() == [True, True, False]


def test_errors_are_bounds():
    """Values with exact fractions are within the bound of those in floating point."""
    rng = np.random.default_rng(3)
    for _ in range(20):
        shares = [Fraction(int(n)) for n in rng.integers(1, 1000, 7)]
        payoffs = [Fraction(int(n), 997) for n in rng.integers(-(10**9), 10**9, 7)]
        builder = mk.TreeBuilder(1)
        builder.chance((), {str(i): share / sum(shares) for i, share in enumerate(shares)})
        for i, payoff in enumerate(payoffs):
            builder.payoff((str(i),), [payoff])
        exact = sum(s * x for s, x in zip(shares, payoffs, strict=True)) / sum(shares)
        solution = solve_table(compile_table(builder.build()).table)
        off = abs(Fraction(float(solution.values[0, 0])) - exact)
        assert off <= Fraction(float(solution.error[0, 0])) < Fraction(1, 10**5)
