"""A search that plays against itself, many games at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from marl_kit.core.checks import flag, number, whole
from marl_kit.core.errors import InvalidOptionError
from marl_kit.core.seeds import child, generator, resolve_seed
from marl_kit.games.game import Game, State
from marl_kit.games.load import as_game
from marl_kit.games.tree import CHANCE, TERMINAL
from marl_kit.search.batch import Batch
from marl_kit.search.draws import words
from marl_kit.search.evaluator import Evaluator
from marl_kit.search.options import Options
from marl_kit.search.result import SearchResult
from marl_kit.search.search import new_batch, require_decision, require_searchable
from marl_kit.search.states import chance_outcome

PLIES = 64
"""For so many a game draws its random numbers at once."""


@dataclass(frozen=True, slots=True)
class Quick:
    """Playout-cap randomisation (Wu 2019, "Accelerating self-play learning in Go", section 3.1).

    Most moves of a game are searched quickly: more games give more results to learn values from,
    and only the policies of full searches are good enough to be learned.

    Attributes
    ----------
    simulations : int
        Of a quick search.
    share : float
        Of the searches that are quick, drawn for each ply, from 0 to 1.
    """

    simulations: int
    share: float = 0.75

    def __post_init__(self) -> None:
        whole("simulations", self.simulations)
        number("share", self.share, most=1.0)


@dataclass(frozen=True, eq=False, slots=True)
class PlayedGame:
    """A game of self-play: what was done, and what a network can learn from it.

    Attributes
    ----------
    index : int
    actions : tuple of int
        From the first position on, chance included.
    plies : tuple of int
        After how many actions each search stood; T of them.
    results : tuple of SearchResult
        What each search said: ``policy`` is what to learn, whatever was played.
    full : tuple of bool
        Whether each search had all its simulations.
    returns : float64 [P]
        At the end of the game.
    """

    index: int
    actions: tuple[int, ...]
    plies: tuple[int, ...]
    results: tuple[SearchResult, ...]
    full: tuple[bool, ...]
    returns: np.ndarray


def self_play(
    game: Any,
    options: Options,
    evaluator: Evaluator | None = None,
    *,
    games: int,
    slots: int = 64,
    seed: int | np.random.Generator | None = 0,
    first: int = 0,
    temperature: float = 1.0,
    temperature_plies: int = 30,
    reuse: bool = False,
    quick: Quick | None = None,
    random_plies: int = 0,
) -> Iterator[PlayedGame]:
    """Play games in which a search moves for everybody, in order of their index.

    All slots evaluate their leaves in one batch. A slot whose search is finished plays its move
    and searches the next position, and one whose game is over begins another, so the batch stays
    full. A game follows from the seed and its index alone: 64 games in 64 slots are, bit by bit,
    64 games in one slot, if the evaluator's rows do not depend on the batch.

    Parameters
    ----------
    game : Game, spec string or pyspiel.Game
        Of perfect information.
    options : UCT, PUCT or Gumbel
    evaluator : Evaluator, optional
        Random rollouts unless said otherwise.
    games : int
    slots : int
        Games at once.
    seed : int, Generator or None
    first : int
        Index of the first game.
    temperature : float
        Of the moves on the first ``temperature_plies`` plies of a game, see
        ``SearchResult.draw``; then the best is played.
    reuse : bool
        Whether the tree below the moves played is kept, visits and all. They count as simulations
        of the next search. Not with ``Gumbel``, whose schedule begins with an empty tree.
    quick : Quick, optional
        Searches that are cut short; none unless given.
    random_plies : int
        Games of odd number begin with 1 to so many moves at random, which nobody searches, so that
        positions are met that good players avoid.

    Raises
    ------
    InvalidOptionError, UnsupportedGameError
    """
    game = as_game(game)
    require_searchable(game)
    for name, value in (("games", games), ("slots", slots)):
        whole(name, value)
    number("temperature", temperature)
    flag("reuse", reuse)
    for name, value in (
        ("temperature_plies", temperature_plies),
        ("first", first),
        ("random_plies", random_plies),
    ):
        whole(name, value, least=0)
    if quick is not None and quick.simulations > options.simulations:
        raise InvalidOptionError(
            f"quick searches have {quick.simulations} simulations and the others "
            f"{options.simulations}; give at most as many."
        )
    _, root = resolve_seed(seed)
    batch = new_batch(game, options, min(slots, games), evaluator, reuse=reuse)
    driver = _Driver(game, batch, root, temperature, temperature_plies, reuse, quick, random_plies)
    return driver.run(range(first, first + games))


@dataclass(eq=False, slots=True)
class _Table:
    """A game that is being played in a slot."""

    index: int
    key: int
    """Of all random numbers of the game."""
    state: State
    actions: list[int]
    plies: list[int]
    results: list[SearchResult]
    full: list[bool]
    draw: float = 0.0
    """In [0, 1): decides the next move."""
    since: int = 0
    """Actions before the last search."""
    numbers: list[list[int]] = field(default_factory=list)
    """Random ones for the plies so far, and some to come."""


class _Driver:
    """Moves the games of all slots."""

    def __init__(
        self,
        game: Game,
        batch: Batch,
        root: np.random.SeedSequence,
        temperature: float,
        temperature_plies: int,
        reuse: bool,
        quick: Quick | None,
        random_plies: int,
    ):
        self.game, self.batch, self.root = game, batch, root
        self.temperature, self.temperature_plies = temperature, temperature_plies
        self.reuse, self.quick, self.random_plies = reuse, quick, random_plies
        self.tables: dict[int, _Table] = {}
        self.finished: dict[int, PlayedGame] = {}

    def run(self, indices: range) -> Iterator[PlayedGame]:
        waiting, due = iter(indices), indices.start
        for slot in range(self.batch.size):
            self._sit(slot, waiting)
        while due < indices.stop:
            while moved := self.batch.walk():
                for slot in moved:
                    self._move(slot)
                    if slot not in self.tables:
                        self._sit(slot, waiting)
            self.batch.evaluate()
            while due in self.finished:
                yield self.finished.pop(due)
                due += 1

    def _sit(self, slot: int, waiting: Iterator[int]) -> None:
        """Begin the next game in a slot, if there is one; one that is over at once is done."""
        for index in waiting:
            key = int(child(self.root, "game", index).generate_state(1, np.uint64)[0])
            state = self.game.new_initial_state()
            self.tables[slot] = _Table(index, key, state, [], [], [], [])
            if self.random_plies and index % 2:
                self._open(self.tables[slot])
            self._continue(slot)
            if slot in self.tables:
                return

    def _open(self, table: _Table) -> None:
        """Random moves; a move that would end the game is left away, and the opening ends."""
        rng = generator(self.root, "game", table.index, "opening")
        for _ in range(int(rng.integers(1, self.random_plies + 1))):
            if table.state.is_terminal():
                return
            if table.state.current_player() == CHANCE:
                action = chance_outcome(table.state.chance_outcomes(), rng.random())
            else:
                legal = table.state.legal_actions()
                action = legal[int(rng.random() * len(legal))]
            if table.state.child(action).is_terminal():
                return
            self._apply(table, action)

    def _move(self, slot: int) -> None:
        """Play the move of a finished search."""
        table, result = self.tables[slot], self.batch.result(slot)
        ply = len(table.actions)
        early = ply < self.temperature_plies
        action = result.draw(self.temperature if early else 0.0, table.draw)
        table.plies.append(ply)
        table.results.append(result)
        table.since = ply
        self._apply(table, action)
        self._continue(slot)

    def _continue(self, slot: int) -> None:
        """Through chance to the next search, or to the end of the game."""
        table = self.tables[slot]
        while (player := table.state.current_player()) == CHANCE:
            outcomes = table.state.chance_outcomes()
            self._apply(table, chance_outcome(outcomes, self._numbers(table)[1]))
        if player == TERMINAL:
            self.finished[table.index] = PlayedGame(
                table.index,
                tuple(table.actions),
                tuple(table.plies),
                tuple(table.results),
                tuple(table.full),
                np.array(table.state.returns(), float),
            )
            del self.tables[slot]
            return
        require_decision(self.game, table.state)
        kept = table.actions[table.since :] if self.reuse and table.results else []
        key, table.draw, cut = self._numbers(table)
        quick = self.quick is not None and cut < self.quick.share
        table.full.append(not quick)
        simulations = self.quick.simulations if self.quick and quick else None
        self.batch.begin(slot, table.state.clone(), key, kept, simulations)

    def _apply(self, table: _Table, action: int) -> None:
        table.state.apply_action(action)
        table.actions.append(action)

    def _numbers(self, table: _Table) -> tuple[int, float, float]:
        """Of this game and ply: the key of a search, and two numbers in [0, 1)."""
        ply = len(table.actions)
        while ply >= len(table.numbers):
            table.numbers += words(table.key, len(table.numbers), PLIES, 4)
        high, low, draw, cut = table.numbers[ply]
        return high << 32 | low, draw * 2.0**-32, cut * 2.0**-32
