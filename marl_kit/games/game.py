"""The handle of a game and the protocol of its states."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

import numpy as np

from marl_kit.core.progress import Progress, StatusProgress
from marl_kit.games.preorder import NODE_LIMIT
from marl_kit.games.tree import CHANCE, NO_INFOSET, GameTree

if TYPE_CHECKING:
    from marl_kit.games.normal_form import NormalFormGame
    from marl_kit.games.sequence_form import SequenceForm

Form = Literal["normal", "extensive", "board", "team"]
CONSTANT_SUM_TOLERANCE = 1e-9
"""Relative to the payoff range: what rounding in a file of decimal numbers can leave."""


@runtime_checkable
class State(Protocol):
    """A position of a game; a subset of OpenSpiel's Python API, so ``pyspiel.State`` is one."""

    def current_player(self) -> int: ...
    def is_terminal(self) -> bool: ...
    def is_chance_node(self) -> bool: ...
    def is_simultaneous_node(self) -> bool: ...
    def legal_actions(self, player: int = ...) -> list[int]: ...
    def chance_outcomes(self) -> list[tuple[int, float]]: ...
    def apply_action(self, action: int) -> None: ...
    def child(self, action: int) -> State: ...
    def clone(self) -> State: ...
    def returns(self) -> list[float]: ...
    def rewards(self) -> list[float]: ...
    def history(self) -> list[int]: ...
    def num_players(self) -> int: ...
    def information_state_string(self, player: int = ...) -> str: ...
    def observation_tensor(self, player: int = ...) -> list[float]: ...
    def action_to_string(self, player: int, action: int) -> str: ...


@dataclass(frozen=True, slots=True)
class Properties:
    """What is known of a game, read off its matrix or its compiled tree.

    ``zero_sum`` is literal (payoffs sum to 0 everywhere); ``constant_sum`` is the weaker property
    that zero-sum methods need. ``perfect_information``: every infoset is a single node.
    ``exact``: rational payoffs and chance probabilities are kept. ``payoff_range``: the largest
    range of any one player's payoffs.
    """

    num_players: int
    enumerable: bool
    perfect_information: bool
    perfect_recall: bool
    zero_sum: bool
    constant_sum: bool
    stochastic: bool
    exact: bool
    payoff_range: float

    @property
    def two_player(self) -> bool:
        return self.num_players == 2


