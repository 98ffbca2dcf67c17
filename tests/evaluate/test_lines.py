"""Lines of play against a walk over all leaves."""

import numpy as np
import pytest

import marl_kit as mk
from tests.reference import recursive


def all_plays(node, table, reach=1.0, history=()):
    """(probability, history, payoffs) of every leaf."""
    if node.player == recursive.TERMINAL:
        return [(reach, history, tuple(node.returns))]
    plays = []
    for action, p in recursive.probabilities(node, table).items():
        plays += all_plays(node.children[action], table, reach * p, (*history, action))
    return plays


@pytest.mark.parametrize("spec", ["kuhn_1950", "openspiel:kuhn_poker(players=3)", "beer_quiche"])
@pytest.mark.parametrize("seed", [0, 1])
def test_against_all_leaves(spec, seed):
    game = mk.load_game(spec)
    root = recursive.walk(game)
    table = recursive.random_profile(root, np.random.default_rng(seed))
    plays = {h: (p, paid) for p, h, paid in all_plays(root, table) if p > 0}
    lines = mk.lines_of_play(game, recursive.as_callable(game, table), most=10_000)
    assert {line.history for line in lines} == set(plays)
    assert sum(line.probability for line in lines) == pytest.approx(1, abs=1e-12)
    falling = [line.probability for line in lines]
    assert falling == sorted(falling, reverse=True)
    for line in lines:
        p, paid = plays[line.history]
        assert line.probability == pytest.approx(p, abs=1e-14)
        assert line.payoffs == paid
    few = mk.lines_of_play(game, recursive.as_callable(game, table), most=3)
    assert few == lines[:3]


def test_moves_have_players_and_names():
    (line,) = mk.lines_of_play("centipede_4", mk.solve("centipede_4"))
    assert line.moves == ((0, "Take"),)
    assert line.probability == 1
    assert str(line).startswith("1.0000  0: Take  -> (")
    poker = mk.lines_of_play("kuhn_1950", "uniform")[0]
    assert [player for player, _ in poker.moves] == [-1, 0, 1]
    assert str(poker).startswith("0.0417  chance: JQ  0: Pass  1: Pass  -> (-1, 1)")


def test_the_line_of_a_best_response():
    """Against a player who always passes, betting takes every ante."""
    game = mk.load_game("openspiel:kuhn_poker")
    passing = {key: [1.0, 0.0] for key in game.tree().infoset_keys}
    reply = mk.best_response(game, passing, 0)
    lines = reply.lines(6)
    assert len(lines) == 6
    assert sum(line.probability for line in lines) == pytest.approx(1)
    value = sum(line.probability * line.payoffs[0] for line in lines)
    assert value == pytest.approx(reply.value)
    assert reply.line() == lines[0]


@pytest.mark.parametrize("player", [0, 1])
def test_a_best_response_in_a_matrix(player):
    profile = [[0.2, 0.8], [0.7, 0.3]]
    reply = mk.best_response("chicken", profile, player)
    lines = reply.lines()
    assert len(lines) == 2  # one for each action of the other
    value = sum(line.probability * line.payoffs[player] for line in lines)
    assert value == pytest.approx(reply.value)


def test_a_game_without_moves():
    game = mk.TreeBuilder(players=2).payoff((), [3, -3]).build()
    (line,) = mk.lines_of_play(game, "uniform")
    assert (line.probability, line.moves, line.payoffs) == (1.0, (), (3.0, -3.0))
    assert str(line) == "1.0000  (no moves)  -> (3, -3)"


@pytest.mark.parametrize("most", [0, -1, 2.5, True, "all"])
def test_how_many_is_a_whole_number(most):
    with pytest.raises(mk.InvalidOptionError, match="most"):
        mk.lines_of_play("trust", "uniform", most)
