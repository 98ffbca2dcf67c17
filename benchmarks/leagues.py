"""Rows "leagues": ratings, PSRO, learners, and what the log costs beside the games."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from open_spiel.python import rl_environment
from open_spiel.python.algorithms import random_agent, tabular_qlearner

import marl_kit as mk
from benchmarks.timing import Limit, Row, compare, seconds
from marl_kit.learn.oracle import Task
from marl_kit.learn.registry import find_oracle

MEMBERS, MATCHES = 1_000, 1_000_000
EPISODES = 1_000
WAVES = 1_000
ROUNDS = 3


def rows() -> Iterator[Row]:
    """Against OpenSpiel's own learner, and against the bare games."""
    for spec in ("kuhn_poker", "tic_tac_toe"):
        yield compare(
            f"tabular Q-learning against random play, {spec} (an episode)",
            "OpenSpiel Python",
            _open_spiel_learner(spec),
            _learner(spec),
            floor=3,
            per=(EPISODES, EPISODES),
            rounds=ROUNDS,
        )
    yield compare(
        "a league's game of mcts(simulations=50) at tic_tac_toe, with its log on the disk",
        "the bare games (mk.play)",
        lambda: mk.play("tic_tac_toe", ["mcts(simulations=50)", "random"], 2 * WAVES),
        _round_robin,
        floor=0.5,
        per=(2 * WAVES, 2 * WAVES),
        rounds=ROUNDS,
    )


def limits() -> Iterator[Limit]:
    """Seconds for whole tasks, after one warm-up."""
    counts = pair_counts()
    for draws in ("half", "davidson", "rao_kupper"):
        yield Limit(
            f"ratings of 1,000 members from 1,000,000 matches (draws={draws})",
            _best(lambda draws=draws: mk.elo(counts, draws=draws)),
            2.0,
            "s",
        )
    yield Limit(
        "PSRO with exact responses, Leduc, 200 iterations",
        _best(lambda: mk.psro("leduc_poker", iterations=200, seed=1)),
        8.0,
        "s",
    )


def pair_counts() -> pd.DataFrame:
    """Games of pairs drawn at random, won by chance and strength, as a league hands them over."""
    rng = np.random.default_rng(0)
    strength = rng.normal(0, 250, MEMBERS)
    a, b = np.triu_indices(MEMBERS, 1)
    games = rng.multinomial(MATCHES, np.full(len(a), 1 / len(a)))
    draws = rng.binomial(games, 0.2)
    wins = rng.binomial(games - draws, 1 / (1 + 10 ** ((strength[b] - strength[a]) / 400)))
    played = games > 0
    wins, draws, games = (x[played] for x in (wins, draws, games))
    names = np.array([f"m{i}" for i in range(MEMBERS)], object)
    return pd.DataFrame(
        {
            "a": names[a[played]],
            "b": names[b[played]],
            "wins of a": wins,
            "draws": draws,
            "wins of b": games - wins - draws,
        }
    )


def _best(work: Callable[[], object]) -> float:
    return min(seconds(work) for _ in range(ROUNDS))


def _learner(spec: str) -> Callable[[], object]:
    game = mk.load_game(spec)
    task = Task(game, (mk.make_player("random", game),), np.ones(1), np.random.SeedSequence(0))
    oracle = find_oracle(f"q_learning(episodes={EPISODES})")
    return lambda: oracle.answer(task)


def _open_spiel_learner(spec: str) -> Callable[[], object]:
    """The training loop of its example, each seat in turn."""
    environment = rl_environment.Environment(spec)
    size = environment.action_spec()["num_actions"]
    learners = [tabular_qlearner.QLearner(seat, size) for seat in (0, 1)]
    dice = [random_agent.RandomAgent(seat, size) for seat in (0, 1)]

    def train() -> None:
        for episode in range(EPISODES):
            own = episode % 2
            agents = [learners[s] if s == own else dice[s] for s in (0, 1)]
            step = environment.reset()
            while not step.last():
                mover = step.observations["current_player"]
                step = environment.step([agents[mover].step(step).action])
            for agent in agents:
                agent.step(step)

    return train


def _round_robin() -> None:
    with tempfile.TemporaryDirectory() as folder:
        players = ["mcts(simulations=50)", "random"]
        with mk.League("tic_tac_toe", "round_robin", players, Path(folder) / "run") as league:
            league.train(waves=WAVES)
