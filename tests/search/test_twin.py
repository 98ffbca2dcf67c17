"""Visit counts are those of a search on dictionaries that draws the same random numbers."""

import math

import numpy as np
import pytest

import marl_kit as mk
from marl_kit.search.evaluator import OnStates
from marl_kit.search.gumbel import Gumbel
from marl_kit.search.puct import PUCT
from marl_kit.search.search import payoffs_of, search
from marl_kit.search.uct import UCT
from tests.reference.uct import How, Stream, Twin, mix
from tests.search.positions import random_history, random_tree, state_after

CASES = [  # game, plies before the search, simulations, c, rollouts
    ("tic_tac_toe", 0, 1000, 1.4, 1),
    ("tic_tac_toe", 3, 400, 2.0, 4),  # a power of two: no sum is rounded, so ties are ties
    ("tic_tac_toe", 7, 300, 0.7, 1),
    ("connect_four(rows=4,columns=5,x_in_row=3)", 2, 300, 1.0, 2),
    ("openspiel:tic_tac_toe", 1, 300, 1.4, 1),
    ("openspiel:pig(winscore=15,players=2)", 0, 500, 1.4, 1),
    ("openspiel:pig(winscore=15,players=3)", 0, 500, 1.4, 1),
    ("openspiel:pig(winscore=15,players=3)", 3, 200, 1.0, 2),
    ("openspiel:backgammon", 0, 60, 1.4, 1),  # 1352 actions, games of 250 plies
    ("openspiel:backgammon", 9, 60, 0.3, 1),
    ("openspiel:dots_and_boxes(num_rows=2,num_cols=2)", 4, 500, 1.4, 1),  # moves again
    ("openspiel:mancala", 5, 200, 1.4, 1),
    ("openspiel:nim", 0, 300, 1.4, 1),
    ("openspiel:hex(board_size=7)", 0, 250, 1.4, 1),  # 49 actions: arrays grow
    ("openspiel:hex(board_size=9)", 0, 90, 1.4, 1),  # games of 81 plies
    ("openspiel:breakthrough", 0, 60, 1.4, 2),
]


def twin_of(game, state, options, key, **more):
    """The same search, on dictionaries."""
    low, high, total = payoffs_of(game)
    half = (high - low) / 2
    how = {"simulations": options.simulations, "low": low, "high": high, **more}
    how["total"] = None if math.isnan(total) else total
    how["c"] = getattr(options, "c", 0.0) * half
    if isinstance(options, UCT):
        how["rollouts"] = options.rollouts
        how["ends"] = "solve" if options.solve else options.ends
    elif isinstance(options, PUCT):
        how["rule"], how["ends"] = "puct", "solve" if options.solve else "sampled"
        how["fpu"] = None if options.fpu is None else (low + high) / 2 + options.fpu * half
    return Twin(state, key, How(**how))


def same(game, state, options, key, evaluator=None, **more):
    """One position, searched by both."""
    result = search(game, state, options, key, evaluator)
    twin = twin_of(game, state, options, key, **more)
    assert result.actions.tolist() == sorted(twin.root.actions)
    assert result.visits.tolist() == twin.visits()
    assert result.visits.sum() == twin.simulations - 1
    tried = result.visits > 0
    sums = np.array(twin.sums())[tried]
    assert np.allclose(result.values[tried] * result.visits[tried, None], sums, rtol=1e-12)
    assert np.isnan(result.values[~tried]).all()
    assert result.best == twin.best()
    return result, twin


@pytest.mark.parametrize("ends", ["known", "sampled"])
@pytest.mark.parametrize(("spec", "plies", "simulations", "c", "rollouts"), CASES)
def test_same_visits(spec, plies, simulations, c, rollouts, ends):
    game = mk.load_game(spec)
    for key in (7, 2**64 - 1):
        state = state_after(game, random_history(game, plies, key))
        told = str(state), state.history()
        same(game, state, UCT(simulations, c, rollouts, ends), key)
        assert (str(state), state.history()) == told, "the root is searched, not played"


@pytest.mark.parametrize("players", [1, 2, 3, 5])
@pytest.mark.parametrize(
    "options",
    [
        UCT(150, 0.9),
        UCT(150, 0.9, ends="sampled"),
        UCT(60, 0.9, solve=True),
        PUCT(150, 1.1),
        PUCT(150, 1.1, fpu=-0.5),
        PUCT(60, 1.1, solve=True),
    ],
    ids=repr,
)
def test_same_visits_in_random_trees(players, options):
    """General sums, chance, any order of players, single actions, long lines and short ones."""
    for seed in range(12):
        game = random_tree(players, depth=5, seed=100 * players + seed)
        same(game, game.new_initial_state(), options, seed)


