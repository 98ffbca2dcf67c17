"""Matches: seats, seeds, legality, chance, Ctrl-C."""

import re
import signal
import threading

import numpy as np
import pytest

import marl_kit as mk
from marl_kit.core.seeds import child, generator
from marl_kit.play.match import GameRecord, draw, play_block


class First:
    """Plays the first legal action, and keeps what it was told and drew."""

    def __init__(self):
        self.starts, self.ends, self.draws = [], [], []

    def start(self, seat, game_seeds):
        self.starts.append((seat, game_seeds))

    def end(self, state):
        self.ends.append(state.returns())

    def act(self, state, rng):
        self.draws.append(rng.random())
        return state.legal_actions()[0]


class Answers:
    """Plays what it is told to, else the first legal action."""

    spec = "stubborn"

    def __init__(self, *answers):
        self.answers = list(answers)

    def act(self, state, rng):
        return self.answers.pop(0) if self.answers else state.legal_actions()[0]


class Interrupting:
    """Plays at random, and presses Ctrl-C at some of its moves (counted from 1)."""

    spec = "interrupting"

    def __init__(self, *moves):
        self.moves, self.count = moves, 0

    def act(self, state, rng):
        self.count += 1
        if self.count in self.moves:
            signal.raise_signal(signal.SIGINT)
        legal = state.legal_actions()
        return legal[int(rng.random() * len(legal))]


def block(game="kuhn_poker", players=None, number=0):
    game = mk.load_game(game)
    players = players or [mk.make_player("random", game) for _ in range(game.num_players)]
    return play_block(game, players, child(np.random.SeedSequence(0), "block", number))


# seats


@pytest.mark.parametrize("size", [2, 3, 4])
def test_every_player_sits_in_every_seat_once_a_block(size) -> None:
    match = mk.play(f"kuhn_poker(players={size})", ["random"] * size, games=5 * size)
    for seats in match.seats.reshape(5, size, size):
        assert np.array_equal(np.sort(seats, axis=0), np.arange(size)[:, None].repeat(size, 1))
        assert np.array_equal(np.sort(seats, axis=1), np.arange(size)[None].repeat(size, 0))
    assert np.array_equal(match.seats[0], np.arange(size)), "the first game is as it was given"


def test_scores_are_by_player_and_not_by_seat() -> None:
    """Who moves first takes the corner, the first free cells, and wins; seats tell who that is."""
    match = mk.play("tic_tac_toe", [First(), First()], games=4)
    assert match.seats.tolist() == [[0, 1], [1, 0]] * 2
    assert match.scores.tolist() == [[1, -1], [-1, 1]] * 2
    assert match.by_seat.tolist() == [[1, -1], [1, -1]]
    assert match.mean.tolist() == [0, 0]


@pytest.mark.parametrize(("asked", "played"), [(1, 2), (2, 2), (3, 4), (100, 100)])
def test_games_are_rounded_up_to_whole_blocks(asked, played) -> None:
    assert mk.play("chicken", ["random", "random"], games=asked).games == played


def test_one_player_plays_alone() -> None:
    match = mk.play("absent_minded_driver", ["random"], games=3)
    assert match.scores.shape == (3, 1)
    assert match.wins_draws_losses is None


def test_records_are_by_seat_and_hold_the_whole_history() -> None:
    for k, record in enumerate(block("kuhn_poker(players=3)")):
        assert isinstance(record, GameRecord)
        assert record.seats == tuple((s - k) % 3 for s in range(3))
        state = mk.load_game("kuhn_poker(players=3)").new_initial_state()
        for action in record.actions:
            assert action in state.legal_actions()
            state.apply_action(action)
        assert state.is_terminal()
        assert record.returns == tuple(state.returns())
        assert all(type(a) is int for a in record.actions)


# seeds


def test_the_games_of_a_block_have_the_same_deals() -> None:
    deals = [[record.actions[:2] for record in block(number=b)] for b in range(30)]
    assert all(first == second for first, second in deals)
    assert len({first for first, _ in deals}) == 6, "and the blocks have others"


def test_streams_belong_to_players_and_are_new_in_each_game() -> None:
    players = [First(), First()]
    seed = child(np.random.SeedSequence(0), "block", 3)
    play_block(mk.load_game("tic_tac_toe"), players, seed)
    for i, player in enumerate(players):
        # both games take the same course: 4 moves of the first seat and 3 of the second
        moves = [4, 3] if i == 0 else [3, 4]
        expected = [generator(seed, "player", i, k).random(n) for k, n in enumerate(moves)]
        assert player.draws == np.concatenate(expected).tolist()
    assert players[0].draws[:3] != players[1].draws[:3]


def test_no_game_of_a_block_is_the_copy_of_the_other() -> None:
    """Each alone tells as much as two independent ones: in a symmetric game with no draws the two
    scores of a block would otherwise agree always, and intervals over games be too narrow."""
    n = 15
    gap = np.subtract.outer(np.arange(n), np.arange(n)).T % n
    circle = np.sign(gap - n / 2) * (gap != 0)
    match = mk.play(mk.NormalFormGame.from_bimatrix(circle), ["random", "random"], games=4000)
    blocks = match.scores[:, 0].reshape(-1, 2)
    assert abs(np.corrcoef(blocks.T)[0, 1]) < 4 / np.sqrt(len(blocks))


