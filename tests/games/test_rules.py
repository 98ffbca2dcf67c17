"""Rules files in kernels: the right code for each file, whoever compiled what before."""

import os
import pickle
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import marl_kit as mk
from tests.reference import takeaway

ROOT = Path(__file__).parents[2]
SOURCE = Path(takeaway.__file__).read_text()
PLAY = """
import sys
import marl_kit as mk
for path in sys.argv[1:]:
    state = mk.load_game(path).new_initial_state()
    while not state.is_terminal():
        state.apply_action(state.legal_actions()[0])
    print(state.history(), state.returns())
"""
SLOW_INDEX = """
import time
from numba.core import caching
save = caching.IndexDataCacheFile._save_index
def slow(self, overloads):
    time.sleep(1.5)  # between reading the index and writing it
    save(self, overloads)
caching.IndexDataCacheFile._save_index = slow
"""


def source(**changes):
    """The rules file with other constants, such as ``PRIZE="3.0"``."""
    text = SOURCE
    for name, value in changes.items():
        lines = [
            f"{name} = {value}" if x.startswith(f"{name} = ") else x for x in text.splitlines()
        ]
        assert "\n".join(lines) + "\n" != text
        text = "\n".join(lines) + "\n"
    return text


def write(path, text):
    path.write_text(text)
    return str(path)


def play(path):
    """Everybody takes one: the moves and what is paid."""
    state = mk.load_game(path).new_initial_state()
    while not state.is_terminal():
        state.apply_action(0)
    return state.history(), state.returns()


def start(cache, *paths, program=PLAY):
    """Another process with a cache of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", program, *paths],
        cwd=ROOT,
        env=os.environ | {"NUMBA_CACHE_DIR": str(cache)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def output(process):
    out, err = process.communicate(timeout=240)
    assert process.returncode == 0, err
    return out.splitlines()


def test_two_files_in_one_process(tmp_path):
    """One kernel, two games, in turns; the second process of numba's key has the same signature."""
    one = mk.load_game(write(tmp_path / "one.py", source()))
    two = mk.load_game(write(tmp_path / "two.py", source(START=4, PRIZE="3.0")))
    (tmp_path / "below").mkdir()
    same_name = mk.load_game(write(tmp_path / "below" / "one.py", source(START=1)))
    states = [game.new_initial_state() for game in (one, two, same_name)]
    assert [str(state) for state in states] == ["5 left", "4 left", "1 left"]
    for _ in range(4):
        for state in states:
            if not state.is_terminal():
                state.apply_action(0)
    assert [state.history() for state in states] == [[0] * 4, [0] * 4, [0]]
    assert [state.returns() for state in states] == [[0.0, 0.0], [-3.0, 3.0], [1.0, -1.0]]


def test_an_edited_file_is_another_game(tmp_path):
    path = write(tmp_path / "game.py", source())
    first = mk.load_game(path)
    assert play(path) == ([0] * 5, [1.0, -1.0])
    write(tmp_path / "game.py", source(START=4, PRIZE="2.5"))
    assert play(path) == ([0] * 4, [-2.5, 2.5])
    assert str(first.new_initial_state()) == "5 left", "a game in hand keeps its rules"
    write(tmp_path / "game.py", source())
    assert play(path) == ([0] * 5, [1.0, -1.0])


BASE = (
    SOURCE.replace("START = 5", "START = 5\nTABLE = np.array([0, 1])")
    .replace("from numba import njit", "import numpy as np\nfrom numba import njit")
    .replace("    state[0] -= action + 1", "    state[0] -= _taken(action) + TABLE[0]")
    .replace(
        "@njit\ndef initial",
        "@njit\ndef _one():\n    return 1\n\n\n@njit\ndef _taken(action):\n"
        "    return action + _one()\n\n\n@njit\ndef initial",
    )
)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("START = 5", "START = 6"),
        ("PRIZE = 1.0", "PRIZE = 2.0"),
        ("PRIZE = 1.0", "PRIZE = 1"),
        ("np.array([0, 1])", "np.array([0, 2])"),
        ("np.array([0, 1])", "np.array([0, 1], np.int32)"),
        ("return action + _one()", "return action + _one() + 0"),
        ("return 1\n", "return 2\n"),
        ("min(2, state[0])", "min(3, state[0])"),
        ("min(2, state[0])", "max(2, state[0])"),
        ("out[0] = state[0]", "out[0] = state[1]"),
    ],
)
def test_whatever_the_code_refers_to_makes_another_type(tmp_path, old, new):
    """The type is what numba's cache is asked for."""
    kinds = []
    for text in (BASE, BASE.replace(old, new), BASE):
        write(tmp_path / "game.py", text)
        kinds.append(mk.load_game(tmp_path / "game.py").rules._numba_type_)
    assert BASE != BASE.replace(old, new)
    assert kinds[0] == kinds[2] != kinds[1]


