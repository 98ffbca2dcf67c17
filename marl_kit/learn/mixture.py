"""What the other players do together, if each of them is drawn before the game begins.

A player that is drawn once and then plays its own behaviour strategy is a mixture of realisation
plans, whose weights mix linearly (von Stengel 1996); mixing action probabilities infoset by
infoset would be another strategy.
"""

from __future__ import annotations

import tempfile
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np

from marl_kit.core.errors import UnsupportedGameError
from marl_kit.evaluate import _kernels
from marl_kit.evaluate.sequence import realisation_plan, sequence_strategy
from marl_kit.games.game import Game
from marl_kit.games.policy import TabularPolicy
from marl_kit.games.realisation import as_policy, behaviour_by_sequence, behaviour_of, plan_of
from marl_kit.games.tree import read_only
from marl_kit.learn.oracle import FILE, Answer, Task
from marl_kit.play.player import Player, player_name

CACHE_BYTES = 256 * 2**20
"""Of plans that are kept: a population grows by one a wave, and the others are the same."""


class _Plans:
    """Realisation plans of players that were asked for lately."""

    def __init__(self, limit: int = CACHE_BYTES):
        # the objects are held beside their plans: an id is theirs for as long as they live
        self._held: OrderedDict[tuple[int, int], tuple[Game, Player, np.ndarray]] = OrderedDict()
        self._limit, self._bytes = limit, 0

    def of(self, game: Game, player: Player) -> np.ndarray:
        key = id(game), id(player)
        if key not in self._held:
            plan = read_only(plan_of_player(game, player))
            self._held[key] = game, player, plan
            self._bytes += plan.nbytes
            while self._bytes > self._limit and len(self._held) > 1:
                self._bytes -= self._held.popitem(last=False)[1][2].nbytes
        self._held.move_to_end(key)
        return self._held[key][2]


_PLANS = _Plans()


def plan_of_player(game: Game, player: Player) -> np.ndarray:
    """The player's realisation plan in every seat, float64 [Q].

    Raises
    ------
    UnsupportedGameError
        It does not tell its probabilities.
    """
    held = getattr(player, "policy", None)
    if isinstance(held, TabularPolicy) and held.game is game:
        policy = held
    elif hasattr(player, "probabilities") or hasattr(player, "probabilities_batch"):
        policy = as_policy(game, player)
    else:
        raise UnsupportedGameError(
            f"an exact answer needs opponents that tell their probabilities, and "
            f"{player_name(player)} does not; use an oracle that learns from games, such as "
            f"'q_learning'."
        )
    return plan_of(game.sequence_form(), behaviour_by_sequence(policy))


def mixture(task: Task) -> TabularPolicy:
    """The behaviour strategies that play as the task's opponents do, mixed by their weights.

    Raises
    ------
    UnsupportedGameError
        An opponent that does not tell its probabilities.
    """
    form = task.game.sequence_form()
    plan = np.zeros(form.num_sequences)
    for weight, opponent in zip(task.weights.tolist(), task.opponents, strict=True):
        if weight > 0:
            plan += weight * _PLANS.of(task.game, opponent)
    return TabularPolicy(task.game, behaviour_of(form, plan)[form.slot_sequences()])


def values_against(policy: TabularPolicy) -> np.ndarray:
    """What each sequence earns at the leaves that it ends at if its player's opponents follow
    ``policy``, float64 [Q]."""
    form = policy.game.sequence_form()
    plan = realisation_plan(form, sequence_strategy(policy))
    value = np.zeros(form.num_sequences)
    for first, last in zip(form.player_sequences[:-1], form.player_sequences[1:], strict=True):
        _kernels.sequence_values(
            first, last, plan, form.entry_offset, form.entry_others, form.entry_value, value
        )
    return value


def gain_over(against: TabularPolicy, answer: TabularPolicy) -> float:
    """Sum over players of what ``answer`` earns more than ``against`` against ``against``."""
    form = against.game.sequence_form()
    change = realisation_plan(form, sequence_strategy(answer))
    change -= realisation_plan(form, sequence_strategy(against))
    return float(change @ values_against(against))


def policy_answer(policy: TabularPolicy, facts: dict[str, Any]) -> Answer:
    """A policy as its file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "policy.json"
        policy.save(path)
        return Answer(f"policy:{FILE}", path.read_bytes(), ".json", facts=facts)
