"""The sequence form: treeplexes and merged leaves, the arrays that every kernel runs on.

von Stengel (1996), "Efficient computation of behavior strategies"; the treeplex is that of Hoda,
Gilpin, Pena and Sandholm (2010), "Smoothing techniques for computing Nash equilibria of sequential
games".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from marl_kit.core.errors import AbsentMindednessError, ImperfectRecallError
from marl_kit.games.tree import CHANCE, NO_INFOSET, GameTree, read_only

if TYPE_CHECKING:
    import scipy.sparse


@dataclass(frozen=True, eq=False, slots=True)
class SequenceForm:
    """A game with perfect recall: I infosets, S action slots, Q = S + P sequences, L leaves.

    Each player's sequences stand side by side: the empty one first, then one for each of the
    player's slots, so slot ``s`` of player ``p`` is sequence ``s + p + 1``. Infosets are in
    topological order (a parent before its children), the same numbers as in the tree.

    The leaves appear twice. ``sequence, chance, payoffs`` is the table; ``entry_*`` is the same
    sorted by sequence, once for each player, so that the expected pay-off of playing sequence
    ``q`` against realisation plans ``x`` is the sum over its entries ``e`` of
    ``entry_value[e] * prod_k x[entry_others[e, k]]``. For two players these are the compressed
    rows of A and of the transpose of B.
    """

    num_players: int
    infoset_player: np.ndarray  # int32 [I]
    first_sequence: np.ndarray  # int32 [I]; sequence of the infoset's first action
    num_actions: np.ndarray  # int32 [I]
    parent_sequence: np.ndarray  # int32 [I]; the owner's last sequence before the infoset
    player_infosets: np.ndarray  # int32 [P+1]; infosets of p: [p]:[p+1]
    player_sequences: np.ndarray  # int32 [P+1]; sequences of p: [p]:[p+1]
    sequence: np.ndarray  # int32 [L, P]; last sequence of each player
    chance: np.ndarray  # float64 [L]; probability of the chance moves
    payoffs: np.ndarray  # float64 [L, P]
    entry_offset: np.ndarray  # int32 [Q+1]; entries of sequence q: [q]:[q+1]
    entry_others: np.ndarray  # int32 [P*L, P-1]; the other players' sequences
    entry_value: np.ndarray  # float64 [P*L]; chance * payoff of the sequence's owner

    @property
    def num_infosets(self) -> int:
        return len(self.num_actions)

    @property
    def num_sequences(self) -> int:
        return int(self.player_sequences[-1])

    @property
    def num_leaves(self) -> int:
        return len(self.chance)

    def slot_sequences(self) -> np.ndarray:
        """The sequence of each action slot, int64 [S]."""
        empty = np.zeros(self.num_sequences, bool)
        empty[self.player_sequences[:-1]] = True
        return np.flatnonzero(~empty)

    def slot_infosets(self) -> np.ndarray:
        """The infoset of each action slot, int64 [S]."""
        return np.repeat(np.arange(self.num_infosets), self.num_actions)

    def payoff_matrix(self, player: int, shift: float = 0.0) -> scipy.sparse.csr_array:
        """Payoffs of ``player`` in a two-player game: own sequences x the other's, chance in.

        ``shift`` is subtracted from every payoff before it is weighted by chance: the
        probabilities of all leaves sum to 1, so the value moves by it and no strategy changes.
        """
        import scipy.sparse

        data = self.chance * (self.payoffs[:, player] - shift)
        start = self.player_sequences
        place = tuple(self.sequence[:, p] - start[p] for p in (player, 1 - player))
        shape = tuple(int(start[p + 1] - start[p]) for p in (player, 1 - player))
        return scipy.sparse.csr_array((data, place), shape=shape)


def parent_sequences(tree: GameTree) -> tuple[np.ndarray, np.ndarray]:
    """Every player's last slot before each node, and the owner's before each infoset.

    Returns
    -------
    last_slot : int32 [N, P]
        -1 where the player has not moved yet.
    parent_slot : int32 [I]

    Raises
    ------
    ImperfectRecallError
        Two nodes of an infoset follow different moves of their player.
    AbsentMindednessError
        One of them is below the other.
    """
    incoming = tree.incoming_slot()
    last_slot = np.full((tree.num_nodes, tree.num_players), -1, np.int32)
    for start, end in zip(tree.depth_offset[1:-1], tree.depth_offset[2:], strict=True):
        above = tree.parent[start:end]
        rows = last_slot[above]
        moved = np.flatnonzero(incoming[start:end] >= 0)
        rows[moved, tree.player[above[moved]]] = incoming[start + moved]
        last_slot[start:end] = rows
    nodes = np.flatnonzero(tree.infoset != NO_INFOSET)
    infoset = tree.infoset[nodes]
    own = last_slot[nodes, tree.player[nodes]]
    parent_slot = own[np.searchsorted(nodes, tree.first_nodes())]
    broken = np.flatnonzero(own != parent_slot[infoset])
    if len(broken):
        _refuse(tree, int(infoset[broken[0]]), int(nodes[broken[0]]))
    return last_slot, parent_slot


def _refuse(tree: GameTree, infoset: int, node: int) -> None:
    first = int(tree.first_nodes()[infoset])
    above = int(tree.parent[node])
    while above >= 0 and tree.infoset[above] != infoset:
        above = int(tree.parent[above])
    if above >= 0:
        raise AbsentMindednessError(
            f"player {tree.infoset_player[infoset]} is absent-minded at infoset "
            f"{tree.infoset_keys[infoset]!r}: the history {tree.history(node)} passes through it "
            f"after {tree.history(above)} already. Methods on the sequence form need perfect "
            f"recall; split the infoset."
        )
    raise ImperfectRecallError(
        f"player {tree.infoset_player[infoset]} has imperfect recall at infoset "
        f"{tree.infoset_keys[infoset]!r}: the histories {tree.history(first)} and "
        f"{tree.history(node)} lead there after different moves of its own. Methods on the "
        f"sequence form need perfect recall; split the infoset."
    )


def build_sequence_form(tree: GameTree) -> SequenceForm:
    """Compile a tree; leaves that agree in every player's sequence are merged."""
    last_slot, parent_slot = parent_sequences(tree)
    slots_of = np.bincount(
        tree.infoset_player, weights=tree.num_actions, minlength=tree.num_players
    ).astype(np.int64)
    player_sequences = np.concatenate([[0], np.cumsum(slots_of + 1)])
    infosets = np.bincount(tree.infoset_player, minlength=tree.num_players)

    leaves = np.flatnonzero(tree.num_children == 0)
    players = np.arange(tree.num_players)
    # slot s of player p is sequence s + p + 1, "no move yet" the player's empty sequence
    sequence = np.where(
        last_slot[leaves] >= 0, last_slot[leaves] + players + 1, player_sequences[:-1]
    ).astype(np.int32)
    sequence, chance, payoffs = _merge(sequence, _chance_reach(tree)[leaves], tree.payoffs)
    offset, others, value = _entries(sequence, chance, payoffs, int(player_sequences[-1]))
    owner = tree.infoset_player
    return SequenceForm(
        num_players=tree.num_players,
        infoset_player=tree.infoset_player,
        first_sequence=read_only(tree.infoset_offset[:-1] + owner + 1, np.int32),
        num_actions=read_only(tree.num_actions, np.int32),
        parent_sequence=read_only(
            np.where(parent_slot >= 0, parent_slot + owner + 1, player_sequences[owner]), np.int32
        ),
        player_infosets=read_only(np.concatenate([[0], np.cumsum(infosets)]), np.int32),
        player_sequences=read_only(player_sequences, np.int32),
        sequence=read_only(sequence),
        chance=read_only(chance),
        payoffs=read_only(payoffs),
        entry_offset=read_only(offset, np.int32),
        entry_others=read_only(others),
        entry_value=read_only(value),
    )


