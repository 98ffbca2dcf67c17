"""Sampled CFR: a twin on the same random numbers, unbiasedness, convergence beside OpenSpiel."""

from functools import cache

import numpy as np
import pyspiel
import pytest

import marl_kit as mk
from marl_kit.core.registry import METHODS, resolve
from marl_kit.games.tree import CHANCE, TERMINAL
from marl_kit.solve import driver
from tests.reference import mccfr as twin
from tests.reference import recursive

KINDS = {"mccfr_external": "external", "mccfr_outcome": "outcome", "mccfr_chance": "chance"}
KUHN, KUHN_3 = "openspiel:kuhn_poker", "openspiel:kuhn_poker(players=3)"
GOOFSPIEL = (
    "goofspiel(num_cards={},imp_info=True,points_order=descending,returns_type=win_loss)".format
)
DEVIATIONS = 5.0
"""Standard errors that a mean of samples may miss by: once in 1.7 million with normal errors."""


@cache
def load(spec):
    return mk.load_game(spec)


@cache
def generic(spec, chances=(1, 2, 4)):
    """The tree of a game with random payoffs and unequal chances, general-sum.

    Random payoffs leave no ties, which rounding would decide one way here and another there.
    """
    game, rng = load(spec), np.random.default_rng(4)
    tree = game.tree()
    builder = mk.TreeBuilder(players=game.num_players, name=f"{spec}, random payoffs")

    def add(node, history):
        children = range(tree.first_child[node], tree.first_child[node] + tree.num_children[node])
        names = [str(tree.action[c]) for c in children]
        if tree.player[node] == TERMINAL:
            builder.payoff(history, rng.normal(size=game.num_players).tolist())
        elif tree.player[node] == CHANCE:
            weights = [chances[k % len(chances)] for k in range(len(names))]
            shares = [f"{w}/{sum(weights)}" for w in weights]
            builder.chance(history, dict(zip(names, shares, strict=True)))
        else:
            key = str(tree.infoset_keys[tree.infoset[node]])
            builder.decision(history, int(tree.player[node]), key, names)
        for c, name in zip(children, names, strict=True):
            add(c, (*history, name))

    add(0, ())
    return builder.build()


def named(name):
    kind, _, spec = name.rpartition(" ")
    return generic(spec) if kind else load(spec)


def centre(game):
    payoffs = game.tree().payoffs
    return ((payoffs.min(axis=0) + payoffs.max(axis=0)) / 2).tolist()


@pytest.mark.parametrize("method", KINDS)
@pytest.mark.parametrize(
    ("name", "iterations"),
    [
        (f"generic {KUHN}", 200),
        (f"generic {KUHN_3}", 40),
        ("beer_quiche", 30),
        ("selten_horse", 100),
        ("trust", 100),
        (f"generic {GOOFSPIEL(3)}", 10),
    ],
)
def test_every_iteration_agrees_with_the_twin(name, iterations, method):
    game = named(name)
    fast = mk.solve(game, method, iterations=1, seed=5)
    key = int(fast.state.key[0])
    slow = twin.Solver(recursive.walk(game), KINDS[method], key, centre(game))
    for t in range(iterations):
        slow.iterate()
        if t % 10 == 0 or t == iterations - 1:
            if t:
                fast = mk.solve(game, method, iterations=t + 1 - fast.iterations, start=fast)
            expected = slow.profile()
            for infoset, row in recursive.from_policy(fast.profile).items():
                assert row == pytest.approx(expected[infoset], abs=1e-9)
    assert by_slot(game, slow.regret) == pytest.approx(fast.state.regret, abs=1e-8)
    assert by_slot(game, slow.average) == pytest.approx(fast.state.average, rel=1e-9, abs=1e-9)


def by_slot(game, table):
    """``{infoset: {action: number}}`` in the order of the action slots."""
    tree = game.tree()
    out = np.zeros(tree.num_slots)
    for i, key in enumerate(tree.infoset_keys):
        raw = key[1] if isinstance(key, tuple) else key
        row = table[int(tree.infoset_player[i]), raw]
        out[tree.slots(i)] = [row[a] for a in tree.action_number[tree.slots(i)].tolist()]
    return out


def sampled(game, method, samples):
    """Mean and standard error of what one iteration adds to regrets and averages.

    The regrets at the beginning are so large that what one player adds does not change the
    strategy which the next one meets.
    """
    algorithm = resolve(METHODS[method].target)()
    state = algorithm.init(game, np.random.default_rng(1))
    regret = 1e7 * np.random.default_rng(2).normal(size=len(state.regret))
    found = np.empty((samples, 2, len(regret)))
    for k in range(samples):
        state.regret[:], state.average[:] = regret, 0
        algorithm.step(state, 1)
        found[k] = state.regret - regret, state.average
    return regret, found.mean(axis=0), found.std(axis=0) / np.sqrt(samples)


