"""Exact pay-offs among realisation plans: the empirical game of a population, nothing simulated."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from marl_kit.core.errors import GameTooLargeError
from marl_kit.games.sequence_form import SequenceForm

if TYPE_CHECKING:
    import scipy.sparse

ENTRY_LIMIT = 50_000_000
"""Payoffs of an empirical game: 400 MB."""


def leaf_reach(form: SequenceForm, player: int, plans: np.ndarray) -> scipy.sparse.csr_array:
    """What each member of ``player`` contributes to the probability of each leaf, [n, L].

    Parameters
    ----------
    plans : float64 [n, Q_player]
        Realisation plans over the player's own sequences.
    """
    import scipy.sparse

    own = form.sequence[:, player] - form.player_sequences[player]
    return scipy.sparse.csr_array(plans[:, own])


def payoff_cells(form: SequenceForm, reaches: Sequence[scipy.sparse.csr_array]) -> np.ndarray:
    """Expected payoffs of every combination of members, float64 [P, n_1, ..., n_P].

    A cell is the sum over leaves of chance, the members' reaches and the payoff. Players are
    taken in order of the size of their populations, the largest last by one sparse product, so a
    new member against all others costs one product for each combination of the remaining players.

    Parameters
    ----------
    reaches : sequence of P sparse float64 [n_p, L]
        From ``leaf_reach``.
    """
    order = sorted(range(len(reaches)), key=lambda p: reaches[p].shape[0])
    weighted = form.chance[:, None] * form.payoffs
    cells = _cells(weighted, [reaches[p] for p in order])  # [n_order..., P]
    return np.ascontiguousarray(np.transpose(cells, (len(order), *np.argsort(order))))


def _cells(weighted: np.ndarray, reaches: Sequence[scipy.sparse.csr_array]) -> np.ndarray:
    first, *rest = reaches
    if not rest:
        return np.asarray(first @ weighted)
    rows = (first[[i]].toarray()[0] for i in range(first.shape[0]))
    return np.stack([_cells(weighted * row[:, None], rest) for row in rows])


def grown(
    form: SequenceForm,
    payoffs: np.ndarray,
    reaches: list[scipy.sparse.csr_array],
    added: Sequence[np.ndarray],
) -> tuple[np.ndarray, list[scipy.sparse.csr_array]]:
    """The empirical game with the plans ``added[p]``, float64 [k, Q_p], at the end of each axis.

    Only new cells are computed.

    Raises
    ------
    GameTooLargeError
        More than ``ENTRY_LIMIT`` payoffs.
    """
    import scipy.sparse

    sizes = [r.shape[0] + len(a) for r, a in zip(reaches, added, strict=True)]
    check_entries(sizes)
    reaches = list(reaches)
    for p, plans in enumerate(added):
        if len(plans):
            new = leaf_reach(form, p, plans)
            block = payoff_cells(form, [*reaches[:p], new, *reaches[p + 1 :]])
            payoffs = np.concatenate([payoffs, block], axis=p + 1)
            reaches[p] = scipy.sparse.vstack([reaches[p], new], format="csr")
    return payoffs, reaches


def check_entries(sizes: Sequence[int]) -> None:
    """Refuse an empirical game that does not fit."""
    entries = len(sizes) * math.prod(sizes)
    if entries > ENTRY_LIMIT:
        raise GameTooLargeError(
            f"populations of {' x '.join(map(str, sizes))} have {entries:,} payoffs, and at most "
            f"{ENTRY_LIMIT:,} are kept; run fewer iterations."
        )
