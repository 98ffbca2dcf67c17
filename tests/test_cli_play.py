"""``marl-kit play``, and ``marl-kit exploit`` of players."""

import io
import json
import re
import signal
import subprocess
import sys

import pytest

import marl_kit as mk
from marl_kit.cli import main
from marl_kit.cli.waiting import COMPILING

CFR_PLUS_100 = 0.002388808202  # golden NashConv of CFR+ on Kuhn after 100 iterations


@pytest.fixture(autouse=True)
def no_terminal(monkeypatch) -> None:
    """xdist tells its workers how wide the terminal is; a pipe has no width."""
    monkeypatch.delenv("COLUMNS", raising=False)


def run(capsys, *arguments: str) -> tuple[int, str, str]:
    """Exit code, stdout, and stderr without the remark that kernels are compiled."""
    code = main(arguments)
    captured = capsys.readouterr()
    return code, captured.out, captured.err.replace(COMPILING + "\n", "")


def cells(out: str, first: str) -> list[list[str]]:
    """The cells of the rows that begin with a name."""
    lines = [re.split(r"\s{2,}", line.strip()) for line in out.splitlines()]
    return [line for line in lines if line[0] == first]


# play


def test_play_prints_scores_by_player_and_by_seat(capsys) -> None:
    code, out, err = run(capsys, "play", "tic_tac_toe", "mcts(simulations=20)", "random")
    assert (code, err) == (0, "")
    match = mk.play("tic_tac_toe", ["mcts(simulations=20)", "random"])
    assert cells(out, "game") == [["game", "tic_tac_toe"]]
    assert cells(out, "games") == [["games", "100 (50 blocks of 2, seats rotated)"]]
    assert cells(out, "seed") == [["seed", "0"]]
    for p, name in enumerate(match.players):
        total, seats = cells(out, name)
        assert total[1:4] == ["100", f"{match.mean[p]:+.4f}", f"{match.stderr[p]:.4f}"]
        assert total[4:] == [str(n) for n in match.wins_draws_losses[p]]
        pairs = zip(match.by_seat[p], match.by_seat_stderr[p], strict=True)
        assert seats[1:] == [f"{mean:+.4f} ({error:.4f})" for mean, error in pairs]
    (together,) = cells(out, "all players")
    assert together[1].startswith(f"{match.seat_mean[0]:+.4f}")


def test_wins_are_counted_for_two_players_only(capsys) -> None:
    _, two, _ = run(capsys, "play", "kuhn_poker", "random", "random", "--games", "2")
    _, three, _ = run(capsys, "play", "kuhn_poker(players=3)", *["random"] * 3, "--games", "3")
    assert "drawn" in two
    assert "drawn" not in three
    assert "seat 2" in three


def test_play_json_is_to_dict(capsys) -> None:
    arguments = ("play", "kuhn_poker", "random", "solver:lp", "--games", "7", "--seed", "5")
    code, out, err = run(capsys, *arguments, "--json")
    assert code == 0
    assert err == "solving kuhn_poker by lp first ...\n"
    match = mk.play("kuhn_poker", ["random", "solver:lp"], games=7, seed=5)
    assert json.loads(out) == match.to_dict()
    assert json.loads(out)["games"] == 8


def test_json_has_no_nan(capsys) -> None:
    _, out, _ = run(capsys, "play", "chicken", "random", "random", "--games", "1", "--json")
    assert json.loads(out)["stderr"] == [None, None]


def test_the_same_seed_prints_the_same(capsys) -> None:
    shown = [
        run(capsys, "play", "kuhn_poker", "random", "random", "--seed", seed)[1]
        for seed in ("3", "3", "4")
    ]
    assert shown[0] == shown[1] != shown[2]


def test_a_person_plays_one_game_in_each_seat(capsys, monkeypatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("Dare\n1\n"))
    code, out, err = run(capsys, "play", "chicken", "human", "random")
    assert code == 0
    assert "2 (1 block of 2, seats rotated)" in out
    assert "Your actions: 0: Dare,  1: Yield" in err
    assert err.count("The game is over") == 2
    assert "Dare" not in out


def test_a_person_who_leaves_sees_what_was_reached(capsys, monkeypatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("Dare\n1\nq\n"))
    code, out, _ = run(capsys, "play", "chicken", "human", "random", "--games", "4")
    assert code == 130
    assert "INTERRUPTED" in out
    assert cells(out, "human")[0][1] == "2"
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    code, out, _ = run(capsys, "play", "chicken", "human", "random")
    assert code == 130
    assert "0 (0 blocks of 2" in out
    assert not cells(out, "human"), "no table of nothing"


