"""The exact best response against a frozen player, and what it shows over several seeds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from marl_kit.core.errors import InvalidOptionError
from marl_kit.games.game import Game
from marl_kit.games.load import as_game
from marl_kit.games.table import PositionTable
from marl_kit.games.table_game import TableGame
from marl_kit.games.tree import CHANCE, read_only
from marl_kit.play.frozen import freeze, require_freezable
from marl_kit.play.frozen_policy import (
    ASKED_LIMIT,
    FrozenPolicy,
    line_of_play,
    table_for_players,
)
from marl_kit.play.player import Player, player_name
from marl_kit.play.refutation_result import FrozenBestResponse
from marl_kit.play.refutations import Refutations
from marl_kit.play.registry import make_player
from marl_kit.search.exact.table_solver import (
    TableValues,
    response_values,
    solve_table,
)


def best_response_to(
    game: Any, player: Any, seat: int, seed: int = 0, *, limit: int = ASKED_LIMIT
) -> FrozenBestResponse:
    """The exact best response of one seat against a frozen player in all the others.

    Every position that can come up is looked at, and the player is asked (in batches) wherever it
    has to move. A frozen player draws its random numbers from (seed, position) alone, so it is one
    fixed policy: what is found holds for this policy, and over many seeds it tells how often the
    player makes a mistake that can be used. Who does not know the seed may get less.

    Parameters
    ----------
    game : Game, spec string or pyspiel.Game
        Of perfect information, and small enough for a table.
    player : str or Player
        As for ``mk.make_player``.
    seat : int
        Of the best response.
    seed : int
    limit : int
        Positions that the table may have.

    Returns
    -------
    FrozenBestResponse
        With ``value``, ``losable``, ``above_game_value`` and the ``line`` of play.

    Raises
    ------
    InvalidOptionError
        A seat that is not there.
    UnsupportedGameError, GameTooLargeError
        The game has no table of that size; a player that is a person.

    Examples
    --------
    >>> best_response_to("tic_tac_toe", "random", seat=1).value
    1.0
    """
    game = as_game(game)
    _check_seat(game, seat)
    made = automatic_player(player, game)
    game, compiled = table_for_players(game, limit)
    return _respond(_frozen(game, compiled, made, seed), seat, solve_table(compiled.table))


def refute(
    game: Any, player: Any, seeds: int | Iterable[int] = 10, *, limit: int = ASKED_LIMIT
) -> Refutations:
    """Try to beat a player from every seat, exactly, frozen by each of several seeds.

    For every seed and seat, a best response takes the seat, and the frozen player all the others.

    Parameters
    ----------
    game : Game, spec string or pyspiel.Game
        Of perfect information; any number of players, chance, and payoffs of any sum.
    player : str or Player
    seeds : int or iterable of int
        A number means 0, 1, ...
    limit : int
        Positions that the table may have.

    Returns
    -------
    Refutations
        ``losable[s, r]``: whether the response in seat r beats the player frozen by seed s, which
        is to get more than every other player, in expectation; in two-player games
        ``beaten_as(seat)`` asks the same by the seat of the frozen player. ``mistaken[s, r]``:
        whether the response gets more than ``game_values[r]``, its value if all play perfectly. A
        seat may be lost without a mistake, if the game is. ``values``, ``own_values`` and
        ``nash_conv`` are in the units of the game's payoffs.

    Raises
    ------
    InvalidOptionError
        No seeds.
    UnsupportedGameError, GameTooLargeError
        The game has no table of that size; a player that is a person.

    Notes
    -----
    A best response maximises what its own seat gets. With more than two players, or where payoffs
    do not sum to a constant, that need not be what beats the others, and a response that gets more
    than under perfect play need not show a mistake: perfect play is then one of perhaps several
    equilibria (see ``solve_table``). ``nash_conv`` means the same in all games.

    Examples
    --------
    >>> int(refute("tic_tac_toe", "oracle", seeds=3).losable.sum())
    0
    """
    chosen = seed_list(seeds)
    game = as_game(game)
    made = automatic_player(player, game)
    game, compiled = table_for_players(game, limit)
    perfect = solve_table(compiled.table)
    responses, own = [], []
    for seed in chosen:
        policy = _frozen(game, compiled, made, seed)
        seats = range(game.num_players)
        responses.append(tuple(_respond(policy, seat, perfect) for seat in seats))
        own.append(_own_values(policy))
    return Refutations(game, player_name(made), chosen, tuple(responses), read_only(np.array(own)))


def automatic_player(player: Any, game: Game) -> Player:
    """``mk.make_player``, if it can be frozen."""
    made = make_player(player, game)
    require_freezable(made)
    return made


def seed_list(seeds: Any) -> tuple[int, ...]:
    """``seeds`` as integers: a number means 0, 1, ..."""
    whole = isinstance(seeds, int | np.integer) and not isinstance(seeds, bool)
    listed = range(int(seeds)) if whole else seeds
    try:
        found = tuple(listed)
    except TypeError:
        found = ()
    good = all(isinstance(s, int | np.integer) and not isinstance(s, bool) for s in found)
    if not found or not good or min(found) < 0:
        raise InvalidOptionError(
            f"seeds is {seeds!r}; give how many (at least 1), or a list of integers >= 0."
        )
    return tuple(int(s) for s in found)


def _frozen(game: Game, compiled: TableGame, player: Player, seed: int) -> FrozenPolicy:
    return FrozenPolicy(game, compiled, freeze(player, seed))


def _own_values(policy: FrozenPolicy) -> np.ndarray:
    """Of the frozen player against itself, float64 [P]."""
    table = policy.compiled.table
    weights = policy.weights_against(None)
    # what cannot be reached has no probabilities; nobody looks at it
    return np.array(response_values(table, weights, seat=table.num_players).values[0])


def _respond(policy: FrozenPolicy, seat: int, perfect: TableValues) -> FrozenBestResponse:
    compiled, table = policy.compiled, policy.compiled.table
    weights = policy.weights_against(seat)
    found = response_values(table, weights, seat)
    values, game_value = found.values[0], float(perfect.values[0, seat])
    line = line_of_play(table, found, weights, seat)
    actions, nodes = tuple(table.action[line].tolist()), table.sources()[line]
    rounding = found.error[0, seat] + perfect.error[0, seat]
    return FrozenBestResponse(
        game=policy.game,
        player=player_name(policy.player.player),
        seat=seat,
        seed=policy.player.seed,
        values=read_only(np.array(values)),
        game_value=game_value,
        losable=_gets_most(values, found.error[0], seat),
        mistaken=bool(values[seat] - game_value > rounding),
        line=actions,
        names=_names(compiled, actions),
        line_returns=_returns_after(table, line),
        by_chance=bool(np.any(table.player[nodes] == CHANCE)),
        asked=int(np.count_nonzero(weights[table.player[table.sources()] >= 0])),
    )


def _gets_most(values: np.ndarray, error: np.ndarray, seat: int) -> bool:
    """Whether a seat gets more than every other player, beyond rounding; False alone."""
    others = np.delete(values + error, seat)
    return bool(len(others) > 0 and np.all(values[seat] - error[seat] > others))


def _returns_after(table: PositionTable, line: list[int]) -> tuple[float, ...]:
    end = int(table.child[line[-1]]) if line else 0
    return tuple(table.payoffs[table.payoff_row[end]].tolist())


def _names(compiled: TableGame, actions: tuple[int, ...]) -> tuple[str, ...]:
    state, names = compiled.source.begin(0), []
    for action in actions:
        names.append(state.action_to_string(state.current_player(), action))
        state.apply_action(action)
    return tuple(names)


def _check_seat(game: Game, seat: Any) -> None:
    whole = isinstance(seat, int | np.integer) and not isinstance(seat, bool)
    if not whole or not 0 <= seat < game.num_players:
        raise InvalidOptionError(
            f"seat is {seat!r}; the best response sits at 0 to {game.num_players - 1}."
        )
