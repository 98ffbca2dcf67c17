"""Where team learners land: `python -m benchmarks.team_landings [--seeds 32]`.

Trains every algorithm on games whose solutions are known: climbing and penalty repeated for 25
rounds, and OpenSpiel's tiny_hanabi. Writes benchmarks/results/team_landings.md; what is finished is
kept in runs/team_landings.jsonl, so that it can be stopped, and goes on where it was.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import marl_kit as mk
from benchmarks.kept import CHECKOUT, Kept
from marl_kit.learn.cooperative.algorithms import ALGORITHMS

RUNS = CHECKOUT / "runs" / "team_landings.jsonl"
RESULT = CHECKOUT / "benchmarks" / "results" / "team_landings.md"
ROUNDS = 25
GAMES = {
    "climbing": (f"climbing, {ROUNDS} rounds", 40_000),
    "penalty": (f"penalty, {ROUNDS} rounds", 40_000),
    "openspiel:tiny_hanabi": ("tiny_hanabi", 100_000),
}
"""Titles, and steps of a run."""


def landed(game: str, algorithm: str, seeds: int) -> dict[str, Any]:
    """Train, and see which outcomes the runs play; seconds of processor time."""
    repeated = not game.startswith("openspiel:")
    env = mk.stage_team(mk.load_game(game), ROUNDS) if repeated else game
    start, steps = time.process_time(), GAMES[game][1]
    result = mk.train_team(env, algorithm, steps, seeds, evaluate_every=steps)
    found = mk.landing(game, result.profiles())
    greedy = {f"{x:g}": n for x, n in Counter(result.returns[:, -1].round(2).tolist()).items()}
    return {
        "returns": greedy,
        "outcomes": dict(Counter(found.outcomes)),
        "optimum": found.optimum,
        "cpu_s": round(time.process_time() - start, 1),
    }


def table(kept: Kept, seeds: int) -> Iterator[str]:
    """Markdown: a line for each game and algorithm that is finished."""
    yield from (
        f"{seeds} runs of each algorithm with its usual options. *Returns*: of an episode without "
        "exploration, and how many runs get it. *Joint policies*: what `mk.landing` calls the "
        "policies that were learned, exploration of policy gradients included (a joint action if "
        "each part has probability .9, else mixed; in tiny_hanabi optimum, equilibrium or neither, "
        f"within 1 % of the payoff range). `python -m benchmarks.team_landings --seeds {seeds}`.",
        "",
        "| game | steps of a run | algorithm | returns: runs | joint policies: runs | CPU |",
        "|---|---|---|---|---|---|",
    )
    for game, (title, steps) in GAMES.items():
        for algorithm in ALGORITHMS:
            if [game, algorithm, seeds] in kept:
                told = kept[game, algorithm, seeds]
                yield (
                    f"| {title} | {steps:,} | {algorithm} | {_counts(told['returns'])} | "
                    f"{_counts(told['outcomes'])} | {told['cpu_s']:.0f} s |"
                )


def _counts(found: dict[str, int]) -> str:
    ordered = sorted(found.items(), key=lambda item: -item[1])
    return "; ".join(f"{what}: {runs}" for what, runs in ordered)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.team_landings")
    parser.add_argument("--seeds", type=int, default=32)
    seeds = parser.parse_args().seeds
    kept = Kept(RUNS)
    for game in GAMES:
        for algorithm in ALGORITHMS:
            if [game, algorithm, seeds] not in kept:
                kept.add([game, algorithm, seeds], landed(game, algorithm, seeds))
            RESULT.write_text("\n".join([*table(kept, seeds), ""]), encoding="utf-8")
            print(game, algorithm, kept[game, algorithm, seeds], flush=True)


if __name__ == "__main__":
    main()