def test_a_helper_in_another_file_belongs_to_the_rules(tmp_path, monkeypatch):
    """After an edit there, the next process must not find the old code."""
    monkeypatch.syspath_prepend(str(tmp_path))
    text = SOURCE.replace(
        "from numba import njit", "import takeaway_helper\nfrom numba import njit"
    )
    text = text.replace("state[0] -= action + 1", "state[0] -= takeaway_helper.taken(action)")
    kinds = []
    for number in (1, 2, 1):
        helper = (
            f"from numba import njit\n@njit\ndef taken(action):\n    return action + {number}\n"
        )
        write(tmp_path / "takeaway_helper.py", helper)
        path = write(tmp_path / "game.py", text + f"# {len(kinds)}\n")  # run again
        sys.modules.pop("takeaway_helper", None)
        shutil.rmtree(tmp_path / "__pycache__", ignore_errors=True)  # two edits in a second
        kinds.append(mk.load_game(path).rules._numba_type_)
    assert kinds[0] == kinds[2] != kinds[1]


def test_an_edited_file_is_another_game_for_the_next_process(tmp_path):
    """numba stamps the file of a kernel, not what the kernel calls."""
    path, cache = tmp_path / "game.py", tmp_path / "cache"
    expected = {"5": ["[0, 0, 0, 0, 0] [1.0, -1.0]"], "4": ["[0, 0, 0, 0] [-1.0, 1.0]"]}
    for size in ("5", "4", "5"):
        write(path, source(START=size) if size != "5" else source())
        assert output(start(cache, str(path))) == expected[size]


def test_processes_that_compile_different_games_at_once(tmp_path):
    """Each reads numba's index, adds to it and writes it back; nothing may come between.

    The delay makes the race certain where no lock is held: the later index names the data of the
    one game under the key of the other, or data that the other has overwritten.
    """
    cache = tmp_path / "cache"
    paths = [
        write(tmp_path / "one.py", source()),
        write(tmp_path / "two.py", source(START=3, PRIZE="7.0")),
    ]
    lines = ["[0, 0, 0, 0, 0] [1.0, -1.0]", "[0, 0, 0] [7.0, -7.0]"]
    together = [start(cache, path, program=SLOW_INDEX + PLAY) for path in paths]
    assert [output(process) for process in together] == [[line] for line in lines]
    written = sorted((p.name, p.stat().st_mtime_ns) for p in cache.rglob("*advance*"))
    assert len([name for name, _ in written if name.endswith(".nbc")]) == 2
    assert output(start(cache, *paths)) == lines
    assert sorted((p.name, p.stat().st_mtime_ns) for p in cache.rglob("*advance*")) == written


def test_another_process_receives_the_file_not_the_code(tmp_path):
    """As a worker of a pool does: states, games and rules travel by name."""
    path = write(tmp_path / "game.py", source(START=6))
    states = [
        mk.load_game(path).new_initial_state(),
        mk.load_game("connect_four(rows=4,columns=5,x_in_row=3)").new_initial_state(),
    ]
    for state in states:
        state.apply_action(1)
        state.apply_action(0)
    sent = pickle.dumps((states, [state.game.rules for state in states]))
    assert len(sent) < 2500, "no compiled function travels"
    (tmp_path / "sent.pickle").write_bytes(sent)
    program = """
import pickle, sys
from pathlib import Path
states, rules = pickle.loads(Path(sys.argv[1]).read_bytes())
for state, own in zip(states, rules):
    assert own._numba_type_ == state.game.rules._numba_type_
    print(state.history(), state.legal_actions(), state.current_player(), state.game.spec)
    state.apply_action(1)
    print(repr(str(state)), state.observation_tensor())
"""
    cache = os.environ["NUMBA_CACHE_DIR"]  # our own: nothing is left to compile
    told = output(start(cache, str(tmp_path / "sent.pickle"), program=program))
    for state in states:
        assert told.pop(0) == (
            f"{state.history()} {state.legal_actions()} {state.current_player()} {state.game.spec}"
        )
        state.apply_action(1)
        assert told.pop(0) == f"{str(state)!r} {state.observation_tensor()}"
    again = pickle.loads(sent)[0]
    assert [state.history() for state in again] == [[1, 0], [1, 0]]


