"""Correlated equilibria: literature values, the two programs against each other, certificates."""

import numpy as np
import pyspiel
import pytest

import marl_kit as mk
from marl_kit.solve.correlated import joint_distribution
from tests.reference import correlated as slow
from tests.solve.random_trees import random_game

SIGNALLING = "von_stengel_forges_signalling"
CONCEPTS = ["ce", "cce", "efce", "efcce"]
OBJECTIVES = ["welfare", "egalitarian", "entropy", "player:0", "player:1", [1, -2]]
GAMES = ["chicken", "battle_of_the_sexes", "shapley_1964", "trust", "beer_quiche", "centipede_4"]


def signalling():
    """von Stengel and Forges (2008), figure 1."""
    builder = mk.TreeBuilder(players=2, name="signalling")
    builder.chance((), {"G": "1/2", "B": "1/2"})
    for kind, gains in (("G", [4, 10]), ("B", [6, 0])):
        builder.decision((kind,), 0, f"student {kind}", ["X", "Y"])
        for signal in "XY":
            builder.decision((kind, signal), 1, f"professor {signal}", ["l", "r"])
            builder.payoff((kind, signal, "l"), gains)
            builder.payoff((kind, signal, "r"), [0, 6])
    return builder.build()


@pytest.mark.parametrize("game", [SIGNALLING, "built"])
@pytest.mark.parametrize(
    ("concept", "objective", "values"),
    [
        ("efce", "player:1", (3.5, 6.5)),  # von Stengel and Forges (2008), section 2.4
        ("efce", "player:0", (4, 6)),
        ("ce", "player:0", (0, 6)),
        ("ce", "player:1", (0, 6)),
        ("ce", "welfare", (0, 6)),
    ],
)
def test_signalling(game, concept, objective, values):
    game = signalling() if game == "built" else game
    solution = mk.correlated(game, objective, concept)
    assert solution.values == pytest.approx(values, abs=1e-9)
    assert solution.gap < 1e-9
    assert mk.correlated(game, "welfare", "efce").values.sum() == pytest.approx(10, abs=1e-9)


def test_chicken():
    """Aumann (1974): the best for both is 5.25 each, more than any mixture of equilibria."""
    solution = mk.correlated("chicken")
    assert solution.values == pytest.approx([5.25, 5.25], abs=1e-9)
    assert np.sort(solution.distribution.ravel()) == pytest.approx([0, 1 / 4, 1 / 4, 1 / 2])
    assert solution.status is mk.Status.SOLVED


@pytest.mark.parametrize("concept", ["efce", "efcce"])
def test_sheriff(concept):
    """The bargaining game of Farina, Ling, Fang and Sandholm (2019), "Correlation in
    extensive-form games: saddle-point formulation and benchmarks", by both programs."""
    game = mk.load_game("sheriff(max_items=2,max_bribe=1,num_rounds=1)")
    solution = mk.correlated(game, "welfare", concept)
    assert isinstance(solution.distribution, mk.CorrelationPlan)
    assert solution.gap < 1e-9
    joint, _ = joint_distribution(game, concept, "welfare", np.ones(2))
    values = game.to_normal_form().payoffs.reshape(2, -1) @ joint.ravel()
    assert solution.values.sum() == pytest.approx(values.sum(), abs=1e-8)
    assert values.sum() > 0.1


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("concept", CONCEPTS)
@pytest.mark.parametrize("spec", GAMES)
def test_certified(spec, concept, objective):
    solution = mk.correlated(spec, objective, concept)
    assert solution.status is mk.Status.SOLVED
    assert solution.gap < 1e-9
    assert mk.correlation_gap(spec, solution) == solution.gap
    assert mk.correlation_gap(spec, solution, concept) == solution.gap
    total = sum(p for _, p in solution.support(0.0))
    assert total == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize("spec", ["mckelvey_mclennan", "selten_horse"])
@pytest.mark.parametrize("concept", CONCEPTS)
def test_three_players(spec, concept):
    for objective in ("welfare", "egalitarian", "entropy", [1, 2, 3]):
        solution = mk.correlated(spec, objective, concept)
        assert solution.gap < 1e-9
        assert solution.values.shape == (3,)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("concept", ["efce", "efcce"])
def test_the_two_programs_agree(seed, concept):
    """Pairs of sequences (polynomial) against all joint strategies, without chance moves."""
    game = random_game(seed)
    for objective, weights in (
        ("welfare", np.ones(2)),
        ("player:0", np.eye(2)[0]),
        ("player:1", np.eye(2)[1]),
        ("egalitarian", None),
    ):
        plan = mk.correlated(game, objective, concept)
        assert isinstance(plan.distribution, mk.CorrelationPlan)
        joint, _ = joint_distribution(game, concept, objective, weights)
        values = game.to_normal_form().payoffs.reshape(2, -1) @ joint.ravel()
        assert plan.gap < 1e-9
        assert mk.correlation_gap(game, joint, concept) < 1e-9
        score = (lambda v: v.min()) if weights is None else weights.dot
        assert score(plan.values) == pytest.approx(score(values), abs=1e-8)


