"""Every registered player, whoever adds it: is made, plays legally, repeats itself, refuses."""

import io
import itertools
import sys

import numpy as np
import pytest

import marl_kit as mk
from marl_kit.core.registry import resolve
from marl_kit.learn.oracle import Task
from marl_kit.learn.registry import find_oracle
from marl_kit.play.player import distinct_names, player_name
from marl_kit.play.registry import PLAYERS, PlayerKind, is_player_spec

# Where a player is tried; tic_tac_toe unless it stands here.
GAME = {
    "solver:": "kuhn_poker",
    "policy:": "kuhn_poker",
    "tabular:": "kuhn_poker",
    "ppo:": "kuhn_poker",
    "ismcts": "kuhn_poker",
    "smmcts": "goofspiel(num_cards=3,imp_info=False,points_order=descending)",
}


@pytest.fixture(scope="module")
def saved(tmp_path_factory) -> str:
    path = tmp_path_factory.mktemp("saved") / "kuhn.npz"
    mk.solve("kuhn_poker").save(path)
    game = mk.load_game("kuhn_poker")
    task = Task(game, (mk.make_player("random", game),), np.ones(1), np.random.SeedSequence(0))
    answer = find_oracle("policy_gradient(episodes=200)").answer(task)
    path.with_suffix(".tabular").write_bytes(answer.content)
    answer = find_oracle("ppo(updates=1,episodes=64,width=16)").answer(task)
    path.with_suffix(".ppo").write_bytes(answer.content)
    return str(path)


@pytest.fixture
def keyboard(monkeypatch) -> None:
    """A person who tries one number after the other, for as long as somebody reads."""
    numbers = itertools.islice(itertools.cycle(range(9)), 1000)
    monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{n}\n" for n in numbers)))


def game_of(name: str) -> mk.Game:
    return mk.load_game(GAME.get(name, "tic_tac_toe"))


def spec_of(name: str, saved: str) -> str:
    paths = {"alphazero:": "tic_tac_toe"}
    paths |= {f"{name}:": saved.replace(".npz", f".{name}") for name in ("tabular", "ppo")}
    return PLAYERS[name].example.replace("PATH", paths.get(name, saved))


@pytest.mark.parametrize("name", PLAYERS)
def test_entry(name) -> None:
    kind = PLAYERS[name]
    assert kind.name == name == name.lower()
    assert kind.reads_text == name.endswith(":")
    assert kind.example.startswith(name)
    assert is_player_spec(kind.example)
    assert len(kind.summary) > 10
    build = resolve(kind.target)
    assert callable(build)
    assert build.__doc__


@pytest.mark.parametrize("name", PLAYERS)
def test_is_made_and_its_spec_makes_it_again(name, saved) -> None:
    game = game_of(name)
    player = mk.make_player(spec_of(name, saved), game)
    assert isinstance(player, mk.Player)
    again = mk.make_player(player.spec, game)
    assert again.spec == player.spec
    assert type(again) is type(player)
    assert mk.make_player(player, game) is player


@pytest.mark.parametrize("name", PLAYERS)
@pytest.mark.usefixtures("keyboard")
def test_plays_whole_games_and_the_same_seed_repeats_them(name, saved, monkeypatch) -> None:
    game, numbers = game_of(name), sys.stdin.getvalue()
    matches = []
    for seed in (1, 1, 2):
        monkeypatch.setattr(sys, "stdin", io.StringIO(numbers))
        spec = spec_of(name, saved)
        matches.append(mk.play(game, [spec, "random"], games=12, seed=seed))
    low, high = game.utility_bounds()
    for match in matches:
        assert match.scores.shape == (12, 2)
        assert np.all((low <= match.scores) & (match.scores <= high))
    first, same, other = matches
    assert np.array_equal(first.scores, same.scores)
    always_wins = bool(np.all(first.scores[:, 0] == high))
    assert always_wins or not np.array_equal(first.scores, other.scores)