def test_the_games_of_a_block_share_their_deals() -> None:
    players = [mk.make_player("random", "kuhn_poker")] * 2
    for b in range(20):
        seed = child(np.random.SeedSequence(0), "block", b)
        one, two = play_block(mk.load_game("kuhn_poker"), players, seed)
        assert one.actions[:2] == two.actions[:2]


def test_a_longer_match_begins_with_the_shorter_one() -> None:
    short, long = (mk.play("kuhn_poker", ["random", "random"], games=n) for n in (20, 60))
    assert np.array_equal(long.scores[:20], short.scores)
    assert len({tuple(s) for s in long.scores.tolist()}) > 2


def test_seeds_of_every_kind_are_recorded() -> None:
    players = ["random", "random"]
    assert mk.play("chicken", players, 2, seed=7).seed == 7
    assert mk.play("chicken", players, 2, seed=np.random.default_rng(1)).seed == -1
    fresh = mk.play("chicken", players, 40, seed=None)
    again = mk.play("chicken", players, 40, seed=fresh.seed)
    assert np.array_equal(fresh.scores, again.scores)
    with pytest.raises(mk.InvalidOptionError, match="seed is -1"):
        mk.play("chicken", players, seed=-1)


def test_players_are_told_when_games_begin_and_end() -> None:
    players = [First(), First()]
    block("tic_tac_toe", players)
    assert [seat for seat, _ in players[0].starts] == [0, 1]
    assert [seat for seat, _ in players[1].starts] == [1, 0]
    assert all(len(seeds) == 1 for p in players for _, seeds in p.starts)
    assert players[0].ends == [[1.0, -1.0]] * 2
    alone = First()
    block("tic_tac_toe", [alone, alone])
    assert len(alone.starts) == 4
    assert len(alone.ends) == 2, "told once a game, in however many seats"


# chance, matrices, turns


def test_chance_is_drawn_with_its_probabilities() -> None:
    """Kuhn's 6 deals in 1,200 blocks: 200 of each expected, standard deviation 12.9."""
    deals = [block(number=b)[0].actions[:2] for b in range(1200)]
    for deal in {(a, b) for a in range(3) for b in range(3) if a != b}:
        assert abs(deals.count(deal) - 200) < 4 * 12.91


def test_drawing_from_a_running_sum() -> None:
    outcomes = [(3, 0.0), (5, 0.25), (7, 0.5), (9, 0.25), (11, 0.0)]
    drawn = [draw(outcomes, u) for u in (0.0, 0.2499, 0.25, 0.7499, 0.75, 0.9999)]
    assert drawn == [5, 5, 7, 7, 9, 9]
    assert draw([(1, 0.5), (2, 0.5 - 1e-12), (3, 0.0)], 1 - 1e-16) == 2, "rounding loses nothing"


def test_games_with_chance_on_the_way() -> None:
    match = mk.play("openspiel:pig(players=2,winscore=6,horizon=30)", ["random"] * 2, games=40)
    assert np.all(np.isin(match.scores, [-1, 0, 1]))
    assert len(np.unique(match.scores)) > 1


def test_matrix_games_are_played_as_they_are() -> None:
    """Dare beats Yield by 7 to 2, and the seats do not matter in a symmetric game."""
    dare, swerve = Answers(0, 0), Answers(1, 1)
    match = mk.play("chicken", [dare, swerve], games=2)
    payoffs = mk.load_game("chicken").payoffs
    assert match.scores.tolist() == [[payoffs[0, 0, 1], payoffs[1, 0, 1]]] * 2


def test_three_players_in_a_matrix() -> None:
    match = mk.play("mckelvey_mclennan", ["random"] * 3, games=30)
    assert match.scores.shape == (30, 3)


def test_simultaneous_openspiel_games_are_turned_into_turns() -> None:
    match = mk.play("goofspiel(num_cards=3,imp_info=true)", ["random", "random"], games=10)
    assert match.scores.shape == (10, 2)


def test_simultaneous_moves_are_refused() -> None:
    game = mk.load_game("goofspiel(num_cards=3)")
    game.rules = game.original  # as it was before it was turned into turns
    with pytest.raises(mk.UnsupportedGameError, match="move at the same time"):
        mk.play(game, ["random", "random"])


def test_games_that_draw_their_own_chance_are_refused() -> None:
    with pytest.raises(mk.UnsupportedGameError, match="draws its chance moves itself"):
        mk.play("openspiel:negotiation", ["random", "random"])


# legality


@pytest.mark.parametrize("action", [4, -1, 9, 4.0, "4", None, [3]])
def test_an_illegal_action_is_refused_before_it_is_taken(action) -> None:
    players = [Answers(4), Answers(action)]
    with pytest.raises(mk.IllegalActionError) as caught:
        mk.play("tic_tac_toe", players)
    text = str(caught.value)
    assert f"stubborn at seat 1 chose {action!r}" in text
    assert "after the history [4]" in text
    assert "[0, 1, 2, 3, 5, 6, 7, 8]" in text