@pytest.mark.parametrize("seed", range(6))
def test_more_freedom_for_the_mediator_is_worth_more(seed):
    """Every CE is an EFCE, every EFCE an EFCCE, every EFCCE a CCE; every Nash is a CE."""
    game = random_game(seed, (2, 2, 2))
    best = [mk.correlated(game, "welfare", c).values.sum() for c in ("ce", "efce", "efcce", "cce")]
    assert np.all(np.diff(best) > -1e-8)
    for profile in mk.all_equilibria(game.to_normal_form()):
        joint = np.multiply.outer(*profile)
        for concept in CONCEPTS:
            assert mk.correlation_gap(game, joint, concept) < 1e-9


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("concept", CONCEPTS)
def test_the_certificate_against_its_slow_twin(seed, concept):
    """On distributions that are no equilibria, and with chance moves too."""
    rng = np.random.default_rng(seed)
    for game in (random_game(seed, (2, 2, 2)), mk.load_game(SIGNALLING)):
        matrix = game.to_normal_form()
        joint = rng.dirichlet(np.full(matrix.payoffs[0].size, 0.3)).reshape(matrix.num_actions)
        fast = mk.correlation_gap(game, joint, concept)
        if concept in ("ce", "cce"):
            expected = slow.matrix_gap(matrix.payoffs, joint, concept)
        else:
            expected = slow.extensive_gap(game, slow.drawn_profiles(game, joint), concept)
        assert fast == pytest.approx(expected, abs=1e-10)
        assert fast > 0.01


def pure_policies(game, joint):
    """The distribution as OpenSpiel's correlation device."""
    tree, device = game.tree(), []
    for probability, profile in slow.drawn_profiles(game, joint):
        told = {i: a for strategy in profile for i, a in strategy.items()}
        table = {}
        for i, key in enumerate(tree.infoset_keys):
            actions = tree.action_number[tree.slots(i)].tolist()
            choice = told.get(i, 0)
            table[str(key)] = [(a, float(k == choice)) for k, a in enumerate(actions)]
        device.append((probability, pyspiel.TabularPolicy(table)))
    return device


@pytest.mark.parametrize("seed", range(3))
def test_openspiel_measures_the_same(seed):
    """Its CCE incentives are ours, player by player; its CE incentives sum over what is told."""
    theirs = pyspiel.load_efg_game(pyspiel.get_sample_efg_data())
    game = mk.load_game(theirs)
    size = game.to_normal_form().num_actions
    joint = np.random.default_rng(seed).dirichlet(np.ones(size[0] * size[1])).reshape(size)
    device = pure_policies(game, joint)
    coarse = pyspiel.cce_dist(theirs, device).deviation_incentives
    assert mk.correlation_gap(game, joint, "cce") == pytest.approx(max(coarse), abs=1e-9)
    told = pyspiel.ce_dist(theirs, device).deviation_incentives
    assert 0 < mk.correlation_gap(game, joint, "ce") <= max(told) + 1e-9
    for concept, distance in (("ce", pyspiel.ce_dist), ("cce", pyspiel.cce_dist)):
        best = mk.correlated(game, "egalitarian", concept).distribution
        assert distance(theirs, pure_policies(game, best)).dist_value < 1e-8


@pytest.mark.parametrize("seed", range(5))
def test_zero_sum_games_have_one_value(seed):
    """Player 0 gets the value of the game in every CCE that is best for it or for player 1."""
    A = np.random.default_rng(seed).integers(-5, 6, (4, 5))
    game = mk.NormalFormGame.from_bimatrix(A)
    value = mk.solve(game, "lp").values[0]
    for concept in CONCEPTS:
        for objective in ("player:0", "player:1"):
            got = mk.correlated(game, objective, concept).values[0]
            assert got == pytest.approx(value, abs=1e-8)


@pytest.mark.parametrize("concept", ["efce", "efcce"])
@pytest.mark.parametrize(
    "spec",
    [
        "goofspiel(num_cards=3,imp_info=True,points_order=descending,returns_type=win_loss)",
        "goofspiel(num_cards=4,imp_info=True,points_order=descending,returns_type=win_loss)",
    ],
)
def test_zero_sum_trees(spec, concept):
    solution = mk.correlated(spec, "player:0", concept)
    assert solution.gap < 1e-9
    assert solution.values == pytest.approx([0, 0], abs=1e-9)


