"""Algorithms by name: a learner and the options that make it what papers call it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from marl_kit.core.errors import UnknownNameError
from marl_kit.games.team import TeamSizes
from marl_kit.learn.cooperative.learner import Learner
from marl_kit.learn.cooperative.maddpg import DeterministicLearner, DeterministicOptions
from marl_kit.learn.cooperative.policy_learner import PolicyLearner
from marl_kit.learn.cooperative.policy_options import PolicyOptions
from marl_kit.learn.cooperative.value_learner import ValueLearner
from marl_kit.learn.cooperative.value_options import ValueOptions
from marl_kit.learn.options import options_of

Options = ValueOptions | PolicyOptions | DeterministicOptions


@dataclass(frozen=True, slots=True)
class Algorithm:
    """A learner with certain options.

    Attributes
    ----------
    title, source : str
    learner : type
    options : type
    preset : dict
        Options that make the algorithm; others are free.
    """

    title: str
    source: str
    learner: type
    options: type[Any]
    preset: dict[str, Any] = field(default_factory=dict)


def _value(title: str, source: str, **preset: Any) -> Algorithm:
    return Algorithm(title, source, ValueLearner, ValueOptions, preset)


def _policy(title: str, source: str, **preset: Any) -> Algorithm:
    return Algorithm(title, source, PolicyLearner, PolicyOptions, preset)


ALGORITHMS = {
    "iql": _value("independent Q-learning", "Tan (1993)", mixer="separate"),
    "vdn": _value("value decomposition networks", "Sunehag et al. (2018)", mixer="additive"),
    "qmix": _value("QMIX", "Rashid et al. (2018)", mixer="monotone"),
    "wqmix": _value(
        "optimistically weighted QMIX", "Rashid et al. (2020)", mixer="monotone", underrated=0.1
    ),
    "qplex": _value("QPLEX", "Wang et al. (2021)", mixer="duplex"),
    "ippo": _policy("independent PPO", "de Witt et al. (2020)", critic="local"),
    "mappo": _policy("multi-agent PPO", "Yu et al. (2022)", critic="central"),
    "coma": _policy(
        "counterfactual multi-agent policy gradients",
        "Foerster et al. (2018)",
        critic="counterfactual",
        loss="plain",
        trace=0.8,
    ),
    "happo": _policy(
        "heterogeneous-agent PPO",
        "Kuba et al. (2022)",
        critic="central",
        order="sequential",
        sharing="separate",
    ),
    "maddpg": Algorithm(
        "multi-agent deep deterministic policy gradient",
        "Lowe et al. (2017)",
        DeterministicLearner,
        DeterministicOptions,
    ),
}


def algorithm_named(name: str) -> Algorithm:
    """An algorithm, whatever the case of its name.

    Raises
    ------
    UnknownNameError
        With near misses.
    """
    folded = str(name).lower().replace("-", "_")
    if folded not in ALGORITHMS:
        raise UnknownNameError("team algorithm", name, sorted(ALGORITHMS))
    return ALGORITHMS[folded]


def options_for(name: str, config: Mapping[str, Any]) -> Options:
    """Options of an algorithm, its preset filled in.

    Raises
    ------
    UnknownNameError, InvalidOptionError
    """
    algorithm = algorithm_named(name)
    found: Options = options_of(algorithm.options, name, {**algorithm.preset, **config})
    return found


def new_learner(
    name: str,
    options: Options,
    sizes: TeamSizes,
    generators: Sequence[torch.Generator],
    key: int,
    own: bool,
) -> Learner:
    """An untrained learner.

    Raises
    ------
    InvalidOptionError
        Actions or rewards that the algorithm is not for.
    """
    learner: Learner = algorithm_named(name).learner(options, sizes, generators, key, own)
    return learner