@pytest.mark.parametrize("name", PLAYERS)
@pytest.mark.usefixtures("keyboard")
def test_act_depends_on_the_generator_only(name, saved) -> None:
    game = game_of(name)
    player = mk.make_player(spec_of(name, saved), game)
    state = game.new_initial_state()
    while state.is_chance_node():
        state.apply_action(state.legal_actions()[0])
    before = list(state.history())
    keyboard = sys.stdin
    chosen = []
    for seed in range(6):
        for _ in range(2):
            keyboard.seek(0)
            chosen.append(player.act(state, np.random.default_rng(seed)))
    assert chosen[::2] == chosen[1::2]
    assert list(state.history()) == before, "a player leaves the state as it is"


@pytest.mark.parametrize("name", PLAYERS)
@pytest.mark.usefixtures("keyboard")
def test_probabilities_are_what_act_draws_from(name, saved) -> None:
    game = game_of(name)
    player = mk.make_player(spec_of(name, saved), game)
    tells = {"random", "solver:", "policy:", "tabular:", "ppo:", "oracle"}
    assert hasattr(player, "probabilities") == (name in tells)
    if name not in tells:
        return
    state = game.new_initial_state()
    while state.is_chance_node():
        state.apply_action(state.legal_actions()[-1])
    told = player.probabilities(state)
    assert sum(told.values()) == pytest.approx(1)
    rng, draws = np.random.default_rng(5), 4000
    chosen = [player.act(state, rng) for _ in range(draws)]
    for action, p in told.items():
        error = np.sqrt(p * (1 - p) / draws)
        assert abs(chosen.count(action) / draws - p) <= 4 * error  # nothing allowed where p is 0, 1


@pytest.mark.parametrize("name", ["random", "solver:", "policy:", "tabular:", "ppo:", "ismcts"])
def test_a_player_does_not_see_hidden_cards(name, saved) -> None:
    """Player 0 holds the middle card: what it does is the same whatever player 1 holds."""
    game = mk.load_game("kuhn_poker")
    player = mk.make_player(spec_of(name, saved), game)
    chosen = []
    for other in (0, 2):
        state = game.new_initial_state()
        state.apply_action(1)
        state.apply_action(other)
        chosen.append([player.act(state, np.random.default_rng(seed)) for seed in range(50)])
    assert chosen[0] == chosen[1]


@pytest.mark.parametrize("name", PLAYERS)
def test_unknown_options_are_refused_with_near_misses(name) -> None:
    if name in ("solver:", "policy:", "tabular:", "ppo:"):
        pytest.skip("the rest is a method or a path, which have tests of their own")
    spec = PLAYERS[name].example.partition("(")[0] + "(simulatoins=10)"
    with pytest.raises(mk.UnknownNameError, match="option of"):
        mk.make_player(spec, game_of(name))


