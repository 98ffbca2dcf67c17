"""Leagues that pictures are tested on: made up, but as a log could have told them."""

import math
from dataclasses import replace

import numpy as np

import marl_kit as mk
from marl_kit.league.records import Member
from marl_kit.league.summary import LeagueSummary


def given(number, name):
    return Member(number, name, name, "spec")


def made(number, name, parent, step, role="main"):
    return Member(number, name, "", "learned", parent=parent, role=role, step=step)


def league_of(members, payoffs, games, **known):
    """A league with what its payoffs in [-1, 1] and games say; ``known`` is the rest."""
    n = len(members)
    half = np.where(games > 0, 1.96 / np.sqrt(np.maximum(games, 1)), 0.0)
    played = np.where((games > 0) & ~np.eye(n, dtype=bool), payoffs, np.nan)
    rest = dict(
        game="tic_tac_toe",
        preset="pfsp",
        players=2,
        facts={"seed": "0"},
        pool=np.ones(n, bool),
        exact=np.zeros((n, n), bool),
        computed=False,
        scale=(-1.0, 1.0),
        ratings=rated(members, played, games),
        beside={},
        misfit="",
        generations=np.zeros(0, np.int64),
        meta=np.zeros((0, n)),
        exploitability=np.zeros(0),
        exploitability_kind="exact",
        forgetting=np.full(n, math.nan),
        forgot=np.full(n, -1),
        cyclic_share=math.nan,
        cycles=(),
    )
    return LeagueSummary(
        members=tuple(members),
        games=games,
        payoffs=played,
        low=np.maximum(played - half, -1.0),
        high=np.minimum(played + half, 1.0),
        **rest | known,
    )


def rated(members, payoffs, games):
    """Elo of the wins that have these means, no draws; None without games."""
    rows = []
    for i, j in np.argwhere(np.triu(games, 1) > 0):
        wins = round(games[i, j] * (1 + payoffs[i, j]) / 2)
        rows.append((members[i].name, members[j].name, wins, 0, int(games[i, j]) - wins))
    anchor = next((m.name for m in members if any(m.name in row[:2] for row in rows)), None)
    return mk.elo(rows, anchor=anchor) if rows else None


def by_strength(strength, games):
    """Payoffs and games of members that win by strength alone, in Elo."""
    payoffs = np.tanh((strength[:, None] - strength) * math.log(10) / 800)
    return payoffs, np.where(np.eye(len(strength), dtype=bool), 0, games)


def cycles_of(payoffs):
    """The ten strongest, by the sum of the payoffs."""
    n = len(payoffs)
    found = [
        (payoffs[a, b] + payoffs[b, c] + payoffs[c, a], (a, b, c))
        for a in range(n)
        for b in range(a + 1, n)
        for c in range(a + 1, n)
        if min(payoffs[a, b], payoffs[b, c], payoffs[c, a]) > 0
    ]
    return tuple(cycle for _, cycle in sorted(found, reverse=True)[:10])


def small():
    """Six members and everything there is: two roles, one rejected, pairs that did not play."""
    members = [
        given(1, "random"),
        given(2, "mcts(simulations=100)"),
        made(3, "main 1", "random", 1),
        made(4, "main 2", "main 1", 2),
        made(5, "exploiter 2", "main 1", 2, "exploiter"),
        made(6, "main 3", "main 2", 3),
    ]
    payoffs, games = by_strength(np.array([0, 300, 150, 320, 200, 380.0]), 200)
    payoffs[2, 5], payoffs[5, 2] = 0.4, -0.4
    games[4, [0, 3]] = games[[0, 3], 4] = 0
    return league_of(
        members,
        payoffs,
        games,
        facts={"seed": "7", "oracle": "q_learning", "meta-solver": "nash", "waves": "3"},
        pool=np.array([1, 1, 1, 1, 0, 1], bool),
        generations=np.array([1, 2, 3]),
        meta=np.array(
            [[0.1, 0.6, 0.3, 0, 0, 0], [0, 0.35, 0.1, 0.54, 0.01, 0], [0, 0.3, 0.2, 0, 0, 0.5]]
        ),
        exploitability=np.array([0.4, 0.21, 0.26]),
        forgetting=np.array([math.nan, math.nan, 0.7, 0.72, 0.55, 0.3]),
        forgot=np.array([-1, -1, 0, 2, 2, 2]),
        cyclic_share=0.12,
        cycles=((2, 5, 3),),
    )


