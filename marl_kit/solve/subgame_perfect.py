"""All subgame-perfect equilibria in pure strategies of a game of perfect information."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import islice
from typing import Any

import numpy as np

from marl_kit.core.errors import InvalidOptionError, UnsupportedGameError
from marl_kit.core.interrupt import StopRequest, stop_on_ctrl_c
from marl_kit.core.results import Status, aligned, format_vector, html_table
from marl_kit.evaluate.exploitability import expected_values, nash_conv_of
from marl_kit.evaluate.lines import lines_of_play
from marl_kit.games.game import Game, payoff_range
from marl_kit.games.load import as_game
from marl_kit.games.policy import TabularPolicy
from marl_kit.games.tree import CHANCE, TERMINAL, GameTree, read_only

LIMIT = 1_000
TIE = 1e-12
"""Relative to the payoff range: what rounding in averages over chance can make of a tie. Games
with exact numbers are compared exactly."""
SHOWN = 20
"""Lines of the printed form."""

Numbers = tuple[Any, ...]
"""A payoff for each player, Fractions or floats."""


@dataclass(frozen=True, eq=False, slots=True)
class SubgamePerfectSet:
    """K subgame-perfect equilibria in pure strategies.

    Iterating, ``len`` and ``[i]`` give policies.

    Attributes
    ----------
    profiles : tuple of K TabularPolicy
        Each with an action at every infoset, reached or not.
    values : float64 [K, P]
    certificates : float64 [K]
        NashConv of each.
    status : Status
        COMPLETE_SUBGAME_PERFECT, EQUILIBRIUM_LIMIT or INTERRUPTED.
    """

    game: Any = field(repr=False)
    profiles: tuple[TabularPolicy, ...]
    values: np.ndarray
    certificates: np.ndarray
    status: Status

    @property
    def complete(self) -> bool:
        """Whether no other one exists in pure strategies."""
        return self.status is Status.COMPLETE_SUBGAME_PERFECT

    def __len__(self) -> int:
        return len(self.profiles)

    def __iter__(self) -> Iterator[TabularPolicy]:
        return iter(self.profiles)

    def __getitem__(self, i: int) -> TabularPolicy:
        return self.profiles[i]

    def rows(self) -> list[tuple[str, str]]:
        """Label and text of each line of the printed form."""
        lines = [
            ("game", self.game.spec or self.game.name),
            ("status", f"{self.status.name}: {self.status.sentence}"),
            ("equilibria", f"{len(self):,} subgame-perfect in pure strategies"),
        ]
        for i, policy in enumerate(self.profiles[:SHOWN]):
            play = lines_of_play(self.game, policy, 1)[0]
            names = "  ".join(name for _, name in play.moves)
            lines.append((f"[{i}]", f"{names}   values {format_vector(self.values[i].tolist())}"))
        if len(self) > SHOWN:
            lines.append(("...", f"{len(self) - SHOWN:,} more"))
        return lines

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers, lists and strings."""
        return {
            "game": self.game.spec or self.game.name,
            "status": self.status.name,
            "status_text": self.status.sentence,
            "complete": self.complete,
            "equilibria": [
                {str(key): row for key, row in policy.to_dict().items()} for policy in self
            ],
            "values": self.values.tolist(),
            "certificates": self.certificates.tolist(),
        }

    def __repr__(self) -> str:
        return aligned("SubgamePerfectSet", self.rows())

    def _repr_html_(self) -> str:
        return html_table(self.rows())


def subgame_perfect(game: Any, limit: int = LIMIT) -> SubgamePerfectSet:
    """Every subgame-perfect equilibrium in pure strategies, by backward induction with ties.

    A player that is indifferent at a node may choose either action, and the players above it may
    then choose differently: each combination is an equilibrium of its own (Kuhn 1953; Osborne and
    Rubinstein 1994, section 6.2). Mixtures of choices between which the mover is indifferent are
    subgame-perfect too and not listed. Ctrl-C returns what was found.

    Parameters
    ----------
    game : Game, spec string or pyspiel.Game
        Of perfect information, with any number of players and with chance or without.
    limit : int
        How many to list; ties multiply fast. ``complete`` says whether there are more.

    Raises
    ------
    UnsupportedGameError
        Some infoset has several nodes.

    Examples
    --------
    >>> import marl_kit as mk
    >>> found = mk.subgame_perfect("ultimatum_4")
    >>> len(found), found.complete
    (2, True)
    """
    if isinstance(limit, bool) or not isinstance(limit, int | np.integer) or limit < 1:
        raise InvalidOptionError(f"limit is {limit!r}; give a whole number of at least 1.")
    game = _of_perfect_information(game)
    with stop_on_ctrl_c() as stop:
        found = list(islice(_search(game.tree(), stop), int(limit) + 1))
    status = Status.INTERRUPTED if stop.requested else Status.COMPLETE_SUBGAME_PERFECT
    if len(found) > limit:
        found, status = found[:limit], Status.EQUILIBRIUM_LIMIT
    profiles = tuple(TabularPolicy(game, p) for p in found)
    values = [expected_values(game, p) for p in profiles]
    return SubgamePerfectSet(
        game=game,
        profiles=profiles,
        values=read_only(np.array(values).reshape(len(profiles), game.num_players)),
        certificates=read_only(np.array([nash_conv_of(game, p) for p in profiles])),
        status=status,
    )


