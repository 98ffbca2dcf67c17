"""Behaviour strategies, realisation plans and mixed strategies: one play, three descriptions."""

from itertools import product

import numpy as np
import pytest

import marl_kit as mk
from marl_kit.games.reduced_normal_form import pure_strategies

GOOFSPIEL = (
    "openspiel:goofspiel(num_cards=3,imp_info=true,points_order=descending,returns_type=win_loss)"
)
SMALL = ["kuhn_1950", "openspiel:kuhn_poker", "beer_quiche", "selten_horse", "centipede_4"]
SMALL += ["koller_megiddo_von_stengel", "trust", GOOFSPIEL]
LARGE = ["leduc_poker", "liars_dice(dice_sides=3)", "openspiel:kuhn_poker(players=3)"]


def random_policy(game, seed=0, never=0.3):
    """Some actions are never played, so that parts of the tree are not reached."""
    rng = np.random.default_rng(seed)
    tree = game.tree()
    parts = []
    for n in tree.num_actions:
        weights = rng.dirichlet(np.ones(n)) * (rng.random(n) > never)
        parts.append(weights / weights.sum() if weights.sum() > 0 else np.full(n, 1 / n))
    return mk.TabularPolicy(game, np.concatenate(parts))


def slow_plan(game, policy, player):
    """Own probabilities multiplied along the way to each infoset, read off the tree's nodes."""
    tree = game.tree()
    slots = tree.incoming_slot()
    plan = [1.0]
    for infoset in np.flatnonzero(tree.infoset_player == player):
        node = int(np.flatnonzero(tree.infoset == infoset)[0])
        reach = 1.0
        while tree.parent[node] >= 0:
            if tree.player[tree.parent[node]] == player:
                reach *= policy.probabilities[slots[node]]
            node = int(tree.parent[node])
        plan += (reach * policy.probabilities[tree.slots(int(infoset))]).tolist()
    return plan


def reached(game, policy):
    """Slots at infosets that their player's own strategy does not avoid."""
    tree = game.tree()
    plans = mk.to_realisation_plan(game, policy)
    form = game.sequence_form()
    weight = np.concatenate(plans)[form.parent_sequence]
    return np.repeat(weight > 0, tree.num_actions)


@pytest.mark.parametrize("spec", [*SMALL, *LARGE])
def test_plans_are_products_of_own_probabilities(spec):
    game = mk.load_game(spec)
    policy = random_policy(game)
    plans = mk.to_realisation_plan(game, policy)
    assert len(plans) == game.num_players
    for p, plan in enumerate(plans):
        assert plan == pytest.approx(slow_plan(game, policy, p), abs=1e-15)


@pytest.mark.parametrize("spec", [*SMALL, *LARGE])
@pytest.mark.parametrize("seed", [1, 2])
def test_plans_lead_back_to_the_policy(spec, seed):
    game = mk.load_game(spec)
    policy = random_policy(game, seed)
    back = mk.from_realisation_plan(game, mk.to_realisation_plan(game, policy))
    there = reached(game, policy)
    if spec == "leduc_poker":
        assert not np.all(there)
    assert back.probabilities[there] == pytest.approx(policy.probabilities[there], abs=1e-12)
    tree = game.tree()
    uniform = np.repeat(1 / tree.num_actions, tree.num_actions)
    assert np.array_equal(back.probabilities[~there], uniform[~there])
    assert mk.expected_values(game, back) == pytest.approx(mk.expected_values(game, policy))


@pytest.mark.parametrize("spec", SMALL)
def test_mixed_strategies_have_the_same_values_and_come_back(spec):
    game = mk.load_game(spec)
    policy = random_policy(game, 3)
    matrix = game.to_normal_form()
    mixed = mk.to_mixed(game, policy)
    for x, n in zip(mixed, matrix.num_actions, strict=True):
        assert len(x) == n
        assert x.sum() == pytest.approx(1, abs=1e-12)
    values = mk.expected_values(game, policy)
    assert mk.expected_values(matrix, mixed) == pytest.approx(values, abs=1e-12)
    assert mk.nash_conv(matrix, mixed) == pytest.approx(mk.nash_conv(game, policy), abs=1e-12)
    back = mk.from_mixed(game, mixed)
    there = reached(game, policy)
    assert back.probabilities[there] == pytest.approx(policy.probabilities[there], abs=1e-12)


@pytest.mark.parametrize("spec", ["kuhn_1950", "selten_horse", "beer_quiche"])
def test_any_mixture_has_a_behaviour_strategy(spec):
    """Kuhn's theorem: also mixtures that are no product, against every opponent's pure strategy."""
    game = mk.load_game(spec)
    matrix = game.to_normal_form()
    rng = np.random.default_rng(4)
    mixed = [rng.dirichlet(np.full(n, 0.3)) for n in matrix.num_actions]
    policy = mk.from_mixed(game, mixed)
    values = mk.expected_values(matrix, mixed)
    assert mk.expected_values(game, policy) == pytest.approx(values, abs=1e-12)
    own = mixed[0]
    for others in product(*(range(min(n, 5)) for n in matrix.num_actions[1:])):
        pure = [np.eye(n)[a] for n, a in zip(matrix.num_actions[1:], others, strict=True)]
        played = mk.from_mixed(game, [own, *pure])
        expected = mk.expected_values(matrix, [own, *pure])
        assert mk.expected_values(game, played) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("spec", [*SMALL, *LARGE])
