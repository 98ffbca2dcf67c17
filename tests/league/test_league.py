"""Leagues: who is in them, what is played, and what the log says of it."""

import json
import os
import signal
from types import SimpleNamespace

import numpy as np
import pytest

import marl_kit as mk
from marl_kit.core.seeds import child, resolve_seed
from marl_kit.league.league import League
from marl_kit.play.match import play_block
from marl_kit.play.registry import make_player
from tests.league.rows import rows

XY = {"x": "random", "y": "random"}


class First:
    """Plays the first legal action; a live object."""

    def act(self, state, rng):
        return state.legal_actions()[0]


def games_of(folder, a, b):
    """``{block: [(seats by name, actions), ...]}`` of a pair."""
    found = rows(folder)
    names = {row[0]: row[1] for row in found["policy"]}
    tables = {m: (profile.split(), k) for m, _, _, profile, k, _ in found["match"]}
    matches = {m: k for m, (ids, k) in tables.items() if [names[int(i)] for i in ids] == [a, b]}
    seats = {(m, n, s): names[p] for m, n, s, p, _ in found["seat"]}
    games = {k: [] for k in matches.values()}
    for m, n, _, _, actions in found["game"]:
        if m in matches:
            games[matches[m]].append(((seats[m, n, 0], seats[m, n, 1]), actions))
    return games


# ---- playing


def test_a_wave_is_a_block_of_every_pair_in_the_order_of_joining(tmp_path):
    with League(
        "tic_tac_toe", "round_robin", players={**XY, "z": "random"}, path=tmp_path
    ) as league:
        done = league.train(waves=2)
        assert (done.games, done.games_in_all, done.waves) == (12, 12, 2)
        assert done.status is mk.Status.PLAYED
    assert [row[3:5] for row in rows(tmp_path)["match"]] == [
        ("1 2", 0), ("1 3", 0), ("2 3", 0), ("1 2", 1), ("1 3", 1), ("2 3", 1),
    ]  # fmt: skip


def test_the_log_is_what_play_block_gives_by_the_stream_that_it_names(tmp_path):
    players = {"poker": "solver:cfr+(iterations=100)", "dice": "random"}
    with League("kuhn_poker", "round_robin", players=players, path=tmp_path, seed=5) as league:
        league.train(waves=3)
    game, root = mk.load_game("kuhn_poker"), resolve_seed(5)[1]
    made = [make_player(spec, game) for spec in players.values()]
    found = rows(tmp_path)
    for match, *_, seed in found["match"]:
        records = play_block(game, made, child(root, *json.loads(seed)))
        assert [r[1:] for r in found["game"] if r[0] == match] == [
            (i, len(r.actions), r.returns[0] == r.returns[1], " ".join(map(str, r.actions)))
            for i, r in enumerate(records)
        ]
        assert [r[2:] for r in found["seat"] if r[0] == match] == [
            (s, 1 + r.seats[s], r.returns[s]) for r in records for s in (0, 1)
        ]


def test_a_pairs_games_depend_on_names_and_numbers_only(tmp_path):
    with League("tic_tac_toe", "round_robin", players=XY, path=tmp_path / "two", seed=3) as league:
        league.train(waves=4)
    players = {"x": "random", "between": "random", "y": "random"}
    with League(
        "tic_tac_toe", "round_robin", players=players, path=tmp_path / "four", seed=3
    ) as league:
        league.train(waves=2)
        league.add("random", "late")
        league.train(waves=4)
    games = games_of(tmp_path / "two", "x", "y")
    assert len(games) == 4
    assert games == games_of(tmp_path / "four", "x", "y")
    assert games != games_of(tmp_path / "four", "x", "late")


def test_seats_are_swapped_within_a_block(tmp_path):
    with League("tic_tac_toe", "round_robin", players=XY, path=tmp_path) as league:
        league.train(waves=3)
    for games in games_of(tmp_path, "x", "y").values():
        assert [seats for seats, _ in games] == [("x", "y"), ("y", "x")]


