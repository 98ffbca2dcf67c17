"""Which method suits a game, and why."""

from __future__ import annotations

from marl_kit.games.game import Game
from marl_kit.games.normal_form import NormalFormGame

LP_NON_ZEROS = 1_000_000
"""Up to here HiGHS answers in a time that a person waits for."""
ENUMERATION_ACTIONS = 6


def choose(game: Game) -> tuple[str, str]:
    """``(method name, reason)``.

    Every infoset a single node: backward induction, read off the compiled tree. Two players and a
    constant sum: LP up to 10^6 non-zeros, else CFR+. Other bimatrix games up to 6 x 6: vertex
    enumeration. Everything else: CFR+, without a promise.
    """
    info = game.info
    if info.perfect_information:
        return "backward_induction", "every infoset is a single node"
    if info.two_player and info.constant_sum:
        return _zero_sum(game)
    if isinstance(game, NormalFormGame) and _small_bimatrix(game):
        m, n = game.num_actions
        return "vertex_enumeration", f"a small bimatrix game, {m} x {n}"
    kind = "general-sum" if info.two_player else f"{game.num_players} players"
    return "cfr+", f"{kind}: convergence to a Nash equilibrium is not promised"


def _small_bimatrix(game: NormalFormGame) -> bool:
    return game.num_players == 2 and max(game.num_actions) <= ENUMERATION_ACTIONS


def _zero_sum(game: Game) -> tuple[str, str]:
    if isinstance(game, NormalFormGame):
        size = int(game.payoffs[0].size)
    else:
        size = game.sequence_form().num_leaves
    kind = "zero-sum" if game.info.zero_sum else "constant-sum"
    if size <= LP_NON_ZEROS:
        return "lp", f"two players, {kind}, {size:,} non-zeros"
    return "cfr+", f"two players, {kind}, {size:,} non-zeros are too many for the LP"
