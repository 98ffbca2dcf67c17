"""One population or one a player: how points of the dynamics begin."""

from __future__ import annotations

from typing import Any

import numpy as np

from marl_kit.core.errors import InvalidOptionError, InvalidProfileError
from marl_kit.games.normal_form import NormalFormGame
from marl_kit.games.profile import as_profile
from marl_kit.solve.cfr_state import choice

ONE, MANY = "one", "many"
POPULATIONS = [MANY, ONE]


def check_populations(populations: Any) -> None:
    """Refuse what is neither of the two words."""
    choice("populations", populations, POPULATIONS)


def interior_point(
    game: NormalFormGame, rng: np.random.Generator, single: bool = False
) -> np.ndarray:
    """Uniformly drawn from the simplices, side by side; the same for both players if ``single``."""
    points = [rng.dirichlet(np.ones(n)) for n in game.num_actions[: 1 if single else None]]
    return np.concatenate(points * 2 if single else points)


def read_start(
    game: NormalFormGame, start: Any, rng: np.random.Generator, single: bool, interior: bool
) -> np.ndarray | None:
    """Where to begin, all players side by side; None for the dynamic's own centre.

    Raises
    ------
    InvalidProfileError
        Not a profile; or not the same strategy for both players, with one population.
    """
    if start is None or (isinstance(start, str) and start == "random"):
        drawn = interior or start is not None
        return interior_point(game, rng, single) if drawn else None
    if isinstance(start, str) and start != "uniform":
        raise InvalidOptionError(
            f"start is {start!r}; give 'uniform', 'random' or a strategy for each player."
        )
    if single and _is_vector(start):
        start = [start, start]
    profile = as_profile(game, start)
    assert isinstance(profile, list)
    if single and not np.array_equal(profile[0], profile[1]):
        raise InvalidProfileError(
            "the start has two different strategies and there is one population; give one vector."
        )
    return np.concatenate(profile)


def _is_vector(start: Any) -> bool:
    """Whether it is one strategy, not a list of them."""
    try:
        return np.ndim(start) == 1 and not hasattr(start, "profile")
    except ValueError:  # strategies of different lengths
        return False
