"""``alphazero(...)`` as an oracle: games against a population, answers, leagues of networks."""

import numpy as np
import pytest
import torch

import marl_kit as mk
from marl_kit.core.seeds import child
from marl_kit.learn.alphazero.oracle import AlphaZeroOracle, merged
from marl_kit.learn.alphazero.versus import play_against
from marl_kit.learn.networks.file import read_network
from marl_kit.learn.oracle import Tally
from marl_kit.learn.registry import find_oracle
from tests.league.rows import rows
from tests.learn.alphazero.tiny import BOARD, game_bits, training
from tests.learn.tasks import player_of, task_of, write

PIG = "pig(winscore=4,players=3,horizon=20)"
SPEC = "alphazero(rounds=1,games=8,simulations=4,updates=4,width=8,depth=1)"
LEAGUE = {"evaluation_games": 4, "more_games": 0, "exact": False}


class Edge:
    """Always plays the first legal action, or always the last."""

    def __init__(self, place):
        self.place = place

    def act(self, state, rng):
        return state.legal_actions()[self.place]


class OneByOne:
    """Another player without its ``act_batch``."""

    def __init__(self, player):
        self.player = player

    def act(self, state, rng):
        return self.player.act(state, rng)


class Cheat:
    def act(self, state, rng):
        return 99


FIRST, LAST = Edge(0), Edge(-1)


def against(spec, opponents, games, weights=None):
    run = training(spec)
    games = range(games) if isinstance(games, int) else games
    task = task_of(spec, opponents, weights)
    return play_against(task, run.run.options, run._evaluator(), games, child(task.root, "games"))


def replay(spec, game):
    """Who moved at each ply, what was legal there, and the returns."""
    state, movers, legal = mk.load_game(spec).new_initial_state(), [], []
    for action in game.actions:
        movers.append(state.current_player())
        legal.append(state.legal_actions())
        state.apply_action(action)
    assert state.is_terminal()
    return movers, legal, state.returns()


def tally_of(opponent, results):
    """A tally by hand, of pairs of payoffs and plies."""
    own, other, plies = (np.array(column) for column in zip(*results, strict=True))
    return Tally(
        opponent,
        len(own),
        int(np.sum(own > other)),
        int(np.sum(own == other)),
        int(np.sum(own < other)),
        float(own.sum()),
        int(plies.sum()),
    )


@pytest.mark.parametrize(("spec", "players"), [(BOARD, 2), (PIG, 3), ("pig(winscore=4)", 2)])
def test_the_learner_sits_in_every_seat_in_turn(spec, players):
    """Its searches are at its own decisions, all of them; every other seat counts the game."""
    played, tallies = against(spec, [FIRST], 7)
    results = []
    for game in played:
        seat = game.index % players
        movers, legal, returns = replay(spec, game)
        assert list(game.plies) == [ply for ply, mover in enumerate(movers) if mover == seat]
        assert all(game.full)
        assert len(game.full) == len(game.results) == len(game.plies)
        assert [found.player for found in game.results] == [seat] * len(game.plies)
        assert [found.actions.tolist() for found in game.results] == [legal[p] for p in game.plies]
        assert game.returns.tolist() == list(returns)
        for mover, options, action in zip(movers, legal, game.actions, strict=True):
            assert mover < 0 or mover == seat or action == options[0]
        results += [(returns[seat], returns[p], len(movers)) for p in range(players) if p != seat]
    assert tallies == (tally_of(0, results),)


def test_opponents_are_drawn_by_their_weights():
    """Tallies by what was played: the first opponent move says whose it is."""
    played, tallies = against(BOARD, [Cheat(), FIRST, LAST], 80, [0.0, 0.25, 0.75])
    results = {1: [], 2: []}
    for game in played:
        seat = game.index % 2
        movers, legal, returns = replay(BOARD, game)
        moves = [(a, o) for a, o, m in zip(game.actions, legal, movers, strict=True) if m != seat]
        place = {True: 0, False: -1}[moves[0][0] == moves[0][1][0]]
        assert all(action == options[place] for action, options in moves)
        results[1 if place == 0 else 2].append((returns[seat], returns[1 - seat], len(movers)))
    assert tallies == tuple(tally_of(opponent, met) for opponent, met in results.items())
    assert 10 <= tallies[0].games <= 31  # 20 of 80, within three standard deviations