@pytest.mark.parametrize(
    ("spec", "error", "words"),
    [
        ("radnom", mk.UnknownNameError, "did you mean 'random'"),
        ("solver", mk.UnknownNameError, "did you mean 'solver:'"),
        ("cfr+(iterations=10)", mk.UnknownNameError, "plays as 'solver:METHOD'"),
        ("solvr:lp", mk.UnknownNameError, "unknown player 'solvr:lp'"),
        ("", mk.UnknownNameError, "unknown player ''"),
        ("mcts(simulatoins=3)", mk.UnknownNameError, "did you mean 'simulations'"),
        ("mcts(simulations=0)", mk.InvalidOptionError, "simulations of mcts is 0"),
        ("mcts(simulations=1.5)", mk.InvalidOptionError, "whole number"),
        ("mcts(simulations=-3)", mk.InvalidOptionError, "whole number"),
        ("mcts(simulations=true)", mk.InvalidOptionError, "whole number"),
        ("mcts(simulations=many)", mk.InvalidOptionError, "whole number"),
        ("mcts(c=-1)", mk.InvalidOptionError, "c of mcts is -1"),
        ("mcts(c=inf)", mk.InvalidOptionError, "finite"),
        ("mcts(c=nan)", mk.InvalidOptionError, "finite"),
        ("mcts(rollouts=0)", mk.InvalidOptionError, "rollouts of mcts is 0"),
        ("mcts(c=1,c=2)", mk.InvalidOptionError, "given twice"),
        ("mcts(c=1", mk.InvalidOptionError, "without its"),
        ("openspiel:mcts(simulations=0)", mk.InvalidOptionError, "simulations of openspiel:mcts"),
        ("openspiel:mcts(c=-0.5)", mk.InvalidOptionError, "c of openspiel:mcts is -0.5"),
        ("openspiel:uct", mk.UnknownNameError, "bot of OpenSpiel 'uct'"),
        ("solver:", mk.InvalidOptionError, "needs a method"),
        ("solver:cfr++", mk.UnknownNameError, "unknown method 'cfr++'"),
        ("solver:cfr(iterations=0)", mk.InvalidOptionError, "iterations is 0"),
        ("policy:", mk.InvalidOptionError, "needs a path"),
        ("policy:no/such/file.npz", mk.CheckpointError, "no/such/file.npz"),
        (None, mk.InvalidOptionError, "is not a player"),
        (7, mk.InvalidOptionError, "is not a player"),
        (mk.Player, mk.InvalidOptionError, "is not a player"),
    ],
)
def test_what_cannot_be_made_is_refused(spec, error, words) -> None:
    with pytest.raises(error, match=words.replace("(", r"\(").replace("+", r"\+")):
        mk.make_player(spec, "tic_tac_toe")


@pytest.mark.parametrize("spec", ["mcts", "openspiel:mcts"])
@pytest.mark.parametrize("game", ["kuhn_poker", "chicken"])
def test_search_refuses_hidden_information(spec, game) -> None:
    with pytest.raises(mk.UnsupportedGameError, match="has hidden information"):
        mk.make_player(spec, game)


@pytest.mark.parametrize(
    ("given", "canonical"),
    [
        ("random", "random"),
        (" Random ", "random"),
        ("mcts", "mcts(simulations=400,c=1.4)"),
        ("mcts(c=2.0)", "mcts(simulations=400,c=2)"),
        ("mcts(c=0.00001,simulations=7)", "mcts(simulations=7,c=0.00001)"),
        ("mcts(rollouts=3)", "mcts(simulations=400,c=1.4,rollouts=3)"),
        ("mcts(rollouts=1)", "mcts(simulations=400,c=1.4)"),
        ("openspiel:mcts", "openspiel:mcts(simulations=400,c=1.4)"),
        ("OpenSpiel: mcts(c=2)", "openspiel:mcts(simulations=400,c=2)"),
        ("solver: Backward-Induction", "solver:backward_induction"),
    ],
)
def test_specs_are_written_in_one_way(given, canonical) -> None:
    assert mk.make_player(given, "tic_tac_toe").spec == canonical


def test_seed_is_for_building_and_checked_by_what_is_built() -> None:
    with pytest.raises(mk.InvalidOptionError, match="seed is -1"):
        mk.make_player("solver:lp", "kuhn_poker", seed=-1)


def test_names_of_players() -> None:
    class Nobody:
        def act(self, state, rng): ...

    class Named(Nobody):
        spec = "a spec"
        name = ""

    assert [player_name(p) for p in (Nobody(), Named())] == ["Nobody", "a spec"]
    assert distinct_names([Nobody(), Named(), Nobody(), Nobody()]) == (
        "Nobody",
        "a spec",
        "Nobody #2",
        "Nobody #3",
    )


def test_a_new_player_is_an_entry_and_no_more(monkeypatch) -> None:
    target = "marl_kit.play.random_player:random_player"
    monkeypatch.setitem(PLAYERS, "newcomer", PlayerKind("newcomer", target, "new", "newcomer"))
    assert mk.make_player("newcomer", "tic_tac_toe").spec == "random"
