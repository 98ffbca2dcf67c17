"""Games in normal (strategic) form."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from marl_kit.core.errors import InvalidGameError
from marl_kit.core.progress import Progress
from marl_kit.games.game import Game, Properties, payoff_range, sums_of_payoffs
from marl_kit.games.numbers import exact_array, exact_or_float_array, float_array
from marl_kit.games.preorder import Preorder, assemble, guard_size
from marl_kit.games.tree import NO_INFOSET, TERMINAL, GameTree, read_only

if TYPE_CHECKING:
    import pandas as pd

    from marl_kit.games.game import State


class NormalFormGame(Game):
    """A game of P players who choose once, at the same time.

    Parameters
    ----------
    payoffs : array_like [P, A_1, ..., A_P]
        ``payoffs[p][a_1, ..., a_P]`` is what player ``p`` gets. Integers, Fractions and strings
        such as ``"1/3"`` keep their exact value; a float ``x`` counts as ``Fraction(repr(x))``.
    actions : sequence of P sequences of str, optional
        Names of the actions.
    name : str
    player_names : sequence of P str, optional

    Raises
    ------
    InvalidGameError
        Ragged or empty payoffs, NaN or infinity (with the offending index), wrong shapes.

    Examples
    --------
    >>> game = NormalFormGame.from_bimatrix([[-1, -3], [0, -2]], [[-1, 0], [-3, -2]])
    >>> game.num_players, game.num_actions
    (2, (2, 2))
    """

    form = "normal"

    def __init__(
        self,
        payoffs: Any,
        actions: Sequence[Sequence[str]] | None = None,
        name: str = "",
        *,
        player_names: Sequence[str] | None = None,
        spec: str = "",
    ):
        values = float_array(payoffs)
        _check_shape(values)  # before anything is exact: it can name the place of a NaN
        exact = exact_array(payoffs)
        super().__init__(name=name or "unnamed game", num_players=len(values), spec=spec)
        self.payoffs = read_only(values)  # float64 [P, A_1, ..., A_P]
        self._exact_payoffs = exact  # object [P, A_1, ..., A_P] of Fraction, or None for floats
        self._decimals: np.ndarray | None = None
        self.num_actions: tuple[int, ...] = values.shape[1:]
        self.actions = _action_names(actions, self.num_actions)
        if player_names is not None and len(player_names) != self.num_players:
            raise InvalidGameError(
                f"{len(player_names)} player names for {self.num_players} players."
            )
        self.player_names = tuple(
            player_names or (f"Player {p + 1}" for p in range(self.num_players))
        )

    @classmethod
    def from_bimatrix(cls, A: Any, B: Any = None, **names: Any) -> NormalFormGame:
        """The two-player game with row payoffs ``A`` and column payoffs ``B`` (default ``-A``)."""
        first = exact_or_float_array(A)
        second = -first if B is None else exact_or_float_array(B)
        if first.shape != second.shape:
            raise InvalidGameError(
                f"A has shape {first.shape} and B has shape {second.shape}; they must be equal."
            )
        return cls(np.stack([first, second]), **names)

    @classmethod
    def from_frame(cls, *frames: Any, name: str = "") -> NormalFormGame:
        """The game of a pandas table, or of two; labels become names of actions.

        Parameters
        ----------
        *frames : DataFrame
            One frame whose index and columns are the actions of two players and whose cells are
            pairs, ``(a, b)`` or ``"a, b"``; or two frames, of the row's and of the column's
            payoffs; or one row a profile: a MultiIndex of the P actions and P columns of payoffs.
        name : str

        Raises
        ------
        InvalidGameError
            With the label of the row and column.
        """
        from marl_kit.games.pandas_tables import from_frame

        if len(frames) not in (1, 2):
            raise InvalidGameError(f"{len(frames)} frames were given; give one, or two.")
        return from_frame(frames, name)

    def to_frame(self, long: bool | None = None) -> pd.DataFrame:
        """The payoffs as a pandas table, which ``from_frame`` reads back exactly.

        Two players: actions as index and columns, cells ``"a, b"``. Others, and ``long=True``: a
        MultiIndex of the actions, one column of payoffs a player.
        """
        from marl_kit.games.pandas_tables import to_frame

        return to_frame(self, long)

    @property
    def exact_payoffs(self) -> np.ndarray:
        """Payoffs as Fractions, object [P, A_1, ..., A_P]; floats as their shortest decimals."""
        if self._exact_payoffs is not None:
            return self._exact_payoffs
        if self._decimals is None:  # kept apart: floats are still judged with room for rounding
            self._decimals = np.vectorize(lambda x: Fraction(repr(float(x))), otypes=[object])(
                self.payoffs
            )
        return self._decimals

    @property
    def info(self) -> Properties:
        if self._properties is None:
            outcomes = self.payoffs.reshape(self.num_players, -1).T
            exact = self._exact_payoffs
            zero_sum, constant_sum = sums_of_payoffs(
                outcomes, None if exact is None else exact.reshape(self.num_players, -1).T
            )
            self._properties = Properties(
                num_players=self.num_players,
                enumerable=True,
                perfect_information=self.num_players == 1,
                perfect_recall=True,
                zero_sum=zero_sum,
                constant_sum=constant_sum,
                stochastic=False,
                exact=True,
                payoff_range=payoff_range(outcomes),
            )
        return self._properties

    def new_initial_state(self) -> State:
        """The position before player 0 chooses; later players do not see earlier choices."""
        from marl_kit.games.tree_game import TreeState

        return TreeState(self, 0)

    def action_names(self, infoset: int) -> tuple[str, ...]:
        return self.actions[infoset]

    def to_normal_form(self) -> NormalFormGame:
        return self

    def _build_tree(self, node_limit: int, progress: Progress) -> GameTree:
        nodes, level = 1, 1
        for n in self.num_actions:
            level *= n
            nodes += level
        guard_size(nodes, node_limit)
        return _tree(self)


def unequal_sums(game: NormalFormGame) -> str:
    """Where the sum of the payoffs differs most from that of the first cell, in words."""
    payoffs = game.payoffs if game._exact_payoffs is None else game._exact_payoffs
    sums = payoffs.sum(axis=0)
    first = (0,) * sums.ndim
    apart = np.abs(sums - sums[first]).astype(np.float64)
    cell = tuple(int(a) for a in np.unravel_index(int(np.argmax(apart)), apart.shape))
    at = f"{float(sums[first]):.12g} at actions {first} and to {float(sums[cell]):.12g} at {cell}"
    return f"payoffs sum to {at}"


def _check_shape(payoffs: np.ndarray) -> None:
    shape = payoffs.shape
    if len(shape) < 2 or len(shape) != shape[0] + 1 or 0 in shape:
        raise InvalidGameError(
            f"payoffs have shape {shape}; give [P, A_1, ..., A_P]: one table of as many axes as "
            f"players for each of the P players, with at least one action each."
        )
    bad = np.argwhere(~np.isfinite(payoffs))
    if len(bad):
        player, *actions = (int(i) for i in bad[0])
        raise InvalidGameError(
            f"the payoff of player {player} at actions {tuple(actions)} is "
            f"{payoffs[tuple(bad[0])]}; payoffs must be finite numbers."
        )
    flat = payoffs.reshape(shape[0], -1)
    halves = flat.max(axis=1) / 2 - flat.min(axis=1) / 2  # of the range, which may overflow
    wide = np.flatnonzero(halves > np.finfo(float).max / 2)
    if len(wide):
        row = flat[wide[0]]
        raise InvalidGameError(
            f"the payoffs of player {int(wide[0])} go from {row.min():g} to {row.max():g}; their "
            f"range must be a finite number, so rescale them."
        )


def _action_names(
    actions: Sequence[Sequence[str]] | None, sizes: tuple[int, ...]
) -> tuple[tuple[str, ...], ...]:
    if actions is None:
        return tuple(tuple(str(a) for a in range(n)) for n in sizes)
    try:
        names = tuple(tuple(str(a) for a in row) for row in actions)
    except TypeError as error:
        raise InvalidGameError(
            f"actions are {actions!r}; give each player a list of names."
        ) from error
    if tuple(len(row) for row in names) != sizes:
        raise InvalidGameError(
            f"actions name {tuple(len(row) for row in names)} actions and the payoffs have "
            f"{sizes}; give one name an action."
        )
    return names


def _tree(game: NormalFormGame) -> GameTree:
    """Players move one after another and see nothing: infoset p belongs to player p."""
    rows = Preorder(game.num_players)
    for p, n in enumerate(game.num_actions):
        rows.add_infoset(str(p), p, range(n))
    last = game.num_players - 1
    stack: list[tuple[int, int, tuple[int, ...]]] = [(-1, 0, ())]
    leaves: list[tuple[int, ...]] = []
    while stack:
        parent, action, joint = stack.pop()
        if len(joint) > last:
            rows.add(parent, action, TERMINAL, 1.0, NO_INFOSET)
            leaves.append(joint)
            continue
        row = rows.add(parent, action, len(joint), 1.0, len(joint))
        for a in reversed(range(game.num_actions[len(joint)])):
            stack.append((row, a, (*joint, a)))
    rows.payoffs.frombytes(
        np.ascontiguousarray(game.payoffs.reshape(game.num_players, -1).T).tobytes()
    )
    exact = game._exact_payoffs  # floats stay floats: a million Fractions take seconds
    if exact is not None:
        players = range(game.num_players)
        rows.exact_payoffs = [tuple(exact[(p, *j)] for p in players) for j in leaves]
        rows.exact_chance = {}
    return assemble(rows)
