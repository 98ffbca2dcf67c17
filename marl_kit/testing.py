"""Conformance checks for anybody's game, `mk.testing.check_game("my_game.efg")`, and for anybody's
player, `mk.testing.check_player("ismcts", "kuhn_poker")`."""

from __future__ import annotations

from typing import Any

import numpy as np

from marl_kit.core.errors import GameTooLargeError
from marl_kit.evaluate.exploitability import nash_conv
from marl_kit.games.board import BoardGame
from marl_kit.games.board_check import check_board, expect
from marl_kit.games.game import Game, State
from marl_kit.games.load import as_game
from marl_kit.games.team_check import check_team
from marl_kit.games.team_game import TeamGame
from marl_kit.games.tree import CHANCE, TERMINAL
from marl_kit.games.twins import check_twins
from marl_kit.play.conformance import check_player

__all__ = ["check_game", "check_player"]

PLAYS = 200
"""Random plays; enough to meet every branch of a small game and a sample of a large one."""
SMALL = 20_000
"""Nodes up to which a board game is compared with its tree."""


def check_game(path_or_game: Any, *, against: Any = None, seed: int = 0) -> Game:
    """Check that a game keeps its promises, and return it.

    Random plays are walked on the states and on the compiled tree side by side: player to move,
    legal actions, chance outcomes, infoset keys, returns and histories must agree, clones must
    not share what they change, and uniform play must have a finite NashConv that is not negative.

    The states of a board game are walked alone first: what the rules write must lie inside their
    arrays, only ``initial`` and ``apply`` may change the position, every function must give the
    same answer when it is asked again, legal actions must be ascending, returns must keep what the
    game declares, strings and observations must be there, and every play must end. It is compared
    with its tree if that is small.

    A team's game has no tree: its rules are asked in many copies and again, and must give what
    they declare, change nothing that they are given and never mix the copies.

    All this says that the rules *are* a game, not that they are the game that was meant:
    ``against`` names one that is trusted, and random plays are walked on both.

    Parameters
    ----------
    path_or_game : Game, spec string, path of a game file or pyspiel.Game
    against : Game, spec string, path or pyspiel.Game, optional
        The same game from elsewhere, in which every action and every outcome of chance has the
        same number, such as ``"openspiel:connect_four"``. At every position of the random plays
        the player to move, the legal actions, chance's outcomes and their probabilities, and at
        the end the returns must agree.
    seed : int
        Of the random plays. They are a sample: what is rare in random play may be missed.

    Returns
    -------
    Game

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
    >>> check_game("tic_tac_toe", against="openspiel:tic_tac_toe").name
    'tic_tac_toe'
    """
    game = as_game(path_or_game)
    trusted = None if against is None else as_game(against)
    rng = np.random.default_rng(seed)
    if isinstance(game, TeamGame) and trusted is None:
        check_team(game, rng)
        return game
    if isinstance(game, BoardGame):
        check_board(game, rng)
    if trusted is not None:
        check_twins(game, trusted, rng)
    if isinstance(game, BoardGame) and not _is_small(game):
        return game
    for _ in range(PLAYS):
        _check_play(game, rng)
    if game.info.perfect_recall:
        gap = nash_conv(game, "uniform")
        expect(np.isfinite(gap) and gap >= 0, f"uniform play has NashConv {gap}", ())
    return game


def _check_play(game: Game, rng: np.random.Generator) -> None:
    tree = game.tree()
    state, node = game.new_initial_state(), 0
    while True:
        history = tuple(state.history())
        player = int(tree.player[node])
        expect(state.current_player() == player, "the player to move differs", history)
        expect(state.is_terminal() == (player == TERMINAL), "is_terminal() is wrong", history)
        expect(state.is_chance_node() == (player == CHANCE), "is_chance_node() is wrong", history)
        if player == TERMINAL:
            payoffs = tree.payoffs[tree.terminal_index[node]]
            expect(np.allclose(state.returns(), payoffs, rtol=1e-12), "returns differ", history)
            return
        first = int(tree.first_child[node])
        actions = tree.action[first : first + int(tree.num_children[node])].tolist()
        expect(list(state.legal_actions()) == actions, "legal actions differ", history)
        if player == CHANCE:
            _check_chance(state, tree.chance_prob[first : first + len(actions)], history)
        else:
            key = tree.infoset_keys[int(tree.infoset[node])]
            own = game.infoset_key(state)
            expect(own == key or (player, own) == key, "infoset keys differ", history)
        k = int(rng.integers(len(actions)))
        _check_clone(state, actions[k], history)
        state.apply_action(actions[k])
        node = first + k


def _check_chance(state: State, probabilities: np.ndarray, history: tuple[int, ...]) -> None:
    given = [p for _, p in state.chance_outcomes()]
    expect(np.allclose(given, probabilities, atol=1e-12), "chance outcomes differ", history)


def _check_clone(state: State, action: int, history: tuple[int, ...]) -> None:
    copy = state.clone()
    copy.apply_action(action)
    child = state.child(action)
    expect(tuple(state.history()) == history, "a clone changes its original", history)
    expect(list(child.history()) == list(copy.history()), "child() and clone() differ", history)


def _is_small(game: BoardGame) -> bool:
    try:
        game.tree(node_limit=SMALL)
    except GameTooLargeError:
        return False
    return True
