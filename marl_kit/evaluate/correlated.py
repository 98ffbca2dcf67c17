"""What players can gain by deviating from correlated play; shares no code with the solvers."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from marl_kit.core.correlated_result import CONCEPTS
from marl_kit.core.errors import InvalidProfileError, UnknownNameError
from marl_kit.core.registry import fold
from marl_kit.games.correlation_plan import CorrelationPlan
from marl_kit.games.game import Game
from marl_kit.games.load import as_game
from marl_kit.games.profile import as_profile
from marl_kit.games.reduced_normal_form import pure_strategies
from marl_kit.games.sequence_form import SequenceForm

ROUNDING = 16 * np.finfo(float).eps
"""Of payoffs: what a sum leaves behind."""
NOTHING = 1e-12
"""Relative to the payoff range: the weights that a program leaves where there should be none."""
PLAN_TOLERANCE = 1e-6
"""HiGHS satisfies equations up to 1e-7."""


def correlation_gap(game: Any, distribution: Any, concept: str | None = None) -> float:
    """The largest gain of any one deviation that the concept allows; 0 exactly in equilibrium.

    ``ce``: a player plays another strategy whenever one certain strategy is recommended
    (Aumann 1974). ``cce``: a player plays one strategy whatever is recommended (Moulin and Vial
    1978). ``efce``: a player who has obeyed so far leaves when a certain action is recommended at
    a certain infoset, and goes on without recommendations (von Stengel and Forges 2008).
    ``efcce``: the same, but before the recommendation at the infoset is known (Farina, Bianchi
    and Sandholm 2020). Gains are weighted by the probability that the deviation happens.

    Parameters
    ----------
    game : Game, spec string or pyspiel.Game
    distribution : CorrelatedSolution, float64 [A_1, ..., A_P], CorrelationPlan or profile
        A plan is for ``efce`` and ``efcce`` only. A profile (a ``Solution``, a list of P vectors)
        counts as the product of its strategies.
    concept : str, optional
        That of the solution; ``"ce"`` for a bare distribution.

    Returns
    -------
    float
        In payoff units; never negative: to deviate nowhere gains 0.

    Raises
    ------
    InvalidProfileError
        The distribution does not fit the game.
    UnknownNameError
        No such concept.

    Examples
    --------
    >>> import marl_kit as mk
    >>> mk.correlation_gap("chicken", mk.correlated("chicken")) < 1e-9
    True
    """
    game = as_game(game)
    if concept is None:
        concept = getattr(distribution, "concept", "ce")
    concept = as_concept(concept)
    joint = as_joint(game, distribution)
    if game.form == "normal":
        concept = concept.removeprefix("ef")
    if concept in ("ce", "cce"):
        if isinstance(joint, CorrelationPlan):
            raise InvalidProfileError(
                f"{concept} deviations need a distribution over joint strategies; a correlation "
                f"plan has only the weights of sequences."
            )
        gains = [_matrix_gains(game, joint, p, concept) for p in range(game.num_players)]
        return max(0.0, *gains)
    form, weight = game.sequence_form(), sequence_weights(game, joint)
    gains = [0.0]
    for i in range(form.num_infosets):
        gains += [_leave(form, weight, i, q) for q in _triggers(form, i, concept)]
    return max(gains)


def as_concept(concept: Any) -> str:
    """The name of a concept, whatever its case.

    Raises
    ------
    UnknownNameError
    """
    name = fold(concept) if isinstance(concept, str) else repr(concept)
    if name not in CONCEPTS:
        raise UnknownNameError("concept", str(concept), CONCEPTS)
    return name


def relative_gap(game: Game, distribution: Any, concept: str) -> float:
    """The largest gain of a deviation beside the payoffs that are met: 0 is an equilibrium.

    In a matrix each player's gain is measured by what it stands to gain or lose on the support,
    in trees by the payoff range; what is below rounding counts as nothing.
    """
    joint = as_joint(game, distribution)
    if game.form != "normal" or isinstance(joint, CorrelationPlan):
        return correlation_gap(game, joint, concept) / (game.info.payoff_range or 1.0)
    concept = concept.removeprefix("ef")
    return max(_relative_gain(game, joint, p, concept) for p in range(game.num_players))


def _relative_gain(game: Game, joint: np.ndarray, player: int, concept: str) -> float:
    gain = _matrix_gains(game, joint, player, concept)
    payoffs = np.moveaxis(game.to_normal_form().payoffs[player], player, 0)
    payoffs = payoffs.reshape(len(payoffs), -1)
    mine = np.moveaxis(joint, player, 0).reshape(payoffs.shape)
    met = float((mine * np.abs(payoffs)).sum())
    if gain <= max(ROUNDING * met, NOTHING * float(np.ptp(payoffs))):
        return 0.0
    value = float((mine * payoffs).sum())
    own = float((mine * np.abs(payoffs - value)).sum())
    told = np.flatnonzero(mine.sum(axis=1) > 0)
    apart = sum(np.abs(payoffs - payoffs[t]) @ mine[t] for t in told)
    # the median of what other actions would change: a forbidden one must not set the scale
    return gain / max(own, float(np.sort(apart)[(len(apart) - 1) // 2]), gain)


def correlated_values(game: Game, distribution: Any) -> np.ndarray:
    """Expected return of each player, float64 [P]."""
    distribution = as_joint(game, distribution)
    if not isinstance(distribution, CorrelationPlan):
        payoffs = game.to_normal_form().payoffs
        return payoffs.reshape(game.num_players, -1) @ distribution.ravel()
    form = game.sequence_form()
    reach = distribution.matrix()[_local(form, form.sequence)]
    return (form.chance * reach) @ form.payoffs


def sequence_weights(game: Game, distribution: Any) -> np.ndarray:
    """Probability that the profile drawn plays all of some sequences, float64 [Q_1, ..., Q_P]."""
    if isinstance(distribution, CorrelationPlan):
        return distribution.matrix()
    form = game.sequence_form()
    weight = distribution
    for p in range(form.num_players):
        start, end = form.player_sequences[p : p + 2]
        strategies = pure_strategies(form, p)
        plays = np.zeros((end - start, len(strategies)))
        for number, strategy in enumerate(strategies):
            plays[np.array(strategy) - start, number] = 1.0
        weight = np.moveaxis(np.tensordot(plays, weight, axes=(1, p)), 0, p)
    return weight


def as_joint(game: Game, distribution: Any) -> Any:
    """Correlated play as a ``CorrelationPlan`` or as float64 [A_1, ..., A_P].

    A profile (of a ``Solution``, or a list of P vectors that sum to 1 each) is independent play:
    the product of its strategies.

    Raises
    ------
    InvalidProfileError
        It does not fit the game.
    """
    distribution = getattr(distribution, "distribution", distribution)
    if isinstance(distribution, CorrelationPlan):
        _check_plan(game, distribution)
        return distribution
    shape = game.to_normal_form().num_actions
    distribution = getattr(distribution, "profile", distribution)
    if _is_profile(distribution, shape):
        strategies: Any = as_profile(game.to_normal_form(), distribution)
        return functools.reduce(np.multiply.outer, strategies)
    try:
        joint = np.array(distribution, np.float64)
    except (TypeError, ValueError) as error:
        raise InvalidProfileError(f"the distribution is not an array ({error}).") from error
    if joint.shape != shape:
        raise InvalidProfileError(
            f"the distribution has shape {joint.shape}; {game.name} needs {shape}, one axis a "
            f"player."
        )
    if not np.all(joint >= -PLAN_TOLERANCE) or abs(joint.sum() - 1) > PLAN_TOLERANCE:
        raise InvalidProfileError(
            f"the probabilities must not be negative and sum to 1; the least is {joint.min():.6g} "
            f"and the sum {joint.sum():.9g}."
        )
    return joint


def _is_profile(x: Any, shape: tuple[int, ...]) -> bool:
    """A table of joint probabilities sums to 1, so its P > 1 rows do not."""
    if not isinstance(x, list | tuple) or len(x) != len(shape):
        return False
    try:
        rows = [np.asarray(row, np.float64) for row in x]
    except (TypeError, ValueError):
        return False
    fits = all(row.shape == (n,) for row, n in zip(rows, shape, strict=True))
    return fits and all(abs(row.sum() - 1) <= PLAN_TOLERANCE for row in rows)


def _check_plan(game: Game, plan: CorrelationPlan) -> None:
    """The actions at an infoset share the weight of the sequence before it (definition 3.7)."""
    if plan.game is not game and plan.game.spec != game.spec:
        raise InvalidProfileError(f"the plan is for {plan.game.name}, not for {game.name}.")
    form, weight = game.sequence_form(), plan.matrix()
    off = max(abs(weight[0, 0] - 1), -float(np.nanmin(weight)))
    for i in range(form.num_infosets):
        p = int(form.infoset_player[i])
        table, start = np.moveaxis(weight, p, 0), form.player_sequences[p]
        first = int(form.first_sequence[i] - start)
        here = table[first : first + form.num_actions[i]]
        known = ~np.isnan(here[0])
        above = table[form.parent_sequence[i] - start]
        off = max(off, float(np.abs(here.sum(axis=0) - above)[known].max()))
    if not off <= PLAN_TOLERANCE:
        raise InvalidProfileError(f"the weights miss the equations of a plan by {off:.3g}.")


def _matrix_gains(game: Game, joint: np.ndarray, player: int, concept: str) -> float:
    payoffs = np.moveaxis(game.to_normal_form().payoffs[player], player, 0)
    mine = np.moveaxis(joint, player, 0)
    size = len(mine)
    # value[told, played]: what the player gets by playing one where the other was recommended
    value = mine.reshape(size, -1) @ payoffs.reshape(size, -1).T
    if concept == "cce":
        return float((value.sum(axis=0) - np.trace(value)).max())
    gains = value - np.diag(value)[:, None]
    np.fill_diagonal(gains, -np.inf)
    return float(gains.max())


def _triggers(form: SequenceForm, infoset: int, concept: str) -> list[int]:
    """The sequences that a player has been told when it leaves at an infoset."""
    first = int(form.first_sequence[infoset])
    if concept == "efcce":
        return [int(form.parent_sequence[infoset])]
    return list(range(first, first + int(form.num_actions[infoset])))


def _leave(form: SequenceForm, weight: np.ndarray, infoset: int, told: int) -> float:
    """Gain of a player that leaves at an infoset after the sequence ``told``, and plays its best
    from there on; the others' moves keep their correlation with ``told``."""
    p = int(form.infoset_player[infoset])
    start, end = form.player_sequences[p : p + 2]
    last = int(form.player_infosets[p + 1])
    below, obeyed = np.zeros(form.num_sequences, bool), np.zeros(form.num_sequences, bool)
    infosets = []
    for i in range(infoset, last):
        first, n = int(form.first_sequence[i]), int(form.num_actions[i])
        if i == infoset or below[form.parent_sequence[i]]:
            below[first : first + n] = True
            obeyed[first : first + n] = obeyed[form.parent_sequence[i]]
            infosets.append(i)
        if i == infoset:
            obeyed[first : first + n] = told == form.parent_sequence[i]
            obeyed[told] |= first <= told < first + n
    leaves = np.flatnonzero(below[form.sequence[:, p]])
    own = form.sequence[leaves, p]
    pay = form.chance[leaves] * form.payoffs[leaves, p]
    asked = form.sequence[leaves].copy()
    stays = obeyed[own]
    obey = float(pay[stays] @ weight[_local(form, asked[stays])])
    asked[:, p] = told
    value = np.bincount(
        own - start, weights=pay * weight[_local(form, asked)], minlength=int(end - start)
    )
    for i in reversed(infosets):
        first = int(form.first_sequence[i] - start)
        best = value[first : first + form.num_actions[i]].max()
        if i == infoset:
            return float(best) - obey
        value[form.parent_sequence[i] - start] += best
    raise AssertionError("the loop ends at the infoset itself")


def _local(form: SequenceForm, sequence: np.ndarray) -> tuple[np.ndarray, ...]:
    """Sequences [..., P] as indices into a table with one axis a player."""
    start = form.player_sequences
    return tuple(sequence[:, p] - start[p] for p in range(form.num_players))
