"""A row for each round of a training run."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any

from marl_kit.core.errors import CheckpointError
from marl_kit.core.files import write_atomic

_WHOLE = ("round", "games", "positions", "updates", "promotions")


@dataclass(frozen=True, slots=True)
class ProgressRow:
    """Where a run stands after a round.

    Attributes
    ----------
    round, games, positions, updates : int
        So far.
    seconds : float
        So far, of all processes together.
    positions_per_second, simulations_per_second : float
        Of self-play in this round.
    value_loss, policy_loss, weights_loss : float
        Means of the round's steps.
    gate_score : float
        Share of the points that the trained network got against the one that plays; NaN without a
        gate.
    promotions : int
        How often what was trained has taken the place of what plays: without a gate each round.
    elo : float
        ``mcts(simulations=50)`` being 0; NaN where the round was not evaluated.
    value_keeping : float
        Share of positions whose value the player's move keeps; NaN as above, and where nobody can
        solve the game.
    """

    round: int
    games: int
    positions: int
    updates: int
    seconds: float
    positions_per_second: float
    simulations_per_second: float
    value_loss: float
    policy_loss: float
    weights_loss: float
    gate_score: float
    promotions: int
    elo: float
    value_keeping: float


def write_progress(path: Path, rows: Sequence[ProgressRow]) -> None:
    """As CSV, atomically."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([field.name for field in fields(ProgressRow)])
    writer.writerows(astuple(row) for row in rows)
    write_atomic(path, text.getvalue())


def _number(name: str, text: str) -> Any:
    return int(text) if name in _WHOLE else float(text)


def read_progress(path: Path, upto: int) -> list[ProgressRow]:
    """Rows of rounds up to a certain one; none where there is no file.

    Raises
    ------
    CheckpointError
    """
    if not path.exists():
        return []
    names = [field.name for field in fields(ProgressRow)]
    try:
        with path.open(newline="", encoding="utf-8") as file:
            told = list(csv.DictReader(file))
        rows = [ProgressRow(**{n: _number(n, t[n]) for n in names}) for t in told]
    except (KeyError, ValueError, TypeError) as error:
        raise CheckpointError(f"{str(path)!r} is damaged ({error!r}).") from error
    return [row for row in rows if row.round <= upto]
