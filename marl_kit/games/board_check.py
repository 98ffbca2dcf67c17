"""Whether the rules of a board game keep their promises, by random plays."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

from marl_kit.core.errors import GameFileError, InvalidGameError
from marl_kit.games.board import BoardGame, BoardState
from marl_kit.games.preorder import CHANCE_TOLERANCE
from marl_kit.games.rules_on_trial import OnlyInterpreted, RulesOnTrial
from marl_kit.games.symmetry_check import check_symmetries
from marl_kit.games.tree import CHANCE, TERMINAL

PLAYS = 200
"""Random plays; enough to meet every branch of a small game and a sample of a large one."""
TRIALS, TRIAL_PLIES = 50, 300
"""Plays, and moves after which no other is begun, with the functions of the rules one by one; in
plain Python they are a hundred times slower."""
PLY_LIMIT = 10_000
"""Moves after which a board game is called endless: random Go takes some 500, chess 350."""
STRING_PLIES = 100
"""Strings are asked for so many moves a play: they tell the whole history, which may be long."""
ENOUGH_PLIES = 3_000
"""Moves on a board after which no other play is begun: plays of large boards are long."""


def check_board(game: BoardGame, rng: np.random.Generator) -> None:
    """Raise ``InvalidGameError`` at the first promise that the game breaks."""
    try:
        _try_rules(game, rng, compiled=False)
    except OnlyInterpreted:  # such as an integer that does not fit, and wraps when compiled
        _try_rules(game, rng, compiled=True)
    plies = 0
    for _ in range(PLAYS):
        plies += _check_board_play(game, rng)
        if plies > ENOUGH_PLIES:
            break
    check_symmetries(game, rng)


def _try_rules(game: BoardGame, rng: np.random.Generator, compiled: bool) -> None:
    """Some plays with the functions one by one.

    First, so that rules which write beyond their arrays are not run where nobody looks.
    """
    rules = RulesOnTrial(game, compiled)
    plies = 0
    for _ in range(TRIALS):
        rules.history = []
        rules.change("initial")
        plies += _try_play(game, rules, rng)
        if plies >= TRIAL_PLIES:
            return


def _try_play(game: BoardGame, rules: RulesOnTrial, rng: np.random.Generator) -> int:
    for ply in range(PLY_LIMIT):
        player, history = rules.player(), tuple(rules.history)
        for p in range(game.num_players):
            rules.observe(p)
        if player == TERMINAL:
            returns = rules.returns()
            expect(bool(np.isfinite(returns).all()), f"returns() writes {returns}", history)
            return ply
        actions, probabilities = rules.offered(player)
        if probabilities is not None:
            _check_distribution(probabilities, history)
        _check_actions(game, player, actions, history)
        action = int(rng.choice(actions))
        rules.change("apply", action)
        rules.history.append(action)
    raise _endless()


def _endless() -> InvalidGameError:
    return InvalidGameError(
        f"a random play has not ended after {PLY_LIMIT:,} moves; every play must end."
    )


def _check_actions(
    game: BoardGame, player: int, actions: list[int], history: tuple[int, ...]
) -> None:
    has_chance = game.rules.has_chance
    moves = player in range(game.num_players) or (player == CHANCE and has_chance)
    others = f"a player, chance ({CHANCE})" if has_chance else "a player"
    expect(moves, f"player() is {player}, neither {others} nor {TERMINAL}", history)
    expect(len(actions) > 0, f"player {player} has no legal action", history)
    ascending = all(a < b for a, b in itertools.pairwise(actions))
    expect(ascending, f"legal actions {actions} are not ascending", history)
    below = game.max_chance_outcomes if player == CHANCE else game.num_actions
    inside = 0 <= actions[0] and actions[-1] < below
    expect(inside, f"legal actions {actions} are not below {below}", history)


def _check_distribution(probabilities: list[float], history: tuple[int, ...]) -> None:
    fits = (
        min(probabilities, default=0) >= 0 and abs(math.fsum(probabilities) - 1) <= CHANCE_TOLERANCE
    )
    expect(fits, f"chance() writes the probabilities {probabilities}", history)


def _check_board_play(game: BoardGame, rng: np.random.Generator) -> int:
    """One play on the states; its moves."""
    state = game.new_initial_state()
    for ply in range(PLY_LIMIT):
        history = tuple(state.history())
        try:
            if state.is_terminal():
                _check_position(game, state, history, ply)
                _check_returns(game, state, history)
                return ply
            actions = state.legal_actions()
            _check_actions(game, state.current_player(), actions, history)
            _check_position(game, state, history, ply)
            action = actions[int(rng.integers(len(actions)))]
            _check_child(state, action, history)
            state.apply_action(action)
        except GameFileError as error:
            raise InvalidGameError(f"{error} (after the history {list(history)})") from error
    raise _endless()


def _check_position(game: BoardGame, state: BoardState, history: tuple[int, ...], ply: int) -> None:
    before = state.position.tolist()
    _check_observations(game, state, history)
    after = state.position.tolist()
    expect(after == before, f"observe() changes the position from {before} to {after}", history)
    if ply < STRING_PLIES:
        _check_strings(state, history)


def _check_observations(game: BoardGame, state: BoardState, history: tuple[int, ...]) -> None:
    length = int(np.prod(game.observation_shape))
    for player in range(game.num_players):
        seen = np.array(state.observation_tensor(player))
        again = np.array_equal(seen, state.observation_tensor(player), equal_nan=True)
        expect(again, f"player {player} sees something else when asked again", history)
        expect(len(seen) == length, f"player {player} sees {len(seen)} numbers", history)
        finite = bool(np.isfinite(seen).all())
        expect(finite, f"player {player} sees numbers that are not finite", history)


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
    expect(strings, f"a drawing or a name is not a string: {names}", history)
    expect(len(set(names)) == len(names), f"legal actions share a name: {names}", history)


def _check_returns(game: BoardGame, state: BoardState, history: tuple[int, ...]) -> None:
    returns, (low, high) = state.returns(), game.utility_bounds()
    inside = all(low <= x <= high for x in returns)
    expect(inside, f"returns {returns} are not between {low} and {high}", history)
    if game.info.zero_sum:
        balanced = abs(sum(returns)) <= 1e-9 * (high - low)
        expect(balanced, f"returns {returns} do not sum to 0", history)


def _check_child(state: BoardState, action: int, history: tuple[int, ...]) -> None:
    """A copy that moves on gives what child() gives, and leaves its original alone."""
    before, copy = _told(state), state.clone()
    copy.apply_action(action)
    expect(_told(copy) == _told(state.child(action)), "child() and clone() differ", history)
    expect(_told(state) == before, "a clone changes its original", history)


def _told(state: BoardState) -> tuple[Any, ...]:
    return (
        state.position.tolist(),
        state.current_player(),
        state.legal_actions(),
        state.returns(),
        state.history(),
    )


def expect(holds: bool, complaint: str, history: tuple[int, ...]) -> None:
    """Raise ``InvalidGameError`` unless it holds."""
    if not holds:
        raise InvalidGameError(f"{complaint} after the history {list(history)}.")
