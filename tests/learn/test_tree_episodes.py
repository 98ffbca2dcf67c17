"""Games on the arrays of a tree: what is drawn is what the probabilities say."""

import numpy as np
import pytest

import marl_kit as mk
from marl_kit.core.errors import GameTooLargeError
from marl_kit.games.policy import TabularPolicy
from marl_kit.learn import tree_inputs as module
from marl_kit.learn.tree_episodes import NOTHING, drawn, running_sums, tree_table
from marl_kit.learn.tree_inputs import tree_inputs

GAMES = ["kuhn_poker", "kuhn_poker(players=3)", "leduc_poker", "prisoners_dilemma"]


def some_policy(game: mk.Game, seed: int) -> TabularPolicy:
    """Mixed, with a fifth of the actions never taken."""
    tree, rng = game.tree(), np.random.default_rng(seed)
    weights = rng.exponential(size=tree.num_slots) * (rng.random(tree.num_slots) > 0.2)
    infoset = np.repeat(np.arange(tree.num_infosets), tree.num_actions)
    empty = np.bincount(infoset, weights) == 0
    weights = np.where(empty[infoset], 1.0, weights)
    return TabularPolicy(game, weights / np.bincount(infoset, weights)[infoset])


@pytest.mark.parametrize("spec", GAMES)
def test_payoffs_are_those_of_the_policies_at_the_seats(spec) -> None:
    """Half of the games with the second policy at the last seat; means within 5 standard errors."""
    game, games = mk.load_game(spec), 20_000
    held = [some_policy(game, seed) for seed in range(2)]
    seats = np.zeros((games, game.num_players), int)
    seats[::2, -1] = 1
    told = [policy.probabilities for policy in held]
    played = tree_table(game.tree()).play(told, seats, np.random.default_rng(0))
    for half in (0, 1):
        sitting = [held[int(seats[half, p])] for p in range(game.num_players)]
        payoffs = played.payoffs[half::2]
        error = payoffs.std(axis=0) / np.sqrt(len(payoffs))
        exact = mk.expected_values(game, sitting)
        assert np.all(np.abs(payoffs.mean(axis=0) - exact) <= 5 * error + 1e-12)


@pytest.mark.parametrize("spec", GAMES)
def test_decisions_are_the_players_own_in_their_order(spec) -> None:
    game = mk.load_game(spec)
    tree, form, policy = game.tree(), game.sequence_form(), some_policy(game, 3)
    seats = np.zeros((300, game.num_players), int)
    rng = np.random.default_rng(1)
    played = tree_table(tree).play([policy.probabilities], seats, rng)
    empty = set(form.player_sequences[:-1].tolist())
    slot_sequence = form.slot_sequences()
    for e, p in np.ndindex(*seats.shape):
        slots = [s for s in played.slot[e, p].tolist() if s != NOTHING]
        infosets = played.infoset[e, p].tolist()[: len(slots)]
        assert played.slot[e, p].tolist()[len(slots) :] == [NOTHING] * (
            played.slot.shape[-1] - len(slots)
        )
        before = None
        for infoset, slot in zip(infosets, slots, strict=True):
            assert tree.infoset_player[infoset] == p
            assert tree.infoset_offset[infoset] <= slot < tree.infoset_offset[infoset + 1]
            assert policy.probabilities[slot] > 0
            parent = int(form.parent_sequence[infoset])
            assert parent in empty if before is None else parent == slot_sequence[before]
            before = slot
    assert played.decisions == int((played.slot != NOTHING).sum())
    assert np.all(played.plies >= (played.slot != NOTHING).sum(axis=(1, 2)))


def test_what_has_no_weight_is_never_drawn() -> None:
    weights = np.array([0.0, 0.3, 0.0, 0.7, 0.0, 5.0, 0.0, 0.0])
    first, last = np.repeat([0, 5, 6], [5, 1, 2]), np.repeat([5, 6, 8], [5, 1, 2])
    sums = running_sums(weights, first, last)
    assert sums.tolist() == pytest.approx([0, 0.3, 0.3, 1, 1, 1, 0, 0])
    u = np.array([0.0, 0.29, 0.31, 1 - 2**-53])
    assert drawn(sums, np.zeros(4, int), np.full(4, 5), u).tolist() == [1, 1, 3, 3]
    assert drawn(sums, np.full(4, 5), np.ones(4, int), u).tolist() == [0, 0, 0, 0]


def test_one_player_who_moves_twice_and_a_chance_in_between() -> None:
    builder = mk.TreeBuilder(players=1, name="press on")
    builder.decision((), 0, "first", ["go", "stop"])
    builder.payoff(("stop",), [1])
    builder.chance(("go",), {"up": "1/4", "down": "3/4"})
    builder.payoff(("go", "down"), [0])
    builder.decision(("go", "up"), 0, "second", ["win", "lose"])
    builder.payoff(("go", "up", "win"), [8])
    builder.payoff(("go", "up", "lose"), [-8])
    game = builder.build()
    policy = np.array([1.0, 0.0, 1.0, 0.0])
    played = tree_table(game.tree()).play(
        [policy], np.zeros((4000, 1), int), np.random.default_rng(0)
    )
    assert played.slot.shape == (4000, 1, 2)
    lucky = played.slot[:, 0, 1] == 2
    assert played.payoffs[:, 0].tolist() == (8.0 * lucky).tolist()
    assert played.plies.tolist() == (2 + lucky).tolist()
    assert abs(lucky.mean() - 0.25) < 4 * np.sqrt(0.25 * 0.75 / 4000)


@pytest.mark.parametrize("spec", ["leduc_poker", "liars_dice(dice_sides=2)", "kuhn_poker"])
def test_tensors_tell_infosets_and_players_apart(spec) -> None:
    game = mk.load_game(spec)
    inputs, tree = tree_inputs(game), game.tree()
    assert len(np.unique(inputs.features, axis=0)) == tree.num_infosets
    movers = inputs.features[:, : tree.num_players].argmax(axis=1)
    assert movers.tolist() == tree.infoset_player.tolist()
    assert inputs.features.shape[1] < tree.num_infosets or spec == "kuhn_poker"


@pytest.mark.parametrize("spec", ["leduc_poker", "prisoners_dilemma"])
def test_slots_are_the_legal_entries(spec) -> None:
    game = mk.load_game(spec)
    inputs, tree = tree_inputs(game), game.tree()
    assert inputs.legal.sum(axis=1).tolist() == tree.num_actions.tolist()
    table = np.full(inputs.legal.shape, np.nan)
    table[inputs.slot_infoset, inputs.slot_column] = np.arange(tree.num_slots)
    assert np.array_equal(np.isfinite(table), inputs.legal)
    assert inputs.by_slot(table).tolist() == list(range(tree.num_slots))


def test_games_without_tensors_get_one_input_an_infoset(monkeypatch) -> None:
    game = mk.load_game("prisoners_dilemma")
    assert np.array_equal(tree_inputs(game).features, np.eye(2))
    monkeypatch.setattr(module, "LIMIT", 3)
    with pytest.raises(GameTooLargeError, match="2 infosets of 2 inputs"):
        tree_inputs(game)
    with pytest.raises(GameTooLargeError, match="936 infosets"):
        tree_inputs(mk.load_game("leduc_poker"))