def matched(game, regret):
    """Regret matching, as ``{infoset: {action: probability}}``."""
    tree = game.tree()
    positive = np.maximum(regret, 0)
    for i in range(tree.num_infosets):
        own = tree.slots(i)
        total = positive[own].sum()
        positive[own] = positive[own] / total if total > 0 else 1 / tree.num_actions[i]
    return recursive.from_policy(mk.TabularPolicy(game, positive))


def expected_average(root, strategy, others_play):
    """Own reach x strategy x the sum over the infoset's nodes of the others' reach.

    The others are chance alone, or chance and players who ``others_play`` uniformly.
    """
    found = {i: dict.fromkeys(row, 0.0) for i, row in strategy.items()}

    def visit(node, player, own, others):
        for a, child in node.children.items():
            if node.player == player:
                p = strategy[node.infoset][a]
                found[node.infoset][a] += own * others * p
                visit(child, player, own * p, others)
            elif node.player == recursive.CHANCE:
                visit(child, player, own, others * node.chance[a])
            else:
                share = 1 / len(node.children) if others_play else 1.0
                visit(child, player, own, others * share)

    for player in {i[0] for i in strategy}:
        visit(root, player, 1.0, 1.0)
    return found


@pytest.mark.parametrize("method", KINDS)
@pytest.mark.parametrize("name", [f"generic {KUHN}", f"generic {KUHN_3}", "beer_quiche"])
def test_sampled_regrets_and_averages_are_right_on_average(name, method):
    game = named(name)
    root = recursive.walk(game)
    regret, mean, error = sampled(game, method, 20_000)
    strategy = matched(game, regret)
    exact = {i: dict.fromkeys(row, 0.0) for i, row in strategy.items()}
    for player in range(game.num_players):
        for (infoset, a), r in twin.instant_regrets(root, strategy, player).items():
            exact[infoset][a] += r
    assert np.abs(by_slot(game, exact)).max() > 0.05  # there is something to find
    assert np.all(np.abs(mean[0] - by_slot(game, exact)) <= DEVIATIONS * error[0] + 1e-5)
    walks = game.num_players != 2 and method != "mccfr_chance"
    average = by_slot(game, expected_average(root, strategy, walks))
    assert np.all(np.abs(mean[1] - average) <= DEVIATIONS * error[1] + 1e-5)


@pytest.mark.parametrize("spec", ["selten_horse", "trust", f"generic {GOOFSPIEL(3)}"])
def test_chance_sampling_without_chance_is_cfr(spec):
    game = named(spec)
    sampled, full = (mk.solve(game, m, iterations=50) for m in ("mccfr_chance", "cfr"))
    assert sampled.profile.probabilities == pytest.approx(full.profile.probabilities, abs=1e-9)


@pytest.mark.parametrize("method", KINDS)
def test_the_rate_is_the_square_root(method):
    """Lanctot et al. (2009), theorems 4 and 5: the bound falls with 1 / sqrt(T)."""
    gaps = np.array(
        [
            [mk.solve(load(KUHN), method, iterations=n, seed=s).nash_conv for n in (1_000, 100_000)]
            for s in range(8)
        ]
    ).mean(axis=0)
    assert gaps[1] < gaps[0] / 10 * 1.5


def test_the_certificate_is_that_of_the_recursion():
    game = load(KUHN_3)
    solution = mk.solve(game, "mccfr_external", iterations=1_000)
    table = recursive.from_policy(solution.profile)
    assert recursive.nash_conv(recursive.walk(game), table) == pytest.approx(
        solution.nash_conv, abs=1e-12
    )


@pytest.mark.parametrize(
    ("spec", "method", "iterations", "seeds"),
    [
        ("kuhn_poker", "mccfr_external", 1_000, 24),
        ("kuhn_poker", "mccfr_outcome", 1_000, 24),
        ("leduc_poker", "mccfr_external", 2_000, 3),
        ("leduc_poker", "mccfr_outcome", 10_000, 3),
    ],
)
def test_as_good_as_openspiel_after_as_many_iterations(spec, method, iterations, seeds):
    """An iteration is one walk for each player on both sides."""
    rules, game = pyspiel.load_game(spec), load(f"openspiel:{spec}")
    ours, theirs = [], []
    for seed in range(seeds):
        ours.append(mk.solve(game, method, iterations=iterations, seed=seed).nash_conv)
        if method == "mccfr_external":
            peer = pyspiel.ExternalSamplingMCCFRSolver(rules, seed)
        else:
            peer = pyspiel.OutcomeSamplingMCCFRSolver(rules, 0.6, seed)
        for _ in range(iterations):
            peer.run_iteration()
        policy = peer.average_policy()
        theirs.append(
            mk.nash_conv(game, lambda state, p=policy: dict(p.action_probabilities(state)))
        )
    assert np.mean(ours) < 1.25 * np.mean(theirs)


def assert_equal_to_the_bit(a, b):
    assert a.iterations == b.iterations
    for name in type(a.state).ARRAYS:
        assert np.array_equal(getattr(a.state, name), getattr(b.state, name))
    assert np.array_equal(a.profile.probabilities, b.profile.probabilities)
    assert a.nash_conv == b.nash_conv


