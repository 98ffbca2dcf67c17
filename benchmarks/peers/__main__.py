"""Play as one peer does and print its speed, one line of JSON, with the peers' own Python:

`python -m benchmarks.peers mctx_pgx [--batch 128] [--seconds 20]`.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib import import_module

from benchmarks.peers import NAMES

SIMULATIONS = 32
"""Of a move; the network has 3 residual blocks of 32 channels everywhere."""
FEWEST_BLOCKS = 3

Block = Callable[[], tuple[int, int]]
"""Plays on for a while, warm; the simulations that this took, and the network evaluations."""


@dataclass(frozen=True)
class Report:
    """Medians over blocks of self-play.

    A simulation is one walk down the tree, 32 for each move of each game; the peers differ in how
    many of them need the network (``evaluations_per_s``): OpenSpiel remembers positions, mctx
    evaluates the root besides. ``cpu_share`` is processor time over wall time: below 1, others had
    the core too, and simulations per second of processor time (``..._per_cpu_s``) say more.
    """

    peer: str
    simulations_per_s: float
    slowest: float
    fastest: float
    simulations_per_cpu_s: float
    evaluations_per_s: float
    cpu_share: float
    blocks: int
    batch: int


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers")
    parser.add_argument("peer", choices=NAMES)
    parser.add_argument("--batch", type=int, help="games in lockstep; the peer's best without")
    parser.add_argument("--seconds", type=float, default=20.0, help="of measuring, about")
    arguments = parser.parse_args()
    one_core()
    peer = import_module(f"benchmarks.peers.{arguments.peer}")  # loads JAX: it counts the cores
    batch = arguments.batch or peer.BATCH
    block = peer.self_play(batch, SIMULATIONS)
    print(json.dumps(asdict(timed(arguments.peer, batch, block, arguments.seconds))))


def one_core() -> None:
    """Keep this process, and the threads that XLA is about to start, on one core."""
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    os.environ["JAX_PLATFORMS"] = "cpu"
    if hasattr(os, "sched_setaffinity"):  # Linux
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def timed(peer: str, batch: int, block: Block, seconds: float) -> Report:
    """Repeat the block for so many seconds."""
    rows: list[tuple[float, float, float, float]] = []
    began = time.perf_counter()
    while len(rows) < FEWEST_BLOCKS or time.perf_counter() - began < seconds:
        start, cpu_start = time.perf_counter(), time.process_time()
        simulations, evaluations = block()
        wall, cpu = time.perf_counter() - start, time.process_time() - cpu_start
        rows.append((simulations / wall, simulations / cpu, evaluations / wall, cpu / wall))
    speeds, cpu_speeds, evaluation_speeds, shares = zip(*rows, strict=True)
    return Report(
        peer,
        simulations_per_s=round(statistics.median(speeds), 1),
        slowest=round(min(speeds), 1),
        fastest=round(max(speeds), 1),
        simulations_per_cpu_s=round(statistics.median(cpu_speeds), 1),
        evaluations_per_s=round(statistics.median(evaluation_speeds), 1),
        cpu_share=round(statistics.median(shares), 2),
        blocks=len(rows),
        batch=batch,
    )


if __name__ == "__main__":
    main()
