"""Slow and obvious: what positions are worth, by recursion over states.

Shares nothing with the tables: every history is walked by itself.
"""

from __future__ import annotations

from typing import Any

TOLERANCE = 1e-9


def solved(state: Any, middle: list[float]) -> tuple[list[float], float]:
    """Values of all players and expected plies, if all play the best for themselves.

    Of equally good moves the one that ends soonest if the mover gets more than ``middle``, else
    the one that ends latest; then the first.
    """
    player = state.current_player()
    if player == -4:
        return list(state.returns()), 0.0
    if player == -1:
        pairs = [(p, solved(state.child(a), middle)) for a, p in state.chance_outcomes()]
        players = range(state.num_players())
        return [sum(p * v[i] for p, (v, _) in pairs) for i in players], 1 + sum(
            p * d for p, (_, d) in pairs
        )
    after = [solved(state.child(action), middle) for action in state.legal_actions()]
    most = max(values[player] for values, _ in after)
    kept = [pair for pair in after if pair[0][player] >= most - TOLERANCE]
    choose = min if most > middle[player] else max
    values, distance = choose(kept, key=lambda pair: pair[1])  # the first of several
    return values, 1 + distance


def histories(state: Any) -> int:
    """Nodes of the tree below a state, itself included."""
    return 1 + sum(histories(state.child(action)) for action in state.legal_actions())
