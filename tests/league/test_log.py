"""The match log: whole blocks or nothing, one writer, any number of readers."""

import itertools
import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest

import marl_kit as mk
from marl_kit.league.counts import PairCount
from marl_kit.league.jobs import Played, PlayJob, Stage
from marl_kit.league.log import MatchLog
from marl_kit.league.records import Block, Clock, Member, Run
from marl_kit.league.schema import FORMAT, VERSION
from marl_kit.play.match import GameRecord
from tests.league.rows import CLOCKS, QUERIES, SESSIONS, columns, rows

RUN = Run("tic_tac_toe", 7, 7, "round_robin")
A, B, C = (Member(i, name, "random", "spec") for i, name in enumerate("abc", 1))


def block(a=A, b=B, number=0, returns=((1.0, -1.0), (0.0, 0.0))):
    games = [
        GameRecord((0, 1), (4, 0, 8), returns[0]),
        GameRecord((1, 0), (2, 5), returns[1]),
    ]
    return Block((a, b), number, ("pair", a.name, b.name, "block", number), games)


def append(log, *blocks):
    """Enter finished blocks, a job each, all of them or none."""
    log.begin_stage(Stage(1, "play", [PlayJob(b.profile, b.number, 1) for b in blocks]))
    jobs = log.open_jobs()[-len(blocks) :]
    log.finish([(j.id, Played((b,)), Clock()) for j, b in zip(jobs, blocks, strict=True)])


def results(folder):
    """All but what is still to be done."""
    return {t: found for t, found in rows(folder).items() if t not in ("stage", "job")}


@pytest.fixture
def log(tmp_path):
    log = begun(tmp_path / "run")
    yield log
    log.close()


def begun(folder):
    log = MatchLog(folder)
    log.begin(RUN)
    for member in (A, B, C):
        log.add_member(member)
    return log


def test_what_is_entered_is_read(log, tmp_path):
    append(log, block())
    append(log, block(number=1), block(A, C))
    assert log.members() == [A, B, C]
    assert log.blocks() == {(1, 2): 2, (1, 3): 1}
    assert log.num_games() == 6
    assert list(log.pair_counts()) == [
        PairCount("a", "b", 4, 2, 2, 0, 2.0, -2.0, 2.0, 2.0),
        PairCount("a", "c", 2, 1, 1, 0, 1.0, -1.0, 1.0, 1.0),
    ]
    found = rows(tmp_path / "run")
    assert found["match"][0] == (1, 1, "evaluate", "1 2", 0, '["pair", "a", "b", "block", 0]')
    assert found["game"][:2] == [(1, 0, 3, 0, "4 0 8"), (1, 1, 2, 1, "2 5")]
    # in the second game b sits at seat 0
    assert found["seat"][:4] == [
        (1, 0, 0, 1, 1),
        (1, 0, 1, 2, -1),
        (1, 1, 0, 2, 0),
        (1, 1, 1, 1, 0),
    ]


def test_the_rows_that_tests_compare_are_all_but_the_clock(log, tmp_path):
    connection = sqlite3.connect(tmp_path / "run" / "log.sqlite")
    found = columns(connection)
    connection.close()
    assert found.keys() == QUERIES.keys() | {SESSIONS}
    del found[SESSIONS]
    for table, names in found.items():
        compared = QUERIES[table].partition("SELECT ")[2].partition(" FROM")[0].split(", ")
        assert set(names) - set(compared) <= CLOCKS | {"id"}
    assert "id" in QUERIES["match"]


def test_wins_are_by_member_whatever_the_seats(log):
    append(log, block(returns=((1.0, -1.0), (1.0, -1.0))))  # both games won by seat 0
    assert list(log.pair_counts()) == [PairCount("a", "b", 2, 1, 0, 1, 0.0, 0.0, 2.0, 2.0)]


def test_a_block_is_entered_once(log, tmp_path):
    append(log, block())
    before = results(tmp_path / "run")
    with pytest.raises(mk.CheckpointError, match="UNIQUE"):
        append(log, block(number=1), block())
    assert results(tmp_path / "run") == before  # block 1 neither: all or none


