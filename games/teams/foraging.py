"""Level-based foraging: players of different levels load food that may be too heavy for one."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from marl_kit.core.checks import flag, number, whole
from marl_kit.games.picture import Mark, Picture
from marl_kit.games.team import Outcome, TeamSizes, View, World
from marl_kit.games.team_game import TeamGame

FACTS = {
    "title": "Level-based foraging",
    "source": "Christianos, Schaefer and Albrecht (2020), Shared experience actor-critic for "
    "multi-agent reinforcement learning, NeurIPS; as in the package lbforaging 2.0.0, "
    "Foraging-8x8-2p-2f-coop-v3",
    "players": 2,
    "size": "8x8, 2 foods, 6 actions, 50 steps",
    "optimum": 1,
}

NONE, LOAD, ACTIONS = 0, 5, 6
STEPS = np.array([[0, 0], [-1, 0], [1, 0], [0, -1], [0, 1], [0, 0]])
"""Rows and columns that the actions go: none, north, south, west, east, load."""
WEAKEST = 3
"""Unless limited, food is as heavy as so many of the weakest players can load together."""
SHOWN = 3
"""What is seen of a food or a player: row, column and level; -1, -1 and 0 for one out of sight."""


@njit(cache=True)
def _spawn(numbers, strongest, heaviest, coop, players, levels, field):
    """Players in free cells, then foods in cells that are free all around, by ``numbers``."""
    copies, agents, _ = players.shape
    for b in range(copies):
        for p in range(agents):
            _pick(numbers[b, 2 * p], players[b], p, field[b], players[b, p])
            levels[b, p] = 1 + int(numbers[b, 2 * p + 1] * strongest)
        most = heaviest if heaviest else _weakest(levels[b])
        cell = np.empty(2, np.int64)
        for place in range(2 * agents, numbers.shape[1], 2):
            if _pick(numbers[b, place], players[b], agents, field[b], cell):
                level = most if coop else 1 + int(numbers[b, place + 1] * most)
                field[b, cell[0], cell[1]] = level


@njit
def _pick(drawn, players, placed, field, cell):
    """Write the free cell that a number in [0, 1) stands for; whether there is one."""
    rows, columns = field.shape
    free = 0
    for place in range(rows * columns):
        free += _is_free(place // columns, place % columns, players, placed, field)
    left = int(drawn * free)
    for place in range(rows * columns):
        row, column = place // columns, place % columns
        if _is_free(row, column, players, placed, field):
            if left == 0:
                cell[0], cell[1] = row, column
                return True
            left -= 1
    return False


@njit
def _is_free(row, column, players, placed, field):
    """Whether no player who is placed stands there.

    Once all are, it is about food: off the border, and no other within a step or straight two.
    """
    for p in range(placed):
        if players[p, 0] == row and players[p, 1] == column:
            return False
    if placed < len(players):
        return True
    rows, columns = field.shape
    if row == 0 or column == 0 or row == rows - 1 or column == columns - 1:
        return False
    for r in range(max(row - 2, 0), min(row + 3, rows)):
        for c in range(max(column - 2, 0), min(column + 3, columns)):
            down, across = abs(r - row), abs(c - column)
            near = max(down, across) <= 1 or min(down, across) == 0
            if near and field[r, c] > 0:
                return False
    return True


@njit
def _weakest(levels):
    """What the weakest players can load together: those with few below them."""
    total = 0
    for p in range(len(levels)):
        below = 0
        for q in range(len(levels)):
            below += levels[q] < levels[p] or (levels[q] == levels[p] and q < p)
        if below < WEAKEST:
            total += levels[p]
    return total


@njit
def _food(row, column, field):
    """The level of the food in a cell; 0 where none is, or no cell."""
    inside = 0 <= row < field.shape[0] and 0 <= column < field.shape[1]
    return field[row, column] if inside else 0


@njit
def _way_to_food(row, column, field):
    """The direction of the food beside a cell, of which there is one at most; else NONE."""
    for action in range(1, LOAD):
        if _food(row + STEPS[action, 0], column + STEPS[action, 1], field) > 0:
            return action
    return NONE


@njit
def _is_legal(action, row, column, field):
    if action == NONE:
        return True
    if action == LOAD:
        return _way_to_food(row, column, field) != NONE
    row, column = row + STEPS[action, 0], column + STEPS[action, 1]
    inside = 0 <= row < field.shape[0] and 0 <= column < field.shape[1]
    return inside and field[row, column] == 0


@njit(cache=True)
def _advance(players, levels, field, spawned, actions, penalty, rewards):
    """One step of every copy, in place. What is not legal counts as doing nothing."""
    copies, agents, _ = players.shape
    wanted = np.empty((agents, 2), np.int64)
    for b in range(copies):
        for p in range(agents):
            row, column = players[b, p, 0], players[b, p, 1]
            if not _is_legal(actions[b, p], row, column, field[b]):
                actions[b, p] = NONE
            wanted[p, 0] = row + STEPS[actions[b, p], 0]
            wanted[p, 1] = column + STEPS[actions[b, p], 1]
        _move(players[b], wanted)
        _load(players[b], levels[b], field[b], spawned[b], actions[b], penalty, rewards[b])


@njit
def _move(players, wanted):
    """Everybody goes but those who want to be in the same cell.

    As in the package, a player whose way is barred does not bar its own cell to others.
    """
    for p in range(len(players)):
        alone = True
        for q in range(len(players)):
            same = wanted[q, 0] == wanted[p, 0] and wanted[q, 1] == wanted[p, 1]
            alone = alone and (q == p or not same)
        if alone:
            players[p, 0], players[p, 1] = wanted[p, 0], wanted[p, 1]


@njit
def _load(players, levels, field, spawned, actions, penalty, rewards):
    """Loaders beside the same food do it together; each gets the share of its level.

    ``actions`` become NONE for those who have had their try.
    """
    for p in range(len(players)):
        if actions[p] != LOAD:
            continue
        way = _way_to_food(players[p, 0], players[p, 1], field)
        row, column = players[p, 0] + STEPS[way, 0], players[p, 1] + STEPS[way, 1]
        food, strength = field[row, column], 0
        for q in range(p, len(players)):
            if actions[q] == LOAD and _beside(players[q], row, column):
                strength += levels[q]
        for q in range(p, len(players)):
            if actions[q] == LOAD and _beside(players[q], row, column):
                share = levels[q] * food / (strength * spawned)
                rewards[q] = share if strength >= food else -penalty
                actions[q] = NONE
        if strength >= food:
            field[row, column] = 0


@njit
def _beside(player, row, column):
    return abs(player[0] - row) + abs(player[1] - column) == 1


@njit(cache=True)
def _look(players, levels, field, sight, foods, seen, states, mask):
    """What the players see, and the state: all of it, with the players in their order."""
    copies, agents, _ = players.shape
    everything = max(field.shape)
    for b in range(copies):
        _show_foods(field[b], players[b, 0], everything, states[b])
        for p in range(agents):
            row, column = players[b, p, 0], players[b, p, 1]
            _show(row, column, levels[b, p], states[b], foods + p)
            for action in range(ACTIONS):
                mask[b, p, action] = _is_legal(action, row, column, field[b])
            _show_foods(field[b], players[b, p], sight, seen[b, p])
            _show_players(players[b], levels[b], p, sight, foods, seen[b, p])


@njit
def _show_foods(field, player, sight, out):
    """Foods in the window around a player, counted from its upper left corner."""
    top, left, place = max(player[0] - sight, 0), max(player[1] - sight, 0), 0
    for row in range(top, min(player[0] + sight + 1, field.shape[0])):
        for column in range(left, min(player[1] + sight + 1, field.shape[1])):
            if field[row, column]:
                _show(row - top, column - left, field[row, column], out, place)
                place += 1


@njit
def _show_players(players, levels, self, sight, place, out):
    """Oneself first. As in the package, the width is counted from the window's corner, so that who
    stands at the upper or left border sees players farther away than foods."""
    top, left = max(players[self, 0] - sight, 0), max(players[self, 1] - sight, 0)
    _show(players[self, 0] - top, players[self, 1] - left, levels[self], out, place)
    for p in range(len(players)):
        row, column = players[p, 0] - top, players[p, 1] - left
        if p != self and min(row, column) >= 0 and max(row, column) <= 2 * sight:
            place += 1
            _show(row, column, levels[p], out, place)


@njit
def _show(row, column, level, out, place):
    out[SHOWN * place] = row
    out[SHOWN * place + 1] = column
    out[SHOWN * place + 2] = level


class Foraging:
    """The rules.

    Players begin where those of a new ``ForagingEnv`` do; when one is reset again, its players
    avoid the cells in which others stood before, which is not imitated.
    """

    def __init__(
        self,
        agents: int,
        foods: int,
        size: int,
        coop: bool,
        sight: int,
        horizon: int,
        penalty: float,
        max_player_level: int,
        max_food_level: int,
    ):
        width = SHOWN * (foods + agents)
        self.sizes = TeamSizes(
            agents=tuple(f"player_{n}" for n in range(agents)),
            observation=width,
            state=width,
            actions=np.full(agents, ACTIONS),
            box=0,
            horizon=horizon,
        )
        self.lengths, self.boxes = np.full(agents, width), np.zeros(agents, np.int64)
        self.draws = 2 * (agents + foods)
        self.foods, self.size, self.coop, self.sight = foods, size, coop, sight or size
        self.penalty, self.strongest, self.heaviest = penalty, max_player_level, max_food_level

    def start(self, numbers: np.ndarray) -> World:
        copies, agents = len(numbers), len(self.sizes.agents)
        players = np.zeros((copies, agents, 2), np.int64)
        levels = np.zeros((copies, agents), np.int64)
        field = np.zeros((copies, self.size, self.size), np.int64)
        _spawn(numbers, self.strongest, self.heaviest, self.coop, players, levels, field)
        spawned = field.sum(axis=(1, 2))
        return {"players": players, "levels": levels, "field": field, "spawned": spawned}

    def step(self, world: World, actions: np.ndarray) -> Outcome:
        """Food is worth its share of all the food that there was, so a perfect team gets 1."""
        players, field = world["players"].copy(), world["field"].copy()
        rewards = np.zeros(players.shape[:2])
        levels, spawned = world["levels"], world["spawned"]
        _advance(players, levels, field, spawned, actions.copy(), self.penalty, rewards)
        moved = {**world, "players": players, "field": field}
        return Outcome(moved, rewards, ~field.any(axis=(1, 2)))

    def view(self, world: World) -> View:
        players = world["players"]
        unseen = np.tile([-1.0, -1.0, 0.0], self.sizes.observation // SHOWN)
        seen = np.tile(unseen, (*players.shape[:2], 1))
        states = np.tile(unseen, (len(players), 1))
        mask = np.empty((*players.shape[:2], ACTIONS), bool)
        levels, field = world["levels"], world["field"]
        _look(players, levels, field, self.sight, self.foods, seen, states, mask)
        return View(seen, states, mask)

    def picture(self, world: World, copy: int) -> Picture:
        """Players are discs, foods squares, both with their levels."""
        field, levels = world["field"][copy], world["levels"][copy]
        foods = [
            Mark(column + 0.5, self.size - row - 0.5, 0.3, "square", 5, str(field[row, column]))
            for row, column in np.argwhere(field).tolist()
        ]
        players = [
            Mark(column + 0.5, self.size - row - 0.5, 0.38, "disc", 0, str(level))
            for (row, column), level in zip(world["players"][copy].tolist(), levels, strict=True)
        ]
        return Picture((*foods, *players), (0, self.size, 0, self.size), grid=True)


def load(
    agents: int = 2,
    foods: int = 2,
    size: int = 8,
    coop: bool = True,
    sight: int = 0,
    horizon: int = 50,
    penalty: float = 0.0,
    max_player_level: int = 2,
    max_food_level: int = 0,
) -> TeamGame:
    """``sight`` 0: the whole field. ``max_food_level`` 0: what the three weakest can load."""
    whole("size", size, 3, 100)
    rules = Foraging(
        whole("agents", agents, 1, min(size * size, 100)),
        whole("foods", foods, 1, 100),
        size,
        flag("coop", coop),
        whole("sight", sight, 0, size),
        whole("horizon", horizon, 1),
        number("penalty", penalty, -math.inf),
        whole("max_player_level", max_player_level, 1, 1_000),
        whole("max_food_level", max_food_level, 0, 1_000),
    )
    return TeamGame(rules, name="foraging")
