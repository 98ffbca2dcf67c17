"""Step 4: a rated league on Connect Four, and one position as its search sees it."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

import marl_kit as mk
from marl_kit.plot.payoffs import payoffs_size, plot_payoffs
from marl_kit.plot.ratings import plot_ratings, ratings_size
from marl_kit.plot.report import Block, Code, Facts, Heading, Picture, Table, Text
from marl_kit.plot.style import detached_axes, figure_of
from marl_kit.tour.step import Say, Setting, stop_if_interrupted

GAME = "connect_four"
BUDGETS = (10, 30, 100, 300, 1000)
FROZEN = 100
"""The budget of which a snapshot is taken."""
WAVES = 50
"""Blocks of two games that each pair plays."""
INTRODUCTION = (
    f"`{GAME}`: players that search (UCT: random games from each new position, budgets of "
    f"{', '.join(map(str, BUDGETS))} simulations a move), one that plays at random, and a frozen "
    f"snapshot of the one with {FROZEN}. Every pair plays {WAVES} blocks of two games with the "
    "seats swapped. Each game is written to a log, from which pay-offs and ratings are computed."
)
RATINGS_CAPTION = (
    "Elo from a Bradley-Terry fit: 400 points are odds of ten to one, a draw is half a win, the "
    "random player is fixed at 0, and a normal prior of 500 Elo around the pool's mean keeps "
    "players that win everything finite. Lines are 95 % intervals."
)
PAYOFFS_CAPTION = (
    "A win counts 1, a loss -1. The number of games stands below each mean; players are sorted by "
    "rating."
)


def league(say: Say, setting: Setting) -> list[Block]:
    """Play the league, or what is missing of it, and read everything off its log."""
    folder = setting.folder / f"league_{mk.__version__}_seed_{setting.seed}"
    with mk.League(GAME, "round_robin", path=folder, seed=setting.seed) as run:
        found = _take_part(run)
        seconds = _play(run, say)
        say("ratings")
        ratings, payoffs = run.elo(), run.payoffs()
        names = [member.name for member in run.members]
        facts = _facts(payoffs, names, found, seconds)
    say("drawing")
    return [
        Text(INTRODUCTION),
        facts,
        _ratings_picture(ratings),
        _ratings_table(ratings),
        Text(_agreement(ratings)),
        Heading("Who beats whom"),
        _payoffs_picture(ratings, payoffs),
        Text("The log can be read again, and a league of your own goes on from where it stopped:"),
        Code(_how_to_open(folder)),
    ]


def _name(budget: int) -> str:
    return f"UCT {budget}"


def _take_part(run: mk.League) -> int:
    """Enter the members that are not there yet; how many games an earlier tour has left."""
    run.add("random")
    for budget in BUDGETS:
        run.add(f"mcts(simulations={budget})", _name(budget))
    run.snapshot(_name(FROZEN), f"{_name(FROZEN)}, frozen")
    counts = run.counts()
    return int(counts[["wins of a", "draws", "wins of b"]].to_numpy().sum())


def _play(run: mk.League, say: Say) -> float:
    """Wave by wave, so that the bar moves; seconds of playing."""
    seconds = 0.0
    for wave in range(1, WAVES + 1):
        say(f"wave {wave} of {WAVES}")
        done = run.train(waves=wave)
        stop_if_interrupted(done.status)
        seconds += done.wall_time_s
    return seconds


def _facts(payoffs: pd.DataFrame, names: list[str], found: int, seconds: float) -> Facts:
    games = int(payoffs["games"].sum()) // 2  # each pair stands there from both sides
    facts = {"members": len(names), "games": games, "played in": f"{seconds:.1f} s"}
    if found:
        facts["of them found in the log"] = found
    return Facts(facts)


def _ratings_picture(ratings: mk.Ratings) -> Picture:
    ax = plot_ratings(ratings, ax=detached_axes(ratings_size(len(ratings.elo))))
    return Picture(figure_of(ax), "Elo of each member, with 95 % intervals", RATINGS_CAPTION)


def _ratings_table(ratings: mk.Ratings) -> Table:
    formats = dict.fromkeys(["elo", "low", "high"], ".0f") | {"score": ".1%", "draws": ".1%"}
    return Table(
        ratings.to_frame(),
        caption="low and high: 95 %; score: share of the points",
        formats=formats,
    )


def _agreement(ratings: mk.Ratings) -> str:
    """Whether the snapshot is rated as what it is a snapshot of."""
    original, copy = _name(FROZEN), f"{_name(FROZEN)}, frozen"
    gap, low, high = ratings.difference(copy, original)
    verdict = "agree" if low <= 0 <= high else "disagree, which happens once in twenty times"
    return (
        f"A check: the snapshot plays like `{original}` and has random numbers of its own, so "
        f"their ratings differ by chance alone. They differ by {gap:+.0f} Elo, with a 95 % "
        f"interval from {low:+.0f} to {high:+.0f}: they {verdict}."
    )


def _payoffs_picture(ratings: mk.Ratings, payoffs: pd.DataFrame) -> Picture:
    order = list(ratings.to_frame()["player"])
    ax = plot_payoffs(payoffs, ax=detached_axes(payoffs_size(order)), order=order, scale=(-1, 1))
    return Picture(figure_of(ax), "mean pay-off of each member against each", PAYOFFS_CAPTION)


def _how_to_open(folder: Path) -> str:
    return (
        f'mk.League.open("{folder}", read_only=True).ratings()\n\n'
        f'mine = mk.League("{GAME}", "round_robin", path="runs/mine",\n'
        '                 players=["random", "mcts(simulations=50)", "mcts(simulations=500)"])\n'
        "mine.train(waves=20)\n"
        "mine.ratings()"
    )
