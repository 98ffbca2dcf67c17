"""Solutions on disk: round trips, continuation, damage."""

import io
import json
import zipfile

import numpy as np
import pytest

import marl_kit as mk

KUHN = "openspiel:kuhn_poker"
CASES = [
    (KUHN, "cfr", {"iterations": 7}),
    (KUHN, "cfr+", {"iterations": 7}),
    (KUHN, "dcfr", {"iterations": 7, "alpha": float("inf"), "beta": -float("inf"), "gamma": 1}),
    (KUHN, "lp", {}),
    ("trust", "backward_induction", {}),
    ("chicken", "vertex_enumeration", {}),
    ("shapley_1964", "fictitious_play", {"iterations": 33}),
    ("shapley_1964", "replicator", {"iterations": 33, "dt": 0.05, "seed": 4}),
    ("mckelvey_mclennan", "cfr+", {"iterations": 7}),
]


def flat(profile):
    return np.concatenate(profile) if isinstance(profile, list) else profile.probabilities


@pytest.mark.parametrize(("spec", "method", "options"), CASES)
def test_round_trip(spec, method, options, tmp_path):
    path = tmp_path / "solution.npz"
    solution = mk.solve(spec, method, **options)
    solution.save(path)
    again = mk.load_solution(path)
    assert flat(again.profile) == pytest.approx(flat(solution.profile), abs=1e-15)
    assert type(again.profile) is type(solution.profile)
    for name in (
        "nash_conv",
        "exploitability",
        "method",
        "status",
        "reason",
        "note",
        "iterations",
        "wall_time_s",
        "setup_time_s",
        "seed",
    ):
        assert getattr(again, name) == getattr(solution, name)
    assert dict(again.options) == dict(solution.options)
    assert again.values.tolist() == solution.values.tolist()
    for name in ("iteration", "wall_time_s", "nash_conv"):
        a, b = getattr(again.history, name), getattr(solution.history, name)
        assert np.array_equal(a, b)
        assert a.dtype == b.dtype
    assert again.game.spec == solution.game.spec
    assert mk.nash_conv(again.game, again) == pytest.approx(solution.nash_conv, abs=1e-12)
    assert (again.state is None) == (solution.state is None)
    assert [p.name for p in tmp_path.iterdir()] == ["solution.npz"]


@pytest.mark.parametrize(("spec", "method", "options"), [c for c in CASES if "iterations" in c[2]])
def test_going_on_from_disk_to_the_bit(spec, method, options, tmp_path):
    options = dict(options)
    count = options.pop("iterations")
    mk.solve(spec, method, iterations=count, **options).save(tmp_path / "s.npz")
    loaded = mk.load_solution(tmp_path / "s.npz")
    more = mk.solve(spec, method, iterations=20, start=loaded, **options)
    whole = mk.solve(spec, method, iterations=count + 20, **options)
    assert np.array_equal(flat(more.profile), flat(whole.profile))
    for name in type(whole.state).ARRAYS:
        assert np.array_equal(getattr(more.state, name), getattr(whole.state, name))


def test_a_game_made_in_python_is_asked_for(tmp_path):
    game = mk.NormalFormGame.from_bimatrix([[1, 2], [3, 0]])
    mk.solve(game, "cfr", iterations=5).save(tmp_path / "s.npz")
    with pytest.raises(mk.CheckpointError, match="game="):
        mk.load_solution(tmp_path / "s.npz")
    loaded = mk.load_solution(tmp_path / "s.npz", game)
    assert loaded.game is game
    assert mk.solve(game, "cfr", iterations=5, start=loaded).iterations == 10


@pytest.mark.parametrize("game", ["leduc_poker", "chicken", "openspiel:kuhn_poker(players=3)"])
def test_another_game_is_refused(game, tmp_path):
    mk.solve(KUHN, "cfr", iterations=5).save(tmp_path / "s.npz")
    with pytest.raises(mk.CheckpointError, match="does not fit"):
        mk.load_solution(tmp_path / "s.npz", game)


def test_saving_replaces_the_file(tmp_path):
    path = tmp_path / "s.npz"
    for count in (1, 2):
        mk.solve(KUHN, "cfr", iterations=count).save(path)
        assert mk.load_solution(path).iterations == count


