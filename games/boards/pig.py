"""Pig: roll a die as often as you dare; a 1 loses what the turn has brought."""

from __future__ import annotations

from numba import njit

from marl_kit.core.errors import InvalidOptionError
from marl_kit.games.board import BoardGame

FACTS = {
    "title": "Pig",
    "source": "Scarne (1945), Scarne on Dice; Neller and Presser (2004), Optimal play of the dice "
    "game Pig, UMAP Journal 25(1): playing perfectly, who begins wins 53.06 %",
    "players": 2,
    "size": "to 100",
    "small": "pig(winscore=4,diceoutcomes=3,horizon=6)",
    "small_value": "8/27",
}

# A position: the player whose turn it is, whether a die is in the air, what the turn has brought,
# the moves made, how the game stands (RUNNING, 1 + winner, or DRAWN at the horizon), the scores.
# params: diceoutcomes, horizon, piglet, players, winscore.
MOVER, ROLLING, TURN, MOVES, STANDS, SCORES = 0, 1, 2, 3, 4, 5
ROLL, STOP = 0, 1
RUNNING, DRAWN = 0, -1
MOST_PLAYERS = 10


@njit
def initial(params, state):
    for i in range(len(state)):
        state[i] = 0


@njit
def player(params, state):
    if state[STANDS] != RUNNING:
        return -4
    return -1 if state[ROLLING] else state[MOVER]


@njit
def legal(params, state, out):
    """Who has enough must stop."""
    enough = state[SCORES + state[MOVER]] + state[TURN] >= params[4]
    out[0], out[1] = enough, STOP
    return 2 - enough


@njit
def chance(params, state, actions, probabilities):
    """Outcome 0 is a 1; in piglet all others are one outcome."""
    faces = params[0]
    count = 2 if params[2] else faces
    share, rest = 1.0 / faces, (faces - 1.0) / faces
    for i in range(count):
        actions[i] = i
        probabilities[i] = rest if params[2] and i > 0 else share
    return count


@njit
def _pass_on(params, state):
    following = state[MOVER] + 1
    state[TURN], state[MOVER] = 0, following if following < params[3] else 0


@njit
def apply(params, state, action):
    if state[ROLLING]:
        state[ROLLING] = 0
        if action == 0:
            _pass_on(params, state)
        else:
            state[TURN] += 1 if params[2] else action + 1
    else:
        state[MOVES] += 1
        if state[MOVES] >= params[1]:
            state[STANDS] = DRAWN
        if action == ROLL:
            state[ROLLING] = 1
        else:
            mover = state[MOVER]
            state[SCORES + mover] += state[TURN]
            if state[SCORES + mover] >= params[4]:
                state[STANDS] = 1 + mover
            _pass_on(params, state)


@njit
def returns(params, state, out):
    winner = state[STANDS] - 1
    for p in range(params[3]):
        out[p] = 0.0
        if winner >= 0:
            out[p] = 1.0 if p == winner else -1.0 / (params[3] - 1)


@njit
def observe(params, state, player, out):
    """One-hot rows of winscore + 1 numbers: the turn's total, then every score."""
    width = params[4] + 1
    for i in range(width * (params[3] + 1)):
        out[i] = 0.0
    out[min(state[TURN], params[4])] = 1.0
    for p in range(params[3]):
        out[width * (p + 1) + min(state[SCORES + p], params[4])] = 1.0


def _drawing(position: list[int]) -> str:
    rolling = " (rolling)" if position[ROLLING] else ""
    scores = " ".join(map(str, position[SCORES:]))
    return (
        f"Scores: {scores}, Turn total: {position[TURN]}\n"
        f"Current player: {position[MOVER]}{rolling}\n"
    )


def _check(least: dict[str, tuple[int, int]]) -> None:
    for name, (value, low) in least.items():
        if type(value) is not int or value < low:
            raise InvalidOptionError(f"{name} is {value!r}; give a whole number of at least {low}.")


def load(
    diceoutcomes: int = 6,
    horizon: int = 1000,
    piglet: bool = False,
    players: int = 2,
    winscore: int = 100,
) -> BoardGame:
    _check(
        {
            "diceoutcomes": (diceoutcomes, 1),
            "horizon": (horizon, 1),
            "players": (players, 2),
            "winscore": (winscore, 1),
        }
    )
    if players > MOST_PLAYERS:
        raise InvalidOptionError(f"players is {players}; pig has 2 to {MOST_PLAYERS}.")
    if not isinstance(piglet, bool):
        raise InvalidOptionError(f"piglet is {piglet!r}; give true or false.")
    outcomes = 2 if piglet else diceoutcomes

    def action_name(player: int, action: int) -> str:
        if player < 0:
            return f"Roll {action if piglet else action + 1}"
        return ("roll", "stop")[action]

    return BoardGame(
        __name__,
        name="pig",
        params=(diceoutcomes, horizon, piglet, players, winscore),
        num_actions=2,
        state_size=SCORES + players,
        observation_shape=(1 + players, winscore + 1),
        action_name=action_name,
        drawing=_drawing,
        num_players=players,
        max_chance_outcomes=outcomes,
        # a turn of chance and of the mover: at most outcomes + 1 ways for each move
        enumerable=horizon <= 12 and (outcomes + 1) ** horizon <= 300_000,
    )