def round_robin():
    """Three given members: no learners, no generations."""
    payoffs, games = by_strength(np.array([0, 200, 90.0]), 100)
    members = [given(1, "random"), given(2, "UCT 400"), given(3, "UCT 100")]
    return league_of(members, payoffs, games, preset="round_robin", cyclic_share=0.01)


def exact():
    """PSRO of a matrix game with holes: no games, no ratings, nobody descends from anybody."""
    n = 18
    members = [given(1, "start"), *(made(i + 1, f"reply {i}", None, i, "") for i in range(1, n))]
    noise = np.random.default_rng(3).normal(scale=0.4, size=(n, n))
    payoffs = np.clip(noise - noise.T, -1, 1)
    payoffs[2, 5] = payoffs[5, 2] = np.nan
    base = league_of(members, payoffs, np.zeros((n, n), np.int64))
    known = np.isfinite(payoffs) & ~np.eye(n, dtype=bool)
    table = np.where(known, payoffs, np.nan)
    meta = np.tril(np.random.default_rng(4).dirichlet(np.full(n, 0.3), size=n - 1), 1)
    return replace(
        base,
        preset="psro",
        payoffs=table,
        low=table,
        high=table,
        exact=known,
        generations=np.arange(1, n),
        meta=meta / meta.sum(axis=1, keepdims=True),
        exploitability=np.r_[
            np.nan, 1 / np.arange(1, n - 1) * (1 + 0.5 * np.sin(np.arange(n - 2)))
        ],
        cyclic_share=0.97,
        cycles=cycles_of(table),
    )


def one_learner():
    """A single learned member that played a single given one, and a bound."""
    payoffs, games = by_strength(np.array([0, 120.0]), 40)
    return league_of(
        [given(1, "random"), made(2, "main 1", "random", 1)],
        payoffs,
        games,
        generations=np.array([1]),
        meta=np.array([[0.0, 1.0]]),
        exploitability=np.array([0.3]),
        exploitability_kind="a lower bound, by a tabular best response of 1,000 games",
        forgetting=np.array([math.nan, 0.67]),
        forgot=np.array([-1, 0]),
    )


def three_players():
    """A game of three: payoffs do not sum to a constant, pairs are unlike from both sides."""
    payoffs, games = by_strength(np.array([0, 100, 50, 180.0]), 60)
    payoffs[0, 1] += 0.1
    members = [given(1, "random"), given(2, "a"), given(3, "b"), made(4, "main 1", "a", 1)]
    return replace(league_of(members, payoffs, games), game="leduc_poker(players=3)", players=3)


def large(n=1_000, generations=400):
    """A thousand members, most pairs not played, a tenth rejected, 10^6 games."""
    rng = np.random.default_rng(1)
    members, roles = [given(i + 1, f"anchor {i + 1}") for i in range(20)], ("main", "exploiter")
    last = {"main": "anchor 1", "exploiter": "anchor 2"}
    pool = np.r_[np.ones(20, bool), rng.random(n - 20) > 0.1]
    for i in range(20, n):
        role = roles[i % 2]
        members.append(made(i + 1, f"{role} {i}", last[role], (i - 20) // 2 + 1, role))
        if pool[i]:
            last[role] = members[-1].name
    strength = np.r_[np.linspace(0, 600, 20), 800 * np.sqrt(np.arange(n - 20) / n)]
    strength += rng.normal(scale=60, size=n)
    met = np.triu(rng.random((n, n)) < 0.04, 1) | np.eye(n, k=1, dtype=bool)
    payoffs, games = by_strength(strength, 50)
    games = np.where(met | met.T, games, 0)
    waves = np.linspace(1, (n - 20) // 2, generations).astype(np.int64)
    age = waves[:, None] - np.array([m.step for m in members])
    meta = np.where(age >= 0, np.exp(-age / 10.0) * rng.random((generations, n)) ** 6, 0.0)
    forgot = np.array([-1] * 21 + [i - 1 for i in range(21, n)])
    return league_of(
        members,
        payoffs,
        games,
        pool=pool,
        generations=waves,
        meta=meta / meta.sum(axis=1, keepdims=True),
        exploitability=0.5 / np.sqrt(waves) + 0.02 * rng.random(generations),
        exploitability_kind="a lower bound, by a best response of UCT",
        forgetting=np.where(forgot >= 0, np.clip(rng.normal(0.6, 0.12, n), 0, 1), math.nan),
        forgot=forgot,
        cyclic_share=0.2,
    )
