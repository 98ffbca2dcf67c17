"""Glicko-2: a rating, how uncertain it is, and how erratic the player has been."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.optimize
from scipy.special import expit

from marl_kit.core.errors import InvalidOptionError
from marl_kit.core.registry import resolve
from marl_kit.core.results import aligned, html_table
from marl_kit.evaluate.numbers import finite, positive, vector

SCALE = 173.7178
"""Points of rating in a unit of the internal scale, as Glickman rounds 400 / log(10)."""
CENTRE = 1500.0
SETTLED = 1e-12
"""Of log volatility squared; Glickman's 1e-6 moves the volatility's seventh digit."""
LEAST = 1e-100
Z = 1.959963984540054
FARTHEST = 1e9
TAUS = (1e-3, 1e2)
DEVIATIONS = (1e-6, 1e9)
VOLATILITIES = (1e-12, 1e6)
"""What can be squared and exponentiated; a volatility that leaves its bounds stays at them."""


@dataclass(frozen=True, slots=True)
class Glicko:
    """A player's standing after a rating period.

    Attributes
    ----------
    rating : float
        On Elo's scale; 1500 is the customary start.
    deviation : float
        Standard deviation of the rating; 350 is the customary start.
    volatility : float
        How much the rating is expected to fluctuate from period to period; start at 0.06.
    """

    rating: float = CENTRE
    deviation: float = 350.0
    volatility: float = 0.06
    method: str = "glicko2"

    @property
    def low(self) -> float:
        """Lower end of the 95 % interval."""
        return self.rating - Z * self.deviation

    @property
    def high(self) -> float:
        """Upper end of the 95 % interval."""
        return self.rating + Z * self.deviation

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers."""
        names = ("rating", "deviation", "volatility", "low", "high")
        return {name: getattr(self, name) for name in names}

    def rows(self) -> list[tuple[str, str]]:
        """Label and text of each line of the printed form."""
        return [
            ("rating", f"{self.rating:.2f}, 95 % interval {self.low:.0f} to {self.high:.0f}"),
            ("deviation", f"{self.deviation:.2f}"),
            ("volatility", f"{self.volatility:.6f}"),
        ]

    def __repr__(self) -> str:
        return aligned("Glicko", self.rows())

    def _repr_html_(self) -> str:
        return html_table(self.rows())

    def plot(self, ax: Any = None) -> Any:
        """The rating with its interval; returns the matplotlib axes."""
        return resolve("marl_kit.plot.glicko:plot_glicko")(self, ax=ax)


def glicko2(
    player: Glicko,
    opponents: Sequence[Glicko] = (),
    scores: Sequence[float] = (),
    tau: float = 0.5,
) -> Glicko:
    """A player's standing after the games of one rating period, by Glicko-2.

    All of them count from the standings before the period, the opponents' too. Without a game the
    rating stays and becomes less certain.

    Parameters
    ----------
    player : Glicko
        Before the period; ``Glicko()`` for a newcomer.
    opponents : sequence of Glicko
        One for each game, as they were before the period.
    scores : sequence of float
        1 for a win, 1/2 for a draw, 0 for a loss.
    tau : float
        How fast volatility may change, customarily 0.3 to 1.2.

    Raises
    ------
    InvalidOptionError
        Not one score in [0, 1] for each opponent; ratings that are not finite; deviations,
        volatilities or tau that are not positive, or far from anything that is in use.

    Notes
    -----
    Glickman (2013), Example of the Glicko-2 system, steps 2 to 8.

    Examples
    --------
    >>> others = [Glicko(1400, 30), Glicko(1550, 100), Glicko(1700, 300)]
    >>> after = glicko2(Glicko(1500, 200, 0.06), others, [1, 0, 0])
    >>> round(after.rating, 2), round(after.deviation, 2)
    (1464.05, 151.52)
    """
    scored = _validate(player, opponents, scores, tau)
    phi = player.deviation / SCALE
    if not len(scored):
        return Glicko(player.rating, SCALE * math.hypot(phi, player.volatility), player.volatility)
    gap = (player.rating - np.array([o.rating for o in opponents])) / SCALE
    weight = 1 / np.sqrt(1 + 3 * (np.array([o.deviation for o in opponents]) / SCALE / np.pi) ** 2)
    expected = expit(weight * gap)
    # expit(-x) and not 1 - expit(x), which rounds to 0 for a giant; the least information is such
    # that its inverse can be squared, and has no weight beside what was known before
    variance = 1 / max(float((weight**2 * expected * expit(-weight * gap)).sum()), LEAST)
    surprise = float((weight * (scored - expected)).sum())
    volatility = _volatility(player.volatility, phi, variance, variance * surprise, tau)
    deviation = 1 / math.sqrt(1 / (phi**2 + volatility**2) + 1 / variance)
    rating = player.rating + SCALE * deviation**2 * surprise
    return Glicko(rating, SCALE * deviation, volatility)


def _volatility(sigma: float, phi: float, variance: float, delta: float, tau: float) -> float:
    """The root of Glickman's f in x = log sigma^2 (step 5), which falls there.

    The first term of f is never below -1/2, and is 0 where e^x is what the surprise exceeds the
    expected variance by; so the ends of the bracket are known.
    """
    a = 2 * math.log(sigma)
    known = phi**2 + variance

    def f(x: float) -> float:
        e = math.exp(x)
        total = known + e
        return e * ((delta**2 - total) / total) / (2 * total) - (x - a) / tau**2

    low, high = a - tau**2 / 2, a
    if f(a) > 0:
        low, high = a, math.log(delta**2 - known)
    root = low
    if f(low) > 0:
        root = scipy.optimize.brentq(f, low, high, xtol=SETTLED) if f(high) < 0 else high
    return min(max(math.exp(root / 2), VOLATILITIES[0]), VOLATILITIES[1])


def _validate(player: Any, opponents: Any, scores: Any, tau: Any) -> np.ndarray:
    if not isinstance(opponents, Sequence | np.ndarray) or isinstance(opponents, str):
        raise InvalidOptionError(
            f"opponents are a {type(opponents).__name__}; give a list with one for each game."
        )
    for who in (player, *opponents):
        _check_standing(who)
    _within("tau", tau, TAUS)
    scored = vector("scores", scores)
    if scored.shape != (len(opponents),) or not ((scored >= 0) & (scored <= 1)).all():
        raise InvalidOptionError(
            f"there are {len(opponents)} opponents and the scores {scored.tolist()}; give a score "
            f"between 0 and 1 for each opponent."
        )
    return scored


def _check_standing(who: Any) -> None:
    if not isinstance(who, Glicko):
        raise InvalidOptionError(
            f"{who!r} is no standing; give mk.Glicko(rating, deviation, volatility)."
        )
    if abs(finite("the rating", who.rating)) > FARTHEST:
        raise InvalidOptionError(f"the rating is {who.rating!r}; give at most {FARTHEST:g}.")
    _within("the deviation", who.deviation, DEVIATIONS)
    _within("the volatility", who.volatility, VOLATILITIES)


def _within(name: str, x: Any, bounds: tuple[float, float]) -> None:
    low, high = bounds
    if not low <= positive(name, x) <= high:
        raise InvalidOptionError(f"{name} is {x!r}; give a number from {low:g} to {high:g}.")
