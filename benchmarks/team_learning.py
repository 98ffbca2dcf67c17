"""What team learners reach: `python -m benchmarks.team_learning [NAME ...] [--save]`.

Trains five runs of each experiment side by side, in one process on one core, and keeps the curves
in benchmarks/results/team_learning/NAME.json; `--save` makes benchmarks/results/team_learning.md
and docs/img/team_learning.png of what is kept. Slow tests train the same experiments.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import marl_kit as mk
from benchmarks.kept import CHECKOUT
from marl_kit.learn.cooperative.team_result import TeamResult

SEEDS = 5
RESULTS = CHECKOUT / "benchmarks" / "results"
KEPT = RESULTS / "team_learning"
PICTURE = CHECKOUT / "docs" / "img" / "team_learning.png"


@dataclass(frozen=True)
class Experiment:
    """Something to learn.

    Attributes
    ----------
    env, algorithm : str
    steps : int
        Of each run.
    floor : float
        What the interquartile mean of the runs has to be above.
    options : dict
        Of ``mk.train_team``.
    """

    env: str
    algorithm: str
    steps: int
    floor: float
    options: dict[str, Any] = field(default_factory=dict)

    def train(self, **more: Any) -> TeamResult:
        """Five runs."""
        told = {"seeds": SEEDS, "episodes": 100, **self.options, **more}
        return mk.train_team(self.env, self.algorithm, self.steps, **told)


POLICY = {
    "copies": 128,
    "rate": 1e-3,
    "critic_rate": 1e-3,
    "epochs": 5,
    "minibatches": 8,
    "trace": 0.9,
    "discount": 0.95,
}
VALUE = {"copies": 64, "slots": 4096, "batch": 64, "discount": 0.95, "rate": 7e-4}
APART = {"sharing": "separate"}
"""Agents with different parts have different networks."""
EXPERIMENTS = {
    "spread-mappo": Experiment("simple_spread", "mappo", 1_000_000, -12, POLICY | {"width": 128}),
    "spread-ippo": Experiment("simple_spread", "ippo", 1_000_000, -12, POLICY | {"width": 128}),
    "spread-vdn": Experiment("simple_spread", "vdn", 1_000_000, -12, VALUE),
    "spread-qmix": Experiment("simple_spread", "qmix", 1_000_000, -12, VALUE),
    "speaker-mappo": Experiment("simple_speaker_listener", "mappo", 500_000, -13, POLICY | APART),
    "speaker-qmix": Experiment("simple_speaker_listener", "qmix", 500_000, -13, VALUE | APART),
    "foraging-mappo": Experiment("foraging", "mappo", 800_000, 0.9, POLICY | {"reward": "sum"}),
    "foraging-vdn": Experiment("foraging", "vdn", 800_000, 0.9, VALUE | {"reward": "sum"}),
}
LEVELS = {
    "simple_spread": {"random": -26.44, "two-step lookahead": -7.66},
    "simple_speaker_listener": {"no communication": -15.4, "oracle": -7.4},
    "foraging": {"optimum": 1.0},
}
"""Mean returns of what does not learn, from this kit's tests of the environments."""


def keep(name: str) -> TeamResult:
    """Train an experiment and write down its curves."""
    experiment = EXPERIMENTS[name]
    result = experiment.train(progress=lambda trial, _: print(_line(name, trial), flush=True))
    KEPT.mkdir(parents=True, exist_ok=True)
    told = {"options": experiment.options, "floor": experiment.floor, **result.to_dict()}
    del told["losses"]
    (KEPT / f"{name}.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    return result


def _line(name: str, trial: Any) -> str:
    returns = ", ".join(f"{x:.2f}" for x in trial.returns)
    return f"{name}  {trial.steps:>9,} steps  {returns}  {trial.seconds:.0f} s"


def kept() -> dict[str, dict[str, Any]]:
    """The curves that there are, in the order of the experiments."""
    files = {name: KEPT / f"{name}.json" for name in EXPERIMENTS}
    return {
        name: json.loads(file.read_text(encoding="utf-8"))
        for name, file in files.items()
        if file.exists()
    }


def table() -> Iterator[str]:
    """Markdown: a line for each experiment that is kept."""
    yield from (
        f"{SEEDS} runs side by side in one process on one core; interquartile means over the runs "
        "with 95 % bootstrap intervals, of 100 episodes each without exploration after the last "
        "step. `python -m benchmarks.team_learning --save`; `make test-slow ONLY=team_learning` "
        "trains them again and asks for the floors.",
        "",
        "| environment | algorithm | scale | steps of a run | return | interval | floor | time |",
        "|---|---|---|---|---|---|---|---|",
    )
    for told in kept().values():
        interval = f"{told['low'][-1]:.2f} to {told['high'][-1]:.2f}"
        passed = "" if told["iqm"][-1] > told["floor"] else " (missed)"
        yield (
            f"| {told['environment']} | {told['algorithm']} | {told['scale']} | "
            f"{told['steps'][-1]:,} | {told['iqm'][-1]:.2f} | {interval} | "
            f"{told['floor']:g}{passed} | {told['seconds'][-1] / 60:.0f} min |"
        )


def draw() -> None:
    """The curves, a panel for each environment, without the untrained teams."""
    import matplotlib.pyplot as plt

    from marl_kit.plot.style import style

    found = kept()
    environments = list(dict.fromkeys(told["environment"] for told in found.values()))
    with style():
        figure, axes = plt.subplots(len(environments), 1, figsize=(7, 3.4 * len(environments)))
        for ax, environment in zip(np.atleast_1d(axes), environments, strict=True):
            levels = LEVELS.get(environment, {})
            results = {
                told["algorithm"]: _result(told)
                for told in found.values()
                if told["environment"] == environment
            }
            mk.plot_team_returns(results, levels=levels, ax=ax)
            ax.set_title(environment, loc="right")
        figure.tight_layout()
        figure.savefig(PICTURE, dpi=110)


def _result(told: dict[str, Any]) -> TeamResult:
    """What was kept after the first trial, without the teams."""
    return TeamResult(
        environment=told["environment"],
        algorithm=told["algorithm"],
        returns=np.array(told["returns"])[:, 1:],
        steps=np.array(told["steps"])[1:],
        scale=told["scale"],
        players=(),
        seconds=np.array(told["seconds"])[1:],
        losses={},
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.team_learning")
    parser.add_argument("names", nargs="*", help=f"of {', '.join(EXPERIMENTS)}; all without")
    parser.add_argument("--save", action="store_true", help="make table and picture of all")
    parser.add_argument("--only-draw", action="store_true", help="train nothing")
    arguments = parser.parse_args()
    for name in [] if arguments.only_draw else arguments.names or EXPERIMENTS:
        print(keep(name))
    if arguments.save:
        text = "\n".join([*table(), ""])
        (RESULTS / "team_learning.md").write_text(text, encoding="utf-8")
        draw()


if __name__ == "__main__":
    main()
