"""Results as rows of text: the shell prints them and the tour's report shows the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import marl_kit as mk

if TYPE_CHECKING:
    import numpy as np

Rows = tuple[list[str], list[list[str]]]
"""Names of columns, and the rows."""
SMALLEST = 1e-9
"""Below, a probability is rounding: nothing that a reader should look at."""


def mixture(names: Sequence[str], probabilities: Iterable[Any]) -> str:
    """The support of a mixed action.

    >>> mixture(["Fold", "Call", "Raise"], [0.0, 0.25, 0.75])
    'Call: 0.2500, Raise: 0.7500'
    >>> mixture(["Fold", "Call"], [Fraction(0), Fraction(1)])
    'Call'
    """
    pairs = zip(names, probabilities, strict=True)
    return ", ".join(_weighted(name, p) for name, p in pairs if p > SMALLEST)


def _weighted(name: str, p: Any) -> str:
    if p == 1:
        return name
    if isinstance(p, Fraction):
        return f"{name}: {p}"
    return f"{name}: {p:.4f}" if p >= 5e-5 else f"{name}: {p:.0e}"


def equilibria_rows(found: mk.EquilibriumSet) -> Rows:
    """A row for each equilibrium: fractions where there are, and its NashConv."""
    profiles = found.profiles if found.exact_profiles is None else found.exact_profiles
    rows = [
        [
            str(i),
            *(mixture(*pair) for pair in zip(found.game.actions, profile, strict=True)),
            f"{gap:.1e}",
        ]
        for i, (profile, gap) in enumerate(zip(profiles, found.certificates, strict=True), 1)
    ]
    return ["", *found.game.player_names, "NashConv"], rows


def profile_rows(game: mk.Game, profile: Any, most: int | None = None) -> Rows:
    """A row for each player of a normal form, else for each infoset."""
    if isinstance(profile, list):
        assert isinstance(game, mk.NormalFormGame)
        mixed = (mixture(*pair) for pair in zip(game.actions, profile, strict=True))
        return ["player", "strategy"], [
            [name, text] for name, text in zip(game.player_names, mixed, strict=True)
        ]
    return ["player", "infoset", "strategy"], _policy_rows(profile, most)


def _policy_rows(policy: mk.TabularPolicy, most: int | None) -> list[list[str]]:
    from marl_kit.plot.labels import infoset_label

    tree = policy.game.tree()
    return [
        [
            str(tree.infoset_player[i]),
            infoset_label(tree.infoset_keys[i]),
            mixture(policy.game.action_names(i), policy.probabilities[tree.slots(i)]),
        ]
        for i in range(tree.num_infosets)[:most]
    ]


def payoff_rows(game: mk.NormalFormGame) -> Rows:
    """The bimatrix of a two-player game, ``row, column`` in each cell."""
    rows, columns = game.actions
    cells = [
        [name, *(_pair(game.payoffs[:, i, j]) for j in range(len(columns)))]
        for i, name in enumerate(rows)
    ]
    return ["", *columns], cells


def _pair(payoffs: np.ndarray) -> str:
    return ", ".join(f"{x:g}" for x in payoffs)
