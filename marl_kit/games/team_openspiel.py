"""Games of OpenSpiel that are too large to be compiled, played by a team."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, NamedTuple

import numpy as np

from marl_kit.core.errors import UnsupportedGameError
from marl_kit.games.openspiel import OpenSpielGame
from marl_kit.games.team import Outcome, TeamSizes, View, World
from marl_kit.games.team_draws import uniforms
from marl_kit.games.team_waiting import expect_legal, waiting
from marl_kit.games.tree import CHANCE, TERMINAL
from marl_kit.games.turn_views import tensor_of

MOST_STATES = 10_000
"""States that are kept, so that a step does not begin at the root."""
NO_MOVE = -1


class _Reached(NamedTuple):
    """A state in which a player moves or all is over, and how often chance has drawn by then."""

    state: Any
    drawn: int


class OpenSpielRules:
    """The rules: OpenSpiel's states, one copy after another.

    A world holds the players' moves and a random number for each copy, from which the draws of
    chance are hashed one after another; states are only kept to be quick.

    Raises
    ------
    UnsupportedGameError
        The game draws its chance moves itself, or has neither information state nor observation
        tensors.
    """

    def __init__(self, game: OpenSpielGame):
        tensor = tensor_of(game)
        game.begin(0)  # refused where chance is not told
        if tensor is None:
            raise UnsupportedGameError(
                f"{game.name} has neither observation nor information state tensors in OpenSpiel."
            )
        self._rules, self._tensor = game.rules, tensor
        self._known: OrderedDict[tuple[float, tuple[int, ...]], _Reached] = OrderedDict()
        self.draws = 1
        players = self._rules.num_players()
        length = len(tensor(self._first_move(), 0))
        self.sizes = TeamSizes(
            agents=tuple(f"player_{p}" for p in range(players)),
            observation=length,
            state=players * length,
            actions=np.full(players, self._rules.num_distinct_actions()),
            box=0,
            horizon=int(self._rules.max_game_length()),
        )
        self.lengths = np.full(players, length)
        self.boxes = np.zeros(players, np.int64)

    def _first_move(self) -> Any:
        """A state in which a player moves."""
        state = self._rules.new_initial_state()
        while state.is_chance_node():
            state.apply_action(state.chance_outcomes()[0][0])
        return state

    def start(self, numbers: np.ndarray) -> World:
        moves = np.full((len(numbers), self.sizes.horizon), NO_MOVE, np.int64)
        return {"moves": moves, "number": numbers[:, 0].copy()}

    def step(self, world: World, actions: np.ndarray) -> Outcome:
        """The worlds after a move.

        Raises
        ------
        IllegalActionError
            An action that the mask does not allow: OpenSpiel does not look.
        """
        befores = self._positions(world)
        expect_legal(self._mask(befores), actions)
        moves = world["moves"].copy()
        for copy, state in enumerate(befores):
            made = int((moves[copy] != NO_MOVE).sum())
            moves[copy, made] = actions[copy, state.current_player()]
        after = {"moves": moves, "number": world["number"].copy()}
        afters = self._positions(after)
        gained = [
            np.subtract(b.returns(), a.returns()) for a, b in zip(befores, afters, strict=True)
        ]
        return Outcome(after, np.array(gained), np.array([s.is_terminal() for s in afters]))

    def view(self, world: World) -> View:
        states = self._positions(world)
        seen = np.zeros((len(states), len(self.sizes.agents), self.sizes.observation))
        for copy, state in enumerate(states):
            if not state.is_terminal():
                seen[copy] = [self._tensor(state, p) for p in range(len(self.sizes.agents))]
        return View(seen, seen.reshape(len(states), -1), self._mask(states))

    def _mask(self, states: list[Any]) -> np.ndarray:
        mask = waiting(len(states), self.sizes)
        for copy, state in enumerate(states):
            if (player := state.current_player()) != TERMINAL:
                mask[copy, player, 0] = False
                mask[copy, player, state.legal_actions()] = True
        return mask

    def _positions(self, world: World) -> list[Any]:
        """The states of all copies, which nobody may change."""
        made = [tuple(row[row != NO_MOVE].tolist()) for row in world["moves"]]
        return [
            self._reached(number, moves).state
            for number, moves in zip(world["number"].tolist(), made, strict=True)
        ]

    def _reached(self, number: float, moves: tuple[int, ...]) -> _Reached:
        """Where the moves lead, by way of the longest beginning that is known."""
        known = len(moves)
        while known >= 0 and (number, moves[:known]) not in self._known:
            known -= 1
        if known < 0:
            reached = _after_chance(self._rules.new_initial_state(), number, 0)
        else:
            reached = self._known[number, moves[:known]]
        for move in moves[max(known, 0) :]:
            reached = _after_chance(reached.state.child(move), number, reached.drawn)
        self._known[number, moves] = reached
        self._known.move_to_end((number, moves))
        if len(self._known) > MOST_STATES:
            self._known.popitem(last=False)
        return reached


def _after_chance(state: Any, number: float, drawn: int) -> _Reached:
    """Let chance move until it is a player's turn, or the end; this changes the state."""
    while state.current_player() == CHANCE:
        place = np.array([drawn])
        share = uniforms(int(number * 2**53), place, np.zeros(1, np.int64), 1)[0, 0]
        state.apply_action(_outcome(state.chance_outcomes(), share))
        drawn += 1
    return _Reached(state, drawn)


def _outcome(outcomes: list[tuple[int, float]], share: float) -> int:
    """The outcome of chance that a random number in [0, 1) draws."""
    possible = [(action, chance) for action, chance in outcomes if chance > 0]
    passed = 0.0
    for action, chance in possible:
        passed += chance
        if share < passed:
            return action
    return possible[-1][0]
