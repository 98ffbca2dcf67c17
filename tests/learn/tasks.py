"""What the tests of oracles share: tasks, answers as players, and how far from a best response."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

import marl_kit as mk
from marl_kit.learn.oracle import FILE, Answer, Task


def task_of(
    game: Any,
    opponents: Sequence[Any],
    weights: Sequence[float] | None = None,
    *,
    seed: int = 0,
    learner: Path | None = None,
    wave: int = 0,
) -> Task:
    game = mk.load_game(game) if isinstance(game, str) else game
    players = tuple(mk.make_player(player, game) for player in opponents)
    equal = np.full(len(players), 1 / len(players))
    drawn = equal if weights is None else np.array(weights)
    return Task(game, players, drawn, np.random.SeedSequence(seed), learner, wave)


def write(answer: Answer, folder: Path, name: str = "answer") -> Path:
    path = folder / f"{name}{answer.suffix}"
    assert answer.content is not None
    path.write_bytes(answer.content)
    return path


def spec_of(answer: Answer, folder: Path, name: str = "answer") -> str:
    if answer.content is None:
        return answer.spec
    return answer.spec.replace(FILE, str(write(answer, folder, name)))


def player_of(answer: Answer, task: Task, folder: Path, name: str = "answer") -> Any:
    return mk.make_player(spec_of(answer, folder, name), task.game)


def missed(game: mk.Game, learned: Any, opponent: Any) -> float:
    """What the learned player earns less than best responses to the opponent, over all seats."""
    total = 0.0
    for seat in range(game.num_players):
        seats = [learned if p == seat else opponent for p in range(game.num_players)]
        best = mk.best_response(game, [opponent] * game.num_players, seat).value
        total += best - mk.expected_values(game, seats)[seat]
    return total