def test_a_game_that_no_file_makes_cannot_be_sent():
    state = takeaway.load().new_initial_state()
    with pytest.raises(mk.UnsupportedGameError, match=r"takeaway was not made by mk\.load_game"):
        pickle.dumps(state)


def broken(tmp_path, old, new):
    assert old in SOURCE
    text = SOURCE.replace(old, new)
    path = tmp_path / "broken.py"
    path.write_text(text)
    return path, text


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("@njit\ndef legal", "@njit\ndef leagal", r"not there: legal\."),
        ("@njit\ndef player", "def player", r"not there: player\."),
        ("def load():", "def loud():", r"no function load"),
        ("from numba import njit", "from numba import njitt", r"cannot import name 'njitt'"),
    ],
)
def test_what_is_missing_is_said_when_the_file_is_loaded(tmp_path, old, new, complaint):
    path, _ = broken(tmp_path, old, new)
    with pytest.raises(mk.GameFileError, match=complaint) as caught:
        mk.load_game(path)
    assert caught.value.path == str(path)


@pytest.mark.parametrize(
    ("old", "new", "line", "complaint"),
    [
        # an undefined name, in each of the functions that a first position needs
        ("state[0] = START", "state[0] = STRAT", "= STRAT", "name 'STRAT' is not defined"),
        ("if state[0] > 0", "if state[0] > zero", "> zero", "name 'zero' is not defined"),
        ("in range(count):", "in range(cuont):", "(cuont)", "name 'cuont' is not defined"),
        ("out[winner] = PRIZE", "out[winner] = state2", "= state2", "'state2' is not defined"),
        # a name that is known elsewhere in the file, but not in the helper that reads it
        (
            "-= action + 1",
            "-= 1\n    help()\n@njit\ndef help():\n    state.sum()",
            ".sum()",
            "'state'",
        ),
        # types that do not fit
        ("state[0] = START", 'state[0] = "five"', '"five"', r"setitem.*Literal\[str\]\(five\)"),
        ("= min(2, state[0])", '= "2" + state[0]', '"2"', r"add\(Literal\[str\]\(2\), int64\)"),
        ("state[0] -= action + 1", "state.remove(action)", "state.remove", "attribute 'remove'"),
        ("return count", "return 1 if count else 'x'", "else 'x'", "Cannot unify"),
        # a wrong number of arguments, and what numba does not know at all
        (
            "def apply(params, state, action)",
            "def apply(state, action)",
            None,
            "too many positional",
        ),
        ("    winner = 1", "    import os\n    winner = 1", "import os", "IMPORT_NAME"),
    ],
)
def test_what_numba_refuses_has_a_file_and_a_line(tmp_path, old, new, line, complaint):
    path, text = broken(tmp_path, old, new)
    game = mk.load_game(path)
    with pytest.raises(mk.GameFileError, match=complaint) as caught:
        game.new_initial_state()
    assert caught.value.path == str(path)
    lines = text.splitlines()
    if line is not None:
        assert line in lines[caught.value.line - 1], lines[caught.value.line - 1]
    assert len(str(caught.value).splitlines()) == 1, "one line is enough"


def test_a_mistake_in_what_is_seen_has_a_line(tmp_path):
    path, text = broken(tmp_path, "out[0] = state[0]", "out[0] = states[0]")
    state = mk.load_game(path).new_initial_state()
    with pytest.raises(mk.GameFileError, match="states") as caught:
        state.observation_tensor(0)
    assert "states[0]" in text.splitlines()[caught.value.line - 1]


def test_rules_that_raise_are_named(tmp_path):
    path, _ = broken(tmp_path, "state[0] -= action + 1", "state[0] -= (action + 1) // action")
    state = mk.load_game(path).new_initial_state()
    with pytest.raises(mk.GameFileError, match="the rules raise ZeroDivisionError"):
        state.child(0)
    assert str(state.child(1)) == "3 left"


def test_a_repaired_file_works_in_the_same_process(tmp_path):
    path, _ = broken(tmp_path, "state[0] = START", "state[0] = STRAT")
    with pytest.raises(mk.GameFileError):
        mk.load_game(path).new_initial_state()
    path.write_text(SOURCE)
    assert play(path) == ([0] * 5, [1.0, -1.0])
