"""What may be gained by deviating from a drawn profile, as rows of linear constraints.

Every deviation here is a map from a player's recommended strategy to the one that it plays
instead; the concepts differ in which maps there are (Morrill et al. 2021, "Efficient deviation
types and learning for hindsight rationality in extensive-form games"). A distribution over
profiles is an equilibrium if no map gains on average.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from marl_kit.core.errors import GameTooLargeError
from marl_kit.games.game import Game
from marl_kit.games.reduced_normal_form import pure_strategies
from marl_kit.games.sequence_form import SequenceForm

if TYPE_CHECKING:
    import scipy.sparse

ENTRY_LIMIT = 20_000_000
"""Non-zero gains; so many take a gigabyte in HiGHS."""

Map = tuple[np.ndarray, np.ndarray]
"""The recommended strategies that are changed, and what is played instead."""


def deviation_gains(game: Game, concept: str) -> scipy.sparse.csr_array:
    """Gain of every deviation at every pure profile, float64 [K, A_1 * ... * A_P].

    Gains of one deviation are in units of its largest: beside one forbidden outcome the others
    would be lost in a solver's tolerance.

    Raises
    ------
    GameTooLargeError
        More than 20,000,000 entries; found out before they are all there.
    """
    import scipy.sparse

    matrix = game.to_normal_form()
    if game.form == "normal":
        concept = concept.removeprefix("ef")
    number = np.arange(matrix.payoffs[0].size).reshape(matrix.num_actions)
    columns: list[np.ndarray] = []
    values: list[np.ndarray] = []
    entries = 0
    for p in range(game.num_players):
        payoffs = np.moveaxis(matrix.payoffs[p], p, 0).reshape(matrix.num_actions[p], -1)
        place = np.moveaxis(number, p, 0).reshape(matrix.num_actions[p], -1)
        for told, played in _maps(game, p, concept):
            gain = (payoffs[played] - payoffs[told]).ravel()
            gain /= np.abs(gain).max(initial=0.0) or 1.0
            known = np.flatnonzero(gain)
            columns.append(place[told].ravel()[known])
            values.append(gain[known])
            entries += len(known)
            _guard(game, entries, number.size)
    if not columns:
        return scipy.sparse.csr_array((0, number.size))
    starts = np.cumsum([0, *map(len, columns)])
    parts = (np.concatenate(values), np.concatenate(columns), starts)
    return scipy.sparse.csr_array(parts, shape=(len(columns), number.size))


def _guard(game: Game, entries: int, profiles: int) -> None:
    if entries > ENTRY_LIMIT:
        raise GameTooLargeError(
            f"the deviations of {game.name} from its {profiles:,} pure profiles have more than "
            f"{ENTRY_LIMIT:,} gains; take concept='cce', which has the fewest, or a smaller game."
        )


def _maps(game: Game, player: int, concept: str) -> Iterator[Map]:
    if concept in ("ce", "cce"):
        size = game.to_normal_form().num_actions[player]
        yield from _swaps(size) if concept == "ce" else _constants(size)
        return
    form = game.sequence_form()
    strategies = pure_strategies(form, player)
    for i in range(form.player_infosets[player], form.player_infosets[player + 1]):
        for q in _told(form, i, concept):
            yield from _leaving(form, strategies, i, q)


def _swaps(size: int) -> Iterator[Map]:
    """One strategy for one other."""
    for told in range(size):
        for played in range(size):
            if told != played:
                yield np.array([told]), np.array([played])


def _constants(size: int) -> Iterator[Map]:
    for played in range(size):
        told = np.delete(np.arange(size), played)
        if size > 1:
            yield told, np.full(size - 1, played)


def _told(form: SequenceForm, infoset: int, concept: str) -> range:
    """``efce``: leave after a certain recommendation at the infoset; ``efcce``: before it."""
    if concept == "efcce":
        above = int(form.parent_sequence[infoset])
        return range(above, above + 1)
    return _actions(form, infoset)


def _leaving(
    form: SequenceForm, strategies: list[tuple[int, ...]], infoset: int, q: int
) -> Iterator[Map]:
    """Obey up to the sequence ``q``, then play one certain plan from the infoset on."""
    below = _below(form, infoset)
    index = {frozenset(s): n for n, s in enumerate(strategies)}
    told = [n for n, s in enumerate(strategies) if q in s]
    above = int(form.parent_sequence[infoset])
    plans = {frozenset(s) & below for s in strategies if above in s}
    for plan in sorted(map(sorted, plans)):
        played = [index[(frozenset(strategies[n]) - below) | frozenset(plan)] for n in told]
        yield np.array(told), np.array(played)


def infosets_from(form: SequenceForm, infoset: int) -> list[int]:
    """The infoset and its owner's later ones, in topological order."""
    found: list[int] = []
    sequences: set[int] = set()
    for i in range(infoset, int(form.player_infosets[form.infoset_player[infoset] + 1])):
        if i == infoset or int(form.parent_sequence[i]) in sequences:
            sequences.update(_actions(form, i))
            found.append(i)
    return found


def _below(form: SequenceForm, infoset: int) -> frozenset[int]:
    """The player's sequences at and after an infoset."""
    return frozenset(q for i in infosets_from(form, infoset) for q in _actions(form, i))


def _actions(form: SequenceForm, infoset: int) -> range:
    first = int(form.first_sequence[infoset])
    return range(first, first + int(form.num_actions[infoset]))