def test_a_block_that_breaks_off_leaves_nothing(log, tmp_path):
    append(log, block())
    before = results(tmp_path / "run")
    broken = GameRecord((0, 1), (4, 0, 8), (1.0,))  # noticed after match and game were inserted
    with pytest.raises(ValueError, match="zip"):
        append(log, Block((A, B), 1, ("pair",), [broken]))
    assert results(tmp_path / "run") == before
    append(log, block(number=1))
    assert log.num_games() == 4


def test_a_full_disk_loses_only_the_block_that_did_not_fit(log):
    log._open().execute("PRAGMA max_page_count = 40")
    numbers = itertools.count()
    endless = (append(log, block(number=number)) for number in numbers)
    with pytest.raises(mk.CheckpointError, match="database or disk is full"):
        list(endless)
    entered = log.blocks()[1, 2]
    assert log.num_games() == 2 * entered > 0
    assert next(numbers) == entered + 1  # all but the last one
    log._open().execute("PRAGMA max_page_count = 1000")
    append(log, block(number=entered))
    assert log.blocks() == {(1, 2): entered + 1}


def test_payoffs_must_be_numbers(log):
    with pytest.raises(mk.CheckpointError, match="refuses the row"):
        append(log, block(returns=((float("nan"), 1.0), (0.0, 0.0))))
    assert log.num_games() == 0


def test_commits_are_synchronised_to_the_disk(log):
    connection = log._open()
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL
    assert connection.execute("PRAGMA foreign_keys").fetchone() == (1,)


def test_in_memory_it_is_the_same():
    log = begun(None)
    append(log, block())
    assert list(log.pair_counts()) == [PairCount("a", "b", 2, 1, 1, 0, 1.0, -1.0, 1.0, 1.0)]


def test_seeds_of_any_size(tmp_path):
    big = Run("chicken", 10**40, 10**40, "round_robin")
    log = MatchLog(tmp_path)
    log.begin(big)
    log.close()
    again = MatchLog(tmp_path, "read")
    assert again.run == big
    again.close()


# ---- one writer, many readers

OWNER = """
import sys
from pathlib import Path
from marl_kit.league.log import MatchLog
log = MatchLog(Path(sys.argv[1]))
print("open", flush=True)
sys.stdin.read()
"""


