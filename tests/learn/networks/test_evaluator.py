"""A network as the evaluator of a search: its rows, its priors, its values."""

import numpy as np
import pytest
import torch

import marl_kit as mk
from marl_kit.learn.networks.architecture import Architecture
from marl_kit.learn.networks.evaluator import BUCKET, MULTIPLE, network_evaluator, predict
from marl_kit.search.gumbel import Gumbel
from marl_kit.search.puct import PUCT
from marl_kit.search.search import search
from marl_kit.search.self_play import self_play
from tests.learn.alphazero.tiny import game_bits, random_states, seen_in
from tests.learn.networks.nets import MLP, RESIDUAL, opinionated

BOARDS = [
    "tic_tac_toe",
    "connect_four(rows=3,columns=4,x_in_row=3)",
    "connect_four",
]
SMALL = BOARDS[1]


@pytest.mark.parametrize("architecture", [MLP, RESIDUAL, Architecture("residual", 32, 1)], ids=str)
@pytest.mark.parametrize("board", BOARDS)
def test_a_row_does_not_depend_on_its_batch(board, architecture):
    network, view = opinionated(board, architecture)
    evaluator = network_evaluator(network, view)
    states = random_states(mk.load_game(board), 64, seed=1)
    inputs = view.encode(*seen_in(states))
    logits, values = predict(evaluator.network, inputs, evaluator.bucket)
    assert logits.std(axis=0).min() > 0
    assert values.std(axis=0).min() > 0
    for rows in range(1, 41):
        first = rows % 7
        part = predict(evaluator.network, inputs[first : first + rows], evaluator.bucket)
        assert np.array_equal(part[0], logits[first : first + rows])
        assert np.array_equal(part[1], values[first : first + rows])


@pytest.mark.parametrize("architecture", [MLP, RESIDUAL], ids=str)
@pytest.mark.parametrize("board", ["tic_tac_toe", SMALL])
def test_priors_and_values_are_the_networks(board, architecture):
    """The softmax of the legal logits, and payoffs in the game's order of players."""
    network, view = opinionated(board, architecture)
    evaluator, game = network_evaluator(network, view), mk.load_game(board)
    for state in random_states(game, 20, seed=3):
        found = search(game, state, Gumbel(1), 0, evaluator)
        seen, players = seen_in([state])
        with torch.inference_mode():
            logits, values = network(torch.from_numpy(view.encode(seen, players)))
        legal = view.places[players[0], state.legal_actions()]
        logits = logits.double().numpy()[0, legal]
        p = np.exp(logits) / np.exp(logits).sum()
        assert np.allclose(found.priors, p, atol=1e-5)
        own = values[0, 0].item()  # of the one to move
        mine, other = found.value[players[0]], found.value[1 - players[0]]
        assert mine == pytest.approx(own, abs=1e-5)
        assert other == pytest.approx(values[0, 1].item(), abs=1e-5)


def test_both_seats_have_the_same_rows():
    """The first player's row is the second's with the stones exchanged."""
    network, view = opinionated("tic_tac_toe", RESIDUAL)
    evaluator = network_evaluator(network, view)
    swap = view.turned[1]
    seen, players = seen_in(random_states(mk.load_game("tic_tac_toe"), 20, seed=5))
    theirs = view.encode(seen[:, swap.cells], 1 - players)
    assert np.array_equal(theirs, view.encode(seen, players))
    ours, _ = predict(evaluator.network, theirs)
    assert np.array_equal(ours, predict(evaluator.network, view.encode(seen, players))[0])


@pytest.mark.parametrize("options", [Gumbel(4, considered=3), PUCT(4, noise=0.25)])
def test_64_games_in_a_batch_are_64_single_games(options):
    evaluator = network_evaluator(*opinionated(SMALL, RESIDUAL))
    more = {"seed": 3, "random_plies": 2}
    together = list(self_play(SMALL, options, evaluator, games=64, slots=64, **more))
    assert len({game.actions for game in together}) > 16
    for game in together[::3]:
        (alone,) = self_play(SMALL, options, evaluator, games=1, first=game.index, **more)
        assert game_bits(alone) == game_bits(game)


def test_where_rows_depend_on_their_batch_every_batch_has_one_size():
    game, sizes = mk.load_game("pig(winscore=6)"), []
    network, view = opinionated(game.spec, MLP)

    class Unsteady(torch.nn.Module):
        def forward(self, inputs):
            sizes.append(len(inputs))
            logits, values = network(inputs)
            return logits + len(inputs), values

    with pytest.warns(RuntimeWarning, match="size of the batch"):
        evaluator = network_evaluator(Unsteady(), view)
    assert evaluator.bucket == BUCKET
    assert BUCKET % MULTIPLE == 0
    inputs = view.encode(*seen_in(random_states(game, 70, seed=1)))
    del sizes[:]
    whole, _ = predict(evaluator.network, inputs, evaluator.bucket)
    assert sizes == [BUCKET, BUCKET]
    assert np.array_equal(predict(evaluator.network, inputs[:5], evaluator.bucket)[0], whole[:5])
