"""Games of a learner against opponents that are drawn anew for each of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

import numpy as np

from marl_kit.core.errors import IllegalActionError, UnsupportedGameError
from marl_kit.core.seeds import child, generator
from marl_kit.games.game import Game, State
from marl_kit.games.normal_form import NormalFormGame
from marl_kit.games.tree import CHANCE, TERMINAL
from marl_kit.games.tree_game import TreeGame
from marl_kit.learn.oracle import Tally, Task
from marl_kit.play.tabular import table_keys
from marl_kit.search.states import chance_outcome

BLOCK = 1024
"""Games whose opponents and deals are drawn at once."""


class Learner(Protocol):
    """Who plays and learns."""

    def act(self, state: State, rng: np.random.Generator) -> int:
        """An action of the player to move, remembered for ``learn``."""
        ...

    def learn(self, score: float) -> None:
        """The game is over: what it paid, in units of half the payoff range about its middle."""
        ...


def play_episodes(task: Task, episodes: int, learner: Learner) -> tuple[Tally, ...]:
    """Play so many games, the learner in every seat in turn, and let it learn from each.

    Every other seat's opponent is drawn by ``task.weights``, independently and anew. One that
    sits at two seats of a game counts it twice.
    """
    game, size = task.game, task.game.num_players
    scale = payoff_scales(game)
    chance, mind = generator(task.root, "chance").random, generator(task.root, "learner")
    others = generator(task.root, "opponents")
    counts = [_Count() for _ in task.opponents]
    for number, (drawn, deal) in enumerate(_draws(task, episodes)):
        seat = number % size
        seated = [(s, i) for s, i in enumerate(drawn) if s != seat]
        _begin(task, seated, number)
        minds = [others] * size
        minds[seat] = mind
        acts: list[Callable[..., int]] = [learner.act] * size
        for s, i in seated:
            acts[s] = task.opponents[i].act
        state, plies = _play(game, acts, minds, seat, deal, chance)
        _end(task, seated, state)
        returns = state.returns()
        middle, half = scale[seat]
        learner.learn((returns[seat] - middle) / half)
        for s, i in seated:
            counts[i].add(returns[seat], returns[s], plies)
    return tuple(count.tally(i) for i, count in enumerate(counts) if count.games)


def payoff_scales(game: Game) -> list[tuple[float, float]]:
    """The middle and half the range of each player's payoffs, as the game bounds them."""
    if isinstance(game, NormalFormGame | TreeGame):  # enumerated already: each player its own
        payoffs = game.tree().payoffs
        bounds = list(zip(payoffs.min(axis=0).tolist(), payoffs.max(axis=0).tolist(), strict=True))
    else:
        bounds = [game.utility_bounds()] * game.num_players
    return [((low + high) / 2, (high - low) / 2 or 1.0) for low, high in bounds]


def require_turns(game: Game) -> None:
    """Refuse a game that is not played in turns, or whose infosets have no names.

    Raises
    ------
    UnsupportedGameError
    """
    state = game.begin(0)
    while (player := state.current_player()) == CHANCE:
        state.apply_action(chance_outcome(state.chance_outcomes(), 0.0))
    if player >= 0:
        table_keys(game)(state)
    elif player != TERMINAL:
        raise _together(game)


def _play(
    game: Game,
    acts: Sequence[Callable[..., int]],
    minds: Sequence[np.random.Generator],
    learner: int,
    deal: int,
    chance: Callable[[], float],
) -> tuple[State, int]:
    """One game: its last state, and how many actions it had."""
    state, plies = game.begin(deal), 0
    while (mover := state.current_player()) != TERMINAL:
        if mover >= 0:
            action = acts[mover](state, minds[mover])
            # OpenSpiel may end the process at an action that is not legal
            if mover != learner and action not in state.legal_actions():
                raise IllegalActionError(
                    f"an opponent at seat {mover} chose {action!r} after the history "
                    f"{state.history()}; legal actions are {state.legal_actions()}."
                )
        elif mover == CHANCE:
            action = chance_outcome(state.chance_outcomes(), chance())
        else:
            raise _together(game)
        state.apply_action(action)
        plies += 1
    return state, plies


def _together(game: Game) -> UnsupportedGameError:
    return UnsupportedGameError(
        f"players of {game.name} move at the same time, and tabular learners play in turns."
    )


def _draws(task: Task, episodes: int) -> Iterator[tuple[list[int], int]]:
    """Who would sit at each seat, and the seed of rules that draw their own chance."""
    rng = generator(task.root, "draws")
    for begin in range(0, episodes, BLOCK):
        count = min(BLOCK, episodes - begin)
        shape = count, task.game.num_players
        drawn = rng.choice(len(task.opponents), shape, p=task.weights)
        deals = rng.integers(2**32, size=count)
        yield from zip(drawn.tolist(), deals.tolist(), strict=True)


def _begin(task: Task, seated: Sequence[tuple[int, int]], number: int) -> None:
    """Let opponents who want to know that a game begins know it."""
    for seat, i in seated:
        if (start := getattr(task.opponents[i], "start", None)) is not None:
            start(seat, (child(task.root, "opponent", number, seat),))


def _end(task: Task, seated: Sequence[tuple[int, int]], state: State) -> None:
    """Let them know that it is over."""
    for i in {i: None for _, i in seated}:
        if (end := getattr(task.opponents[i], "end", None)) is not None:
            end(state)


class _Count:
    """A tally that grows."""

    __slots__ = ("draws", "games", "losses", "plies", "total", "wins")

    def __init__(self) -> None:
        self.games = self.wins = self.draws = self.losses = self.plies = 0
        self.total = 0.0

    def add(self, own: float, other: float, plies: int) -> None:
        self.games += 1
        self.wins += own > other
        self.draws += own == other
        self.losses += own < other
        self.plies += plies
        self.total += own

    def tally(self, opponent: int) -> Tally:
        counts: dict[str, Any] = {name: getattr(self, name) for name in self.__slots__}
        return Tally(opponent, **counts)
