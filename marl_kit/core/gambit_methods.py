"""Names of pygambit's solvers, ``gambit:...``; an optional package, so they stand apart."""

from __future__ import annotations

from marl_kit.core.registry import Method

PREFIX = "gambit:"
_TABLE, _BIMATRIX = ("normal_form",), ("two_player", "normal_form")
_SAVANI = "Savani and Turocy (2025), Gambit: The package for computation in game theory"


def _entry(
    name: str, requires: tuple[str, ...], summary: str, converges: str, source: str
) -> Method:
    target = f"marl_kit.solve.many_players.gambit_solvers:{name}"
    return Method(PREFIX + name, target, requires, summary, converges, f"{source}; {_SAVANI}")


GAMBIT_METHODS: dict[str, Method] = {
    m.name: m
    for m in (
        _entry(
            "enumpoly",
            _TABLE,
            "pygambit: supports and polynomial systems",
            "isolated equilibria, some can be missed",
            "McKelvey and McLennan (1996), Computation of equilibria in finite games, Handbook of "
            "Computational Economics 1",
        ),
        _entry(
            "logit",
            _TABLE,
            "pygambit: the branch of quantal response equilibria",
            "any number of players, approximately",
            "Turocy (2005), A dynamic homotopy interpretation of the logistic quantal response "
            "equilibrium correspondence, Games and Economic Behavior 51",
        ),
        _entry(
            "enummixed",
            _BIMATRIX,
            "pygambit: all extreme equilibria in rational arithmetic",
            "two players, exact",
            "Mangasarian (1964), Equilibrium points of bimatrix games, J. SIAM 12",
        ),
        _entry(
            "lcp",
            _BIMATRIX,
            "pygambit: linear complementarity by Lemke's method",
            "two players, exact",
            "Lemke and Howson (1964), Equilibrium points of bimatrix games, J. SIAM 12",
        ),
        _entry(
            "simpdiv",
            _TABLE,
            "pygambit: simplicial subdivision from uniform play",
            "any number of players, approximately",
            "van der Laan, Talman and van der Heyden (1987), Simplicial variable dimension "
            "algorithms for solving the nonlinear complementarity problem, Mathematics of "
            "Operations Research 12",
        ),
        _entry(
            "ipa",
            _TABLE,
            "pygambit: iterated polymatrix approximation",
            "often, not always",
            "Govindan and Wilson (2004), Computing Nash equilibria by iterated polymatrix "
            "approximation, Journal of Economic Dynamics and Control 28",
        ),
        _entry(
            "gnm",
            _TABLE,
            "pygambit: global Newton method",
            "in generic games",
            "Govindan and Wilson (2003), A global Newton method to compute Nash equilibria, "
            "Journal of Economic Theory 110",
        ),
        _entry(
            "liap",
            _TABLE,
            "pygambit: minimisation of the Lyapunov function from uniform play",
            "often, not always; approximately",
            "McKelvey (1998), A Liapunov function for Nash equilibria, Social Science Working "
            "Paper 953, California Institute of Technology",
        ),
    )
}
