"""Behaviour strategies and realisation plans, one into the other.

Inside, both are one vector over the sequences of all players, float64 [Q].

A realisation plan gives each sequence of a player's moves the product of the player's own
probabilities along it (von Stengel 1996, "Efficient computation of behavior strategies",
section 3). With perfect recall plans and behaviour strategies say the same wherever the player
itself can come to.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from marl_kit.core.errors import InvalidProfileError
from marl_kit.games.game import Game
from marl_kit.games.load import as_game
from marl_kit.games.policy import SUM_TOLERANCE, TabularPolicy, normalised
from marl_kit.games.profile import Profile, as_profile
from marl_kit.games.sequence_form import SequenceForm


def to_realisation_plan(game: Any, profile: Any) -> list[np.ndarray]:
    """Each player's realisation plan, a list of P float64 vectors.

    The entries are the player's sequences in the order of ``game.sequence_form()``: the empty one
    first, with weight 1, then one for each of the player's action slots.

    Raises
    ------
    ImperfectRecallError
        Sequences do not describe a player that forgets.
    InvalidProfileError
        The profile does not fit the game.

    Examples
    --------
    >>> import marl_kit as mk
    >>> first, second = mk.to_realisation_plan("kuhn_poker", "uniform")
    >>> len(first), first[:3].tolist()
    (13, [1.0, 0.5, 0.5])
    """
    game = as_game(game)
    form = game.sequence_form()
    plan = plan_of(form, behaviour_by_sequence(as_policy(game, profile)))
    return np.split(plan, form.player_sequences[1:-1])


def from_realisation_plan(game: Any, plans: Sequence[Any]) -> Profile:
    """The behaviour strategies that realise P plans; uniform where a plan never comes.

    Returns
    -------
    TabularPolicy, or a list of P vectors for a game in normal form

    Raises
    ------
    InvalidProfileError
        A wrong length, negative weights, an empty sequence whose weight is not 1, or actions
        whose weights do not sum to that of the sequence before them.
    """
    game = as_game(game)
    form = game.sequence_form()
    return profile_of(game, behaviour_of(form, _checked(game, form, plans)))


def as_policy(game: Game, profile: Any) -> TabularPolicy:
    """Any accepted profile as one vector of action probabilities, matrices included."""
    profile = as_profile(game, profile)
    if isinstance(profile, TabularPolicy):
        return profile
    return TabularPolicy(game, np.concatenate(profile))


def profile_of(game: Game, behaviour: np.ndarray) -> Profile:
    """Action probabilities by sequence as a profile in the game's own form."""
    slots = game.sequence_form().slot_sequences()
    return as_profile(game, TabularPolicy(game, behaviour[slots]))


def behaviour_by_sequence(policy: TabularPolicy) -> np.ndarray:
    """Action probabilities by sequence; 1 at the empty sequences."""
    return _with_empty(policy.game.sequence_form(), policy.probabilities)


def uniform_behaviour(form: SequenceForm) -> np.ndarray:
    """Every action with equal probability; 1 at the empty sequences."""
    return behaviour_of(form, np.zeros(form.num_sequences))


def plan_of(form: SequenceForm, behaviour: np.ndarray) -> np.ndarray:
    """Products of own action probabilities along each sequence."""
    slots = form.slot_sequences()
    parent = np.repeat(form.parent_sequence, form.num_actions)
    plan = np.ones(form.num_sequences)
    while True:  # one level of the treeplexes at a time
        below = plan[parent] * behaviour[slots]
        if np.array_equal(below, plan[slots]):
            return plan
        plan[slots] = below


def behaviour_of(
    form: SequenceForm, plan: np.ndarray, elsewhere: np.ndarray | None = None
) -> np.ndarray:
    """Action probabilities of a plan of any scale; ``elsewhere`` (or uniform) where its weight
    is 0."""
    slots = form.slot_sequences()
    other = None if elsewhere is None else elsewhere[slots]
    return _with_empty(form, normalised(form.num_actions, plan[slots], other))


def _with_empty(form: SequenceForm, by_slot: np.ndarray) -> np.ndarray:
    behaviour = np.ones(form.num_sequences)
    behaviour[form.slot_sequences()] = by_slot
    return behaviour


def _checked(game: Game, form: SequenceForm, plans: Sequence[Any]) -> np.ndarray:
    if isinstance(plans, str) or not hasattr(plans, "__len__") or len(plans) != form.num_players:
        raise InvalidProfileError(
            f"{game.name} has {form.num_players} players; give a list of one realisation plan each."
        )
    parts = [_vector(form, p, plan) for p, plan in enumerate(plans)]
    weight = np.concatenate(parts)
    before = weight[form.parent_sequence]
    own = weight[form.slot_sequences()]
    after = np.bincount(form.slot_infosets(), weights=own, minlength=form.num_infosets)
    off = np.flatnonzero(np.abs(after - before) > SUM_TOLERANCE)
    if len(off):
        raise InvalidProfileError(
            f"the weights at infoset {game.tree().infoset_keys[off[0]]!r} of player "
            f"{form.infoset_player[off[0]]} sum to {after[off[0]]:.9g}; they must sum to "
            f"{before[off[0]]:.9g}, the weight of the sequence that leads there."
        )
    return weight


def _vector(form: SequenceForm, player: int, plan: Any) -> np.ndarray:
    size = int(form.player_sequences[player + 1] - form.player_sequences[player])
    try:
        x = np.array(plan, np.float64)
    except (TypeError, ValueError) as error:
        raise InvalidProfileError(f"player {player}'s plan is not a vector ({error}).") from error
    if x.shape != (size,):
        raise InvalidProfileError(
            f"player {player}'s plan has shape {x.shape}; it needs {size} weights, that of the "
            f"empty sequence first."
        )
    bad = np.flatnonzero(~(np.isfinite(x) & (x >= -SUM_TOLERANCE)))
    if len(bad) or abs(x[0] - 1) > SUM_TOLERANCE:
        where = int(bad[0]) if len(bad) else 0
        raise InvalidProfileError(
            f"weight {where} of player {player}'s plan is {x[where]}; weights are finite and not "
            f"negative, and the empty sequence's (the first) is 1."
        )
    return np.maximum(x, 0.0)
