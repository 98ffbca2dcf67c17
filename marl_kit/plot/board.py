"""A position on a board, and what a search thinks of the moves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import TYPE_CHECKING, Any

from marl_kit.core.errors import InvalidOptionError
from marl_kit.plot.style import MUTED, PALETTE, RULE, pyplot_axes, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Place = int | tuple[int, int]
"""A column (a move from above), or a cell as (row, column); rows count from the top."""

EMPTY = ".-_ "
"""Signs of a free cell."""
# Blue and amber: told apart by colour-blind readers, and dark and light where there is no colour.
FILLS = (PALETTE[0], PALETTE[5])
LETTER_COLOURS = ("#ffffff", "#111111")
BAR = 1.15
"""Height of the longest bar above the board, in cells."""
CELL, NARROWEST = 0.62, 4.2
"""Inches: a cell's side, and a picture that a page may widen without blowing up its letters."""


def plot_board(
    rows: Sequence[str],
    shares: Mapping[Place, float] | None = None,
    *,
    labels: Sequence[str] | None = None,
    title: str = "",
    ax: Axes | None = None,
) -> Axes:
    """Pieces as discs with their letter, and the share of a search's visits for each move.

    Shares of columns are bars above the board, shares of cells are numbers on a tint in the cells.
    The largest share is in bold. The player whose sign comes last in the alphabet (x of x and o)
    is the dark one; the light one's discs also have a ring.

    Parameters
    ----------
    rows : sequence of str
        The board from top to bottom, a sign for each cell, for instance ``["...", ".x.", "o.."]``;
        ``. - _`` and blank are free cells. At most two other signs.
    shares : dict of place to float, optional
        Between 0 and 1. A place is a column number or a cell ``(row, column)``, all of one kind.
    labels : sequence of str, optional
        Names of the columns, below the board; their numbers from 0 without. Not drawn for shares
        of cells unless given.
    title : str
    ax : matplotlib Axes, optional
        Where to draw; a new pyplot figure without.

    Raises
    ------
    InvalidOptionError
        Rows of different lengths, more than two signs, places outside the board, shares outside
        [0, 1], not one label a column.
    """
    shares = dict(shares or {})
    height, width = _check(rows, shares, labels)
    columns = not any(isinstance(place, tuple) for place in shares)
    above = _above(shares)
    with style():
        if ax is None:
            ax = pyplot_axes(board_size(rows, shares, title))
        _draw_grid(ax, height, width)
        _draw_pieces(ax, rows)
        (_draw_bars if columns else _draw_tints)(ax, shares)
        names = labels or ([str(c) for c in range(width)] if columns else [])
        _dress(ax, (height, width, above), names, title)
    return ax


def board_size(
    rows: Sequence[str], shares: Mapping[Any, float] | None = None, title: str = ""
) -> tuple[float, float]:
    """Inches that a picture of the board needs."""
    cells = len(rows) + _above(shares or {}) + 0.4
    return max(CELL * len(rows[0]) + 0.2, NARROWEST), CELL * cells + 0.2 + 0.35 * bool(title)


def _above(shares: Mapping[Any, float]) -> float:
    """Height of the bars and their numbers, in cells."""
    return BAR + 0.55 if any(not isinstance(place, tuple) for place in shares) else 0.0


