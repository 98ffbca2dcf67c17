"""Every registered method, whoever adds it: resolves, cites, solves, refuses."""

import dataclasses
import math

import numpy as np
import pytest

import marl_kit as mk
from marl_kit.core.citations import FUNCTIONS, functions_table
from marl_kit.core.dynamics_registry import DYNAMICS
from marl_kit.core.registry import (
    METHODS,
    PRECONDITIONS,
    find_method,
    fold,
    methods_table,
    require,
    resolve,
)

# Small games of every kind. A method that needs none of what fails below must solve all of them.
GAMES = [
    "matching_pennies",
    "blotto_4_3",
    "chicken",
    "degenerate_2x2",
    "mckelvey_mclennan",
    "kuhn_1950",
    "openspiel:kuhn_poker",
    "openspiel:kuhn_poker(players=3)",
    "trust",
    "chomp_2x3",
    "selten_horse",
    "beer_quiche",
    "absent_minded_driver",
]
# A game that fails each precondition (and as little else as can be).
FAILING = {
    "two_player": ["mckelvey_mclennan", "selten_horse"],
    "zero_sum": ["chicken", "beer_quiche", "trust"],
    "perfect_recall": ["absent_minded_driver"],
    "perfect_information": ["chicken", "kuhn_1950"],
    "pure_equilibrium": ["matching_pennies", "kuhn_1950"],
    "normal_form": ["kuhn_1950", "trust"],
}


def holds(game, condition):
    """The meaning of the preconditions, once more and apart from the registry's code."""
    return {
        "two_player": game.num_players == 2,
        "zero_sum": game.info.constant_sum,
        "perfect_recall": game.info.perfect_recall,
        "perfect_information": game.info.perfect_information,
        "normal_form": isinstance(game, mk.NormalFormGame),
        "pure_equilibrium": condition == "pure_equilibrium" and has_pure_equilibrium(game),
    }[condition]


def has_pure_equilibrium(game):
    """Every outcome tried; a tree of perfect information has one (Kuhn 1953)."""
    if game.info.perfect_information:
        return True
    try:
        matrix = game.to_normal_form()
    except mk.GameTooLargeError:
        return False  # nobody knows: refused
    for cell in np.ndindex(matrix.num_actions):
        pure = [np.eye(n)[a] for n, a in zip(matrix.num_actions, cell, strict=True)]
        if mk.nash_conv(matrix, pure) == 0:
            return True
    return False


def budget(name):
    iterative = isinstance(resolve(METHODS[name].target), type)
    return {"iterations": 20} if iterative else {}


def suitable(name):
    games = [mk.load_game(spec) for spec in GAMES]
    return [g for g in games if all(holds(g, c) for c in METHODS[name].requires)]


def test_the_preconditions_are_known_here():
    assert set(FAILING) == set(PRECONDITIONS)


@pytest.mark.parametrize("name", METHODS)
def test_entry(name):
    entry = METHODS[name]
    assert entry.name == name == fold(name)
    assert find_method(name.upper()) is entry
    assert set(entry.requires) <= set(PRECONDITIONS)
    for text in (entry.summary, entry.converges):
        assert len(text) > 5
        assert text == text.strip()
        assert "|" not in text  # it stands in a Markdown table
    assert any(c.isdigit() for c in entry.citation)  # a year
    assert len(entry.citation) > 30


@pytest.mark.parametrize("name", METHODS)
def test_target(name):
    target = resolve(METHODS[name].target)
    assert callable(target)
    assert target.__doc__
    if isinstance(target, type):
        assert dataclasses.is_dataclass(target)
        assert target.__dataclass_params__.frozen
        assert all(callable(getattr(target, m)) for m in ("init", "step", "profile"))
        target()  # every option has a default


@pytest.mark.parametrize("name", METHODS)
def test_solves_every_suitable_game(name):
    games = suitable(name)
    assert games
    for game in games:
        solution = mk.solve(game, name, **budget(name))
        assert solution.method == name
        assert math.isfinite(solution.nash_conv)
        assert solution.nash_conv >= 0
        assert mk.nash_conv(game, solution) == pytest.approx(solution.nash_conv, abs=1e-12)
        assert solution.exploitability == solution.nash_conv / game.num_players
        assert mk.expected_values(game, solution) == pytest.approx(solution.values, abs=1e-12)
        assert np.all(np.isfinite(solution.values))
        if not budget(name):
            assert solution.nash_conv < 1e-8
            assert solution.iterations == 0


@pytest.mark.parametrize("name", METHODS)
def test_the_same_seed_gives_the_same_answer(name):
    game = suitable(name)[0]
    profiles = [mk.solve(game, name, seed=3, **budget(name)).profile for _ in range(2)]
    a, b = (np.concatenate(p) if isinstance(p, list) else p.probabilities for p in profiles)
    assert np.array_equal(a, b)


@pytest.mark.parametrize("condition", FAILING)
def test_failing_games_fail(condition):
    for spec in FAILING[condition]:
        assert not holds(mk.load_game(spec), condition)