def test_few_pure_strategies_make_the_same_plan(spec):
    game = mk.load_game(spec)
    policy = random_policy(game, 5)
    plans = mk.to_realisation_plan(game, policy)
    for p, plan in enumerate(plans):
        mixture = mk.mixed_strategy(game, policy, p)
        assert np.all(mixture.probabilities > 0)
        assert mixture.probabilities.sum() == pytest.approx(1, abs=1e-12)
        assert len(mixture) <= len(plan)
        assert mixture.realisation_plan() == pytest.approx(plan, abs=1e-12)
        if spec in SMALL:
            allowed = set(pure_strategies(game.sequence_form(), p))
            assert set(mixture.strategies) <= allowed
            assert len(set(mixture.strategies)) == len(mixture)


def test_mixtures_and_vectors_may_stand_side_by_side():
    game = mk.load_game("openspiel:kuhn_poker")
    policy = random_policy(game, 6)
    first, second = mk.mixed_strategy(game, policy, 0), mk.to_mixed(game, policy)[1]
    back = mk.from_mixed(game, [first, second])
    assert mk.nash_conv(game, back) == pytest.approx(mk.nash_conv(game, policy), abs=1e-12)


def test_equilibria_of_the_reduced_normal_form_are_equilibria_of_the_tree():
    for spec in ("beer_quiche", "entry_deterrence", "centipede_4", "bagwell_commitment"):
        game = mk.load_game(spec)
        found = mk.all_equilibria(game)
        assert found.complete
        assert len(found) > 0
        for profile in found:
            policy = mk.from_mixed(game, profile)
            assert mk.nash_conv(game, policy) == pytest.approx(0, abs=1e-12)
            values = mk.expected_values(found.game, profile)
            assert mk.expected_values(game, policy) == pytest.approx(values, abs=1e-12)


def test_matrices_are_their_own_normal_form():
    game = mk.load_game("chicken")
    x = [np.array([0.25, 0.75]), np.array([0.5, 0.5])]
    assert [p.tolist() for p in mk.to_realisation_plan(game, x)] == [[1, 0.25, 0.75], [1, 0.5, 0.5]]
    for back in (
        mk.from_realisation_plan(game, mk.to_realisation_plan(game, x)),
        mk.from_mixed(game, mk.to_mixed(game, x)),
    ):
        assert [p.tolist() for p in back] == [p.tolist() for p in x]


def broken(change):
    plans = [np.array(p) for p in mk.to_realisation_plan("openspiel:kuhn_poker", "uniform")]
    change(plans)
    return plans


def put(player, place, value):
    return lambda plans: plans[player].__setitem__(place, value)


@pytest.mark.parametrize(
    ("plans", "message"),
    [
        (broken(put(0, 0, 0.5)), "weight 0 of player 0's plan is 0.5"),
        (broken(put(1, 3, -0.5)), "weight 3 of player 1's plan is -0.5"),
        (broken(put(1, 3, np.nan)), "weight 3 of player 1's plan is nan"),
        (broken(put(0, 1, 0.7)), "'0' of player 0 sum to 1.2; they must sum to 1,"),
        (broken(lambda plans: plans.pop()), "2 players"),
        ([np.ones(3), np.ones(13)], r"player 0's plan has shape \(3,\); it needs 13"),
        (["abc", "abc"], "player 0's plan is not a vector"),
        (3, "2 players"),
    ],
)
def test_bad_plans_are_refused(plans, message):
    with pytest.raises(mk.InvalidProfileError, match=message):
        mk.from_realisation_plan("openspiel:kuhn_poker", plans)


def test_bad_mixtures_are_refused():
    game = mk.load_game("openspiel:kuhn_poker")
    mixed = mk.to_mixed(game, "uniform")
    with pytest.raises(mk.InvalidProfileError, match="2 players"):
        mk.from_mixed(game, mixed[:1])
    with pytest.raises(mk.InvalidProfileError, match=r"player 1's strategy has shape \(27,\)"):
        mk.from_mixed(game, [mixed[0], mixed[0]])
    one = mk.mixed_strategy(game, "uniform", 0)
    with pytest.raises(mk.InvalidProfileError, match="player 0 of kuhn_poker stands at place 1"):
        mk.from_mixed(game, [one, one])
    with pytest.raises(mk.InvalidOptionError, match="players 0 to 1"):
        mk.mixed_strategy(game, "uniform", 2)
    with pytest.raises(mk.GameTooLargeError, match="strategies"):
        mk.to_mixed("leduc_poker", "uniform")


@pytest.mark.parametrize("convert", [mk.to_realisation_plan, mk.to_mixed])
def test_a_player_that_forgets_is_refused(convert):
    with pytest.raises(mk.ImperfectRecallError):
        convert("absent_minded_driver", "uniform")
