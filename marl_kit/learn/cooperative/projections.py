"""What a mixer can represent of a team's payoffs, before any training."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

from marl_kit.core.errors import InvalidOptionError, UnknownNameError, UnsupportedGameError
from marl_kit.core.registry import fold
from marl_kit.games.load import as_game
from marl_kit.games.normal_form import NormalFormGame
from marl_kit.games.profile import as_profile
from marl_kit.games.tree import read_only
from marl_kit.learn.cooperative.additive import additive_fit, additive_table, product
from marl_kit.learn.cooperative.monotone import (
    SAME,
    SAME_LOSS,
    MonotoneFits,
    monotone_fits,
    refuse_many_orders,
)
from marl_kit.learn.cooperative.projection_result import JointAction, MixerFit, MixerProjection

MIXERS = ("vdn", "qmix", "wqmix")
ALPHA = 0.1
"""Of optimistic weighting, where none is given (Rashid et al. 2020 use 0.1 and 0.5)."""
UNEQUAL = 1e-9
"""Relative to the payoff range: what rounding may leave between the payoffs of a team."""
LARGEST = 1e150
"""Payoffs, whose squares are to be finite."""
JOINT_SUM = 1e-9
"""How far the probabilities of a joint distribution may be from 1 together."""


def mixer_projection(
    game: Any, mixer: str = "qmix", exploration: Any = None, *, alpha: float | None = None
) -> MixerProjection:
    """What a mixer can represent of a one-shot team game, and what the team plays then.

    ``"vdn"``: the sum of the agents' utilities that is nearest to the payoffs. ``"qmix"``: the
    nearest nondecreasing function of utilities, by one exact isotonic regression for each order of
    each agent's actions. ``"wqmix"``: the same, where errors of joint actions that are
    overestimated weigh ``alpha`` times as much (optimistic weighting); the weights depend on the
    fit, and the fixed point for each order, which is unique, is what is computed.

    Nearest is meant in least squares, weighted by how often joint actions are tried; what differs
    by less than 1e-9 of the payoff range counts as equal. For QMIX and
    WQMIX that is a problem with many local optima, all of which are listed. The one in which
    descent from equal utilities ends (it follows the mean payoffs of single actions first) is
    often not the best, and says better what a learner will do. That is a prediction, not a proof:
    a mixing network is less than all nondecreasing functions (QMIX's, one layer of ELUs with
    positive weights, is convex in the utilities), and noise decides where descent is tied.

    Parameters
    ----------
    game : NormalFormGame or spec string of one
        N >= 2 players who always get the same.
    mixer : "vdn", "qmix" or "wqmix"
    exploration : profile, or float64 [A_1, ..., A_N], optional
        How often each joint action is tried: strategies of independent players, or a joint
        distribution. Positive everywhere; uniform if left out.
    alpha : float, optional
        For ``"wqmix"``: in (0, 1], by default 0.1.

    Returns
    -------
    MixerProjection

    Raises
    ------
    UnknownNameError, InvalidOptionError
        An unknown mixer; ``alpha`` out of range or with another mixer; joint actions that are
        never tried, of which nothing is known.
    UnsupportedGameError
        Not a normal form, or players with different payoffs.
    InvalidProfileError
        An exploration that is no profile of the game.
    GameTooLargeError
        QMIX, WQMIX: too many orders of the actions (5 x 5, 6 x 4 and 4 x 4 x 3 pass).

    Notes
    -----
    Sunehag et al. (2018), Value-decomposition networks for cooperative multi-agent learning;
    Rashid et al. (2018), QMIX, equation 5; Rashid et al. (2020), Weighted QMIX, optimistic
    weighting. There, for small enough ``alpha``, an optimal joint action is among those where the
    best fit is greatest (``maximal``). Agents who choose by their own utilities may still miss it,
    as a weakly monotone fit can be flat at the top: ``greedy`` is what they play.

    Examples
    --------
    >>> import marl_kit as mk
    >>> mk.mixer_projection("climbing", "vdn").prediction
    'VDN will play 5, the optimum is 11'
    >>> float(mk.mixer_projection("climbing", "vdn").table[2, 2].round(6))  # 79/9, truly 5
    8.777778
    """
    name = _mixer(mixer)
    weight = _alpha(name, alpha)
    game = _team_game(game)
    if name != "vdn":
        refuse_many_orders(game.num_actions)
    joint = _exploration(game, exploration)
    fits = _additive(game, joint) if name == "vdn" else _monotone(game, joint, weight)
    payoffs = game.payoffs[0]
    return MixerProjection(
        game=game,
        mixer=name,
        exploration=read_only(joint),
        alpha=weight,
        fits=tuple(fits),
        optimum=float(payoffs.max()),
        optimal_actions=_cells(payoffs == payoffs.max()),
    )


def _additive(game: NormalFormGame, joint: np.ndarray) -> list[MixerFit]:
    table, scale = game.payoffs[0], _scale(game.payoffs[0])
    constant, utilities = additive_fit(table, joint)
    fit = additive_table(constant, utilities)
    loss = float((joint * (table - fit) ** 2).sum())
    top = [np.flatnonzero(q >= q.max() - SAME * scale) for q in utilities]
    return [_fit(table, fit, utilities, top, loss, best=True, reached=True)]


def _monotone(game: NormalFormGame, joint: np.ndarray, alpha: float) -> list[MixerFit]:
    table, scale = game.payoffs[0], _scale(game.payoffs[0])
    low = table.min()
    found = monotone_fits((table - low) / scale, joint, alpha)
    orders, ends = found.local_optima(), found.reached()
    fits = []
    for order in orders:
        loss = float(found.losses[order])
        best = loss <= float(found.losses[orders[0]]) + SAME_LOSS
        reached = any(found.same(order, end) for end in ends)
        fit, ranks = found.tables[order] * scale + low, _ranks(found, order)
        top = [np.flatnonzero(rank == rank.max()) for rank in ranks]
        fits.append(_fit(table, fit, ranks, top, loss * scale**2, best, reached))
    return fits


def _fit(
    table: np.ndarray,
    fit: np.ndarray,
    utilities: list[np.ndarray],
    top: list[np.ndarray],
    loss: float,
    best: bool,
    reached: bool,
) -> MixerFit:
    """``top``: each agent's actions of greatest utility, where rounding does not count."""
    greedy = tuple(itertools.product(*(actions.tolist() for actions in top)))
    return MixerFit(
        table=read_only(fit),
        utilities=tuple(read_only(q) for q in utilities),
        loss=loss,
        greedy=greedy,
        payoffs=read_only(np.array([table[a] for a in greedy])),
        maximal=_cells(fit >= fit.max() - SAME * _scale(table)),
        best=best,
        reached=reached,
    )


