"""Moves of games as examples, and games that are played on from a position."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from marl_kit.games.game import Game, State
from marl_kit.games.tree import CHANCE
from marl_kit.learn.alphazero.examples import Examples, pack
from marl_kit.learn.alphazero.updates import Batch
from marl_kit.learn.networks.view import View
from marl_kit.play.player import Player
from marl_kit.search.states import chance_outcome


@dataclass(frozen=True, eq=False, slots=True)
class Decision:
    """A position at which a player moved, what it did, and how the game ended.

    Attributes
    ----------
    observation : float32 [C]
        What the player saw.
    player : int
    legal : tuple of int
    action : int or None
        None where only the value is to be learned.
    returns : tuple of P float
        At the end of the game.
    game : int
        Its number.
    """

    observation: np.ndarray
    player: int
    legal: tuple[int, ...]
    action: int | None
    returns: tuple[float, ...]
    game: int


def decision_at(state: State, action: int | None, returns: Any, game: int) -> Decision:
    """What there is to learn from a position that is in hand."""
    player = state.current_player()
    seen = np.array(state.observation_tensor(player), np.float32)
    return Decision(seen, player, tuple(state.legal_actions()), action, tuple(returns), game)


def decisions_of(
    game: Game, actions: Sequence[int], number: int, seat: int | None = None
) -> list[Decision]:
    """The decisions of a game that was played to its end, those of one seat or of all."""
    last = game.new_initial_state()
    for action in actions:
        last.apply_action(action)
    returns, state, found = last.returns(), game.new_initial_state(), []
    for action in actions:
        player = state.current_player()
        if player >= 0 and seat in (None, player):
            found.append(decision_at(state, action, returns, number))
        state.apply_action(action)
    return found


def packed(view: View, decisions: Iterable[Decision]) -> Examples:
    """As examples; a policy to be learned is 1 for the action that was taken."""
    told = list(decisions)
    policies, legal = np.zeros((2, len(told), view.num_actions))
    for row, decision in enumerate(told):
        legal[row, list(decision.legal)] = 1
        if decision.action is not None:
            policies[row, decision.action] = 1
    return pack(
        np.array([d.observation for d in told]),
        np.array([d.player for d in told]),
        legal > 0,
        policies,
        np.array([d.action is not None for d in told]),
        np.array([d.returns for d in told]),
        np.array([d.game for d in told]),
    )


def whole_batch(view: View, examples: Examples) -> Batch:
    """All of them as one batch, in their order."""
    rows, movers = np.arange(len(examples)), examples.players.astype(np.int64)
    values = view.encode_values(examples.values, movers).astype(np.float32)
    return Batch(
        inputs=torch.from_numpy(view.encode(examples.observations_at(rows), movers)),
        policies=torch.from_numpy(view.encode_policy(examples.policies, movers)),
        legal=torch.from_numpy(view.encode_policy(examples.legal_at(rows), movers)),
        full=torch.from_numpy(examples.full),
        outcomes=torch.from_numpy(values),
    )


def play_on(
    states: Sequence[Any],
    player: Player,
    rngs: Sequence[np.random.Generator],
    moves: np.ndarray | None = None,
) -> None:
    """Let a player move for everybody, in place: so many times in each state, or to the end.

    Chance moves by its probabilities, and also after the last move: nobody stops at it.
    """
    left = np.full(len(states), np.iinfo(np.int64).max) if moves is None else moves.copy()
    while True:
        for state, rng in zip(states, rngs, strict=True):
            while state.current_player() == CHANCE:
                state.apply_action(chance_outcome(state.chance_outcomes(), rng.random()))
        open_ = [i for i, s in enumerate(states) if left[i] > 0 and s.current_player() >= 0]
        if not open_:
            return
        asked = [states[i] for i in open_], [rngs[i] for i in open_]
        for i, action in zip(open_, _ask(player, *asked), strict=True):
            states[i].apply_action(int(action))
        left[open_] -= 1


def _ask(
    player: Player, states: Sequence[State], rngs: Sequence[np.random.Generator]
) -> Sequence[int]:
    together = getattr(player, "act_batch", None)
    if together is None:
        return [player.act(state, rng) for state, rng in zip(states, rngs, strict=True)]
    answers: Sequence[int] = together(states, rngs)
    return answers
