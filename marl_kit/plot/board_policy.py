"""A position on a board: what a player would do there, and what it takes the position to be
worth."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from marl_kit.core.errors import InvalidOptionError, UnsupportedGameError
from marl_kit.games.game import Game, State
from marl_kit.games.load import as_game
from marl_kit.play.mcts import SearchPlayer
from marl_kit.play.player import player_name
from marl_kit.play.registry import make_player
from marl_kit.play.search_tree import search_tree
from marl_kit.plot.board import CELL, FILLS, Place, board_size, plot_board
from marl_kit.plot.style import INK, MUTED, RULE, pyplot_axes, style
from marl_kit.search.puct import PUCT
from marl_kit.search.rollouts import RandomRollouts
from marl_kit.search.search import require_decision

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIGNS = "xo"
"""Of player 0 and player 1."""
FREE = ".-"
RING = 0.43
"""Radius in cells, around a number and a little larger than a stone."""
GAUGE, WIDE, ROOM = 0.3, 0.2, 1.1
"""In cells: from the board to the bar with the value, its width, and what both need."""


def plot_board_policy(
    game: Any,
    state: State,
    player: Any,
    ax: Axes | None = None,
    *,
    search: bool = True,
    seed: int = 0,
    title: str = "",
) -> Axes:
    """The probability of each move, the move that is played, and the value of the position.

    Probabilities of cells stand in them on a tint, those of columns above the board as bars; the
    move that the search plays has a dashed ring. (Gumbel plays the best of the moves that its
    halving left over, and its improved policy may prefer one that was dropped.) The value for the
    player to move stands in the title and is a bar beside the board, from the lowest to the highest
    payoff. Hex is drawn on squares; moves without a place on the board (to pass, to swap) are
    written below it.

    Parameters
    ----------
    game : Game, spec string or pyspiel.Game
        Tic-tac-toe, Connect Four, Hex or Othello of any size, or another game that draws its
        positions with x and o in rows, and whose actions are cells or columns from 0.
    state : State
        A player moves there.
    player : str or Player
        As for ``mk.make_player``: one that searches, such as ``alphazero:...``, or one that tells
        its probabilities, which has no value.
    ax : matplotlib Axes, optional
        Where to draw; a new pyplot figure without.
    search : bool
        Whether the policy and the value are those of the search (what the network is to learn:
        shares of the visits, or Gumbel's improved policy), or of the network alone.
    seed : int
        Of the search; it is the one that ``mk.search_tree`` shows.
    title : str
        A line above who is to move.

    Raises
    ------
    UnsupportedGameError
        Positions that cannot be drawn so, or nobody moves.
    InvalidOptionError
        A player with neither a search nor probabilities, ``search=False`` of one without a
        network, or a state of another game.

    Examples
    --------
    >>> import marl_kit as mk
    >>> from marl_kit.plot import style
    >>> state = mk.load_game("tic_tac_toe").new_initial_state()
    >>> ax = plot_board_policy("tic_tac_toe", state, "oracle", ax=style.detached_axes())
    >>> ax.get_title(loc="left")
    'x to move'
    """
    game = as_game(game)
    require_decision(game, state)
    rows, places = _board(game, state)
    view = _view(game, state, player, search, seed)
    shares = {places[a]: p for a, p in view.policy.items() if a in places}
    mover = state.current_player()
    told = f"{SIGNS[mover]} to move" + ("" if view.value is None else f": {_signed(view.value, 2)}")
    heading = f"{title}\n{told}" if title else told
    with style():
        if ax is None:
            ax = pyplot_axes(_size(rows, shares, heading))
        plot_board(rows, shares, title=heading, ax=ax)
        if view.played in places:
            _ring(ax, rows, places[view.played], mover)
        _name_others(ax, state, {a: p for a, p in view.policy.items() if a not in places})
        if view.value is not None:
            _draw_value(ax, rows, view.value, game.utility_bounds(), mover)
    return ax


@dataclass(frozen=True, slots=True)
class _View:
    """What a player thinks of a position.

    Attributes
    ----------
    policy : dict of int to float
        By legal action.
    value : float or None
        For the player to move; None: it does not say.
    played : int or None
        The move of the search.
    """

    policy: dict[int, float]
    value: float | None = None
    played: int | None = None


def _view(game: Game, state: State, player: Any, search: bool, seed: int) -> _View:
    made = make_player(player, game)
    if not isinstance(made, SearchPlayer):
        return _told(made, state, search)
    if not search:
        if made.evaluator is None or isinstance(made.evaluator, RandomRollouts):
            raise InvalidOptionError(
                f"{player_name(made)} has no network whose policy could be drawn; give a player "
                f"such as 'alphazero:PATH', or leave search=False away."
            )
        # a search of one simulation evaluates the root and does nothing else
        made = replace(made, options=PUCT(simulations=1))
    found = search_tree(game, made, state, seed).result
    policy = found.policy if search else found.priors
    return _View(
        dict(zip(found.actions.tolist(), policy.tolist(), strict=True)),
        float(found.value[found.player]),
        found.best if search else None,
    )


def _told(player: Any, state: State, search: bool) -> _View:
    """Of a player that does not search."""
    if not search or not callable(getattr(player, "probabilities", None)):
        lacks = "probabilities and does not search" if search else "network"
        raise InvalidOptionError(
            f"{player_name(player)} has no {lacks}, so there is no policy to draw; give a player "
            f"such as 'alphazero:PATH' or 'mcts'."
        )
    return _View(dict(player.probabilities(state)))


def _board(game: Game, state: State) -> tuple[list[str], dict[int, Place]]:
    """The rows of a position from the top, and the place of each legal action that has one."""
    begin, rows = game.new_initial_state(), _rows(state)
    height, width = len(rows), len(rows[0]) if rows else 0
    if game.num_players > len(SIGNS):
        raise _not_drawn(game, f"has {game.num_players} players, and x and o are two")
    if height < 2 or [len(row) for row in _rows(begin)] != [width] * height:
        raise _not_drawn(game, "does not draw its positions in rows of x, o and . or -")
    largest = max(begin.legal_actions(), default=0)
    places: dict[int, Place] = {}
    for action in state.legal_actions():
        # columns are all free at the beginning, and cells have numbers beyond the first row
        cell = (0, action) if largest < width else divmod(action, width)
        if action == height * width:
            continue  # to pass, to swap
        if action > height * width or rows[cell[0]][cell[1]] not in FREE:
            raise _not_drawn(game, "has actions that are neither free cells nor columns")
        places[action] = action if largest < width else cell
    return rows, places


def _rows(state: State) -> list[str]:
    """The lines of the text that have cells only, perhaps between the numbers of their row."""
    lines = ["".join(line.split()).strip("0123456789") for line in str(state).splitlines()]
    return [line for line in lines if line and set(line) <= set(SIGNS + FREE)]


def _not_drawn(game: Game, why: str) -> UnsupportedGameError:
    return UnsupportedGameError(
        f"{game.name} {why}; policies are drawn over the boards of tic_tac_toe, connect_four, hex "
        f"and othello, and mk.search_tree(...).plot() shows those of any game."
    )


def _size(rows: list[str], shares: dict[Place, float], heading: str) -> tuple[float, float]:
    """Inches, with room for the bar of the value and a second line of the heading."""
    width, height = board_size(rows, shares, heading)
    return width + CELL * ROOM, height + 0.2 * heading.count("\n")


def _ring(ax: Axes, rows: list[str], place: Place, mover: int) -> None:
    """Where the stone of the move that is played will be."""
    from matplotlib.patches import Circle
    from matplotlib.patheffects import Normal, Stroke

    if isinstance(place, tuple):
        row, column = place
    else:
        row, column = sum(line[place] in FREE for line in rows) - 1, place
    middle = (column + 0.5, row + 0.5)
    look: Any = {"edgecolor": FILLS[mover], "linewidth": 2.2, "linestyle": (0, (3, 1.5))}
    seen = [Stroke(linewidth=4.0, foreground="white"), Normal()]  # on any tint
    ax.add_patch(Circle(middle, RING, fill=False, zorder=4, path_effects=seen, **look))


def _name_others(ax: Axes, state: State, shares: dict[int, float]) -> None:
    mover = state.current_player()
    told = [f"{state.action_to_string(mover, a)}: {share:.0%}" for a, share in shares.items()]
    if told:
        ax.set_xlabel(", ".join(told))


def _draw_value(
    ax: Axes, rows: list[str], value: float, bounds: tuple[float, float], mover: int
) -> None:
    """A bar from the middle of the payoffs to the value, beside the board."""
    from matplotlib.patches import Rectangle

    height, left = len(rows), len(rows[0]) + GAUGE
    low, high = bounds
    share = min(max((value - low) / (high - low), 0.0), 1.0) if high > low else 0.5
    ax.add_patch(Rectangle((left, 0), WIDE, height, facecolor=RULE, edgecolor="none"))
    length = (0.5 - share) * height  # rows count from the top
    bar = Rectangle((left, height / 2), WIDE, length, facecolor=FILLS[mover], edgecolor="none")
    ax.add_patch(bar)
    ax.plot([left - 0.06, left + WIDE + 0.06], [height / 2] * 2, color=INK, linewidth=1, zorder=3)
    marks = ((0.0, high, "top"), (height / 2, (low + high) / 2, "center"), (height, low, "bottom"))
    for y, payoff, where in marks:
        look: Any = {"size": 9, "color": MUTED, "va": where, "ha": "left"}
        ax.text(left + WIDE + 0.12, y, _signed(payoff), **look)
    ax.set_xlim(right=len(rows[0]) + ROOM)


def _signed(payoff: float, digits: int | None = None) -> str:
    """With a sign, but for 0; all digits unless said otherwise."""
    text = f"{payoff:+g}" if digits is None else f"{payoff:+.{digits}f}"
    return (text if float(text) else text[1:]).replace("-", "\N{MINUS SIGN}")
