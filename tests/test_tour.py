"""The tour runs, prints, and its report stands alone."""

import contextlib
import io
import re
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import pytest

import marl_kit as mk
from marl_kit import tour
from marl_kit.cli import main
from marl_kit.games.catalogue import facts
from marl_kit.tour.league import BUDGETS, WAVES
from marl_kit.tour.step import stop_if_interrupted
from marl_kit.tour.textbook import TEXTBOOK
from marl_kit.tour.weak_bot import infoset_reach

LEAGUE = f"league_{mk.__version__}_seed_0"


class Taken(NamedTuple):
    page: str
    out: str
    err: str
    folder: Path


@pytest.fixture(scope="module")
def taken(tmp_path_factory) -> Taken:
    """One tour for all tests, into a folder that is not there yet."""
    folder = tmp_path_factory.mktemp("tour") / "new" / "folder"
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", "80")
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            assert main(["tour", "--out", str(folder), "--no-open"]) == 0
    page = (folder / "report.html").read_text(encoding="utf-8")
    return Taken(page, out.getvalue(), err.getvalue(), folder)


def test_every_step_is_printed_and_in_the_report(taken) -> None:
    titles = [step.title for step in tour.STEPS] + ["What to try next"]
    for title in titles:
        assert f"{title}</h2>" in taken.page
        assert title in taken.out
    assert len(tour.STEPS) == 5


def test_every_equilibrium_of_the_textbook_games_is_shown(taken) -> None:
    kinds = [mk.load_game(name).info.zero_sum for name in TEXTBOOK]
    found = [mk.all_equilibria(name) for name in TEXTBOOK]
    assert any(kinds)
    assert any(len(f) > 1 and not f.degenerate for f in found)
    assert any(f.degenerate for f in found)
    for name in TEXTBOOK:
        assert facts(name)["title"] in taken.out
    assert "Dare: 1/3, Yield: 2/3" in taken.out
    assert taken.page.count("All extreme equilibria</caption>") == len(TEXTBOOK)


def test_leduc_has_its_size_its_value_and_a_converged_cfr_plus(taken) -> None:
    for text in (taken.page, taken.out):
        assert "9,457" in text
        assert "936" in text
        assert text.count("-0.085606424078") == 2  # in the text and in the table
        assert "less than 0.001" in text
    reached = re.search(r"CFR\+ reaches NashConv (\S+)", taken.page)
    assert reached
    assert float(reached[1]) < 1e-3


def test_the_weak_bot_is_measured_and_exploited(taken) -> None:
    for text in (taken.page, taken.out):
        assert "4.74722" in text  # OpenSpiel's NashConv of uniform play
        assert "2.37361" in text
        assert "Where it loses most" in text
        assert "The strategy that exploits it" in text
        assert "Raise" in text


def test_the_report_is_one_file_that_loads_nothing(taken) -> None:
    assert {p.name for p in taken.folder.iterdir()} == {"report.html", LEAGUE}
    links = re.findall(r'(?:src|href)\s*=\s*"([^"]*)"', taken.page)
    assert links
    assert all(link.startswith("#") for link in links)
    assert not re.search(r"<script|<link|@import|url\((?!#)", taken.page)
    assert taken.page.count("<svg") == 5


def test_stdout_has_the_result_only_and_fits_the_terminal(taken) -> None:
    assert max(map(len, taken.out.splitlines())) <= 80
    for step in tour.STEPS:
        assert f"{step.title}: " in taken.err
    assert taken.err.count(" ...") >= sum(step.pieces for step in tour.STEPS)
    assert "compiling the game" not in taken.out


def test_the_commands_to_try_next_work(taken, capsys) -> None:
    import shlex

    assert len(tour.NEXT) == 4
    for command in tour.NEXT:
        program, *arguments = shlex.split(command)
        assert program == "marl-kit"
        assert main(arguments) == 0
        assert command in taken.out
    assert capsys.readouterr().out


def test_the_league_is_rated_and_drawn(taken) -> None:
    with mk.League.open(taken.folder / LEAGUE) as league:
        ratings = league.ratings().set_index("player")
        games = league.payoffs().groupby("a")["games"].sum()
    assert len(ratings) == 7
    assert ratings.loc["random", "elo"] == 0
    budgets = ratings.loc[[f"UCT {n}" for n in BUDGETS], "elo"].tolist()
    assert budgets == sorted(budgets), "a larger budget is the stronger player"
    assert set(games) == {6 * 2 * WAVES}
    for name, elo in ratings["elo"].items():
        assert re.search(rf"{name} +{elo:.0f} ", taken.out)
    assert "they differ by" in " ".join(taken.out.lower().split())


def test_the_snapshot_is_rated_as_what_it_is_a_snapshot_of(taken) -> None:
    with mk.League.open(taken.folder / LEAGUE) as league:
        ratings = league.elo()
    gap, low, high = ratings.difference("UCT 100, frozen", "UCT 100")
    assert low < 0 < high
    assert gap != 0, "their games have random numbers of their own"
    assert f"differ by {gap:+.0f} Elo" in " ".join(taken.out.split())
    assert "they agree" in " ".join(taken.out.split())


