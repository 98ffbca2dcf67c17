"""Correlation plans: what correlated play means for pairs of sequences of two players."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from marl_kit.core.errors import GameTooLargeError, InvalidProfileError, UnsupportedGameError
from marl_kit.games.game import Game
from marl_kit.games.sequence_form import SequenceForm, parent_sequences
from marl_kit.games.tree import NO_INFOSET, read_only

PAIR_LIMIT = 1_000_000
"""Relevant pairs of sequences; the program of so many takes HiGHS hours already."""
IRRELEVANT = -1


@dataclass(frozen=True, eq=False, slots=True)
class CorrelationPlan:
    """Weights of the relevant pairs of sequences of a two-player game without chance moves.

    The weight of a pair is the probability that the profile of reduced strategies that is drawn
    plays both sequences. A pair is relevant if a play can pass through both of the infosets where
    its sequences end, or if one of them is empty (von Stengel and Forges 2008, definition 3.6).

    Attributes
    ----------
    pairs : int32 [R, 2]
        Sequences of player 0 and player 1, numbered as in the sequence form.
    weight : float64 [R]
    """

    game: Game
    pairs: np.ndarray
    weight: np.ndarray

    def __post_init__(self) -> None:
        if self.weight.shape != (len(self.pairs),) or not np.all(np.isfinite(self.weight)):
            raise InvalidProfileError(
                f"a correlation plan needs {len(self.pairs)} finite weights, one a pair of "
                f"sequences; shape {self.weight.shape} was given."
            )
        object.__setattr__(self, "pairs", read_only(self.pairs, np.int32))
        object.__setattr__(self, "weight", read_only(self.weight, np.float64))

    def matrix(self) -> np.ndarray:
        """The weights as float64 [Q_0, Q_1]; NaN at pairs that are not relevant."""
        start = self.game.sequence_form().player_sequences
        table = np.full((int(start[1]), int(start[2] - start[1])), np.nan)
        table[self.pairs[:, 0], self.pairs[:, 1] - start[1]] = self.weight
        return table

    def rows(self, tol: float = 1e-9) -> list[tuple[tuple[str, str], float]]:
        """Names and weights of the pairs at the leaves that are reached."""
        ends = {tuple(pair) for pair in self.game.sequence_form().sequence.tolist()}
        return [
            ((self._name(a, 0), self._name(b, 1)), float(w))
            for (a, b), w in zip(self.pairs.tolist(), self.weight, strict=True)
            if w > tol and (a, b) in ends
        ]

    def _name(self, q: int, player: int) -> str:
        form = self.game.sequence_form()
        parts: list[str] = []
        while q != form.player_sequences[player]:
            i = owner_infoset(form, q, player)
            parts.append(self.game.action_names(i)[q - int(form.first_sequence[i])])
            q = int(form.parent_sequence[i])
        return " ".join(reversed(parts)) or "(none)"


def owner_infoset(form: SequenceForm, q: int, player: int) -> int:
    """The infoset where the last move of a sequence that is not empty is made."""
    low, high = form.player_infosets[player : player + 2]
    return int(low + np.searchsorted(form.first_sequence[low:high], q, side="right") - 1)


def connected_infosets(game: Game) -> np.ndarray:
    """Which infosets of player 0 and player 1 some play passes through both, bool [I, I].

    Symmetric; infosets are numbered as in the tree, and pairs of one player are False.
    """
    tree, form = game.tree(), game.sequence_form()
    if tree.num_players != 2:
        raise UnsupportedGameError(
            f"correlation plans are for two players, and {game.name} has {tree.num_players}."
        )
    connected = np.zeros((tree.num_infosets, tree.num_infosets), bool)
    last_slot, parent_slot = parent_sequences(tree)
    infoset_of = np.repeat(np.arange(tree.num_infosets), tree.num_actions)
    nodes = np.flatnonzero(tree.infoset != NO_INFOSET)
    here, other = tree.infoset[nodes], last_slot[nodes, 1 - tree.player[nodes]]
    # a node's earlier infosets of the other player are those along that player's sequence
    while np.any(moved := other >= 0):
        here, above = here[moved], infoset_of[other[moved]]
        connected[here, above] = connected[above, here] = True
        other = parent_slot[above]
    assert form.num_infosets == tree.num_infosets
    return connected


def relevant_pairs(game: Game) -> np.ndarray:
    """The number of each relevant pair, int64 [Q_0, Q_1]; ``IRRELEVANT`` elsewhere.

    Columns are player 1's sequences counted from its empty one.

    Raises
    ------
    GameTooLargeError
        More than 1,000,000 pairs.
    UnsupportedGameError
        Not two players.
    """
    connected = connected_infosets(game)
    form = game.sequence_form()
    middle = int(form.player_infosets[1])
    table = connected[:middle, middle:]
    sizes = form.num_actions[:middle], form.num_actions[middle:]
    count = 1 + int(sizes[0].sum() + sizes[1].sum() + sizes[0] @ table.astype(int) @ sizes[1])
    if count > PAIR_LIMIT:
        raise GameTooLargeError(
            f"{game.name} has {count:,} relevant pairs of sequences, more than {PAIR_LIMIT:,}; "
            f"take a smaller game."
        )
    relevant = np.ones((1 + int(sizes[0].sum()), 1 + int(sizes[1].sum())), bool)
    relevant[1:, 1:] = np.repeat(np.repeat(table, sizes[0], axis=0), sizes[1], axis=1)
    return np.where(relevant, np.cumsum(relevant).reshape(relevant.shape) - 1, IRRELEVANT)
