"""Compiled OpenSpiel games as ``.efg`` files: the same game to the last bit."""

import numpy as np
import pytest

import marl_kit as mk
from marl_kit.games.efg_writer import write_efg
from marl_kit.games.preorder import Preorder, assemble
from marl_kit.games.tree_game import TreeGame

GOOFSPIEL = (
    "openspiel:goofspiel(num_cards=4,imp_info=true,points_order=descending,returns_type=win_loss)"
)


@pytest.mark.parametrize(
    "spec",
    ["leduc_poker", "liars_dice(dice_sides=3)", "openspiel:kuhn_poker(players=3)", GOOFSPIEL],
)
def test_export_keeps_values_infosets_and_nash_conv(spec, tmp_path):
    game = mk.load_game(spec)
    game.save(tmp_path / "x.efg")
    again = mk.load_game(tmp_path / "x.efg")
    ours, theirs = game.tree(), again.tree()
    assert np.array_equal(theirs.payoffs, ours.payoffs)
    assert np.array_equal(theirs.chance_prob, ours.chance_prob)  # the same floats
    assert np.array_equal(theirs.infoset, ours.infoset)
    assert theirs.infoset_keys == ours.infoset_keys
    weights = np.random.default_rng(0).random(ours.num_slots) + 0.1
    start = ours.infoset_offset[:-1]
    probabilities = weights / np.repeat(np.add.reduceat(weights, start), ours.num_actions)
    policy = mk.TabularPolicy(game, probabilities)
    carried = dict(policy.to_dict())
    # a table that is read again is scaled again: the last bit may move
    gap = pytest.approx(mk.nash_conv(game, policy), abs=1e-13)
    assert mk.nash_conv(again, carried) == gap
    values = pytest.approx(mk.expected_values(game, policy), abs=1e-13)
    assert mk.expected_values(again, carried) == values
    assert mk.nash_conv(again, "uniform") == mk.nash_conv(game, "uniform")


def test_chance_is_written_as_the_fraction_it_means():
    """Gambit refuses chance probabilities that do not sum to 1 exactly."""
    text = write_efg(mk.load_game("openspiel:kuhn_poker"))
    assert '{ "0" 1/3 "1" 1/3 "2" 1/3 }' in text
    rows = Preorder(1)
    rows.add(-1, 0, -1, 1.0, -1)
    for a, p in enumerate((0.12345678901234566, 0.8765432109876543)):
        rows.add(0, a, -4, p, -1)
        rows.payoffs.append(1.0)
    odd = TreeGame(assemble(rows), name="odd", action_names=[])
    assert '{ "0" 0.12345678901234566 "1" 0.8765432109876543 }' in write_efg(odd)
