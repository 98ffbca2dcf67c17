"""UCT with random rollouts (Kocsis and Szepesvari 2006, Bandit based Monte-Carlo planning)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from marl_kit.core.errors import InvalidOptionError, UnsupportedGameError
from marl_kit.games.board import BoardGame, BoardState
from marl_kit.games.game import Game, State
from marl_kit.games.load import as_game
from marl_kit.games.tree import CHANCE
from marl_kit.search.boards import search_positions
from marl_kit.search.result import SearchResult, root_result
from marl_kit.search.states import EDGES, search_states
from marl_kit.search.tree import Tree, bytes_per_edge

ENDS = ("known", "sampled")
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

    A move that ends the game has a known value. As in OpenSpiel's bot, it is then neither
    explored (no second term) nor, at the root, judged by its visits if it gives the largest payoff
    (it is played) or the smallest (it is avoided). With ``ends="sampled"`` such a move is one like
    any other, as in the paper.

    Attributes
    ----------
    simulations : int
        The first evaluates the root itself.
    c : float
        Exploration.
    rollouts : int
        Random games from each new leaf.
    ends : "known" or "sampled"
        How moves that end the game are treated, see above.
    """

    simulations: int = 400
    c: float = 1.4
    rollouts: int = 1
    ends: Literal["known", "sampled"] = "known"

    def __post_init__(self) -> None:
        for name in ("simulations", "rollouts"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
                raise InvalidOptionError(f"{name} is {value!r}; give a whole number of at least 1.")
        if self.ends not in ENDS:
            raise InvalidOptionError(f"ends is {self.ends!r}; give one of {', '.join(ENDS)}.")
        number = isinstance(self.c, int | float) and not isinstance(self.c, bool)
        if not number or not 0 <= self.c < math.inf:
            raise InvalidOptionError(f"c is {self.c!r}; give a finite number >= 0.")


def search(game: Any, state: State, options: UCT, key: int) -> SearchResult:
    """Search one position; the same key gives the same answer.

    Parameters
    ----------
    game : Game, spec string or pyspiel.Game
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
    game: Any, states: Sequence[State], options: UCT, keys: Sequence[int]
) -> list[SearchResult]:
    """Search many positions of a game side by side, each exactly as if it were alone."""
    game = as_game(game)
    require_searchable(game)
    for state in states:
        _require_state_of(game, state)
        if state.current_player() < 0:
            kind = "a chance node" if state.current_player() == CHANCE else "the end of the game"
            raise UnsupportedGameError(
                f"nobody moves after the history {list(state.history())}: it is {kind}, and a "
                f"search needs a player to move."
            )
    if not states:
        return []
    tree = _grown(game, states, options, _keys(keys, len(states)))
    low, high = game.utility_bounds()
    return [root_result(tree, s, low, high) for s in range(len(states))]


def _require_state_of(game: Game, state: State) -> None:
    """Refuse a board of other rules or size: a kernel would read it as one of its own."""
    if isinstance(state, BoardState) and not (
        isinstance(game, BoardGame) and game.same_rules(state.game)
    ):
        raise InvalidOptionError(f"the state is one of {state.game!r}, and the game is {game!r}.")


def require_searchable(game: Game) -> None:
    """Refuse a game that perfect-information search would play by looking at hidden cards."""
    if not game.perfect_information:
        raise UnsupportedGameError(
            f"{game.name} hides information (or does not say that it has none), and this search "
            f"would look at it; use a solver, such as solver:cfr+, or a game of perfect "
            f"information."
        )


def _grown(game: Game, states: Sequence[State], options: UCT, keys: np.ndarray) -> Tree:
    _check_memory(game, options, len(states))
    low, high = game.utility_bounds()
    visits = np.maximum(np.arange(options.simulations), 1)
    bonuses = options.c * (high - low) / 2 * np.sqrt(np.log(visits))
    tables = options.rollouts, bonuses, 1 / np.sqrt(visits), options.ends == "known"
    boards = [state for state in states if isinstance(state, BoardState)]
    if isinstance(game, BoardGame) and len(boards) == len(states):
        return search_positions(game, boards, keys, *tables)
    return search_states(states, keys, *tables)


def _check_memory(game: Game, options: UCT, slots: int) -> None:
    edges = game.num_actions if isinstance(game, BoardGame) else EDGES
    needed = options.simulations * edges * bytes_per_edge(game.num_players) * slots
    if needed > MAX_BYTES:
        raise InvalidOptionError(
            f"{options.simulations:,} simulations in {slots:,} searches could need "
            f"{needed / 1e9:,.0f} GB; give fewer."
        )


def _keys(keys: Sequence[int], searches: int) -> np.ndarray:
    """One for each search: a kernel would read beyond their end."""
    if len(keys) != searches or not all(0 <= key < 1 << 64 for key in keys):
        raise InvalidOptionError(
            f"the keys of {searches} searches are as many whole numbers from 0 to 2**64 - 1; "
            f"given: {list(keys)!r:.200}."
        )
    return np.array(keys, np.uint64)
