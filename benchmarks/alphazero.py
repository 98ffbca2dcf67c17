"""Rows "alphazero": self-play of Connect Four with a network, against others' on one core.

`python -m benchmarks.alphazero` prints the functions in which ours spends its time. Everybody has a
network of 3 residual blocks of 32 channels in fp32, untrained, and 32 simulations a move. Of ours
only the walks count that ask the evaluator, not those to the end of a game; of mctx's all, and its
look at the root besides. Times are those of the processor, so that neighbours on the machine count
as little as possible.
"""

from __future__ import annotations

import cProfile
import pstats
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from typing import Any

from benchmarks import peers
from benchmarks.timing import Limit, Row
from marl_kit.core.threads import one_torch_thread
from marl_kit.games.load import load_game
from marl_kit.learn.networks.architecture import Architecture, new_network
from marl_kit.learn.networks.evaluator import NetworkEvaluator, network_evaluator
from marl_kit.learn.networks.view import view_of
from marl_kit.search.dynamics import Leaves
from marl_kit.search.evaluator import Cache, Evaluator, Scores
from marl_kit.search.gumbel import Gumbel
from marl_kit.search.self_play import self_play

GAME, SIMULATIONS, SLOTS = "connect_four", 32, 128
NETWORK = Architecture("residual", width=32, depth=3)
GAMES = 256
"""That are measured together, as in a round of training."""
ENDLESS = 1_000_000
MCTX, OPEN_SPIEL = "mctx_pgx", "open_spiel_alpha_zero"
EQUAL = f"self-play of {GAME}, processor time"
NAMES = {MCTX: "mctx + pgx", OPEN_SPIEL: "OpenSpiel Python AlphaZero"}
FLOORS = {MCTX: 1.0, OPEN_SPIEL: 200.0}
ROUNDS = {MCTX: 3, OPEN_SPIEL: 1}
"""OpenSpiel's plays three games in a run, which take minutes."""
OUTSIDE = 20.0
"""Percent of the time that may pass outside the network."""
SHOWN = 25


def rows() -> Iterator[Row]:
    """Others and ours in turn; peers that are not installed are left out."""
    kinds = {
        EQUAL: Ours(evaluator()),
        "the same with a cache of positions, as in training: unequal work": Ours(
            Cache(evaluator())
        ),
    }
    for peer in (MCTX, OPEN_SPIEL):
        yield from against(peer, kinds)


def limits() -> Iterator[Limit]:
    """Where the time goes."""
    asked = evaluator()
    network = Clock(asked.answer)
    ours = Ours(replace(asked, answer=network))
    network.seconds = 0.0
    _, seconds = ours.block()
    around = (ours.clock.seconds - network.seconds) / seconds
    search = 1 - ours.clock.seconds / seconds
    yield Limit(
        f"{EQUAL}: time outside the network (into it and out of it {around:.1%}, search and rules "
        f"{search:.1%})",
        100 * (around + search),
        OUTSIDE,
        "%",
    )


def evaluator() -> NetworkEvaluator:
    """Asks a new network."""
    view = view_of(load_game(GAME))
    network = new_network(NETWORK, view.shape, view.num_actions, view.num_players, seed=0)
    return network_evaluator(network, view)


class Clock:
    """A function, and the processor time that it takes."""

    def __init__(self, function: Callable[[Any], Any]):
        self.function, self.seconds = function, 0.0

    def __call__(self, given: Any) -> Any:
        start = time.process_time()
        answer = self.function(given)
        self.seconds += time.process_time() - start
        return answer


class Ours:
    """Self-play without end; the games in the slots are at different stages."""

    def __init__(self, asked: Evaluator):
        self.asked, self.clock, self.simulations = asked, Clock(asked.evaluate), 0
        options = Gumbel(simulations=SIMULATIONS)
        self.games = self_play(GAME, options, self, games=ENDLESS, slots=SLOTS)
        self.block()

    def evaluate(self, leaves: Leaves) -> Scores:
        self.simulations += len(leaves)
        return self.clock(leaves)

    def block(self) -> tuple[int, float]:
        """Play until so many more games are over; the simulations and the processor time."""
        if isinstance(self.asked, Cache):
            self.asked.known.clear()  # as at the beginning of a round
        self.simulations, self.clock.seconds, start = 0, 0.0, time.process_time()
        with one_torch_thread():
            list(islice(self.games, GAMES))
        return self.simulations, time.process_time() - start


def against(peer: str, kinds: dict[str, Ours]) -> Iterator[Row]:
    """Each kind of ours, then the peer, and so on; nothing where it is not installed."""
    theirs: list[float] = []
    times: dict[str, list[float]] = {kind: [] for kind in kinds}
    for _ in range(ROUNDS[peer]):
        for kind, games in kinds.items():
            simulations, seconds = games.block()
            times[kind].append(seconds / simulations)
        found = peers.report(peer)
        if found is None:
            return
        theirs.append(peer_seconds(found))
    for kind, ours in times.items():
        yield Row(
            f"{kind} (a simulation)",
            NAMES[peer],
            statistics.median(theirs),
            statistics.median(ours),
            statistics.median(t / o for t, o in zip(theirs, ours, strict=True)),
            FLOORS[peer] if kind == EQUAL else 0.0,
        )


def peer_seconds(report: dict[str, Any]) -> float:
    """Of a simulation, or of an evaluation where these are more: mctx's root."""
    more = max(1.0, report["evaluations_per_s"] / report["simulations_per_s"])
    return 1 / (more * float(report["simulations_per_cpu_s"]))


def main() -> None:
    ours, profile = Ours(evaluator()), cProfile.Profile(time.process_time)
    profile.runcall(ours.block)
    pstats.Stats(profile).sort_stats("tottime").print_stats(SHOWN)


if __name__ == "__main__":
    main()
