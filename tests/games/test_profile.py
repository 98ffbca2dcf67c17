"""Every accepted form of a profile, and every refusal."""

import numpy as np
import pyspiel
import pytest

import marl_kit as mk

KUHN = mk.load_game("openspiel:kuhn_poker")
KEYS = KUHN.tree().infoset_keys
PD = mk.load_game("prisoners_dilemma")


def numbers():
    rows = np.random.default_rng(8).dirichlet([1, 1], 12)
    return mk.TabularPolicy(KUHN, rows.ravel())


POLICY = numbers()


class Player:
    """What the contract asks of a player who can tell its probabilities."""

    def __init__(self, policy):
        self._policy = policy

    def act(self, state, rng):
        raise AssertionError("a player who tells its probabilities is not asked to act")

    def probabilities(self, state):
        return self._policy.action_probabilities(state)


class LikeOpenSpiel:
    """The Python policies of OpenSpiel have this method."""

    def action_probabilities(self, state, player_id=None):
        return POLICY.action_probabilities(state)


def forms():
    table = POLICY.to_dict()
    named = {key: {"Pass": row[0], "Bet": row[1]} for key, row in table.items()}
    mine = {p: {k: v for k, v in table.items() if len(k) % 2 != p} for p in (0, 1)}
    return {
        "policy": POLICY,
        "policy of an equal game": mk.TabularPolicy(
            mk.load_game("openspiel:kuhn_poker"), POLICY.probabilities
        ),
        "vectors by key": table,
        "arrays by key": {key: np.array(row) for key, row in table.items()},
        "numbered actions by key": {key: dict(enumerate(row)) for key, row in table.items()},
        "named actions by key": named,
        "function": POLICY.action_probabilities,
        "player": Player(POLICY),
        "python policy": LikeOpenSpiel(),
        "pyspiel policy": POLICY.to_openspiel(),
        "one a seat": [POLICY, POLICY],
        "tuple": (POLICY, POLICY),
        "seats of all kinds": [Player(POLICY), POLICY.to_openspiel()],
        "functions by seat": [POLICY.action_probabilities, POLICY.action_probabilities],
        "tables by seat": [mine[0], mine[1]],
    }


@pytest.mark.parametrize("form", forms())
def test_accepted_forms(form):
    expected = mk.expected_values(KUHN, POLICY)
    assert mk.expected_values(KUHN, forms()[form]) == pytest.approx(expected, abs=1e-15)
    assert mk.nash_conv(KUHN, forms()[form]) == pytest.approx(mk.nash_conv(KUHN, POLICY), abs=1e-15)


def test_solutions_are_profiles():
    solution = mk.solve(KUHN, "cfr", iterations=3)
    assert mk.nash_conv(KUHN, solution) == solution.nash_conv
    seats = [solution, mk.TabularPolicy.uniform(KUHN)]
    values = mk.expected_values(KUHN, seats)
    merged = np.where(
        np.repeat(KUHN.tree().infoset_player, 2) == 0, solution.profile.probabilities, 0.5
    )
    assert values == pytest.approx(mk.expected_values(KUHN, mk.TabularPolicy(KUHN, merged)))


def test_seats_are_kept_apart():
    """Seat 0 from one policy, seat 1 from another."""
    always = [{key: row for key in KEYS} for row in ([1.0, 0.0], [0.0, 1.0])]
    # player 0 passes and folds, player 1 bets: player 1 takes the ante
    assert mk.expected_values(KUHN, [always[0], always[1]]).tolist() == [-1, 1]


def test_a_seat_is_not_asked_about_the_other():
    def first(state):
        assert state.current_player() == 0
        return POLICY.action_probabilities(state)

    expected = mk.expected_values(KUHN, POLICY)
    assert mk.expected_values(KUHN, [first, POLICY]) == pytest.approx(expected)


def test_file_labels_and_keys_are_both_understood():
    game = mk.load_game("kuhn_1950")
    labels = game.infoset_labels
    aliases = game.key_aliases()
    assert set(aliases) <= set(labels)
    uniform = {key: [0.5, 0.5] for key in game.tree().infoset_keys}
    for alias, key in aliases.items():
        renamed = {alias if k == key else k: row for k, row in uniform.items()}
        assert mk.nash_conv(game, renamed) == pytest.approx(11 / 12)
    assert mk.nash_conv(game, uniform) == pytest.approx(11 / 12)


def matrix_forms():
    third = {0: 0.25, 1: 0.75}
    return {
        "vectors": [[0.25, 0.75], [0.25, 0.75]],
        "tuple of arrays": (np.array([0.25, 0.75]), np.array([0.25, 0.75])),
        "policy": mk.TabularPolicy(PD, [0.25, 0.75, 0.25, 0.75]),
        "table": {"0": [0.25, 0.75], "1": third},
        "function": lambda state: third,
        "player": Player(mk.TabularPolicy(PD, [0.25, 0.75, 0.25, 0.75])),
        "players by seat": [Player(mk.TabularPolicy(PD, [0.25, 0.75, 0.25, 0.75]))] * 2,
        "functions by seat": [lambda state: third] * 2,
        "policies by seat": [mk.TabularPolicy(PD, [0.25, 0.75, 0.25, 0.75])] * 2,
    }