def test_those_who_join_later_catch_up():
    with League("tic_tac_toe", "round_robin", players=XY) as league:
        league.train(games=9)
        assert games_by_pair(league) == {("x", "y"): 10}
        league.add("random", "z")
        # ten games are there, and still nobody is left behind
        assert league.train(games=10).games_in_all == 30
        assert set(games_by_pair(league).values()) == {10}
        assert league.train(games=31).games_in_all == 36


def games_by_pair(league):
    table = league.counts()
    games = table[["wins of a", "draws", "wins of b"]].sum(axis=1)
    return dict(zip(zip(table["a"], table["b"], strict=True), games.tolist(), strict=True))


def test_limits_count_what_is_in_the_log():
    with League("tic_tac_toe", "round_robin", players=XY) as league:
        assert league.train(waves=5).games == 10
        assert league.train(waves=5).games == 0
        assert league.train(games=11).games == 2
        assert league.train(waves=100, games=13).games_in_all == 14  # whichever comes first


def test_hours_stop_at_a_waves_end(monkeypatch):
    now = [0.0]

    class Slow(First):
        def start(self, seat, game_seeds):
            now[0] += 1.0  # a game takes a second

    clock = SimpleNamespace(monotonic=lambda: now[0], time=float, perf_counter=float)
    monkeypatch.setattr("marl_kit.league.training.time", clock)
    with League("tic_tac_toe", "round_robin", players={**XY, "z": Slow()}) as league:
        done = league.train(hours=7 / 3600)  # z plays four games in a wave
        assert (done.games, done.status) == (12, mk.Status.TIME_LIMIT)
        assert "TIME_LIMIT" in repr(done)
        assert (done.to_dict()["waves"], done.wall_time_s) == (2, 8.0)


@pytest.mark.parametrize(
    "limits",
    [
        {},
        {"waves": 0},
        {"waves": 1.5},
        {"games": -1},
        {"games": True},
        {"hours": 0},
        {"hours": float("inf")},
        {"hours": float("nan")},
        {"hours": "1"},
    ],
)
def test_limits_that_are_none(limits):
    with League("tic_tac_toe", "round_robin", players=XY) as league:
        with pytest.raises(mk.InvalidOptionError):
            league.train(**limits)
        assert league.counts().empty


def test_one_member_has_nobody_to_play():
    with (
        League("tic_tac_toe", "round_robin", players=["random"]) as league,
        pytest.raises(mk.InvalidOptionError, match="at least two members"),
    ):
        league.train(waves=1)


def test_progress_is_told_on_stderr(capsys):
    with League("tic_tac_toe", "round_robin", players=XY) as league:
        league.train(waves=2, progress=True)
    assert capsys.readouterr().out == ""


# ---- interruption


class Interrupting(First):
    """Presses Ctrl-C in its n-th move, k times."""

    def __init__(self, move, times):
        self.left, self.times = move, times

    def act(self, state, rng):
        self.left -= 1
        if self.left == 0:
            for _ in range(self.times):
                os.kill(os.getpid(), signal.SIGINT)
        return int(rng.choice(state.legal_actions()))


@pytest.mark.parametrize(("times", "kept"), [(1, 2), (2, 1)])
def test_ctrl_c_keeps_every_finished_block(times, kept):
    def league(move):
        return League(
            "tic_tac_toe", "round_robin", players={"c": Interrupting(move, times), "r": "random"}
        )

    # no game has more than five moves of a player, no block fewer than four
    with league(move=11) as stopped, league(move=-1) as whole:
        done = stopped.train(waves=30)
        assert done.status is mk.Status.INTERRUPTED
        assert 0 < done.games < 60
        assert done.games % 2 == 0
        assert stopped.train(waves=30).games == 60 - done.games
        assert whole.train(waves=30).status is mk.Status.PLAYED
        assert stopped.counts().equals(whole.counts())


def test_the_second_ctrl_c_drops_the_block():
    played = []
    for times in (1, 2):
        players = {"c": Interrupting(11, times), "r": "random"}
        with League("tic_tac_toe", "round_robin", players=players) as league:
            played.append(league.train(waves=30).games)
    assert played[0] == played[1] + 2


# ---- resuming


