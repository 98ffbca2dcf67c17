"""PPO against itself: where it comes to, what it does not depend on, what it refuses."""

import json

import numpy as np
import pytest
import torch

import marl_kit as mk
from marl_kit.core.seeds import child
from marl_kit.core.threads import one_torch_thread
from marl_kit.learn.ppo_games import Table
from marl_kit.learn.ppo_learner import PPOLearner
from marl_kit.learn.ppo_options import PPO
from marl_kit.learn.ppo_self_play import ppo_self_play
from tests.reference import ppo as twin

SMALL = {"episodes": 128, "epochs": 2, "parts": 2, "width": 16, "checkpoints": 3}


def learner_of(table: Table, runs: list[int], **options: float) -> PPOLearner:
    root = np.random.SeedSequence(7)
    small = PPO(episodes=128, parts=2, width=16, **options)
    return PPOLearner(small, table.inputs, [child(root, run) for run in runs])


def games_of(table: Table, learner: PPOLearner, seeds: list[int]):
    seats = np.zeros((128, table.game.num_players), int)
    pairs = zip(learner.policies(), seeds, strict=True)
    played = [table.rules.play([p], seats, np.random.default_rng(s)) for p, s in pairs]
    return table.decisions(played, seats == 0)


def test_a_regularised_run_comes_nearer_to_an_equilibrium_of_kuhn() -> None:
    result = ppo_self_play("kuhn_poker", 25 * 512, seeds=2, episodes=512, entropy=0.2, rate=2e-3)
    assert result.exploitability[:, 0] == pytest.approx([0.4583] * 2, abs=0.01)
    assert result.exploitability[:, -1].max() < 0.2
    for policy, told in zip(result.policies, result.exploitability[:, -1], strict=True):
        assert told == pytest.approx(mk.nash_conv("kuhn_poker", policy) / 2)


@pytest.mark.parametrize("scale", [(1.0, 0.0), (1024.0, 0.0), (2.0**-10, 0.0), (8.0, -512.0)])
def test_dominant_actions_are_found_at_any_scale(scale) -> None:
    """The prisoners' dilemma; payoffs are powers of two, so nothing is rounded on the way."""
    factor, shift = scale
    table = np.array([[[4.0, 0.0], [8.0, 1.0]], [[4.0, 8.0], [0.0, 1.0]]])
    game = mk.NormalFormGame(table * factor + shift, name="dilemma")
    result = ppo_self_play(game, 20 * 128, seeds=1, **SMALL, rate=0.02, entropy=0.0)
    assert result.policies[0].probabilities[[1, 3]].min() > 0.95
    assert result.exploitability[0, -1] < 0.05 * 4 * factor


def test_players_have_their_own_units() -> None:
    """Three players, one of whom plays for thousandths and one for thousands."""
    payoffs = np.zeros((3, 2, 2, 2))
    for player, unit in enumerate((1e-3, 1.0, 1e3)):
        better = [slice(None)] * 3
        better[player] = player % 2
        payoffs[(player, *better)] = unit
    result = ppo_self_play(
        mk.NormalFormGame(payoffs), 20 * 128, seeds=1, **SMALL, rate=0.02, entropy=0.0
    )
    assert result.policies[0].probabilities[[0, 3, 4]].min() > 0.95


def test_the_same_seed_repeats_and_another_does_not() -> None:
    results = [ppo_self_play("kuhn_poker", 256, seed=s, seeds=2, **SMALL) for s in (3, 3, 4)]
    first, same, other = (r.exploitability for r in results)
    assert np.array_equal(first, same)
    assert np.array_equal(results[0].steps, results[1].steps)
    assert not np.array_equal(first, other)
    assert not np.array_equal(first[0], first[1])


def test_a_run_does_not_depend_on_the_others() -> None:
    """But for rounding, as products of other shapes add up in another order."""
    with one_torch_thread():
        table = Table(mk.load_game("kuhn_poker"))
        alone, among = learner_of(table, [1]), learner_of(table, [0, 1, 2])
        for _ in range(3):
            alone.learn(games_of(table, alone, [1]))
            among.learn(games_of(table, among, [0, 1, 2]))
        assert np.allclose(alone.policies()[0], among.policies()[1], atol=1e-4)
        assert np.abs(alone.policies()[0] - among.policies()[0]).max() > 1e-3


def test_asking_once_an_infoset_or_once_a_decision_is_the_same(monkeypatch) -> None:
    with one_torch_thread():
        table = Table(mk.load_game("kuhn_poker"))
        learner = learner_of(table, [0, 1], magnet=0.3, entropy=0.1)
        learner.learn(games_of(table, learner, [0, 1]))  # away from the magnet
        batch = learner._before(games_of(table, learner, [2, 3]))
        told = learner._loss(batch, 1.0)

        def by_decision(infoset):
            return infoset, torch.arange(infoset.shape[1]).expand_as(infoset)

        monkeypatch.setattr(learner, "_rows", by_decision)
        for mine, other in zip(told, learner._loss(batch, 1.0), strict=True):
            assert torch.allclose(mine, other, atol=1e-5)


