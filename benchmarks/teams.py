"""Teams' environments: steps a second of our copies together and of the packages' one by one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import marl_kit as mk
from benchmarks.timing import Row, compare

EPISODES = 4
"""Of the package in one measurement; ours makes as many steps, of all its copies."""
SEEDS = 5
"""Runs side by side, where several are trained."""
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
    yield from mappo_rows()


def mappo_rows() -> Iterator[Row]:
    """A step of training on simple_spread: playing it and learning from it, 32 episodes a rollout
    (one after another, or side by side), the same networks, epochs and batches, one thread."""
    import mpe2.simple_spread_v3 as simple_spread

    from benchmarks.mappo_loop import MappoLoop
    from marl_kit.core.threads import one_torch_thread
    from marl_kit.learn.cooperative.policy_options import PolicyOptions

    loop = MappoLoop(simple_spread.parallel_env(), PolicyOptions(), episodes=32)
    with one_torch_thread():
        for seeds in (1, SEEDS):
            training = _training(seeds)
            yield compare(
                f"MAPPO on simple_spread, a step of training, {seeds} seed{'s' * (seeds > 1)}",
                "a loop over mpe2",
                loop.iterate,
                training.advance,
                floor=5.0,
                per=(training.steps_of_rollout, training.steps_of_rollout * seeds),
                rounds=3,
            )
            _print_profile(training)


def _training(seeds: int) -> Any:
    from marl_kit.learn.cooperative.algorithms import options_for
    from marl_kit.learn.cooperative.training import Plan, Training

    return Training(
        Plan(
            team=mk.as_team("simple_spread"),
            algorithm="mappo",
            options=options_for("mappo", {}),
            seeds=seeds,
            seed=0,
            copies=32,
            reward="mean",
            evaluate_every=10**9,
            episodes=32,
        )
    )


def _print_profile(training: Any) -> None:
    """Where the time of a rollout goes."""
    spent = {"the environment": 0.0, "acting": 0.0, "the rest of playing": 0.0, "learning": 0.0}
    environment, learner = training.collector.environment, training.learner
    step, explore = environment.step, learner.explore
    environment.step = _timed(step, spent, "the environment")
    learner.explore = _timed(explore, spent, "acting")
    began = time.perf_counter()
    rollout = training.collector.collect(learner.rollout)
    spent["the rest of playing"] = time.perf_counter() - began - sum(spent.values())
    _timed(learner.learn, spent, "learning")(rollout)
    environment.step, learner.explore = step, explore
    total = sum(spent.values())
    shares = ", ".join(f"{name} {100 * x / total:.0f} %" for name, x in spent.items())
    print(f"  {training.plan.seeds} seeds: {shares}", flush=True)


def _timed(work: Callable[..., Any], spent: dict[str, float], name: str) -> Callable[..., Any]:
    def timed(*arguments: Any) -> Any:
        began = time.perf_counter()
        found = work(*arguments)
        spent[name] += time.perf_counter() - began
        return found

    return timed


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
