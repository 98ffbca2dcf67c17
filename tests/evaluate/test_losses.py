"""Losses by infoset: a decomposition of NashConv."""

from functools import cache

import numpy as np
import pytest

import marl_kit as mk
from tests.reference import recursive

GAMES = ["openspiel:kuhn_poker", "openspiel:kuhn_poker(players=3)", "leduc_poker", "selten_horse"]
GAMES += ["beer_quiche", "centipede_4", "shapley_1964", "mckelvey_mclennan"]


@cache
def load(spec):
    return mk.load_game(spec)


@pytest.mark.parametrize("spec", GAMES)
def test_losses_sum_to_each_players_gain(spec):
    game = load(spec)
    root = recursive.walk(game)
    for seed in range(3):
        table = recursive.random_profile(root, np.random.default_rng(seed))
        losses = mk.infoset_losses(game, recursive.as_callable(game, table))
        assert np.all(losses.loss >= 0)
        owner = game.tree().infoset_player
        for p, gain in enumerate(recursive.gains(root, table)):
            assert losses.loss[owner == p].sum() == pytest.approx(gain, abs=1e-12)


@pytest.mark.parametrize("spec", ["openspiel:kuhn_poker", "leduc_poker"])
def test_no_loss_at_an_equilibrium(spec):
    losses = mk.infoset_losses(load(spec), mk.solve(load(spec), "lp"))
    assert losses.loss.max() < 1e-8


def test_subgame_perfect_play_loses_nothing():
    for spec in ("centipede_4", "ultimatum_4", "trust", "entry_deterrence"):
        losses = mk.infoset_losses(spec, mk.solve(spec, "backward_induction"))
        assert not losses.loss.any()
        assert len(losses.to_frame()) == 0


def test_one_bad_action_is_found():
    """A best responder who would fold the king to a bet loses there, and nowhere else."""
    game = load("openspiel:kuhn_poker")
    table = mk.best_response(game, "uniform", 1).policy.to_dict()
    table["2b"] = [1.0, 0.0]
    frame = mk.infoset_losses(game, table).to_frame()
    mine = frame[frame["player"] == 1]
    assert mine["infoset"].tolist() == ["2b"]
    # a king (1/3) that meets a bet (1/2) wins 2 instead of losing 1
    assert mine["loss"].iloc[0] == pytest.approx(1 / 3 * 1 / 2 * 3, abs=1e-12)
    assert mine["policy"].iloc[0] == "Pass 1.00 Bet 0.00"
    assert mine["best"].iloc[0] == "Bet"


def test_frame():
    losses = mk.infoset_losses(load("leduc_poker"), "uniform")
    frame = losses.to_frame()
    assert list(frame.columns) == ["player", "infoset", "loss", "share", "policy", "best"]
    assert frame["loss"].is_monotonic_decreasing
    assert frame["loss"].sum() == pytest.approx(4.747222222222, abs=1e-12)  # issue 1
    assert frame["share"].sum() == pytest.approx(1)
    assert losses.to_frame(most=5).equals(frame.head(5))
