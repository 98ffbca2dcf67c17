"""The shell: results on stdout, one line for an error, exit codes."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import marl_kit as mk
from marl_kit.cli import doctor, main
from marl_kit.cli.waiting import COMPILING

CFR_PLUS_100 = 0.002388808202  # golden NashConv of CFR+ on Kuhn after 100 iterations
HUNDRED = ("kuhn_poker", "--method", "cfr+", "--iterations", "100")


@pytest.fixture(autouse=True)
def no_terminal(monkeypatch) -> None:
    """xdist tells its workers how wide the terminal is; a pipe has no width."""
    monkeypatch.delenv("COLUMNS", raising=False)


def run(capsys, *arguments: str) -> tuple[int, str, str]:
    """Exit code, stdout, and stderr without the remark that kernels are compiled."""
    code = main(arguments)
    captured = capsys.readouterr()
    return code, captured.out, captured.err.replace(COMPILING + "\n", "")


def run_json(capsys, *arguments: str) -> dict:
    code, out, err = run(capsys, *arguments, "--json")
    assert (code, err) == (0, "")
    return json.loads(out)


# games


def test_games_lists_the_catalogue(capsys) -> None:
    listed = run_json(capsys, "games")["games"]
    assert [game["name"] for game in listed] == [game.name for game in mk.list_games()]
    code, out, err = run(capsys, "games", "--form", "normal")
    assert (code, err) == (0, "")
    assert "chicken" in out
    assert "selten_horse" not in out
    assert all(game.source in out for game in mk.list_games("normal")), "a pipe cuts nothing"


def test_games_takes_one_line_each_on_a_narrow_terminal(capsys, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    _, out, _ = run(capsys, "games", "--form", "normal")
    lines = out.splitlines()
    assert len(lines) == len(mk.list_games("normal")) + 2
    assert max(map(len, lines)) <= 80
    assert all(
        any(line.startswith(g.name + " ") for line in lines) for g in mk.list_games("normal")
    )


# solve


def test_solve_prints_certificate_and_policy(capsys) -> None:
    code, out, _ = run(capsys, "solve", "kuhn_poker")
    assert code == 0
    assert "-0.055556  0.055556" in out
    assert "(sum of gains)" in out
    assert "(NashConv / 2)" in out
    assert "0pb" in out


def test_solve_prints_the_names_of_actions(capsys) -> None:
    _, out, _ = run(capsys, "solve", "matching_pennies")
    assert "Heads: 0.5000, Tails: 0.5000" in out


def test_solve_json_has_the_keys_and_numbers_of_to_dict(capsys) -> None:
    content = run_json(
        capsys, "solve", "kuhn_poker", "-m", "dcfr", "-o", "alpha=2", "--iterations", "20"
    )
    expected = mk.solve("kuhn_poker", "dcfr", alpha=2, iterations=20).to_dict()
    assert content.keys() == expected.keys()
    for key in ("nash_conv", "values", "profile", "method", "seed"):
        assert content[key] == expected[key]
    assert content["options"]["alpha"] == 2


def test_json_is_strict_where_numbers_are_infinite(capsys) -> None:
    content = run_json(capsys, "solve", "chicken", "-m", "dcfr(alpha=inf,iterations=5)")
    assert content["options"]["alpha"] == "inf"


def test_options_may_stand_in_the_method_and_beside_it(capsys) -> None:
    method = ("solve", "kuhn_poker", "--iterations", "5", "-m", "dcfr(alpha=2)", "-o", "beta=-1")
    assert run_json(capsys, *method)["options"] == {"alpha": 2, "beta": -1, "gamma": 2.0}


def test_solve_all_shows_every_equilibrium_with_its_nash_conv(capsys) -> None:
    code, out, _ = run(capsys, "solve", "chicken", "--all")
    assert code == 0
    assert "Dare: 1/3, Yield: 2/3" in out
    assert "NashConv" in out
    assert "COMPLETE" in out
    content = run_json(capsys, "solve", "chicken", "--all")
    assert content.keys() == mk.all_equilibria("chicken").to_dict().keys()
    assert len(content["equilibria"]) == len(content["certificates"]) == 3


def test_long_policies_are_cut_and_full_shows_them(capsys) -> None:
    game = "liars_dice(dice_sides=2)"
    infosets = mk.load_game(game).tree().num_infosets
    _, short, remark = run(capsys, "solve", game)
    _, full, silence = run(capsys, "solve", game, "--full")
    assert f"20 of {infosets} infosets" in remark
    assert silence == ""
    assert len(full.splitlines()) - len(short.splitlines()) == infosets - 20


def test_what_is_saved_can_be_drawn_and_exploited(capsys, tmp_path) -> None:
    saved, drawn, policy = (tmp_path / name for name in ("x.npz", "x.png", "x.json"))
    code, _, _ = run(capsys, "solve", *HUNDRED, "--save", str(saved), "--plot", str(drawn))
    assert code == 0
    assert drawn.read_bytes().startswith(b"\x89PNG")
    mk.load_solution(saved).profile.save(policy)
    for path in (saved, policy):
        content = run_json(capsys, "exploit", "kuhn_poker", str(path))
        assert content["nash_conv"] == pytest.approx(CFR_PLUS_100, abs=1e-12)


# exploit


def test_exploit_prints_both_measures_and_the_worst_infosets(capsys) -> None:
    code, out, _ = run(capsys, "exploit", "kuhn_poker", "uniform", "--most", "3")
    assert code == 0
    assert "NashConv        0.916667  (sum of the gains below)" in out
    assert "exploitability  0.458333  (NashConv / 2)" in out
    for key in mk.infoset_losses("kuhn_poker", "uniform").to_frame(3)["infoset"]:
        assert f" {key} " in out


def test_exploit_json_adds_up(capsys) -> None:
    content = run_json(capsys, "exploit", "kuhn_poker", "uniform", "--most", "100")
    assert content["nash_conv"] == pytest.approx(11 / 12)
    assert content["exploitability"] == pytest.approx(11 / 24)
    assert sum(p["gain"] for p in content["players"]) == pytest.approx(11 / 12)
    assert sum(row["loss"] for row in content["infosets"]) == pytest.approx(11 / 12)
    for player in content["players"]:
        assert player["gain"] == pytest.approx(player["best_response"] - player["value"])


def test_exploit_solves_first_when_given_a_method(capsys) -> None:
    code, out, err = run(capsys, "exploit", "kuhn_poker", "cfr+(iterations=100)", "--json")
    assert code == 0
    assert json.loads(out)["nash_conv"] == pytest.approx(CFR_PLUS_100, abs=1e-12)
    assert err.startswith("solving kuhn_poker by cfr+(iterations=100) first")


def test_exploit_takes_matrix_games(capsys) -> None:
    content = run_json(capsys, "exploit", "chicken", "uniform")
    assert content["nash_conv"] == pytest.approx(mk.nash_conv("chicken", "uniform"))


# doctor


def test_doctor_knows_libraries_and_extras(capsys) -> None:
    content = run_json(capsys, "doctor")
    assert content["marl_kit"] == mk.__version__
    assert content["libraries"]["numpy"] == np.__version__
    assert {"pettingzoo", "ray", "gambit"} <= content["extras"].keys()
    assert content["cores"] >= 1


def test_doctor_says_how_to_get_what_is_missing(capsys, monkeypatch) -> None:
    requirements = ["numpy>=2", "nobody-has-this>=1; extra == 'rare'", 'numpy; extra == "common"']
    monkeypatch.setattr(doctor.metadata, "requires", lambda name: requirements)
    code, out, _ = run(capsys, "doctor")
    assert code == 0
    assert "pip install 'marl-kit[rare]'" in out
    assert "marl-kit[common]" not in out
    monkeypatch.setattr(doctor.metadata, "requires", lambda name: ["nobody-has-this>=1"])
    code, out, _ = run(capsys, "doctor")
    assert code == 1
    assert "MISSING" in out


# errors


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["solve", "chickn"], "did you mean 'chicken'"),
        (["solve"], "Missing argument 'GAME'"),
        (["solve", "chicken", "--bogus"], "No such option"),
        (["sovle", "chicken"], "No such command 'sovle'"),
        (["solve", "chicken", "--method", "cfr++"], "unknown method 'cfr++'"),
        (["solve", "chicken", "--iterations", "many"], "integer"),
        (["solve", "chicken", "--iterations", "0"], "at least 1"),
        (["solve", "chicken", "--method", "lp"], "lp needs payoffs that sum to a constant"),
        (["solve", "kuhn_poker", "--method", "dcfr", "-o", "alpha"], "key=value"),
        (["solve", "kuhn_poker", "-m", "dcfr(alpha=1)", "-o", "alpha=2"], "given twice"),
        (["solve", "kuhn_poker", "-m", "cfr", "-o", "seed=2"], "option of cfr 'seed'"),
        (["solve", "chicken", "--all", "--tol", "1"], "--tol does not go with --all"),
        (["solve", "chicken", "--save", "no/such/folder/x"], "no folder no/such/folder"),
        (["solve", "chicken", "--save", "."], "is a folder"),
        (["solve", "absent_minded_driver", "--method", "cfr"], "player 0 is absent-minded at"),
        (["solve", "missing/game.efg"], "no such file"),
        (["exploit", "kuhn_poker", "nothing.json"], "cannot be read"),
        (["exploit", "kuhn_poker", "uniforn"], "did you mean 'uniform'"),
        (["exploit", "kuhn_poker", "uniform", "--most", "0"], "--most"),
        (["games", "--form", "norml"], "did you mean 'normal'"),
        (["tour", "--no-open", "--out", __file__], "File exists"),
    ],
)
def test_an_error_is_one_line_and_exit_code_2(capsys, arguments, words) -> None:
    code, out, err = run(capsys, *arguments)
    assert (code, out) == (2, "")
    assert err.startswith("error: ")
    assert err.endswith("\n")
    assert err.count("\n") == 1
    assert words in err


def test_that_simultaneous_moves_became_turns_is_said(capsys) -> None:
    spec = "goofspiel(num_cards=2,imp_info=true,points_order=descending,returns_type=win_loss)"
    said = "simultaneous moves became turns"
    _, out, _ = run(capsys, "solve", spec)
    assert said in out
    assert said in run_json(capsys, "solve", spec, "--method", "cfr", "--iterations", "1")["note"]


def test_a_solution_of_another_game_is_refused(capsys, tmp_path) -> None:
    saved = tmp_path / "x.npz"
    mk.solve("chicken").save(saved)
    code, _, err = run(capsys, "exploit", "kuhn_poker", str(saved))
    assert code == 2
    assert "does not fit" in err


# the program


def test_help_and_version(capsys) -> None:
    for arguments in ([], ["--help"], ["solve", "--help"]):
        code, out, err = run(capsys, *arguments)
        assert (code, err) == (0, "")
        assert "Usage: marl-kit" in out
    assert run(capsys, "--version")[1] == f"marl-kit {mk.__version__}\n"


@pytest.mark.parametrize(
    "program", [[sys.executable, "-m", "marl_kit"], [Path(sys.executable).parent / "marl-kit"]]
)
def test_the_module_and_the_script_answer(program) -> None:
    command = [*program, "solve", "matching_pennies", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["values"] == [0.0, 0.0]


def test_an_error_of_the_process_has_no_traceback() -> None:
    command = [sys.executable, "-m", "marl_kit", "solve", "kuhn_pokr"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: unknown game 'kuhn_pokr'")
    assert done.stderr.count("\n") == 1


SAYS_WHEN_IT_RUNS = """
import sys
from marl_kit.cli import main
from marl_kit.solve import driver

kept = driver.is_checkpoint

def is_checkpoint(t):
    if t == 100:
        print("running", file=sys.stderr, flush=True)
    return kept(t)

driver.is_checkpoint = is_checkpoint
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize("command", ["solve", "exploit"])
def test_ctrl_c_prints_what_was_reached_and_exits_130(command) -> None:
    solve = ["leduc_poker", "--method", "cfr", "--iterations", "100000000"]
    exploit = ["leduc_poker", "cfr(iterations=100000000)"]
    arguments = [command, *(solve if command == "solve" else exploit), "--json"]
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
    assert 0 < content["nash_conv"] < 5
    if command == "solve":
        assert content["status"] == "INTERRUPTED"
        assert 100 <= content["iterations"] < 100_000_000


def test_the_first_call_says_that_it_compiles_and_the_second_is_silent(tmp_path) -> None:
    code = "import sys; from marl_kit.cli import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", code, "exploit", "kuhn_poker", "uniform", "--json"]
    said = []
    for _ in range(2):
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
            env=os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)},
        )
        said.append(done.stderr)
    assert said == [COMPILING + "\n", ""]
