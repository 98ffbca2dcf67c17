"""Every registered oracle, whoever adds it: is made, answers, repeats itself, refuses."""

import dataclasses

import numpy as np
import pytest

import marl_kit as mk
from marl_kit.core.registry import resolve
from marl_kit.learn.oracle import FILE
from marl_kit.learn.registry import ORACLES, OracleKind, find_oracle, oracles_table
from tests.learn.tasks import player_of, spec_of, task_of, write

# Where an oracle is tried; kuhn_poker unless it stands here.
GAME = {"uct": "tic_tac_toe", "scripted": "tic_tac_toe", "alphazero": "tic_tac_toe"}


def game_of(name: str) -> str:
    return GAME.get(name, "kuhn_poker")


@pytest.mark.parametrize("name", ORACLES)
def test_entry(name) -> None:
    kind = ORACLES[name]
    assert kind.name == name == name.lower()
    assert kind.example.startswith(name)
    assert len(kind.summary) > 10
    assert resolve(kind.target).__doc__
    assert kind.example.replace("|", r"\|") in oracles_table()


@pytest.mark.parametrize("name", ORACLES)
def test_spec_has_every_option_and_makes_it_again(name) -> None:
    oracle = find_oracle(ORACLES[name].example)
    assert find_oracle(oracle.spec) == oracle
    assert find_oracle(oracle.spec).spec == oracle.spec
    for field in dataclasses.fields(oracle):
        assert f"{field.name}=" in oracle.spec


@pytest.mark.parametrize("name", ORACLES)
def test_answers_with_a_player_that_keeps_its_promises(name, tmp_path) -> None:
    oracle = find_oracle(ORACLES[name].example)
    task = task_of(game_of(name), ["random"])
    oracle.check(task.game)
    answer = oracle.answer(task)
    assert (FILE in answer.spec) == (answer.content is not None)
    player = mk.testing.check_player(spec_of(answer, tmp_path), task.game, games=5)
    match = mk.play(task.game, [player, "random"], games=20)
    assert np.all(np.isfinite(match.scores))


@pytest.mark.parametrize("name", ORACLES)
def test_the_same_task_gives_the_same_answer(name) -> None:
    oracle, again = (find_oracle(ORACLES[name].example) for _ in range(2))
    opponents = ["random", "random"]
    first = oracle.answer(task_of(game_of(name), opponents, [0.25, 0.75], seed=5))
    second = again.answer(task_of(game_of(name), opponents, [0.25, 0.75], seed=5))
    assert dataclasses.asdict(first) == dataclasses.asdict(second)


@pytest.mark.parametrize("name", ORACLES)
def test_what_resumes_goes_on_and_what_does_not_ignores_it(name, tmp_path) -> None:
    oracle = find_oracle(ORACLES[name].example)
    first = oracle.answer(task_of(game_of(name), ["random"]))
    if not oracle.resumes:
        assert first.tallies == ()
        return
    path = write(first, tmp_path)
    before = path.read_bytes()
    task = task_of(game_of(name), ["random"], learner=path, wave=1)
    second = oracle.answer(task)
    assert path.read_bytes() == before == first.content
    anew = oracle.answer(task_of(game_of(name), ["random"], wave=1))
    assert second.content != anew.content


@pytest.mark.parametrize("name", ["q_learning", "policy_gradient"])
def test_a_table_that_goes_on_remembers_its_visits(name, tmp_path) -> None:
    oracle = find_oracle(ORACLES[name].example)
    first = oracle.answer(task_of(game_of(name), ["random"]))
    task = task_of(game_of(name), ["random"], learner=write(first, tmp_path), wave=1)
    second = oracle.answer(task)
    held = [player_of(a, task, tmp_path, str(i)).table for i, a in enumerate((first, second))]
    games = sum(tally.games for tally in second.tallies)
    assert games == second.facts["episodes"]
    assert int(held[1].visits.sum()) > int(held[0].visits.sum()) + games // 2


@pytest.mark.parametrize(
    ("given", "canonical"),
    [
        ("best-response", "best_response"),
        (" Best Response ", "best_response"),
        ("CFR", "cfr(iterations=1000)"),
        ("uct(growth=2.0)", "uct(simulations=100,growth=2)"),
        ("scripted(players=random)", "scripted(players=random)"),
        (
            "Q-Learning(discount=1,optimism=-0.5)",
            "q_learning(episodes=2000,step=0.5,power=0.5,epsilon=0.1,discount=1,optimism=-0.5,"
            "keep=200000)",
        ),
    ],
)
def test_specs_are_written_in_one_way(given, canonical) -> None:
    assert find_oracle(given).spec == canonical


