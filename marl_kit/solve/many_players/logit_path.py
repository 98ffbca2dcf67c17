"""The principal branch of logit quantal response equilibria, from uniform play on.

Predictor and corrector along the arc (Turocy 2005, 2010; Allgower and Georg 1990): a step along the
tangent, then Newton's method at right angles to it. The arc, not lambda, is what grows, so the path
goes round points where lambda turns back.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from marl_kit.core.errors import MarlKitError
from marl_kit.solve.many_players.logit_system import LogitSystem

FIRST_STEP, SHORTEST_STEP = 0.03, 1e-9
CORRECTIONS = 6
"""Newton steps for one point; more mean that the predictor went too far."""
SLOWEST = 0.4
"""Of one Newton step to the last: a slower contraction is a sign of another branch nearby."""
STRAIGHT, NEARLY_STRAIGHT = 0.95, 0.998
"""Cosines of the angle between two tangents: shorten a step below, lengthen the next above."""
SETTLED, ROUNDING = 1e-10, 1e-14
"""Newton steps in log x that end the correction. They converge quadratically, so the last one lands
at the limit of float64; a smaller bound would ask for steps below the noise, which a nearly
singular system makes large."""
MAX_STEPS = 10_000
"""Tried, in all; a branch has a few hundred points."""


@dataclass(frozen=True, eq=False, slots=True)
class PathPoint:
    """A point of the branch and its unit tangent, both float64 [N+1]."""

    z: np.ndarray
    tangent: np.ndarray


def follow(system: LogitSystem, growth: float) -> Iterator[PathPoint]:
    """Points of the branch without end; a step multiplies arc and lambda by ``growth`` at most.

    Raises
    ------
    MarlKitError
        The path is lost: the corrector fails at every step length.
    """
    point = start(system)
    step = FIRST_STEP
    yield point
    for _ in range(MAX_STEPS):
        following = _step(system, point, step)
        if following is None:
            step /= 2.0
            if step < SHORTEST_STEP:
                break
            continue
        longest = (growth - 1.0) * (1.0 + float(np.abs(following.z).max()))
        cosine = float(following.tangent @ point.tangent)
        step = min(step * (2.0 if cosine > NEARLY_STRAIGHT else 1.0), longest)
        point = following
        yield point
    raise MarlKitError(
        f"the branch of quantal response equilibria was lost at lambda = "
        f"{point.z[-1] / system.unit:.6g}, where it may meet another one; perturb the payoffs a "
        f"little, or ask for smaller lambda."
    )


def start(system: LogitSystem) -> PathPoint:
    """Uniform play, on the way to a larger lambda."""
    z = system.start
    direction = np.zeros_like(z)
    direction[-1] = 1.0
    tangent = _tangent(system, z, direction)
    assert tangent is not None, "log x is a smooth function of lambda at 0"
    return PathPoint(z, tangent)


def _step(system: LogitSystem, point: PathPoint, step: float) -> PathPoint | None:
    """The next point, or None where the corrector does not settle or the path bends too much."""
    z = correct(system, point.z + step * point.tangent, point.tangent)
    if z is None or z[-1] < 0.0:  # uniform play is alone at 0: the branch never comes back to it
        return None
    tangent = _tangent(system, z, point.tangent)
    if tangent is None or tangent @ point.tangent < STRAIGHT:
        return None
    return PathPoint(z, tangent)


def correct(system: LogitSystem, z: np.ndarray, fixed: np.ndarray) -> np.ndarray | None:
    """Newton's method in the plane through ``z`` at right angles to ``fixed``.

    With the last unit vector for ``fixed`` lambda stays as it is.
    """
    z, last = z.copy(), np.inf
    for _ in range(CORRECTIONS):
        if np.max(z[:-1]) > 1.0:  # far from probabilities; exp would overflow soon
            return None
        residual, jacobian = system.equations(z)
        try:
            delta = np.linalg.solve(np.vstack([jacobian, fixed]), np.append(-residual, 0.0))
        except np.linalg.LinAlgError:
            return None
        size = float(np.abs(delta).max())
        if not size <= max(SLOWEST * last, _settled(z)):
            return None
        z += delta
        if size <= _settled(z):
            return z
        last = size
    return None


def _settled(z: np.ndarray) -> float:
    return SETTLED + ROUNDING * float(np.abs(z).max())


def _tangent(system: LogitSystem, z: np.ndarray, before: np.ndarray) -> np.ndarray | None:
    """Unit tangent at ``z``, onwards from the one ``before``: also round a turning point."""
    _, jacobian = system.equations(z)
    right = np.zeros(len(z))
    right[-1] = 1.0
    try:
        tangent = np.linalg.solve(np.vstack([jacobian, before]), right)
    except np.linalg.LinAlgError:
        return None
    length = float(np.linalg.norm(tangent))
    return tangent / length if np.isfinite(length) else None
