"""XDO: what sets it apart from double oracle. The rest is in test_double_oracle.py."""

import numpy as np

import marl_kit as mk
from marl_kit.solve.xdo import ExtensiveDoubleOracle
from tests.reference import oracles, recursive


def test_golden_leduc():
    """McAleer et al. (2021) solve restricted games to an accuracy that they halve, and are at
    an exploitability of .0010 at outer iteration 15. Solved exactly, it is 0 by then."""
    solution = mk.solve("leduc_poker", "xdo", iterations=15)
    assert solution.exploitability < 1e-9
    assert solution.state.settled[0]
    history = dict(
        zip(solution.history.iteration.tolist(), solution.history.nash_conv, strict=True)
    )
    assert history[5] > 0.1  # it was work


def test_it_needs_fewer_iterations_than_double_oracle():
    game = mk.load_game("leduc_poker")
    few = [mk.solve(game, m, iterations=12).nash_conv for m in ("xdo", "double_oracle")]
    assert few[0] < 1e-9
    assert few[1] > 0.1


def test_it_begins_with_the_best_responses_to_uniform_play_at_every_infoset():
    game = mk.load_game("openspiel:kuhn_poker")
    state = ExtensiveDoubleOracle().init(game, np.random.default_rng(0))
    tree, form = game.tree(), game.sequence_form()
    assert state.allowed.sum() == form.num_infosets
    root = oracles.exact(recursive.walk(game))
    table = oracles.FictitiousPlay(root, 2).average  # uniform, exact
    for p in range(2):
        choice = oracles.best_response(root, table, p)
        for i in np.flatnonzero(tree.infoset_player == p):
            start = int(form.first_sequence[i])
            chosen = state.allowed[start : start + int(form.num_actions[i])]
            numbers = tree.action_number[tree.slots(int(i))]
            assert numbers[chosen].tolist() == [choice[p, tree.infoset_keys[i]]]
