"""What a position looks like, for whoever draws it.

Rules of a team's game may have a method ``picture(world, copy) -> Picture``; ``mk.plot`` then makes
animations of it, and the rules need to know nothing about drawing.
"""

from __future__ import annotations

from dataclasses import dataclass

SHAPES = ("disc", "ring", "square")
GREY = -1


@dataclass(frozen=True, slots=True)
class Mark:
    """One thing in a picture.

    Attributes
    ----------
    x, y : float
        Its middle; y goes up.
    size : float
        Its radius, or half of a square's side.
    shape : str
        One of ``SHAPES``; rings are drawn above the others.
    colour : int
        Which of the palette's colours, from 0; ``GREY`` is none of them.
    text : str
        Stands in it; a sign or two.
    """

    x: float
    y: float
    size: float
    shape: str = "disc"
    colour: int = GREY
    text: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """Marks on a plane, or on the cells of a grid.

    Attributes
    ----------
    marks : tuple of Mark
        Later ones above earlier ones.
    box : (float, float, float, float)
        Left, right, bottom and top of what is seen at least.
    grid : bool
        Whether the box is divided into cells by lines at all whole numbers.
    caption : str
        What cannot be seen in the marks, such as words that are said.
    """

    marks: tuple[Mark, ...]
    box: tuple[float, float, float, float]
    grid: bool = False
    caption: str = ""
