"""Iterated elimination: literature, the slow twin, order, invariances, what is recorded."""

from fractions import Fraction

import numpy as np
import pytest

import marl_kit as mk
from tests.reference import dominance as twin

SHAPES = [(2, 2), (3, 3), (4, 3), (3, 5), (2, 2, 2), (3, 2, 3)]


def random_game(seed):
    rng = np.random.default_rng(seed)
    shape = SHAPES[seed % len(SHAPES)]
    return mk.NormalFormGame(rng.integers(-4, 5, (len(shape), *shape)))


def check_steps(found):
    """Every recorded dominator dominates what was alive when it did."""
    game = found.game
    alive = [list(range(n)) for n in game.num_actions]
    for number in range(1, found.rounds + 1):
        steps = [s for s in found.steps if s.round == number]
        assert steps
        for s in steps:
            table = twin.restricted(game.payoffs[s.player], alive, s.player)
            own = alive[s.player]
            assert s.action in own
            assert s.dominator[s.action] == 0
            assert s.dominator.sum() == pytest.approx(1)
            assert s.dominator.min() >= 0
            assert set(np.flatnonzero(s.dominator)) <= set(own)
            gains = s.dominator[own] @ table - table[own.index(s.action)]
            assert s.margin == pytest.approx(max(gains.min(), 0), abs=1e-9)
            assert gains.min() > 0 if found.strict else gains.max() > 0
            assert gains.min() > -1e-9
        for s in steps:
            alive[s.player].remove(s.action)
    assert tuple(map(tuple, alive)) == found.surviving


@pytest.mark.parametrize("seed", range(30))
def test_strict_elimination_does_not_depend_on_the_order(seed):
    game = random_game(seed)
    rng = np.random.default_rng(seed)
    for kind, dominated in (("mixed", twin.strictly_by_mixed), ("pure", twin.strictly_by_pure)):
        found = mk.dominance(game, kind)
        check_steps(found)
        orders = (lambda c: c[0], lambda c: c[-1], lambda c: c[rng.integers(len(c))])
        for order in orders:
            assert twin.survivors(game.payoffs, dominated, order) == found.surviving
        assert all(s.exact for s in found.steps)


@pytest.mark.parametrize("seed", range(30))
def test_weak_elimination(seed):
    """All at once is an order of its own: only that nothing weakly dominated is left, and that one
    equilibrium at least survives."""
    game = random_game(seed)
    for kind in ("mixed", "pure"):
        found = mk.dominance(game, kind, strict=False)
        check_steps(found)
        assert all(s.exact for s in found.steps)
        for p, own in enumerate(found.surviving):
            table = twin.restricted(game.payoffs[p], found.surviving, p)
            assert not any(twin.weakly_by_pure(table, a) for a in range(len(own)))
        if game.num_players == 2:
            for profile in mk.all_equilibria(found.reduced):
                assert mk.nash_conv(game, found.lift(profile)) < 1e-12


@pytest.mark.parametrize("seed", range(0, 30, 3))
def test_strict_elimination_keeps_every_equilibrium(seed):
    game = random_game(seed)
    if game.num_players > 2:
        pytest.skip("equilibria of two players")
    found = mk.dominance(game)
    lifted = [found.lift(p) for p in mk.all_equilibria(found.reduced)]
    full = list(mk.all_equilibria(game))
    assert len(lifted) == len(full)
    for profile in full:
        assert any(
            all(np.allclose(x, y) for x, y in zip(profile, other, strict=True)) for other in lifted
        )


def test_a_mixture_dominates_what_no_pure_strategy_does():
    """Osborne and Rubinstein (1994), figure 61.1: M is dominated by half T and half B."""
    game = mk.NormalFormGame.from_bimatrix(
        [[3, 0], [0, 3], [1, 1]], [[0, 1], [0, 1], [1, 0]], actions=[["T", "B", "M"], ["L", "R"]]
    )
    found = mk.dominance(game)
    first = found.steps[0]
    assert (first.round, first.player, first.action) == (1, 0, 2)
    assert first.dominator == pytest.approx([0.5, 0.5, 0])
    assert first.margin == pytest.approx(0.5)
    assert found.surviving == ((1,), (1,))
    assert found.rounds == 3
    assert found.solvable
    assert found.reduced.actions == (("B",), ("R",))
    assert found.lift(mk.solve(found.reduced))[0].tolist() == [0, 1, 0]
    assert mk.dominance(game, "pure").surviving == ((0, 1, 2), (0, 1))


def test_travellers_dilemma_unravels():
    """Basu (1994): from the top, one claim a round; the highest is never a best reply."""
    found = mk.dominance("travellers_dilemma")
    assert found.surviving == ((0,), (0,))
    assert [s.action for s in found.steps if s.player == 0] == sorted(
        (s.action for s in found.steps if s.player == 0), reverse=True
    )


