"""``mk.alphago``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from marl_kit.core.errors import InvalidOptionError
from marl_kit.core.seeds import child, resolve_seed
from marl_kit.core.threads import one_torch_thread
from marl_kit.games.game import Game
from marl_kit.games.load import as_game
from marl_kit.learn.alphago.measure import measured
from marl_kit.learn.alphago.options import NAME, AlphaGo
from marl_kit.learn.alphago.players import PriorPlayer, ValuePlayer
from marl_kit.learn.alphago.records import Record, recorded_games
from marl_kit.learn.alphago.reinforce import reinforced_policy
from marl_kit.learn.alphago.result import AlphaGoResult
from marl_kit.learn.alphago.search import search_player
from marl_kit.learn.alphago.supervised import supervised_policy
from marl_kit.learn.alphago.value_regression import value_network, value_positions
from marl_kit.learn.networks.architecture import PolicyValueNetwork
from marl_kit.learn.networks.evaluator import network_evaluator
from marl_kit.learn.networks.view import View, view_of
from marl_kit.learn.options import options_of
from marl_kit.play.match import as_integer
from marl_kit.play.player import Player
from marl_kit.play.registry import make_player
from marl_kit.search.evaluator import Cache, Evaluator
from marl_kit.search.search import require_searchable

EXPERTS = "mcts(simulations=50)"
REMEMBERED = 100_000
"""Positions whose scores a network keeps in mind: those of small boards are met again and again."""
STAGES = ("supervised", "reinforced", "value", "search")


def alphago(
    game: Any,
    games: Any = 1000,
    seed: int | np.random.Generator | None = 0,
    *,
    experts: str | Player = EXPERTS,
    measure: bool = True,
    **config: Any,
) -> AlphaGoResult:
    """AlphaGo's pipeline: imitate recorded games, improve by playing, learn values, search.

    Four stages. A policy learns the moves of recorded games; a copy of it is improved by policy
    gradient, in games against a pool of its earlier selves; a second network learns what positions
    are worth when that copy plays, from one position of each game; and a search takes the first
    policy as its prior, and mixes the values with the results of random games.

    Parameters
    ----------
    game : Game, spec string or pyspiel.Game
        Of perfect information, in turns; any number of players, chance.
    games : int or iterable
        Recorded games: how many the experts are to play, or the games themselves, as sequences of
        actions (chance included) or objects with ``actions``.
    seed : int, Generator or None
        Of everything.
    experts : str or Player
        Who plays the recorded games if none are given, in all seats.
    measure : bool
        Whether every stage is measured, by the exact solution where the game has at most 200,000
        positions, and in games against UCT with 50 simulations.
    **config
        Fields of ``AlphaGo``: steps, games, rates, ``share``, ``simulations``, the network.

    Returns
    -------
    AlphaGoResult
        Players ``supervised``, ``reinforced``, ``value`` and ``search``; ``to_frame()`` tells how
        strong they are.

    Raises
    ------
    UnsupportedGameError
        Hidden information, moves at the same time, or a game without observations in numbers.
    InvalidOptionError, UnknownNameError
        Options that are not allowed, no games.
    IllegalActionError
        A recorded game against the rules, or without an end.

    Notes
    -----
    Silver et al. (2016), Mastering the game of Go with deep neural networks and tree search,
    Nature 529. It had a small fast policy for the games to the end, where moves are random here.
    Torch computes with one thread meanwhile.

    Examples
    --------
    >>> found = alphago("tic_tac_toe", games=20, measure=False, network="mlp", supervised_steps=5,
    ...                 reinforce_steps=2, value_games=50, value_steps=5)
    >>> found.records, found.search.spec
    (20, 'search')
    """
    options = options_of(AlphaGo, NAME, config)
    if not isinstance(measure, bool):
        raise InvalidOptionError(f"measure of {NAME} is {measure!r}; give True or False.")
    game = as_game(game)
    require_searchable(game)
    number, root = resolve_seed(seed)
    with one_torch_thread():
        records = recorded_games(game, games, experts, child(root, "records"))
        found = _trained(game, records, options, number, root)
        if not measure:
            return found
        players: dict[str, Player] = {}
        if as_integer(games) is not None:
            players["experts"] = make_player(experts, game)
        players |= {name: getattr(found, name) for name in STAGES}
        return replace(
            found,
            stages=tuple(
                measured(game, name, player, child(root, "measure"))
                for name, player in players.items()
            ),
        )


def _trained(
    game: Game,
    records: Sequence[Record],
    options: AlphaGo,
    number: int,
    root: np.random.SeedSequence,
) -> AlphaGoResult:
    """The four stages, not measured."""
    view = view_of(game)
    first = supervised_policy(game, view, records, options, child(root, "supervised"))
    better = reinforced_policy(game, view, first, options, child(root, "reinforced"))
    priors = _remembering(first, view)
    supervised = PriorPlayer(priors, "supervised")
    reinforced = PriorPlayer(_remembering(better, view), "reinforced")
    positions = value_positions(
        game, view, supervised, reinforced, records, options.value_games, child(root, "positions")
    )
    values = _remembering(value_network(view, positions, options, child(root, "value")), view)
    return AlphaGoResult(
        game=game,
        options=options,
        supervised=supervised,
        reinforced=reinforced,
        value=ValuePlayer(values, "value"),
        search=search_player(game, priors, values, options.share, options.simulations),
        stages=(),
        records=len(records),
        positions=len(positions),
        seed=number,
    )


def _remembering(network: PolicyValueNetwork, view: View) -> Evaluator:
    return Cache(network_evaluator(network, view), REMEMBERED)