def test_the_same_call_again_goes_on(tmp_path):
    def run(folder, *waves):
        for w in waves:
            players = ["random", "mcts(simulations=3)"]
            with League(
                "tic_tac_toe", "round_robin", players=players, path=folder, seed=9
            ) as league:
                league.snapshot("mcts(simulations=3)", "frozen")
                league.train(waves=w)
        return rows(folder)

    assert run(tmp_path / "a", 1, 2, 5) == run(tmp_path / "b", 5)


def test_open_goes_on(tmp_path):
    with League("tic_tac_toe", "round_robin", players=XY, path=tmp_path / "a", seed=2) as league:
        league.train(waves=4)
    with League("tic_tac_toe", "round_robin", players=XY, path=tmp_path / "b", seed=2) as league:
        league.train(waves=1)
    with League.open(tmp_path / "b") as league:
        assert (league.preset, league.seed, league.game.spec) == ("round_robin", 2, "tic_tac_toe")
        league.train(waves=4)
    assert rows(tmp_path / "a") == rows(tmp_path / "b")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"game": "connect_four"}, "has the game 'tic_tac_toe', and 'connect_four'"),
        ({"seed": 3}, "has the seed 2, and 3"),
        ({"preset": "pfsp"}, "has the preset 'round_robin', and 'pfsp'"),
        ({"preset": "fictitious"}, "has the preset"),
        ({"seed": np.random.default_rng(0)}, "seed"),
    ],
)
def test_a_run_is_bound_to_its_game_and_seed(tmp_path, changed, message):
    League("tic_tac_toe", "round_robin", path=tmp_path, seed=2).close()
    given = {"game": "tic_tac_toe", "preset": "round_robin", "path": tmp_path, "seed": 2}
    with pytest.raises(mk.CheckpointError, match=message):
        League(**given | changed)
    # and the refused one has let the run go
    assert League("tic_tac_toe", "round_robin", path=tmp_path, seed=None).seed == 2


def test_runs_of_a_generator_resume_too(tmp_path):
    for folder, waves in (("a", (1, 3)), ("b", (3,))):
        for w in waves:
            rng = np.random.default_rng(4)
            with League(
                "tic_tac_toe", "round_robin", players=XY, path=tmp_path / folder, seed=rng
            ) as league:
                assert league.seed == -1
                league.train(waves=w)
    assert rows(tmp_path / "a") == rows(tmp_path / "b")


def test_a_league_that_is_open_is_refused(tmp_path):
    with League("tic_tac_toe", "round_robin", players=XY, path=tmp_path) as league:
        for again in (
            lambda: League("tic_tac_toe", "round_robin", path=tmp_path),
            lambda: League.open(tmp_path),
        ):
            with pytest.raises(mk.RunInUseError, match=f"pid {os.getpid()}"):
                again()
        league.train(waves=1)
    League.open(tmp_path).close()


