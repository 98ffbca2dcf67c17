"""Every solution of an indifference system, with a proof that there is no other.

Branch and bound in the product of the supports' simplices: a cell is discarded when an action of
the support is dominated in all of it (Herings and Peeters 2005; Porter, Nudelman and Shoham 2008),
when a combination of the equations has one sign in all of it, or when the map is one-to-one on a
wider cell that holds a root found by Newton's method, which then exists and is the only one there
(Krawczyk 1969; Neumaier 1990, chapter 5). Other cells are halved.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from marl_kit.core.interrupt import StopRequest
from marl_kit.solve.many_players.supports import SupportSystem

ROUNDING = 1e-13
"""Of payoffs in [0, 1]: their own rounding (1e-16), that of about a hundred halvings and of sums of
some thousand products. No sign is believed of a number below it. The kernel multiplies it by what
a widened cell can add."""
SHORTEST = 2.0**-18
"""Edge of a cell that is not cut again: it holds a root that is not regular, or very nearly so."""
HALVINGS = 20
"""Of every edge; the stack has room for as many cells."""
UNDECIDED = 64
"""Cells that are given up before the support is: solutions that are not isolated fill many."""
COARSE = 1e-6
"""Two proofs that leave more than this open may be of two roots: then they are not taken for one
without saying so."""
BLOCK = 4_000
"""Cells between two looks at Ctrl-C; some 50 ms."""


@dataclass(slots=True)
class Roots:
    """What is known of the solutions of one system.

    ``points`` are one weight vector a player each; an exact solution is within ``radii`` of each,
    weight by weight, and is regular; one radius a player, as cells are longer in some directions
    than in others. ``proved``: there is no other solution.
    """

    points: list[list[np.ndarray]] = field(default_factory=list)
    radii: list[np.ndarray] = field(default_factory=list)
    cells: int = 0
    proved: bool = False
    distinct: bool = True

    def add(self, point: list[np.ndarray], radius: np.ndarray) -> None:
        """Neighbouring cells can find the same root, since each is proved in a wider cell."""
        for other, far in zip(self.points, self.radii, strict=True):
            gap = np.array([np.abs(x - y).max() for x, y in zip(point, other, strict=True)])
            if np.all(gap <= radius + far):
                self.distinct = self.distinct and float((radius + far).max()) <= COARSE
                return
        self.points.append(point)
        self.radii.append(radius)


def find_roots(system: SupportSystem, most: int, stop: StopRequest) -> Roots:
    """All solutions in the closed simplices, and perhaps some just outside of them; looks at
    ``most`` cells before it gives up. Somebody must mix."""
    from marl_kit.solve.many_players import _isolated_kernels as kernels

    widest = int(system.size.max())
    room = int(np.sum(system.size * (system.size - 1) // 2)) * HALVINGS + 2
    tables = np.empty((room, *system.table.shape))
    vertices = np.empty((room, len(system.size), widest, widest))
    tables[0], vertices[0] = system.table, np.eye(widest)
    counts, point = np.array([1, 0, 0]), np.zeros((len(system.size), widest))
    extent = np.zeros(len(system.size))
    roots = Roots()
    while counts[1] < most and counts[2] <= UNDECIDED and not stop.requested:
        event, radius = kernels.search(
            min(BLOCK, most - int(counts[1])),
            ROUNDING,
            SHORTEST,
            UNDECIDED,
            counts,
            tables,
            vertices,
            system.owner,
            system.played,
            system.upper,
            system.lower,
            system.digit,
            system.size,
            system.stride,
            system.of_player,
            system.of_action,
            point,
            extent,
        )
        if event == kernels.EXHAUSTED:
            roots.proved = not counts[2] and roots.distinct
            break
        if event == kernels.ROOT:
            found = [np.array(x[:n]) for x, n in zip(point, system.size, strict=True)]
            roots.add(found, widest * radius * extent)
    roots.cells = int(counts[1])
    return roots