def test_advantages_and_old_probabilities_are_those_of_each_players_own_decisions() -> None:
    """Leduc, against the twin: a player is paid at its last decision, whoever moves after it."""
    with one_torch_thread():
        table = Table(mk.load_game("leduc_poker"))
        learner = learner_of(table, [0, 1])
        decisions = games_of(table, learner, [4, 5])
        batch = learner._before(decisions)
        values = learner._values(learner._everywhere()).tolist()
        log_probs = learner.log_probs()
    lengths = decisions.counts.sum(-1)
    assert lengths.min() >= 1
    assert lengths.max() > 2
    for place in np.ndindex(2, 40, 2):
        run, many = place[0], int(lengths[place])
        infosets = decisions.infoset[place].tolist()[:many]
        columns = decisions.column[place].tolist()[:many]
        seen = [values[run][i] for i in infosets]
        rewards = [0.0] * (many - 1) + [float(decisions.rewards[place])]
        over = [False] * (many - 1) + [True]
        expected = twin.gae(rewards, seen, [*seen[1:], 0.0], over, 1.0, 0.95)
        assert batch.advantages[place].tolist()[:many] == pytest.approx(expected, abs=1e-5)
        told = [float(log_probs[run, i, c]) for i, c in zip(infosets, columns, strict=True)]
        assert batch.old[place].tolist()[:many] == pytest.approx(told, abs=1e-5)
    assert torch.isfinite(batch.old).all()


def test_padding_and_opponents_do_not_count() -> None:
    """What stands where nothing counts may be anything."""
    with one_torch_thread():
        table = Table(mk.load_game("kuhn_poker"))
        learners = [learner_of(table, [0]) for _ in range(2)]
        decisions = games_of(table, learners[0], [0])
        counts = decisions.counts.clone()
        counts[:, :, 1] = False  # the second seat is an opponent's
        changed = [
            type(decisions)(infoset, decisions.column, counts, decisions.rewards)
            for infoset in (
                decisions.infoset,
                torch.where(counts, decisions.infoset, table.game.tree().num_infosets - 1),
            )
        ]
        for learner, seen in zip(learners, changed, strict=True):
            learner.learn(seen)
        assert np.array_equal(learners[0].policies()[0], learners[1].policies()[0])


def test_the_magnet_follows_the_policy_at_its_speed() -> None:
    with one_torch_thread():
        table = Table(mk.load_game("kuhn_poker"))
        for speed, where in ((0.0, 0.0), (1.0, 1.0), (0.25, 0.25)):
            learner = learner_of(table, [0], magnet=0.1, speed=speed, rate=0.05)
            before = learner.magnet
            learner.learn(games_of(table, learner, [0]))
            after, legal = learner.log_probs(), learner.legal
            assert (after - before)[0][legal].abs().max() > 0.1
            mixed = (1 - where) * before[0] + where * after[0]
            expected = mixed.masked_fill(~legal, -torch.inf).log_softmax(-1)
            assert torch.allclose(learner.magnet[0][legal], expected[legal], atol=1e-5)


def test_the_result_is_told_in_every_form() -> None:
    result = ppo_self_play("kuhn_poker", 300, seeds=2, **SMALL)
    assert result.games.tolist() == [0, 128, 256, 384]
    assert result.steps.shape == result.exploitability.shape == (2, 4)
    assert np.all(np.diff(result.steps) >= 2 * 128)
    frame = result.to_frame()
    assert frame["exploitability"].tolist() == result.iqm.tolist()
    assert np.all(
        (frame["low"] <= frame["exploitability"]) & (frame["exploitability"] <= frame["high"])
    )
    assert json.loads(json.dumps(result.to_dict()))["options"]["episodes"] == 128
    assert "NashConv / players" in repr(result)
    assert "<table" in result._repr_html_()
    alone = ppo_self_play("kuhn_poker", 1, seeds=1, **SMALL)
    assert "nan" not in repr(alone)


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"games": 0}, mk.InvalidOptionError, "games is 0"),
        ({"seeds": 0}, mk.InvalidOptionError, "seeds is 0"),
        ({"checkpoints": 1.5}, mk.InvalidOptionError, "checkpoints is 1.5"),
        ({"entropi": 1}, mk.UnknownNameError, "did you mean 'entropy'"),
        ({"entropy": -1}, mk.InvalidOptionError, "entropy of ppo is -1"),
        ({"magnet": float("nan")}, mk.InvalidOptionError, "magnet of ppo is nan"),
        ({"speed": 2}, mk.InvalidOptionError, "from 0 to 1"),
        ({"trace": "all"}, mk.InvalidOptionError, "trace of ppo is 'all'"),
        ({"clip": 0}, mk.InvalidOptionError, "clip of ppo is 0"),
        ({"anneal": 1}, mk.InvalidOptionError, "anneal of ppo is 1"),
        ({"depth": 0}, mk.InvalidOptionError, "depth of ppo is 0"),
    ],
)
def test_what_is_not_allowed_is_refused(options, error, words) -> None:
    with pytest.raises(error) as refused:
        ppo_self_play("kuhn_poker", **options)
    assert words in str(refused.value)


def test_games_that_cannot_be_measured_are_refused() -> None:
    builder = mk.TreeBuilder(players=1, name="forgetful")
    builder.decision((), 0, "one", ["a", "b"])
    for action in "ab":
        builder.decision((action,), 0, "two", ["c", "d"])
        builder.payoff((action, "c"), [1])
        builder.payoff((action, "d"), [0])
    with pytest.raises(mk.ImperfectRecallError):
        ppo_self_play(builder.build())
