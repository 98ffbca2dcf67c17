"""References of what is computed by public functions of their own, beside the methods."""

from __future__ import annotations

import re
from dataclasses import dataclass

from marl_kit.core.dynamics_registry import DYNAMICS

NAMED = 2
"""So many authors are named in a table; of more the first one."""


@dataclass(frozen=True, slots=True)
class Topic:
    """What one public function computes, and who is to be cited."""

    summary: str
    citation: str


_AUMANN = (
    "Aumann (1974), Subjectivity and correlation in randomized strategies, J. Mathematical "
    "Economics 1"
)
_MOULIN = (
    "Moulin and Vial (1978), Strategically zero-sum games: the class of games whose completely "
    "mixed equilibria cannot be improved upon, Int. J. Game Theory 7"
)
_QRE = (
    "McKelvey and Palfrey (1995), Quantal response equilibria for normal form games, Games and "
    "Economic Behavior 10"
)

FUNCTIONS = {
    "all_equilibria": Topic(
        "all extreme equilibria of two players, with components; the isolated ones of more",
        "Mangasarian (1964), Equilibrium points of bimatrix games, J. SIAM 12; Avis, Rosenberg, "
        "Savani and von Stengel (2010), Enumeration of Nash equilibria for two-player games, "
        "Economic Theory 42; Millham (1974), On Nash subsets of bimatrix games, Naval Research "
        "Logistics Quarterly 21",
    ),
    "isolated_equilibria": Topic(
        "isolated equilibria of any number of players, support by support",
        "McKelvey and McLennan (1996), Computation of equilibria in finite games, Handbook of "
        "Computational Economics 1; Porter, Nudelman and Shoham (2008), Simple search methods for "
        "finding a Nash equilibrium, Games and Economic Behavior 63",
    ),
    "degeneracy": Topic(
        "whether a mixed strategy has more best replies than actions, with a witness",
        "von Stengel (2002), Computing equilibria for two-person games, Handbook of Game Theory 3",
    ),
    "subgame_perfect": Topic(
        "all subgame-perfect equilibria in pure strategies",
        "Selten (1965), Spieltheoretische Behandlung eines Oligopolmodells mit Nachfragetraegheit, "
        "Z. gesamte Staatswissenschaft 121",
    ),
    "dominance": Topic(
        "iterated elimination of dominated actions, with the order and the dominators",
        "Gale, Kuhn and Tucker (1950), Reductions of game matrices, Contributions to the Theory "
        "of Games 1; Pearce (1984), Rationalizable strategic behavior and the problem of "
        "perfection, Econometrica 52",
    ),
    "select": Topic(
        "the equilibrium of greatest entropy, welfare or least payoff; risk dominance in 2 x 2",
        "Harsanyi and Selten (1988), A General Theory of Equilibrium Selection in Games, MIT Press",
    ),
    "qre": Topic(
        "logit quantal response equilibria: at a lambda, or the branch from uniform play",
        f"{_QRE}; Turocy (2005), A dynamic homotopy interpretation of the logistic quantal "
        "response equilibrium correspondence, Games and Economic Behavior 51",
    ),
    "qre_fit": Topic(
        "the lambda under which observed play is likeliest",
        f"{_QRE}; Haile, Hortacsu and Kosenok (2008), On the empirical content of quantal "
        "response equilibrium, American Economic Review 98",
    ),
    "correlated": Topic(
        "correlated and coarse correlated equilibria by an objective, of matrices and trees",
        f"{_AUMANN}; {_MOULIN}",
    ),
    "nearest_correlated": Topic(
        "the correlated equilibrium nearest to any joint play, and how far it is",
        f"{_AUMANN}; {_MOULIN}",
    ),
    "stackelberg": Topic(
        "the mixture that a leader commits to",
        "von Stackelberg (1934), Marktform und Gleichgewicht, Springer; Conitzer and Sandholm "
        "(2006), Computing the optimal strategy to commit to, ACM EC 7",
    ),
    "ess": Topic(
        "whether a mixture is evolutionarily stable, and all that are",
        "Maynard Smith and Price (1973), The logic of animal conflict, Nature 246; Haigh (1975), "
        "Game theory and evolution, Advances in Applied Probability 7; Bomze (1992), Detecting "
        "all evolutionarily stable strategies, J. Optimization Theory and Applications 75",
    ),
    "fixation_probability": Topic(
        "the chance that one mutant takes over a finite population, exactly",
        DYNAMICS["moran"].citation,
    ),
    "alpha_rank": Topic(
        "how long evolving populations stay at each profile of an empirical game",
        "Omidshafiei, Papadimitriou, Piliouras, Tuyls, Rowland, Lespiau, Czarnecki, "
        "Lanctot, Perolat and Munos (2019), alpha-Rank: multi-agent evaluation by evolution, "
        "Scientific Reports 9; Rowland, Omidshafiei, Tuyls, Perolat, Valko, Piliouras and Munos "
        "(2019), Multiagent evaluation under incomplete information, NeurIPS 32; Grassmann, Taksar "
        "and Heyman (1985), Regenerative analysis and steady state distributions for Markov "
        "chains, Operations Research 33",
    ),
    "nash_average": Topic(
        "ratings against the most even equilibrium of an empirical game",
        "Balduzzi, Tuyls, Perolat and Graepel (2018), Re-evaluating evaluation, NeurIPS 31",
    ),
    "elo": Topic(
        "maximum-likelihood ratings from results of games",
        "Elo (1978), The Rating of Chessplayers, Past and Present, Arco; Bradley and Terry (1952), "
        "Rank analysis of incomplete block designs, Biometrika 39; Zermelo (1929), Die Berechnung "
        "der Turnier-Ergebnisse als ein Maximumproblem der Wahrscheinlichkeitsrechnung, Math. "
        "Zeitschrift 29",
    ),
    "glicko2": Topic(
        "a rating with its deviation and volatility, period by period",
        "Glickman (2013), Example of the Glicko-2 system",
    ),
    "hodge": Topic(
        "payoffs split into ratings and cycles",
        "Jiang, Lim, Yao and Ye (2011), Statistical ranking and combinatorial Hodge theory, "
        "Mathematical Programming 127",
    ),
    "elo_misfit": Topic(
        "where the games contradict the ratings",
        "Hoeffding (1963), Probability inequalities for sums of bounded random variables, Journal "
        "of the American Statistical Association 58; Jiang, Lim, Yao and Ye (2011), Statistical "
        "ranking and combinatorial Hodge theory, Mathematical Programming 127",
    ),
    "openskill": Topic(
        "ratings from games of any number of players, by the library openskill",
        "Weng and Lin (2011), A Bayesian approximation method for online ranking, Journal of "
        "Machine Learning Research 12",
    ),
    "psro": Topic(
        "populations that grow by best responses: exact, with any meta-solver",
        "Lanctot, Zambaldi, Gruslys, Lazaridou, Tuyls, Perolat, Silver and Graepel (2017), A "
        "unified game-theoretic approach to multiagent reinforcement learning, NIPS 30; McMahan, "
        "Gordon and Blum (2003), Planning in the presence of cost functions controlled by an "
        "adversary, ICML 20; Marris, Muller, Lanctot, Tuyls and Graepel (2021), Multi-agent "
        "training beyond zero-sum with correlated equilibrium meta-solvers, ICML 38",
    ),
    "sprt": Topic(
        "a sequential test of which of two players is better",
        "Wald (1945), Sequential tests of statistical hypotheses, Annals of Mathematical "
        "Statistics 16; Van den Bergh (2020), Normalized Elo, as in Fishtest",
    ),
}
"""By the name of the function."""

