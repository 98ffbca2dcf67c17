"""Tables in files, and the players that follow them."""

import io
import json

import numpy as np
import pytest

import marl_kit as mk
from marl_kit.play.registry import PLAYERS
from marl_kit.play.tabular import LOGITS, Q_VALUES, ActionTable, read_table, table_bytes, table_keys


def table_of(game: mk.Game, kind: str = Q_VALUES) -> ActionTable:
    """Values at the first decision of each player of Kuhn poker, with the middle card."""
    key_of, keys = table_keys(game), []
    for history in ([1, 0], [1, 0, 0]):
        state = game.new_initial_state()
        for action in history:
            state.apply_action(action)
        keys.append(key_of(state))
    return ActionTable(
        kind=kind,
        keys=keys,
        offsets=np.array([0, 2, 4]),
        actions=np.array([0, 1, 0, 1]),
        values=np.array([0.5, 0.5 + np.log(3), 0.25, 0.25]),
        visits=np.array([1, 2, 3, 4]),
        baseline=np.array([0.1, -0.1]),
    )


@pytest.fixture(scope="module")
def kuhn() -> mk.Game:
    return mk.load_game("kuhn_poker")


@pytest.mark.parametrize(
    ("kind", "first"), [(Q_VALUES, {0: 0.0, 1: 1.0}), (LOGITS, {0: 0.25, 1: 0.75})]
)
def test_plays_as_the_table_says(kind, first, kuhn, tmp_path) -> None:
    path = tmp_path / "table.npz"
    path.write_bytes(table_bytes(table_of(kuhn, kind), kuhn))
    player = mk.testing.check_player(f"tabular:{path}", kuhn)
    assert player.spec == f"tabular:{path.absolute()}"
    state = kuhn.new_initial_state()
    for action in (1, 0):
        state.apply_action(action)
    assert player.probabilities(state) == pytest.approx(first)
    state.apply_action(0)  # player 1 holds the lowest card: two values that are equal, or unseen
    assert player.probabilities(state) == pytest.approx({0: 0.5, 1: 0.5})


def test_a_table_comes_back_as_it_was(kuhn, tmp_path) -> None:
    table, path = table_of(kuhn), tmp_path / "table.npz"
    path.write_bytes(table_bytes(table, kuhn))
    again = read_table(path, kuhn)
    assert (again.kind, again.keys) == (table.kind, table.keys)
    for name in ("offsets", "actions", "values", "visits", "baseline"):
        assert np.array_equal(getattr(again, name), getattr(table, name))
    assert table_bytes(again, kuhn) == path.read_bytes()


def test_keys_may_hold_any_text(kuhn, tmp_path) -> None:
    table, path = table_of(kuhn), tmp_path / "table.npz"
    odd = ActionTable(
        table.kind,
        ["", "zwei\nZeilen, \u00fc\u2660\0"],
        *(getattr(table, name) for name in ("offsets", "actions", "values", "visits", "baseline")),
    )
    path.write_bytes(table_bytes(odd, kuhn))
    assert read_table(path, kuhn).keys == odd.keys


def test_an_empty_table_is_uniform_play(kuhn, tmp_path) -> None:
    path = tmp_path / "empty.npz"
    none = np.array([], np.int64)
    empty = ActionTable(
        Q_VALUES, [], np.array([0]), none, none.astype(float), none, none.astype(float)
    )
    path.write_bytes(table_bytes(empty, kuhn))
    player = mk.make_player(f"tabular:{path}", kuhn)
    assert mk.nash_conv(kuhn, player) == pytest.approx(11 / 12)


def test_boards_know_a_position_however_it_came_about() -> None:
    game = mk.load_game("tic_tac_toe")
    key_of, keys = table_keys(game), []
    for history in ([0, 1, 2], [2, 1, 0], [0, 2, 1]):
        state = game.new_initial_state()
        for action in history:
            state.apply_action(action)
        keys.append(key_of(state))
    assert keys[0] == keys[1] != keys[2]


def damaged(content: bytes, **changes) -> bytes:
    """The file with some arrays or header fields replaced."""
    with np.load(io.BytesIO(content)) as file:
        arrays = dict(file)
    header = json.loads(str(arrays["header"]))
    header.update({k: v for k, v in changes.items() if k in header})
    arrays.update({k: v for k, v in changes.items() if k not in header})
    arrays["header"] = np.array(json.dumps(header))
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"version": 2}, "this release reads 1"),
        ({"format": "marl_kit.solution"}, "not a marl_kit.tabular file"),
        ({"game": "leduc_poker"}, "learned in 'leduc_poker'"),
        ({"players": 3}, "of 3 players"),
        ({"kind": "regrets"}, "do not fit"),
        ({"offsets": np.array([0, 2, 3])}, "do not fit"),
        ({"offsets": np.array([0, 0, 4])}, "do not fit"),
        ({"key_lengths": np.array([1, 1])}, "do not fit"),
        ({"key_lengths": np.array([-1, 5])}, "do not fit"),
        ({"actions": np.array([0, 1, 0])}, "do not fit"),
        ({"values": np.array([0.0, np.nan, 0.0, 0.0])}, "not finite"),
        ({"values": np.zeros((2, 2))}, "do not fit"),
        ({"keys": np.array([255, 255], np.uint8)}, "damaged"),
    ],
)
def test_damaged_files_are_refused(changes, words, kuhn, tmp_path) -> None:
    path = tmp_path / "table.npz"
    path.write_bytes(damaged(table_bytes(table_of(kuhn), kuhn), **changes))
    with pytest.raises(mk.CheckpointError, match=words):
        mk.make_player(f"tabular:{path}", kuhn)


def test_other_files_are_refused(kuhn, tmp_path) -> None:
    content = table_bytes(table_of(kuhn), kuhn)
    path = tmp_path / "table.npz"
    for wrong in (b"", b"nothing", content[: len(content) // 2], content[:-30]):
        path.write_bytes(wrong)
        with pytest.raises(mk.CheckpointError, match=r"not a marl_kit\.tabular file"):
            mk.make_player(f"tabular:{path}", kuhn)
    with pytest.raises(mk.CheckpointError, match="cannot be read"):
        mk.make_player("tabular:no/such/file.npz", kuhn)
    with pytest.raises(mk.InvalidOptionError, match="needs a path"):
        mk.make_player("tabular:", kuhn)


def test_a_table_of_other_rules_is_noticed(kuhn, tmp_path) -> None:
    table, path = table_of(kuhn), tmp_path / "table.npz"
    table.actions[:] = [0, 2, 0, 2]
    path.write_bytes(table_bytes(table, kuhn))
    with pytest.raises(mk.CheckpointError, match="other rules"):
        mk.nash_conv(kuhn, mk.make_player(f"tabular:{path}", kuhn))


def test_which_players_live_in_files() -> None:
    from_files = {name for name, kind in PLAYERS.items() if kind.reads_file}
    assert from_files == {"policy:", "tabular:", "alphazero:", "ppo:"}
