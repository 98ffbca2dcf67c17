"""Selection: literature, mixtures inside Nash subsets as a check, refusals."""

import numpy as np
import pytest

import marl_kit as mk


def entropy(profile):
    return -sum(float(x[x > 0] @ np.log(x[x > 0])) for x in profile)


def mixtures(found, rng, count=40):
    """Equilibria drawn from the insides of the maximal Nash subsets, and the corners."""
    yield from found
    for subset in found.nash_subsets:
        for _ in range(count):
            weights = rng.dirichlet(np.full(len(subset), 0.5), size=2)
            yield [
                sum(w * found[i][p] for w, i in zip(weights[p], subset, strict=True))
                for p in (0, 1)
            ]


def degenerate(seed):
    rng = np.random.default_rng(seed)
    shape = [(2, 2), (2, 3), (3, 3), (3, 4), (4, 4)][seed % 5]
    return mk.NormalFormGame(rng.integers(-1, 2, (2, *shape)))


@pytest.mark.parametrize("seed", range(25))
def test_nothing_in_the_subsets_is_better(seed):
    game = degenerate(seed)
    found = mk.all_equilibria(game)
    chosen = {by: mk.select(found, by) for by in ("welfare", "egalitarian", "entropy")}
    for answer in chosen.values():
        assert answer.nash_conv == pytest.approx(mk.nash_conv(game, answer.profile), abs=1e-15)
        assert answer.nash_conv < 1e-9
        assert answer.values == pytest.approx(mk.expected_values(game, answer.profile), abs=1e-12)
    assert chosen["entropy"].score == pytest.approx(entropy(chosen["entropy"].profile))
    for profile in mixtures(found, np.random.default_rng(seed)):
        assert mk.nash_conv(game, profile) < 1e-12
        values = mk.expected_values(game, profile)
        assert chosen["welfare"].score >= values.sum() - 1e-9
        assert chosen["egalitarian"].score >= values.min() - 1e-9
        assert chosen["entropy"].score >= entropy(profile) - 1e-9


def test_entropy_of_a_whole_polytope():
    """Every profile is an equilibrium: the uniform one has the most entropy, and is no corner."""
    answer = mk.select(mk.NormalFormGame(np.zeros((2, 3, 4))), "entropy")
    assert answer.profile[0] == pytest.approx(np.full(3, 1 / 3), abs=1e-9)
    assert answer.profile[1] == pytest.approx(np.full(4, 1 / 4), abs=1e-9)
    assert answer.score == pytest.approx(np.log(12))
    assert answer.index is None
    assert answer.subset == 0


def test_entropy_in_a_segment():
    """Rock, paper, scissors and a second rock: the rocks share a third equally."""
    rps = np.array([[0, -1, 1], [1, 0, -1], [-1, 1, 0]])
    twice = [0, 1, 2, 0]
    game = mk.NormalFormGame.from_bimatrix(rps[np.ix_(twice, twice)])
    answer = mk.select(game, "entropy")
    for x in answer.profile:
        assert x == pytest.approx([1 / 6, 1 / 3, 1 / 3, 1 / 6], abs=1e-9)


def test_welfare_and_egalitarian_can_differ():
    game = mk.NormalFormGame.from_bimatrix([[9, 0], [0, 3]], [[1, 0], [0, 3]])
    welfare, fair = mk.select(game, "welfare"), mk.select(game, "egalitarian")
    assert (welfare.values.tolist(), welfare.score) == ([9, 1], 10)
    assert (fair.values.tolist(), fair.score) == ([3, 3], 3)
    assert mk.all_equilibria(game)[fair.index][0].tolist() == fair.profile[0].tolist()


def test_risk_dominance():
    """Harsanyi and Selten (1988), section 3.9: products of deviation losses."""
    game = mk.NormalFormGame.from_bimatrix([[9, 0], [8, 7]], [[9, 8], [0, 7]])
    answer = mk.select(game, "risk")
    assert [x.tolist() for x in answer.profile] == [[0, 1], [0, 1]]
    assert answer.score == 49
    assert "49 against 1" in answer.note
    assert mk.select(game, "welfare").values.tolist() == [9, 9]
    found = mk.all_equilibria(game)
    assert found[answer.index][0].tolist() == [0, 1]
    assert mk.select(found, "risk").profile[0].tolist() == [0, 1]


@pytest.mark.parametrize("scale", [1e-9, 1e9])
@pytest.mark.parametrize("by", ["welfare", "egalitarian", "entropy", "risk"])
def test_scale_and_shift_change_nothing(scale, by):
    A, B = np.array([[9.0, 0], [8, 7]]), np.array([[9.0, 8], [0, 7]])
    plain = mk.select(mk.NormalFormGame.from_bimatrix(A, B), by)
    moved = mk.select(mk.NormalFormGame.from_bimatrix((A + 32) * scale, (B + 32) * scale), by)
    for x, y in zip(plain.profile, moved.profile, strict=True):
        assert x == pytest.approx(y, abs=1e-9)


def test_pure_equilibria_of_any_number_of_players():
    found = mk.all_equilibria("mckelvey_mclennan", "pure")
    answer = mk.select(found, "welfare")
    assert answer.score == max(mk.expected_values(found.game, p).sum() for p in found)
    assert "in pure strategies" in answer.note
    assert mk.select(found, "entropy").score == 0


def test_three_players():
    """McKelvey and McLennan's nine equilibria: the first pure one pays 29 together."""
    answer = mk.select("mckelvey_mclennan")
    assert answer.values.tolist() == [9, 8, 12]
    mixed = mk.select("mckelvey_mclennan", "entropy")
    assert mixed.nash_conv < 1e-9
    assert all(x.min() > 0 for x in mixed.profile)


def test_printed_and_plain():
    answer = mk.select("stag_hunt")
    assert "selected by  welfare, 18" in repr(answer)
    assert "<table>" in answer._repr_html_()
    assert answer.to_dict()["values"] == [9, 9]


@pytest.mark.parametrize(
    ("game", "message"),
    [
        ("prisoners_dilemma", "with 1 of them"),
        ("matching_pennies", "with 0 of them"),
        ("von_stengel_3x2", "is 3 x 2;"),
        ("battle_of_the_sexes", "neither strict equilibrium"),
    ],
)
def test_risk_is_refused_elsewhere(game, message):
    with pytest.raises(mk.UnsupportedGameError, match=message):
        mk.select(game, "risk")


def test_refusals():
    with pytest.raises(mk.UnknownNameError, match="did you mean 'welfare'"):
        mk.select("chicken", "wellfare")
    with pytest.raises(mk.UnsupportedGameError, match="is 2 x 2 x 2;"):
        mk.select("mckelvey_mclennan", "risk")
    empty = mk.all_equilibria("matching_pennies", "pure")
    with pytest.raises(mk.UnsupportedGameError, match="is empty"):
        mk.select(empty)


@pytest.mark.parametrize("by", ["welfare", "egalitarian"])
@pytest.mark.parametrize("power", [3, 9, 10])
def test_a_forbidding_payoff_hides_nothing(by, power):
    k = -(10**power)
    table = [[1, 0, k], [0, 2, k], [k, k, k]]
    found = mk.select(mk.NormalFormGame.from_bimatrix(table, table), by)
    assert found.values.tolist() == [2, 2]