def iter_subgame_perfect(game: Any) -> Iterator[TabularPolicy]:
    """The policies of ``subgame_perfect`` one by one, without a limit."""
    game = _of_perfect_information(game)
    return (TabularPolicy(game, p) for p in _search(game.tree(), StopRequest()))


def _of_perfect_information(game: Any) -> Game:
    game = as_game(game)
    if not game.info.perfect_information:
        raise UnsupportedGameError(
            f"subgame-perfect equilibria are found by backward induction, which needs perfect "
            f"information (every infoset a single node), and {game.name} has infosets of several "
            f"nodes; use mk.all_equilibria for its Nash equilibria."
        )
    return game


def _search(tree: GameTree, stop: StopRequest) -> Iterator[np.ndarray]:
    """Depth first over the choices at ties, from the last node of the tree up to its root.

    Nodes stand breadth-first, so from the end on every node follows all nodes below it: when it is
    decided its children's values are known, and taking a choice back touches only what is above.
    """
    value = _leaf_values(tree)
    tie = 0 if tree.exact is not None else TIE * payoff_range(tree.payoffs)
    inner = [int(n) for n in np.flatnonzero(tree.player != TERMINAL)[::-1]]
    choices: list[list[int]] = [[] for _ in inner]  # children that are best, at each inner node
    pick = [0] * len(inner)
    k = 0
    while not stop.requested:
        if k < len(inner):
            choices[k], pick[k] = _best_children(tree, inner[k], value, tie), 0
        else:
            yield _probabilities(tree, choices, pick)
            k = _last_open(choices, pick)
            if k < 0:
                return
            pick[k] += 1
        _take(tree, inner[k], choices[k][pick[k]], value)
        k += 1


def _leaf_values(tree: GameTree) -> dict[int, Numbers]:
    rows = tree.exact.payoffs if tree.exact is not None else tree.payoffs.tolist()
    leaves = np.flatnonzero(tree.player == TERMINAL).tolist()
    return {node: tuple(rows[tree.terminal_index[node]]) for node in leaves}


def _children(tree: GameTree, node: int) -> range:
    first = int(tree.first_child[node])
    return range(first, first + int(tree.num_children[node]))


def _best_children(tree: GameTree, node: int, value: dict[int, Numbers], tie: float) -> list[int]:
    """The children that the mover may choose; below chance there is nothing to choose."""
    mover = int(tree.player[node])
    if mover == CHANCE:
        return [int(tree.first_child[node])]
    own = {child: value[child][mover] for child in _children(tree, node)}
    best = max(own.values())
    return [child for child, v in own.items() if best - v <= tie]


def _take(tree: GameTree, node: int, chosen: int, value: dict[int, Numbers]) -> None:
    if tree.player[node] != CHANCE:
        value[node] = value[chosen]
        return
    exact = tree.exact
    total: list[Any] = [Fraction(0) if exact is not None else 0.0] * tree.num_players
    for child in _children(tree, node):
        p = exact.chance[child] if exact is not None else float(tree.chance_prob[child])
        total = [a + p * b for a, b in zip(total, value[child], strict=True)]
    value[node] = tuple(total)


def _last_open(choices: list[list[int]], pick: list[int]) -> int:
    """The last place where another choice is left, -1 if nowhere."""
    for k in reversed(range(len(pick))):
        if pick[k] + 1 < len(choices[k]):
            return k
    return -1


def _probabilities(tree: GameTree, choices: list[list[int]], pick: list[int]) -> np.ndarray:
    chosen = np.array([best[i] for best, i in zip(choices, pick, strict=True)], np.int64)
    slots = tree.incoming_slot()[chosen]
    probabilities = np.zeros(tree.num_slots)
    probabilities[slots[slots >= 0]] = 1.0
    return probabilities
