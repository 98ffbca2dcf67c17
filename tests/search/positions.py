"""Positions and games that several tests of the search use."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

import marl_kit as mk


def state_after(game: Any, history: Sequence[int]) -> Any:
    state = game.new_initial_state()
    for action in history:
        state.apply_action(action)
    return state


def random_history(game: Any, plies: int, seed: int) -> list[int]:
    """Random moves until a player moves after at least so many plies."""
    rng, state = random.Random(seed), game.new_initial_state()
    while len(state.history()) < plies or state.is_chance_node() or state.is_terminal():
        if state.is_terminal():
            state = game.new_initial_state()
        state.apply_action(rng.choice(state.legal_actions()))
    return list(state.history())


def random_tree(
    players: int,
    depth: int,
    seed: int,
    chance: float = 0.2,
    payoff: Callable[[random.Random], Sequence[float]] | None = None,
) -> mk.Game:
    """Perfect information, general sums; who moves is drawn, so players move twice in a row."""
    rng = random.Random(seed)
    builder = mk.TreeBuilder(players, name=f"random tree {seed}")

    def grow(history: tuple[str, ...]) -> None:
        labels = [f"{len(history)}{letter}" for letter in "abcd"[: rng.randint(1, 4)]]
        if len(history) == depth or (history and rng.random() < 0.1):
            whole = [rng.randint(-9, 9) for _ in range(players)]
            builder.payoff(history, whole if payoff is None else payoff(rng))
            return
        if history and rng.random() < chance and len(labels) > 1:
            first = rng.choice(["1/4", "1/2", "5/8"])
            labels = labels[:2]
            rest = {"1/4": "3/4", "1/2": "1/2", "5/8": "3/8"}[first]
            builder.chance(history, dict(zip(labels, (first, rest), strict=True)))
        else:
            name = "/".join(history) or "root"
            builder.decision(history, rng.randrange(players), name, labels)
        for label in labels:
            grow((*history, label))

    grow(())
    return builder.build()
