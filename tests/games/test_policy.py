"""TabularPolicy: checks, views, files."""

import json

import numpy as np
import pytest

import marl_kit as mk

KUHN = "openspiel:kuhn_poker"


@pytest.fixture(scope="module")
def kuhn():
    return mk.load_game(KUHN)


@pytest.fixture(scope="module")
def policy(kuhn):
    rows = np.random.default_rng(5).dirichlet([1, 1], 12)
    return mk.TabularPolicy(kuhn, rows.ravel())


def test_uniform(kuhn):
    assert np.all(mk.TabularPolicy.uniform(kuhn).probabilities == 0.5)


def test_lookup_by_state_and_by_key(kuhn, policy):
    state = kuhn.new_initial_state()
    for action in (2, 0):
        state.apply_action(action)
    expected = dict(enumerate(policy.to_dict()["2"]))
    assert policy.action_probabilities(state) == policy.at("2") == expected
    with pytest.raises(mk.InvalidProfileError, match="'nowhere'"):
        policy.at("nowhere")


def test_to_dict_covers_every_infoset(kuhn, policy):
    table = policy.to_dict()
    assert tuple(table) == kuhn.tree().infoset_keys
    assert np.array_equal(np.concatenate(list(table.values())), policy.probabilities)


def test_frame(kuhn, policy):
    frame = policy.to_frame()
    assert list(frame.columns) == ["player", "infoset", "action", "probability"]
    assert len(frame) == 24
    row = frame[(frame["infoset"] == "0pb") & (frame["action"] == "Bet")]
    assert row["player"].tolist() == [0]
    assert row["probability"].tolist() == [policy.to_dict()["0pb"][1]]


def test_frame_of_a_file_game_has_its_action_names():
    frame = mk.TabularPolicy.uniform(mk.load_game("trust")).to_frame()
    assert frame["action"].tolist() == ["Trust", "Do not trust", "Honour", "Abuse"]


def test_probabilities_are_locked(policy):
    with pytest.raises(ValueError, match="read-only"):
        policy.probabilities[0] = 1


def test_small_rounding_is_mended(kuhn):
    policy = mk.TabularPolicy(kuhn, np.full(24, 0.5 + 2e-7))
    assert np.all(policy.probabilities == 0.5)
    rows = np.tile([1 + 1e-8, -1e-8], 12)
    assert np.array_equal(mk.TabularPolicy(kuhn, rows).probabilities, np.tile([1.0, 0.0], 12))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({3: float("nan")}, "is nan"),
        ({3: float("inf")}, "is inf"),
        ({3: -0.5, 2: 1.5}, "is -0.5"),
        ({0: 0.6}, r"'0' sum to 1.1"),
        ({0: 0.50001}, r"sum to 1.00001"),
    ],
)
def test_bad_numbers(kuhn, change, message):
    rows = np.full(24, 0.5)
    for slot, value in change.items():
        rows[slot] = value
    with pytest.raises(mk.InvalidProfileError, match=message):
        mk.TabularPolicy(kuhn, rows)


@pytest.mark.parametrize("rows", [np.full(23, 0.5), np.full((12, 2), 0.5), ["a"] * 24, 0.5, None])
def test_bad_shapes(kuhn, rows):
    with pytest.raises(mk.InvalidProfileError):
        mk.TabularPolicy(kuhn, rows)


@pytest.mark.parametrize(
    "spec", [KUHN, "openspiel:kuhn_poker(players=3)", "selten_horse", "chicken", "beer_quiche"]
)
def test_file_round_trip(spec, tmp_path):
    game = mk.load_game(spec)
    sizes = game.tree().num_actions
    rng = np.random.default_rng(2)
    policy = mk.TabularPolicy(game, np.concatenate([rng.dirichlet(np.ones(n)) for n in sizes]))
    policy.save(tmp_path / "policy.json")
    again = mk.load_policy(tmp_path / "policy.json")
    assert again.probabilities == pytest.approx(policy.probabilities, abs=1e-15)
    assert again.game.spec == game.spec
    assert mk.nash_conv(again.game, again) == pytest.approx(mk.nash_conv(game, policy), abs=1e-12)
    assert [p.name for p in tmp_path.iterdir()] == ["policy.json"]


def test_a_game_made_in_python_is_asked_for(tmp_path):
    game = mk.NormalFormGame.from_bimatrix([[1, 2], [3, 0]])
    mk.TabularPolicy.uniform(game).save(tmp_path / "p.json")
    with pytest.raises(mk.CheckpointError, match="game="):
        mk.load_policy(tmp_path / "p.json")
    assert mk.load_policy(tmp_path / "p.json", game).game is game


def test_another_game_is_refused(policy, tmp_path):
    policy.save(tmp_path / "p.json")
    with pytest.raises(mk.CheckpointError, match="does not fit leduc_poker"):
        mk.load_policy(tmp_path / "p.json", mk.load_game("leduc_poker"))


def corruptions():
    """From the text of a good file to a bad one."""

    def edit(**changes):
        return lambda text: json.dumps(json.loads(text) | changes)

    def row(**changes):
        def apply(text):
            content = json.loads(text)
            content["policy"][0] |= changes
            return json.dumps(content)

        return apply

    def drop(key):
        def apply(text):
            content = json.loads(text)
            del content[key]
            return json.dumps(content)

        return apply

    return {
        "empty": lambda text: "",
        "cut": lambda text: text[: len(text) // 2],
        "not ours": lambda text: "[1, 2]",
        "bytes": lambda text: b"\xff\xfe\x00\x81",
        "format": edit(format="something else"),
        "version": edit(version=99),
        "policy is a number": edit(policy=3),
        "rows are numbers": edit(policy=[1, 2, 3]),
        "no policy": drop("policy"),
        "no game": drop("game"),
        "game is a number": edit(game=3),
        "unknown infoset": row(infoset="nowhere"),
        "infoset is a list": row(infoset=["0"]),
        "probabilities are missing": row(probabilities=[]),
        "probabilities are words": row(probabilities=["a", "b"]),
        "probabilities are a number": row(probabilities=1.0),
        "unnormalised": row(probabilities=[0.9, 0.9]),
        "not a number": row(probabilities=[float("nan"), 1.0]),
    }


@pytest.mark.parametrize("how", corruptions())
def test_corrupted_files(how, policy, tmp_path):
    path = tmp_path / "p.json"
    policy.save(path)
    content = corruptions()[how](path.read_text())
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(mk.CheckpointError, match=r"p\.json"):
        mk.load_policy(path)


def test_missing_file(tmp_path):
    with pytest.raises(mk.CheckpointError, match="No such file"):
        mk.load_policy(tmp_path / "none.json")


def test_saving_into_no_folder_leaves_a_clear_error(policy, tmp_path):
    with pytest.raises((mk.MarlKitError, OSError)):
        policy.save(tmp_path / "no" / "p.json")
