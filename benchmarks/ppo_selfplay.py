"""Exact exploitability of PPO self-play against steps: `python -m benchmarks.ppo_selfplay`.

Kuhn and Leduc poker, five seeds, three kinds of regularisation and otherwise the same options: the
policy as it is at that step, no average. Each row is kept in runs/ppo_selfplay.jsonl as soon as it
is there, and the same command goes on; `--save` also writes benchmarks/results/ppo.md and
docs/img/ppo_exploitability.png.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from benchmarks.kept import CHECKOUT, Kept
from marl_kit.evaluate.interquartile import bootstrap_interval, interquartile_mean
from marl_kit.learn.ppo_self_play import ppo_self_play
from marl_kit.plot.style import MUTED, PALETTE, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FILE = CHECKOUT / "runs" / "ppo_selfplay.jsonl"
PAGE = Path(__file__).with_name("results") / "ppo.md"
PICTURE = CHECKOUT / "docs" / "img" / "ppo_exploitability.png"
COMMAND = "python -m benchmarks.ppo_selfplay --save"

SEEDS = 5


class Setting(NamedTuple):
    """A game, how long, and what was chosen by a handful of trials."""

    spec: str
    games: int
    rate: float
    entropy: float
    magnet: float


GAMES = {
    "Kuhn poker": Setting("kuhn_poker", 100_000, rate=5e-4, entropy=0.2, magnet=0.5),
    "Leduc poker": Setting("leduc_poker", 150_000, rate=2e-3, entropy=0.05, magnet=0.1),
}
KINDS = ("plain", "entropy, falling to 0", "magnet that follows")
SPEED = 0.02
"""Of the magnet."""
SIZE = (9.2, 3.8)
"""Inches."""

Row = dict[str, Any]


def main() -> None:
    """Measure what is not there yet; write the page and the picture if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--save", action="store_true", help="also write the page and the picture")
    asked = parser.parse_args()
    rows = measure(Kept(FILE))
    text = page(rows)
    print(text)
    if asked.save:
        PAGE.write_text(text, encoding="utf-8")
        draw(rows)


def measure(kept: Kept) -> dict[tuple[str, str], Row]:
    """All curves, by game and kind."""
    found = {}
    for game, setting in GAMES.items():
        for kind in KINDS:
            options = options_of(setting, kind)
            key = [setting.spec, setting.games, SEEDS, options]
            if key not in kept:
                result = ppo_self_play(setting.spec, setting.games, seeds=SEEDS, **options)
                kept.add(key, result.to_dict())
                print(f"{game}, {kind}: {result.iqm[-1]:.4f}", flush=True)
            found[game, kind] = kept[key]
    return found


def options_of(setting: Setting, kind: str) -> dict[str, Any]:
    """What differs between the kinds, and what does not."""
    common = {"rate": setting.rate, "trace": 1.0, "entropy": 0.0}
    if kind == KINDS[1]:
        return {**common, "entropy": setting.entropy}
    return {**common, "magnet": setting.magnet, "speed": SPEED} if kind == KINDS[2] else common


def page(rows: dict[tuple[str, str], Row]) -> str:
    """The results as Markdown."""
    lines = [
        "| game | regularisation | games | steps | exploitability | 95 % | least on the way |",
        "|---|---|---|---|---|---|---|",
    ]
    for (game, kind), row in rows.items():
        runs = np.array(row["exploitability"])
        low, high = bootstrap_interval(runs[:, -1])
        steps = np.mean([own[-1] for own in row["steps"]])
        lines.append(
            f"| {game} | {kind} | {row['games'][-1]:,} | {steps:,.0f} "
            f"| {interquartile_mean(runs[:, -1]):.4f} | {low:.4f} to {high:.4f} "
            f"| {interquartile_mean(runs).min():.4f} |"
        )
    return "\n".join([*lines, "", *notes(rows), ""])


def notes(rows: dict[tuple[str, str], Row]) -> list[str]:
    """What the columns mean."""
    first = {game: np.mean(rows[game, "plain"]["exploitability"], axis=0)[0] for game in GAMES}
    begun = ", ".join(f"{game} {value:.3f}" for game, value in first.items())
    options = next(iter(rows.values()))["options"]
    chosen = "; ".join(
        f"{game}: rate {x.rate:g}, entropy {x.entropy:g}, magnet {x.magnet:g}"
        for game, x in GAMES.items()
    )
    return [
        f"Exploitability is NashConv / players in payoff units, exact, of the last policies; it "
        f"begins near uniform play's ({begun}). Interquartile mean of {SEEDS} seeds with a "
        f"bootstrap interval, which says little with so few. A step is a decision of either "
        f"player, chance's moves not counted.",
        "",
        f"One network of {options['depth']} layers of {options['width']} for both seats and one "
        f"for the critic; {options['episodes']:,} games an update, {options['epochs']} epochs of "
        f"{options['parts']} steps, clip {options['clip']:g}, lambda {options['trace']:g}. The "
        f"rate falls linearly to 0; a magnet goes {SPEED:.0%} of the way to the policy at each "
        f"update. {chosen}. Weights are in units of half the payoff range, and with the rates they "
        f"were chosen by a handful of trials: other kinds may gain more by tuning.",
        "",
        f"Made by `{COMMAND}`.",
    ]


def draw(rows: dict[tuple[str, str], Row]) -> None:
    """One panel a game, both axes logarithmic."""
    from matplotlib.figure import Figure

    with style():
        figure = Figure(figsize=SIZE, layout="constrained")
        axes = figure.subplots(1, len(GAMES))
        for ax, game in zip(axes, GAMES, strict=True):
            _panel(ax, game, {kind: rows[game, kind] for kind in KINDS})
        axes[0].set(ylabel="exploitability (NashConv / players)")
        handles, labels = axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper center", ncols=len(labels))
        PICTURE.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(PICTURE)


def _panel(ax: Axes, game: str, rows: dict[str, Row]) -> None:
    for colour, (kind, row) in zip(PALETTE, rows.items(), strict=False):
        runs = np.array(row["exploitability"])[:, 1:]
        steps = np.mean(row["steps"], axis=0)[1:]
        ax.plot(steps, interquartile_mean(runs), color=colour, label=kind)
        ax.fill_between(steps, *bootstrap_interval(runs), color=colour, alpha=0.18, linewidth=0)
    first = np.mean(next(iter(rows.values()))["exploitability"], axis=0)[0]
    ax.axhline(first, color=MUTED, linestyle=":", linewidth=1, label="at first")
    ax.set_title(game)
    ax.set(xscale="log", yscale="log", xlabel="decisions of the players")


if __name__ == "__main__":
    main()
