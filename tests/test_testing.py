"""The conformance check accepts real games and finds broken promises."""

from collections.abc import Callable
from pathlib import Path

import pytest

import marl_kit as mk
from marl_kit.games.openspiel import OpenSpielGame
from tests.reference import takeaway

GOOFSPIEL = "goofspiel(num_cards=3,imp_info=True,points_order=descending,returns_type=win_loss)"


@pytest.mark.parametrize("spec", ["kuhn_poker", "liars_dice(dice_sides=3)", GOOFSPIEL])
def test_openspiel_games_pass(spec: str) -> None:
    assert mk.testing.check_game(spec).tree().num_nodes > 0


@pytest.mark.parametrize("info", mk.list_games(), ids=lambda info: info.name)
def test_every_game_of_the_catalogue_passes(info: mk.GameInfo) -> None:
    assert mk.testing.check_game(info.name).num_players == info.players


class _Wrong:
    """A state that hides its last legal action."""

    def __init__(self, state):
        self._state = state

    def __getattr__(self, name):
        return getattr(self._state, name)

    def legal_actions(self):
        return self._state.legal_actions()[:-1]


def test_a_broken_promise_is_named() -> None:
    game = mk.load_game("kuhn_poker")
    assert isinstance(game, OpenSpielGame)
    game.tree()
    start = game.new_initial_state
    game.new_initial_state = lambda: _Wrong(start())  # type: ignore[method-assign]
    with pytest.raises(mk.InvalidGameError, match="legal actions differ after the history"):
        mk.testing.check_game(game)


@pytest.mark.parametrize("spec", ["connect_four", "connect_four(rows=2,columns=3,x_in_row=2)"])
def test_boards_pass_whether_or_not_they_can_be_enumerated(spec: str) -> None:
    assert mk.testing.check_game(spec).form == "board"


RULES = Path(takeaway.__file__).read_text()


@pytest.fixture(scope="module")
def check(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., mk.Game]:
    """Check the user's rules after an edit; one path, so that equal functions are compiled once."""
    path = tmp_path_factory.mktemp("rules") / "game.py"

    def check(*edits: tuple[str, str]) -> mk.Game:
        text = RULES
        for old, new in edits:
            assert old in text
            text = text.replace(old, new)
        path.write_text(text)
        return mk.testing.check_game(path)

    return check


def test_a_users_rules_pass(check: Callable[..., mk.Game]) -> None:
    assert check().name == "takeaway"


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        # what the rules write
        ("state[0] = START", "state[2] = START", r"initial\(\) goes beyond its arrays.*size 2"),
        ("out[0] = state[0]", "out[1] = state[0]", r"observe\(\) goes beyond its arrays.*size 1"),
        ("out[winner] =", "out[2 * winner] =", r"returns\(\) goes beyond its arrays"),
        ("    out[1 - winner] = -PRIZE\n", "", r"returns\(\) writes \[.*nan"),
        # who moves, and what is legal
        ("state[1] = 1 - state[1]", "state[1] += 1", r"player\(\) is 2, neither a player nor -4"),
        ("return count", "return 0 * count", "player 0 has no legal action after the history .."),
        ("return count", "return count + 1", r"legal\(\) gives .*3.* as the number of actions"),
        ("return count", "return", r"legal\(\) gives None as the number of actions"),
        ("out[i] = i", "out[i] = count - 1 - i", r"legal actions \[1, 0\] are not ascending"),
        ("out[i] = i", "out[i] = 0", r"legal actions \[0, 0\] are not ascending"),
        ("out[i] = i", "out[i] = i + 1", r"legal actions \[1, 2\] are not below 2"),
        ("out[i] = i", "out[i] = i - 1", r"legal actions \[-1, 0\] are not below 2"),
        ("state[0] -= action + 1", "state[0] -= 0", "has not ended after 10,000 moves"),
        # what is declared
        ("(-PRIZE, PRIZE)", "(-0.5, 0.5)", r"returns \[.*1\.0.*\] are not between -0\.5 and 0\.5"),
        ("out[1 - winner] = -PRIZE", "out[1 - winner] = 0", r"returns \[.*\] do not sum to 0"),
        ("out[0] = state[0]", "out[0] = 1e300", "player 0 sees numbers that are not finite"),
        # names and drawings
        ("take {action + 1}", "take", "legal actions share a name: .'take', 'take'."),
        ('f"take {action + 1}"', "action", r"a name is not a string: \[0, 1\]"),
        ("{position[0]} left", "{position[7]} left", "drawing or naming raises IndexError"),
    ],
)
def test_broken_rules_are_named(
    check: Callable[..., mk.Game], old: str, new: str, complaint: str
) -> None:
    with pytest.raises(mk.InvalidGameError, match=complaint):
        check((old, new))


def test_rules_without_a_sum_need_not_have_one(check: Callable[..., mk.Game]) -> None:
    general = ("utilities=(-PRIZE, PRIZE)", "utilities=(-PRIZE, PRIZE), zero_sum=False")
    assert not check(("out[1 - winner] = -PRIZE", "out[1 - winner] = 0"), general).info.zero_sum


