"""Many blocks at once are the blocks one by one."""

import numpy as np
import pytest

import marl_kit as mk
from marl_kit.core.seeds import child
from marl_kit.play.lockstep import play_blocks
from marl_kit.play.match import play_block

ROOT = np.random.SeedSequence(5)


class Batched:
    """Draws as a network would: all states that wait at once, each by its own stream."""

    def __init__(self):
        self.sizes = []

    def act(self, state, rng):
        legal = state.legal_actions()
        return legal[int(rng.random() ** 2 * len(legal))]

    def act_batch(self, states, rngs):
        self.sizes.append(len(states))
        return [self.act(state, rng) for state, rng in zip(states, rngs, strict=True)]


class Told(Batched):
    """Wants to know what begins, and acts by it."""

    def start(self, seat, game_seeds):
        self.seat, self.seeds = seat, tuple(game_seeds)

    def end(self, state):
        assert state.is_terminal()


class Alone:
    """Is told of its games, and plays one at a time."""

    def start(self, seat, game_seeds):
        (self.seed,) = game_seeds

    def act(self, state, rng):
        return min(state.legal_actions())


def seeds(number):
    return [child(ROOT, "block", b) for b in range(number)]


@pytest.mark.parametrize("game", ["tic_tac_toe", "kuhn_poker", "kuhn_poker(players=3)", "pig"])
@pytest.mark.parametrize("make", [Batched, Told])
def test_blocks_are_what_play_block_gives(game, make):
    game = mk.load_game(game)
    others = [mk.make_player("random", game) for _ in range(game.num_players - 1)]
    player = make()
    found = play_blocks(game, [player, *others], seeds(7))
    assert max(player.sizes) > 1  # it was in lockstep
    assert found == [play_block(game, [make(), *others], seed) for seed in seeds(7)]


def test_several_batched_players_and_copies_of_one():
    game = mk.load_game("openspiel:leduc_poker")
    one, two = Batched(), Batched()
    for players in ([one, two], [one, one]):
        assert play_blocks(game, players, seeds(5)) == [
            play_block(game, players, seed) for seed in seeds(5)
        ]


def test_nobody_who_wants_single_games_is_given_many():
    game, player = mk.load_game("tic_tac_toe"), Batched()
    found = play_blocks(game, [player, Alone()], seeds(3))
    assert player.sizes == []
    assert found == [play_block(game, [player, Alone()], seed) for seed in seeds(3)]


class Short(Batched):
    def act_batch(self, states, rngs):
        return super().act_batch(states, rngs)[1:]


class Illegal(Batched):
    def act_batch(self, states, rngs):
        return [99 for _ in states]


class Meddling(Batched):
    def act_batch(self, states, rngs):
        states[-1].apply_action(states[-1].legal_actions()[0])
        return super().act_batch(states, rngs)


@pytest.mark.parametrize(
    ("player", "message"),
    [
        (Short(), "asked for 4 actions and gave 3"),
        (Illegal(), r"at seat 0 chose 99, which is not legal after the history \[\]"),
        (Meddling(), "changed"),
    ],
)
def test_what_is_not_legal_is_refused(player, message):
    game = mk.load_game("tic_tac_toe")
    with pytest.raises(mk.IllegalActionError, match=message):
        play_blocks(game, [player, mk.make_player("random", game)], seeds(4))