@pytest.mark.parametrize(
    ("spec", "error", "words"),
    [
        ("best_respnse", mk.UnknownNameError, "did you mean 'best_response'"),
        ("q_learning(episods=3)", mk.UnknownNameError, "did you mean 'episodes'"),
        ("best_response(iterations=3)", mk.UnknownNameError, "option of best_response"),
        ("cfr(iterations=0)", mk.InvalidOptionError, "iterations of cfr is 0"),
        ("q_learning(episodes=1.5)", mk.InvalidOptionError, "whole number"),
        ("q_learning(step=0)", mk.InvalidOptionError, "above 0, at most 1"),
        ("q_learning(step=1.5)", mk.InvalidOptionError, "step of q_learning is 1.5"),
        ("q_learning(power=-1)", mk.InvalidOptionError, "from 0 to 1"),
        ("q_learning(epsilon=2)", mk.InvalidOptionError, "epsilon of q_learning is 2"),
        ("q_learning(epsilon=true)", mk.InvalidOptionError, "epsilon of q_learning is True"),
        ("q_learning(discount=nan)", mk.InvalidOptionError, "discount of q_learning is nan"),
        ("q_learning(optimism=inf)", mk.InvalidOptionError, "give a finite number"),
        ("policy_gradient(rate=inf)", mk.InvalidOptionError, "rate of policy_gradient is inf"),
        ("policy_gradient(entropy=-1)", mk.InvalidOptionError, "from 0 up"),
        ("uct(simulations=0)", mk.InvalidOptionError, "simulations of uct is 0"),
        ("uct(growth=0)", mk.InvalidOptionError, "growth of uct is 0"),
        ("scripted", mk.InvalidOptionError, "scripted needs players="),
        ("scripted(players=)", mk.InvalidOptionError, "with '|' between them"),
        ("scripted(players=random||random)", mk.InvalidOptionError, "with '|' between them"),
        ("scripted(players=radnom)", mk.UnknownNameError, "did you mean 'random'"),
        ("cfr(iterations=3", mk.InvalidOptionError, "without its"),
        (None, mk.InvalidOptionError, "not an oracle's spec"),
    ],
)
def test_what_cannot_be_made_is_refused(spec, error, words) -> None:
    with pytest.raises(error) as refused:
        find_oracle(spec)
    assert words in str(refused.value)


def test_a_new_oracle_is_an_entry_and_no_more(monkeypatch) -> None:
    target = "marl_kit.learn.cfr:CfrOracle"
    monkeypatch.setitem(ORACLES, "newcomer", OracleKind("newcomer", target, "new", "newcomer"))
    assert find_oracle("newcomer(iterations=3)").spec == "cfr(iterations=3)"


def test_uct_grows_from_wave_to_wave() -> None:
    oracle = find_oracle("uct(simulations=10,growth=1.5)")
    budgets = [oracle.answer(task_of("tic_tac_toe", ["random"], wave=w)) for w in (0, 1, 2, 10**6)]
    assert [answer.spec for answer in budgets] == [
        "mcts(simulations=10)",
        "mcts(simulations=15)",
        "mcts(simulations=22)",
        "mcts(simulations=1000000)",
    ]
    shrinking = find_oracle("uct(simulations=10,growth=0.5)")
    late = shrinking.answer(task_of("tic_tac_toe", ["random"], wave=50))
    assert late.spec == "mcts(simulations=1)"
    with pytest.raises(mk.UnsupportedGameError, match="hidden information"):
        oracle.check(mk.load_game("kuhn_poker"))


def test_scripted_follows_its_list_and_stays_at_the_end() -> None:
    oracle = find_oracle("scripted(players=random| mcts(simulations=10,c=2) |oracle)")
    answers = [oracle.answer(task_of("tic_tac_toe", ["random"], wave=w)).spec for w in range(5)]
    assert answers == ["random", "mcts(simulations=10,c=2)", "oracle", "oracle", "oracle"]
    with pytest.raises(mk.UnsupportedGameError, match="hidden information"):
        oracle.check(mk.load_game("kuhn_poker"))
