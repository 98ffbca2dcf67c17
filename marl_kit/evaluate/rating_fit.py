"""From counts to fitted blocks, by the model that was asked for and that the counts allow."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from marl_kit.core.errors import InvalidOptionError
from marl_kit.evaluate.bradley_terry import Evidence, HalfWin
from marl_kit.evaluate.counts import Counts
from marl_kit.evaluate.draws import NEVER, share_from_draw
from marl_kit.evaluate.joint_fit import JointFit, fit_jointly
from marl_kit.evaluate.pairs import Pairs, without_seats
from marl_kit.evaluate.placement import SCALE, Z
from marl_kit.evaluate.separation import Block, comparable_parts, fit_blocks


@dataclass(frozen=True, eq=False, slots=True)
class Fitted:
    """Blocks of players, and what belongs to the game rather than to a player."""

    evidence: Evidence
    blocks: list[Block]
    draw_parameter: float | None = None  # nu or theta; None where a draw is half a win
    draw_share: float | None = None
    first_move: tuple[float, float, float] | None = None  # Elo, with the ends of its interval


def fit_ratings(counts: Counts, seated: Pairs | None, draws: str, precision: float) -> Fitted:
    """The most probable ratings of all blocks.

    Parameters
    ----------
    counts : Counts
        Everybody has played.
    seated : Pairs or None
        The same games by who moved first, if that is to be worth something.
    draws : {"half", "davidson", "rao_kupper"}
    precision : float
        1 / variance of the prior, in logits; 0 for none.

    Raises
    ------
    InvalidOptionError
        Results that leave the draw parameter or the first move's advantage open or infinite.
    """
    parts = comparable_parts(counts.points, precision)
    drawn = bool(counts.draws.any())
    # without a draw the maximum is at the edge, where all models are Bradley-Terry
    model = draws if drawn else "half"
    told = (None, None) if draws == "half" else (NEVER[draws], 0.0)
    if not parts or (seated is None and model == "half"):
        blocks = fit_blocks(counts.points, precision)
        return Fitted(HalfWin(counts.points), blocks, told[0], told[1])
    if model != "half":
        _refuse_only_draws(counts, parts)
    if seated is not None and not precision:
        _refuse_no_exchange(parts)
    pairs = seated or without_seats(counts)
    joint = fit_jointly(pairs, parts, model, seated is not None, precision)
    if model != "half":
        told = _draws(model, joint.held.draw)
    first = None if seated is None else _first_move(joint)
    return Fitted(joint.held, joint.blocks, told[0], told[1], first)


def _draws(model: str, draw: float) -> tuple[float, float]:
    """The parameter as its authors write it, and the share of games that equals draw."""
    return math.exp(draw), share_from_draw(model, draw)


def _first_move(joint: JointFit) -> tuple[float, float, float]:
    value, error = SCALE * joint.held.advantage, SCALE * joint.advantage_error
    return value, value - Z * error, value + Z * error


def _refuse_only_draws(counts: Counts, parts: Sequence[np.ndarray]) -> None:
    if not any(counts.wins[np.ix_(part, part)].any() for part in parts):
        raise InvalidOptionError(
            "every game between players who can be compared was drawn, so the draw parameter is "
            "infinite; use draws='half', or give results with a winner."
        )


def _refuse_no_exchange(parts: Sequence[np.ndarray]) -> None:
    if all(len(part) == 1 for part in parts):
        raise InvalidOptionError(
            "no two players took points from each other, so the first move's advantage cannot be "
            "told from strength; give a prior, or first_move=False."
        )
