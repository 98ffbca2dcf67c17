"""Pure equilibria against a slow twin, and known ones."""

import numpy as np
import pytest

import marl_kit as mk
from marl_kit.solve import pure_equilibria
from tests.reference import recursive

MATRICES = ["prisoners_dilemma", "chicken", "stag_hunt", "matching_pennies", "mckelvey_mclennan"]
MATRICES += ["degenerate_2x2", "coordination_3x3", "travellers_dilemma", "shapley_1964"]
TREES = ["trust", "beer_quiche", "selten_horse", "centipede_4", "bagwell_commitment"]
TREES += ["entry_deterrence", "kuhn_1950", "koller_megiddo_von_stengel", "spence_signalling"]


def slow(matrix):
    """Every outcome, every player, every other action; exact."""
    found = []
    for cell in np.ndindex(matrix.num_actions):
        stays = True
        for p, n in enumerate(matrix.num_actions):
            for a in range(n):
                other = (*cell[:p], a, *cell[p + 1 :])
                stays = stays and matrix.exact_payoffs[(p, *other)] <= matrix.exact_payoffs[p][cell]
        if stays:
            found.append(cell)
    return found


def cells(found):
    return [tuple(int(np.argmax(x)) for x in profile) for profile in found]


@pytest.mark.parametrize("spec", [*MATRICES, *TREES])
def test_against_the_twin(spec):
    game = mk.load_game(spec)
    found = mk.all_equilibria(game, "pure")
    assert cells(found) == slow(game.to_normal_form())
    assert found.complete
    assert found.status is mk.Status.COMPLETE_PURE
    assert np.all(found.certificates <= 1e-12)
    assert cells(mk.iter_equilibria(game, "pure")) == cells(found)
    for profile in found:
        assert mk.nash_conv(game, mk.from_mixed(game, profile)) <= 1e-12


@pytest.mark.parametrize("seed", range(20))
def test_random_tables_with_ties(seed):
    rng = np.random.default_rng(seed)
    shape = tuple(rng.integers(1, 5, int(rng.integers(1, 5))))
    game = mk.NormalFormGame(rng.integers(0, 4, (len(shape), *shape)))
    assert cells(mk.all_equilibria(game, "pure")) == slow(game)


def test_exact_payoffs_decide_what_floats_cannot():
    tiny = f"1/{10**30}"
    game = mk.NormalFormGame([[f"{10**30 + 1}/{10**30}", 1]], actions=[["a", "b"]])
    assert game.payoffs[0, 0] == game.payoffs[0, 1]
    assert cells(mk.all_equilibria(game, "pure")) == [(0,)]
    assert tiny not in str(game)


@pytest.mark.parametrize("spec", MATRICES)
def test_the_pure_extreme_equilibria_are_the_same(spec):
    game = mk.load_game(spec)
    if game.num_players != 2:
        return
    extreme = [p for p in mk.all_equilibria(game) if all(max(x) == 1 for x in p)]
    assert sorted(cells(extreme)) == cells(mk.all_equilibria(game, "pure"))


def test_known_ones():
    """Selten (1975): the horse has two pure equilibria, one of them perfect. Chicken: the two
    outcomes in which one yields."""
    assert cells(mk.all_equilibria("chicken", "pure")) == [(0, 1), (1, 0)]
    assert len(mk.all_equilibria("selten_horse", "pure")) == 2
    assert len(mk.all_equilibria("matching_pennies", "pure")) == 0
    assert len(mk.all_equilibria("kuhn_1950", "pure")) == 0


def test_the_set():
    found = mk.all_equilibria("chicken", "PURE", exact=True)
    assert found.exact_profiles[0] == [[1, 0], [0, 1]]
    assert found.degenerate is None
    assert (found.nash_subsets, found.components) == ((), ())
    assert "2 in pure strategies" in repr(found)
    assert "degenerate" not in repr(found)
    assert found.to_dict()["equilibria"] == [[[1, 0], [0, 1]], [[0, 1], [1, 0]]]


def test_too_many_are_cut_and_it_says_so(monkeypatch):
    monkeypatch.setattr(pure_equilibria, "MAX_PROFILES", 5)
    game = mk.NormalFormGame(np.zeros((2, 3, 3)))
    found = mk.all_equilibria(game, "pure")
    assert len(found) == 5
    assert not found.complete
    assert found.status is mk.Status.EQUILIBRIUM_LIMIT
    assert sum(1 for _ in mk.iter_equilibria(game, "pure")) == 9
    assert mk.solve(game, "pure").note == "1 of at least 5 equilibria in pure strategies"


def test_too_large_trees_are_refused():
    with pytest.raises(mk.GameTooLargeError, match="strategies"):
        mk.all_equilibria("leduc_poker", "pure")


def test_solve_plays_it_in_the_tree():
    game = mk.load_game("beer_quiche")
    solution = mk.solve(game, "pure")
    assert solution.nash_conv == 0
    assert set(solution.profile.probabilities.tolist()) == {0.0, 1.0}
    root = recursive.walk(game)
    table = recursive.from_policy(solution.profile)
    assert recursive.nash_conv(root, table) == pytest.approx(0, abs=1e-12)
    assert "1 of 2 equilibria in pure strategies of the reduced normal form" in solution.note


def test_perfect_information_needs_no_normal_form():
    """Tic-tac-toe's normal form could not be written down."""
    game = mk.load_game("openspiel:nim(pile_sizes=1;2;3;3)")
    with pytest.raises(mk.GameTooLargeError):
        game.to_normal_form()
    assert mk.solve(game, "pure").nash_conv == 0


def test_a_game_without_one_is_refused():
    with pytest.raises(
        mk.UnsupportedGameError, match=r"equilibrium in pure strategies, and .* none"
    ):
        mk.solve("matching_pennies", "pure")


def test_misspelt():
    with pytest.raises(mk.UnknownNameError, match="pure"):
        mk.all_equilibria("chicken", "pur")
