"""A user's rules file, as short as it can be: take one or two of five; who takes the last wins."""

from numba import njit

from marl_kit.games.board import BoardGame

START = 5
PRIZE = 1.0


@njit
def initial(params, state):
    state[0] = START  # left on the table
    state[1] = 0  # to move


@njit
def player(params, state):
    return state[1] if state[0] > 0 else -4


@njit
def legal(params, state, out):
    count = min(2, state[0])
    for i in range(count):
        out[i] = i
    return count


@njit
def apply(params, state, action):
    state[0] -= action + 1
    state[1] = 1 - state[1]


@njit
def returns(params, state, out):
    winner = 1 - state[1]
    out[winner] = PRIZE
    out[1 - winner] = -PRIZE


@njit
def observe(params, state, player, out):
    out[0] = state[0]


def load():
    return BoardGame(
        __name__,
        name="takeaway",
        num_actions=2,
        state_size=2,
        observation_shape=(1,),
        action_name=lambda player, action: f"take {action + 1}",
        drawing=lambda position: f"{position[0]} left",
        utilities=(-PRIZE, PRIZE),
    )