@pytest.mark.parametrize("spec", ["leduc_poker", KUHN_3])
@pytest.mark.parametrize("method", KINDS)
def test_going_on_is_as_if_never_stopped(method, spec):
    game = load(spec)
    whole = mk.solve(game, method, iterations=300, seed=7)
    part = first = mk.solve(game, method, iterations=13, seed=7)
    kept = first.state.regret.copy()
    for more in (1, 250, 36):
        part = mk.solve(game, method, iterations=more, start=part, seed=8)
    assert_equal_to_the_bit(whole, part)
    assert part.seed == 7
    assert np.array_equal(first.state.regret, kept)


@pytest.mark.parametrize("method", KINDS)
def test_blocks_do_not_matter(method, monkeypatch):
    found = []
    for seconds in (0.05, 0.0, 1e-4, 100.0):
        monkeypatch.setattr(driver, "BLOCK_S", seconds)
        found.append(mk.solve(load(KUHN), method, iterations=123))
    for other in found[1:]:
        assert_equal_to_the_bit(found[0], other)


@pytest.mark.parametrize("method", KINDS)
def test_saving_in_between_changes_nothing(method, tmp_path):
    whole = mk.solve(load(KUHN), method, iterations=300, seed=2**63 - 1)
    mk.solve(load(KUHN), method, iterations=110, seed=2**63 - 1).save(tmp_path / "half.npz")
    half = mk.load_solution(tmp_path / "half.npz")
    assert_equal_to_the_bit(whole, mk.solve(load(KUHN), method, iterations=190, start=half))


@pytest.mark.parametrize("method", KINDS)
def test_seeds(method):
    a, b, c = (mk.solve(load(KUHN), method, iterations=50, seed=s) for s in (1, 1, 2))
    assert_equal_to_the_bit(a, b)
    assert not np.array_equal(a.state.regret, c.state.regret)


@pytest.mark.parametrize("method", KINDS)
def test_a_constant_changes_nothing(method):
    payoffs = np.random.default_rng(3).integers(-9, 10, size=(2, 4, 5))
    shifted = payoffs + np.array([1000, -(10**6)])[:, None, None]
    a, b = (
        mk.solve(mk.NormalFormGame(x.tolist()), method, iterations=500).state
        for x in (payoffs, shifted)
    )
    assert np.array_equal(a.regret, b.regret)


@pytest.mark.parametrize("method", KINDS)
def test_default_stopping(method):
    solution = mk.solve("matching_pennies", method, tol=0.05)
    assert solution.status is mk.Status.CONVERGED
    assert solution.nash_conv < 0.05
    default = mk.solve(load(KUHN), method)
    assert default.iterations == 10_000
    assert default.history.iteration.tolist()[-3:] == [2_000, 5_000, 10_000]


def test_uniform_where_no_walk_came():
    solution = mk.solve(load("leduc_poker"), "mccfr_outcome", iterations=1)
    tree, average = solution.game.tree(), solution.state.average
    unmet = [i for i in range(tree.num_infosets) if not average[tree.slots(i)].any()]
    assert 900 < len(unmet) < tree.num_infosets
    for i in unmet:
        assert np.all(solution.profile.probabilities[tree.slots(i)] == 1 / tree.num_actions[i])


@pytest.mark.parametrize("method", KINDS)
def test_one_player_no_player_and_impossible_chance(method):
    alone = mk.NormalFormGame([[1.0, 5.0, 3.0]])
    assert mk.solve(alone, method, iterations=2000).values == pytest.approx([5], abs=0.1)
    over = mk.TreeBuilder(players=2).payoff((), [1, -1]).build()
    assert mk.solve(over, method, iterations=3).values.tolist() == [1, -1]
    tree = mk.TreeBuilder(players=1).chance((), {"a": "0", "b": "1/3", "c": "2/3", "d": "0"})
    for name in "abcd":
        tree.decision((name,), 0, name, ["l", "r"])
        tree.payoff((name, "l"), [0]).payoff((name, "r"), [1])
    solution = mk.solve(tree.build(), method, iterations=500)
    met = solution.state.average.reshape(4, 2).sum(axis=1)
    assert (met > 0).tolist() == [False, True, True, False]
    assert met[1] / met.sum() == pytest.approx(1 / 3, abs=0.1)


@pytest.mark.parametrize("epsilon", [0, -0.1, 1.1, "much", True, None, float("nan")])
def test_bad_epsilon(epsilon):
    with pytest.raises(mk.InvalidOptionError, match="epsilon is"):
        mk.solve("kuhn_poker", "mccfr_outcome", iterations=1, epsilon=epsilon)


def test_epsilon_one_explores_only():
    solution = mk.solve(load(KUHN), "mccfr_outcome(epsilon=1)", iterations=50_000)
    assert solution.nash_conv < 0.1
