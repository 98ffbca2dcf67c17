"""Rules that make no game: each mistake has an error of its own, before any solving."""

import numpy as np
import pytest

import marl_kit as mk
from marl_kit.core.progress import Progress
from marl_kit.games import enumerate as walking
from marl_kit.games.game import Game


class State:
    """A position of the rules below: the moves so far."""

    def __init__(self, rules, moves=()):
        self.rules, self.moves = rules, moves

    def current_player(self):
        return self.rules["player"](self.moves)

    def legal_actions(self, player=None):
        return self.rules["legal"](self.moves)

    def chance_outcomes(self):
        return self.rules["chance"](self.moves)

    def information_state_string(self, player=None):
        return self.rules["key"](self.moves)

    def apply_action(self, action):
        self.moves = (*self.moves, action)

    def child(self, action):
        return State(self.rules, (*self.moves, action))

    def clone(self):
        return State(self.rules, self.moves)

    def history(self):
        return list(self.moves)

    def returns(self):
        return [1.0, -1.0]


class Rules(Game):
    """Two moves of player 0 and an end, unless something is said otherwise."""

    def __init__(self, **changes):
        super().__init__(name="made up", num_players=2)
        self.rules = {
            "player": lambda moves: 0 if len(moves) < 2 else -4,
            "legal": lambda moves: [0, 1],
            "chance": lambda moves: [(0, 0.5), (1, 0.5)],
            "key": lambda moves: str(moves),
        } | changes

    def new_initial_state(self):
        return State(self.rules)

    def _build_tree(self, node_limit, progress):
        return walking.enumerate_tree(self, node_limit, progress)

    def action_names(self, infoset):
        return ("0", "1")


def test_the_rules_are_a_game():
    game = Rules()
    assert game.tree().num_nodes == 7
    assert mk.nash_conv(game, "uniform") == 0


@pytest.mark.parametrize("second", [[0, 2], [1, 0], [0], [0, 1, 2]])
def test_unequal_actions_in_an_infoset(second):
    """Also when there are as many: the actions of one node would be read as another's."""
    game = Rules(
        key=lambda moves: "blind" if len(moves) == 1 else "root",
        legal=lambda moves: second if moves == (1,) else [0, 1],
    )
    message = (
        r"'blind' of player 0 has the actions \[0, 1\] at one node and \[.*\] after the history"
    )
    with pytest.raises(mk.InvalidGameError, match=message):
        game.tree()


@pytest.mark.parametrize("total", [0.5, 0.999, 1.01, 0.0])
def test_chance_that_does_not_sum_to_one(total):
    game = Rules(
        player=lambda moves: -1 if not moves else -4,
        chance=lambda moves: [(0, total / 2), (1, total / 2)],
    )
    with pytest.raises(mk.InvalidGameError, match=r"chance probabilities after the history \(\)"):
        game.tree()
    with pytest.raises(mk.InvalidGameError, match="chance probabilities"):
        mk.solve(game)


def test_chance_that_is_negative():
    game = Rules(
        player=lambda moves: -1 if not moves else -4,
        chance=lambda moves: [(0, 1.5), (1, -0.5)],
    )
    with pytest.raises(mk.InvalidGameError, match="must lie in"):
        game.tree()


@pytest.mark.parametrize(
    ("change", "who"),
    [
        ({"legal": lambda moves: [0, 1] if not moves else []}, "player 0"),
        (
            {"player": lambda moves: -1 if len(moves) < 2 else -4, "chance": lambda moves: []},
            "chance",
        ),
    ],
)
def test_a_node_without_actions(change, who):
    with pytest.raises(mk.InvalidGameError, match=f"{who} is to move .* no action"):
        Rules(**change).tree()


@pytest.mark.parametrize("branches", [1, 2])
def test_a_game_without_an_end(branches):
    game = Rules(
        player=lambda moves: 0,
        legal=lambda moves: list(range(branches)),
        key=lambda moves: len(moves),
    )
    with pytest.raises(mk.EndlessGameError, match="play of 4,096 moves has not ended"):
        game.tree()
    assert issubclass(mk.EndlessGameError, mk.GameTooLargeError)


def test_long_plays_that_end_are_games():
    game = Rules(
        player=lambda moves: 0 if len(moves) < walking.MAX_DEPTH - 1 else -4,
        legal=lambda moves: [0],
        key=lambda moves: len(moves),
    )
    tree = game._build_tree(10_000, Progress())
    assert tree.num_nodes == walking.MAX_DEPTH


def test_wide_games_are_stopped_by_the_limit_of_nodes():
    game = Rules(
        player=lambda moves: 0 if len(moves) < 40 else -4,
        key=lambda moves: len(moves),
    )
    with pytest.raises(mk.GameTooLargeError, match="more than 20,000 nodes") as caught:
        game.tree(node_limit=20_000)
    assert not isinstance(caught.value, mk.EndlessGameError)


def test_absent_mindedness():
    """Piccione and Rubinstein (1997): the driver cannot tell the second exit from the first."""
    message = r"player 0 is absent-minded at infoset .*: the history \(1,\) passes .* after \(\)"
    game = mk.load_game("absent_minded_driver")
    for refuse in (game.sequence_form, lambda: mk.solve(game, "cfr+"), game.to_normal_form):
        with pytest.raises(mk.AbsentMindednessError, match=message):
            refuse()
    assert issubclass(mk.AbsentMindednessError, mk.ImperfectRecallError)
    assert np.all(np.isfinite(mk.expected_values(game, "uniform")))  # values need no recall


def test_imperfect_recall_is_not_absent_mindedness():
    game = Rules(key=lambda moves: "again" if moves else "root")  # forgets its own first move
    with pytest.raises(
        mk.ImperfectRecallError, match=r"'again': the histories \(0,\) and \(1,\)"
    ) as c:
        game.sequence_form()
    assert not isinstance(c.value, mk.AbsentMindednessError)


def test_policies_that_miss_infosets_or_play_what_is_illegal():
    game = mk.load_game("leduc_poker")
    table = mk.TabularPolicy.uniform(game).to_dict()
    last = list(table)[-1]
    with pytest.raises(mk.InvalidProfileError, match="says nothing at infoset"):
        mk.nash_conv(game, {k: v for k, v in table.items() if k != last})
    with pytest.raises(mk.InvalidProfileError, match="gives action 9 a probability"):
        mk.nash_conv(game, table | {last: {9: 1.0}})
