"""Enumerations that cannot finish are refused before they begin."""

from __future__ import annotations

from marl_kit.core.errors import GameTooLargeError, InvalidOptionError
from marl_kit.games.normal_form import NormalFormGame
from marl_kit.solve.bimatrix.polytope import vertex_bound
from marl_kit.solve.bimatrix.vertex_block import MOST_LABELS

MAX_VERTICES = 10_000_000
"""Vertices that a polytope may have: games of 18 x 18 pass (6 million at the most, and a tenth of
that as a rule: seconds), 20 x 20 does not."""
MAX_SLOW_VERTICES = 20_000
"""The same where there are more labels than a machine word has bits: Python integers."""
PER_VERTEX_S = 1e-6
PER_SLOW_VERTEX_S = 1e-3
TINY = 112
"""Up to here (6 x 6) Python integers answer in milliseconds, and loading kernels takes longer."""


def is_tiny(game: NormalFormGame) -> bool:
    """Whether kernels do not pay."""
    return _most_vertices(game) <= TINY


def has_many_labels(game: NormalFormGame) -> bool:
    """Whether the labels do not fit into a word."""
    return sum(game.num_actions) > MOST_LABELS


def check_size(game: NormalFormGame, max_vertices: int | None) -> None:
    """Refuse a game with more possible vertices than the limit."""
    if max_vertices is not None and (
        isinstance(max_vertices, bool) or not isinstance(max_vertices, int) or max_vertices < 1
    ):
        raise InvalidOptionError(
            f"max_vertices is {max_vertices!r}; give a positive integer, or None for the default."
        )
    slow = has_many_labels(game)
    limit = (MAX_SLOW_VERTICES if slow else MAX_VERTICES) if max_vertices is None else max_vertices
    most = _most_vertices(game)
    if most > limit:
        m, n = game.num_actions
        seconds = most * (PER_SLOW_VERTEX_S if slow else PER_VERTEX_S)
        raise GameTooLargeError(
            f"{game.name} is {m} x {n}: a best-response polytope can have {_count(most)} vertices, "
            f"more than {limit:,}, which would take {_duration(seconds)}; remove dominated "
            f"strategies, find one equilibrium with mk.solve, or raise max_vertices."
        )


def _most_vertices(game: NormalFormGame) -> int:
    m, n = game.num_actions
    return max(vertex_bound(m, n), vertex_bound(n, m))


def _count(most: int) -> str:
    return f"{most:,}" if most < 10**12 else f"{most:.1e}"


def _duration(seconds: float) -> str:
    for unit, size in (("years", 3.15e7), ("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"up to {seconds / size:,.0f} {unit}" if seconds < 1e15 else "for ever"
    return f"up to {seconds:.2g} seconds"
