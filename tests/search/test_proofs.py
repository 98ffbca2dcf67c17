"""Proven values: sound for any number of players, and used."""

import numpy as np
import pytest

import marl_kit as mk
from marl_kit.search.puct import PUCT
from marl_kit.search.search import search, search_batch
from marl_kit.search.uct import UCT
from tests.reference import recursive
from tests.reference.boards import TicTacToe
from tests.search.positions import random_history, random_tree, state_after

# a move of known worth is not explored, so that with little exploration the others wait for long
SOLVERS = [UCT(6000, c=8.0, solve=True), PUCT(6000, c=8.0, solve=True)]


def root_values(game):
    root = recursive.walk(game)
    return root, {a: recursive.minimax(child) for a, child in root.children.items()}


def intervals(node, margin=0.0):
    """Least and most for each player, if everybody plays best and ties may be broken anyhow."""
    if not node.children:
        return np.array(node.returns), np.array(node.returns)
    below = [intervals(child, margin) for child in node.children.values()]
    if node.player < 0:
        weights = list(node.chance.values())
        return tuple(sum(w * b[i] for w, b in zip(weights, below, strict=True)) for i in (0, 1))
    floor = max(low[node.player] for low, _ in below)
    possible = [b for b in below if b[1][node.player] >= floor - margin]
    low, high = np.min([b[0] for b in possible], 0), np.max([b[1] for b in possible], 0)
    low[node.player], high[node.player] = floor, max(b[1][node.player] for b in below)
    return low, high


@pytest.mark.parametrize("players", [1, 2, 3, 4])
@pytest.mark.parametrize("simulations", [3, 10, 40, 2000])
def test_bounds_hold(players, simulations):
    """What best play is worth lies between the bounds, whenever the search stops; a long search
    proves the value of the root where it does not hang on how ties are broken."""
    proven = 0
    for seed in range(15):
        game = random_tree(players, depth=4, seed=1000 * players + seed)
        root, values = root_values(game)
        options = UCT(simulations, c=8.0, solve=True)
        result = search(game, game.new_initial_state(), options, seed)
        for action, low, high in zip(result.actions, result.low, result.high, strict=True):
            assert low - 1e-9 <= values[int(action)][root.player] <= high + 1e-9
        if result.proven:
            best = max(v[root.player] for v in values.values())
            assert values[result.best][root.player] == pytest.approx(best)
        low, high = (bound[root.player] for bound in intervals(root))
        assert result.proven <= (high - low < 1e-9)
        proven += result.proven
        assert simulations < 2000 or result.proven == (high - low < 1e-9)
    assert proven >= {3: 0, 10: 1, 40: 3, 2000: 8}[simulations]


DECIMALS = ((0.1, 0.2, -0.3), (-0.3, 0.1, 0.2), (-0.2, 0.1, 0.1), (0.7, -0.1, -0.6), (0, 0, 0))


@pytest.mark.parametrize("scale", [1.0, 1 / 3, 1e9, 1e-9])
def test_rounding_proves_nothing_false(scale):
    """Payoffs that no float is equal to, in sums of three: ties stay ties, bounds do not cross."""
    proven = 0
    for seed in range(60):
        pays = lambda rng: [scale * x for x in rng.choice(DECIMALS)]  # noqa: E731
        game = random_tree(3, depth=3, seed=seed, chance=0.3, payoff=pays)
        root, margin = recursive.walk(game), 1e-9 * scale
        result = search(game, game.new_initial_state(), UCT(600, c=8.0, solve=True), seed)
        assert np.isfinite(result.low).all()
        assert (result.low <= result.high).all()
        below = {a: intervals(child, margin) for a, child in root.children.items()}
        for a, low, high in zip(result.actions.tolist(), result.low, result.high, strict=True):
            least, most = (bound[root.player] for bound in below[a])
            assert low - margin <= least
            assert most <= high + margin
        low, high = (bound[root.player] for bound in intervals(root, margin))
        assert below[result.best][1][root.player] >= low - margin
        assert result.proven == (high - low < margin)
        proven += result.proven
    assert proven > 30