def _check(
    rows: Sequence[str], shares: Mapping[Any, float], labels: Sequence[str] | None
) -> tuple[int, int]:
    """Height and width of a board that can be drawn."""
    widths = {len(row) for row in rows}
    if isinstance(rows, str) or len(widths) != 1 or not max(widths):
        raise InvalidOptionError(
            "a board is a list of rows of the same length, such as ['..', 'x.']."
        )
    height, width = len(rows), widths.pop()
    if len(signs := _signs(rows)) > 2:
        raise InvalidOptionError(
            f"the board has the signs {' '.join(signs)}; two players are drawn."
        )
    if len({isinstance(place, tuple) for place in shares}) > 1:
        raise InvalidOptionError("shares are all of columns or all of cells, not both.")
    cells = set(product(range(height), range(width)))
    for place, share in shares.items():
        cell = place if isinstance(place, tuple) else (0, place)
        if cell not in cells:
            raise InvalidOptionError(
                f"{place} is not on a board of {height} rows, {width} columns."
            )
        if not 0 <= share <= 1:
            raise InvalidOptionError(f"the share of {place} is {share}; give a part of 1.")
    if labels is not None and len(labels) != width:
        raise InvalidOptionError(f"{len(labels)} labels for {width} columns; give one each.")
    return height, width


def _signs(rows: Sequence[str]) -> list[str]:
    """The players' signs, last in the alphabet first."""
    return sorted({sign for row in rows for sign in row} - set(EMPTY), reverse=True)


def _draw_grid(ax: Axes, height: int, width: int) -> None:
    for r in range(height + 1):
        ax.plot([0, width], [r, r], color=RULE, linewidth=1, zorder=1)
    for c in range(width + 1):
        ax.plot([c, c], [0, height], color=RULE, linewidth=1, zorder=1)


def _draw_pieces(ax: Axes, rows: Sequence[str]) -> None:
    from matplotlib.patches import Circle

    signs = _signs(rows)
    # a board with one player's pieces only: o stays the light one
    light = {signs[-1]} if len(signs) == 2 else {"o", "O"}
    for r, row in enumerate(rows):
        for c, sign in enumerate(row):
            if sign in EMPTY:
                continue
            who = int(sign in light)
            middle = (c + 0.5, r + 0.5)
            ax.add_patch(Circle(middle, 0.4, facecolor=FILLS[who], edgecolor="none", zorder=2))
            if who:
                ring = {"fill": False, "edgecolor": LETTER_COLOURS[1], "linewidth": 1.1}
                ax.add_patch(Circle(middle, 0.31, zorder=3, **ring))
            colour = LETTER_COLOURS[who]
            ax.text(*middle, sign, ha="center", va="center_baseline", size=12, color=colour)


def _draw_bars(ax: Axes, shares: Mapping[Any, float]) -> None:
    largest = max(shares.values(), default=0.0)
    for column, share in shares.items():
        length = BAR * share / largest if largest else 0.0
        colour = PALETTE[2] if share == largest else MUTED
        ax.bar(column + 0.5, -length, width=0.56, bottom=-0.08, color=colour, zorder=2)
        _percent(ax, column + 0.5, -length - 0.3, share, share == largest)


def _draw_tints(ax: Axes, shares: Mapping[Any, float]) -> None:
    from matplotlib.patches import Rectangle

    largest = max(shares.values(), default=0.0)
    for (r, c), share in shares.items():
        strength = 0.5 * share / largest if largest else 0.0
        ax.add_patch(Rectangle((c, r), 1, 1, color=PALETTE[2], alpha=strength, linewidth=0))
        _percent(ax, c + 0.5, r + 0.5, share, share == largest)


def _percent(ax: Axes, x: float, y: float, share: float, bold: bool) -> None:
    text = "<1%" if 0 < share < 0.005 else f"{share:.0%}"
    weight = "bold" if bold else "normal"
    ax.text(x, y, text, ha="center", va="center", size=10.5, weight=weight, zorder=3)


def _dress(ax: Axes, shape: tuple[int, int, float], labels: Sequence[str], title: str) -> None:
    height, width, above = shape
    ax.set(xlim=(-0.05, width + 0.05), ylim=(height + 0.05, -above - 0.05), aspect="equal")
    ax.set_xticks([c + 0.5 for c in range(len(labels))], labels)
    ax.set_yticks([])
    ax.tick_params(length=0, labelsize=10.5)
    ax.grid(visible=False)
    ax.spines[:].set_visible(False)
    ax.set_title(title)
