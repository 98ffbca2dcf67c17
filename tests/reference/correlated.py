"""Slow and obvious: what deviating from correlated play gains, by walking the tree once for every
pair of what is drawn and what is done instead.

A pure strategy is ``{infoset: action's place}``; a distribution is a list of
``(probability, [strategy of each player])``. Strategies may say nothing at infosets that their own
moves rule out.
"""

import itertools

import numpy as np

from marl_kit.games.reduced_normal_form import pure_strategies
from marl_kit.games.tree import CHANCE, TERMINAL


def drawn_profiles(game, joint):
    """The distribution over reduced strategies, read through the names of the normal form."""
    tree = game.tree()
    form = game.sequence_form()
    strategies = []
    for p in range(tree.num_players):
        own = []
        for sequences in pure_strategies(form, p):
            strategy = {}
            for i in range(tree.num_infosets):
                first = int(form.first_sequence[i])
                for a in range(int(form.num_actions[i])):
                    if tree.infoset_player[i] == p and first + a in sequences:
                        strategy[i] = a
            own.append(strategy)
        strategies.append(own)
    return [
        (float(joint[cell]), [strategies[p][s] for p, s in enumerate(cell)])
        for cell in map(tuple, np.argwhere(joint > 0).tolist())
    ]


def payoff(tree, choose, player, node=0):
    """Expected payoff where ``choose(infoset)`` is what is done at each infoset."""
    first = int(tree.first_child[node])
    if tree.player[node] == TERMINAL:
        return float(tree.payoffs[tree.terminal_index[node], player])
    if tree.player[node] == CHANCE:
        kids = range(first, first + int(tree.num_children[node]))
        return sum(float(tree.chance_prob[c]) * payoff(tree, choose, player, c) for c in kids)
    return payoff(tree, choose, player, first + choose(int(tree.infoset[node])))


def obeyed(profile):
    """What is done if everybody does as told."""
    told = {i: a for strategy in profile for i, a in strategy.items()}
    return told.__getitem__


def parents(tree):
    """For each infoset the owner's infoset and action before it, or None."""
    before = {}
    for node in range(tree.num_nodes):
        if tree.player[node] < 0:
            continue
        infoset, below = int(tree.infoset[node]), node
        before.setdefault(infoset, None)
        while tree.parent[below] >= 0:
            above = int(tree.parent[below])
            if tree.player[above] == tree.player[node]:
                before[infoset] = (int(tree.infoset[above]), below - int(tree.first_child[above]))
                break
            below = above
    return before


def at_and_after(tree, infoset):
    """The infoset and its owner's infosets that follow it."""
    before, found = parents(tree), set()
    for i in before:
        j = i
        while j is not None:
            if j == infoset:
                found.add(i)
                break
            j = before[j][0] if before[j] else None
    return sorted(found)


def extensive_gap(game, drawn, concept):
    """The largest gain of leaving at some infoset (``efce``: on some recommendation there)."""
    tree = game.tree()
    before, best = parents(tree), 0.0
    for infoset in range(tree.num_infosets):
        player = int(tree.infoset_player[infoset])
        region = at_and_after(tree, infoset)
        sizes = [range(int(tree.num_actions[i])) for i in region]
        actions = range(int(tree.num_actions[infoset]))
        for told in actions if concept == "efce" else [None]:
            for plan in itertools.product(*sizes):
                new = dict(zip(region, plan, strict=True))
                best = max(best, _gain(tree, drawn, player, infoset, told, new, before))
    return best


def _gain(tree, drawn, player, infoset, told, new, before):
    total = 0.0
    for probability, profile in drawn:
        mine = profile[player]
        comes = before[infoset] is None or mine.get(before[infoset][0]) == before[infoset][1]
        if not comes or (told is not None and mine.get(infoset) != told):
            continue
        changed = [dict(s) for s in profile]
        changed[player].update(new)
        total += probability * (
            payoff(tree, obeyed(changed), player) - payoff(tree, obeyed(profile), player)
        )
    return total


def matrix_gap(payoffs, joint, concept):
    """The same for one player's strategies as a whole, cell by cell."""
    best = 0.0
    for p in range(len(payoffs)):
        size = joint.shape[p]
        for played in range(size):
            gains = np.zeros(size)
            for cell in itertools.product(*map(range, joint.shape)):
                other = (*cell[:p], played, *cell[p + 1 :])
                gains[cell[p]] += joint[cell] * (payoffs[p][other] - payoffs[p][cell])
            best = max(best, float(gains.max() if concept == "ce" else gains.sum()))
    return best
