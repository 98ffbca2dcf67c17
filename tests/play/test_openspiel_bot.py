"""OpenSpiel's bot as a player, on OpenSpiel's games and on ours of the same name."""

import numpy as np
import pyspiel
import pytest

import marl_kit as mk

PAIRS = [
    ("tic_tac_toe", "openspiel:tic_tac_toe"),
    (
        "connect_four(rows=4,columns=5,x_in_row=3)",
        "openspiel:connect_four(rows=4,columns=5,x_in_row=3)",
    ),
]


@pytest.mark.parametrize(("ours", "theirs"), PAIRS)
def test_the_same_moves_in_our_game_and_in_theirs(ours, theirs) -> None:
    matches = [
        mk.play(g, ["openspiel:mcts(simulations=30,c=2)", "random"], games=10)
        for g in (ours, theirs)
    ]
    assert np.array_equal(matches[0].scores, matches[1].scores)
    assert matches[0].mean[0] > 0


def test_it_is_pyspiels_bot() -> None:
    """The same bot made by hand, seeded as the player says."""
    game = pyspiel.load_game("tic_tac_toe")
    player = mk.make_player("openspiel:mcts(simulations=60,c=2)", game)
    state = game.new_initial_state()
    while not state.is_terminal():
        seeds = [int(x) for x in np.random.default_rng(3).integers(2**31 - 1, size=2)]
        bot = pyspiel.MCTSBot(
            game, pyspiel.RandomRolloutEvaluator(1, seeds[1]), 2.0, 60, 10, False, seeds[0], False
        )
        chosen = player.act(state, np.random.default_rng(3))
        assert chosen == bot.step(state)
        state.apply_action(chosen)


def test_more_simulations_play_better() -> None:
    """300 against 5 simulations: 40 games, all but a few not lost."""
    players = [f"openspiel:mcts(simulations={n},c=2)" for n in (300, 5)]
    match = mk.play("openspiel:tic_tac_toe", players, games=40)
    assert match.mean[0] > 4 * match.stderr[0]


def test_games_that_openspiel_does_not_have_are_refused() -> None:
    builder = mk.TreeBuilder(players=2, name="mine").decision((), 0, "a", ["l", "r"])
    game = builder.payoff(("l",), [1, 0]).payoff(("r",), [0, 1]).build()
    for g in (game, "trust", "nim_5"):
        with pytest.raises(mk.UnsupportedGameError, match="OpenSpiel has no game"):
            mk.make_player("openspiel:mcts", g)


def test_games_that_pay_on_the_way_are_refused() -> None:
    with pytest.raises(mk.UnsupportedGameError, match="pays on the way"):
        mk.make_player("openspiel:mcts", "openspiel:2048")