def test_a_second_writer_is_refused_and_a_killed_one_frees_the_run(tmp_path):
    folder = tmp_path / "run"
    begun(folder).close()
    with subprocess.Popen(
        [sys.executable, "-c", OWNER, folder],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as owner:
        assert owner.stdout.readline() == "open\n"
        for mode in ("create", "write"):
            with pytest.raises(mk.RunInUseError, match=rf"pid {owner.pid};"):
                MatchLog(folder, mode)
        reader = MatchLog(folder, "read")
        assert reader.members() == [A, B, C]
        reader.close()
        os.kill(owner.pid, signal.SIGKILL)
        owner.wait()
    MatchLog(folder, "write").close()


def test_twice_in_one_process(log, tmp_path):
    with pytest.raises(mk.RunInUseError, match="in this process"):
        MatchLog(tmp_path / "run")
    log.close()
    log.close()
    with pytest.raises(mk.CheckpointError, match="closed"):
        log.num_games()
    MatchLog(tmp_path / "run").close()


def test_a_log_that_is_forgotten_is_free(tmp_path):
    begun(tmp_path)
    log = MatchLog(tmp_path, "write")  # would raise RunInUseError
    assert log.run == RUN
    log.close()


def test_readers_see_whole_blocks_and_hold_nobody_up(log, tmp_path):
    reader = MatchLog(tmp_path / "run", "read")
    reader._open().execute("BEGIN")
    assert reader.num_games() == 0
    append(log, block())  # while the reader is in the middle of its transaction
    assert reader.num_games() == 0
    reader._open().execute("COMMIT")
    assert reader.num_games() == 2
    with pytest.raises(mk.InvalidOptionError, match="read only"):
        reader.require_writing()
    with pytest.raises(mk.CheckpointError, match="readonly"):
        append(reader, block(number=1))
    reader.close()


READER = """
import sys
from pathlib import Path
from marl_kit.league.log import MatchLog
log = MatchLog(Path(sys.argv[1]), "read")
seen = []
while not seen or seen[-1] < 400:
    seen.append(log.num_games())
    print(seen[-1], flush=True)
"""


def test_another_process_reads_while_this_one_writes(log, tmp_path):
    reader = subprocess.Popen(
        [sys.executable, "-c", READER, tmp_path / "run"], stdout=subprocess.PIPE, text=True
    )
    with reader:
        assert reader.stdout.readline() == "0\n"
        for number in range(200):
            append(log, block(number=number))
        seen = [int(line) for line in reader.stdout]
    assert reader.returncode == 0
    assert seen == sorted(seen)
    assert all(n % 2 == 0 for n in seen)


# ---- files that are none of ours


def test_no_run_there(tmp_path):
    for mode in ("read", "write"):
        with pytest.raises(mk.CheckpointError, match="no league in this folder"):
            MatchLog(tmp_path / "nowhere", mode)
    assert not (tmp_path / "nowhere").exists()


def test_the_folder_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(mk.InvalidOptionError, match="run's folder"):
        MatchLog(tmp_path / "file")


def text_file(file):
    file.write_text("this is no database, but it is long enough to be looked at\n" * 20)


def foreign_database(file):
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE t (x)")
    connection.close()


def changed(statement):
    def change(file):
        begun(file.parent).close()
        with sqlite3.connect(file) as connection:
            connection.execute(statement)
        connection.close()

    return change


def truncated(file):
    log = begun(file.parent)
    append(log, *(block(number=n) for n in range(500)))
    log.close()
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2])


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (text_file, "not a database"),
        (foreign_database, f"not a {FORMAT} log"),
        (changed("UPDATE run SET version = 99"), f"version 99; this release reads {VERSION}"),
        (changed("UPDATE run SET format = 'other'"), f"not a {FORMAT} log"),
        (changed("DELETE FROM run"), f"not a {FORMAT} log"),
        (changed("UPDATE run SET seed = 'x'"), "seed is damaged"),
        (truncated, "malformed"),
    ],
)
@pytest.mark.parametrize("mode", ["create", "write", "read"])
def test_foreign_and_damaged_files(tmp_path, spoil, message, mode):
    file = tmp_path / "log.sqlite"
    spoil(file)
    before = file.read_bytes()
    with pytest.raises(mk.CheckpointError, match=message) as caught:
        MatchLog(tmp_path, mode).pair_counts()
    assert str(caught.value).startswith(f"{file}: ")
    assert "\n" not in str(caught.value)
    if spoil is text_file:
        assert file.read_bytes() == before


def test_a_file_without_tables_is_a_run_that_has_not_begun(tmp_path):
    (tmp_path / "log.sqlite").write_bytes(b"")  # as a kill in the first moment leaves it
    log = MatchLog(tmp_path)
    assert log.run is None
    log.begin(RUN)
    log.close()


# ---- many matches


@pytest.mark.parametrize("number", [5_000, pytest.param(100_000, marks=pytest.mark.slow)])
def test_many_matches(tmp_path, number):
    """Inserted in one transaction, and counted as a slow and obvious twin counts them."""
    members = [Member(i, f"m{i}", "random", "spec") for i in range(1, 21)]
    pairs = [(a, b) for a in members for b in members if a.id < b.id]
    outcome = np.random.default_rng(5).integers(-1, 2, size=(number, 2)).astype(float)
    blocks = []
    expected = Counter()
    for k, (first, second) in enumerate(outcome.tolist()):
        a, b = pairs[k % len(pairs)]
        # the second game by seat, where b sits first
        blocks.append(block(a, b, k // len(pairs), ((first, -first), (-second, second))))
        for payoff in (first, second):
            expected[a.name, b.name, payoff] += 1
    log = MatchLog(tmp_path)
    log.begin(RUN)
    for member in members:
        log.add_member(member)
    append(log, *blocks)
    counts = log.pair_counts()
    assert sum(c.games for c in counts) == log.num_games() == 2 * number
    for c in counts:
        wins, draws, losses = (expected[c.a, c.b, x] for x in (1, 0, -1))
        assert (c.wins_a, c.draws, c.wins_b) == (wins, draws, losses)
        assert (c.total_a, c.total_b) == (wins - losses, losses - wins)
    assert [json.loads(row[5]) for row in rows(tmp_path)["match"][:2]] == [
        ["pair", "m1", "m2", "block", 0],
        ["pair", "m1", "m3", "block", 0],
    ]
    log.close()