@pytest.mark.parametrize("kind", [np.int64, np.uint8, np.array])
def test_integers_of_any_kind_are_actions(kind) -> None:
    assert mk.play("tic_tac_toe", [Answers(kind(4)), "random"], games=2).games == 2


@pytest.mark.parametrize("moves", [1, 2])
@pytest.mark.parametrize("game", ["tic_tac_toe", "kuhn_poker", "chicken"])
def test_a_player_that_changes_the_state_is_found_out(game, moves) -> None:
    """At once where another player is to move, else at the end of the game."""

    class Careless(Answers):
        def act(self, state, rng):
            legal = state.legal_actions()
            for action in legal[: min(moves, len(legal) - 1)]:
                if not state.is_terminal():
                    state.apply_action(action)
            return legal[-1]

    with pytest.raises(mk.IllegalActionError, match="changed the state that it was shown"):
        mk.play(game, [Careless(), Careless()])


@pytest.mark.parametrize(
    ("players", "games", "words"),
    [
        (["random"], 2, "has 2 players and 1 were given"),
        (["random"] * 3, 2, "has 2 players and 3 were given"),
        ("random", 2, "give a list of 2"),
        (None, 2, "give a list of 2"),
        (["random"] * 2, 0, "games is 0"),
        (["random"] * 2, -2, "games is -2"),
        (["random"] * 2, 2.0, "games is 2.0"),
        (["random"] * 2, True, "games is True"),
    ],
)
def test_what_makes_no_match_is_refused(players, games, words) -> None:
    with pytest.raises(mk.InvalidOptionError, match=re.escape(words)):
        mk.play("kuhn_poker", players, games)


# Ctrl-C: in a matrix each player moves once a game, so moves are easy to count


def test_ctrl_c_ends_the_match_after_the_block() -> None:
    whole = mk.play("chicken", [Interrupting(), "random"], games=40)
    cut = mk.play("chicken", [Interrupting(11), "random"], games=40)  # in the first game of block 5
    assert cut.status is mk.Status.INTERRUPTED
    assert cut.games == 12, "the block is played to its end"
    assert np.array_equal(cut.scores, whole.scores[:12])
    assert np.array_equal(cut.seats, whole.seats[:12])


def test_a_second_ctrl_c_drops_the_block() -> None:
    cut = mk.play("chicken", [Interrupting(11, 12), "random"], games=40)
    assert (cut.status, cut.games) == (mk.Status.INTERRUPTED, 10)


def test_ctrl_c_in_the_first_block_keeps_nothing_and_says_so() -> None:
    cut = mk.play("chicken", [Interrupting(1, 2), "random"], games=40)
    assert (cut.status, cut.games) == (mk.Status.INTERRUPTED, 0)
    assert np.all(np.isnan(cut.mean))
    assert "INTERRUPTED" in repr(cut)


def test_ctrl_c_in_the_last_block_changes_nothing() -> None:
    match = mk.play("chicken", [Interrupting(40), "random"], games=40)
    assert match.games == 40
    assert match.status is not mk.Status.INTERRUPTED


def test_the_handler_of_ctrl_c_is_put_back() -> None:
    before = signal.getsignal(signal.SIGINT)
    mk.play("chicken", [Interrupting(3, 4), "random"])
    assert signal.getsignal(signal.SIGINT) is before


def test_matches_are_played_in_threads_too() -> None:
    matches = []
    work = threading.Thread(
        target=lambda: matches.append(mk.play("chicken", ["random", "random"], games=4))
    )
    work.start()
    work.join()
    assert matches[0].games == 4


def test_errors_of_players_are_their_own() -> None:
    class Broken:
        def act(self, state, rng):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        mk.play("chicken", [Broken(), "random"])


def test_progress_is_drawn_on_stderr_only(capsys, monkeypatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")  # rich draws bars on terminals only
    mk.play("chicken", ["random", "random"], games=4)
    assert capsys.readouterr() == ("", "")
    mk.play("chicken", ["random", "random"], games=4, progress=True)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "4/4" in shown.err


def test_a_player_that_moves_twice_on_the_shown_state_is_refused() -> None:
    class Mover:
        def act(self, state, rng):
            for _ in range(2):
                state.apply_action(state.legal_actions()[0])
            return 0

    for game in ("tic_tac_toe", "openspiel:tic_tac_toe"):
        with pytest.raises(mk.IllegalActionError, match="changed the state"):
            mk.play(game, [Mover(), "random"])


def test_a_name_with_braces_is_shown_as_it_is(capsys, monkeypatch) -> None:
    class Named(First):
        name = "{x} [red]"

    monkeypatch.setenv("FORCE_COLOR", "1")
    mk.play("tic_tac_toe", [Named(), "random"], games=4, progress=True)
    assert "{x} [red]" in capsys.readouterr().err