def test_every_seat_draws_its_own_opponent():
    played, tallies = against(PIG, [FIRST, LAST], 30)
    assert sum(tally.games for tally in tallies) == 2 * len(played)
    movers = [replay(PIG, game) for game in played]
    mixed = 0
    for game, (who, legal, _) in zip(played, movers, strict=True):
        habits = {
            (mover, action == options[0])
            for mover, action, options in zip(who, game.actions, legal, strict=True)
            if mover >= 0 and mover != game.index % 3 and len(options) > 1
        }
        assert len(habits) == len({mover for mover, _ in habits})  # one habit a seat
        mixed += len({first for _, first in habits}) == 2
    assert mixed > 0


@pytest.mark.parametrize("spec", [BOARD, PIG])
def test_a_game_does_not_depend_on_those_beside_it(spec):
    opponents = ["random", "mcts(simulations=3)"]
    together, _ = against(spec, opponents, 6)
    apart = [
        game
        for first in (0, 2, 5)
        for game in against(spec, opponents, range(first, {0: 2, 2: 5, 5: 6}[first]))[0]
    ]
    assert [game_bits(game) for game in apart] == [game_bits(game) for game in together]
    assert len({game.actions for game in together}) > 1


def test_who_answers_for_many_answers_as_one_by_one():
    asked = mk.make_player("mcts(simulations=3)", BOARD)
    games = [against(BOARD, [player], 6) for player in (asked, OneByOne(asked))]
    assert [game_bits(g) for g in games[0][0]] == [game_bits(g) for g in games[1][0]]
    assert games[0][1] == games[1][1]


def test_an_illegal_opponent_is_refused():
    with pytest.raises(mk.IllegalActionError, match=r"chose 99 after the history .*; legal"):
        against(BOARD, [Cheat()], 2)


def oracle_of(**options):
    told = {"rounds": 1, "games": 6, "simulations": 4, "updates": 3, "batch": 16}
    return AlphaZeroOracle(**(told | {"network": "mlp", "width": 8, "depth": 1} | options))


def test_the_same_task_the_same_bytes():
    answers = [oracle_of().answer(task_of(BOARD, ["random"], seed=s)) for s in (1, 1, 2)]
    assert answers[0].content == answers[1].content
    assert answers[0].tallies == answers[1].tallies
    assert answers[0].facts == answers[1].facts
    assert answers[0].content != answers[2].content
    assert answers[0].suffix == ".safetensors"
    assert sorted(answers[0].facts) == ["policy_loss", "value_loss"]


def test_an_answer_is_a_player(tmp_path):
    task = task_of(BOARD, ["random"])
    answer = oracle_of(noise=0.5).answer(task)
    assert answer.spec == "alphazero:{file}(simulations=4,noise=0.5)"
    mk.testing.check_player(player_of(answer, task, tmp_path), BOARD, games=2)


def test_its_weights_go_on(tmp_path):
    """With a tiny rate they stay nearly those of the learner's file, whatever the seed."""
    game = mk.load_game(BOARD)
    first = write(oracle_of(rate=0.05).answer(task_of(game, ["random"], seed=1)), tmp_path, "first")
    task = task_of(game, ["random"], seed=2, learner=first, wave=1)
    second = write(oracle_of(rate=1e-9).answer(task), tmp_path, "second")
    fresh = write(oracle_of(rate=1e-9).answer(task_of(game, ["random"], seed=2)), tmp_path, "fresh")
    known, there, new = (read_network(path, game) for path in (first, second, fresh))
    pairs = list(zip(known[0].parameters(), there[0].parameters(), strict=True))
    assert all(torch.allclose(a, b, rtol=0, atol=1e-7) for a, b in pairs)
    others = zip(known[0].parameters(), new[0].parameters(), strict=True)
    assert not all(torch.allclose(a, b, rtol=0, atol=1e-3) for a, b in others)
    assert (known[1].facts["wave"], there[1].facts["wave"]) == ("0", "1")


def test_a_learner_of_another_width_is_refused(tmp_path):
    game = mk.load_game(BOARD)
    path = write(oracle_of(width=9).answer(task_of(game, ["random"])), tmp_path)
    with pytest.raises(mk.CheckpointError, match="do not fit"):
        oracle_of().answer(task_of(game, ["random"], learner=path))


