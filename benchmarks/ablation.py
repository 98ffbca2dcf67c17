"""What AlphaZero's parts are good for: `python -m benchmarks.ablation [--seeds 5]`.

Trains on a small board as usual and with one thing changed, and looks at every position in which
some move loses value. Writes benchmarks/results/ablation.md with what there is so far; each result
is kept in runs/ablation, so that it can be stopped, and goes on where it was.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from scipy import stats

import marl_kit as mk
from benchmarks.kept import CHECKOUT, Kept
from marl_kit.learn.alphazero.player import search_options

GAME = "connect_four(rows=3,columns=4,x_in_row=3)"
ROUNDS = 20
BASE: dict[str, Any] = {
    "games": 64,
    "window": 20,
    "simulations": 16,
    "quick_simulations": 4,
    "temperature_plies": 4,
    "updates": 50,
    "evaluate_every": 0,
}
VARIANTS: dict[str, dict[str, Any]] = {
    "base": {},
    "Gumbel, 8 simulations": {"simulations": 8},
    "Gumbel, 32 simulations": {"simulations": 32},
    "PUCT, 16 simulations": {"search": "puct"},
    "PUCT, 32 simulations": {"search": "puct", "simulations": 32},
    "window of 5 rounds": {"window": 5},
    "no symmetries": {"symmetries": False},
    "playout caps: 3 of 4 moves with 4 simulations": {"quick_share": 0.75},
    "no random openings": {"random_plies": 0},
}
"""What differs from the base."""
LOOKS = (1, 16)
"""Simulations of the players that are measured."""
RUNS = CHECKOUT / "runs" / "ablation"
RESULT = CHECKOUT / "benchmarks" / "results" / "ablation.md"


def measured(changed: dict[str, Any], seed: int) -> dict[str, float]:
    """Train once and look; shares by simulations, and seconds of processor time."""
    start = time.process_time()
    trained = mk.train_alphazero(GAME, rounds=ROUNDS, seed=seed, **(BASE | changed))
    spent = time.process_time() - start
    found = {}
    for simulations in LOOKS:
        player = replace(trained, options=search_options(simulations=simulations))
        keeping = mk.value_keeping(GAME, player, seeds=1)
        found[str(simulations)] = keeping.nontrivial_share
    return found | {"cpu_s": round(spent, 2)}


def table(kept: Kept, seeds: int) -> Iterator[str]:
    """Markdown: a line for each variant that has a result."""
    told = ", ".join(f"{name}={value}" for name, value in BASE.items())
    yield from (
        f"`{GAME}`, {ROUNDS} rounds; base: {told}; else as usual. Of the positions in which some "
        f"move loses value, the share in which the player's move does not, with 1 simulation (the "
        f"network's own move) and with 16: means over seeds, and 95 % intervals of the means "
        f"(Student's t). *To the base*: the difference with 1 simulation, seed by seed. "
        f"`python -m benchmarks.ablation --seeds {seeds}`, one core.",
        "",
        "| variant | seeds | 1 simulation | 16 simulations | to the base | CPU of a run |",
        "|---|---|---|---|---|---|",
    )
    for variant in VARIANTS:
        done = [s for s in range(seeds) if [variant, s] in kept and ["base", s] in kept]
        if done:
            yield _line(variant, [kept[variant, s] for s in done], [kept["base", s] for s in done])


def _line(variant: str, rows: list[dict[str, Any]], base: list[dict[str, Any]]) -> str:
    alone, deep = (np.array([row[str(n)] for row in rows]) for n in LOOKS)
    gain = alone - np.array([row[str(LOOKS[0])] for row in base])
    told = "-" if variant == "base" else _points(gain)
    cpu = np.mean([row["cpu_s"] for row in rows])
    return f"| {variant} | {len(rows)} | {_share(alone)} | {_share(deep)} | {told} | {cpu:.0f} s |"


def _share(values: np.ndarray) -> str:
    return f"{values.mean():.1%} +- {_half(values):.1%}"


def _points(values: np.ndarray) -> str:
    return f"{100 * values.mean():+.1f} +- {100 * _half(values):.1f} points"


def _half(values: np.ndarray) -> float:
    """Half the width of the interval of a mean; NaN for one value."""
    count = len(values)
    if count < 2:
        return math.nan
    return float(stats.t.ppf(0.975, count - 1) * values.std(ddof=1) / math.sqrt(count))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ablation")
    parser.add_argument("--seeds", type=int, default=5)
    seeds = parser.parse_args().seeds
    kept = Kept(RUNS / "results.jsonl")
    for seed in range(seeds):
        for variant, changed in VARIANTS.items():
            if [variant, seed] not in kept:
                kept.add([variant, seed], measured(changed, seed))
                print(kept[variant, seed], flush=True)
                RESULT.write_text("\n".join([*table(kept, seeds), ""]), encoding="utf-8")
    print(*table(kept, seeds), sep="\n")


if __name__ == "__main__":
    main()
