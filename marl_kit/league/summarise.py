"""The summary of a league, from its log."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np

from marl_kit.core.errors import InvalidOptionError, MarlKitError
from marl_kit.evaluate.hodge import hodge
from marl_kit.evaluate.misfit import elo_misfit
from marl_kit.evaluate.ratings import Ratings
from marl_kit.league.counts import PairCounts
from marl_kit.league.log_reader import LogReader
from marl_kit.league.loss import EXACT
from marl_kit.league.payoffs import counts_table
from marl_kit.league.pool import Pool
from marl_kit.league.rating_models import elo_of, rate
from marl_kit.league.records import EVALUATE, GATE, SOLVE, Member
from marl_kit.league.standing import Standing, intervals, two_axes
from marl_kit.league.summary import LeagueSummary

CYCLES = 10
"""That are told."""
BESIDE = 100
"""Members up to which Nash averaging and alpha-rank are computed beside the ratings."""
LOOKED_AT = 150
"""Members among whom cycles of three are looked for: the best rated, where there are more."""


def summarise(log: LogReader, pool: Pool, preset: str) -> LeagueSummary:
    """Read everything off the log at once."""
    members = tuple(log.members())
    counts = log.pair_counts()
    ids = [member.id for member in members]
    at = two_axes(pool.standing_of(ids))
    low, high = intervals(at, pool.bounds)
    accepted = {member.id for member in replace(pool, whole=True).members()}
    computed = pool.options.exact is True
    shares = _computed_shares(at, pool.bounds) if computed else _shares(counts, members)
    forgetting, forgot = _forgetting(shares, members)
    generations, meta, loss, kind = _generations(log, members)
    ratings = elo_of(log, pool.game.num_players) if len(counts) else None
    return LeagueSummary(
        game=pool.game.name,
        preset=preset,
        players=pool.game.num_players,
        facts=_facts(log, pool),
        members=members,
        pool=np.array([member.id in accepted for member in members], bool),
        games=at.games,
        payoffs=at.mean,
        low=low,
        high=high,
        exact=at.exact,
        computed=computed,
        scale=pool.bounds,
        ratings=ratings,
        beside=_beside(log, pool, members),
        misfit=_misfit(counts) if len(members) <= LOOKED_AT else "",
        generations=generations,
        meta=meta,
        exploitability=loss,
        exploitability_kind=kind,
        forgetting=forgetting,
        forgot=forgot,
        cyclic_share=_cyclic_share(at),
        cycles=_cycles(at, low - high.T, members, ratings),
    )


def _shares(counts: PairCounts, members: Sequence[Member]) -> np.ndarray:
    """Share of the points that the row's member got from the column's, NaN without games."""
    wins, games = counts.square([member.name for member in members])
    return np.where(games > 0, wins / np.maximum(games, 1), np.nan)


def _computed_shares(at: Standing, bounds: tuple[float, float]) -> np.ndarray:
    """Half the difference of two computed pay-offs, in units of the range, above 1/2."""
    spread = (bounds[1] - bounds[0]) or 1.0
    return np.asarray(0.5 + (at.mean - at.mean.T) / (2 * spread))


def _forgetting(shares: np.ndarray, members: Sequence[Member]) -> tuple[np.ndarray, np.ndarray]:
    """Of each member, the worst share against an ancestor, and which one that is."""
    place = {member.name: i for i, member in enumerate(members)}
    parent = [place.get(member.parent or "", -1) for member in members]
    worst, which = np.full(len(members), np.nan), np.full(len(members), -1)
    for i in range(len(members)):
        j = parent[i]
        while j >= 0:
            if not math.isnan(shares[i, j]) and not shares[i, j] >= worst[i]:
                worst[i], which[i] = shares[i, j], j
            j = parent[j]
    return worst, which


def _generations(
    log: LogReader, members: Sequence[Member]
) -> tuple[np.ndarray, np.ndarray, np.ndarray, str]:
    """Waves, meta-strategies, exploitability and what kind of number that is."""
    events = log.events(SOLVE)
    place = {member.id: i for i, member in enumerate(members)}
    meta, loss, kind = np.zeros((len(events), len(members))), np.zeros(len(events)), EXACT
    for row, event in enumerate(events):
        detail = json.loads(event.detail)
        for number, weight in detail["meta"].items():
            meta[row, place[int(number)]] = weight
        loss[row], kind = detail["exploitability"], detail["kind"]
    return np.array([event.wave for event in events], np.int64), meta, loss, kind


def _beside(log: LogReader, pool: Pool, members: Sequence[Member]) -> dict[str, np.ndarray]:
    """Weights in the Nash average and shares in alpha-rank."""
    if len(members) > BESIDE or len(pool.members()) < 2:
        return {}
    try:
        nash, alpha = (rate(log, pool, model) for model in ("nash_average", "alpha_rank"))
    except MarlKitError:  # not all have met, or there are more than two players
        return {}
    names = [member.name for member in members]
    return {
        "Nash average": nash.set_index("player")["weight"].reindex(names).to_numpy(),
        "alpha-rank": alpha.set_index("player")["share"].reindex(names).to_numpy(),
    }


def _misfit(counts: PairCounts) -> str:
    """Whether pairs contradict the ratings, and the one that does so most."""
    found = elo_misfit(counts_table(counts)) if len(counts) else None
    if found is None or not found.misleads:
        return ""
    worst = found.pairs.iloc[0]
    return (
        f"The ratings mislead: {len(found.pairs)} of {len(found.met)} pairs contradict them. "
        f"{worst['a']} scored {worst['score']:.0%} against {worst['b']} in {worst['games']:g} "
        f"games, where the ratings expect {worst['expected']:.0%}."
    )


def _cyclic_share(at: Standing) -> float:
    """Of the difference between two members' pay-offs, where both are known."""
    edge = at.mean - at.mean.T
    known = ~np.isnan(edge)
    np.fill_diagonal(known, False)
    if not known.any():
        return math.nan
    try:
        return float(hodge(np.where(known, edge, 0.0), known.astype(float)).cyclic_share)
    except InvalidOptionError:  # nobody is better than anybody
        return math.nan


