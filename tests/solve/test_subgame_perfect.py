"""Subgame-perfect equilibria with ties against every pure profile, tried one by one."""

from fractions import Fraction
from itertools import islice, product

import numpy as np
import pytest

import marl_kit as mk
from marl_kit.games.tree import CHANCE, TERMINAL
from tests.reference import trees

PERFECT = ["centipede_4", "entry_deterrence", "nim_5", "trust", "ultimatum_4"]


def slow(game):
    """All pure profiles in which no player gains by another action at any node."""
    tree = game.tree()
    decisions = [n for n in range(tree.num_nodes) if tree.player[n] >= 0]
    found = set()
    for choice in product(*(trees.children(tree, n) for n in decisions)):
        chosen = dict(zip(decisions, choice, strict=True))
        value = {}
        for n in reversed(range(tree.num_nodes)):
            below = trees.children(tree, n)
            if tree.player[n] == TERMINAL:
                value[n] = trees.leaf_payoffs(tree, n)
            elif tree.player[n] == CHANCE:
                value[n] = tuple(
                    sum((tree.exact.chance[c] * value[c][p] for c in below), Fraction(0))
                    for p in range(tree.num_players)
                )
            else:
                value[n] = value[chosen[n]]
        mover = {n: int(tree.player[n]) for n in decisions}
        if all(
            value[n][mover[n]] == max(value[c][mover[n]] for c in trees.children(tree, n))
            for n in decisions
        ):
            actions = {
                int(tree.infoset[n]): c - int(tree.first_child[n]) for n, c in chosen.items()
            }
            found.add(tuple(actions[i] for i in range(tree.num_infosets)))
    return found


def choices(policy):
    tree = policy.game.tree()
    rows = [policy.probabilities[tree.slots(i)] for i in range(tree.num_infosets)]
    assert all(sorted(row)[-1] == 1 and np.sum(row) == 1 for row in rows)
    return tuple(int(np.argmax(row)) for row in rows)


def random_tree(seed):
    """Three players and chance; few different payoffs, so that there are many ties."""
    rng = np.random.default_rng(seed)
    builder = mk.TreeBuilder(players=3)

    def grow(history, depth):
        if depth == 0 or (history and rng.random() < 0.3):
            builder.payoff(history, rng.integers(0, 3, 3).tolist())
            return
        if rng.random() < 0.25:
            builder.chance(history, {"h": "1/3", "t": "2/3"})
            names = ["h", "t"]
        else:
            names = [str(a) for a in range(rng.integers(2, 4))]
            builder.decision(history, int(rng.integers(3)), "/".join(history) or "root", names)
        for name in names:
            grow((*history, name), depth - 1)

    grow((), 3)
    return builder.build()


@pytest.mark.parametrize("spec", PERFECT)
def test_catalogue_against_every_profile(spec):
    game = mk.load_game(spec)
    found = mk.subgame_perfect(game)
    assert found.complete
    assert {choices(p) for p in found} == slow(game)
    assert len(found) == len(slow(game))


@pytest.mark.parametrize("seed", range(25))
def test_random_trees_with_ties_and_chance(seed):
    game = random_tree(seed)
    if np.prod(game.tree().num_actions.astype(float)) > 5_000:
        game = random_tree(seed + 1000)
    found = mk.subgame_perfect(game, limit=100_000)
    listed = [choices(p) for p in found]
    assert set(listed) == slow(game)
    assert len(set(listed)) == len(listed)
    assert np.all(found.certificates <= 1e-12)


def test_ultimatum():
    """Discrete offers: the responder is indifferent at 0, so two outcomes are subgame-perfect
    (Osborne and Rubinstein 1994, exercise 101.3's discrete form)."""
    found = mk.subgame_perfect("ultimatum_4")
    assert sorted(found.values.tolist()) == [[3, 1], [4, 0]]
    assert "Offer 1  Accept" in repr(found)
    assert found.to_dict()["complete"] is True
    assert len(found.to_dict()["equilibria"]) == 2


def test_the_first_is_that_of_backward_induction():
    for spec in [*PERFECT, "chomp_2x3", "openspiel:nim(pile_sizes=1;2;2)"]:
        first = next(mk.iter_subgame_perfect(spec))
        solved = mk.solve(spec, "backward_induction")
        assert np.array_equal(first.probabilities, solved.profile.probabilities)


def test_zero_sum_ones_share_the_value():
    found = mk.subgame_perfect("chomp_2x3")
    assert len(found) == 405
    assert np.all(found.values == [1, -1])


def test_the_limit():
    found = mk.subgame_perfect("chomp_2x3", limit=7)
    assert len(found) == 7
    assert not found.complete
    assert found.status is mk.Status.EQUILIBRIUM_LIMIT
    assert mk.subgame_perfect("chomp_2x3", limit=405).complete
    assert sum(1 for _ in islice(mk.iter_subgame_perfect("chomp_2x3"), 1000)) == 405
    for bad in (0, -3, 2.5, True, "all"):
        with pytest.raises(mk.InvalidOptionError, match="limit"):
            mk.subgame_perfect("trust", limit=bad)


def test_rounding_breaks_no_tie():
    """0.1 + 0.2 and 0.3: equal for people, not for floats; exact numbers keep the tie."""
    game = (
        mk.TreeBuilder(players=1)
        .decision((), 0, "root", ["draw", "take"])
        .chance(("draw",), {"h": 0.5, "t": 0.5})
        .payoff(("draw", "h"), [0.2])
        .payoff(("draw", "t"), [0.4])
        .payoff(("take",), [0.3])
        .build()
    )
    assert len(mk.subgame_perfect(game)) == 2


def test_a_game_without_moves():
    game = mk.TreeBuilder(players=2).payoff((), [3, -3]).build()
    found = mk.subgame_perfect(game)
    assert (len(found), found.complete, found.values.tolist()) == (1, True, [[3, -3]])


@pytest.mark.parametrize("spec", ["kuhn_1950", "chicken", "selten_horse"])
def test_hidden_information_is_refused(spec):
    for find in (mk.subgame_perfect, mk.iter_subgame_perfect):
        with pytest.raises(mk.UnsupportedGameError, match="perfect information"):
            find(spec)