def _ranks(found: MonotoneFits, order: tuple[int, ...]) -> list[np.ndarray]:
    """How many different slices of the table lie below that of each action."""
    ranks = []
    for agent, (permutations, i) in enumerate(zip(found.permutations, order, strict=True)):
        actions = permutations[i]
        rows = np.moveaxis(found.tables[order], agent, 0)[actions].reshape(len(actions), -1)
        steps = (np.abs(np.diff(rows, axis=0)) > SAME).any(axis=1)
        rank = np.empty(len(actions))
        rank[actions] = np.r_[0, np.cumsum(steps)]
        ranks.append(rank)
    return ranks


def _scale(table: np.ndarray) -> float:
    return float(np.ptp(table)) or 1.0


def _cells(mask: np.ndarray) -> tuple[JointAction, ...]:
    return tuple(map(tuple, np.argwhere(mask).tolist()))


def _mixer(mixer: Any) -> str:
    if not isinstance(mixer, str) or fold(mixer) not in MIXERS:
        raise UnknownNameError("mixer", str(mixer), MIXERS)
    return fold(mixer)


def _alpha(mixer: str, alpha: Any) -> float:
    if mixer != "wqmix":
        if alpha is not None:
            raise InvalidOptionError(
                f"alpha goes with mixer='wqmix', not with {mixer!r}; leave it out."
            )
        return 1.0
    if alpha is None:
        return ALPHA
    number = isinstance(alpha, int | float | np.number) and not isinstance(alpha, bool)
    if not (number and math.isfinite(alpha) and 0 < alpha <= 1):
        raise InvalidOptionError(f"alpha is {alpha!r}; give a number above 0 and at most 1.")
    return float(alpha)


def _team_game(game: Any) -> NormalFormGame:
    game = as_game(game)
    if not isinstance(game, NormalFormGame):
        raise UnsupportedGameError(
            f"{game.name} is no game in normal form; projections are of the payoffs of one-shot "
            f"games, so give one of its stages as mk.NormalFormGame."
        )
    if game.num_players < 2:
        raise UnsupportedGameError(f"{game.name} has one player; a mixer needs two or more.")
    if np.abs(game.payoffs).max() > LARGEST:
        raise UnsupportedGameError(
            f"payoffs of {game.name} go up to {np.abs(game.payoffs).max():g}, and squared errors "
            f"beyond {LARGEST:g} are not finite numbers; rescale them."
        )
    apart = np.abs(game.payoffs - game.payoffs[0]).max(axis=0)
    if apart.max() > UNEQUAL * np.ptp(game.payoffs):
        cell = tuple(int(a) for a in np.unravel_index(int(np.argmax(apart)), apart.shape))
        paid = ", ".join(f"{float(table[cell]):.12g}" for table in game.payoffs)
        raise UnsupportedGameError(
            f"the players of {game.name} get {paid} at actions {cell}; a mixer is for teams, "
            f"whose players always get the same."
        )
    return game


def _exploration(game: NormalFormGame, exploration: Any) -> np.ndarray:
    """The joint distribution of what is tried."""
    if exploration is None:
        exploration = "uniform"
    if isinstance(exploration, np.ndarray) and _is_joint(game, exploration):
        return _tried(game, exploration.astype(np.float64))
    profile = as_profile(game, exploration)
    assert isinstance(profile, list)
    return _tried(game, product(profile))


def _is_joint(game: NormalFormGame, array: np.ndarray) -> bool:
    """The entries of a joint distribution sum to 1 and those of a profile to the number of
    players, so that a 2 x 2 array is never both."""
    numbers = array.shape == game.num_actions and array.dtype.kind in "fiu"
    return numbers and abs(float(array.sum()) - 1) <= JOINT_SUM


def _tried(game: NormalFormGame, joint: np.ndarray) -> np.ndarray:
    """Refuse what is never tried: nothing is known of its payoff."""
    bad = np.argwhere(~(joint > 0))
    if len(bad):
        cell = tuple(bad[0].tolist())
        raise InvalidOptionError(
            f"exploration gives actions {cell} the probability {joint[cell]:g}, so {len(bad)} of "
            f"{joint.size} payoffs are not determined; mix it with uniform play."
        )
    return joint / joint.sum()