@pytest.mark.parametrize("concept", ["ce", "cce"])
@pytest.mark.parametrize("seed", range(4))
def test_greatest_entropy(seed, concept):
    """No step towards another equilibrium raises the entropy (its gradient is -log x - 1)."""
    rng = np.random.default_rng(seed)
    game = mk.NormalFormGame(rng.integers(0, 7, (2, 3, 4)))
    x = mk.correlated(game, "entropy", concept).distribution
    alive = x > 1e-12
    for other in range(12):
        weights = rng.normal(size=2) if other else np.ones(2)
        y = mk.correlated(game, list(weights), concept).distribution
        assert np.all(y[~alive] < 1e-9)  # nothing else can have any weight
        assert ((y - x)[alive] * -np.log(x[alive])).sum() < 1e-6


def test_the_entropy_of_nothing_to_gain_is_uniform():
    game = mk.NormalFormGame(np.ones((2, 3, 4)))
    solution = mk.correlated(game, "entropy")
    assert solution.distribution == pytest.approx(np.full((3, 4), 1 / 12))
    assert solution.gap == 0


@pytest.mark.parametrize("scale", [1e-9, 1e9])
@pytest.mark.parametrize("concept", ["ce", "efce"])
def test_scale_and_shift_change_nothing(scale, concept):
    A, B = mk.load_game("chicken").payoffs
    moved = mk.NormalFormGame.from_bimatrix((A + 1000) * scale, B * scale)
    plain = mk.correlated("chicken", "welfare", concept).distribution
    solution = mk.correlated(moved, "welfare", concept)
    assert solution.distribution == pytest.approx(plain, abs=1e-7)
    assert solution.status is mk.Status.SOLVED


def test_one_action_each():
    solution = mk.correlated(mk.NormalFormGame.from_bimatrix([[3]], [[4]]), "egalitarian", "efce")
    assert solution.values.tolist() == [3, 4]
    assert solution.gap == 0


def test_printed_and_plain():
    solution = mk.correlated(SIGNALLING, concept="efce")
    text = repr(solution)
    assert "extensive-form correlated equilibrium, welfare" in text
    assert "<table>" in solution._repr_html_()
    plain = solution.to_dict()
    assert plain["concept"] == "efce"
    assert sum(row["probability"] for row in plain["distribution"]) == pytest.approx(1)
    plan = mk.correlated(random_game(1), concept="efce")
    names, weight = plan.support()[0]
    assert len(names) == 2
    assert 0 < weight <= 1 + 1e-9


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (("chicken", "wellfare"), mk.UnknownNameError, "did you mean 'welfare'"),
        (("chicken", "player:2"), mk.InvalidOptionError, "'player:0' to 'player:1'"),
        (("chicken", "player:x"), mk.InvalidOptionError, "'player:0' to 'player:1'"),
        (("chicken", [1, 2, 3]), mk.InvalidOptionError, "2 finite weights"),
        (("chicken", [1, float("nan")]), mk.InvalidOptionError, "2 finite weights"),
        (("chicken", 7), mk.InvalidOptionError, "2 finite weights"),
        (("chicken", "welfare", "nash"), mk.UnknownNameError, "unknown concept 'nash'"),
        (("chicken", "welfare", None), mk.UnknownNameError, "unknown concept"),
        (("absent_minded_driver",), mk.MarlKitError, "player 0"),
        (("leduc_poker", "welfare", "efce"), mk.GameTooLargeError, "NP-hard"),
        (("leduc_poker", "welfare", "ce"), mk.GameTooLargeError, "pay-offs"),
    ],
)
def test_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        mk.correlated(*arguments)


@pytest.mark.parametrize(
    ("distribution", "concept", "error", "message"),
    [
        (np.ones((3, 2)) / 6, "ce", mk.InvalidProfileError, "shape"),
        (np.ones((2, 2)), "ce", mk.InvalidProfileError, "sum 4"),
        ([[1.5, -0.5], [0, 0]], "ce", mk.InvalidProfileError, "least is -0.5"),
        (np.full((2, 2), np.nan), "ce", mk.InvalidProfileError, "sum"),
        ("uniform", "ce", mk.InvalidProfileError, "not an array"),
        (np.ones((2, 2)) / 4, "c", mk.UnknownNameError, "concept"),
    ],
)
def test_distributions_that_are_none(distribution, concept, error, message):
    with pytest.raises(error, match=message):
        mk.correlation_gap("chicken", distribution, concept)


def test_plans_that_are_none():
    game = random_game(0)
    plan = mk.correlated(game, concept="efce").distribution
    bent = mk.CorrelationPlan(game, plan.pairs, plan.weight + 0.1)
    with pytest.raises(mk.InvalidProfileError, match="miss the equations"):
        mk.correlation_gap(game, bent, "efce")
    with pytest.raises(mk.InvalidProfileError, match="only the weights of sequences"):
        mk.correlation_gap(game, plan, "ce")
    with pytest.raises(mk.InvalidProfileError, match="the plan is for"):
        mk.correlation_gap("trust", plan, "efce")
    with pytest.raises(mk.InvalidProfileError, match="finite weights"):
        mk.CorrelationPlan(game, plan.pairs, plan.weight[:-1])