def test_functions_that_change_what_they_read_are_named(check: Callable[..., mk.Game]) -> None:
    for name, line in (
        ("observe", "    out[0] = state[0]"),
        ("legal", "    return count"),
        ("returns", "    out[winner] ="),
    ):
        with pytest.raises(mk.InvalidGameError, match=rf"{name}\(\) changes the position from"):
            check((line, f"    state[1] ^= 2\n{line}"))


def test_answers_that_do_not_repeat_are_named(check: Callable[..., mk.Game]) -> None:
    dice = ("from numba import njit", "import numpy as np\nfrom numba import njit")
    with pytest.raises(mk.InvalidGameError, match=r"apply\(\) gives another position"):
        check(dice, ("state[0] -= action + 1", "state[0] -= 1 + np.random.randint(0, 1 << 30)"))
    with pytest.raises(mk.InvalidGameError, match=r"observe\(\) gives another answer"):
        check(dice, ("out[0] = state[0]", "out[0] = np.random.random()"))


@pytest.mark.parametrize(
    ("new", "complaint"),
    [
        ("state[0] //= action - action", r"apply\(\) raises ZeroDivisionError.*after the history"),
        ("raise ValueError('no')", r"apply\(\) raises ValueError: no after the history \[\]"),
    ],
)
def test_exceptions_of_rules_are_named(
    check: Callable[..., mk.Game], new: str, complaint: str
) -> None:
    with pytest.raises(mk.InvalidGameError, match=complaint):
        check(("state[0] -= action + 1", new))


def test_rules_that_are_right_only_when_compiled_pass(check: Callable[..., mk.Game]) -> None:
    """Bit 63 makes Python's integers too large for the array; compiled ones wrap around."""
    twice = "    state[0] ^= 1 << 63\n" * 2
    assert check(("    state[0] -= action + 1", f"{twice}    state[0] -= action + 1"))
    with pytest.raises(mk.InvalidGameError, match=r"apply\(\) goes beyond its arrays"):
        check(("    state[0] -= action + 1", f"{twice}    state[5] -= action + 1"))


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("observation_shape=(1,)", "observation_shape=(-1,)", r"observation_shape .*\(-1,\); give"),
        ("observation_shape=(1,)", "observation_shape=1", "observation_shape of takeaway is 1"),
        ("observation_shape=(1,)", "observation_shape=(1,), params=(1.5,)", r"params .*\(1.5,\)"),
        ("observation_shape=(1,)", "observation_shape=(1,), params=(2**63,)", "64 bits"),
        ('name="takeaway"', "name=3", "name of a board game is 3; give a string"),
        ("(-PRIZE, PRIZE)", "(PRIZE, -PRIZE)", "utilities of takeaway is .*in this order"),
        ("(-PRIZE, PRIZE)", "(-math.inf, PRIZE)", "utilities of takeaway is .-inf"),
        ("(-PRIZE, PRIZE)", "(math.nan, PRIZE)", "utilities of takeaway is .nan"),
        ("(-PRIZE, PRIZE)", "(PRIZE,)", "utilities of takeaway is"),
    ],
)
def test_numbers_that_make_no_board_game(
    check: Callable[..., mk.Game], old: str, new: str, complaint: str
) -> None:
    with pytest.raises(mk.InvalidOptionError, match=complaint):
        check((old, new), ("from numba import njit", "import math\nfrom numba import njit"))


@pytest.mark.parametrize(
    ("spec", "trusted"),
    [
        ("connect_four", "openspiel:connect_four"),
        ("hex(board_size=3)", "openspiel:hex(board_size=3)"),
        ("pig(winscore=4,horizon=8)", "openspiel:pig(winscore=4,horizon=8)"),
        ("kuhn_poker", "openspiel:kuhn_poker"),
    ],
)
def test_games_agree_with_openspiels(spec: str, trusted: str) -> None:
    assert mk.testing.check_game(spec, against=trusted).num_players == 2


@pytest.mark.parametrize(
    ("spec", "trusted", "complaint"),
    [
        ("connect_four", "openspiel:connect_four(rows=5)", r"history \[.*\] the legal actions are"),
        (
            "tic_tac_toe",
            "openspiel:misere(game=tic_tac_toe())",
            r"returns are \[.*\] in tic_tac",
        ),
        ("pig(winscore=6)", "openspiel:pig(winscore=6,diceoutcomes=5)", "outcomes of chance are"),
        ("tic_tac_toe", "openspiel:hex(board_size=3)", "in tic_tac_toe and .* in openspiel:hex"),
        ("tic_tac_toe", "openspiel:pig(players=3)", "tic_tac_toe has 2 players and .* has 3"),
    ],
)
def test_games_that_differ_from_a_trusted_one_are_named(
    spec: str, trusted: str, complaint: str
) -> None:
    with pytest.raises(mk.InvalidGameError, match=complaint):
        mk.testing.check_game(spec, against=trusted)
