"""numba's cache: the second process compiles nothing.

Compared are the files in the cache directory (``.nbi`` indices and ``.nbc`` machine code): a
process that compiles writes one, whatever it is called. No timing is looked at.
"""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

SOLVE = """
import marl_kit as mk
solution = mk.solve("kuhn_poker", "cfr+", iterations=1000)
print(repr(solution.nash_conv), solution.values.tolist())
print(solution.profile.probabilities.tolist())
"""
MATRIX = """
import marl_kit as mk
for method in ("fictitious_play", "replicator"):
    solution = mk.solve("shapley_1964", method, iterations=1000)
    print(repr(solution.nash_conv), [x.tolist() for x in solution.profile])
losses = mk.infoset_losses("leduc_poker", "uniform")
print(repr(float(losses.loss.sum())))
"""
SEARCH = """
import marl_kit as mk
from marl_kit.search.search import search
from marl_kit.search.uct import UCT
for spec in ("tic_tac_toe", "pig(winscore=10)", "openspiel:pig(winscore=10)"):
    game = mk.load_game(spec)
    state = game.new_initial_state()
    for key in (1, 2):
        result = search(game, state, UCT(300), key)
        print(spec, key, result.best, result.visits.tolist(), result.values.tolist())
"""


def run(program, cache):
    environment = os.environ | {"NUMBA_CACHE_DIR": str(cache)}
    root = Path(__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def files(cache):
    return {
        str(path.relative_to(cache)): (path.stat().st_mtime_ns, digest(path))
        for path in cache.rglob("*")
        if path.is_file()
    }


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def check(program, cache):
    first = run(program, cache)
    written = files(cache)
    assert any(name.endswith(".nbi") for name in written)
    assert any(name.endswith(".nbc") for name in written)
    second = run(program, cache)
    assert second == first
    assert files(cache) == written


def test_solving(tmp_path):
    check(SOLVE, tmp_path)


def test_methods_on_matrices_and_evaluation(tmp_path):
    check(MATRIX, tmp_path)


def test_searching_boards_and_states(tmp_path):
    """Kernels that are compiled anew for every rules file, beside those that are not."""
    check(SEARCH, tmp_path)
    compiled = [path.name for path in tmp_path.rglob("*search_boards*.nbc")]
    assert len(compiled) == 2, "one for each rules file"
