"""Ratings as lines of text and as HTML."""

from __future__ import annotations

import html
import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

MOST = 40
"""Rows that are shown; the rest is in the data frame."""
SHARES = ("score", "draws")


def table_lines(frame: pd.DataFrame) -> list[str]:
    """An aligned line for the head and for each player."""
    head, rows, more = _cells(frame)
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    lines = [_line(head, widths), *(_line(row, widths) for row in rows)]
    return lines + ([f"  {more}"] if more else [])


def table_html(frame: pd.DataFrame) -> str:
    """The same as an HTML table."""
    head, rows, more = _cells(frame)
    lines = [_html_row("th", head), *(_html_row("td", row) for row in rows)]
    rest = f"<p>{more}</p>" if more else ""
    return f"<table>{''.join(lines)}</table>{rest}"


def format_elo(elo: float, low: float, high: float) -> str:
    """A rating without decimals, or its bound.

    >>> format_elo(88.74, 0.0, 0.0), format_elo(math.inf, 412.3, math.inf)
    ('+89', '> +412')
    """
    if math.isfinite(elo):
        return signed(elo)
    return f"> {signed(low)}" if elo > 0 else f"< {signed(high)}"


def signed(x: float) -> str:
    """A whole number with its sign; 0 has none.

    >>> signed(-0.3), signed(12.7), signed(-12.7)
    ('0', '+13', '-13')
    """
    return f"{round(x):+d}" if round(x) else "0"


def _cells(frame: pd.DataFrame) -> tuple[list[str], list[list[str]], str]:
    """Head, rows of text, and what to say about those left out."""
    head = [str(name) for name in frame.columns]
    rows = [_row(dict(zip(head, values, strict=True))) for values in _values(frame.head(MOST))]
    left = len(frame) - len(rows)
    return head, rows, f"... and {left} more: see to_frame()" if left else ""


def _values(frame: pd.DataFrame) -> Any:
    return frame.itertuples(index=False, name=None)


def _row(row: dict[str, Any]) -> list[str]:
    shown = {
        name: f"{value:g}" if name in ("games", "group") else str(value)
        for name, value in row.items()
    }
    shown["elo"] = format_elo(row["elo"], row["low"], row["high"])
    for name in ("low", "high"):
        shown[name] = signed(row[name]) if math.isfinite(row["elo"]) else ""
    shown |= {name: f"{row[name]:.1%}" for name in SHARES}
    return list(shown.values())


def _line(cells: list[str], widths: list[int]) -> str:
    padded = [cells[0].ljust(widths[0])]
    padded += [cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True)]
    return "  " + "  ".join(padded).rstrip()


def _html_row(tag: str, cells: list[str]) -> str:
    side = ["left", *["right"] * (len(cells) - 1)]
    return "<tr>{}</tr>".format(
        "".join(
            f"<{tag} style='text-align:{where}'>{html.escape(text)}</{tag}>"
            for where, text in zip(side, cells, strict=True)
        )
    )
