"""Names of the dynamics, as :mod:`marl_kit.core.registry` has those of the solvers."""

from __future__ import annotations

from marl_kit.core.errors import UnknownNameError
from marl_kit.core.registry import METHODS, Method, fold

_FOLDER = "marl_kit.solve.dynamics"


def _entry(
    name: str, target: str, needs: tuple[str, ...], what: str, where: str, who: str
) -> Method:
    return Method(name, f"{_FOLDER}.{target}", ("normal_form", *needs), what, where, who)


def _same(name: str, target: str) -> Method:
    """What is a solver too."""
    known = METHODS[name]
    return _entry(name, target, (), known.summary, known.converges, known.citation)


DYNAMICS: dict[str, Method] = {
    m.name: m
    for m in (
        _same("fictitious_play", "fictitious_play:FictitiousPlay"),
        _entry(
            "smooth_fictitious_play",
            "smooth_fictitious_play:SmoothFictitiousPlay",
            (),
            "logit replies to the others' average play",
            "not in general; to logit equilibria of zero-sum and potential games",
            "Fudenberg and Kreps (1993), Learning mixed equilibria, Games and Economic Behavior 5; "
            "Hofbauer and Sandholm (2002), On the global convergence of stochastic fictitious "
            "play, Econometrica 70",
        ),
        _same("replicator", "discrete_replicator:replicator_dynamics"),
        _entry(
            "best_response",
            "best_response:BestResponseDynamic",
            (),
            "everybody moves towards a best reply, in continuous time",
            "two-player zero-sum, potential games, 2 x n",
            "Gilboa and Matsui (1991), Social stability and equilibrium, Econometrica 59",
        ),
        _same("regret_matching", "regret_matching:RegretMatching"),
        _same("regret_matching+", "regret_matching:RegretMatchingPlus"),
        _same("hedge", "hedge:Hedge"),
        _entry(
            "optimistic_hedge",
            "hedge:OptimisticHedge",
            (),
            "Hedge that counts the last regrets twice: strategies converge, not only averages",
            "two-player zero-sum",
            "Rakhlin and Sridharan (2013), Optimization, learning, and games with predictable "
            "sequences, NIPS 26; Daskalakis and Panageas (2019), Last-iterate convergence: "
            "zero-sum games and constrained min-max optimization, ITCS 10",
        ),
        _entry(
            "moran",
            "moran:Moran",
            ("two_player",),
            "births and deaths in a finite population of a symmetric game",
            "not in general",
            "Moran (1958), Random processes in genetics, Proc. Cambridge Philosophical Society 54; "
            "Nowak, Sasaki, Taylor and Fudenberg (2004), Emergence of cooperation and "
            "evolutionary stability in finite populations, Nature 428",
        ),
    )
}


def find_dynamic(name: str) -> Method:
    """The entry of a dynamic.

    Raises
    ------
    UnknownNameError
        With near misses.
    """
    entry = DYNAMICS.get(fold(name)) if isinstance(name, str) else None
    if entry is None:
        raise UnknownNameError("dynamic", str(name), DYNAMICS)
    return entry
