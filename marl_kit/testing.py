"""Conformance checks for anybody's game: `mk.testing.check_game("my_game.efg")`."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from marl_kit.core.errors import GameTooLargeError, InvalidGameError
from marl_kit.evaluate.exploitability import nash_conv
from marl_kit.games.board import BoardGame, BoardState
from marl_kit.games.game import Game, State
from marl_kit.games.load import as_game
from marl_kit.games.rules import FUNCTIONS
from marl_kit.games.tree import CHANCE, TERMINAL

PLAYS = 200
"""Random plays; enough to meet every branch of a small game and a sample of a large one."""
INTERPRETED_PLAYS = 5
"""Plays of a board game in plain Python, a hundred times slower."""
PLY_LIMIT = 10_000
"""Moves after which a board game is called endless: random Go takes some 500, chess 350."""
STRING_PLIES = 100
"""Strings are asked for so many moves a play: they tell the whole history, which may be long."""
SMALL = 20_000
"""Nodes up to which a board game is compared with its tree."""


def check_game(path_or_game: Any, *, seed: int = 0) -> Game:
    """Check that a game keeps its promises, and return it.

    Random plays are walked on the states and on the compiled tree side by side: player to move,
    legal actions, chance outcomes, infoset keys, returns and histories must agree, clones must
    not share what they change, and uniform play must have a finite NashConv that is not negative.

    The states of a board game are walked alone first: what the rules write must lie inside their
    arrays, legal actions must be ascending, returns must keep what the game declares, strings and
    observations must be there, and every play must end. It is compared with its tree if that is
    small.

    Raises
    ------
    InvalidGameError
        The first promise that is broken, with the history that shows it.
    MarlKitError
        The game cannot be loaded or compiled at all.

    Examples
    --------
    >>> check_game("kuhn_poker").name
    'kuhn_poker'
    """
    game = as_game(path_or_game)
    rng = np.random.default_rng(seed)
    if isinstance(game, BoardGame):
        _check_board(game, rng)
        if not _is_small(game):
            return game
    for _ in range(PLAYS):
        _check_play(game, rng)
    if game.info.perfect_recall:
        gap = nash_conv(game, "uniform")
        _expect(np.isfinite(gap) and gap >= 0, f"uniform play has NashConv {gap}", ())
    return game


def _check_play(game: Game, rng: np.random.Generator) -> None:
    tree = game.tree()
    state, node = game.new_initial_state(), 0
    while True:
        history = tuple(state.history())
        player = int(tree.player[node])
        _expect(state.current_player() == player, "the player to move differs", history)
        _expect(state.is_terminal() == (player == TERMINAL), "is_terminal() is wrong", history)
        _expect(state.is_chance_node() == (player == CHANCE), "is_chance_node() is wrong", history)
        if player == TERMINAL:
            payoffs = tree.payoffs[tree.terminal_index[node]]
            _expect(np.allclose(state.returns(), payoffs, rtol=1e-12), "returns differ", history)
            return
        first = int(tree.first_child[node])
        actions = tree.action[first : first + int(tree.num_children[node])].tolist()
        _expect(list(state.legal_actions()) == actions, "legal actions differ", history)
        if player == CHANCE:
            _check_chance(state, tree.chance_prob[first : first + len(actions)], history)
        else:
            key = tree.infoset_keys[int(tree.infoset[node])]
            own = game.infoset_key(state)
            _expect(own == key or (player, own) == key, "infoset keys differ", history)
        k = int(rng.integers(len(actions)))
        _check_clone(state, actions[k], history)
        state.apply_action(actions[k])
        node = first + k


def _check_chance(state: State, probabilities: np.ndarray, history: tuple[int, ...]) -> None:
    given = [p for _, p in state.chance_outcomes()]
    _expect(np.allclose(given, probabilities, atol=1e-12), "chance outcomes differ", history)


def _check_clone(state: State, action: int, history: tuple[int, ...]) -> None:
    copy = state.clone()
    copy.apply_action(action)
    child = state.child(action)
    _expect(tuple(state.history()) == history, "a clone changes its original", history)
    _expect(list(child.history()) == list(copy.history()), "child() and clone() differ", history)


def _is_small(game: BoardGame) -> bool:
    try:
        game.tree(node_limit=SMALL)
    except GameTooLargeError:
        return False
    return True


def _check_board(game: BoardGame, rng: np.random.Generator) -> None:
    for _ in range(INTERPRETED_PLAYS):
        _check_rules(game, rng)
    for _ in range(PLAYS):
        _check_board_play(game, rng)


def _check_rules(game: BoardGame, rng: np.random.Generator) -> None:
    """One play with the rules as plain Python.

    Compiled code would write beyond an array without a word; numpy does not. First, so that
    rules which do that are not run at all.
    """
    kind = game.rules._numba_type_
    functions = {name: f.py_func for name, f in FUNCTIONS[kind.module, kind.digest].items()}
    state, legal = np.zeros(game.state_size, np.int64), np.full(game.num_actions, -1, np.int64)
    returns = np.full(game.num_players, np.nan)
    seen = np.zeros(int(np.prod(game.observation_shape)), np.float32)
    history: list[int] = []

    def rule(name: str, *arguments: Any) -> Any:
        try:
            with np.errstate(all="ignore"):  # integers that wrap around, as in compiled code
                return functions[name](game.params, state, *arguments)
        except IndexError as error:
            complaint = f"{name}() goes beyond its arrays ({error})"
            raise InvalidGameError(f"{complaint} after the history {history}.") from error

    rule("initial")
    for _ in range(PLY_LIMIT):
        player = rule("player")
        for p in range(game.num_players):
            rule("observe", p, seen)
        if player == TERMINAL:
            rule("returns", returns)
            _expect(bool(np.isfinite(returns).all()), f"returns() writes {returns}", tuple(history))
            return
        count = rule("legal", legal)
        given = isinstance(count, int | np.integer) and 0 <= int(count) <= game.num_actions
        _expect(given, f"legal() gives {count!r} as the number of actions", tuple(history))
        _check_actions(game, player, legal[:count].tolist(), tuple(history))
        history.append(int(rng.choice(legal[:count])))
        rule("apply", history[-1])
    raise _endless()


def _endless() -> InvalidGameError:
    return InvalidGameError(
        f"a random play has not ended after {PLY_LIMIT:,} moves; every play must end."
    )


def _check_actions(
    game: BoardGame, player: int, actions: list[int], history: tuple[int, ...]
) -> None:
    moves = player in range(game.num_players)
    _expect(moves, f"player() is {player}, neither a player nor {TERMINAL}", history)
    _expect(len(actions) > 0, f"player {player} has no legal action", history)
    ascending = all(a < b for a, b in itertools.pairwise(actions))
    _expect(ascending, f"legal actions {actions} are not ascending", history)
    inside = 0 <= actions[0] and actions[-1] < game.num_actions
    _expect(inside, f"legal actions {actions} are not below {game.num_actions}", history)


def _check_board_play(game: BoardGame, rng: np.random.Generator) -> None:
    """One play on the states."""
    state = game.new_initial_state()
    for ply in range(PLY_LIMIT):
        history = tuple(state.history())
        _check_observations(game, state, history)
        if ply < STRING_PLIES:
            _check_strings(state, history)
        if state.is_terminal():
            _check_returns(game, state, history)
            return
        actions = state.legal_actions()
        _check_actions(game, state.current_player(), actions, history)
        action = actions[int(rng.integers(len(actions)))]
        _check_child(state, action, history)
        state.apply_action(action)
    raise _endless()


def _check_observations(game: BoardGame, state: BoardState, history: tuple[int, ...]) -> None:
    length = int(np.prod(game.observation_shape))
    for player in range(game.num_players):
        seen = np.array(state.observation_tensor(player))
        _expect(len(seen) == length, f"player {player} sees {len(seen)} numbers", history)
        finite = bool(np.isfinite(seen).all())
        _expect(finite, f"player {player} sees numbers that are not finite", history)


def _check_strings(state: BoardState, history: tuple[int, ...]) -> None:
    player, actions = state.current_player(), state.legal_actions()
    try:
        drawing = str(state)
        names = [state.action_to_string(player, action) for action in actions]
    except Exception as error:
        told = f"{type(error).__name__}: {error}"
        raise InvalidGameError(
            f"drawing or naming raises {told}, after the history {list(history)}."
        ) from error
    strings = all(isinstance(x, str) and x for x in (drawing, *names))
    _expect(strings, f"a drawing or a name is not a string: {names}", history)
    _expect(len(set(names)) == len(names), f"legal actions share a name: {names}", history)


def _check_returns(game: BoardGame, state: BoardState, history: tuple[int, ...]) -> None:
    returns, (low, high) = state.returns(), game.utility_bounds()
    inside = all(low <= x <= high for x in returns)
    _expect(inside, f"returns {returns} are not between {low} and {high}", history)
    if game.info.zero_sum:
        balanced = abs(sum(returns)) <= 1e-9 * (high - low)
        _expect(balanced, f"returns {returns} do not sum to 0", history)


def _check_child(state: BoardState, action: int, history: tuple[int, ...]) -> None:
    """A copy that moves on gives what child() gives, and leaves its original alone."""
    before, copy = _told(state), state.clone()
    copy.apply_action(action)
    _expect(_told(copy) == _told(state.child(action)), "child() and clone() differ", history)
    _expect(_told(state) == before, "a clone changes its original", history)


def _told(state: BoardState) -> tuple[Any, ...]:
    return (
        state.position.tolist(),
        state.current_player(),
        state.legal_actions(),
        state.returns(),
        state.history(),
    )


def _expect(holds: bool, complaint: str, history: tuple[int, ...]) -> None:
    if not holds:
        raise InvalidGameError(f"{complaint} after the history {list(history)}.")