def test_the_searched_move_makes_two_threats(taken) -> None:
    """Columns 1 and 4 win by force, so the search must be sure of one of them."""
    rows = taken.out.partition("mean result for x")[2].splitlines()[2:]
    column, _, share, value, *_ = rows[0].split()
    assert column in "14"
    assert float(share.rstrip("%")) > 50
    assert float(value) > 0.7


def test_the_network_sees_both_threats(taken) -> None:
    """By itself it would play one of the two columns; after 64 positions there are no others."""
    rows = taken.out.partition("mean result for x")[2].splitlines()[2:9]
    told = {row.split()[0]: [float(t.rstrip("%")) for t in row.split()[-2:]] for row in rows}
    assert sorted(told) == list("0123456")
    assert max(told, key=lambda column: told[column][0]) in "14"
    assert sum(told[column][1] for column in "14") > 99


LEAGUE_ALONE = """
import sys
from marl_kit import tour
from marl_kit.cli import main
tour.STEPS = tuple(step for step in tour.STEPS if step.title == "A league, rated")
sys.exit(main(["tour", "--out", sys.argv[1], "--no-open"]))
"""
"""The tour without the steps that leave nothing behind: they need not be repeated twice."""


@pytest.mark.slow
def test_killed_in_the_league_the_tour_completes_it_and_repeats_nothing(taken, tmp_path) -> None:
    """kill -9 in the middle; the finished log equals that of the tour that was left alone."""
    log = tmp_path / LEAGUE / "log.sqlite"
    command = [sys.executable, "-c", LEAGUE_ALONE, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as killed:
        deadline = time.monotonic() + 200
        while not log.is_file() or len(matches(log)) < 200:
            assert killed.poll() is None, "the tour ended before it could be killed"
            assert time.monotonic() < deadline
            time.sleep(0.02)
        killed.kill()
    kept = matches(log)
    assert 200 <= len(kept) < 21 * WAVES
    done = subprocess.run(command, capture_output=True, text=True, timeout=250)
    assert done.returncode == 0, done.stderr
    assert re.search(rf"of them found in the log +{2 * len(kept)}\b", done.stdout)
    after = matches(log)
    assert [row for row in after if row in set(kept)] == kept, "a finished match was lost or redone"
    assert len(after) == len({row[:2] for row in after}) == 21 * WAVES
    whole = taken.folder / LEAGUE / "log.sqlite"
    assert sorted(games(log)) == sorted(games(whole))


def matches(log: Path) -> list[tuple]:
    """Who played which block, and when."""
    return read(
        log,
        "SELECT m.profile, m.block, d.started FROM match m JOIN done d ON d.job = m.job "
        "ORDER BY m.id",
    )


def games(log: Path) -> list[tuple]:
    """Everything of every game but for the clock and the order of entry."""
    return read(
        log,
        "SELECT m.profile, m.block, m.seed, g.number, g.actions, s.seat, s.policy, s.payoff "
        "FROM match m JOIN game g ON g.match = m.id "
        "JOIN seat s ON s.match = m.id AND s.number = g.number",
    )


def read(log: Path, query: str) -> list[tuple]:
    with contextlib.closing(sqlite3.connect(f"file:{log}?mode=ro", uri=True)) as connection:
        try:
            return connection.execute(query).fetchall()
        except sqlite3.OperationalError:  # its tables are just being made
            return []


def test_reach_is_a_probability_of_the_infoset() -> None:
    policy = mk.TabularPolicy.uniform(mk.load_game("kuhn_poker"))
    reach = dict(zip(policy.game.tree().infoset_keys, infoset_reach(policy), strict=True))
    assert reach["0"] == pytest.approx(1 / 3)  # the first player holds each card as often
    assert reach["0b"] == pytest.approx(1 / 3 * 1 / 2)
    assert reach["0pb"] == pytest.approx(1 / 3 * 1 / 2 * 1 / 2)


def test_ctrl_c_in_a_solver_ends_the_tour(monkeypatch, tmp_path, capsys) -> None:
    def interrupted(say, setting):
        stop_if_interrupted(mk.Status.INTERRUPTED)

    monkeypatch.setattr(tour, "STEPS", (tour.Step("One", 1, interrupted),))
    assert main(["tour", "--out", str(tmp_path), "--no-open"]) == 130
    assert "Traceback" not in capsys.readouterr().err


def test_a_new_step_appears_by_being_listed(monkeypatch, tmp_path) -> None:
    from marl_kit.plot.report import Text

    monkeypatch.setattr(tour, "STEPS", (tour.Step("Mine", 0, lambda say, seed: [Text("Hello")]),))
    with contextlib.redirect_stdout(io.StringIO()) as out:
        path = tour.take_tour(tmp_path)
    assert "<p>Hello</p>" in path.read_text(encoding="utf-8")
    assert "Hello" in out.getvalue()
