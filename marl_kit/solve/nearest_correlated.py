"""How far a joint distribution is from the nearest correlated equilibrium."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from marl_kit.core.correlated_result import CONCEPTS
from marl_kit.core.errors import InvalidProfileError, MarlKitError
from marl_kit.core.results import Status, aligned, html_table
from marl_kit.evaluate.correlated import (
    as_concept,
    as_joint,
    correlated_values,
    correlation_gap,
    relative_gap,
)
from marl_kit.games.correlation_plan import CorrelationPlan
from marl_kit.games.load import as_game


@dataclass(frozen=True, eq=False, slots=True)
class NearestCorrelated:
    """The nearest equilibrium to a joint distribution.

    Attributes
    ----------
    distance : float
        In total variation, the largest difference of the probabilities of any event (half of the
        L1 distance): between 0, in equilibrium, and 1.
    distribution : float64 [A_1, ..., A_P]
        A nearest equilibrium; there may be others.
    values : float64 [P]
        Its expected returns.
    gap : float
        Its largest gain of a deviation, by code that the solver does not share.
    given_gap : float
        The same of the distribution that was given, in payoff units.
    concept : str
    status : Status
        ``INEXACT`` where rounding left a gap that is not negligible.
    """

    distance: float
    distribution: np.ndarray
    values: np.ndarray
    gap: float
    given_gap: float
    concept: str
    status: Status
    game: Any = field(repr=False)

    @property
    def method(self) -> str:
        """Under which ``mk.cite`` finds the source: the concept."""
        return self.concept

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers, lists and strings."""
        return {
            "game": self.game.spec or self.game.name,
            "concept": self.concept,
            "status": self.status.name,
            "status_text": self.status.sentence,
            "distance": self.distance,
            "distribution": self.distribution.tolist(),
            "values": self.values.tolist(),
            "gap": self.gap,
            "given_gap": self.given_gap,
        }

    def rows(self) -> list[tuple[str, str]]:
        """Label and text of each line of the printed form."""
        return [
            ("game", self.game.spec or self.game.name),
            ("concept", CONCEPTS[self.concept]),
            ("status", f"{self.status.name}: {self.status.sentence}"),
            ("distance", f"{self.distance:.6g}  (total variation)"),
            (
                "given gap",
                f"{self.given_gap:.3g}  (largest gain of a deviation from what was given)",
            ),
            ("gap", f"{self.gap:.3g}  (of the nearest)"),
            ("values", "  ".join(f"{v:.6g}" for v in self.values)),
        ]

    def __repr__(self) -> str:
        return aligned("NearestCorrelated", self.rows())

    def _repr_html_(self) -> str:
        return html_table(self.rows())


def nearest_correlated(game: Any, distribution: Any, concept: str = "ce") -> NearestCorrelated:
    """The correlated equilibrium nearest to a joint distribution, and the distance, by an LP.

    Parameters
    ----------
    game : Game, spec string or pyspiel.Game
        Any number of players.
    distribution : float64 [A_1, ..., A_P], CorrelatedSolution, Solution or list of P vectors
        Observed joint play, for instance; a profile counts as its product.
    concept : "ce", "cce", "efce" or "efcce"

    Returns
    -------
    NearestCorrelated

    Raises
    ------
    InvalidProfileError, UnknownNameError, GameTooLargeError

    Examples
    --------
    >>> import marl_kit as mk
    >>> near = mk.nearest_correlated("prisoners_dilemma", [[1, 0], [1, 0]])
    >>> round(near.distance, 6), round(near.given_gap, 6)
    (1.0, 1.0)
    """
    import scipy.optimize
    import scipy.sparse

    from marl_kit.solve.correlated import GAP_TOLERANCE, is_uneven
    from marl_kit.solve.correlated_lp import TIGHT, balance, scaled
    from marl_kit.solve.deviations import deviation_gains

    game = as_game(game)
    concept = as_concept(concept)
    joint = as_joint(game, distribution)
    if isinstance(joint, CorrelationPlan):
        raise InvalidProfileError(
            "a correlation plan has only the weights of sequences; give a joint distribution."
        )
    given = joint.ravel()
    gains = deviation_gains(game, concept)
    unit = np.ones(len(given))  # of the weights: small in columns of forbidden outcomes
    if is_uneven(game.to_normal_form().payoffs):
        row, unit = balance(gains)
        gains = scaled(gains, row, unit)
    n, none = len(given), scipy.sparse.csr_array((gains.shape[0], len(given)))
    same = scipy.sparse.eye_array(n, format="csr")
    own = scipy.sparse.diags_array(unit, format="csr")
    # columns: the equilibrium x, and what x has more than was given, which sums to the distance
    result = scipy.optimize.linprog(
        np.r_[np.zeros(n), np.ones(n)],
        A_ub=scipy.sparse.vstack(
            [scipy.sparse.hstack([gains, none]), scipy.sparse.hstack([own, -same])], format="csr"
        ),
        b_ub=np.r_[np.zeros(gains.shape[0]), given],
        A_eq=scipy.sparse.csr_array(np.r_[unit, np.zeros(n)][None]),
        b_eq=np.ones(1),
        method="highs",
        options=TIGHT,
    )
    if result.status != 0:
        raise MarlKitError(f"HiGHS could not find the nearest equilibrium ({result.message}).")
    x = np.maximum(result.x[:n] * unit, 0.0)
    x = (x / x.sum()).reshape(joint.shape)
    solved = relative_gap(game, x, concept) <= GAP_TOLERANCE
    return NearestCorrelated(
        distance=float(np.maximum(x - joint, 0.0).sum()),
        distribution=x,
        values=correlated_values(game, x),
        gap=correlation_gap(game, x, concept),
        given_gap=correlation_gap(game, joint, concept),
        concept=concept,
        status=Status.SOLVED if solved else Status.INEXACT,
        game=game,
    )
