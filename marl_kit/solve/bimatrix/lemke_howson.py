"""One equilibrium of a two-player game, by Lemke and Howson's complementary pivoting."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np

from marl_kit.core.errors import GameTooLargeError, InvalidOptionError, UnsupportedGameError
from marl_kit.core.results import Status, aligned, format_vector, html_table
from marl_kit.evaluate.exploitability import nash_conv_of
from marl_kit.games.game import Game
from marl_kit.games.load import as_game
from marl_kit.games.normal_form import NormalFormGame
from marl_kit.solve.answer import Answer
from marl_kit.solve.bimatrix._lemke_howson_kernels import is_clear
from marl_kit.solve.bimatrix.lemke_howson_exact import exact_path
from marl_kit.solve.bimatrix.lemke_howson_path import float_path
from marl_kit.solve.certificate import negligible

MAX_PIVOTS = 1_000_000
"""Paths can be exponentially long (Savani and von Stengel 2006); random games of 300 actions have
some of a million pivots, which take a minute."""
CLEAR = 1e-10
"""Of the payoffs met: a gain so small needs no second look."""
UNEVEN = 30.0
"""Payoff range by median deviation: above it ties may be misjudged in floating point."""
MAX_QUICK = 900
"""Outcomes: exact pivoting takes milliseconds."""
MAX_EXACT = 40_000
"""Outcomes in exact arithmetic: at 200 x 200 a pivot of integers takes a good part of a second."""


def solve_lemke_howson(
    game: Game, label: int = 0, exact: bool = False, max_pivots: int = MAX_PIVOTS
) -> Answer:
    """The equilibrium at the end of a label's path, and the number of pivots in the note.

    Lemke and Howson (1964), with lexicographic ties as in von Stengel (2007), "Equilibrium
    computation for two-player games in strategic and extensive form", sections 3.4 to 3.6: the path
    never cycles, whatever the ties. It runs in floating point; if rounding spoils it, and in
    degenerate games that can happen, it is run once more in exact arithmetic where the payoffs are
    exact (not given as floats), and the note says so.

    Parameters
    ----------
    game : Game
        Two players, normal form [m, n].
    label : int
        The label that is dropped first: 0 to m-1 are the row player's actions, m to m+n-1 the
        column player's.
    exact : bool
        Integer pivoting from the start; floats count as the decimals that they print as.
    max_pivots : int
        Where to give up: the profile is then that of the unfinished path, with status
        ``ITERATION_LIMIT``. Another label may have a shorter path.

    Raises
    ------
    InvalidOptionError
        No such label; not a positive number of pivots.
    GameTooLargeError
        ``exact`` and more than 40,000 outcomes.
    """
    assert isinstance(game, NormalFormGame), "a precondition of the registry"
    _check(game, label, exact, max_pivots)
    path = _path(game, int(label), exact, int(max_pivots))
    kind = " in exact arithmetic" if path.exact_profile is not None else ""
    note = f"label {label}, {path.pivots:,} pivot{'s' * (path.pivots != 1)}{kind}"
    if path.status is Status.ITERATION_LIMIT:
        return Answer(path.profile, path.status, f"{note}, unfinished; try another label")
    if path.status is Status.INEXACT:
        note = f"{note}; rounding led off the path, exact=True stays on it"
    elif path.exact_profile is not None and not exact:
        uneven = "payoffs of so unlike size would mislead floating point"
        why = uneven if _is_uneven(game) else "rounding had spoilt the path in floating point"
        note = f"{note}, because {why}"
    return Answer(path.profile, path.status, note)


@dataclass(frozen=True, eq=False, slots=True)
class LemkeHowsonPath:
    """The equilibrium that one label leads to.

    Attributes
    ----------
    label : int
    profile : list of 2 float64 vectors
    pivots : int
        How many pivots the path took.
    exact_profile : list of 2 lists of Fractions, or None
        If it was followed in exact arithmetic.
    status : Status
    """

    label: int
    profile: list[np.ndarray]
    pivots: int
    exact_profile: list[list[Fraction]] | None
    status: Status


@dataclass(frozen=True, eq=False, slots=True)
class LemkeHowsonPaths:
    """The paths of all m + n labels; a sequence of ``LemkeHowsonPath``.

    Attributes
    ----------
    paths : tuple of LemkeHowsonPath
        In the order of labels.
    """

    game: Any = field(repr=False)
    paths: tuple[LemkeHowsonPath, ...]

    @property
    def pivots(self) -> list[int]:
        """Pivots of each label's path."""
        return [path.pivots for path in self.paths]

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, label: int) -> LemkeHowsonPath:
        return self.paths[label]

    def rows(self) -> list[tuple[str, str]]:
        """Label and text of each line of the printed form."""
        lines = [("game", self.game.spec or self.game.name)]
        for path in self.paths:
            shown = path.exact_profile or path.profile
            text = "  |  ".join(format_vector(x) for x in shown)
            end = "" if path.status is Status.SOLVED else f"  ({path.status.name})"
            lines.append((f"label {path.label}", f"{path.pivots:,} pivots to {text}{end}"))
        return lines

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers, lists and strings."""
        return {
            "game": self.game.spec or self.game.name,
            "pivots": self.pivots,
            "status": [path.status.name for path in self.paths],
            "equilibria": [[x.tolist() for x in path.profile] for path in self.paths],
        }

    def __repr__(self) -> str:
        return aligned("LemkeHowsonPaths", self.rows())

    def _repr_html_(self) -> str:
        return html_table(self.rows())


def lemke_howson_all(
    game: Any, *, exact: bool = False, max_pivots: int = MAX_PIVOTS
) -> LemkeHowsonPaths:
    """Where the path of every label ends: some equilibria, in general not all.

    Parameters
    ----------
    game : Game, spec string or pyspiel.Game
        Two players; an extensive game stands for its reduced normal form.
    exact, max_pivots
        As in ``mk.solve(game, "lemke_howson")``.

    Raises
    ------
    UnsupportedGameError, InvalidOptionError, GameTooLargeError

    Examples
    --------
    >>> import marl_kit as mk
    >>> A, B = [[3, 3], [2, 5], [0, 6]], [[3, 2], [2, 6], [3, 1]]
    >>> lemke_howson_all(mk.NormalFormGame.from_bimatrix(A, B)).pivots
    [2, 4, 3, 2, 4]
    """
    game = as_game(game)
    if game.num_players != 2:
        raise UnsupportedGameError(
            f"lemke_howson needs two players, and {game.name} has {game.num_players}."
        )
    matrix = game.to_normal_form()
    _check(matrix, 0, exact, max_pivots)
    labels = range(sum(matrix.num_actions))
    paths = tuple(_path(matrix, label, exact, int(max_pivots)) for label in labels)
    return LemkeHowsonPaths(matrix, paths)


def _path(game: NormalFormGame, label: int, exact: bool, max_pivots: int) -> LemkeHowsonPath:
    if not exact and not _is_uneven(game):
        path = float_path(game, label, max_pivots)
        status = Status.SOLVED if path.ended else Status.ITERATION_LIMIT
        profile = path.profile
        if path.lost:
            status, profile = Status.INEXACT, [np.full(k, 1.0 / k) for k in game.num_actions]
        elif path.ended and not _is_equilibrium(game, profile):
            status = Status.INEXACT
        if status is not Status.INEXACT or not _may_be_exact(game, MAX_EXACT):
            return LemkeHowsonPath(label, profile, path.pivots, None, status)
    found = exact_path(game.exact_payoffs, label, max_pivots)
    profile = [np.array([float(z) for z in x]) for x in found.profile]
    status = Status.SOLVED if found.ended else Status.ITERATION_LIMIT
    return LemkeHowsonPath(label, profile, found.pivots, found.profile, status)


def _is_equilibrium(game: NormalFormGame, profile: list[np.ndarray]) -> bool:
    """By a glance at what is played; in doubt by the rule for all methods."""
    if is_clear(game.payoffs, profile[0], profile[1], CLEAR):
        return True
    return nash_conv_of(game, profile) <= negligible(game, profile)


def _is_uneven(game: NormalFormGame) -> bool:
    """Whether floats could take a tie for none, or none for a tie, and integers are quick: one
    large payoff among small ones is enough."""
    if not _may_be_exact(game, MAX_QUICK):
        return False
    typical = np.median(np.abs(game.payoffs - np.median(game.payoffs, axis=(1, 2), keepdims=True)))
    return float(np.ptp(game.payoffs)) > UNEVEN * max(float(typical), 1e-300)


def _may_be_exact(game: NormalFormGame, outcomes: int) -> bool:
    return game._exact_payoffs is not None and game.payoffs[0].size <= outcomes


def _check(game: NormalFormGame, label: Any, exact: Any, max_pivots: Any) -> None:
    m, n = game.num_actions
    if not _is_whole(label) or not 0 <= label < m + n:
        raise InvalidOptionError(
            f"label is {label!r}; {game.name} has the labels 0 to {m - 1} for the row player's "
            f"actions and {m} to {m + n - 1} for the column player's."
        )
    if not _is_whole(max_pivots) or max_pivots < 1:
        raise InvalidOptionError(f"max_pivots is {max_pivots!r}; give a whole number >= 1.")
    if not isinstance(exact, bool | np.bool_):
        raise InvalidOptionError(f"exact is {exact!r}; give True or False.")
    if exact and m * n > MAX_EXACT:
        raise GameTooLargeError(
            f"{game.name} is {m} x {n}: exact pivoting is for up to {MAX_EXACT:,} outcomes; leave "
            f"exact=False."
        )


def _is_whole(x: Any) -> bool:
    return isinstance(x, int | np.integer) and not isinstance(x, bool)
