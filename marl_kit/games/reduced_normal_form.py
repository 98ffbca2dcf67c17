"""The reduced normal form of an extensive game."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from marl_kit.core.errors import GameTooLargeError
from marl_kit.games.normal_form import NormalFormGame
from marl_kit.games.sequence_form import SequenceForm, parent_sequences
from marl_kit.games.tree import CHANCE, GameTree

if TYPE_CHECKING:
    from marl_kit.games.game import Game

CELL_LIMIT = 2_000_000
"""Entries of the pay-off tables; above it the sequence form is the better tool."""


def reduced_normal_form(game: Game) -> NormalFormGame:
    """Strategies as sets of sequences; exact where the tree is.

    Raises
    ------
    GameTooLargeError
        More than 2,000,000 pay-offs; counted before anything is built.
    ImperfectRecallError
    """
    form = game.sequence_form()
    sizes = [count_strategies(form, p) for p in range(form.num_players)]
    cells = form.num_players * int(np.prod([float(n) for n in sizes]))
    if cells > CELL_LIMIT:
        raise GameTooLargeError(
            f"the reduced normal form of {game.name} has {' x '.join(map(str, sizes))} "
            f"strategies, more than {CELL_LIMIT:,} pay-offs; use methods on the sequence form "
            f"(lp, cfr+), or a smaller game."
        )
    strategies = [pure_strategies(form, p) for p in range(form.num_players)]
    payoffs = _payoffs(game.tree(), form, strategies)
    names = [[_name(game, form, s) for s in own] for own in strategies]
    return NormalFormGame(payoffs, names, f"{game.name} (reduced normal form)")


def count_strategies(form: SequenceForm, player: int) -> int:
    """How many reduced pure strategies a player has."""
    first, last = form.player_infosets[player : player + 2]
    count = [1] * form.num_sequences  # strategies below a sequence
    for i in range(last - 1, first - 1, -1):
        start = int(form.first_sequence[i])
        count[form.parent_sequence[i]] *= sum(count[start : start + int(form.num_actions[i])])
    return count[form.player_sequences[player]]


def pure_strategies(form: SequenceForm, player: int) -> list[tuple[int, ...]]:
    """The reduced pure strategies of a player, each the sorted tuple of sequences it plays."""
    first, last = form.player_infosets[player : player + 2]
    below: dict[int, list[int]] = {}  # sequence -> infosets right after it
    for i in range(first, last):
        below.setdefault(int(form.parent_sequence[i]), []).append(i)
    plans: dict[int, list[tuple[int, ...]]] = {}  # sequence -> plans from there on
    own = range(form.player_sequences[player], form.player_sequences[player + 1])
    for q in _bottom_up(form, own, below):
        choices = []
        for i in below.get(q, []):
            start = int(form.first_sequence[i])
            actions = range(start, start + int(form.num_actions[i]))
            choices.append([plan for a in actions for plan in plans[a]])
        plans[q] = [tuple(sorted({q}.union(*parts))) for parts in product(*choices)]
    return plans[own[0]]


def _bottom_up(form: SequenceForm, own: range, below: dict[int, list[int]]) -> list[int]:
    """A player's sequences, each after all that follow it."""
    order, stack = [], [own[0]]
    while stack:
        q = stack.pop()
        order.append(q)
        for i in below.get(q, []):
            start = int(form.first_sequence[i])
            stack.extend(range(start, start + int(form.num_actions[i])))
    return order[::-1]


def _payoffs(
    tree: GameTree, form: SequenceForm, strategies: list[list[tuple[int, ...]]]
) -> np.ndarray:
    plays: list[dict[int, list[int]]] = []
    for own in strategies:
        by_sequence: dict[int, list[int]] = {}
        for number, plan in enumerate(own):
            for q in plan:
                by_sequence.setdefault(q, []).append(number)
        plays.append(by_sequence)
    shape = (form.num_players, *(len(own) for own in strategies))
    payoffs = np.full(shape, Fraction(0), object) if tree.exact else np.zeros(shape)
    for sequence, chance, values in _leaves(tree, form):
        cells = np.ix_(*(plays[p].get(q, []) for p, q in enumerate(sequence)))
        for p, value in enumerate(values):
            payoffs[p][cells] += chance * value
    return payoffs


def _leaves(tree: GameTree, form: SequenceForm):  # type: ignore[no-untyped-def]
    """(sequences, chance probability, payoffs) of every leaf, exact where the tree is."""
    if tree.exact is None:
        yield from zip(form.sequence.tolist(), form.chance, form.payoffs, strict=True)
        return
    last_slot, _ = parent_sequences(tree)
    reach: list[Fraction] = [Fraction(1)] * tree.num_nodes
    for node in range(1, tree.num_nodes):
        above = int(tree.parent[node])
        edge = tree.exact.chance[node] if tree.player[above] == CHANCE else 1
        reach[node] = reach[above] * edge
    for node in np.flatnonzero(tree.num_children == 0).tolist():
        slots = last_slot[node]
        sequence = [
            int(s) + p + 1 if s >= 0 else int(form.player_sequences[p]) for p, s in enumerate(slots)
        ]
        yield sequence, reach[node], tree.exact.payoffs[tree.terminal_index[node]]


def _name(game: Game, form: SequenceForm, strategy: tuple[int, ...]) -> str:
    """The actions of a strategy, in the order of its infosets."""
    parts = []
    for q in strategy[1:]:
        player = int(np.searchsorted(form.player_sequences, q, side="right") - 1)
        low, high = form.player_infosets[player : player + 2]
        i = int(low + np.searchsorted(form.first_sequence[low:high], q, side="right") - 1)
        parts.append(game.action_names(i)[q - int(form.first_sequence[i])])
    return " ".join(parts) or "(none)"
