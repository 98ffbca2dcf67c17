"""Simple spread: agents push each other about on a plane and are to cover all landmarks."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from marl_kit.core.checks import flag, number, whole
from marl_kit.games.picture import Mark, Picture
from marl_kit.games.team import Outcome, TeamSizes, View, World
from marl_kit.games.team_game import TeamGame

FACTS = {
    "title": "Simple spread",
    "source": "Lowe et al. (2017), Multi-agent actor-critic for mixed cooperative-competitive "
    "environments, NeurIPS; as in the package mpe2 1.1.1, simple_spread_v3",
    "players": 3,
    "size": "18 numbers seen, 5 actions, 25 steps",
}

# The world of mpe2: positions and velocities on a plane without walls, a step of DT seconds.
DT, DAMPING, THRUST = 0.1, 0.25, 5.0
RADIUS = 0.15
CONTACT_FORCE, CONTACT_MARGIN = 100.0, 1e-3
BOX = (-1.2, 1.2, -1.2, 1.2)
"""Of a picture; everything begins within 1 of the middle."""
SIGNALS = 2
"""Entries that mpe2 keeps in every observation for the messages of each other agent: zeros."""
DIRECTIONS = THRUST * np.array([[0, 0], [-1, 0], [1, 0], [0, -1], [0, 1]], float)
"""What the actions push: nothing, left, right, down, up."""


@njit(cache=True)
def _advance(agents, velocities, landmarks, forces, local_ratio, rewards):
    """One step of every copy, in place; ``forces`` [B, N, 2] come in as what the actions push."""
    for b in range(len(agents)):
        _collide(agents[b], forces[b])
        for n in range(agents.shape[1]):
            for axis in range(2):
                agents[b, n, axis] += velocities[b, n, axis] * DT
                slowed = velocities[b, n, axis] * (1 - DAMPING)
                velocities[b, n, axis] = slowed + forces[b, n, axis] * DT
        _reward(agents[b], landmarks[b], local_ratio, rewards[b])


@njit
def _collide(agents, forces):
    """Agents push each other away: a soft maximum of 0 and how deep they are in each other."""
    for a in range(len(agents)):
        for b in range(a + 1, len(agents)):
            distance = _distance(agents, a, agents, b)
            if distance == 0:  # no direction to push in; mpe2 goes on with NaN
                continue
            depth = (2 * RADIUS - distance) / CONTACT_MARGIN
            soft = (max(depth, 0.0) + math.log1p(math.exp(-abs(depth)))) * CONTACT_MARGIN
            for axis in range(2):
                apart = agents[a, axis] - agents[b, axis]
                push = CONTACT_FORCE * apart / distance * soft
                forces[a, axis] += push
                forces[b, axis] -= push


@njit
def _reward(agents, landmarks, local_ratio, rewards):
    """All lose each landmark's distance from the nearest agent, each its own collisions."""
    shared = 0.0
    for landmark in range(len(landmarks)):
        nearest = np.inf
        for a in range(len(agents)):
            nearest = min(nearest, _distance(agents, a, landmarks, landmark))
        shared -= nearest
    for a in range(len(agents)):
        collisions = 0
        for b in range(len(agents)):
            collisions += a != b and _distance(agents, a, agents, b) < 2 * RADIUS
        rewards[a] = shared * (1 - local_ratio) - collisions * local_ratio


@njit
def _distance(ones, a, others, b):
    x, y = ones[a, 0] - others[b, 0], ones[a, 1] - others[b, 1]
    return math.sqrt(x * x + y * y)


@njit(cache=True)
def _look(agents, velocities, landmarks, seen):
    """Own velocity and position, then landmarks and other agents as seen from here.

    What comes behind, the others' messages, stays 0.
    """
    copies, count, _ = agents.shape
    for b in range(copies):
        for n in range(count):
            for axis in range(2):
                here, place = agents[b, n, axis], 4 + axis
                seen[b, n, axis] = velocities[b, n, axis]
                seen[b, n, 2 + axis] = here
                for landmark in range(count):
                    seen[b, n, place] = landmarks[b, landmark, axis] - here
                    place += 2
                for other in range(count):
                    if other != n:
                        seen[b, n, place] = agents[b, other, axis] - here
                        place += 2


class Spread:
    """The rules; as many landmarks as agents."""

    def __init__(self, agents: int, local_ratio: float, horizon: int, continuous: bool):
        width = 4 + 2 * agents + (2 + SIGNALS) * (agents - 1)
        self.sizes = TeamSizes(
            agents=tuple(f"agent_{n}" for n in range(agents)),
            observation=width,
            state=agents * width,
            actions=np.full(agents, 0 if continuous else len(DIRECTIONS)),
            box=5 if continuous else 0,
            horizon=horizon,
        )
        self.lengths = np.full(agents, width)
        self.boxes = np.full(agents, self.sizes.box)
        self.draws = 4 * agents
        self.local_ratio = local_ratio

    def start(self, numbers: np.ndarray) -> World:
        """Everything anywhere in the square from -1 to 1, at rest."""
        placed = (2 * numbers - 1).reshape(len(numbers), 2, -1, 2)
        agents, landmarks = placed[:, 0].copy(), placed[:, 1].copy()
        return {"agents": agents, "velocities": np.zeros_like(agents), "landmarks": landmarks}

    def step(self, world: World, actions: np.ndarray) -> Outcome:
        agents, velocities = world["agents"].copy(), world["velocities"].copy()
        rewards = np.empty(agents.shape[:2])
        forces = self._forces(actions)
        _advance(agents, velocities, world["landmarks"], forces, self.local_ratio, rewards)
        moved = {"agents": agents, "velocities": velocities, "landmarks": world["landmarks"]}
        return Outcome(moved, rewards, np.zeros(len(agents), bool))

    def _forces(self, actions: np.ndarray) -> np.ndarray:
        if self.sizes.box:
            return THRUST * (actions[..., 2::2] - actions[..., 1::2])
        return DIRECTIONS[actions]

    def view(self, world: World) -> View:
        """The state is all observations, one behind the other."""
        agents = world["agents"]
        seen = np.zeros((*agents.shape[:2], self.sizes.observation))
        _look(agents, world["velocities"], world["landmarks"], seen)
        mask = np.ones((*agents.shape[:2], self.sizes.most_actions), bool)
        return View(seen, seen.reshape(len(seen), -1), mask)

    def picture(self, world: World, copy: int) -> Picture:
        """Agents with their numbers, landmarks as rings about the place that an agent takes."""
        agents, landmarks = world["agents"][copy].tolist(), world["landmarks"][copy].tolist()
        discs = [Mark(x, y, RADIUS, colour=0, text=str(n)) for n, (x, y) in enumerate(agents)]
        rings = [Mark(x, y, 1.3 * RADIUS, "ring", colour=1) for x, y in landmarks]
        return Picture((*discs, *rings), BOX)


def load(
    agents: int = 3,
    local_ratio: float = 0.5,
    horizon: int = 25,
    continuous_actions: bool = False,
) -> TeamGame:
    rules = Spread(
        whole("agents", agents, 1, 100),
        number("local_ratio", local_ratio, most=1.0),
        whole("horizon", horizon, 1),
        flag("continuous_actions", continuous_actions),
    )
    return TeamGame(rules, name="simple_spread")