def test_probabilities_that_do_not_sum_to_one():
    """0.2 + 0.4 + 0.3 + 0.1 is more than 1 in floats, which once proved an infinite value."""
    shares = {"a": "2/10", "b": "4/10", "c": "3/10", "d": "1/10"}
    builder = mk.TreeBuilder(2).decision((), 0, "root", ["x", "y"])
    builder.decision(("x",), 1, "only", ["go"]).chance(("x", "go"), shares)
    for outcome in shares:
        builder.payoff(("x", "go", outcome), [0.25, 1])
    history = ("y",)
    for depth in range(40):
        builder.decision(history, 0, f"on {depth}", ["on"])
        history = (*history, "on")
    game = builder.payoff(history, [0.9, 0]).build()
    for key in range(3):
        result = search(game, game.new_initial_state(), UCT(2000, c=20.0, solve=True), key)
        assert result.best == 1
        assert result.proven
        assert result.low == pytest.approx([0.25, 0.9])
        assert result.high == pytest.approx(result.low)


@pytest.mark.parametrize("options", [UCT(100, solve=True), PUCT(100, solve=True)], ids=repr)
def test_a_proven_win_is_the_policy(options):
    """It stops the search after a few visits, and most of these were elsewhere."""
    game = mk.load_game("tic_tac_toe")
    state = state_after(game, [0, 3, 1, 4])
    for key in range(10):
        result = search(game, state, options, key)
        assert result.policy.tolist() == [float(a == 2) for a in result.actions]
        assert result.draw(1.0, 0.99) == result.best == 2


def test_a_losing_move_has_no_policy():
    """o must take 2, and all else is proven to lose before 2 is proven to draw."""
    game = mk.load_game("tic_tac_toe")
    result = search(game, state_after(game, [0, 4, 1]), UCT(150, solve=True), 1)
    lost = result.high == -1
    assert lost.any()
    assert not result.policy[lost].any()
    assert result.policy.sum() == pytest.approx(1)


@pytest.mark.parametrize("options", SOLVERS, ids=repr)
@pytest.mark.parametrize("spec", ["tic_tac_toe", "openspiel:tic_tac_toe"])
def test_proves_tic_tac_toe(spec, options):
    """From the third ply on: the value, and a move that keeps it."""
    twin, game = TicTacToe(), mk.load_game(spec)
    cases = [(p, h) for p, h in twin.positions().items() if len(h) >= 3 and twin.legal(p)]
    cases = cases[:: 40 if game.form == "board" else 400]
    states = [state_after(game, history) for _, history in cases]
    results = search_batch(game, states, options, range(len(cases)))
    for (position, _), result in zip(cases, results, strict=True):
        assert result.proven
        assert result.best in twin.keeping(position)


def test_a_proven_search_stops():
    game = mk.load_game("tic_tac_toe")
    state = state_after(game, [0, 3, 1, 4])  # 2 wins
    result = search(game, state, UCT(10_000, solve=True), 1)
    assert result.best == 2
    assert result.proven
    assert result.visits.sum() < 10
    assert result.low.max() == result.high.max() == 1.0


def test_a_proven_loss_is_avoided_however_often_it_was_visited():
    """The trap looks better in every random game but one, and is refuted by one answer."""
    builder = mk.TreeBuilder(players=2).decision((), 0, "root", ["trap", "dull"])
    answers = [f"{i}" for i in range(8)]
    builder.decision(("trap",), 1, "answer", answers)
    for answer in answers:
        builder.payoff(("trap", answer), [-1, 1] if answer == "7" else [1, -1])
    history = ("dull",)
    for depth in range(30):
        builder.decision(history, depth % 2, f"dull {depth}", ["on", "off"])
        builder.payoff((*history, "off"), [0, 0])
        history = (*history, "on")
    game = builder.payoff(history, [0, 0]).build()
    for key in range(10):
        result = search(game, game.new_initial_state(), UCT(40, solve=True), key)
        assert result.best == 1
        assert result.high[0] == -1.0