@pytest.mark.parametrize(
    ("name", "condition"), [(n, c) for n, entry in METHODS.items() for c in entry.requires]
)
def test_refuses_what_fails_a_precondition(name, condition):
    entry = METHODS[name]
    for spec in FAILING[condition]:
        game = mk.load_game(spec)
        first = next(c for c in entry.requires if not holds(game, c))  # checked in this order
        recall = first == "perfect_recall"
        error = mk.ImperfectRecallError if recall else mk.UnsupportedGameError
        with pytest.raises(error) as caught:
            mk.solve(game, name, **budget(name))
        assert recall or PRECONDITIONS[first] in str(caught.value)


@pytest.mark.parametrize("name", METHODS)
def test_require_agrees_with_the_meaning(name):
    for spec in GAMES:
        game = mk.load_game(spec)
        if all(holds(game, c) for c in METHODS[name].requires):
            assert require(METHODS[name], game) is None
        else:
            refusals = (mk.UnsupportedGameError, mk.ImperfectRecallError, mk.GameTooLargeError)
            with pytest.raises(refusals):
                require(METHODS[name], game)


def test_refusals_say_what_is_needed_and_what_there_is():
    with pytest.raises(mk.UnsupportedGameError, match=r"lp needs two players, and .* has 3"):
        mk.solve("mckelvey_mclennan", "lp")
    with pytest.raises(mk.UnsupportedGameError, match=r"needs a normal form .* in extensive form"):
        mk.solve("trust", "replicator")


def test_table():
    lines = methods_table().splitlines()
    assert len(lines) == len(METHODS) + 2
    assert all(line.count("|") == 5 for line in lines)
    for name in METHODS:
        assert sum(f"`{name}`" in line for line in lines) == 1


CITED = [
    *[
        "all_equilibria",
        "isolated_equilibria",
        "dominance",
        "select",
        "qre",
        "qre_fit",
        "correlated",
        "ess",
    ],
    *["nearest_correlated", "stackelberg", "elo", "alpha_rank", "nash_average", "degeneracy"],
    *[
        "is_ess",
        "evolutionarily_stable",
        "iter_equilibria",
        "correlated_range",
        "fixation_probability",
    ],
    *[
        "correlated",
        "ess",
        "fixation_probability",
        "ce",
        "cce",
        "efce",
        "efcce",
        "subgame_perfect",
        "Nash-Average",
    ],
]


@pytest.mark.parametrize("name", CITED)
def test_functions_are_cited(name):
    assert any(c.isdigit() for c in mk.cite(name))


def results():
    """One of every public result type that stands for a way to compute something."""
    chicken = mk.load_game("chicken")
    yield mk.solve(chicken, "pure"), "Nash"
    yield mk.all_equilibria(chicken), "Mangasarian"
    yield mk.degeneracy("degenerate_2x2"), "von Stengel"
    yield mk.subgame_perfect("trust"), "Selten"
    yield mk.dominance(chicken), "Gale"
    yield mk.select(chicken), "Harsanyi"
    yield mk.qre(chicken), "Palfrey"
    yield mk.qre_fit(chicken, [[6, 4], [4, 6]]), "Haile"
    yield mk.correlated(chicken), "Aumann"
    yield mk.nearest_correlated(chicken, np.eye(2) / 2, "cce"), "Moulin"
    yield mk.stackelberg(chicken), "Conitzer"
    yield mk.dynamics(chicken, "moran"), "Moran"
    yield mk.alpha_rank(chicken), "Omidshafiei"
    yield mk.nash_average([[0]]), "Balduzzi"
    yield mk.elo([("a", "b", 3, 1, 2)]), "Elo"
    yield mk.glicko2(mk.Glicko()), "Glickman"
    yield mk.hodge(np.zeros((2, 2))), "Jiang"
    yield mk.elo_misfit([("a", "b", 3, 1, 2)]), "Hoeffding"
    yield mk.sprt(wins=3, draws=1, losses=2), "Wald"


def test_every_result_is_cited():
    found = list(results())
    for result, author in found:
        assert author in mk.cite(result), type(result)
    types = {type(result).__name__ for result, _ in found}
    # what a result consists of, and what another method's name stands behind
    parts = {"BestResponse", "Elimination", "History", "InfosetLosses", "Line", "MatchResult"}
    results_of = {"core", "solve", "evaluate"}
    public = {
        name
        for name in mk.__all__
        if dataclasses.is_dataclass(kind := getattr(mk, name))
        and kind.__module__.split(".")[1] in results_of
    }
    assert public - parts <= types


def test_unknown_names_are_refused_with_near_misses():
    with pytest.raises(mk.UnknownNameError, match="stackelberg"):
        mk.cite("stackleberg")


def test_functions_table():
    lines = functions_table().splitlines()
    assert len(lines) == len(FUNCTIONS) + len(DYNAMICS) + 2
    assert all(line.count("|") == 4 for line in lines)
    assert all(any(c.isdigit() for c in line.split("|")[3]) for line in lines[2:])
