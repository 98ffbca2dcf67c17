"""Oracles on the sequence form: against mk.best_response and a recursive twin; refusals."""

import json

import numpy as np
import pytest

import marl_kit as mk
from marl_kit.games.policy import TabularPolicy
from marl_kit.games.realisation import as_policy
from marl_kit.learn.best_response import best_response_to
from marl_kit.learn.cfr import soft_response_to
from marl_kit.learn.mixture import mixture
from marl_kit.learn.registry import find_oracle
from marl_kit.play.policy_player import profile_player
from tests.learn.tasks import missed, player_of, task_of
from tests.reference import recursive
from tests.reference.learn import soft_response

GAMES = [
    "kuhn_poker",
    "kuhn_poker(players=3)",
    "leduc_poker",
    "rock_scissors_paper",
    "battle_of_the_sexes",
]


def random_policy(game: mk.Game, seed: int) -> TabularPolicy:
    """About one action in four is never played, so infosets are missed."""
    rng, tree = np.random.default_rng(seed), game.tree()
    rows = []
    for n in tree.num_actions:
        row = rng.dirichlet([1.0] * n) * (rng.random(n) < 0.75)
        rows.append(row / row.sum() if row.sum() > 0 else np.full(n, 1 / n))
    return TabularPolicy(game, np.concatenate(rows))


@pytest.mark.parametrize("name", GAMES)
def test_best_response_is_that_of_evaluate(name, tmp_path) -> None:
    game = mk.load_game(name)
    policy = random_policy(game, 1)
    task = task_of(game, [policy])
    answer = find_oracle("best_response").answer(task)
    player = player_of(answer, task, tmp_path)
    told = as_policy(game, player).probabilities
    tree = game.tree()
    owner = np.repeat(tree.infoset_player, tree.num_actions)
    for p in range(game.num_players):
        expected = as_policy(game, [policy] * game.num_players)
        best = mk.best_response(game, expected, p)
        vector = best.policy.probabilities[owner == p] if game.form != "normal" else best.policy
        assert np.array_equal(told[owner == p], vector)
    assert answer.facts["gain"] == pytest.approx(mk.nash_conv(game, policy), abs=1e-12)
    assert missed(game, player, policy) == pytest.approx(0, abs=1e-12)


def test_the_mixture_is_drawn_before_the_game_begins() -> None:
    """Not anew at each infoset: values against the mixture are the mean of the values."""
    game = mk.load_game("kuhn_poker")
    policies = [random_policy(game, seed) for seed in (1, 2, 3)]
    weights = [0.5, 0.2, 0.3]
    mixed = mixture(task_of(game, policies, weights))
    for seat in range(2):
        other = random_policy(game, 9)

        def against(policy, seat=seat, other=other):
            seats = [policy, other] if seat == 0 else [other, policy]
            return mk.expected_values(game, seats)

        mean = sum(w * against(p) for w, p in zip(weights, policies, strict=True))
        np.testing.assert_allclose(against(mixed), mean, atol=1e-12)


def test_what_no_opponent_does_is_no_part_of_the_mixture() -> None:
    game = mk.load_game("rock_scissors_paper")
    rock, paper = (profile_player(game, [np.eye(3)[k]] * 2) for k in (0, 2))
    mixed = mixture(task_of(game, [rock, paper], [1.0, 0.0]))
    assert mixed.probabilities.tolist() == [1, 0, 0, 1, 0, 0]


def test_plans_of_opponents_are_asked_for_once() -> None:
    class Counted:
        name, asked = "counted", 0

        def act(self, state, rng):
            return state.legal_actions()[0]

        def probabilities(self, state):
            self.asked += 1
            return {state.legal_actions()[0]: 1.0}

    game, player = mk.load_game("kuhn_poker"), Counted()
    for _ in range(3):
        find_oracle("best_response").answer(task_of(game, [player]))
    assert player.asked == game.tree().num_infosets


@pytest.mark.parametrize("spec", ["best_response", "cfr"])
def test_opponents_must_tell_their_probabilities(spec) -> None:
    task = task_of("kuhn_poker", ["random", "ismcts"])
    with pytest.raises(mk.UnsupportedGameError, match="ismcts"):
        find_oracle(spec).answer(task)


@pytest.mark.parametrize("spec", ["best_response", "cfr"])
def test_games_that_are_too_large_are_refused(spec) -> None:
    with pytest.raises(mk.GameTooLargeError, match="connect_four"):
        find_oracle(spec).check(mk.load_game("connect_four"))


@pytest.mark.parametrize("name", GAMES)
def test_cfr_comes_to_the_gain_of_the_best_response(name) -> None:
    game = mk.load_game(name)
    task = task_of(game, [random_policy(game, 1), "random"], [0.6, 0.4])
    best = find_oracle("best_response").answer(task).facts["gain"]
    gains = [
        find_oracle(f"cfr(iterations={n})").answer(task).facts["gain"] for n in (1, 10, 100, 3000)
    ]
    assert max(gains) <= best + 1e-12
    assert gains[-1] == pytest.approx(best, rel=1e-3, abs=1e-9)
    assert best - gains[-1] <= best - gains[1] + 1e-12


@pytest.mark.parametrize("name", ["kuhn_poker", "kuhn_poker(players=3)", "rock_scissors_paper"])
def test_cfr_does_as_its_twin(name) -> None:
    game = mk.load_game(name)
    policy = random_policy(game, 4)
    mine = recursive.from_policy(soft_response_to(policy, 20))
    root, against = recursive.walk(game), recursive.from_policy(policy)
    against = {key: against[key] for key in recursive.infosets(root)}
    for player in range(game.num_players):
        for infoset, row in soft_response(root, against, player, 20).items():
            assert mine[infoset] == pytest.approx(row, abs=1e-9)


def test_cfr_stays_mixed_where_nothing_matters() -> None:
    """Against uniform play every choice in rock-scissors-paper earns the same."""
    game = mk.load_game("rock_scissors_paper")
    soft = soft_response_to(TabularPolicy.uniform(game), 100).probabilities
    np.testing.assert_allclose(soft, 1 / 3, atol=1e-12)
    assert best_response_to(TabularPolicy.uniform(game)).probabilities.max() == 1


def test_the_answer_is_what_save_writes(tmp_path) -> None:
    game = mk.load_game("kuhn_poker")
    task = task_of(game, ["random"])
    answer = find_oracle("best_response").answer(task)
    assert json.loads(answer.content)["format"] == "marl_kit.policy"
    best_response_to(TabularPolicy.uniform(game)).save(tmp_path / "saved.json")
    assert (tmp_path / "saved.json").read_bytes() == answer.content


@pytest.mark.parametrize("scale", [1e-13, 1.0, 1e13])
def test_cfr_sees_a_player_of_another_scale(scale) -> None:
    table = np.array([[0.0, 1.0], [2.0, 0.0]])
    game = mk.NormalFormGame([table, scale * np.array([[1.0, 0.0], [1.0, 0.0]])])
    soft = soft_response_to(TabularPolicy.uniform(game), 100)
    assert soft.probabilities.reshape(2, 2)[1, 0] > 0.95  # the first column earns more
