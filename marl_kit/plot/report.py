"""The one HTML writer: sections of simple blocks become one file that needs nothing else.

Blocks are plain data, so the shell can print the same sections as text. In ``Text``, captions and
titles, words between backticks are code; there is no other markup.
"""

from __future__ import annotations

import html
import io
import numbers
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from marl_kit.core.files import write_atomic
from marl_kit.plot.style import INK, MUTED, RULE, style

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

LONG_CELL = 24
"""Letters from which on a cell is broken into lines rather late."""
_CODE = re.compile(r"`([^`]+)`")
# Groups are numbered afresh in every picture, nothing refers to them, and ids must be unique.
_GROUP_ID = re.compile(r'<g id="[\w.]+_\d+"')
# In a picture's place stand the page's own colours, so that it follows a dark page.
_PAGE_COLOURS = {INK: "var(--ink)", MUTED: "var(--muted)", RULE: "var(--rule)"}


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading inside a section."""

    title: str


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph."""

    text: str


@dataclass(frozen=True, slots=True)
class Facts:
    """A few labelled values to see at a glance."""

    facts: Mapping[str, Any]


@dataclass(frozen=True, eq=False, slots=True)
class Table:
    """A data frame without its index.

    ``formats`` maps columns to format specifications such as ``".1%"``; other numbers get
    ``format_cell``.
    """

    frame: pd.DataFrame
    caption: str = ""
    formats: Mapping[str, str] = field(default_factory=dict)

    def cells(self) -> list[list[str]]:
        """Rows of text."""
        columns = list(self.frame.columns)
        return [
            [format_cell(x, self.formats.get(c, "")) for c, x in zip(columns, row, strict=True)]
            for row in self.frame.itertuples(index=False, name=None)
        ]

    def numeric(self) -> list[bool]:
        """Which columns hold numbers, to be aligned on the right."""
        return [dtype.kind in "iuf" for dtype in self.frame.dtypes]


@dataclass(frozen=True, eq=False, slots=True)
class Picture:
    """A matplotlib figure; ``alternative`` says in words what it shows."""

    figure: Figure
    alternative: str
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Code:
    """Lines for a shell or an editor."""

    code: str


Block = Heading | Text | Facts | Table | Picture | Code


@dataclass(frozen=True, eq=False, slots=True)
class Section:
    """A heading and what stands below it."""

    title: str
    blocks: Sequence[Block]


def write_report(
    path: str | Path, title: str, sections: Sequence[Section], footer: str = ""
) -> Path:
    """Write one self-contained HTML file (no scripts, nothing to load); returns its path."""
    path = Path(path)
    write_atomic(path, report_html(title, sections, footer))
    return path


def report_html(title: str, sections: Sequence[Section], footer: str = "") -> str:
    """The page as a string."""
    css = files("marl_kit.plot").joinpath("report.css").read_text(encoding="utf-8")
    contents = "".join(
        f'<li><a href="#section-{i}">{_inline(s.title)}</a></li>' for i, s in enumerate(sections, 1)
    )
    body = "\n".join(_section(i, section) for i, section in enumerate(sections, 1))
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{html.escape(title)}</title>
<style>
{css}</style>
</head>
<body>
<header>
<h1>{_inline(title)}</h1>
<nav aria-label="Contents"><ol>{contents}</ol></nav>
</header>
<main>
{body}
</main>
<footer>{_inline(footer)}</footer>
</body>
</html>
"""


def format_cell(x: Any, specification: str = "") -> str:
    """A value as text: at most six significant digits unless a specification says more."""
    if specification:
        return format(x, specification)
    if isinstance(x, bool) or not isinstance(x, numbers.Real):
        return str(x)
    if isinstance(x, numbers.Integral):
        return f"{int(x):,}"
    value = float(x)
    return f"{value:.2g}" if 0 < abs(value) < 1e-6 else f"{value:.6g}"


def _section(number: int, section: Section) -> str:
    blocks = "\n".join(_block(block) for block in section.blocks)
    title = f"<h2>{_inline(section.title)}</h2>"
    return f'<section id="section-{number}">\n{title}\n{blocks}\n</section>'


def _block(block: Block) -> str:
    match block:
        case Heading(title):
            return f"<h3>{_inline(title)}</h3>"
        case Text(text):
            return f"<p>{_inline(text)}</p>"
        case Facts(facts):
            return _facts(facts)
        case Table():
            return _table(block)
        case Picture():
            return _picture(block)
        case Code(code):
            return f"<pre><code>{html.escape(code)}</code></pre>"


def _facts(facts: Mapping[str, Any]) -> str:
    pairs = "".join(
        f"<div><dt>{_inline(name)}</dt><dd>{html.escape(format_cell(x))}</dd></div>"
        for name, x in facts.items()
    )
    return f"<dl>{pairs}</dl>"


def _table(table: Table) -> str:
    rows = table.cells()
    kinds = [_kind(n, [row[i] for row in rows]) for i, n in enumerate(table.numeric())]
    head = "".join(
        f'<th scope="col"{kind}>{_inline(str(name))}</th>'
        for name, kind in zip(table.frame.columns, kinds, strict=True)
    )
    body = "\n".join(_row(cells, kinds) for cells in rows)
    caption = f"<caption>{_inline(table.caption)}</caption>" if table.caption else ""
    inner = f"{caption}<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>"
    return f'<div class="table"><table>{inner}</table></div>'


def _kind(numeric: bool, cells: Sequence[str]) -> str:
    """The class of a column; one of long texts must not become a thread on a phone."""
    if numeric:
        return ' class="number"'
    return ' class="long"' if max(map(len, cells), default=0) > LONG_CELL else ""


def _row(cells: Sequence[str], kinds: Sequence[str]) -> str:
    data = (f"<td{k}>{html.escape(c)}</td>" for c, k in zip(cells, kinds, strict=True))
    return f"<tr>{''.join(data)}</tr>"


def _picture(picture: Picture) -> str:
    caption = f"<figcaption>{_inline(picture.caption)}</figcaption>" if picture.caption else ""
    label = html.escape(picture.alternative, quote=True)
    svg = inline_svg(picture.figure)
    return f'<figure><div role="img" aria-label="{label}">{svg}</div>{caption}</figure>'


def inline_svg(figure: Figure) -> str:
    """A figure as an ``<svg>`` element that scales with the page and takes its colours."""
    import matplotlib

    buffer = io.StringIO()
    # Letters as outlines look the same everywhere; the salt makes equal pictures equal files.
    fixed: Any = {"svg.fonttype": "path", "svg.hashsalt": "marl_kit"}
    with style(), matplotlib.rc_context(fixed):
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    svg = buffer.getvalue()
    svg = _GROUP_ID.sub("<g", svg[svg.index("<svg") :].strip())
    for colour, variable in _PAGE_COLOURS.items():
        svg = svg.replace(colour, variable)
    return svg


def _inline(text: str) -> str:
    return _CODE.sub(r"<code>\1</code>", html.escape(text))
