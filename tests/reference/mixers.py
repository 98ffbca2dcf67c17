"""Slow and obvious: what mixers can represent, by enumeration of upper sets, in Fractions."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from fractions import Fraction

Cell = tuple[int, ...]
Table = dict[Cell, Fraction]


def cells_of(shape: Sequence[int]) -> list[Cell]:
    return list(itertools.product(*map(range, shape)))


def below(a: Cell, b: Cell) -> bool:
    return all(x <= y for x, y in zip(a, b, strict=True))


def upper_sets(shape: Sequence[int]) -> Iterator[frozenset[Cell]]:
    """Every set of cells that contains all cells above its own: unions of cones."""
    cells = cells_of(shape)
    cones = [frozenset(b for b in cells if below(a, b)) for a in cells]
    found = {frozenset[Cell]()}
    for cone in cones:
        found |= {s | cone for s in found}
    yield from found


def expectile(values: Sequence[Fraction], weights: Sequence[Fraction], alpha: Fraction) -> Fraction:
    """Between two of the values the condition is linear: solve it in each gap."""
    for edge in sorted(values):
        w = [k * (1 if v > edge else alpha) for v, k in zip(values, weights, strict=True)]
        level = sum(k * v for v, k in zip(values, w, strict=True)) / sum(w)
        following = [v for v in values if v > edge]
        if edge <= level and (not following or level <= min(following)):
            return level
    raise AssertionError("an expectile lies between the least and the greatest value")


def isotonic(table: Table, weights: Table, alpha: Fraction = Fraction(1)) -> Table:
    """The minimax formula (Brunk 1955): over upper sets U and lower sets L that hold the cell, the
    greatest over U of the least over L of the expectile of U and L's common part."""
    shape = [max(c[i] for c in table) + 1 for i in range(len(next(iter(table))))]
    uppers = [u for u in upper_sets(shape) if u]
    lowers = [frozenset(table) - u for u in upper_sets(shape) if len(u) < len(table)]
    known: dict[frozenset[Cell], Fraction] = {}

    def level(part: frozenset[Cell]) -> Fraction:
        if part not in known:
            cells = sorted(part)
            known[part] = expectile([table[c] for c in cells], [weights[c] for c in cells], alpha)
        return known[part]

    return {
        c: max(min(level(u & low) for low in lowers if c in low) for u in uppers if c in u)
        for c in table
    }


def loss(table: Table, fit: Table, weights: Table, alpha: Fraction = Fraction(1)) -> Fraction:
    return sum(
        (
            weights[c] * (1 if table[c] > fit[c] else alpha) * (table[c] - fit[c]) ** 2
            for c in table
        ),
        Fraction(0),
    )


def best_monotone(
    table: Table, weights: Table, alpha: Fraction = Fraction(1)
) -> tuple[Fraction, set[Cell]]:
    """The least loss over all orders of the actions, and the top cells of all orders that reach
    it. An order lists actions from the worst to the best."""
    shape = [max(c[i] for c in table) + 1 for i in range(len(next(iter(table))))]
    results = []
    for orders in itertools.product(*(itertools.permutations(range(n)) for n in shape)):
        moved = {c: tuple(o[i] for o, i in zip(orders, c, strict=True)) for c in table}
        sorted_table = {c: table[moved[c]] for c in table}
        sorted_weights = {c: weights[moved[c]] for c in table}
        fit = isotonic(sorted_table, sorted_weights, alpha)
        top = tuple(o[-1] for o in orders)
        results.append((loss(sorted_table, fit, sorted_weights, alpha), top))
    least = min(value for value, _ in results)
    return least, {top for value, top in results if value == least}


def additive(table: Table, weights: Table) -> Table:
    """Normal equations of the additive fit, solved in Fractions by elimination."""
    shape = [max(c[i] for c in table) + 1 for i in range(len(next(iter(table))))]
    columns = [(i, a) for i, n in enumerate(shape) for a in range(n) if i == 0 or a > 0]
    rows = {c: [Fraction(c[i] == a) for i, a in columns] for c in table}
    k = len(columns)
    system = [
        [sum(weights[c] * r[i] * r[j] for c, r in rows.items()) for j in range(k)]
        + [sum(weights[c] * r[i] * table[c] for c, r in rows.items())]
        for i in range(k)
    ]
    for i in range(k):
        pivot = next(j for j in range(i, k) if system[j][i])
        system[i], system[pivot] = system[pivot], system[i]
        system[i] = [x / system[i][i] for x in system[i]]
        for j in range(k):
            if j != i:
                system[j] = [
                    x - system[j][i] * y for x, y in zip(system[j], system[i], strict=True)
                ]
    solution = [row[-1] for row in system]
    return {c: sum(map(lambda x, y: x * y, r, solution), Fraction(0)) for c, r in rows.items()}