@pytest.mark.parametrize("form", matrix_forms())
def test_accepted_forms_of_a_matrix_game(form):
    expected = mk.expected_values(PD, [[0.25, 0.75], [0.25, 0.75]])
    assert mk.expected_values(PD, matrix_forms()[form]) == pytest.approx(expected, abs=1e-15)


def test_vectors_and_tables_agree_with_hand_arithmetic():
    # payoffs (-1,-3; 0,-2): row plays C with 1/4, column too
    row = 1 / 16 * -1 + 3 / 16 * -3 + 3 / 16 * 0 + 9 / 16 * -2
    assert mk.expected_values(PD, [[0.25, 0.75]] * 2) == pytest.approx([row, row])


def with_row(key, row):
    return POLICY.to_dict() | {key: row}


def without(key):
    return {k: v for k, v in POLICY.to_dict().items() if k != key}


REFUSED = {
    "missing infoset": (without("0pb"), "'0pb' of player 0"),
    "unknown infoset": (with_row("nowhere", [0.5, 0.5]), "'nowhere'"),
    "illegal action": (with_row("0", {0: 0.5, 7: 0.5}), "action 7"),
    "unknown action name": (with_row("0", {"Pass": 0.5, "Raise": 0.5}), "'Raise'"),
    "not a number": (with_row("0", [float("nan"), 1.0]), "'0' is not a number"),
    "infinite": (with_row("0", [float("inf"), 0.0]), "inf"),
    "words": (with_row("0", ["a", "b"]), "'0' are not numbers"),
    "unnormalised": (with_row("0", [0.5, 0.6]), "'0' sum to 1.1"),
    "negative": (with_row("0", [-0.5, 1.5]), "-0.5"),
    "too few": (with_row("0", [1.0]), "2 actions and the profile gives 1"),
    "too many": (with_row("0", [0.2, 0.3, 0.5]), "2 actions and the profile gives 3"),
    "half a mapping": (with_row("0", {0: 0.4}), "sum to 0.4"),
    "one policy for two players": ([POLICY], "1 policies .* 2 players"),
    "three policies": ([POLICY] * 3, "3 policies .* 2 players"),
    "empty list": ([], "0 policies"),
    "empty table": ({}, "says nothing"),
    "unknown name": ("pure", "'pure'"),
    "a number": (3.5, "float is not a profile"),
    "nothing": (None, "NoneType is not a profile"),
    "another game's policy": (mk.TabularPolicy.uniform(mk.load_game("trust")), "'0:1'"),
    "a function of bad values": (lambda state: {0: 0.5}, "sum to 0.5"),
    "a function of illegal actions": (lambda state: {5: 1.0}, "action 5"),
    "a function of nothing": (lambda state: None, None),
    "a function of a vector": (lambda state: [0.5, 0.5], None),
    "vectors for a tree": ([[0.5, 0.5], [0.5, 0.5]], None),
}


@pytest.mark.parametrize("what", REFUSED)
def test_refused(what):
    profile, message = REFUSED[what]
    with pytest.raises(mk.InvalidProfileError, match=message):
        mk.nash_conv(KUHN, profile)


REFUSED_MATRIX = {
    "one vector": ([[1.0, 0.0]], "1 strategies .* 2 players"),
    "three vectors": ([[1.0, 0.0]] * 3, "3 strategies .* 2 players"),
    "too long": ([[1.0, 0.0], [1.0, 0.0, 0.0]], "player 1's strategy has shape"),
    "scalar": ([1.0, 0.0], "player 0's strategy has shape"),
    "ragged": ([[[1.0], [0.0, 1.0]], [1.0, 0.0]], "player 0's strategy is not a vector"),
    "not a number": (
        [[1.0, 0.0], [float("nan"), 1.0]],
        "player 1's probability of action 0 is nan",
    ),
    "negative": ([[1.5, -0.5], [1.0, 0.0]], "player 0's probability of action 1 is -0.5"),
    "unnormalised": ([[0.5, 0.5], [0.5, 0.6]], "player 1's probabilities sum to 1.1"),
    "words": ([["a", "b"], [1.0, 0.0]], "player 0's strategy is not a vector"),
    "empty": ([], "0 strategies"),
    "a number": (1.0, "float is not a profile"),
    "nothing": (None, "NoneType is not a profile"),
    "unknown name": ("pure", "'pure'"),
    "missing player": ({"0": [1.0, 0.0]}, "'1' of player 1"),
    "another game's policy": (mk.TabularPolicy.uniform(mk.load_game("shapley_1964")), None),
}


@pytest.mark.parametrize("what", REFUSED_MATRIX)
def test_refused_for_a_matrix_game(what):
    profile, message = REFUSED_MATRIX[what]
    with pytest.raises(mk.InvalidProfileError, match=message):
        mk.nash_conv(PD, profile)


def test_an_openspiel_policy_that_lacks_an_infoset():
    with pytest.raises(mk.InvalidProfileError):
        mk.nash_conv(KUHN, pyspiel.TabularPolicy({"0": [(0, 1.0), (1, 0.0)]}))


def test_refused_before_any_evaluation_of_another_players_seat():
    with pytest.raises(mk.InvalidProfileError, match="player 1"):
        mk.nash_conv(KUHN, [POLICY.to_dict(), {"0": [0.5, 0.5]}])
