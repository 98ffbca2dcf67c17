"""The guided tour: what ``make run`` shows, and what ``report.html`` keeps.

A list of steps, one a file. Each works, says what it is at, and returns blocks; they are printed
and go into the report, so that both show the same. To add a step, write such a file and put it
into ``STEPS``.
"""

from __future__ import annotations

import platform
import time
from pathlib import Path

import marl_kit as mk
from marl_kit.cli.narrate import Narrator
from marl_kit.plot.report import Code, Section, write_report
from marl_kit.tour.league import WAVES, league
from marl_kit.tour.one_move import one_move
from marl_kit.tour.poker import leduc_solved
from marl_kit.tour.step import Setting, Step
from marl_kit.tour.textbook import TEXTBOOK, textbook_games
from marl_kit.tour.weak_bot import weak_bot

STEPS = (
    Step("Three textbook games", len(TEXTBOOK), textbook_games),
    Step("Leduc poker, solved", 5, leduc_solved),
    Step("A weak bot, exploited", 3, weak_bot),
    Step("A league, rated", WAVES + 2, league),
    Step("One move, searched", 2, one_move),
)
NEXT = (
    "marl-kit solve kuhn_poker",
    'marl-kit exploit leduc_poker "cfr+(iterations=100)"',
    'marl-kit play connect_four "mcts(simulations=300)" random --games 20',
    "marl-kit games",
)


def take_tour(folder: str | Path = "runs/tour", seed: int = 0) -> Path:
    """Run every step, print it, and write ``report.html`` into the folder; returns its path."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    begun = time.perf_counter()
    narrator = Narrator()
    sections = []
    for number, step in enumerate(STEPS, 1):
        with narrator.working(step.title, step.pieces) as say:
            blocks = step.run(say, Setting(seed, folder))
        sections.append(Section(f"{number}. {step.title}", blocks))
        narrator.show(sections[-1])
    took = time.perf_counter() - begun
    sections.append(Section("What to try next", [Code("\n".join(NEXT))]))
    narrator.show(sections[-1])
    footer = f"marl_kit {mk.__version__} with Python {platform.python_version()}, in {took:.1f} s"
    path = write_report(folder / "report.html", "A tour of marl_kit", sections, footer)
    narrator.say(f"That took {took:.1f} s. The same with pictures: {path}")
    return path