CITATIONS = {
    **{name: topic.citation for name, topic in FUNCTIONS.items()},
    "ce": _AUMANN,
    "cce": _MOULIN,
    "efce": "von Stengel and Forges (2008), Extensive-form correlated equilibrium: definition and "
    "computational complexity, Mathematics of Operations Research 33",
    "efcce": "Farina, Bianchi and Sandholm (2020), Coarse correlation in extensive-form games, "
    "AAAI 34",
}
"""By the ``method`` of a result, or the function; correlated equilibria by their concept."""
ALIASES = {
    "is_ess": "ess",
    "evolutionarily_stable": "ess",
    "iter_equilibria": "all_equilibria",
    "iter_subgame_perfect": "subgame_perfect",
    "correlated_range": "correlated",
    "meta_strategy": "psro",
    "online_elo": "elo",
}
"""Public functions that share an entry."""
RESULTS = {
    "Degeneracy": "degeneracy",
    "Dominance": "dominance",
    "EquilibriumSet": "all_equilibria",
    "MetaStrategy": "psro",
    "QREBranch": "qre",
    "QREFit": "qre_fit",
    "Ratings": "elo",
    "SelectedEquilibrium": "select",
    "Stackelberg": "stackelberg",
    "SubgamePerfectSet": "subgame_perfect",
}
"""Types of results that have no ``method`` of their own, and the function that makes them."""


def functions_table() -> str:
    """The functions beside ``mk.solve`` as a Markdown table, as it stands in the README."""
    lines = ["| function | what it does | source |", "|---|---|---|"]
    rows = [(name, topic.summary, topic.citation) for name, topic in FUNCTIONS.items()]
    rows += [(f'dynamics(game, "{m.name}")', m.summary, m.citation) for m in DYNAMICS.values()]
    lines += [f"| `{name}` | {what} | {_short(who)} |" for name, what, who in rows]
    return "\n".join(lines)


def _short(citation: str) -> str:
    """Authors and year of each reference."""
    found = (re.match(r"(.*?) \((\d{4})\)", part) for part in citation.split("; "))
    return "; ".join(f"{_few(match[1])} {match[2]}" for match in found if match)


def _few(authors: str) -> str:
    names = re.split(r", | and ", authors)
    return authors if len(names) <= NAMED else f"{names[0]} et al."
