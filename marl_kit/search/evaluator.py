"""Who scores leaves: the protocol ``Evaluator``, and those that ask a function, a table, others.

``rollouts.py`` has the evaluators that play games to their end.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from marl_kit.core.checks import whole
from marl_kit.core.errors import InvalidOptionError
from marl_kit.games.game import State
from marl_kit.search._kernels import normalise
from marl_kit.search.dynamics import Leaves

Scores = tuple[np.ndarray | None, np.ndarray]
"""Priors float64 [B, W] by place of ``leaves.actions`` (``None``: all equal), and values float64
[B, P]."""


class Evaluator(Protocol):
    """Scores leaves, a batch at a time."""

    def evaluate(self, leaves: Leaves) -> Scores:
        """Priors of the legal actions (they need not sum to 1) and expected returns of all players.

        A leaf's scores must depend on nothing but its position, key and simulation: then a search
        does not depend on what runs beside it. Leaves are never ends of the game, whose returns
        are known, nor chance nodes.
        """
        ...


@dataclass(frozen=True, slots=True)
class OnObservations:
    """A function on what the players to move see, such as a network.

    Attributes
    ----------
    function : callable
        ``(observations float32 [B, cells], players int64 [B]) -> (policy, values)``: policy [B,
        all actions] >= 0, or ``None`` for equal shares; values [B, P] in payoffs. Illegal actions
        are left away, and the rest is scaled to sum to 1.
    """

    function: Callable[[np.ndarray, np.ndarray], tuple[Any, Any]]

    def evaluate(self, leaves: Leaves) -> Scores:
        policy, values = _pair(self.function(leaves.observations(), leaves.players))
        return legal_part(policy, leaves), values


@dataclass(frozen=True, slots=True)
class OnStates:
    """A function on states, ``list of B states -> (policy, values)`` as for ``OnObservations``."""

    function: Callable[[list[State]], tuple[Any, Any]]

    def evaluate(self, leaves: Leaves) -> Scores:
        policy, values = _pair(self.function(leaves.states()))
        return legal_part(policy, leaves), values


class Values(Protocol):
    """Anything that knows what positions are worth, such as ``mk.oracle(game)``."""

    def values(self, state: State) -> Sequence[float] | np.ndarray:
        """Expected return of each player, [P]."""
        ...


@dataclass(frozen=True, slots=True)
class ExactValues:
    """What a table or an oracle says; all actions get the same prior."""

    oracle: Values

    def evaluate(self, leaves: Leaves) -> Scores:
        return None, np.array([self.oracle.values(s) for s in leaves.states()], float)


@dataclass(frozen=True, slots=True)
class Mixture:
    """AlphaGo's ``(1 - share) v + share z`` (Silver et al. 2016, equation 6 of the methods).

    Attributes
    ----------
    first, second : Evaluator
        v, which gives the priors too, and z, such as ``RandomRollouts()``.
    share : float
        lambda, from 0 to 1.
    """

    first: Evaluator
    second: Evaluator
    share: float = 0.5

    def __post_init__(self) -> None:
        if not isinstance(self.share, int | float) or not 0 <= self.share <= 1:
            raise InvalidOptionError(f"share is {self.share!r}; give a number from 0 to 1.")

    def evaluate(self, leaves: Leaves) -> Scores:
        priors, v = checked(self.first.evaluate(leaves), leaves)
        _, z = checked(self.second.evaluate(leaves), leaves)
        return priors, (1 - self.share) * v + self.share * z


@dataclass(frozen=True, slots=True)
class Cache:
    """Asks once for each position, and remembers.

    For evaluators that look at the position only: what is drawn at random would be the same ever
    after. Positions are told apart by the history, or by the position where rules in numba have
    one. When ``limit`` positions are known, all are forgotten.
    """

    evaluator: Evaluator
    limit: int = 1_000_000
    known: dict[Hashable, tuple[np.ndarray | None, np.ndarray]] = field(
        default_factory=dict, repr=False
    )

    def __post_init__(self) -> None:
        whole("limit", self.limit)

    def evaluate(self, leaves: Leaves) -> Scores:
        names = leaves.identities()
        if len(self.known) + len(names) > self.limit:
            self.known.clear()
        new = [i for i, name in enumerate(names) if name not in self.known]
        if new:
            self._learn(leaves.pick(new), [names[i] for i in new])
        found = [self.known[name] for name in names]
        values = np.stack([v for _, v in found])
        if any(p is None for p, _ in found):
            return None, values
        priors = np.zeros(leaves.actions.shape)
        for row, (p, _) in zip(priors, found, strict=True):
            assert p is not None
            row[: len(p)] = p
        return priors, values

    def _learn(self, leaves: Leaves, names: list[Hashable]) -> None:
        priors, values = checked(self.evaluator.evaluate(leaves), leaves)
        for i, name in enumerate(names):
            own = None if priors is None else priors[i, : leaves.counts[i]].copy()
            self.known[name] = own, values[i].copy()


def _pair(given: Any) -> tuple[Any, Any]:
    if not isinstance(given, tuple | list) or len(given) != 2:
        raise InvalidOptionError(
            f"the function of the evaluator gives {given!r:.80}; it must give two things, a policy "
            f"(or None) and the values."
        )
    return given[0], given[1]


def legal_part(policy: Any, leaves: Leaves) -> np.ndarray | None:
    """What a policy over all actions [B, A] says of the legal ones, float64 [B, W].

    Raises
    ------
    InvalidOptionError
        A shape that does not fit.
    """
    if policy is None:
        return None
    policy, legal = _numbers("a policy", policy), _legal(leaves)
    actions = np.where(legal, leaves.actions, 0)
    if policy.ndim != 2 or len(policy) != len(leaves) or policy.shape[1] <= actions.max():
        raise InvalidOptionError(
            f"the evaluator gives a policy of shape {policy.shape} for {len(leaves)} positions; "
            f"it must be (positions, all actions), and {actions.max()} is an action."
        )
    return np.where(legal, policy[np.arange(len(policy))[:, None], actions], 0.0)


def checked(scores: Any, leaves: Leaves) -> Scores:
    """Scores as a search can use them: priors that sum to 1 and are 0 beside the legal actions.

    Where no legal action has a prior all get the same.

    Raises
    ------
    InvalidOptionError
        Shapes that do not fit, NaN, infinite numbers, negative priors.
    """
    if not isinstance(scores, tuple) or len(scores) != 2:
        raise InvalidOptionError(
            f"the evaluator gives {scores!r:.80}; it must give two things, the priors (or None) "
            f"and the values."
        )
    priors, values = scores
    values = _numbers("values", values)
    wanted = len(leaves), leaves.slots.value.shape[1]
    if values.shape != wanted:
        raise InvalidOptionError(
            f"the evaluator gives values of shape {values.shape}; for {wanted[0]} positions of a "
            f"game of {wanted[1]} players it must be {wanted}: the expected return of each player."
        )
    if not np.isfinite(values).all():
        place = int(np.argmax(~np.isfinite(values).all(axis=1)))
        raise InvalidOptionError(
            f"the evaluator gives position {place} of the batch the values {values[place]}; they "
            f"must be finite."
        )
    return None if priors is None else _normalised(_numbers("priors", priors), leaves), values


def _normalised(priors: np.ndarray, leaves: Leaves) -> np.ndarray:
    wide = leaves.actions.shape[1]
    if priors.ndim != 2 or len(priors) != len(leaves) or priors.shape[1] > wide:
        raise InvalidOptionError(
            f"the evaluator gives priors of shape {priors.shape}; they must have the shape "
            f"{(len(leaves), wide)}: positions, and places of the legal actions."
        )
    scaled = np.zeros((len(leaves), wide))
    place = normalise(priors, leaves.counts, scaled)
    if place >= 0:
        raise InvalidOptionError(
            f"the evaluator gives position {place} of the batch the priors {priors[place]!s:.80}; "
            f"they must be finite, their sum too, and >= 0."
        )
    return scaled


def _legal(leaves: Leaves) -> np.ndarray:
    """Which places of ``leaves.actions`` mean something, bool [B, W]."""
    return np.asarray(np.arange(leaves.actions.shape[1]) < leaves.counts[:, None])


def _numbers(what: str, given: Any) -> np.ndarray:
    try:
        return np.asarray(given, float)
    except (TypeError, ValueError, RuntimeError) as error:
        raise InvalidOptionError(
            f"the evaluator gives {what} that numpy cannot read as numbers: {error}."
        ) from error