def _cycles(
    at: Standing, sure: np.ndarray, members: Sequence[Member], ratings: Ratings | None
) -> tuple[tuple[int, int, int], ...]:
    """Triples of which each beats the next for sure (the intervals do not meet), those first whose
    narrowest win is the widest."""
    edge = at.mean - at.mean.T
    chosen = list(range(len(members)))
    if ratings is not None:
        rating = {name: float(x) for name, x in ratings.elo.items()}
        chosen.sort(key=lambda i: -rating.get(members[i].name, -math.inf))
    beats = (sure > 0) & (edge > 0)
    found = []
    for i, j, k in combinations(sorted(chosen[:LOOKED_AT]), 3):
        for a, b, c in ((i, j, k), (i, k, j)):
            if beats[a, b] and beats[b, c] and beats[c, a]:
                found.append((-min(edge[a, b], edge[b, c], edge[c, a]), (a, b, c)))
    return tuple(cycle for _, cycle in sorted(found)[:CYCLES])


def _facts(log: LogReader, pool: Pool) -> dict[str, str]:
    options, run = pool.options, log.run
    facts = {"evaluation games": f"{log.num_games(EVALUATE):,}"}
    if not pool.options.exact:
        facts["different games"] = f"{log.different_games():,}"
    if gate := log.num_games(GATE):
        facts["gate games"] = f"{gate:,}"
    if options.learning:
        facts |= {
            "training games": f"{log.num_practice():,}",
            "waves": f"{len(log.events(SOLVE)):,}",
            "oracle": options.oracle,
            "matchmaking": options.matchmaking,
            "meta-solver": options.meta_solver,
            "gate": options.gate,
        }
    facts["pay-offs"] = "computed" if options.exact is True else "from games"
    if run is not None:
        facts |= {"seed": str(run.seed), "marl_kit": run.release}
    return facts
