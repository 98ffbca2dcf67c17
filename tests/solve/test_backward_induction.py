"""Backward induction against a recursive twin and known values."""

import numpy as np
import pytest

import marl_kit as mk
from tests.reference import recursive

PERFECT = ["centipede_4", "chomp_2x3", "entry_deterrence", "nim_5", "trust", "ultimatum_4"]


def play_from(root, table):
    """Expected payoffs from every node on: subgame perfection looks at all of them."""
    return {node: recursive.expected(node, table) for node in root}


@pytest.mark.parametrize("spec", [*PERFECT, "openspiel:nim(pile_sizes=1;2;2)"])
def test_against_the_twin(spec):
    game = mk.load_game(spec)
    root = recursive.walk(game)
    solution = mk.solve(game, "backward_induction")
    assert solution.values.tolist() == recursive.minimax(root)
    assert solution.nash_conv == 0
    assert set(solution.profile.probabilities.tolist()) <= {0.0, 1.0}


@pytest.mark.parametrize("spec", PERFECT)
def test_subgame_perfect(spec):
    """No player gains by one other choice at any node, reached or not."""
    game = mk.load_game(spec)
    root = recursive.walk(game)
    table = recursive.from_policy(mk.solve(game, "backward_induction").profile)
    values = play_from(root, table)
    for node in root:
        if node.infoset is not None:
            best = max(values[child][node.player] for child in node.children.values())
            assert values[node][node.player] == pytest.approx(best, abs=1e-12)


@pytest.mark.parametrize("seed", range(20))
def test_random_trees_with_chance(seed):
    """Three players and chance, uneven depths, generic payoffs."""
    rng = np.random.default_rng(seed)
    builder = mk.TreeBuilder(players=3)

    def grow(history, depth):
        if depth == 0 or (history and rng.random() < 0.2):
            builder.payoff(history, rng.normal(size=3).tolist())
            return
        names = [str(a) for a in range(rng.integers(1, 4))]
        if rng.random() < 0.3:
            weights = rng.integers(1, 5, len(names)).tolist()
            builder.chance(
                history, {n: f"{w}/{sum(weights)}" for n, w in zip(names, weights, strict=True)}
            )
        else:
            builder.decision(history, int(rng.integers(3)), "/".join(history) or "root", names)
        for name in names:
            grow((*history, name), depth - 1)

    grow((), 5)
    game = builder.build()
    solution = mk.solve(game)
    assert solution.method == "backward_induction"
    assert solution.values == pytest.approx(recursive.minimax(recursive.walk(game)), abs=1e-12)
    assert solution.nash_conv < 1e-12


def test_tic_tac_toe_is_a_draw():
    solution = mk.solve("openspiel:tic_tac_toe")
    assert solution.method == "backward_induction"
    assert solution.values.tolist() == [0, 0]
    assert solution.nash_conv == 0


def test_ties_go_to_the_first_action():
    game = (
        mk.TreeBuilder(players=1)
        .decision((), 0, "root", ["a", "b", "c"])
        .payoff(("a",), [1])
        .payoff(("b",), [2])
        .payoff(("c",), [2])
        .build()
    )
    solution = mk.solve(game, "backward_induction")
    assert solution.profile.to_dict() == {"root": [0.0, 1.0, 0.0]}
    assert "ties go to the first action" in solution.note


def test_known_play():
    """Rosenthal (1981): the centipede ends at once; Chomp is won by the first player."""
    first = mk.solve("centipede_4").profile.to_dict()
    assert max(next(iter(first.values()))) == 1.0
    assert mk.solve("chomp_2x3").values.tolist() == [1, -1]
    assert mk.solve("nim_5").values.tolist() == [1, -1]


@pytest.mark.parametrize(
    "spec",
    [
        "openspiel:kuhn_poker",
        "chicken",
        "selten_horse",
        # OpenSpiel's flag calls this perfect information; the compiled tree does not
        "openspiel:goofspiel(num_cards=3,imp_info=false,points_order=descending)",
    ],
)
def test_hidden_information_is_refused(spec):
    with pytest.raises(mk.UnsupportedGameError, match="perfect information"):
        mk.solve(spec, "backward_induction")
