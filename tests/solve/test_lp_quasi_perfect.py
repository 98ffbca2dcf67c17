"""The sequence-form LP with vanishing trembles: sensible off the equilibrium path."""

import re

import numpy as np
import pyspiel
import pytest

import marl_kit as mk
from marl_kit.solve.quasi_perfect import limit_policy, quasi_perfect

METHOD = "sequence_form_lp(refinement=quasi_perfect)"
GOOFSPIEL = "goofspiel(num_cards={},imp_info=True,points_order=descending,returns_type=win_loss)"
SPECS = [
    "openspiel:kuhn_poker",
    "kuhn_1950",
    "simplified_poker",
    "koller_megiddo_von_stengel",
    "chomp_2x3",
    "nim_5",
    "matching_pennies",
    "blotto_4_3",
    "liars_dice(dice_sides=3)",
    "liars_dice(dice_sides=4)",
    GOOFSPIEL.format(3),
    GOOFSPIEL.format(4),
    "leduc_poker",
]


def losses(game, plans, probabilities):
    """What each infoset's strategy loses there against the other's plan if the player goes on
    with its best, by a pass over the sequence form, relative to what is at stake; float64 [I]."""
    form = game.sequence_form()
    value, stake = np.zeros(form.num_sequences), np.zeros(form.num_sequences)
    for q in range(form.num_sequences):
        entries = slice(form.entry_offset[q], form.entry_offset[q + 1])
        parts = form.entry_value[entries] * plans[form.entry_others[entries, 0]]
        value[q], stake[q] = parts.sum(), np.abs(parts).sum()
    strategy = np.ones(form.num_sequences)
    strategy[form.slot_sequences()] = probabilities
    loss = np.zeros(form.num_infosets)
    for i in reversed(range(form.num_infosets)):
        actions = slice(form.first_sequence[i], form.first_sequence[i] + form.num_actions[i])
        best, at_stake = value[actions].max(), stake[actions].max()
        loss[i] = (best - strategy[actions] @ value[actions]) / max(at_stake, 1e-300)
        value[form.parent_sequence[i]] += best
        stake[form.parent_sequence[i]] += at_stake
    return loss


def with_trembles(answer, epsilon):
    """Both players' plans at one tremble, float64 [Q]."""
    powers = epsilon ** np.arange(len(answer.plans[0]))
    return np.concatenate([powers @ plan for plan in answer.plans])


@pytest.mark.parametrize("spec", SPECS)
def test_best_play_everywhere_against_trembles(spec):
    """Quasi-perfect: at every infoset, reached or not, the limit strategy is a best response to
    the other's strategy with trembles, however small (van Damme 1984)."""
    game = mk.load_game(spec)
    answer = quasi_perfect(game)
    policy = limit_policy(game, answer)
    for epsilon in (1e-4, 1e-5):
        plans = with_trembles(answer, epsilon)
        assert plans.min() > 0  # every sequence is played: nothing is off the path
        assert losses(game, plans, policy.probabilities).max() < 1e-7
    solution = mk.solve(game, METHOD)
    assert solution.nash_conv < 1e-9
    assert solution.status is mk.Status.SOLVED
    assert solution.values == pytest.approx(mk.solve(game, "lp").values, abs=1e-9)


def test_the_plain_program_is_not_sensible_everywhere():
    """Else the test above would show nothing."""
    game = mk.load_game("leduc_poker")
    plain = mk.solve(game, "sequence_form_lp").profile
    answer = quasi_perfect(game)
    assert losses(game, with_trembles(answer, 1e-4), plain.probabilities).max() > 0.1


def test_openspiels_file_of_kuhn_poker():
    """OpenSpiel's ``efg_game``: jacks fold and kings call after a bet, whether it comes or not."""
    game = mk.load_game(pyspiel.load_efg_game(pyspiel.get_kuhn_poker_efg_data()))
    solution = mk.solve(game, METHOD)
    assert solution.values == pytest.approx([-1 / 18, 1 / 18], abs=1e-9)
    assert solution.nash_conv < 1e-9
    answer = quasi_perfect(game)
    plans = with_trembles(answer, 1e-4)
    assert losses(game, plans, solution.profile.probabilities).max() < 1e-7