def test_readers_look_while_others_play(tmp_path):
    seen = []

    class Looking(First):
        spec = "random"

    with (
        League("tic_tac_toe", "round_robin", players=XY, path=tmp_path) as league,
        League.open(tmp_path, read_only=True) as reader,
    ):
        for waves in (1, 2, 3):
            league.train(waves=waves)
            seen.append(int(reader.ratings()["games"].sum()) // 2)
        league.add(Looking(), "z")
        league.train(waves=3)
        assert [m.name for m in reader.members] == ["x", "y", "z"]
        assert len(reader.payoffs()) == 6
        for work in (
            lambda: reader.train(waves=9),
            lambda: reader.add("random", "w"),
            lambda: reader.snapshot("x"),
        ):
            with pytest.raises(mk.InvalidOptionError, match="read only"):
                work()
    assert seen == [2, 4, 6]


def test_nothing_there_to_open(tmp_path):
    with pytest.raises(mk.CheckpointError, match="no league"):
        League.open(tmp_path)
    (tmp_path / "log.sqlite").write_bytes(b"")
    with pytest.raises(mk.CheckpointError, match="has not begun"):
        League.open(tmp_path)


# ---- games


def test_a_table_of_three_is_three_games(tmp_path):
    players = {**XY, "z": "random", "w": "random"}
    with League("kuhn_poker(players=3)", "round_robin", players, tmp_path) as league:
        assert league.train(waves=2).games == 4 * 2 * 3 * 2  # in both orders
        assert len(league.ratings()) == 4
    found = rows(tmp_path)
    orders = ["1 2 3", "1 3 2", "1 2 4", "1 4 2", "1 3 4", "1 4 3", "2 3 4", "2 4 3"]
    assert [row[3] for row in found["match"]] == orders * 2
    at_seats = {}
    for match, _, seat, policy, _ in found["seat"]:
        at_seats.setdefault((match, seat), set()).add(policy)
    assert {len(sat) for sat in at_seats.values()} == {3}  # everybody at every seat


def test_copies_fill_a_table():
    with League("kuhn_poker(players=3)", "round_robin", XY) as league:
        assert league.train(waves=1).games == 6  # x x y and x y y
        assert league.ratings()["games"].tolist() == [6, 6]
        # x sits twice in three games and once in three, and so does y
        assert league.payoffs()["games"].tolist() == [9, 9]


def test_unknown_presets_have_near_misses():
    with pytest.raises(mk.UnknownNameError, match="did you mean 'round_robin'"):
        League("tic_tac_toe", preset="roundrobin")


def bet():
    """Chance, then one bit of hidden information."""
    builder = mk.TreeBuilder(2)
    builder.chance((), {"high": "1/3", "low": "2/3"})
    for card, sign in (("high", 1), ("low", -1)):
        builder.decision((card,), 0, f"has {card}", ["bet", "pass"])
        builder.payoff((card, "pass"), [0, 0])
        builder.decision((card, "bet"), 1, "sees a bet", ["call", "fold"])
        builder.payoff((card, "bet", "call"), [2 * sign, -2 * sign])
        builder.payoff((card, "bet", "fold"), [1, -1])
    return builder.build()


@pytest.mark.parametrize(
    ("make", "file"),
    [
        (bet, "game.efg"),
        (lambda: mk.NormalFormGame.from_bimatrix([[2, 0], [0, 1]], [[1, 0], [0, 3]]), "game.nfg"),
    ],
)
def test_a_game_made_in_python_travels_with_the_run(tmp_path, make, file):
    for waves in (2, 5):
        with League(make(), "round_robin", XY, path=tmp_path / "a") as league:
            league.train(waves=waves)
    moved = (tmp_path / "a").rename(tmp_path / "b")
    assert (moved / file).is_file()
    with League.open(moved) as league:
        league.train(waves=6)
        assert league.counts()[["wins of a", "draws", "wins of b"]].to_numpy().sum() == 12
        assert league.payoffs()["mean"].abs().max() <= 3
    other = mk.NormalFormGame.from_bimatrix([[5, 0], [0, 1]])
    with pytest.raises(mk.CheckpointError, match=r"another game|has the game"):
        League(other, path=moved)
    League.open(moved).close()


def test_another_game_leaves_nothing_in_the_folder(tmp_path):
    League("tic_tac_toe", "round_robin", path=tmp_path).close()
    with pytest.raises(mk.CheckpointError):
        League(bet(), path=tmp_path)
    assert not (tmp_path / "game.efg").exists()


# ---- tables


def test_ratings_are_a_pure_function_of_the_log(tmp_path):
    players = {"r": "random", "m": "mcts(simulations=5)", "n": "mcts(simulations=40)"}
    with League("tic_tac_toe", "round_robin", players=players, path=tmp_path, seed=1) as league:
        league.train(waves=20)
        table, payoffs, counts = league.ratings(), league.payoffs(), league.counts()
        assert league.ratings().equals(table)  # looking changes nothing
        free = league.ratings(anchor="m", prior=None)
    with League.open(tmp_path, read_only=True) as league:
        assert league.ratings().equals(table)
        assert league.payoffs().equals(payoffs)
        assert league.counts().equals(counts)
    assert table.columns.tolist() == ["player", "elo", "low", "high", "games", "score", "draws"]
    assert table["player"].tolist() == ["n", "m", "r"]
    by_hand = mk.elo([tuple(row) for row in counts.itertuples(index=False)], anchor="r").to_frame()
    assert by_hand.equals(table)
    assert free.set_index("player")["elo"]["m"] == 0
    # and of the rows as another program reads them
    found = rows(tmp_path)
    payoff = {(m, n, p): x for m, n, _, p, x in found["seat"]}
    wins = sum(
        payoff[m, n, 1] > payoff[m, n, 2] for m, n, p in payoff if p == 1 and (m, n, 2) in payoff
    )
    assert counts["wins of a"][0] == wins


def test_the_random_player_is_the_zero_unless_said_otherwise():
    with League(
        "tic_tac_toe", "round_robin", players={"m": "mcts(simulations=5)", "dice": "random"}
    ) as league:
        assert league.ratings().empty
        league.train(waves=5)
        assert league.elo().anchor == {"dice": 0.0}
        assert league.elo(anchor={"m": 100.0}).elo["m"] == 100
    with League(
        "tic_tac_toe", "round_robin", players={"m": "mcts(simulations=5)", "f": First()}
    ) as league:
        league.train(waves=5)
        assert league.ratings()["elo"].sum() == pytest.approx(0)


def test_payoffs_are_in_the_games_units():
    players = {"nash": "solver:lp", "dice": "random"}
    with League("kuhn_poker", "round_robin", players=players, seed=6) as league:
        league.train(games=1000)
        table = league.payoffs().set_index(["a", "b"])
        counts = league.counts().iloc[0]
    assert table["mean"]["nash", "dice"] == -table["mean"]["dice", "nash"] > 0
    assert table["low"]["nash", "dice"] == pytest.approx(-table["high"]["dice", "nash"])
    assert counts[["wins of a", "draws", "wins of b"]].sum() == 1000
    assert counts["draws"] == 0


def test_a_snapshot_rates_as_its_parent():
    """Their difference, over 600 games each, within 3 standard errors of 0; seed chosen once."""
    with League(
        "tic_tac_toe", "round_robin", players=["random", "mcts(simulations=10)"], seed=12
    ) as league:
        league.snapshot("mcts(simulations=10)", name="frozen")
        league.train(waves=300)
        ratings = league.elo()
    gap, low, high = ratings.difference("frozen", "mcts(simulations=10)")
    assert high - low < 100
    assert abs(gap) < 3 * (high - low) / (2 * 1.96)
    assert ratings.elo["frozen"] > 100


def test_it_says_what_it_is(tmp_path):
    with League("tic_tac_toe", "round_robin", players=XY, path=tmp_path) as league:
        league.train(waves=1)
        assert repr(league) == f"League(tic_tac_toe, round_robin, 2 members, 2 games, {tmp_path})"
    assert repr(league) == f"League(tic_tac_toe, round_robin, closed, {tmp_path})"
    assert "in memory" in repr(League("chicken"))


def test_an_edited_game_file_is_not_mixed_with_the_old_one(tmp_path):
    path = tmp_path / "my.nfg"
    mk.NormalFormGame.from_bimatrix([[1, -1], [-1, 1]]).save(path)
    with mk.League(str(path), "round_robin", XY, path=tmp_path / "run") as run:
        run.train(waves=2)
    mk.NormalFormGame.from_bimatrix([[100, -1], [-1, 100]]).save(path)
    with pytest.raises(mk.CheckpointError, match="content of the game's file"):
        mk.League(str(path), "round_robin", XY, path=tmp_path / "run")
    with pytest.raises(mk.CheckpointError, match="content of the game's file"):
        mk.League.open(tmp_path / "run")


def test_another_release_may_read_and_not_go_on(tmp_path, monkeypatch):
    with mk.League(
        "tic_tac_toe", "round_robin", players={"a": "random", "b": "random"}, path=tmp_path
    ) as run:
        run.train(waves=2)
    monkeypatch.setattr("marl_kit.league.league.VERSION", "99.0")
    with pytest.raises(mk.CheckpointError, match="release"):
        mk.League.open(tmp_path)
    assert mk.League.open(tmp_path, read_only=True).payoffs()["games"].sum() == 8


def test_an_environment_without_a_spec_stays_in_memory(tmp_path):
    game = mk.PettingZooGame(lambda: mk.to_pettingzoo("tic_tac_toe"), utility_bounds=(-1, 1))
    with pytest.raises(mk.UnsupportedGameError, match="without a spec"):
        mk.League(game, path=tmp_path)
    with mk.League(game, "round_robin", {"a": "random", "b": "random"}) as run:
        assert run.train(waves=1).games == 2
