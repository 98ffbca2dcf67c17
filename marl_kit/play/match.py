"""Matches: games between players, with the seats rotated."""

from __future__ import annotations

import operator
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from marl_kit.core.errors import IllegalActionError, InvalidOptionError, UnsupportedGameError
from marl_kit.core.interrupt import stop_on_ctrl_c
from marl_kit.core.results import Status
from marl_kit.core.seeds import child, resolve_seed
from marl_kit.games.game import Game, State
from marl_kit.games.load import as_game
from marl_kit.games.tree import CHANCE, TERMINAL
from marl_kit.play.player import Player, distinct_names, player_name
from marl_kit.play.progress import Show, games_bar
from marl_kit.play.registry import make_player
from marl_kit.play.result import MatchResult


@dataclass(frozen=True, slots=True)
class GameRecord:
    """One game that was played to its end.

    Attributes
    ----------
    seats : tuple of P int
        ``seats[s]`` is the player who sat at seat ``s``, as its place in the list of players.
    actions : tuple of int
        The whole history, chance included.
    returns : tuple of P float
        By seat.
    """

    seats: tuple[int, ...]
    actions: tuple[int, ...]
    returns: tuple[float, ...]


def play(
    game: Any,
    players: Sequence[Any],
    games: int = 100,
    seed: int | np.random.Generator | None = 0,
    *,
    progress: bool = False,
) -> MatchResult:
    """Let players play against each other; scores are by player, not by seat.

    Games come in blocks of P. Those of a block share one seed (the same deals), and the seats
    rotate: in game ``k`` of a block player ``p`` sits at seat
    ``(p + k) % P``. Every action is checked against ``legal_actions()`` before it is taken. Block
    ``b`` depends on the seed and ``b`` alone, so a longer match begins with the shorter one.

    Ctrl-C ends the match after the block that is being played, a second one at once (that block
    is dropped); whole blocks are kept.

    Parameters
    ----------
    game : Game, spec string or pyspiel.Game
    players : sequence of P specs or players
        As ``mk.make_player`` takes them. Specs are built with its default seed: ``seed`` changes
        the games and not the players.
    games : int
        Rounded up to a multiple of P.
    seed : int, Generator or None
    progress : bool
        A bar on stderr.

    Raises
    ------
    InvalidOptionError
        Not P players, or ``games`` below 1 or not whole.
    IllegalActionError
        A player chose what is not legal; the message has player, seat, action and history.
    UnsupportedGameError
        Simultaneous moves, or chance that is not told.
    MarlKitError
        What ``mk.make_player`` refuses.

    Examples
    --------
    >>> import marl_kit as mk
    >>> match = mk.play("kuhn_poker", ["solver:lp", "random"], games=1000, seed=1)
    >>> match.scores.shape, bool(match.mean[0] > 4 * match.stderr[0])
    ((1000, 2), True)
    """
    game = as_game(game)
    _check(game, players, games)
    made = [make_player(player, game) for player in players]
    names = distinct_names(made)
    number, root = resolve_seed(seed)
    size = len(made)
    blocks = -(-int(games) // size)
    shown = progress and not any(getattr(player, "interactive", False) for player in made)
    with games_bar(f"playing {game.name}", blocks * size, names[0], shown) as show:
        scores, seats = _play_blocks(game, made, blocks, root, show)
    return MatchResult(
        game=game,
        players=names,
        scores=scores.reshape(-1, size),
        seats=seats.reshape(-1, size),
        seed=number,
        status=Status.PLAYED if len(scores) == blocks else Status.INTERRUPTED,
    )


def _play_blocks(
    game: Game, players: Sequence[Player], blocks: int, root: np.random.SeedSequence, show: Show
) -> tuple[np.ndarray, np.ndarray]:
    """Scores and seats [blocks played, games of one, P]; fewer blocks after Ctrl-C."""
    size, played = len(players), 0
    scores, seats = array("d"), array("q")  # they grow: nobody pays for games that are not played
    total = 0.0
    try:
        with stop_on_ctrl_c() as stop:
            while played < blocks and not stop.requested:
                for record in play_block(game, players, child(root, "block", played)):
                    got, sat = _by_player(record)
                    scores.extend(got)
                    seats.extend(sat)
                    total += got[0]
                played += 1
                show(played * size, total / (played * size))
    except KeyboardInterrupt:  # the second one, or a person who leaves: the block is dropped
        pass
    shape = (played, size, size)
    kept = played * size * size
    return np.array(scores[:kept]).reshape(shape), np.array(seats[:kept]).reshape(shape)


def _by_player(record: GameRecord) -> tuple[list[float], list[int]]:
    """What each player got, and where it sat."""
    got, sat = [0.0] * len(record.seats), [0] * len(record.seats)
    for seat, player in enumerate(record.seats):
        got[player], sat[player] = record.returns[seat], seat
    return got, sat


def play_block(
    game: Game, players: Sequence[Player], block_seed: np.random.SeedSequence
) -> list[GameRecord]:
    """The P games of one block: seats rotated, one seed.

    Chance draws from the stream ``"chance"`` below ``block_seed``, begun anew in each game: the
    same deals for everybody (rules that draw their own chance get one seed). Player ``i`` draws
    from ``"player", i, k`` in game ``k``: were it the same in both seats, one game could be the
    copy of another.
    """
    size = len(players)
    chance = child(block_seed, "chance")
    deal = int(chance.generate_state(1)[0])
    orders = [tuple((s - k) % size for s in range(size)) for k in range(size)]
    return [
        _play_game(
            game,
            players,
            seats,
            [child(block_seed, "player", i, k) for i in range(size)],
            chance,
            deal,
        )
        for k, seats in enumerate(orders)
    ]


def _play_game(
    game: Game,
    players: Sequence[Player],
    seats: tuple[int, ...],
    streams: Sequence[np.random.SeedSequence],
    chance: np.random.SeedSequence,
    deal: int,
) -> GameRecord:
    """The loop of all matches: one generator a player and game, nothing made at a ply.

    It is one piece: a game of a few plies must cost little more than its players do.
    """
    _tell(players, seats, streams)
    acts = [players[i].act for i in seats]
    rngs = [np.random.default_rng(streams[i]) for i in seats]
    nature: np.random.Generator | None = None
    state = game.begin(deal)
    actions: list[int] = []
    while True:
        seat = state.current_player()
        if seat >= 0:
            legal = state.legal_actions()
            chosen = acts[seat](state, rngs[seat])
            action = as_integer(chosen)
            # OpenSpiel may end the process at what comes next
            if state.current_player() != seat or state.legal_actions() != legal:
                raise changed(state, actions)
            if action not in legal:
                raise illegal(players[seats[seat]], seat, chosen, legal, actions)
        elif seat == TERMINAL:
            break
        elif seat == CHANCE:
            nature = nature or np.random.default_rng(chance)
            action = draw(state.chance_outcomes(), nature.random())
        else:
            raise simultaneous(game, actions)
        state.apply_action(action)
        actions.append(action)
    _close(players, state, actions)
    return GameRecord(seats, tuple(actions), tuple(map(float, state.returns())))


def _tell(
    players: Sequence[Player], seats: tuple[int, ...], streams: Sequence[np.random.SeedSequence]
) -> None:
    """Let those who want to know that a game begins know it."""
    for seat, i in enumerate(seats):
        if (start := getattr(players[i], "start", None)) is not None:
            start(seat, (streams[i],))


def _close(players: Sequence[Player], state: State, actions: list[int]) -> None:
    """Let those who want to know that the game is over know it."""
    if len(state.history()) != len(actions):
        raise changed(state, actions)
    for player in {id(p): p for p in players}.values():
        if (end := getattr(player, "end", None)) is not None:
            end(state)


def as_integer(action: Any) -> int | None:
    """What a player has chosen, None where it is no whole number."""
    try:
        return operator.index(action)
    except TypeError:
        return None


def draw(outcomes: Sequence[tuple[int, float]], u: float) -> int:
    """The outcome at which the running sum of probabilities passes ``u``."""
    last = -1
    for action, p in outcomes:
        if p > 0:
            last = action
            u -= p
            if u < 0:
                break
    return last  # rounding may leave the sum below 1


def illegal(
    player: Player, seat: int, action: Any, legal: list[int], actions: list[int]
) -> IllegalActionError:
    """An action that may not be taken."""
    return IllegalActionError(
        f"{player_name(player)} at seat {seat} chose {action!r}, which is not legal after the "
        f"history {actions}; legal actions are {list(legal)}."
    )


def simultaneous(game: Game, actions: list[int]) -> UnsupportedGameError:
    """Two players to move at once."""
    return UnsupportedGameError(
        f"players of {game.name} move at the same time after the history {actions}, and matches "
        f"are played in turns."
    )


def changed(state: State, actions: list[int]) -> IllegalActionError:
    """A state that a player has moved on."""
    return IllegalActionError(
        f"a player changed the state that it was shown: the actions taken are {actions}, and its "
        f"history is {list(state.history())}; a player must clone a state before it moves on it."
    )


def _check(game: Game, players: Any, games: Any) -> None:
    """Refuse what cannot be played before any player is built."""
    if isinstance(players, str) or not isinstance(players, Sequence):
        raise InvalidOptionError(
            f"players is {players!r}; give a list of {game.num_players}, one for each seat."
        )
    if len(players) != game.num_players:
        raise InvalidOptionError(
            f"{game.name} has {game.num_players} players and {len(players)} were given."
        )
    if isinstance(games, bool) or not isinstance(games, int | np.integer) or games < 1:
        raise InvalidOptionError(f"games is {games!r}; give a whole number of at least 1.")
    game.begin(0)  # refuses chance that cannot be repeated, before any player is built
