"""A two-player zero-sum game in which only some actions may be played, solved exactly.

Only infosets that can be reached and that leave a choice have variables of their own: a forced
action is the sequence before it, and leaves that then agree are summed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse

from marl_kit.games.sequence_form import SequenceForm
from marl_kit.solve import _treeplex_kernels
from marl_kit.solve.lp import maximin_plans


@dataclass(frozen=True, eq=False, slots=True)
class RestrictedGame:
    """The compact sequence form: ``size[p]`` variables of player p, the first one constant 1."""

    column: np.ndarray  # int64 [Q]; the variable of each sequence, -1 if it is never played
    size: np.ndarray  # int64 [2]
    A: scipy.sparse.csr_array  # [size[0], size[1]]; payoffs of player 0, chance in, shifted
    constraints: tuple[scipy.sparse.csr_array, scipy.sparse.csr_array]  # E x = (1, 0, ..., 0)


def restrict(form: SequenceForm, allowed: np.ndarray) -> RestrictedGame:
    """The game in which player p chooses among the ``allowed`` sequences, bool [Q].

    At least one action of every infoset has to be allowed.
    """
    column = np.empty(form.num_sequences, np.int64)
    size = np.zeros(form.num_players, np.int64)
    _treeplex_kernels.number_columns(
        allowed,
        form.player_infosets,
        form.player_sequences,
        form.first_sequence,
        form.num_actions,
        form.parent_sequence,
        column,
        size,
    )
    rows, columns = column[form.sequence[:, 0]], column[form.sequence[:, 1]]
    kept = (rows >= 0) & (columns >= 0)
    own = form.payoffs[:, 0]
    # with an offset left in, the linear program's tolerance could swallow the game
    data = form.chance * (own - (own.max() + own.min()) / 2)
    A = scipy.sparse.csr_array(
        (data[kept], (rows[kept], columns[kept])), shape=(int(size[0]), int(size[1]))
    )
    A.sum_duplicates()
    E, F = (_constraints(form, column, int(size[p]), p) for p in range(2))
    return RestrictedGame(column, size, A, (E, F))


def _constraints(
    form: SequenceForm, column: np.ndarray, size: int, player: int
) -> scipy.sparse.csr_array:
    """The first variable is 1; the actions at an infoset share the weight before it."""
    low, high = form.player_infosets[player : player + 2]
    slots = form.slot_sequences()
    infoset = form.slot_infosets()
    before = column[form.parent_sequence][infoset]
    mine = (infoset >= low) & (infoset < high)
    branch = mine & (column[slots] >= 0) & (column[slots] != before)
    rows, first = np.unique(infoset[branch], return_index=True)
    count = len(rows)
    row = np.concatenate([[0], 1 + np.arange(count), 1 + np.searchsorted(rows, infoset[branch])])
    place = np.concatenate([[0], before[branch][first], column[slots][branch]])
    value = np.concatenate([[1.0], np.full(count, -1.0), np.ones(int(branch.sum()))])
    return scipy.sparse.csr_array((value, (row, place)), shape=(count + 1, size))


def solve_restricted(form: SequenceForm, game: RestrictedGame) -> np.ndarray:
    """Realisation plans of an equilibrium of the restricted game, float64 [Q]."""
    x, y, _ = maximin_plans(game.A, *game.constraints)
    plan = np.zeros(form.num_sequences)
    for p, weights in enumerate((x, y)):
        own = slice(int(form.player_sequences[p]), int(form.player_sequences[p + 1]))
        column = game.column[own]
        plan[own] = np.where(column >= 0, np.maximum(weights, 0.0)[column], 0.0)
    return plan
