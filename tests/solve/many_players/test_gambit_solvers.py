"""pygambit's solvers where it is installed; the refusals where it is not."""

import importlib.util

import numpy as np
import pytest

import marl_kit as mk
from marl_kit.core.gambit_methods import GAMBIT_METHODS
from marl_kit.core.registry import METHODS, PRECONDITIONS, find_method, resolve

INSTALLED = importlib.util.find_spec("pygambit") is not None
needs_pygambit = pytest.mark.skipif(not INSTALLED, reason="pygambit is not installed")
NEAR = 1e-4
"""NashConv relative to the payoff range of pygambit's approximate solvers."""


@pytest.mark.parametrize("name", GAMBIT_METHODS)
def test_entries(name):
    entry = find_method(name.upper())
    assert entry.name == name
    assert name not in METHODS
    assert set(entry.requires) <= set(PRECONDITIONS)
    assert resolve(entry.target).__doc__
    assert mk.cite(name) == entry.citation
    assert "Savani and Turocy" in entry.citation


def test_unknown_solvers_are_refused_with_near_misses():
    with pytest.raises(mk.UnknownNameError, match="gambit:enumpoly"):
        mk.solve("chicken", "gambit:enumpolly")
    with pytest.raises(mk.UnknownNameError, match="unknown method 'gambit:x'"):
        mk.gambit_equilibria("chicken", "x")


def test_preconditions_are_checked_first():
    with pytest.raises(mk.UnsupportedGameError, match="gambit:lcp needs two players"):
        mk.solve("mckelvey_mclennan", "gambit:lcp")
    with pytest.raises(mk.UnsupportedGameError, match="needs a normal form"):
        mk.solve("trust", "gambit:logit")


@pytest.mark.skipif(INSTALLED, reason="pygambit is installed")
def test_without_pygambit_it_says_what_to_install():
    with pytest.raises(mk.UnsupportedGameError, match=r"pip install 'marl-kit\[gambit\]'"):
        mk.solve("chicken", "gambit:logit")


@needs_pygambit
@pytest.mark.parametrize("name", GAMBIT_METHODS)
@pytest.mark.parametrize("spec", ["chicken", "mckelvey_mclennan"])
def test_solves(name, spec):
    game = mk.load_game(spec)
    if "two_player" in GAMBIT_METHODS[name].requires and game.num_players > 2:
        return
    solution = mk.solve(game, name)
    assert solution.method == name
    assert mk.nash_conv(game, solution) <= NEAR * game.info.payoff_range


@needs_pygambit
def test_all_that_it_finds():
    found = mk.gambit_equilibria("mckelvey_mclennan", "enumpoly")
    assert len(found) == 9
    assert not found.complete
    assert found.certificates.max() < 1e-6


@needs_pygambit
def test_isolated_equilibria_miss_none_of_its():
    for seed in range(10):
        game = mk.NormalFormGame(np.random.default_rng(seed).integers(-50, 51, (3, 2, 2, 3)))
        ours = [np.concatenate(p) for p in mk.isolated_equilibria(game)]
        for profile in mk.gambit_equilibria(game, "gambit:enumpoly"):
            assert min(np.abs(np.concatenate(profile) - x).max() for x in ours) < NEAR