def repacked(content, header=None, drop=(), **arrays):
    """The file with changes to its header and arrays."""
    with np.load(io.BytesIO(content), allow_pickle=False) as file:
        parts = {name: file[name] for name in file.files if name not in drop}
    if header is not None:
        old = json.loads(str(parts["header"]))
        new = header(old)
        parts["header"] = np.array(new if isinstance(new, str) else json.dumps(new))
    out = io.BytesIO()
    np.savez_compressed(out, **{**parts, **arrays})
    return out.getvalue()


def without(key):
    return lambda header: {k: v for k, v in header.items() if k != key}


def pickled(content):
    out = io.BytesIO()
    np.savez_compressed(out, header=np.array([{"a": 1}], object))
    return out.getvalue()


def bare_array(content):
    out = io.BytesIO()
    np.save(out, np.zeros(3))
    return out.getvalue()


def zip_of_text(content):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("header.npy", "not an array")
    return out.getvalue()


DAMAGE = {
    "empty": lambda c: b"",
    "text": lambda c: b"hello",
    "cut in half": lambda c: c[: len(c) // 2],
    "cut at the end": lambda c: c[:-10],
    "pickle": pickled,
    "bare array": bare_array,
    "zip of text": zip_of_text,
    "no header": lambda c: repacked(c, drop=("header",)),
    "header is no JSON": lambda c: repacked(c, header=lambda h: "{"),
    "header is a list": lambda c: repacked(c, header=lambda h: [1]),
    "another format": lambda c: repacked(c, header=lambda h: h | {"format": "x"}),
    "a newer version": lambda c: repacked(c, header=lambda h: h | {"version": 99}),
    "no game": lambda c: repacked(c, header=without("game")),
    "unknown game": lambda c: repacked(c, header=lambda h: h | {"game": "openspiel:no_such"}),
    "no method": lambda c: repacked(c, header=without("method")),
    "unknown method": lambda c: repacked(c, header=lambda h: h | {"method": "magic"}),
    "unknown status": lambda c: repacked(c, header=lambda h: h | {"status": "GREAT"}),
    "unknown option": lambda c: repacked(c, header=lambda h: h | {"options": {"a": "1"}}),
    "options are a list": lambda c: repacked(c, header=lambda h: h | {"options": [1]}),
    "option that is code": lambda c: repacked(c, header=lambda h: h | {"options": {"a": "exit()"}}),
    "no profile": lambda c: repacked(c, drop=("profile",)),
    "short profile": lambda c: repacked(c, profile=np.ones(3)),
    "profile of NaN": lambda c: repacked(c, profile=np.full(24, np.nan)),
    "no history": lambda c: repacked(c, drop=("history_iteration",)),
    "no state": lambda c: repacked(c, drop=("state_regret",)),
    "short state": lambda c: repacked(c, state_regret=np.ones(3)),
    "scalar state": lambda c: repacked(c, state_regret=np.ones(())),
}


@pytest.mark.parametrize("how", DAMAGE)
def test_damaged_files(how, tmp_path):
    path = tmp_path / "s.npz"
    mk.solve(KUHN, "cfr", iterations=5).save(path)
    path.write_bytes(DAMAGE[how](path.read_bytes()))
    with pytest.raises(mk.CheckpointError, match=r"s\.npz"):
        mk.load_solution(path)


def test_flipped_bytes_never_raise_anything_else(tmp_path):
    """Every byte of the file damaged in turn (in steps): refused, or where the byte does not
    matter (a date in the archive) loaded."""
    path = tmp_path / "s.npz"
    mk.solve(KUHN, "cfr", iterations=5).save(path)
    good = path.read_bytes()
    refused = 0
    for position in range(0, len(good), 5):
        path.write_bytes(good[:position] + bytes([good[position] ^ 0x41]) + good[position + 1 :])
        try:
            mk.load_solution(path)
        except mk.CheckpointError:
            refused += 1
    assert refused > 100


def test_missing_file(tmp_path):
    with pytest.raises(mk.CheckpointError, match="cannot be read"):
        mk.load_solution(tmp_path / "none.npz")
