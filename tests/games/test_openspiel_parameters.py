"""Parameters, nested games and policies of OpenSpiel's matrix games."""

import pyspiel
import pytest
from open_spiel.python.policy import UniformRandomPolicy

import marl_kit as mk

NESTED = [
    "restricted_nash_response(game=kuhn_poker())",
    "turn_based_simultaneous_game(game=goofspiel(num_cards=3,imp_info=True))",
    "kuhn_poker(players=3)",
    "matrix_rps",
]


@pytest.mark.parametrize("text", NESTED)
def test_the_spec_loads_the_same_game_again(text: str) -> None:
    game = mk.load_game(text)
    again = mk.load_game(game.spec)
    assert again.spec == game.spec
    assert again.tree().num_nodes == game.tree().num_nodes


def test_numbers_are_written_as_openspiel_reads_them() -> None:
    assert mk.load_game("go", komi=7, board_size=2).spec == "openspiel:go(komi=7.0,board_size=2)"
    small = mk.load_game("add_noise(game=kuhn_poker(),epsilon=1e-05,seed=1)")
    assert "epsilon=0.00001" in small.spec


@pytest.mark.parametrize("text", ["kuhn_poker(players=99)", "nfg_game"])
def test_openspiels_refusals_are_one_line(text: str) -> None:
    with pytest.raises(mk.InvalidOptionError, match="OpenSpiel refuses") as caught:
        mk.load_game(text)
    assert "\n" not in str(caught.value)


def test_openspiels_policies_of_matrix_games() -> None:
    rules = pyspiel.load_game("matrix_rps")
    assert mk.nash_conv("matrix_rps", UniformRandomPolicy(rules)) == 0.0


def test_expected_values_need_no_recall() -> None:
    """Piccione and Rubinstein (1997): going on with probability 2/3 is best and yields 4/3."""
    values = mk.expected_values("absent_minded_driver", {"0:1": [1 / 3, 2 / 3]})
    other = mk.expected_values("absent_minded_driver", {"0:1": [2 / 3, 1 / 3]})
    assert max(values[0], other[0]) == pytest.approx(4 / 3)
    with pytest.raises(mk.ImperfectRecallError):
        mk.nash_conv("absent_minded_driver", "uniform")
