"""Teams' environments: steps a second of our copies together and of the packages' one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import marl_kit as mk
from benchmarks.timing import Row, compare

EPISODES = 4
"""Of the package in one measurement; ours makes as many steps, of all its copies."""
FLOORS = {("simple_spread", 32): 30.0, ("simple_spread", 256): 80.0}
BATCHES = 32, 256


def rows() -> Iterator[Row]:
    """A step is one of the whole team in one copy, with observations and rewards; episodes begin
    again at their ends. Ours also gives states and masks, for which the packages are not asked."""
    for name, (peer, play) in PEERS.items():
        game = mk.load_game(name)
        steps = EPISODES * game.sizes.horizon
        for batch in BATCHES:
            yield compare(
                f"{name}, a step of a copy, {batch} copies",
                peer,
                play(steps),
                _ours(game, batch, steps),
                floor=FLOORS.get((name, batch), 0.0),
                per=(steps, steps * batch),
            )


def _random_actions(game: Any, steps: int, batch: int) -> np.ndarray:
    sizes = game.sizes
    return np.random.default_rng(0).integers(0, sizes.actions, (steps, batch, len(sizes.agents)))


def _ours(game: Any, batch: int, steps: int) -> Callable[[], object]:
    team, actions = game.environment(batch, 0), _random_actions(game, steps, batch)
    team.reset()

    def play() -> None:
        for joint in actions:
            team.step(joint)

    return play


def _mpe(name: str, version: str) -> Callable[[int], Callable[[], object]]:
    def prepared(steps: int) -> Callable[[], object]:
        import importlib

        env = importlib.import_module(f"mpe2.{name}_{version}").parallel_env()
        actions = _random_actions(mk.load_game(name), steps, 1)[:, 0].tolist()
        env.reset(seed=0)

        def play() -> None:
            for joint in actions:
                env.step(dict(zip(env.possible_agents, joint, strict=True)))
                if not env.agents:
                    env.reset()

        return play

    return prepared


def _foraging(steps: int) -> Callable[[], object]:
    import gymnasium
    import lbforaging  # noqa: F401 -- registers the environments

    env = gymnasium.make("Foraging-8x8-2p-2f-coop-v3", disable_env_checker=True).unwrapped
    actions = _random_actions(mk.load_game("foraging"), steps, 1)[:, 0].tolist()
    env.reset(seed=0)

    def play() -> None:
        for joint in actions:
            if env.step(joint)[2]:
                env.reset()

    return play


PEERS = {
    "simple_spread": ("mpe2", _mpe("simple_spread", "v3")),
    "simple_speaker_listener": ("mpe2", _mpe("simple_speaker_listener", "v4")),
    "foraging": ("lbforaging", _foraging),
}
