"""The experiments whose curves are kept, trained again: an hour, behind the slow mark."""

import numpy as np
import pytest

from benchmarks.team_learning import EXPERIMENTS, SEEDS, kept

KEPT = kept()


@pytest.mark.parametrize("name", list(KEPT))
def test_what_is_kept_belongs_to_its_experiment(name):
    told, experiment = KEPT[name], EXPERIMENTS[name]
    returns = np.array(told["returns"])
    assert returns.shape == (SEEDS, len(told["steps"]))
    assert told["options"] == experiment.options
    assert told["steps"][-1] >= experiment.steps
    assert (told["algorithm"], told["environment"]) == (experiment.algorithm, experiment.env)
    assert np.isfinite(returns).all()


@pytest.mark.slow
@pytest.mark.parametrize("name", list(KEPT))
def test_the_floor_is_reached(name):
    experiment = EXPERIMENTS[name]
    assert experiment.train().iqm[-1] > experiment.floor