@pytest.mark.parametrize(
    ("spec", "plies"),
    [
        ("tic_tac_toe", 3),
        ("tic_tac_toe", 5),
        ("openspiel:tic_tac_toe", 4),
        ("connect_four(rows=3,columns=3,x_in_row=3)", 2),
        ("openspiel:pig(winscore=6,players=2,diceoutcomes=3)", 0),
        ("openspiel:nim", 6),
    ],
)
@pytest.mark.parametrize("options", [UCT(120, 1.4, solve=True), PUCT(120, 1.4, solve=True)])
def test_same_proofs(spec, plies, options):
    game = mk.load_game(spec)
    for key in range(3):
        state = state_after(game, random_history(game, plies, key))
        result, twin = same(game, state, options, key)
        player = state.current_player()
        told = [twin.bounds((a,)) for a in result.actions.tolist()]
        assert result.low == pytest.approx([low[player] for low, _ in told], abs=1e-12)
        assert result.high == pytest.approx([high[player] for _, high in told], abs=1e-12)


def opinion(state):
    """Some priors and values that follow from the history."""
    start = mix(sum((a + 1) * 31**i for i, a in enumerate(state.history())) % 2**64)
    draws = Stream(start, 0, 0)
    weights = {a: 1 + draws.below(1000) for a in state.legal_actions()}
    values = [draws.below(2001) / 1000 - 1 for _ in range(state.num_players())]
    return {a: w / sum(weights.values()) for a, w in weights.items()}, values


def opinions(actions):
    """The same as an evaluator."""

    def evaluate(states):
        policy, values = np.zeros((len(states), actions)), []
        for row, state in zip(policy, states, strict=True):
            priors, value = opinion(state)
            row[list(priors)] = list(priors.values())
            values.append(value)
        return policy, np.array(values)

    return OnStates(evaluate)


@pytest.mark.parametrize("spec", ["tic_tac_toe", "openspiel:tic_tac_toe", "connect_four"])
@pytest.mark.parametrize("options", [PUCT(200), PUCT(200, 0.5, fpu=0.0)], ids=repr)
def test_same_visits_with_priors(spec, options):
    game = mk.load_game(spec)
    for key in range(3):
        state = state_after(game, random_history(game, key, key))
        same(game, state, options, key, opinions(9), evaluate=opinion)


@pytest.mark.parametrize("spec", ["tic_tac_toe", "connect_four", "openspiel:breakthrough"])
@pytest.mark.parametrize(("simulations", "considered"), [(1, 16), (2, 4), (50, 4), (120, 16)])
def test_same_gumbel_search(spec, simulations, considered):
    """Visits, final move, and the improved policy."""
    game = mk.load_game(spec)
    options = Gumbel(simulations, considered)
    actions = 9 if spec != "openspiel:breakthrough" else 768  # numbers of actions go up to this
    for key in range(3):
        state = state_after(game, random_history(game, key, key))
        result = search(game, state, options, key, opinions(actions))
        # edges lie in the order of trying, and the numbers belong to places
        order = Twin(state, key, How(1, 0.0, -1.0, 1.0)).root.actions
        noise = dict(zip(order, options.root_noise(key, len(order)).tolist(), strict=True))
        twin = twin_of(
            game,
            state,
            options,
            key,
            rule="gumbel",
            ends="sampled",
            considered=considered,
            noise=noise,
            evaluate=opinion,
        )
        assert result.visits.tolist() == twin.visits()
        scores, most = twin.improved(twin.root), max(twin.visits())
        final = [a for a in order if twin.root.visits[a] == most]
        assert result.best == max(final, key=lambda a: noise[a] + scores[a])
        logits = np.array([scores[a] for a in result.actions.tolist()])
        expected = np.exp(logits - logits.max())
        assert np.allclose(result.policy, expected / expected.sum(), rtol=1e-9)


def test_a_line_longer_than_the_search_and_shorter():
    """Without a choice the tree is a path: first deeper with every simulation, then at its end."""
    builder, history = mk.TreeBuilder(players=2), ()
    for depth in range(60):
        builder.decision(history, depth % 2, f"step {depth}", ["on"])
        history = (*history, "on")
    game = builder.payoff(history, [3, -1]).build()
    for simulations in (1, 2, 10, 59, 60, 61, 62, 100):
        same(game, game.new_initial_state(), UCT(simulations), 5)


def test_the_twins_random_numbers_are_splitmix64():
    """The first outputs for the seed 1234567, as published with Vigna's splitmix64.c."""
    state, outputs = 1234567, []
    for _ in range(3):
        state = (state + Stream.STEP) % 2**64
        outputs.append(mix(state))
    assert outputs == [6457827717110365317, 3203168211198807973, 9817491932198370423]
