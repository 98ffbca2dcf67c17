"""Step 3: what uniform play loses on Leduc poker, where, and to which strategy."""

from __future__ import annotations

import numpy as np
import pandas as pd

import marl_kit as mk
from marl_kit.plot.labels import infoset_label
from marl_kit.plot.losses import bar_label, bars_size, plot_losses
from marl_kit.plot.report import Block, Facts, Heading, Picture, Table, Text
from marl_kit.plot.style import detached_axes, figure_of
from marl_kit.tour.poker import POKER
from marl_kit.tour.step import Say, Setting

BOT = "uniform"
WORST = 8
"""Infosets at which the bot loses most."""
DECISIONS = 12
"""Infosets of the strategy that exploits it."""
INTRODUCTION = (
    "The bot plays every legal action with equal probability. A best response to it earns the "
    "most that any strategy can."
)


def weak_bot(say: Say, setting: Setting) -> list[Block]:
    """Exploitability, the worst infosets, the best response; nothing here is random."""
    say("values and best responses")
    game = mk.load_game(POKER)
    values = mk.expected_values(game, BOT)
    replies = [mk.best_response(game, BOT, p) for p in range(game.num_players)]
    measures = {"NashConv": mk.nash_conv(game, BOT), "exploitability": mk.exploitability(game, BOT)}
    say("losses at every infoset")
    losses = mk.infoset_losses(game, BOT)
    say("drawing")
    return [
        Text(INTRODUCTION),
        Facts(measures),
        _gains(values, replies),
        Heading("Where it loses most"),
        _losses_picture(losses),
        _losses_table(losses),
        Heading("The strategy that exploits it"),
        *_exploiter(max(replies, key=lambda reply: reply.gain), values),
    ]


def _gains(values: np.ndarray, replies: list[mk.BestResponse]) -> Table:
    rows = [(r.player, v, r.value, r.gain) for v, r in zip(values, replies, strict=True)]
    columns = ["player", "the bot earns", "best response", "gain"]
    chips = dict.fromkeys(columns[1:], ".4f")
    return Table(pd.DataFrame(rows, columns=columns), "Chips a hand", chips)


def _losses_picture(losses: mk.InfosetLosses) -> Picture:
    labels = [bar_label(key) for key in losses.to_frame(WORST)["infoset"]]
    ax = plot_losses(losses, WORST, ax=detached_axes(bars_size(labels)))
    return Picture(
        figure_of(ax),
        f"the {WORST} infosets that cost most, as bars",
        "At the end of each bar stands what a best response does there.",
    )


def _losses_table(losses: mk.InfosetLosses) -> Table:
    frame = losses.to_frame(WORST).drop(columns="policy")  # uniform everywhere
    named = frame.assign(infoset=frame["infoset"].map(infoset_label))
    return Table(
        named.rename(columns={"best": "best response"}),
        caption="The losses of all infosets add up to NashConv",
        formats={"loss": ".4f", "share": ".1%"},
    )


def _exploiter(best: mk.BestResponse, values: np.ndarray) -> list[Block]:
    text = (
        f"As player {best.player} it earns {best.value:.4f} where the bot earns "
        f"{values[best.player]:.4f}. Below are the decisions that it meets most often; all of them "
        f"are in `mk.best_response('{POKER}', '{BOT}', {best.player}).policy`."
    )
    return [Text(text), Table(_decisions(best), formats={"how often": ".1%"})]


def _decisions(reply: mk.BestResponse) -> pd.DataFrame:
    """The infosets that come up most often when the best response plays the bot."""
    policy = reply.policy
    tree = policy.game.tree()
    often = infoset_reach(policy)
    mine = np.flatnonzero(tree.infoset_player == reply.player)
    # rounded, so that infosets that differ in nothing but rounding keep the game's own order
    order = mine[np.argsort(-often[mine].round(12), kind="stable")]
    rows = []
    for i in order[:DECISIONS].tolist():
        action = int(np.argmax(policy.probabilities[tree.slots(i)]))
        name = policy.game.action_names(i)[action]
        rows.append((infoset_label(tree.infoset_keys[i]), float(often[i]), name))
    return pd.DataFrame(rows, columns=["infoset", "how often", "it plays"])


def infoset_reach(policy: mk.TabularPolicy) -> np.ndarray:
    """Probability that a play comes through each infoset, float64 [I]."""
    tree = policy.game.tree()
    reach = np.ones(tree.num_nodes)
    for start, end in zip(tree.depth_offset[1:-1], tree.depth_offset[2:], strict=True):
        nodes = np.arange(start, end)
        above = tree.parent[nodes]
        decided = tree.infoset[above] >= 0
        slots = tree.infoset_offset[tree.infoset[above]] + nodes - tree.first_child[above]
        chosen = policy.probabilities[np.where(decided, slots, 0)]
        reach[nodes] = reach[above] * np.where(decided, chosen, tree.chance_prob[nodes])
    decisions = tree.infoset >= 0
    return np.bincount(tree.infoset[decisions], reach[decisions], tree.num_infosets)
