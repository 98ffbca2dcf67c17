"""Fictitious play: a twin, convergence where it is proved, and where it fails."""

import numpy as np
import pytest

import marl_kit as mk


def twin(payoffs, rounds):
    """Simultaneous fictitious play in plain Python: counts of plays, best replies to averages."""
    players, sizes = payoffs.shape[0], payoffs.shape[1:]
    beliefs = [[1 / n] * n for n in sizes]
    counts = [[0] * n for n in sizes]
    for t in range(1, rounds + 1):
        replies = []
        for p in range(players):
            values = [0.0] * sizes[p]
            for joint in np.ndindex(sizes):
                weight = 1.0
                for q in range(players):
                    if q != p:
                        weight *= beliefs[q][joint[q]]
                values[joint[p]] += weight * payoffs[(p, *joint)]
            best = max(values)
            slack = 1e-10 * max(1.0, float(np.ptp(payoffs[p])))
            replies.append(next(a for a, v in enumerate(values) if v >= best - slack))
        for p, a in enumerate(replies):
            counts[p][a] += 1
            beliefs[p] = [c / t for c in counts[p]]
    return beliefs


@pytest.mark.parametrize(
    "spec", ["rock_scissors_paper", "shapley_1964", "mckelvey_mclennan", "blotto_4_3", "stag_hunt"]
)
@pytest.mark.parametrize("rounds", [1, 2, 17, 200])
def test_catalogue_games_agree_with_the_twin(spec, rounds):
    game = mk.load_game(spec)
    solution = mk.solve(game, "fictitious_play", iterations=rounds)
    for x, y in zip(solution.profile, twin(game.payoffs, rounds), strict=True):
        assert x == pytest.approx(y, abs=1e-9)


@pytest.mark.parametrize("shape", [(4,), (3, 5), (2, 3, 4), (2, 2, 2, 2)])
def test_random_games_agree_with_the_twin(shape):
    rng = np.random.default_rng(sum(shape))
    for _ in range(3):
        payoffs = rng.normal(size=(len(shape), *shape))
        solution = mk.solve(mk.NormalFormGame(payoffs), "fictitious_play", iterations=60)
        for x, y in zip(solution.profile, twin(payoffs, 60), strict=True):
            assert x == pytest.approx(y, abs=1e-9)


def test_rock_scissors_paper_converges():
    """Robinson (1951): two-player zero-sum."""
    solution = mk.solve("rock_scissors_paper", "fictitious_play", iterations=200_000)
    for x in solution.profile:
        assert x == pytest.approx([1 / 3] * 3, abs=5e-3)
    assert solution.nash_conv < 1e-2
    assert solution.status is mk.Status.ITERATION_LIMIT


def test_shapleys_game_does_not():
    """Shapley (1964), Some topics in two-person games: the plays cycle ever more slowly."""
    solution = mk.solve("shapley_1964", "fictitious_play", iterations=200_000)
    assert solution.history.nash_conv[-6:].min() > 0.1
    assert solution.status is mk.Status.NO_GUARANTEE
    assert max(abs(x - 1 / 3).max() for x in solution.profile) > 0.05


def test_a_dominant_action_is_played_at_once():
    solution = mk.solve("prisoners_dilemma", "fictitious_play", iterations=10)
    assert [x.tolist() for x in solution.profile] == [[0, 1], [0, 1]]
    assert solution.nash_conv == 0


@pytest.mark.parametrize("scale", [1e-9, 1e9])
def test_units_do_not_matter(scale):
    game = mk.load_game("rock_paper_scissors_lizard_spock")
    plain = mk.solve(game, "fictitious_play", iterations=500)
    scaled = mk.solve(mk.NormalFormGame(game.payoffs * scale), "fictitious_play", iterations=500)
    for x, y in zip(plain.profile, scaled.profile, strict=True):
        assert np.array_equal(x, y)


def test_going_on_is_as_if_never_stopped():
    whole = mk.solve("shapley_1964", "fictitious_play", iterations=500)
    part = mk.solve("shapley_1964", "fictitious_play", iterations=123)
    part = mk.solve("shapley_1964", "fictitious_play", iterations=377, start=part)
    for x, y in zip(whole.profile, part.profile, strict=True):
        assert np.array_equal(x, y)


def test_trees_are_refused():
    with pytest.raises(mk.UnsupportedGameError, match="to_normal_form"):
        mk.solve("openspiel:kuhn_poker", "fictitious_play")
