"""UCT with random rollouts (Kocsis and Szepesvari 2006, Bandit based Monte-Carlo planning)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from marl_kit.core.errors import InvalidOptionError, UnsupportedGameError
from marl_kit.games.board import BoardGame, BoardState
from marl_kit.games.game import Game, State
from marl_kit.games.tree import CHANCE
from marl_kit.search.boards import search_positions
from marl_kit.search.result import SearchResult, root_result
from marl_kit.search.states import search_states
from marl_kit.search.tree import Tree, bytes_per_edge

MAX_BYTES = 1 << 34
"""Of one search's tree; above, the number of simulations was surely a slip."""


@dataclass(frozen=True, slots=True)
class UCT:
    """Options of the search.

    At a node that was visited N times, an action that was tried n times with mean return Q goes
    first if it is untried, and else by ``Q + c sqrt(ln N / n)``, Q and c in units of half the
    payoff range (UCB1 of Auer, Cesa-Bianchi and Fischer 2002; on returns in [-1, 1] it is
    OpenSpiel's ``uct_c``). A new leaf is evaluated by random play. The final move is the most
    visited.

    Attributes
    ----------
    simulations : int
        The first evaluates the root itself.
    c : float
        Exploration.
    rollouts : int
        Random games from each new leaf.
    """

    simulations: int = 400
    c: float = 1.4
    rollouts: int = 1

    def __post_init__(self) -> None:
        for name in ("simulations", "rollouts"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise InvalidOptionError(f"{name} is {value!r}; give a whole number of at least 1.")
        number = isinstance(self.c, int | float) and not isinstance(self.c, bool)
        if not number or not 0 <= self.c < math.inf:
            raise InvalidOptionError(f"c is {self.c!r}; give a finite number >= 0.")


def search(game: Game, state: State, options: UCT, key: int) -> SearchResult:
    """Search one position; the same key gives the same answer.

    Parameters
    ----------
    game : Game
        Of perfect information; chance is sampled.
    state : State
        At which a player moves.
    options : UCT
    key : int
        Any 64 bits: all random numbers follow from it.

    Raises
    ------
    UnsupportedGameError
        Hidden information (the search would look at what its player cannot know), or a state at
        which nobody moves.

    Examples
    --------
    >>> import marl_kit as mk
    >>> game = mk.load_game("tic_tac_toe")
    >>> state = game.new_initial_state()
    >>> for action in (0, 8, 1):  # now 2 is the only move that does not lose
    ...     state.apply_action(action)
    >>> search(game, state, UCT(simulations=200), key=1).best
    2
    """
    return search_batch(game, [state], options, [key])[0]


def search_batch(
    game: Game, states: Sequence[State], options: UCT, keys: Sequence[int]
) -> list[SearchResult]:
    """Search many positions of a game side by side, each exactly as if it were alone."""
    require_searchable(game)
    for state in states:
        if state.current_player() < 0:
            kind = "a chance node" if state.current_player() == CHANCE else "the end of the game"
            raise UnsupportedGameError(
                f"nobody moves after the history {list(state.history())}: it is {kind}, and a "
                f"search needs a player to move."
            )
    if not states:
        return []
    tree = _grown(game, states, options, np.array(keys, np.uint64))
    return [root_result(tree, s) for s in range(len(states))]


def require_searchable(game: Game) -> None:
    """Refuse a game that perfect-information search would play by looking at hidden cards."""
    if not game.perfect_information:
        raise UnsupportedGameError(
            f"{game.name} hides information (or does not say that it has none), and this search "
            f"would look at it; use a solver, such as solver:cfr+, or a game of perfect "
            f"information."
        )


def _grown(game: Game, states: Sequence[State], options: UCT, keys: np.ndarray) -> Tree:
    low, high = game.utility_bounds()
    visits = np.maximum(np.arange(options.simulations), 1)
    bonuses = options.c * (high - low) / 2 * np.sqrt(np.log(visits))
    tables = options.rollouts, bonuses, 1 / np.sqrt(visits)
    boards = [state for state in states if isinstance(state, BoardState)]
    if isinstance(game, BoardGame) and len(boards) == len(states):
        _check_memory(options, game.num_actions, game.num_players, len(states))
        return search_positions(game, boards, keys, *tables)
    return search_states(states, keys, *tables)


def _check_memory(options: UCT, actions: int, players: int, slots: int) -> None:
    needed = options.simulations * actions * bytes_per_edge(players) * slots
    if needed > MAX_BYTES:
        raise InvalidOptionError(
            f"{options.simulations:,} simulations with {actions} actions could need "
            f"{needed / 1e9:,.0f} GB; give fewer."
        )
