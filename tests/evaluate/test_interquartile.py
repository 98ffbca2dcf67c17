"""Interquartile means against scipy's trimmed mean, and what their intervals promise."""

import numpy as np
import pytest
from scipy.stats import trim_mean

from marl_kit.core.errors import InvalidOptionError
from marl_kit.evaluate.interquartile import bootstrap_interval, interquartile_mean


@pytest.mark.parametrize("runs", [1, 2, 3, 4, 5, 7, 8, 32])
def test_it_is_the_trimmed_mean(runs):
    values = np.random.default_rng(runs).normal(size=(runs, 3, 2))
    np.testing.assert_allclose(interquartile_mean(values), trim_mean(values, 0.25, axis=0))


def test_one_run_says_nothing_about_others():
    low, high = bootstrap_interval(np.zeros((1, 4)))
    assert np.isnan(low).all()
    assert np.isnan(high).all()


def test_intervals_hold_what_they_promise_about():
    """Of 300 samples of 20 normal runs, nearly 95 % of the intervals hold the middle."""
    rng = np.random.default_rng(0)
    low, high = bootstrap_interval(rng.normal(size=(20, 300)))
    assert (low < high).all()
    assert 0.88 < ((low < 0) & (0 < high)).mean() < 0.98


def test_columns_are_looked_at_by_themselves():
    values = np.random.default_rng(1).normal(size=(6, 2, 3))
    together, alone = bootstrap_interval(values), bootstrap_interval(values[:, 1, 2])
    assert together[0].shape == (2, 3)
    assert [x[1, 2] for x in together] == [float(x) for x in alone]


def test_a_level_is_a_share():
    with pytest.raises(InvalidOptionError, match="level"):
        bootstrap_interval(np.zeros((3, 1)), level=95)