def test_exploit_of_a_player_that_tells_nothing_freezes_it(capsys) -> None:
    spec = "rollout(base=random,simulations=1)"
    code, out, err = run(capsys, "exploit", "tic_tac_toe", spec, "--seed", "3")
    assert (code, err) == (0, "")
    report = mk.refute("tic_tac_toe", spec, seeds=range(3, 13))
    assert "frozen by each seed (10 from 3)" in out
    gap = report.nash_conv.mean()
    assert f"{gap:.6g}  (mean over the seeds)" in out
    assert "exploitable by no more, on average over" in out
    assert f"{gap / 2:.6g}  (NashConv / 2)" in out
    (line,) = [row[1] for row in cells(out, "player 1") if len(row) > 1]
    assert line.startswith(report.summary(1)["refutation"][0])
    code, out, _ = run(capsys, "exploit", "tic_tac_toe", spec, "--seed", "3", "--json")
    told = json.loads(out)
    assert told["nash_conv_bound"] == pytest.approx(gap)
    assert told["exploitability_bound"] == pytest.approx(gap / 2)
    assert told["bound"].startswith("upper, in expectation")
    assert not {"nash_conv", "exploitability"} & set(told)
    assert told["policy"] == spec
    assert told["kind"] == "exact best responses against the player frozen by each seed"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["play"], "Missing argument 'GAME'"),
        (["play", "chicken"], "Missing argument"),
        (["play", "chicken", "random"], "has 2 players and 1 were given"),
        (["play", "chicken", *["random"] * 3], "has 2 players and 3 were given"),
        (["play", "chickn", "random", "random"], "did you mean 'chicken'"),
        (["play", "chicken", "randm", "random"], "did you mean 'random'"),
        (["play", "chicken", "mcts", "random"], "has hidden information"),
        (["play", "tic_tac_toe", "mcts(simulations=0)", "random"], "simulations of mcts is 0"),
        (["play", "trust", "openspiel:mcts", "random"], "OpenSpiel has no game"),
        (["play", "chicken", "policy:none.npz", "random"], "none.npz"),
        (["play", "chicken", "random", "random", "--games", "0"], "games is 0"),
        (["play", "chicken", "random", "random", "--games", "x"], "integer"),
        (["play", "chicken", "random", "random", "--seed", "-1"], "seed is -1"),
        (["play", "openspiel:negotiation", "random", "random"], "draws its chance moves itself"),
        (["exploit", "connect_four", "mcts"], "does not tell its probabilities"),
        (["exploit", "connect_four", "mcts"], "asked about every position of connect_four"),
        (["exploit", "chicken", "human"], "a person cannot be frozen"),
        (["exploit", "kuhn_poker", "mcts"], "has hidden information"),
        (["exploit", "kuhn_poker", "policy:none.npz"], "none.npz"),
        (["exploit", "kuhn_poker", "solver:cfr++"], "cfr++"),
        (["exploit", "kuhn_poker", "randon"], "did you mean 'random'"),
    ],
)
def test_an_error_is_one_line_and_exit_code_2(capsys, arguments, words) -> None:
    code, out, err = run(capsys, *arguments)
    assert (code, out) == (2, "")
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert words in err


SAYS_WHEN_IT_RUNS = """
import sys
from marl_kit.cli import main
from marl_kit.play import match

kept, count = match.play_block, 0

def play_block(*arguments):
    global count
    count += 1
    if count == 5:
        print("running", file=sys.stderr, flush=True)
    return kept(*arguments)

match.play_block = play_block
sys.exit(main(sys.argv[1:]))
"""


def test_ctrl_c_prints_what_was_reached_and_exits_130() -> None:
    arguments = ["play", "kuhn_poker", "random", "random", "--games", "1000000000", "--json"]
    child = subprocess.Popen(
        [sys.executable, "-c", SAYS_WHEN_IT_RUNS, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert any(line == "running\n" for line in child.stderr), "it ended before it ran"
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=120)
    assert (child.returncode, err) == (130, "")
    content = json.loads(out)
    assert content["status"] == "INTERRUPTED"
    assert content["games"] >= 10
    assert content["games"] % 2 == 0
    assert len(content["scores"]) == content["games"]


# exploit


def test_exploit_takes_players_that_tell_their_probabilities(capsys, tmp_path) -> None:
    path = tmp_path / "x.npz"
    mk.solve("kuhn_poker", "cfr+", iterations=100).save(path)
    shown = {}
    for spec in (
        "random",
        "uniform",
        f"policy:{path}",
        str(path),
        "solver:cfr+(iterations=100)",
        "cfr+(iterations=100)",
    ):
        code, out, err = run(capsys, "exploit", "kuhn_poker", spec, "--json")
        assert code == 0
        assert ("solving kuhn_poker by cfr+(iterations=100) first" in err) == spec.endswith(")")
        shown[spec] = json.loads(out)["nash_conv"]
    uniform, *solved = sorted(shown.values(), reverse=True)[1:]
    assert shown["random"] == shown["uniform"] == uniform == pytest.approx(11 / 12)
    assert solved == pytest.approx([CFR_PLUS_100] * 4, abs=1e-12)


def test_exploit_takes_players_of_matrix_games(capsys) -> None:
    for spec in ("random", "solver:vertex_enumeration"):
        code, out, _ = run(capsys, "exploit", "chicken", spec, "--json")
        assert code == 0
        assert json.loads(out)["policy"] == spec
    assert json.loads(out)["nash_conv"] < 1e-9