def test_kuhn_poker_off_the_path():
    """Player 0 may never bet; player 1 knows what to do if it does all the same."""
    table = mk.solve("openspiel:kuhn_poker", METHOD).profile.to_dict()
    assert table["0b"] == pytest.approx([1, 0])
    assert table["1b"] == pytest.approx([2 / 3, 1 / 3])
    assert table["2b"] == pytest.approx([0, 1])
    alpha = table["0"][1]
    assert 0 <= alpha <= 1 / 3
    assert table["1"] == pytest.approx([1, 0])
    assert table["2"][1] == pytest.approx(3 * alpha)
    assert table["1pb"][1] == pytest.approx(alpha + 1 / 3)


def dared():
    """Player 0 should stay out; if it enters, player 1 should punish, and if it does not, player
    0 should take what it can: the plain program asks nothing of either."""
    builder = mk.TreeBuilder(players=2, name="dared")
    builder.decision((), 0, "enter?", ["out", "in"]).payoff(("out",), [1, -1])
    builder.decision(("in",), 1, "punish?", ["yes", "no"]).payoff(("in", "yes"), [-5, 5])
    builder.decision(("in", "no"), 0, "take?", ["little", "much"])
    builder.payoff(("in", "no", "little"), [-2, 2])
    return builder.payoff(("in", "no", "much"), [0, 0]).build()


def test_errors_of_both_players_are_answered():
    table = mk.solve(dared(), METHOD).profile.to_dict()
    assert table["enter?"] == [1, 0]
    assert table["punish?"] == [1, 0]
    assert table["take?"] == [0, 1]


def test_no_weakly_dominated_actions():
    """Every equilibrium of the matrix has value 0; only one is perfect (Selten 1975)."""
    game = mk.NormalFormGame.from_bimatrix([[0, 0], [0, 1]])
    x, y = mk.solve(game, METHOD).profile
    assert x == pytest.approx([0, 1])
    assert y == pytest.approx([1, 0])


@pytest.mark.parametrize("scale", [1e-9, 1e9])
def test_units_change_nothing(scale):
    A = mk.load_game("blotto_4_3").payoffs[0]
    plain = mk.solve(mk.NormalFormGame.from_bimatrix(A), METHOD).profile
    moved = mk.NormalFormGame.from_bimatrix((A + 100) * scale, -A * scale)
    for x, y in zip(plain, mk.solve(moved, METHOD).profile, strict=True):
        assert x == pytest.approx(y, abs=1e-7)


@pytest.mark.parametrize("method", ["lp", "sequence_form_lp", METHOD])
@pytest.mark.parametrize("spec", ["blotto_4_3", "openspiel:kuhn_poker", "leduc_poker"])
def test_the_note_states_the_duality_gap(spec, method):
    note = mk.solve(spec, method).note
    gap = float(re.search(r"duality gap ([^;]+)", note)[1])
    assert 0 <= gap < 1e-8


@pytest.mark.parametrize("seed", range(20))
def test_random_matrices(seed):
    """Integers give many ties and several equilibria; the perfect one is optimal all the same."""
    rng = np.random.default_rng(seed)
    A = rng.integers(-2, 3, rng.integers(2, 8, 2))
    game = mk.NormalFormGame.from_bimatrix(A)
    solution = mk.solve(game, METHOD)
    assert solution.nash_conv < 1e-9
    x, y = solution.profile
    worse = (A[:, None] <= A[None]).all(axis=2) & (A[:, None] < A[None]).any(axis=2)
    assert not np.any(x[worse.any(axis=1)] > 1e-9)
    B = -A.T
    worse = (B[:, None] <= B[None]).all(axis=2) & (B[:, None] < B[None]).any(axis=2)
    assert not np.any(y[worse.any(axis=1)] > 1e-9)


def test_unknown_refinements_and_options_are_refused():
    with pytest.raises(mk.UnknownNameError, match="did you mean 'quasi_perfect'"):
        mk.solve("kuhn_1950", "sequence_form_lp", refinement="quasiperfect")
    with pytest.raises(mk.UnknownNameError, match="option of sequence_form_lp"):
        mk.solve("kuhn_1950", "sequence_form_lp", refine="none")
    with pytest.raises(mk.UnsupportedGameError, match="general-sum"):
        mk.solve("beer_quiche", METHOD)
