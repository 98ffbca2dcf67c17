"""Search a position, or many side by side."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from marl_kit.core.errors import InvalidOptionError, UnsupportedGameError
from marl_kit.games.board import BoardGame, BoardState
from marl_kit.games.game import Game, State
from marl_kit.games.load import as_game
from marl_kit.games.tree import CHANCE, TERMINAL
from marl_kit.search.batch import EDGES, MAX_BYTES, Batch, Payoffs, rows_of
from marl_kit.search.boards import BoardDynamics
from marl_kit.search.dynamics import Dynamics
from marl_kit.search.evaluator import Evaluator
from marl_kit.search.options import Options
from marl_kit.search.result import SearchResult
from marl_kit.search.rollouts import RandomRollouts
from marl_kit.search.states import StateDynamics
from marl_kit.search.tree import bytes_needed


def search(
    game: Any, state: State, options: Options, key: int, evaluator: Evaluator | None = None
) -> SearchResult:
    """Search one position; the same key gives the same answer.

    Parameters
    ----------
    game : Game, spec string or pyspiel.Game
        Of perfect information; chance is sampled.
    state : State
        At which a player moves.
    options : UCT, PUCT or Gumbel
    key : int
        Any 64 bits: all random numbers follow from it.
    evaluator : Evaluator, optional
        Who scores leaves; random rollouts unless said otherwise.

    Raises
    ------
    UnsupportedGameError
        Hidden information (the search would look at what its player cannot know), or a state at
        which nobody moves.

    Examples
    --------
    >>> import marl_kit as mk
    >>> from marl_kit.search.uct import UCT
    >>> game = mk.load_game("tic_tac_toe")
    >>> state = game.new_initial_state()
    >>> for action in (0, 8, 1):  # now 2 is the only move that does not lose
    ...     state.apply_action(action)
    >>> search(game, state, UCT(simulations=200), key=1).best
    2
    """
    return search_batch(game, [state], options, [key], evaluator)[0]


def search_batch(
    game: Any,
    states: Sequence[State],
    options: Options,
    keys: Sequence[int],
    evaluator: Evaluator | None = None,
) -> list[SearchResult]:
    """Search many positions of a game side by side, each exactly as if it were alone."""
    game = as_game(game)
    check_search(game, states, options, keys, evaluator)
    if not states:
        return []
    boards = all(isinstance(state, BoardState) for state in states)
    batch = new_batch(game, options, len(states), evaluator, boards=boards)
    for slot, (state, key) in enumerate(zip(states, keys, strict=True)):
        batch.begin(slot, state, key)
    while batch.running:  # between two steps Python hears of Ctrl-C
        batch.step()
    return [batch.result(slot) for slot in range(len(states))]


def check_search(
    game: Game, states: Sequence[State], options: Any, keys: Sequence[int], evaluator: Any
) -> None:
    """Refuse what cannot be searched, before anything is built."""
    require_searchable(game)
    _check_parts(options, evaluator)
    for state in states:
        require_decision(game, state)
    _check_keys(keys, len(states))


def new_batch(
    game: Game,
    options: Options,
    slots: int,
    evaluator: Evaluator | None = None,
    *,
    boards: bool = True,
    reuse: bool = False,
) -> Batch:
    """Slots for searches of a game; ``boards=False`` asks states even where rules are at hand."""
    rows = rows_of(slots, reuse)
    _check_memory(game, options, rows)
    dynamics: Dynamics
    if boards and isinstance(game, BoardGame):
        dynamics = BoardDynamics(game, rows)
    else:
        dynamics = StateDynamics(game.num_players, rows)
    if evaluator is None:
        evaluator = RandomRollouts(getattr(options, "rollouts", 1))
    return Batch(dynamics, evaluator, options, payoffs_of(game), slots, reuse=reuse)


def payoffs_of(game: Game) -> Payoffs:
    """The bounds of a game's payoffs, and their sum where it is told without enumerating."""
    low, high = game.utility_bounds()
    if isinstance(game, BoardGame):
        return Payoffs(low, high, 0.0 if game.info.zero_sum else math.nan)
    rules = getattr(game, "rules", None)  # a pyspiel.Game
    if (told := getattr(rules, "utility_sum", None)) is not None:
        total = told()
        return Payoffs(low, high, math.nan if total is None else float(total))
    if game.form == "extensive" and game.info.zero_sum:
        return Payoffs(low, high, 0.0)
    return Payoffs(low, high)


def require_searchable(game: Game) -> None:
    """Refuse a game that perfect-information search would play by looking at hidden cards."""
    if not game.perfect_information:
        raise UnsupportedGameError(
            f"{game.name} hides information (or does not say that it has none), and this search "
            f"would look at it; use a solver, such as solver:cfr+, or a game of perfect "
            f"information."
        )


def require_decision(game: Game, state: State) -> None:
    """Refuse a board of other rules or size (a kernel would read it as one of its own), and a
    position at which nobody moves."""
    if not callable(getattr(state, "current_player", None)):
        raise InvalidOptionError(f"{state!r} is no state; give one of {game.name}.")
    if isinstance(state, BoardState) and not (
        state.game is game or (isinstance(game, BoardGame) and game.same_rules(state.game))
    ):
        raise InvalidOptionError(f"the state is one of {state.game!r}, and the game is {game!r}.")
    if (player := state.current_player()) >= 0:
        return
    kinds = {CHANCE: "a chance node", TERMINAL: "the end of the game"}
    kind = kinds.get(player, "a node at which players move at the same time")
    raise UnsupportedGameError(
        f"nobody moves after the history {list(state.history())}: it is {kind}, and a search "
        f"needs a player to move."
    )


def _check_parts(options: Any, evaluator: Any) -> None:
    """What cannot search or evaluate is told at once, and not by the code that tries."""
    if not callable(getattr(options, "plan", None)):
        raise InvalidOptionError(
            f"{options!r} does not say how to search; give UCT(...), PUCT(...) or Gumbel(...)."
        )
    if evaluator is not None and not callable(getattr(evaluator, "evaluate", None)):
        raise InvalidOptionError(
            f"{evaluator!r} cannot evaluate; give an object with evaluate(leaves), such as "
            f"RandomRollouts() or OnStates(function)."
        )


def _check_memory(game: Game, options: Options, slots: int) -> None:
    nodes = options.simulations + 1
    needed = bytes_needed(nodes, nodes * EDGES, game.num_players) * slots
    if needed > MAX_BYTES:
        raise InvalidOptionError(
            f"{options.simulations:,} simulations in {slots:,} searches could need "
            f"{needed / 1e9:,.0f} GB; give fewer."
        )


def _check_keys(keys: Sequence[int], searches: int) -> None:
    """One for each search, of 64 bits."""
    whole = all(isinstance(key, int | np.integer) and not isinstance(key, bool) for key in keys)
    if len(keys) != searches or not whole or not all(0 <= key < 1 << 64 for key in keys):
        raise InvalidOptionError(
            f"the keys of {searches} searches are as many whole numbers from 0 to 2**64 - 1; "
            f"given: {list(keys)!r:.200}."
        )
