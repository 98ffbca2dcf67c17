"""Whether the rules of a team's game keep their promises, by random plays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from marl_kit.core.errors import InvalidGameError
from marl_kit.games.team import Outcome, TeamRules, TeamSizes, View, World
from marl_kit.games.team_game import TeamGame

COPIES = 8
PLAYS, MOST_STEPS = 4, 100
"""Batches of random plays, and steps after which none is followed any further."""
TAKEN = {"key", "steps", "episode"}
"""Names under which ``BatchedTeam.memory`` keeps its own counters."""


def check_team(game: TeamGame, rng: np.random.Generator) -> None:
    """Raise ``InvalidGameError`` at the first promise that the game breaks."""
    rules, sizes = game.rules, game.sizes
    for _ in range(PLAYS):
        numbers = rng.random((COPIES, rules.draws))
        world = rules.start(numbers)
        _expect(not TAKEN & set(world), f"a world may not call an array one of {sorted(TAKEN)}")
        _expect(all(len(a) == COPIES for a in world.values()), "an array has not a row for a copy")
        _expect_same(world, rules.start(numbers), "start() differs when asked again")
        alone = {n: a[:1] for n, a in world.items()}
        _expect_same(alone, rules.start(numbers[:1]), "start() mixes the copies")
        for _ in range(min(sizes.horizon, MOST_STEPS)):
            _check_view(rules, world)
            outcome = _checked_step(rules, world, _random_actions(sizes, rules, world, rng))
            if outcome.ended.any():
                break
            world = outcome.world


def _random_actions(
    sizes: TeamSizes, rules: TeamRules, world: World, rng: np.random.Generator
) -> np.ndarray:
    """Legal ones."""
    if sizes.box:
        return rng.random((COPIES, len(sizes.agents), sizes.box))
    mask = rules.view(world).mask
    return np.where(mask, rng.random(mask.shape), -1.0).argmax(axis=2)


def _check_view(rules: TeamRules, world: World) -> None:
    sizes, before = rules.sizes, _copied(world)
    view = rules.view(world)
    _expect_same(before, world, "view() changes the world")
    agents, widest = len(sizes.agents), sizes.most_actions
    shapes = (COPIES, agents, sizes.observation), (COPIES, sizes.state), (COPIES, agents, widest)
    for name, array, shape in zip(View._fields, view, shapes, strict=True):
        _expect(array.shape == shape, f"{name} are of shape {array.shape}, not {shape}")
        _expect(bool(np.isfinite(array).all()), f"{name} hold numbers that are not finite")
    for n, length in enumerate(rules.lengths):
        padded = not view.observations[:, n, length:].any()
        _expect(padded, f"{sizes.agents[n]} sees more than its {length} numbers")
    if not sizes.box:
        legal = view.mask.any(axis=2).all()
        _expect(bool(legal), "an agent has no legal action")
        beyond = view.mask & (np.arange(widest) >= sizes.actions[:, None])
        _expect(not beyond.any(), "the mask allows an action that the agent does not have")
    alone = rules.view({name: array[:1] for name, array in world.items()})
    same = all(np.array_equal(a[:1], b) for a, b in zip(view, alone, strict=True))
    _expect(same, "view() mixes the copies")


def _checked_step(rules: TeamRules, world: World, actions: np.ndarray) -> Outcome:
    before, chosen = _copied(world), actions.copy()
    outcome = rules.step(world, actions)
    _expect_same(before, world, "step() changes the world that it is given")
    _expect(np.array_equal(chosen, actions), "step() changes the actions that it is given")
    shapes = outcome.rewards.shape, outcome.ended.shape, outcome.ended.dtype.kind
    wanted = (COPIES, len(rules.sizes.agents)), (COPIES,), "b"
    _expect(shapes == wanted, f"rewards and ended are {shapes}, not {wanted}")
    _expect(bool(np.isfinite(outcome.rewards).all()), "rewards are not finite")
    again = rules.step({name: array[:1] for name, array in world.items()}, actions[:1])
    _expect_same({n: a[:1] for n, a in outcome.world.items()}, again.world, "step() mixes copies")
    _expect(np.array_equal(outcome.rewards[:1], again.rewards), "rewards mix the copies")
    return outcome


def _copied(world: World) -> World:
    return {name: array.copy() for name, array in world.items()}


def _expect_same(
    ours: Mapping[str, np.ndarray], others: Mapping[str, np.ndarray], complaint: str
) -> None:
    named: Sequence[str] = sorted(ours)
    same = named == sorted(others)
    _expect(same and all(np.array_equal(ours[n], others[n]) for n in named), complaint)


def _expect(holds: bool, complaint: str) -> None:
    if not holds:
        raise InvalidGameError(f"{complaint}; see marl_kit/games/team.py for what rules promise.")
