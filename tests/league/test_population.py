"""Members: names, frozen files, and what is refused."""

import hashlib
import json
import shutil

import pytest

import marl_kit as mk
from marl_kit.league.league import League
from tests.league.rows import rows

XY = {"x": "random", "y": "random"}


class First:
    def act(self, state, rng):
        return state.legal_actions()[0]


def names(league):
    return [member.name for member in league.members]


# ---- names


def test_a_member_is_called_as_its_spec_was_written():
    with League(
        "tic_tac_toe", "round_robin", players=["random", "mcts(simulations=5)", "MCTS"]
    ) as league:
        assert names(league) == ["random", "mcts(simulations=5)", "MCTS"]
        assert [m.spec for m in league.members] == [
            "random",
            "mcts(simulations=5,c=1.4)",
            "mcts(simulations=400,c=1.4)",
        ]
        assert [m.id for m in league.members] == [1, 2, 3]
        assert {m.kind for m in league.members} == {"spec"}


def test_the_same_name_and_player_again_are_the_same_member():
    with League("tic_tac_toe", "round_robin", players=XY) as league:
        assert league.add("random", "x") is not None
        assert league.add("random", "x") == league.members[0]
        assert names(league) == ["x", "y"]


def test_a_name_belongs_to_one_player():
    with League("tic_tac_toe", "round_robin", players=XY) as league:
        with pytest.raises(mk.InvalidOptionError, match="'x' is the name of 'random' \\(spec\\)"):
            league.add("mcts(simulations=5)", "x")
        with pytest.raises(mk.InvalidOptionError, match="'x' is the name of"):
            league.snapshot("y", "x")
        league.snapshot("y", "z")
        with pytest.raises(mk.InvalidOptionError, match="'z' is the name of 'random' \\(snapshot"):
            league.add("random", "z")
        assert names(league) == ["x", "y", "z"]


def test_a_list_with_the_same_spec_twice_is_refused():
    with pytest.raises(mk.InvalidOptionError, match="'random' is given twice"):
        League("tic_tac_toe", "round_robin", players=["random", "random"])


@pytest.mark.parametrize("name", ["", " x", "x\ny", 3])
def test_names_that_are_none(name):
    with League("tic_tac_toe", "round_robin") as league:
        with pytest.raises(mk.InvalidOptionError, match="member's name"):
            league.add("random", name)
        assert names(league) == []


@pytest.mark.parametrize("players", ["random", 3, {"random"}])
def test_players_that_are_no_list(players):
    with pytest.raises(mk.InvalidOptionError, match="give a list"):
        League("tic_tac_toe", "round_robin", players=players)


@pytest.mark.parametrize(
    ("spec", "error"),
    [
        ("randon", mk.UnknownNameError),
        ("mcts(simulations=0)", mk.InvalidOptionError),
        (3, mk.InvalidOptionError),
        (First, mk.InvalidOptionError),
    ],
)
def test_players_that_cannot_be_made_do_not_join(tmp_path, spec, error):
    with League("tic_tac_toe", "round_robin", players=XY, path=tmp_path) as league:
        with pytest.raises(error):
            league.add(spec)
        assert names(league) == ["x", "y"]


def test_players_that_cannot_play_the_game_do_not_join():
    with (
        League("kuhn_poker") as league,
        pytest.raises(mk.UnsupportedGameError, match="hidden information"),
    ):
        league.add("mcts")


# ---- snapshots


def test_a_snapshot_is_a_file_named_by_its_content(tmp_path):
    with League("tic_tac_toe", "round_robin", players=XY, path=tmp_path) as league:
        member = league.snapshot("x")
        assert (member.name, member.kind, member.parent) == ("x@1", "snapshot", "x")
        assert member.file == f"snapshots/{member.sha256}.json"
        content = (tmp_path / member.file).read_bytes()
        assert hashlib.sha256(content).hexdigest() == member.sha256
        assert json.loads(content)["spec"] == "random"
        assert league.snapshot("x") == member  # so that a script can be run again
        assert league.snapshot("x", "x@2").name == "x@2"
        assert league.snapshot("x@1").parent == "x@1"
        assert league.snapshot("x", "x@1") == member  # the same again
        assert names(league) == ["x", "y", "x@1", "x@2", "x@1@1"]
    with League.open(tmp_path) as league:
        assert league.members[2] == member


def test_a_snapshot_has_streams_of_its_own(tmp_path):
    with League("tic_tac_toe", "round_robin", players=XY, path=tmp_path) as league:
        league.snapshot("x")
        league.train(waves=5)
    found = rows(tmp_path)
    games = {}
    for match, _, _, profile, *_ in found["match"]:
        games.setdefault(profile, []).extend(g[4] for g in found["game"] if g[0] == match)
    assert len(set(map(tuple, games.values()))) == len(games) == 3


def test_a_snapshot_is_made_as_its_parent_was(tmp_path):
    """The seed of building is in the file: a solver that draws at random gives the same policy."""
    state = mk.load_game("kuhn_poker").new_initial_state()
    for action in (0, 1):
        state.apply_action(action)
    with League(
        "kuhn_poker", "round_robin", players={"p": "solver:cfr+(iterations=3)"}, path=tmp_path
    ) as league:
        frozen = league.snapshot("p")
        parent, copy = (league._population.cast.player(m) for m in league.members)
        assert parent is not copy
        assert parent.probabilities(state) == copy.probabilities(state)
        seed = json.loads((tmp_path / frozen.file).read_text())["seed"]
        assert seed == league._population.cast.building_seed("p")


