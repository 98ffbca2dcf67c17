"""Players that follow a policy, against what they must earn on average."""

import dataclasses
import sys

import numpy as np
import pytest

import marl_kit as mk
from marl_kit.play.policy_player import PolicyPlayer, read_profile

# Means of a few thousand games are compared with exact values. A difference of 4 standard errors
# comes by chance once in 16,000 comparisons, and the seeds are fixed.
SURE = 4


def exact_by_seat(game: mk.Game, players: list) -> np.ndarray:
    """Expected score [p, seat] of each player over the rotation of a block."""
    size = game.num_players
    table = np.empty((size, size))
    for k in range(size):
        order = [(s - k) % size for s in range(size)]
        values = mk.expected_values(game, [players[i] for i in order])
        for seat, i in enumerate(order):
            table[i, seat] = values[seat]
    return table


def test_two_solvers_earn_the_value_of_kuhn_poker() -> None:
    match = mk.play("kuhn_poker", ["solver:lp", "solver:cfr+(iterations=1000)"], games=6000)
    value = np.array([-1 / 18, 1 / 18])
    assert np.all(np.abs(match.seat_mean - value) < SURE * match.seat_stderr)
    assert np.all(np.abs(match.by_seat - value) < SURE * match.by_seat_stderr)
    assert np.all(np.abs(match.mean) < SURE * match.stderr), "the seats cancel"
    assert match.seat_stderr[0] < 0.03, "the test can tell the value from 0.1"


def test_two_solvers_earn_the_value_of_leduc_poker() -> None:
    game = mk.load_game("leduc_poker")
    players = ["solver:cfr+(iterations=300)", "solver:lcfr(iterations=300)"]
    match = mk.play(game, players, games=6000, seed=1)
    value = mk.solve(game, "lp").values  # -0.085606 for the first player
    assert np.all(np.abs(match.seat_mean - value) < SURE * match.seat_stderr)
    assert match.seat_stderr[0] < 0.06


@pytest.mark.parametrize(
    ("spec", "players"),
    [
        ("kuhn_poker", ["solver:lp", "random"]),
        ("kuhn_poker(players=3)", ["solver:cfr(iterations=200)", "random", "solver:cfr+"]),
        ("leduc_poker", ["random", "solver:cfr+(iterations=20)"]),
        ("chicken", ["solver:vertex_enumeration", "random"]),
        ("mckelvey_mclennan", ["solver:fictitious_play(iterations=50)", "random", "random"]),
        ("kuhn_1950", ["random", "solver:lp"]),
        ("trust", ["solver:backward_induction", "random"]),
    ],
)
def test_scores_are_those_of_exact_evaluation(spec, players) -> None:
    game = mk.load_game(spec)
    made = [mk.make_player(p, game) for p in players]
    match = mk.play(game, made, games=1500 * game.num_players, seed=4)
    exact = exact_by_seat(game, made)
    assert np.all(np.abs(match.by_seat - exact) <= SURE * match.by_seat_stderr + 1e-12)
    assert np.all(np.abs(match.mean - exact.mean(axis=1)) <= SURE * match.stderr + 1e-12)


def test_a_player_is_a_profile() -> None:
    for spec, gap in (("solver:lp", 0), ("random", 11 / 12)):
        player = mk.make_player(spec, "kuhn_poker")
        assert mk.nash_conv("kuhn_poker", player) == pytest.approx(gap, abs=1e-9)


def test_what_is_saved_plays_as_what_was_solved(tmp_path, monkeypatch) -> None:
    solution = mk.solve("kuhn_poker", "cfr+", iterations=50)
    solution.save(tmp_path / "x.npz")
    solution.profile.save(tmp_path / "x.json")
    monkeypatch.chdir(tmp_path)
    opponents = ["solver:cfr+(iterations=50)", "policy:x.npz", "policy:x.json", solution]
    scores = [mk.play("kuhn_poker", [p, "random"], 100).scores for p in opponents]
    assert all(np.array_equal(s, scores[0]) for s in scores)
    player = mk.make_player("policy:x.npz", "kuhn_poker")
    assert player.spec == f"policy:{tmp_path / 'x.npz'}"
    assert player.name == "policy:x.npz"
    monkeypatch.chdir("/")
    assert mk.make_player(player.spec, "kuhn_poker").spec == player.spec


def test_solutions_and_policies_are_players() -> None:
    game = mk.load_game("matching_pennies")
    for policy in (mk.solve(game), mk.TabularPolicy.uniform(game)):
        player = mk.make_player(policy, "matching_pennies")
        assert isinstance(player, PolicyPlayer)
        assert player.probabilities(game.new_initial_state()) == {0: 0.5, 1: 0.5}
    assert mk.play(game, [mk.solve(game), mk.TabularPolicy.uniform(game)], 2).players == (
        "lp",
        "policy",
    )


def test_a_policy_of_another_game_is_refused(tmp_path) -> None:
    path = tmp_path / "x.json"
    mk.solve("kuhn_poker").profile.save(path)
    with pytest.raises(mk.CheckpointError, match=r"does not fit|cannot be used"):
        mk.make_player(f"policy:{path}", "leduc_poker")
    with pytest.raises(mk.InvalidProfileError):
        mk.make_player(mk.solve("kuhn_poker"), "leduc_poker")


@pytest.mark.parametrize("content", [b"", b"{}", b"PK\x03\x04", b'{"format": "marl_kit.policy"}'])
def test_damaged_files_are_refused(tmp_path, content) -> None:
    path = tmp_path / "x.npz"
    path.write_bytes(content)
    with pytest.raises(mk.CheckpointError, match=r"x\.npz"):
        mk.make_player(f"policy:{path}", "kuhn_poker")


def test_reading_tells_the_two_kinds_of_files_apart(tmp_path) -> None:
    game = mk.load_game("kuhn_poker")
    solution = mk.solve(game)
    solution.save(tmp_path / "a")
    solution.profile.save(tmp_path / "b")
    assert isinstance(read_profile(tmp_path / "a", game), mk.Solution)
    assert isinstance(read_profile(tmp_path / "b", game), mk.TabularPolicy)


def test_an_action_of_probability_0_is_never_drawn() -> None:
    game = mk.load_game("matching_pennies")
    player = PolicyPlayer(mk.TabularPolicy(game, [0, 1, 1, 0]))
    assert np.all(mk.play(game, [player, player], 200).scores[::2] == [-1, 1])

    class Highest:
        def random(self):
            return 1 - 2**-53

    assert player.act(game.new_initial_state(), Highest()) == 1


def test_ctrl_c_while_a_player_is_solved_is_no_player(monkeypatch) -> None:
    solution = mk.solve("kuhn_poker")
    cut = dataclasses.replace(solution, status=mk.Status.INTERRUPTED)
    # by module: the name marl_kit.solve means the function
    monkeypatch.setattr(sys.modules["marl_kit.solve.solve"], "solve", lambda *a, **k: cut)
    with pytest.raises(KeyboardInterrupt):
        mk.make_player("solver:lp", "kuhn_poker")