class Game(ABC):
    """A light handle; trees, sequence forms and matrices are built on first use and kept.

    Attributes
    ----------
    spec : str
        A string from which ``mk.load_game`` makes the game again; empty for a game made in
        Python, which can be written with ``save``.
    name : str
        What to call it in tables.
    form : "normal", "extensive", "board" or "team"
    num_players : int
    note : str
        How the game differs from what was asked for, such as simultaneous moves that became turns;
        empty where it does not. It stands in ``repr`` and in the note of every solution.
    """

    form: Form = "extensive"
    note: str = ""

    def __init__(self, *, name: str, num_players: int, spec: str = ""):
        self.name, self.num_players, self.spec = name, num_players, spec
        self._tree: GameTree | None = None
        self._sequence_form: SequenceForm | None = None
        self._normal_form: NormalFormGame | None = None
        self._properties: Properties | None = None
        self._infoset_index: dict[Hashable, int] | None = None

    @abstractmethod
    def new_initial_state(self) -> State:
        """The position before the first move."""

    def begin(self, seed: int) -> State:
        """The same, for a game that is played for real: rules that draw their own chance (those of
        PettingZoo do) draw it from ``seed``. Chance nodes do not depend on it."""
        return self.new_initial_state()

    @abstractmethod
    def _build_tree(self, node_limit: int, progress: Progress) -> GameTree:
        """Enumerate the game."""

    @abstractmethod
    def action_names(self, infoset: int) -> tuple[str, ...]:
        """What the actions at an infoset of ``tree()`` are called."""

    def infoset_key(self, state: State) -> Hashable:
        """The key under which a policy finds the infoset of the player to move."""
        return state.information_state_string()

    def key_aliases(self) -> dict[Hashable, Hashable]:
        """Other names of infosets that a profile may use, as ``{alias: key}``."""
        return {}

    def tree(
        self,
        node_limit: int = NODE_LIMIT,
        *,
        cache: str | Path | None = None,
        progress: bool = False,
    ) -> GameTree:
        """Every node of the game, as arrays.

        Parameters
        ----------
        node_limit : int
        cache : str or Path, optional
            A folder of compiled games: the tree is opened from there if it was compiled before
            from the same source, else compiled and put there.
        progress : bool
            Nodes and memory so far, on stderr.

        Raises
        ------
        GameTooLargeError
            More than ``node_limit`` nodes (3,000,000 unless you say otherwise), or more than the
            free memory holds.
        """
        if self._tree is None:
            shown = StatusProgress(f"compiling {self.name}") if progress else Progress()
            with shown:
                if cache is None:
                    self._tree = self._build_tree(node_limit, shown)
                else:
                    from marl_kit.games.tree_store import cached_tree

                    self._tree = cached_tree(self, cache, node_limit, shown)
        return self._tree

    def sequence_form(self) -> SequenceForm:
        """The treeplexes and merged leaves of the game.

        Raises
        ------
        ImperfectRecallError
            A player forgets; the message names the infoset.
        """
        if self._sequence_form is None:
            from marl_kit.games.sequence_form import build_sequence_form

            self._sequence_form = build_sequence_form(self.tree())
        return self._sequence_form

    def to_normal_form(self) -> NormalFormGame:
        """The reduced normal form: a player's strategies that differ only where they cannot be
        reached are one."""
        if self._normal_form is None:
            from marl_kit.games.reduced_normal_form import reduced_normal_form

            self._normal_form = reduced_normal_form(self)
        return self._normal_form

    @property
    def info(self) -> Properties:
        """Properties, found by looking at every payoff and infoset."""
        if self._properties is None:
            self._properties = tree_properties(self.tree())
        return self._properties

    @property
    def perfect_information(self) -> bool:
        """Whether the player to move always knows the whole history; said without enumerating
        where the rules tell it."""
        return self.info.perfect_information

    def utility_bounds(self) -> tuple[float, float]:
        """The smallest and the largest payoff of any player; bounds, where the rules tell no
        more."""
        payoffs = self.tree().payoffs
        return float(payoffs.min()), float(payoffs.max())

    def save(self, path: str | Path) -> None:
        """Write the game as ``.nfg`` or ``.efg`` (Gambit's formats), by the ending of ``path``.

        An extensive game saved as ``.nfg`` is its reduced normal form.
        """
        from marl_kit.games.save import save_game

        save_game(self, Path(path))

    def __repr__(self) -> str:
        facts = f"{self.spec or self.name!r}, players={self.num_players}"
        return f"{type(self).__name__}({facts}{f', note={self.note!r}' if self.note else ''})"


def tree_properties(tree: GameTree) -> Properties:
    """Read the properties of a game off its tree."""
    from marl_kit.core.errors import ImperfectRecallError
    from marl_kit.games.sequence_form import parent_sequences

    exact = None if tree.exact is None else np.array(tree.exact.payoffs, object)
    zero_sum, constant_sum = sums_of_payoffs(tree.payoffs, exact)
    decisions = tree.infoset[tree.infoset != NO_INFOSET]
    try:
        parent_sequences(tree)
        recall = True
    except ImperfectRecallError:
        recall = False
    return Properties(
        num_players=tree.num_players,
        enumerable=True,
        perfect_information=len(decisions) == tree.num_infosets,
        perfect_recall=recall,
        zero_sum=zero_sum,
        constant_sum=constant_sum,
        stochastic=bool(np.any(tree.player == CHANCE)),
        exact=tree.exact is not None,
        payoff_range=payoff_range(tree.payoffs),
    )


def payoff_range(payoffs: np.ndarray) -> float:
    """The largest range of any one player, payoffs [outcomes, P].

    Not the range over all players together: what is added to one player's payoffs changes no
    game, and must not loosen a tolerance.
    """
    return float(np.ptp(payoffs, axis=0).max())


def sums_of_payoffs(payoffs: np.ndarray, exact: np.ndarray | None) -> tuple[bool, bool]:
    """Whether payoffs [outcomes, P] sum to 0, and to a constant; exactly where that is known."""
    if exact is not None:
        sums = set(exact.sum(axis=1).tolist())
        return sums == {0}, len(sums) == 1
    total = payoffs.sum(axis=1)
    rounding = 4 * np.finfo(float).eps * payoffs.shape[1] * float(np.abs(payoffs).max())
    # an offset so large that rounding could hide the game itself is never called constant
    slack = min(
        CONSTANT_SUM_TOLERANCE * payoff_range(payoffs) + rounding, payoff_range(payoffs) / 4
    )
    return bool(np.all(np.abs(total) <= slack)), bool(np.ptp(total) <= slack)