def test_in_memory_there_are_snapshots_too():
    with League("tic_tac_toe", "round_robin", players=XY) as league:
        league.snapshot("x", "frozen")
        league.train(waves=2)
        assert len(league.counts()) == 3
        folder = league._population.files()
    assert folder.is_dir()
    del league
    assert not folder.exists()


def test_unknown_parents_have_near_misses():
    with (
        League("tic_tac_toe", "round_robin", players=["random"]) as league,
        pytest.raises(mk.UnknownNameError, match="unknown member 'randm'; did you mean 'random'"),
    ):
        league.snapshot("randm")


def truncate(path):
    path.write_bytes(path.read_bytes()[:-10])


def other_spec(path):
    path.write_text(path.read_text().replace("random", "mcts(simulations=1)"))


@pytest.mark.parametrize(
    ("spoil", "message"),
    [(truncate, "damaged"), (other_spec, "damaged"), (lambda p: p.unlink(), "cannot be read")],
)
def test_a_damaged_snapshot_is_refused_and_a_new_one_mends_it(tmp_path, spoil, message):
    with League("tic_tac_toe", "round_robin", players=XY, path=tmp_path) as league:
        member = league.snapshot("x")
        league.train(waves=1)
    spoil(tmp_path / member.file)
    with League.open(tmp_path) as league:
        assert len(league.ratings()) == 3  # the log needs no players
        before = rows(tmp_path)
        with pytest.raises(mk.CheckpointError, match=message) as caught:
            league.train(waves=2)
        assert str(tmp_path / member.file) in str(caught.value)
        # what came before it in the wave stays, and nothing is half there
        assert rows(tmp_path)["match"][:3] == before["match"]
        assert league.snapshot("x", "x@1") == member
        assert league.train(waves=2).waves == 2


@pytest.fixture
def policy(tmp_path):
    path = tmp_path / "kuhn.json"
    mk.solve("kuhn_poker", "lp").profile.save(path)
    return path


def test_the_file_of_a_policy_is_frozen_with_it(tmp_path, policy):
    run = tmp_path / "run"
    players = {"saved": f"policy:{policy}", "dice": "random"}
    with League("kuhn_poker", "round_robin", players=players, path=run) as league:
        league.train(waves=3)
        league.snapshot("saved", "frozen")
        assert league.members[0].file is not None
        league.train(waves=4)
    with League("kuhn_poker", "round_robin", players=players, path=run) as league:
        assert names(league) == ["saved", "dice", "frozen"]
    mk.TabularPolicy.uniform(mk.load_game("kuhn_poker")).save(policy)
    with pytest.raises(mk.InvalidOptionError, match="has changed since it joined as 'saved'"):
        League("kuhn_poker", "round_robin", players=players, path=run)
    policy.unlink()
    moved = tmp_path / "moved"
    shutil.move(run, moved)
    with League.open(moved) as league:
        assert league.train(waves=5).games_in_all == 30
        saved, _, frozen = league.members
        assert saved.sha256 == frozen.sha256
    (attached,) = set((moved / "snapshots").iterdir()) - {moved / saved.file}
    truncate(attached)
    with League.open(moved) as league, pytest.raises(mk.CheckpointError, match=attached.stem[:12]):
        league.train(waves=6)


def test_a_saved_solution_is_a_policy_too(tmp_path):
    path = tmp_path / "kuhn.npz"
    mk.solve("kuhn_poker", "cfr+", iterations=10).save(path)
    with League(
        "kuhn_poker", "round_robin", players=[f"policy:{path}", "random"], path=tmp_path / "r"
    ) as league:
        assert league.train(waves=2).games == 4
    path.unlink()
    with League.open(tmp_path / "r") as league:
        assert league.train(waves=3).games == 2


# ---- live objects


def test_a_live_object_joins_a_league_in_memory_only(tmp_path):
    with League("tic_tac_toe", "round_robin", players=["random", First()]) as league:
        assert names(league) == ["random", "First"]
        assert league.members[1].kind == "live"
        league.train(waves=3)
        with pytest.raises(mk.InvalidOptionError, match="'First' is a member already"):
            league.add(First())
        league.add(First(), "second")
        with pytest.raises(mk.InvalidOptionError, match="'First' is a live object"):
            league.snapshot("First")
        assert len(league.ratings()) == 2
    with (
        League("tic_tac_toe", "round_robin", path=tmp_path) as league,
        pytest.raises(mk.InvalidOptionError, match="'First' is a live object without a spec"),
    ):
        league.add(First())


def test_a_solution_in_hand_is_a_player():
    with League(
        "kuhn_poker", "round_robin", players={"nash": mk.solve("kuhn_poker"), "r": "random"}
    ) as league:
        assert league.train(waves=2).games == 4


def test_an_object_with_a_spec_counts_as_its_spec(tmp_path):
    player = mk.make_player("mcts(simulations=5)", "tic_tac_toe")
    with League("tic_tac_toe", "round_robin", players=["random", player], path=tmp_path) as league:
        assert names(league) == ["random", "mcts(simulations=5,c=1.4)"]
        league.train(waves=1)
    with League.open(tmp_path) as league:
        assert league.train(waves=2).games == 2