def test_what_cannot_be_better_is_left_alone():
    """After the sure draw is known nobody looks at a move that is at most a draw."""
    game = (
        mk.TreeBuilder(players=2)
        .decision((), 0, "root", ["draw", "worse", "open"])
        .payoff(("draw",), [0, 0])
        .decision(("worse",), 1, "reply", ["lose", "unclear"])
        .payoff(("worse", "lose"), [-1, 1])
        .decision(("worse", "unclear"), 0, "more", ["x", "y"])
        .payoff(("worse", "unclear", "x"), [1, -1])
        .payoff(("worse", "unclear", "y"), [1, -1])
        .decision(("open",), 1, "line", ["l", "m"])
        .decision(("open", "l"), 0, "end", ["p", "q"])
        .payoff(("open", "l", "p"), [1, -1])
        .payoff(("open", "l", "q"), [1, -1])
        .payoff(("open", "m"), [1, -1])
        .build()
    )
    result = search(game, game.new_initial_state(), UCT(500, solve=True), 2)
    assert result.best == 2
    assert result.low.tolist() == [0.0, -1.0, 1.0]
    assert result.visits[1] < 10


def test_three_players_with_ties_are_not_thought_to_agree():
    """The second player does not care, so what the first gets lies between the two answers."""
    game = (
        mk.TreeBuilder(players=3)
        .decision((), 0, "a", ["ask", "stay"])
        .payoff(("stay",), [5, 5, 5])
        .decision(("ask",), 1, "b", ["kind", "cruel"])
        .payoff(("ask", "kind"), [9, 5, 0])
        .payoff(("ask", "cruel"), [1, 5, 9])
        .build()
    )
    result = search(game, game.new_initial_state(), UCT(300, solve=True), 1)
    assert (result.low[0], result.high[0]) == (1.0, 9.0)
    assert (result.low[1], result.high[1]) == (5.0, 5.0)
    assert not result.proven


def test_chance_is_proven_by_expectation():
    game = (
        mk.TreeBuilder(players=1)
        .decision((), 0, "choice", ["bet", "keep"])
        .chance(("bet",), {"win": "1/4", "lose": "3/4"})
        .payoff(("bet", "win"), [8])
        .payoff(("bet", "lose"), [-4])
        .payoff(("keep",), [0])
        .build()
    )
    result = search(game, game.new_initial_state(), UCT(1000, solve=True), 3)
    assert result.proven
    assert result.best == 1
    assert result.low.tolist() == result.high.tolist() == [-1.0, 0.0]


def test_values_of_a_small_dice_game():
    """Pig as a board: proven values are those of the enumerated game."""
    spec = "pig(winscore=4,diceoutcomes=3,horizon=6)"
    game = mk.load_game(spec)
    root, values = root_values(game)
    result = search(game, game.new_initial_state(), UCT(20_000, c=8.0, solve=True), 1)
    assert result.proven
    told = {a: v[root.player] for a, v in values.items()}
    best = result.actions.tolist().index(result.best)
    assert result.low[best] == pytest.approx(max(told.values()), abs=1e-12)


@pytest.mark.parametrize("players", [2, 3])
def test_dice_with_more_players(players):
    """Bounds of a stochastic game in which payoffs sum to zero."""
    game = mk.load_game(f"pig(players={players},winscore=4,diceoutcomes=2,horizon=7)")
    for key in range(3):
        state = state_after(game, random_history(game, key, key))
        exact = recursive.minimax(recursive.walk(game, state))
        result = search(game, state, UCT(3000, solve=True), key)
        mover = state.current_player()
        assert result.low.max() - 1e-9 <= exact[mover] <= result.high.max() + 1e-9
        assert np.all(result.low <= result.high)


def test_solving_needs_ends_that_are_known():
    with pytest.raises(mk.InvalidOptionError, match="ends=known"):
        UCT(solve=True, ends="sampled")
    for kind in (UCT, PUCT):
        with pytest.raises(mk.InvalidOptionError, match="solve is 'yes'; give true or false"):
            kind(solve="yes")
