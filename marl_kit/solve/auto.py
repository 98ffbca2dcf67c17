"""Which method suits a game, and why."""

from __future__ import annotations

from marl_kit.core.registry import METHODS
from marl_kit.games.game import Game
from marl_kit.games.normal_form import NormalFormGame

LP_NON_ZEROS = 1_000_000
"""Up to here HiGHS answers for a tree in a time that a person waits for."""
MATRIX_WORK = 10_000_000_000
"""Multiplications of one step of the interior-point method on a matrix, min(m, n)^2 max(m, n): at
2154 x 2154 about ten seconds for all steps."""
ENUMERATION_ACTIONS = 6
LOGIT_ENTRIES = 10_000
"""Payoffs, all players together, up to which a branch of quantal response equilibria is followed:
seconds, by measurement up to 15 x 15 x 15."""


def choose(game: Game) -> tuple[str, str]:
    """``(method name, reason)``.

    Every infoset a single node: backward induction, read off the compiled tree. Two players and a
    constant sum: LP up to 10^6 non-zeros (a matrix: up to about 2000 x 2000), else CFR+. Other
    bimatrix games: vertex enumeration up to 6 x 6, else Lemke-Howson. Three players and more in
    normal form: the logit branch up to 10,000 payoffs. Everything else: CFR+, without a promise.
    """
    info = game.info
    if info.perfect_information:
        return "backward_induction", "every infoset is a single node"
    if info.two_player and info.constant_sum:
        return _zero_sum(game)
    if isinstance(game, NormalFormGame):
        one = _one_equilibrium(game)
        if one is not None:
            return one
    kind = "general-sum" if info.two_player else f"{game.num_players} players"
    return "cfr+", f"{kind}: convergence to a Nash equilibrium is not promised"


def _one_equilibrium(game: NormalFormGame) -> tuple[str, str] | None:
    """A method that finds an equilibrium of a general-sum normal form, if there is one."""
    size = " x ".join(map(str, game.num_actions))
    if game.num_players == 2:
        if max(game.num_actions) <= ENUMERATION_ACTIONS:
            return "vertex_enumeration", f"a small bimatrix game, {size}"
        if "lemke_howson" in METHODS:
            return "lemke_howson", f"a bimatrix game, {size}, too large to enumerate"
    elif game.payoffs.size <= LOGIT_ENTRIES:
        return "logit", f"{game.num_players} players, {size}: one equilibrium"
    return None


def _zero_sum(game: Game) -> tuple[str, str]:
    kind = "zero-sum" if game.info.zero_sum else "constant-sum"
    if isinstance(game, NormalFormGame):
        m, n = game.num_actions
        fits, what = m * n * min(m, n) <= MATRIX_WORK, f"{m} x {n}"
    else:
        size = game.sequence_form().num_leaves
        fits, what = size <= LP_NON_ZEROS, f"{size:,} non-zeros"
    if fits:
        return "lp", f"two players, {kind}, {what}"
    return "cfr+", f"two players, {kind}, {what}: too many for the LP"
