"""A person at the terminal, played by a text."""

import io
import sys

import numpy as np
import pytest

import marl_kit as mk
from marl_kit.play.human import Choices


class Named:
    """A state with one decision, whose actions have the names given."""

    def __init__(self, names):
        self.names = names

    def current_player(self):
        return 0

    def legal_actions(self, player=0):
        return list(self.names)

    def action_to_string(self, player, action):
        return self.names[action]


def typing(monkeypatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))


def play(monkeypatch, game: str, text: str, **kwargs) -> mk.MatchResult:
    typing(monkeypatch, text)
    return mk.play(game, ["human", "random"], games=2, **kwargs)


def test_actions_are_read_by_number_and_by_name(monkeypatch) -> None:
    game = mk.load_game("tic_tac_toe")
    player = mk.make_player("human", game)
    for text in ("4\n", "x(1,1)\n", " X(1,1) \n", "+4\nfour\n\n4\n"):
        typing(monkeypatch, text)
        assert player.act(game.new_initial_state(), np.random.default_rng(0)) == 4


def test_the_person_sees_state_actions_and_outcome_on_stderr(monkeypatch, capsys) -> None:
    play(monkeypatch, "tic_tac_toe", "".join(f"{a}\n" for a in range(9)) * 9)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "you are player 0" in shown.err
    assert "you are player 1" in shown.err
    assert "...\n...\n..." in shown.err
    assert "0: x(0,0),  1: x(0,1)" in shown.err
    assert "is none of your actions; give a number or a name" in shown.err
    assert shown.err.count("The game is over. player 0:") == 2


def test_the_person_does_not_see_the_others_card(monkeypatch, capsys) -> None:
    game = mk.load_game("kuhn_poker")
    state = game.new_initial_state()
    for card in (1, 2):
        state.apply_action(card)
    typing(monkeypatch, "bet\n")
    assert mk.make_player("human", game).act(state, np.random.default_rng(0)) == 1
    shown = capsys.readouterr().err
    assert f"\n{state.information_state_string()}\n" in shown
    assert str(state) not in shown


def test_in_a_matrix_there_is_nothing_to_see(monkeypatch, capsys) -> None:
    match = play(monkeypatch, "chicken", "yield\ndare\n")
    assert match.games == 2
    assert "0: Dare,  1: Yield" in capsys.readouterr().err


@pytest.mark.parametrize("end", ["", "q\n", "Q\n", "nonsense\nq\n"])
def test_leaving_is_ctrl_c(monkeypatch, end) -> None:
    match = play(monkeypatch, "chicken", f"dare\n{end}")
    assert (match.status, match.games) == (mk.Status.INTERRUPTED, 0)
    typing(monkeypatch, f"dare\ndare\n{end}")
    match = mk.play("chicken", ["human", "random"], games=6)
    assert (match.status, match.games) == (mk.Status.INTERRUPTED, 2)


def test_ctrl_c_at_the_prompt_is_obeyed_at_once(monkeypatch) -> None:
    import signal

    class Pressing(io.StringIO):
        def readline(self, *_):
            signal.raise_signal(signal.SIGINT)
            return "0\n"

    monkeypatch.setattr(sys, "stdin", Pressing())
    match = mk.play("chicken", ["human", "random"], games=2)
    assert (match.status, match.games) == (mk.Status.INTERRUPTED, 0)


def test_no_bar_over_the_conversation(monkeypatch, capsys) -> None:
    play(monkeypatch, "chicken", "0\n1\n", progress=True)
    assert " of 2 games" not in capsys.readouterr().err


def test_names_go_before_numbers() -> None:
    """Claims of 2 to 6 are actions 0 to 4: typing 2 means the claim."""
    claims = Choices(Named({0: "2", 1: "3", 2: "4"}))
    assert [claims.find(text) for text in ("2", "4", "0", "5")] == [0, 2, None, None]
    assert claims.listing() == "Your actions: 2,  3,  4"
    assert claims.how == "a name"


def test_numbers_stay_where_they_are_the_names_and_where_names_repeat() -> None:
    same = Choices(Named({0: "0", 1: "1"}))
    assert same.listing() == "Your actions: 0,  1"
    assert [same.find("0"), same.find("1")] == [0, 1]
    repeated = Choices(Named({3: "take", 5: "Take", 7: "leave"}))
    assert [repeated.find(t) for t in ("3", "5", "take", "LEAVE")] == [3, 5, None, 7]
    clash = Choices(Named({0: "1", 1: "pass", 2: "pass"}))
    assert [clash.find(t) for t in ("0", "1", "2", "pass")] == [0, 1, 2, None], (
        "where names cannot tell all actions apart, numbers are numbers"
    )


def test_no_action_is_cut_in_two() -> None:
    many = Choices(Named({a: f"move to cell {a}" for a in range(40)}))
    lines = many.listing().splitlines()
    assert max(map(len, lines)) <= 88
    assert all(line.rstrip(",")[-1].isdigit() for line in lines)
    assert all(f"{a}: move to cell {a}" in many.listing() for a in range(40))
