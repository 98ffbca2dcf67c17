"""Names that users type, and the code behind them, resolved on first use.

An entry says where the code is (``"module:attribute"``), what the game must be, what it is good
for and who invented it. Importing the registry imports none of it.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any

from marl_kit.core.errors import UnknownNameError, UnsupportedGameError

_ZERO_SUM = "two-player zero-sum"


@dataclass(frozen=True, slots=True)
class Method:
    """A solver's entry.

    Attributes
    ----------
    target : str
        ``"module:attribute"``: a function ``game, **options -> Answer`` (direct), or a frozen
        dataclass of options with ``init`` and ``step`` (iterative).
    requires : tuple of str
        Preconditions, keys of ``PRECONDITIONS``.
    converges : str
        Where the method is known to find a Nash equilibrium.
    """

    name: str
    target: str
    requires: tuple[str, ...]
    summary: str
    converges: str
    citation: str

    @property
    def solves_zero_sum(self) -> bool:
        """Whether it is known to converge in every two-player zero-sum game."""
        return self.converges.startswith(_ZERO_SUM)


PRECONDITIONS = {
    "two_player": "two players",
    "zero_sum": "payoffs that sum to a constant",
    "perfect_recall": "perfect recall",
    "perfect_information": "perfect information (every infoset a single node)",
    "pure_equilibrium": "an equilibrium in pure strategies",
    "normal_form": "a normal form (game.to_normal_form() makes one)",
}

_ZINKEVICH = (
    "Zinkevich, Johanson, Bowling and Piccione (2007), "
    "Regret minimization in games with incomplete information, NIPS 20"
)
_TAMMELIN = "Tammelin (2014), Solving large imperfect information games using CFR+, arXiv:1407.5042"
_BROWN = (
    "Brown and Sandholm (2019), Solving imperfect-information games via discounted regret "
    "minimization, AAAI 33"
)
_LANCTOT = (
    "Lanctot, Waugh, Zinkevich and Bowling (2009), "
    "Monte Carlo sampling for regret minimization in extensive games, NIPS 22"
)

METHODS: dict[str, Method] = {
    m.name: m
    for m in (
        Method(
            "lp",
            "marl_kit.solve.lp:solve_lp",
            ("two_player", "zero_sum", "perfect_recall"),
            "linear program (large matrices: interior point), on the matrix or the sequence form",
            f"{_ZERO_SUM}, exact",
            "von Neumann (1928), Zur Theorie der Gesellschaftsspiele, Math. Annalen 100; "
            "Dantzig (1951), A proof of the equivalence of the programming problem and the game "
            "problem",
        ),
        Method(
            "sequence_form_lp",
            "marl_kit.solve.lp:solve_sequence_form_lp",
            ("two_player", "zero_sum", "perfect_recall"),
            "linear program on the sequence form; `refinement=quasi_perfect` off the path too",
            f"{_ZERO_SUM}, exact",
            "Koller, Megiddo and von Stengel (1996), Efficient computation of equilibria for "
            "extensive two-person games, Games and Economic Behavior 14",
        ),
        Method(
            "backward_induction",
            "marl_kit.solve.backward_induction:solve_backward_induction",
            ("perfect_information",),
            "best action at every node, from the leaves up",
            "perfect information, exact and subgame-perfect",
            "Zermelo (1913), Ueber eine Anwendung der Mengenlehre auf die Theorie des "
            "Schachspiels; Kuhn (1953), Extensive games and the problem of information",
        ),
        Method(
            "pure",
            "marl_kit.solve.pure_equilibria:solve_pure",
            ("perfect_recall", "pure_equilibrium"),
            "an equilibrium in pure strategies, among all profiles of the reduced normal form",
            "wherever a pure one exists, exact",
            "Nash (1951), Non-cooperative games, Annals of Mathematics 54; Kuhn (1953), Extensive "
            "games and the problem of information",
        ),
        Method(
            "vertex_enumeration",
            "marl_kit.solve.bimatrix.vertex_enumeration:solve_vertex_enumeration",
            ("two_player", "normal_form"),
            "all extreme equilibria from the best-response polytopes, in exact arithmetic",
            "two players, exact and complete",
            "Mangasarian (1964), Equilibrium points of bimatrix games, J. SIAM 12; Avis, "
            "Rosenberg, Savani and von Stengel (2010), Enumeration of Nash equilibria for "
            "two-player games, Economic Theory 42",
        ),
        Method(
            "lemke_howson",
            "marl_kit.solve.bimatrix.lemke_howson:solve_lemke_howson",
            ("two_player", "normal_form"),
            "complementary pivoting from an initial `label`, lexicographic; `exact` in integers",
            "two players, exact",
            "Lemke and Howson (1964), Equilibrium points of bimatrix games, J. SIAM 12; von "
            "Stengel (2007), Equilibrium computation for two-player games in strategic and "
            "extensive form, Algorithmic Game Theory, chapter 3",
        ),
        Method(
            "support_enumeration",
            "marl_kit.solve.bimatrix.support_enumeration:solve_support_enumeration",
            ("two_player", "normal_form"),
            "supports of equal size, small ones first, in exact arithmetic",
            "two players, exact",
            "Dickhaut and Kaplan (1991), A program for finding Nash equilibria, The Mathematica "
            "Journal 1; Porter, Nudelman and Shoham (2004), Simple search methods for finding a "
            "Nash equilibrium, AAAI 19",
        ),
        Method(
            "mip",
            "marl_kit.solve.bimatrix.mip:solve_mip",
            ("two_player", "normal_form"),
            "mixed-integer program: the equilibrium best for an `objective` (welfare)",
            "two players, exact",
            "Sandholm, Gilpin and Conitzer (2005), Mixed-integer programming methods for finding "
            "Nash equilibria, AAAI 20",
        ),
        Method(
            "logit",
            "marl_kit.solve.many_players.logit:solve_logit",
            ("normal_form",),
            "the branch of quantal response equilibria from uniform play, then Newton's method",
            "any number of players, exact",
            "McKelvey and Palfrey (1995), Quantal response equilibria for normal form games, Games "
            "and Economic Behavior 10; Turocy (2005), A dynamic homotopy interpretation of the "
            "logistic quantal response equilibrium correspondence, Games and Economic Behavior 51",
        ),
        Method(
            "cfr",
            "marl_kit.solve.cfr:CFR",
            ("perfect_recall",),
            "counterfactual regret minimisation",
            _ZERO_SUM,
            _ZINKEVICH,
        ),
        Method(
            "cfr+",
            "marl_kit.solve.cfr:CFRPlus",
            ("perfect_recall",),
            "regrets floored at 0, average weighted by the iteration",
            _ZERO_SUM,
            _TAMMELIN,
        ),
        Method(
            "lcfr",
            "marl_kit.solve.cfr:LinearCFR",
            ("perfect_recall",),
            "regrets and average weighted by the iteration",
            _ZERO_SUM,
            _BROWN,
        ),
        Method(
            "dcfr",
            "marl_kit.solve.cfr:DiscountedCFR",
            ("perfect_recall",),
            "discounted regrets (alpha, beta) and average (gamma)",
            _ZERO_SUM,
            _BROWN,
        ),
        Method(
            "pcfr+",
            "marl_kit.solve.cfr:PredictiveCFRPlus",
            ("perfect_recall",),
            "CFR+ that expects the last regrets once more, quadratic average",
            _ZERO_SUM,
            "Farina, Kroer and Sandholm (2021), Faster game solving via predictive Blackwell "
            "approachability: connecting regret matching and mirror descent, AAAI 35",
        ),
        Method(
            "cfr_hedge",
            "marl_kit.solve.cfr_hedge:HedgeCFR",
            ("perfect_recall",),
            "CFR with exponential weights (rate) in place of regret matching",
            _ZERO_SUM,
            f"{_ZINKEVICH}; Freund and Schapire (1997), A decision-theoretic generalization of "
            "on-line learning and an application to boosting, J. Computer and System Sciences 55",
        ),
        Method(
            "cfr_br",
            "marl_kit.solve.cfr_br:CFRBR",
            ("perfect_recall",),
            "CFR of each player against the others' exact best responses",
            _ZERO_SUM,
            "Johanson, Bard, Burch and Bowling (2012), Finding optimal abstract strategies in "
            "extensive-form games, AAAI 26",
        ),
        Method(
            "mccfr_external",
            "marl_kit.solve.mccfr:ExternalSampling",
            ("perfect_recall",),
            "sampled CFR: all actions of one player, one of everybody else's",
            _ZERO_SUM,
            _LANCTOT,
        ),
        Method(
            "mccfr_outcome",
            "marl_kit.solve.mccfr:OutcomeSampling",
            ("perfect_recall",),
            "sampled CFR: a single path, its player explores (epsilon)",
            _ZERO_SUM,
            _LANCTOT,
        ),
        Method(
            "mccfr_chance",
            "marl_kit.solve.mccfr:ChanceSampling",
            ("perfect_recall",),
            "sampled CFR: chance is drawn, the rest exact",
            _ZERO_SUM,
            f"{_ZINKEVICH}; {_LANCTOT}",
        ),
        Method(
            "fictitious_play",
            "marl_kit.solve.dynamics.fictitious_play:FictitiousPlay",
            ("normal_form",),
            "best replies to the others' average play, all at once",
            f"{_ZERO_SUM}, potential games, 2 x n",
            "Brown (1951), Iterative solution of games by fictitious play; Robinson (1951), An "
            "iterative method of solving a game, Annals of Mathematics 54",
        ),
        Method(
            "regret_matching",
            "marl_kit.solve.dynamics.regret_matching:RegretMatching",
            ("normal_form",),
            "actions in proportion to positive regrets, average strategies",
            f"{_ZERO_SUM}; joint play becomes a coarse correlated equilibrium of any game",
            "Hart and Mas-Colell (2000), A simple adaptive procedure leading to correlated "
            "equilibrium, Econometrica 68",
        ),
        Method(
            "regret_matching+",
            "marl_kit.solve.dynamics.regret_matching:RegretMatchingPlus",
            ("normal_form",),
            "regrets floored at 0, in turns, average weighted by the iteration",
            _ZERO_SUM,
            _TAMMELIN,
        ),
        Method(
            "hedge",
            "marl_kit.solve.dynamics.hedge:Hedge",
            ("normal_form",),
            "exponential weights (rate), average strategies",
            f"{_ZERO_SUM}; joint play becomes a coarse correlated equilibrium of any game",
            "Freund and Schapire (1999), Adaptive game playing using multiplicative weights, "
            "Games and Economic Behavior 29",
        ),
        Method(
            "xfp",
            "marl_kit.solve.xfp:ExtensiveFictitiousPlay",
            ("perfect_recall",),
            "fictitious play on trees: best responses averaged as realisation plans",
            _ZERO_SUM,
            "Heinrich, Lanctot and Silver (2015), Fictitious self-play in extensive-form games, "
            "ICML 32",
        ),
        Method(
            "double_oracle",
            "marl_kit.solve.double_oracle:DoubleOracle",
            ("two_player", "zero_sum", "perfect_recall"),
            "restricted games that grow by the sequences of best responses, solved exactly",
            f"{_ZERO_SUM}, exact when it settles",
            "Bosansky, Kiekintveld, Lisy and Pechoucek (2014), An exact double-oracle algorithm "
            "for zero-sum extensive-form games with imperfect information, JAIR 51",
        ),
        Method(
            "xdo",
            "marl_kit.solve.xdo:ExtensiveDoubleOracle",
            ("two_player", "zero_sum", "perfect_recall"),
            "double oracle that mixes best responses at every infoset",
            f"{_ZERO_SUM}, exact when it settles",
            "McAleer, Lanier, Wang, Baldi and Fox (2021), XDO: A double oracle algorithm for "
            "extensive-form games, NeurIPS 34",
        ),
        Method(
            "mmd",
            "marl_kit.solve.mmd:MMD",
            ("perfect_recall",),
            "magnetic mirror descent: the QRE of a temperature, or annealed; last iterate",
            f"{_ZERO_SUM}, annealed (alpha=0)",
            "Sokota, D'Orazio, Kolter, Loizou, Lanctot, Mitliagkas, Brown and Kroer (2023), A "
            "unified approach to reinforcement learning, quantal response equilibria, and "
            "two-player zero-sum games, ICLR",
        ),
        Method(
            "replicator",
            "marl_kit.solve.dynamics.replicator:Replicator",
            ("normal_form",),
            "replicator dynamics from an interior start, last point",
            "not in general; towards strict equilibria",
            "Taylor and Jonker (1978), Evolutionary stable strategies and game dynamics, "
            "Mathematical Biosciences 40",
        ),
    )
}


def fold(name: str) -> str:
    """A method name as it is looked up: lower case, ``_`` for ``-`` and space."""
    return name.strip().lower().replace("-", "_").replace(" ", "_")


def find_method(name: str) -> Method:
    """The entry of a method.

    Raises
    ------
    UnknownNameError
        With near misses.
    """
    known = METHODS
    if isinstance(name, str) and fold(name).startswith("gambit:"):
        known = resolve("marl_kit.core.gambit_methods:GAMBIT_METHODS")
    method = known.get(fold(name)) if isinstance(name, str) else None
    if method is None:
        raise UnknownNameError("method", str(name), known)
    return method


def resolve(target: str) -> Any:
    """Import ``"module:attribute"``."""
    module, _, attribute = target.partition(":")
    return getattr(importlib.import_module(module), attribute)


def require(method: Method, game: Any) -> None:
    """Check a method's preconditions before anything runs.

    Raises
    ------
    ImperfectRecallError
        With the infoset and the two histories.
    UnsupportedGameError
        Any other precondition.
    """
    for condition in method.requires:
        if condition == "perfect_recall" and not game.info.perfect_recall:
            game.sequence_form()  # raises, and names the infoset
        if not _holds(condition, game):
            raise UnsupportedGameError(
                f"{method.name} needs {PRECONDITIONS[condition]}, and {game.name} "
                f"{_instead(condition, game)}."
            )


def _holds(condition: str, game: Any) -> bool:
    if condition == "two_player":
        return bool(game.num_players == 2)
    if condition == "normal_form":
        return bool(game.form == "normal")
    if condition == "zero_sum":
        return bool(game.info.constant_sum)
    if condition == "pure_equilibrium":  # found by looking at every profile
        return bool(resolve("marl_kit.solve.pure_equilibria:has_pure_equilibrium")(game))
    return bool(getattr(game.info, condition))


def _instead(condition: str, game: Any) -> str:
    if condition == "zero_sum" and game.form == "normal":
        where = resolve("marl_kit.games.normal_form:unequal_sums")(game)
        return f"is general-sum: {where}"
    return {
        "two_player": f"has {game.num_players}",
        "zero_sum": "is general-sum",
        "perfect_information": "has infosets of several nodes",
        "pure_equilibrium": "has none",
        "normal_form": f"is in {game.form} form",
    }[condition]


def cite(result_or_method: Any) -> str:
    """Who invented a method, as a reference for a paper.

    Parameters
    ----------
    result_or_method : a result, or str
        What a public function returned; the name of a method, of such a function, or of a concept
        of correlated equilibrium.

    Raises
    ------
    UnknownNameError
        With near misses.

    Examples
    --------
    >>> cite("cfr+")
    'Tammelin (2014), Solving large imperfect information games using CFR+, arXiv:1407.5042'
    """
    others = resolve("marl_kit.core.citations:CITATIONS")
    name = fold(_cited_name(result_or_method))
    name = resolve("marl_kit.core.citations:ALIASES").get(name, name)
    if name in others:
        return str(others[name])
    dynamics = resolve("marl_kit.core.dynamics_registry:DYNAMICS")
    known = {**others, **dynamics, **METHODS}
    if name not in known and not name.startswith("gambit:"):
        raise UnknownNameError("method", name, known)
    entry = find_method(name) if name not in dynamics or name in METHODS else dynamics[name]
    return entry.citation


def _cited_name(x: Any) -> str:
    """The method that a result says, else the function that makes results of its type."""
    if not isinstance(x, str):
        made_by = resolve("marl_kit.core.citations:RESULTS").get(type(x).__name__)
        x = made_by or getattr(x, "method", x)
    return (x if isinstance(x, str) else repr(x)).partition("(")[0]


def methods_table() -> str:
    """All methods as a Markdown table, as it stands in the README."""
    lines = ["| method | what it does | needs | finds a Nash equilibrium |", "|---|---|---|---|"]
    for m in METHODS.values():
        needs = ", ".join(PRECONDITIONS[c].partition(" (")[0] for c in m.requires)
        lines.append(f"| `{m.name}` | {m.summary} | {needs or 'any finite game'} | {m.converges} |")
    return "\n".join(lines)
