"""Leagues of AlphaZero players on a small board: who learns does not lose to who was before."""

import numpy as np
import pytest

import marl_kit as mk

BOARD = "connect_four(rows=3,columns=4,x_in_row=3)"
LEARNER = "alphazero(rounds=2,games=64,simulations=16,updates=40,width=64,depth=2)"
WAVES, LATE = 8, 4


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("preset", ["self_play", "pfsp"])
def test_late_members_lose_to_no_ancestor(preset, seed):
    """The worst share of the points against any earlier member; a half is what two perfect
    players share here, for the first player wins. A member that errs once, in one seat, does so
    in most games of a match, and the next one has learned better; who forgets falls to 0."""
    with mk.League(BOARD, preset, ["random"], oracle=LEARNER, seed=seed) as league:
        league.train(waves=WAVES)
        summary, ratings = league.summary(), league.elo()
    learned = np.array([member.kind == "learned" for member in summary.members])
    worst = summary.forgetting[learned]
    print(preset, seed, worst.round(2), ratings)
    assert len(worst) == WAVES
    assert worst[-1] >= 0.45
    assert worst[-LATE:].mean() >= 0.44
    assert worst[-LATE:].min() >= 0.25
    names = [member.name for member in summary.members]
    gap, low, _ = ratings.difference(names[-1], "random")
    assert gap > 200
    assert low > 0