def _chance_reach(tree: GameTree) -> np.ndarray:
    reach = np.ones(tree.num_nodes)
    if not np.any(tree.player == CHANCE):
        return reach
    for start, end in zip(tree.depth_offset[1:-1], tree.depth_offset[2:], strict=True):
        reach[start:end] = reach[tree.parent[start:end]] * tree.chance_prob[start:end]
    return reach


def _merge(
    sequence: np.ndarray, chance: np.ndarray, payoffs: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sort leaves by their sequences and sum those that agree in all of them."""
    order = np.lexsort(sequence.T[::-1])
    sequence, chance, payoffs = sequence[order], chance[order], payoffs[order]
    new = np.ones(len(order), bool)
    new[1:] = np.any(sequence[1:] != sequence[:-1], axis=1)
    if np.all(new):
        return sequence, chance, payoffs
    first = np.flatnonzero(new)
    weight = np.add.reduceat(chance, first)
    total = np.add.reduceat(chance[:, None] * payoffs, first)
    # a leaf that chance never reaches keeps its pay-off of no consequence
    mean = np.divide(total, weight[:, None], out=payoffs[first].copy(), where=weight[:, None] > 0)
    return sequence[first], weight, mean


def _entries(
    sequence: np.ndarray, chance: np.ndarray, payoffs: np.ndarray, num_sequences: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    count, num_players = sequence.shape
    others = np.empty((num_players, count, num_players - 1), np.int32)
    value = np.empty((num_players, count))
    for p in range(num_players):
        # the table is sorted by player 0's sequence already
        order = np.argsort(sequence[:, p], kind="stable") if p else slice(None)
        others[p] = np.delete(sequence, p, axis=1)[order]
        value[p] = (chance * payoffs[:, p])[order]
    size = np.bincount(sequence.ravel(), minlength=num_sequences)
    offset = np.concatenate([[0], np.cumsum(size)])
    return offset, others.reshape(num_players * count, num_players - 1), value.ravel()
