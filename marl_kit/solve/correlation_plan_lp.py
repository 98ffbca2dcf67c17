"""The polynomial program of von Stengel and Forges: two players, no chance moves.

von Stengel and Forges (2008), "Extensive-form correlated equilibrium: definition and
computational complexity", theorem 1.1 and section 4. EFCCE: Farina, Bianchi and Sandholm (2020),
"Coarse correlation in extensive-form games". With chance moves the equations below still hold for
every equilibrium but allow more, and an optimal EFCE is NP-hard to find.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import scipy.sparse

from marl_kit.games.correlation_plan import IRRELEVANT, CorrelationPlan, relevant_pairs
from marl_kit.games.game import Game
from marl_kit.games.sequence_form import SequenceForm
from marl_kit.solve.correlated_lp import Program, optimise
from marl_kit.solve.deviations import infosets_from


@dataclass(slots=True)
class _Rows:
    """Sparse rows of a matrix, collected as triplets."""

    row: list[np.ndarray] = field(default_factory=list)
    column: list[np.ndarray] = field(default_factory=list)
    value: list[np.ndarray] = field(default_factory=list)
    count: int = 0

    def add(self, row: int, column: np.ndarray, value: np.ndarray) -> None:
        self.row.append(np.full(len(column), row))
        self.column.append(column)
        self.value.append(value)

    def matrix(self, columns: int) -> scipy.sparse.csr_array:
        if not self.row:
            return scipy.sparse.csr_array((self.count, columns))
        place = np.concatenate(self.row), np.concatenate(self.column)
        data = np.concatenate(self.value)
        return scipy.sparse.csr_array((data, place), shape=(self.count, columns))


def optimal_plan(game: Game, concept: str, objective: np.ndarray | None) -> CorrelationPlan:
    """The plan of an EFCE or EFCCE that maximises a weighted sum of the players' values, or with
    ``objective=None`` the least of them.

    Raises
    ------
    GameTooLargeError
        Too many relevant pairs of sequences.
    """
    form, number = game.sequence_form(), relevant_pairs(game)
    pairs = np.argwhere(number != IRRELEVANT)
    equations = _plan_equations(form, number)
    rules, columns = _incentives(form, number, len(pairs), concept)
    program = Program(
        values=_values(form, number, columns),
        inequalities=rules.matrix(columns),
        equations=equations.matrix(columns),
        right=np.r_[1.0, np.zeros(equations.count - 1)],
        free=columns - len(pairs),
    )
    weight = optimise(program, objective)[: len(pairs)]
    pairs[:, 1] += form.player_sequences[1]
    return CorrelationPlan(game, pairs, weight)


def _plan_equations(form: SequenceForm, number: np.ndarray) -> _Rows:
    """Weight 1 to the pair of empty sequences; the actions at an infoset share what comes before
    it, whatever relevant sequence the other player is told."""
    rows = _Rows()
    rows.add(0, np.array([number[0, 0]]), np.ones(1))
    rows.count = 1
    for i in range(form.num_infosets):
        table, start = _oriented(form, number, int(form.infoset_player[i]))
        first = int(form.first_sequence[i] - start)
        for other in np.flatnonzero(table[first] != IRRELEVANT):
            here = table[first : first + form.num_actions[i], other]
            rows.add(rows.count, here, np.ones(len(here)))
            above = table[form.parent_sequence[i] - start, other]
            rows.add(rows.count, np.array([above]), np.array([-1.0]))
            rows.count += 1
    return rows


def _oriented(form: SequenceForm, number: np.ndarray, player: int) -> tuple[np.ndarray, int]:
    """The table of pairs with ``player``'s sequences as rows, and the first of them."""
    return (number if player == 0 else number.T), int(form.player_sequences[player])


def _values(form: SequenceForm, number: np.ndarray, columns: int) -> np.ndarray:
    """Payoffs of both players at each column, float64 [2, columns]."""
    values = np.zeros((2, columns))
    cell = number[form.sequence[:, 0], form.sequence[:, 1] - form.player_sequences[1]]
    for p in range(2):
        np.add.at(values[p], cell, form.chance * form.payoffs[:, p])
    return values


def _incentives(
    form: SequenceForm, number: np.ndarray, columns: int, concept: str
) -> tuple[_Rows, int]:
    """For every trigger: the values of the deviator's infosets from there on are new columns, at
    least what each action earns; that of the trigger's infoset is at most what obeying earns."""
    rules = _Rows()
    for p in range(2):
        table, start = _oriented(form, number, p)
        scaled = _scaled_payoffs(form, p)
        for i in range(form.player_infosets[p], form.player_infosets[p + 1]):
            below = infosets_from(form, i)
            for q, kept in _triggers(form, i, below, concept):
                own = {j: columns + k for k, j in enumerate(below)}
                for k in kept:
                    other, value = _leaves(form, scaled, k)
                    rules.add(rules.count, table[k - start, other], -value)
                rules.add(rules.count, np.array([own[i]]), np.ones(1))
                rules.count += 1
                for j in below:
                    _continuation(rules, form, scaled, table[q - start], own, j)
                columns += len(below)
    return rules, columns


def _continuation(
    rules: _Rows,
    form: SequenceForm,
    scaled: np.ndarray,
    told: np.ndarray,
    own: dict[int, int],
    infoset: int,
) -> None:
    """value[infoset] >= leaves after the action + values of the infosets right after it."""
    first = int(form.first_sequence[infoset])
    for k in range(first, first + int(form.num_actions[infoset])):
        other, value = _leaves(form, scaled, k)
        rules.add(rules.count, told[other], value)
        after = [column for j, column in own.items() if form.parent_sequence[j] == k]
        rules.add(rules.count, np.array(after, int), np.ones(len(after)))
        rules.add(rules.count, np.array([own[infoset]]), np.array([-1.0]))
        rules.count += 1


def _scaled_payoffs(form: SequenceForm, player: int) -> np.ndarray:
    """``entry_value`` in units of the player's range, around its middle: to add a constant to
    all payoffs changes no incentive, and HiGHS's tolerances are absolute."""
    own = form.payoffs[:, player]
    return (form.entry_value - (own.max() + own.min()) / 2) / (float(np.ptp(own)) or 1.0)


def _leaves(form: SequenceForm, scaled: np.ndarray, q: int) -> tuple[np.ndarray, np.ndarray]:
    """The other player's sequences (from its empty one) and the payoffs at the leaves of ``q``."""
    entries = slice(int(form.entry_offset[q]), int(form.entry_offset[q + 1]))
    other = form.entry_others[entries, 0]
    start = form.player_sequences[1 if q < form.player_sequences[1] else 0]
    return other - start, scaled[entries]


def _triggers(
    form: SequenceForm, infoset: int, below: list[int], concept: str
) -> Iterator[tuple[int, list[int]]]:
    """What was told when the player leaves, and the sequences of obeying from there on."""
    first, n = int(form.first_sequence[infoset]), int(form.num_actions[infoset])
    if concept == "efcce":
        yield int(form.parent_sequence[infoset]), _kept(form, below[1:], range(first, first + n))
        return
    for q in range(first, first + n):
        yield q, _kept(form, below[1:], range(q, q + 1))


def _kept(form: SequenceForm, below: list[int], begin: range) -> list[int]:
    kept = list(begin)
    for j in below:
        if int(form.parent_sequence[j]) in kept:
            first = int(form.first_sequence[j])
            kept += range(first, first + int(form.num_actions[j]))
    return kept
