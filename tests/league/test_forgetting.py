"""Self-play forgets, and a league that keeps its past does not: by numbers that chance does not
decide. The game is rock, scissors, paper, which is all a circle; payoffs are computed."""

from fractions import Fraction

import numpy as np
import pytest

from marl_kit.core.results import Status
from marl_kit.league.league import League

LEARNER = "q_learning(episodes=300,power=0,step=0.1)"
WAVES = 12
SEEDS = range(5)


class Rock:
    """The first member: pure, for a random one would be an equilibrium already."""

    def act(self, state, rng):
        return 0

    def probabilities(self, state):
        return {0: 1.0}


def trained(preset, oracle, seed=0, **options):
    with League(
        "rock_scissors_paper", preset, {"rock": Rock()}, seed=seed, oracle=oracle, **options
    ) as league:
        league.train(waves=WAVES)
        return league.summary(), league.exploitability("nash")


def worst_against_the_past(summary):
    """Of each wave: the least mean payoff of what is played against a member that was there."""
    joined = np.array([member.step for member in summary.members])
    against = summary.meta @ summary.payoffs
    return np.where(joined > summary.generations[:, None], np.inf, against).min(axis=1)


# ---- without chance


def test_self_play_goes_round_in_circles():
    summary, cure = trained("self_play", "best_response")
    assert summary.exploitability == pytest.approx(np.ones(WAVES), abs=1e-12)
    past = worst_against_the_past(summary)
    assert past[0] == 0  # paper has met rock only
    assert past[1:] == pytest.approx(-np.ones(WAVES - 1), abs=1e-12)
    # each member beats the one before, and everybody is beaten by the one two before
    members = summary.payoffs
    assert np.diag(members, -1) == pytest.approx(np.ones(WAVES), abs=1e-12)
    assert np.diag(members, -2) == pytest.approx(-np.ones(WAVES - 1), abs=1e-12)
    # the members would do: it is playing the newest that forgets
    assert cure == pytest.approx(0, abs=1e-12)


def fictitious_play(waves):
    """Exploitability of the uniform mixture after each best response, in fractions; ties go to
    the first action."""
    beats = {(0, 1), (1, 2), (2, 0)}  # rock, scissors, paper
    payoff = [[((i, j) in beats) - ((j, i) in beats) for j in range(3)] for i in range(3)]
    counts, losses = [1, 0, 0], []
    for _ in range(waves):
        counts[int(np.argmax(np.dot(payoff, counts)))] += 1
        losses.append(float(Fraction(int(max(np.dot(payoff, counts))), sum(counts))))
    return losses


def test_a_historical_pool_is_fictitious_play():
    summary, _ = trained("fictitious", "best_response")
    assert summary.exploitability == pytest.approx(fictitious_play(WAVES), abs=1e-12)
    assert worst_against_the_past(summary)[-1] >= -0.2


def test_psro_ends_with_the_equilibrium():
    with League("rock_scissors_paper", "psro", {"rock": Rock()}, oracle="best_response") as league:
        done = league.train(waves=WAVES)
        assert (done.status, done.waves) == (Status.CONVERGED, 2)
        assert league.exploitability() == pytest.approx(0, abs=1e-12)
        assert league.meta_strategy().to_numpy() == pytest.approx(np.full(3, 1 / 3), abs=1e-12)


# ---- with a learner, whose games are chance


@pytest.mark.parametrize("seed", SEEDS)
def test_a_learner_that_plays_itself_loses_to_its_ancestors(seed):
    summary, _ = trained("self_play", LEARNER, seed)
    assert summary.exploitability == pytest.approx(np.ones(WAVES), abs=1e-12)
    past = worst_against_the_past(summary)
    assert past[3:].mean() < -0.5
    assert (past[-4:] <= -0.5 + 1e-12).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_learner_with_a_historical_pool_loses_less(seed):
    summary, _ = trained("fictitious", LEARNER, seed)
    assert (summary.exploitability <= 0.6 + 1e-12).all()
    assert summary.exploitability[-1] < 0.45
    assert worst_against_the_past(summary)[-1] > -0.45


@pytest.mark.parametrize("seed", SEEDS)
def test_a_learner_in_psro_never_loses_to_its_ancestors(seed):
    summary, _ = trained("psro", LEARNER, seed)
    assert worst_against_the_past(summary) == pytest.approx(np.zeros(WAVES), abs=1e-9)
    assert summary.best_so_far[-1] == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("seed", SEEDS[:3])
def test_the_games_show_it_too(seed):
    """Payoffs are played: the share of the points against the ancestor that is feared most."""
    summary, _ = trained("self_play", LEARNER, seed, exact=False)
    learned = summary.forgetting[[member.kind == "learned" for member in summary.members]]
    assert np.isnan(learned[0])  # no ancestors
    assert (learned[7:] <= 0.25).all()
    assert np.nanmin(learned) == 0  # every game is lost


# ---- poker: the circle misses what is needed


def test_in_poker_self_play_does_not_even_collect_the_cure():
    left = {}
    for preset in ("self_play", "fictitious", "psro"):
        with League("kuhn_poker", preset, oracle="best_response") as league:
            league.train(waves=16)
            left[preset] = league.exploitability(), league.exploitability("nash")
    assert left["psro"] == pytest.approx((0, 0), abs=1e-9)
    assert left["self_play"][0] > 0.15
    assert left["self_play"][1] > 0.1
    assert left["fictitious"][0] < 0.1