def test_the_second_price_auction_is_solved_weakly_only():
    """Vickrey (1961): bidding one's value is as good as any bid and better than most; ties go to
    player 0. Nothing is strictly dominated."""
    value, bids = (2, 1), range(4)
    payoffs = np.zeros((2, 4, 4), int)
    for a in bids:
        for b in bids:
            if a >= b:
                payoffs[0, a, b] = value[0] - b
            else:
                payoffs[1, a, b] = value[1] - a
    game = mk.NormalFormGame(payoffs)
    assert not mk.dominance(game).steps
    found = mk.dominance(game, "pure", strict=False)
    first = {(s.player, s.action) for s in found.steps if s.round == 1}
    assert first == {(0, 0), (0, 3), (1, 0), (1, 3)}
    assert value[0] in found.surviving[0]


def test_ties_are_decided_by_the_exact_payoffs():
    """As floats the rows are equal."""
    tiny = Fraction(1, 10**30)
    game = mk.NormalFormGame.from_bimatrix([[1, 2], [1 + tiny, 2 + tiny]], [[0, 0], [0, 0]])
    assert mk.dominance(game, "pure").surviving[0] == (1,)
    half = mk.NormalFormGame.from_bimatrix([[1, 2], [1 + tiny, 2]], [[0, 0], [0, 0]])
    assert mk.dominance(half, "pure").surviving[0] == (0, 1)
    assert mk.dominance(half, "pure", strict=False).surviving[0] == (1,)


def test_the_reduced_game_stays_exact_and_keeps_its_names():
    game = mk.NormalFormGame.from_bimatrix(
        [["1/3", 5], [0, 4]], [["1/7", 0], [1, 2]], actions=[["a", "b"], ["c", "d"]]
    )
    found = mk.dominance(game)
    assert found.reduced.actions == (("a",), ("c",))
    assert found.reduced.exact_payoffs.ravel().tolist() == [Fraction(1, 3), Fraction(1, 7)]


@pytest.mark.parametrize("scale", [1e-9, 1e9])
@pytest.mark.parametrize("strict", [True, False])
def test_scale_and_shift_change_nothing(scale, strict):
    for seed in range(6):
        game = random_game(seed)
        shift = np.arange(1, 1 + game.num_players).reshape(-1, *([1] * game.num_players)) * 64
        moved = mk.NormalFormGame((game.payoffs + shift) * scale)
        a, b = mk.dominance(game, strict=strict), mk.dominance(moved, strict=strict)
        assert a.surviving == b.surviving
        for s, t in zip(a.steps, b.steps, strict=True):
            assert (s.round, s.player, s.action) == (t.round, t.player, t.action)


def test_a_tree_counts_as_its_reduced_normal_form():
    found = mk.dominance("beer_quiche", strict=False)
    assert found.game is mk.load_game("beer_quiche").to_normal_form() or found.game.form == "normal"
    profile = found.lift(mk.solve(found.reduced, "vertex_enumeration"))
    assert mk.nash_conv(found.game, profile) < 1e-12


def test_nothing_to_eliminate():
    found = mk.dominance("matching_pennies")
    assert (found.steps, found.rounds) == ((), 0)
    assert found.reduced is found.game
    assert not found.solvable


def test_printed_and_plain():
    found = mk.dominance("travellers_dilemma")
    text = repr(found)
    assert "8 strictly dominated in 4 rounds" in text
    assert "left to 0" in text
    assert "<table>" in found._repr_html_()
    plain = found.to_dict()
    assert plain["surviving"] == [[0], [0]]
    assert plain["steps"][0]["round"] == 1


def test_refusals():
    with pytest.raises(
        mk.UnknownNameError, match=r"kind of dominators 'mix'.*did you mean 'mixed'"
    ):
        mk.dominance("chicken", "mix")
    with pytest.raises(mk.InvalidOptionError, match="strict is 'weak'"):
        mk.dominance("chicken", strict="weak")
    with pytest.raises(mk.InvalidProfileError, match="it needs 1 probabilities"):
        mk.dominance("prisoners_dilemma").lift([[0.5, 0.5], [1.0]])


def test_what_went_earlier_hides_no_later_dominance():
    """Row 3 goes first; its payoffs must not blur what dominates row 2."""
    table = [[30, 0], [0, 30], [10, 10], [-(10**10), -(10**10)]]
    found = mk.dominance(mk.NormalFormGame.from_bimatrix(table, [[0, 0]] * 4))
    assert found.surviving == ((0, 1), (0, 1))


def test_weak_dominance_is_proved_where_payoffs_are_exact():
    """(1/2, 1/2) loses half a unit in column 1, and no other mixture dominates."""
    table = [[2 * 10**10, 0, 0], [0, 2 * 10**10, 0], [10**10, 10**10 + 1, -100]]
    game = mk.NormalFormGame.from_bimatrix(table, [[0] * 3] * 3)
    assert mk.dominance(game, strict=False).steps == ()


def test_margins_that_floats_cannot_hold():
    game = mk.NormalFormGame.from_bimatrix([[10**17 + 1], [10**17]], [[0], [0]])
    assert mk.dominance(game).steps[0].margin == 1.0


@pytest.mark.parametrize("profile", [None, ["a", "b"], [[7.0], [float("nan")]]])
def test_only_a_profile_is_lifted(profile):
    with pytest.raises(mk.InvalidProfileError):
        mk.dominance("prisoners_dilemma").lift(profile)
