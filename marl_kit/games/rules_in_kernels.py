"""What kernels call to reach the rules of a board game.

Each function here stands for the one of the same name in the rules file, which numba finds by the
type of ``rules`` when it compiles. numba compares signatures, so there are no annotations here.
"""

from numba.extending import overload

from marl_kit.games.rules import CHANCE_RULE, FUNCTIONS


def initial(rules, params, state):
    """Fill ``state`` with the position before the first move."""


def player(rules, params, state):
    """Who moves, or ``CHANCE``, or ``TERMINAL``."""


def legal(rules, params, state, out):
    """Write the legal actions and give their number."""


def apply(rules, params, state, action):
    """Make a move in place."""


def returns(rules, params, state, out):
    """Write every player's return."""


def observe(rules, params, state, player, out):
    """Write what a network sees."""


def chance(rules, params, state, actions, probabilities):
    """Write the outcomes of a chance node and give their number; 0 for rules without chance."""


@overload(initial)
def _initial(rules, params, state):
    f = FUNCTIONS[rules.module, rules.digest]["initial"]
    return lambda rules, params, state: f(params, state)


@overload(player)
def _player(rules, params, state):
    f = FUNCTIONS[rules.module, rules.digest]["player"]
    return lambda rules, params, state: f(params, state)


@overload(legal)
def _legal(rules, params, state, out):
    f = FUNCTIONS[rules.module, rules.digest]["legal"]
    return lambda rules, params, state, out: f(params, state, out)


@overload(apply)
def _apply(rules, params, state, action):
    f = FUNCTIONS[rules.module, rules.digest]["apply"]
    return lambda rules, params, state, action: f(params, state, action)


@overload(returns)
def _returns(rules, params, state, out):
    f = FUNCTIONS[rules.module, rules.digest]["returns"]
    return lambda rules, params, state, out: f(params, state, out)


@overload(observe)
def _observe(rules, params, state, player, out):
    f = FUNCTIONS[rules.module, rules.digest]["observe"]
    return lambda rules, params, state, player, out: f(params, state, player, out)


@overload(chance)
def _chance(rules, params, state, actions, probabilities):
    f = FUNCTIONS[rules.module, rules.digest].get(CHANCE_RULE)
    if f is None:
        return lambda rules, params, state, actions, probabilities: 0
    return lambda rules, params, state, actions, probabilities: f(
        params, state, actions, probabilities
    )