@pytest.mark.parametrize(("own", "games"), [(0, 6), (0.5, 3), (1, 0)])
def test_shares_of_games_against_itself(own, games):
    answer = oracle_of(own=own).answer(task_of(BOARD, ["random", FIRST], [0.5, 0.5]))
    assert sum(tally.games for tally in answer.tallies) == games
    twice = oracle_of(own=own, rounds=2).answer(task_of(BOARD, ["random", FIRST], [0.5, 0.5]))
    assert sum(tally.games for tally in twice.tallies) == 2 * games
    assert np.isfinite(list(answer.facts.values())).all()


def test_tallies_of_rounds_are_added_up():
    parts = [
        (Tally(0, 3, 1, 1, 1, 0.5, 9), Tally(2, 1, 1, 0, 0, 2.0, 4)),
        (Tally(2, 2, 0, 0, 2, -3.0, 5),),
    ]
    assert merged(parts) == (Tally(0, 3, 1, 1, 1, 0.5, 9), Tally(2, 3, 1, 0, 2, -1.0, 9))


def test_its_spec_has_every_option():
    oracle = find_oracle(SPEC)
    assert find_oracle(oracle.spec) == oracle
    told = oracle.spec.removeprefix("alphazero(").removesuffix(")").split(",")
    assert [part.split("=")[0] for part in told] == list(AlphaZeroOracle.__slots__)
    assert oracle.resumes
    assert (oracle.options.width, oracle_of(width=0).options.width) == (8, None)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"own": 1.5}, "own"),
        ({"noise": -1}, "noise"),
        ({"rounds": 0}, "rounds"),
        ({"games": 0}, "games"),
        ({"simulations": 0.5}, "simulations"),
        ({"rate": 0}, "rate"),
        ({"network": "cnn"}, "network"),
        ({"temperature_plies": -1}, "temperature_plies"),
    ],
    ids=repr,
)
def test_options_that_are_not_allowed(options, words):
    with pytest.raises(mk.InvalidOptionError, match=words):
        oracle_of(**options)


@pytest.mark.parametrize("spec", ["kuhn_poker", "openspiel:matrix_rps"])
def test_hidden_information_is_refused(spec, tmp_path):
    with pytest.raises(mk.UnsupportedGameError):
        oracle_of().check(mk.load_game(spec))
    with pytest.raises(mk.UnsupportedGameError):
        mk.League(spec, players=["random", SPEC], path=tmp_path / "run")
    assert not (tmp_path / "run" / "run.json").exists()


def test_a_residual_network_on_a_game_without_planes_is_refused():
    with pytest.raises(mk.InvalidOptionError, match="mlp"):
        oracle_of(network="residual").check(mk.load_game(PIG))


def test_a_league_takes_it_among_its_players(tmp_path):
    """The same log as with ``oracle=``."""
    ways = {
        "player": {"players": ["random", SPEC]},
        "oracle": {"players": ["random"], "oracle": SPEC},
    }
    for name, way in ways.items():
        with mk.League("tic_tac_toe", path=tmp_path / name, **way, **LEAGUE) as league:
            league.train(waves=2)
            assert [member.name for member in league.members] == ["random", "main@1", "main@2"]
            assert [member.kind for member in league.members][1:] == ["learned", "learned"]
    assert rows(tmp_path / "player") == rows(tmp_path / "oracle")


def test_alone_it_meets_a_random_player():
    with mk.League(BOARD, players=[SPEC], **LEAGUE) as league:
        assert [member.name for member in league.members] == ["random"]
        assert league.options.oracle == find_oracle(SPEC).spec


@pytest.mark.parametrize(
    ("players", "options"),
    [
        (["random", SPEC, "q_learning"], {}),
        ([SPEC], {"oracle": "q_learning"}),
        ([SPEC, "alphazero(games=4)"], {}),
    ],
)
def test_two_who_learn_are_refused(players, options, tmp_path):
    with pytest.raises(mk.InvalidOptionError, match="would both be the one who learns"):
        mk.League(BOARD, players=players, path=tmp_path / "run", **options)
    assert not (tmp_path / "run").exists()
