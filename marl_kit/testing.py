"""Conformance checks for anybody's game: `mk.testing.check_game("my_game.efg")`."""

from __future__ import annotations

from typing import Any

import numpy as np

from marl_kit.core.errors import InvalidGameError
from marl_kit.evaluate.exploitability import nash_conv
from marl_kit.games.game import Game, State
from marl_kit.games.load import as_game
from marl_kit.games.tree import CHANCE, TERMINAL

PLAYS = 200
"""Random plays; enough to meet every branch of a small game and a sample of a large one."""


def check_game(path_or_game: Any, *, seed: int = 0) -> Game:
    """Check that a game keeps its promises, and return it.

    Random plays are walked on the states and on the compiled tree side by side: player to move,
    legal actions, chance outcomes, infoset keys, returns and histories must agree, clones must
    not share what they change, and uniform play must have a finite NashConv that is not negative.

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


def _expect(holds: bool, complaint: str, history: tuple[int, ...]) -> None:
    if not holds:
        raise InvalidGameError(f"{complaint} after the history {list(history)}.")
