"""Tree search on the arrays of ``tree.Tree``; everything that all ways of searching share.

``search_boards`` runs whole searches on board rules. ``advance`` is the search without a game: it
takes what was found at the leaves and walks to the next ones, which ``meet_boards`` or Python
looks at. A caching kernel calls kernels of its own file only.

Random numbers are a function of (key, simulation, purpose, counter), so a search does not depend
on what else runs beside it, and all ways draw the same.
"""

import math
from typing import Any

import numpy as np
from numba import njit

from marl_kit.games import rules_in_kernels as board
from marl_kit.games.tree import CHANCE, TERMINAL
from marl_kit.search.plan import ENDS, GUMBEL_RULE, PUCT_RULE, SOLVE, Plan, Slots
from marl_kit.search.tree import HIGH, KNOWN, LOW, NONE, OPEN, ROOT, SHUT, Tree

_entry = njit(cache=True, error_model="numpy")
# numba counts references to every array of every tuple that is handed on, which would take longer
# than the search. Helpers allocate nothing and give no arrays back, so nothing has to be counted;
# and Python never calls them, so they need no wrappers.
_bare: Any = {"_nrt": False}
_bare_entry = njit(cache=True, error_model="numpy", **_bare)
_lite: Any = {**_bare, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
_helper = njit(error_model="numpy", **_lite)
_inlined = njit(error_model="numpy", forceinline=True, **_lite)

# SplitMix64 (Steele, Lea and Flood 2014): the n-th number of a stream is a hash of its start + n
# times the odd constant below.
_STEP = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_SHIFT_1, _SHIFT_2, _SHIFT_3 = np.uint64(30), np.uint64(27), np.uint64(31)
_HALF = np.uint64(32)
_SHIFT_48, _FRACTION = np.uint64(16), (1 << 48) - 1
_SPENT = 1 << 24  # the product of the bases until which its digits are fair, but for 2**-24
_UNIT = 2.0**-32

_ROOT_NOISE = np.uint64(0x726F6F74)  # tells it from whatever else is drawn with the same key

# what a stream is for
_DESCENT, _ORDER, _ROLLOUT = 0, 1, 2
_PURPOSES = 3


@_helper
def _mix(x):
    x = (x ^ (x >> _SHIFT_1)) * _MIX_1
    x = (x ^ (x >> _SHIFT_2)) * _MIX_2
    return x ^ (x >> _SHIFT_3)


@_helper
def _open_stream(rng, key, simulation, purpose):
    rng[0] = _mix(key + _STEP * np.uint64(simulation * _PURPOSES + purpose + 1))


@_helper
def _draw(rng):
    """The next number of the stream, an integer in [0, 2**32)."""
    rng[0] += _STEP
    return np.int64(_mix(rng[0]) >> _HALF)


@_helper
def _below(rng, n):
    return (_draw(rng) * n) >> 32


@_helper
def _draw_fraction(rng):
    """The next number of the stream as a fraction of 2**48: multiplied by n, what is above 2**48
    is a random number below n, and the rest a fraction again."""
    rng[0] += _STEP
    return np.int64(_mix(rng[0]) >> _SHIFT_48)


@_helper
def _copy(source, target):
    # a loop: slice assignment takes numba a second to compile
    for i in range(len(source)):
        target[i] = source[i]


@_inlined
def _row(tree, r):
    """The arrays of one search."""
    return Tree(
        tree.node[r],
        tree.bound[r],
        tree.raw[r],
        tree.edge[r],
        tree.value[r],
        tree.reward[r],
        tree.used[r],
    )


# --- which edge to follow


@_inlined
def _best_edge(tree, plan, node, into, noise):
    """The largest mean + bonus * weight, as UCT and PUCT want it (see ``_weigh``).

    ``into`` is the edge that leads to the node; it was visited N times.
    """
    bonus, untried = plan.bonus[tree.edge[into].visits], plan.untried
    first = tree.node[node].first
    if math.isnan(untried):
        player = tree.node[node].player
        untried = tree.value[into, player] / tree.edge[into].visits
        if len(tree.reward) > 0:
            untried -= tree.reward[into, player]
    noisy = node == ROOT and plan.noise_share > 0.0
    choice, best = first, -np.inf
    for e in range(first, first + tree.node[node].count):
        mean, weight = tree.edge[e].mean, tree.edge[e].weight
        if noisy and tree.edge[e].standing == OPEN:
            extra = noise[e - first] - tree.edge[e].prior
            weight += plan.noise_share * extra * plan.shrink[tree.edge[e].visits]
        score = (untried if math.isnan(mean) else mean) + bonus * weight
        if score > best:
            choice, best = e, score
    return choice


@_inlined
def _best_uct_edge(tree, plan, node, into):
    """The same for UCT alone, where the mean of an untried edge is infinite: it comes first."""
    bonus, first = plan.bonus[tree.edge[into].visits], tree.node[node].first
    choice, best = first, -np.inf
    for e in range(first, first + tree.node[node].count):
        score = tree.edge[e].mean + bonus * tree.edge[e].weight
        if score > best:
            choice, best = e, score
    return choice


@_inlined
def _weigh(tree, plan, e, player):
    """Keep what the choice among edges reads: the mean, and the weight of the exploration.

    UCT: Q + c sqrt(ln N / n), the weight being 1 / sqrt(n). PUCT: Q + c P sqrt(N) / (1 + n), the
    weight being P / (1 + n). ``plan.bonus[N]`` has the rest. An edge of known worth is not
    explored, and one that is shut is not chosen. Gumbel's weight is the logit, which stays.
    """
    n, standing = tree.edge[e].visits, tree.edge[e].standing
    if standing == OPEN:
        tree.edge[e].mean = tree.value[e, player] / n if n > 0 else plan.untried
        if plan.rule != GUMBEL_RULE:
            tree.edge[e].weight = plan.shrink[n] * (
                tree.edge[e].prior if plan.rule == PUCT_RULE else 1.0
            )
    else:
        tree.edge[e].weight = 0.0
        tree.edge[e].mean = (
            tree.bound[tree.edge[e].child, LOW, player] if standing == KNOWN else -np.inf
        )


@_helper
def _mixed_value(tree, node):
    """Of an action that was never tried: the own evaluation and the mean of the tried ones by
    their priors (Danihelka et al. 2022, equation 33); with the visits of all and of the most
    visited action."""
    first, player = tree.node[node].first, tree.node[node].player
    visits = most = 0
    weight = mean = 0.0
    for e in range(first, first + tree.node[node].count):
        n = tree.edge[e].visits
        if n > 0:
            visits += n
            most = max(most, n)
            weight += tree.edge[e].prior
            mean += tree.edge[e].prior * tree.edge[e].mean
    value = tree.raw[node, player]
    if weight > 0.0:
        value = (value + visits * (mean / weight)) / (1 + visits)
    return value, visits, most


@_helper
def _gumbel_score(tree, plan, e, untried, most):
    """logit + sigma(completed Q), Q in units of the payoff range above its low end."""
    value = tree.edge[e].mean if tree.edge[e].visits > 0 else untried
    unit = plan.high - plan.low
    completed = (value - plan.low) / unit if unit > 0.0 else 0.0
    return tree.edge[e].weight + (plan.visit_scale + most) * plan.value_scale * completed


@_helper
def _due(actions, simulations, done):
    """The visits that an action must have to be the next one, when ``done`` of the simulations
    are shared out: sequential halving.

    Each of the about log2(actions) phases gets an equal part of the simulations and visits its
    actions equally often; the next phase has half as many, at least two.
    """
    if actions == 1:
        return done
    phases, doubled = 0, 1
    while doubled < actions:
        phases, doubled = phases + 1, 2 * doubled
    visits, left = 0, actions
    while True:
        rounds = max(1, simulations // (phases * left))
        if done < rounds * left:
            return visits + done // left
        done -= rounds * left
        visits += rounds
        left = max(2, left // 2)


@_helper
def _gumbel_root_edge(tree, plan, noise, shared):
    """Sequential halving of ``shared`` simulations: among the edges of the scheduled visits the
    largest g + score."""
    first, count = tree.node[ROOT].first, tree.node[ROOT].count
    untried, visits, most = _mixed_value(tree, ROOT)
    possible = 0  # a prior of 0 is never chosen
    for e in range(first, first + count):
        if tree.edge[e].prior > 0.0:
            possible += 1
    actions = min(possible, plan.considered, max(shared, 1))  # nobody can visit more of them
    due = _due(actions, shared, visits)
    choice, best = NONE, -np.inf
    for i in range(count):
        if tree.edge[first + i].visits == due:
            score = noise[i] + _gumbel_score(tree, plan, first + i, untried, most)
            if choice == NONE or score > best:
                choice, best = first + i, score
    return max(choice, first)


@_helper
def _gumbel_edge(tree, plan, node, scratch):
    """The action whose visits are furthest behind the improved policy (equation 14)."""
    first, count = tree.node[node].first, tree.node[node].count
    untried, visits, most = _mixed_value(tree, node)
    top, total = -np.inf, 0.0
    for e in range(first, first + count):
        top = max(top, _gumbel_score(tree, plan, e, untried, most))
    for i in range(count):
        scratch[i] = math.exp(_gumbel_score(tree, plan, first + i, untried, most) - top)
        total += scratch[i]
    choice, best = first, -np.inf
    for i in range(count):
        behind = scratch[i] / total - tree.edge[first + i].visits / (1 + visits)
        if behind > best:
            choice, best = first + i, behind
    return choice


@_inlined
def _chance_edge(tree, node, rng):
    """An outcome, by its probability."""
    first = tree.node[node].first
    last = first + tree.node[node].count - 1
    left, choice = _draw(rng) * _UNIT, last
    for e in range(first, last):
        left -= tree.edge[e].prior
        if left < 0.0:
            choice = e
            break
    return choice


@_inlined
def _descend(tree, plan, noise, budget, path, scratch, rng):
    """Write the edges to a leaf, one without a child or to a closed node; gives their number.

    ``scratch`` float64 [W] may be overwritten.
    """
    edge, depth = 0, 1
    path[0] = edge
    while tree.edge[edge].child != NONE:
        node = tree.edge[edge].child
        if tree.node[node].closed:
            break
        if tree.node[node].player == CHANCE:
            edge = _chance_edge(tree, node, rng)
        elif plan.rule != GUMBEL_RULE:
            edge = _best_edge(tree, plan, node, edge, noise)
        elif node == ROOT:
            edge = _gumbel_root_edge(tree, plan, noise, budget - 1)
        else:
            edge = _gumbel_edge(tree, plan, node, scratch)
        path[depth] = edge
        depth += 1
    return depth


@_inlined
def _descend_by_uct(tree, plan, path, rng):
    """The same where it is known to be UCT: the other rules would be compiled for every game."""
    edge, depth = 0, 1
    path[0] = edge
    while tree.edge[edge].child != NONE:
        node = tree.edge[edge].child
        if tree.node[node].closed:
            break
        if tree.node[node].player == CHANCE:
            edge = _chance_edge(tree, node, rng)
        else:
            edge = _best_uct_edge(tree, plan, node, edge)
        path[depth] = edge
        depth += 1
    return depth


# --- what is new, and what follows from it


@_inlined
def _add_node(tree, plan, parent, into, player, actions, priors, count, rng):
    """A node with its edges, in random order where a player chooses among them."""
    node, first = tree.used[0], tree.used[1]
    fraction, spent = 0, _SPENT
    tree.used[0] += 1
    tree.used[1] += count
    tree.node[node].first, tree.node[node].count = first, count
    tree.node[node].player, tree.node[node].parent = player, parent
    tree.edge[into].child = node
    for i in range(count):
        j = i
        if player != CHANCE and i > 0:
            spent *= i + 1
            if spent > _SPENT:
                fraction, spent = _draw_fraction(rng), i + 1
            fraction *= i + 1
            j = fraction >> 48
            fraction &= _FRACTION
            tree.edge[first + i].action = tree.edge[first + j].action
            tree.edge[first + i].prior = tree.edge[first + j].prior
        tree.edge[first + j].action, tree.edge[first + j].prior = actions[i], priors[i]
        tree.edge[first + i].child = NONE
        tree.edge[first + i].standing = OPEN
        tree.edge[first + i].visits = 0
        tree.edge[first + i].mean = plan.untried
    for e in range(first, first + count):
        tree.edge[e].weight = 0.0
        if plan.rule == PUCT_RULE:
            tree.edge[e].weight = tree.edge[e].prior
        elif plan.rule == GUMBEL_RULE:
            tree.edge[e].weight = (
                math.log(tree.edge[e].prior) if tree.edge[e].prior > 0.0 else -np.inf
            )
    return node


@_helper
def _bound(tree, plan, node):
    """Bounds of a node from those of its children; gives whether they are tighter than before.

    The player to move gets the best of its choices. The others get something between the worst
    and the best for them of the moves that it could choose. Chance: expectations. Sums are
    rounded: the bounds never cross, and differences below ``plan.slack`` are none.
    """
    first, last = tree.node[node].first, tree.node[node].first + tree.node[node].count
    mover, changed = tree.node[node].player, False
    floor, ceiling, weight = -np.inf, -np.inf, 0.0
    for e in range(first, last):
        weight += tree.edge[e].prior
        if mover != CHANCE:
            low, high = _edge_bounds(tree, plan, e, mover)
            floor, ceiling = max(floor, low), max(ceiling, high)
    for p in range(tree.bound.shape[2]):
        low, high = (0.0, 0.0) if mover == CHANCE else (np.inf, -np.inf)
        for e in range(first, last):
            lowest, highest = _edge_bounds(tree, plan, e, p)
            if mover == CHANCE:
                low += tree.edge[e].prior / weight * (lowest - plan.low)
                high += tree.edge[e].prior / weight * (highest - plan.low)
            elif _edge_bounds(tree, plan, e, mover)[1] >= floor - plan.slack:
                low, high = min(low, lowest), max(high, highest)
        if p == mover:
            low, high = floor, ceiling
        elif mover == CHANCE:
            low, high = low + plan.low, high + plan.low
        changed = _tighten(tree, node, p, low, high) or changed
    return changed


@_helper
def _tighten(tree, node, p, low, high):
    """Take in new bounds, in such a way that rounding does not cross them; gives whether they are
    tighter than the old."""
    old_low, old_high = tree.bound[node, LOW, p], tree.bound[node, HIGH, p]
    new_low = min(max(old_low, low), old_high)
    new_high = max(min(old_high, high), new_low)
    tree.bound[node, LOW, p], tree.bound[node, HIGH, p] = new_low, new_high
    return new_low > old_low or new_high < old_high


@_helper
def _edge_bounds(tree, plan, e, p):
    """Between what it is worth for a player."""
    child = tree.edge[e].child
    if child == NONE:
        return plan.low, plan.high
    return tree.bound[child, LOW, p], tree.bound[child, HIGH, p]


@_helper
def _share_out(tree, plan, node):
    """Tighten bounds where all payoffs together are known: what one wins the others lose."""
    players = tree.bound.shape[2]
    for p in range(players):
        low, high = plan.total, plan.total
        for q in range(players):
            if q != p:
                low -= tree.bound[node, HIGH, q]
                high -= tree.bound[node, LOW, q]
        _tighten(tree, node, p, low, high)


@_helper
def _judge(tree, plan, node):
    """Say what the edges of a node are to its player, and whether it is closed.

    A move that can at best be as good as another is shut too where that is all the same to the
    others, which it is if two players share a fixed sum.
    """
    mover = tree.node[node].player
    tree.node[node].closed = True
    for p in range(tree.bound.shape[2]):
        if tree.bound[node, HIGH, p] - tree.bound[node, LOW, p] > plan.slack:
            tree.node[node].closed = False
    if tree.node[node].closed:
        for p in range(tree.bound.shape[2]):
            tree.bound[node, HIGH, p] = tree.bound[node, LOW, p]
    if mover == CHANCE:
        return
    floor, slack = tree.bound[node, LOW, mover], plan.slack
    ties_matter = math.isnan(plan.total) or tree.bound.shape[2] != 2
    for e in range(tree.node[node].first, tree.node[node].first + tree.node[node].count):
        low, high = _edge_bounds(tree, plan, e, mover)
        if low < floor - slack and high <= floor + (-slack if ties_matter else slack):
            tree.edge[e].standing = SHUT
        elif tree.edge[e].child != NONE and tree.node[tree.edge[e].child].closed:
            tree.edge[e].standing = KNOWN
        _weigh(tree, plan, e, mover)


@_helper
def _prove(tree, plan, path, depth):
    """Carry the bounds of a new end of the game upwards, for as long as they tighten any."""
    for i in range(depth - 2, -1, -1):
        node = tree.edge[path[i]].child
        changed = _bound(tree, plan, node)
        if changed and not math.isnan(plan.total):
            _share_out(tree, plan, node)
        _judge(tree, plan, node)
        if not changed:
            return


@_inlined
def _attach(tree, plan, path, depth, player, actions, priors, count, returns, rng):
    """The node at the end of the path; ``returns`` are read where the game ends."""
    into = path[depth - 1]
    parent = tree.edge[path[depth - 2]].child if depth > 1 else NONE
    node = _add_node(tree, plan, parent, into, player, actions, priors, count, rng)
    tree.node[node].closed = player == TERMINAL
    if player == TERMINAL:
        for p in range(len(returns)):
            tree.bound[node, LOW, p] = tree.bound[node, HIGH, p] = returns[p]
        if plan.proofs >= ENDS and parent != NONE and tree.node[parent].player != CHANCE:
            tree.edge[into].standing = KNOWN
    elif plan.proofs == SOLVE:
        for p in range(len(returns)):
            tree.bound[node, LOW, p], tree.bound[node, HIGH, p] = plan.low, plan.high
    return node


@_inlined
def _back_up(tree, plan, path, depth, returns):
    """Add returns (to come from the end of the path on) to all edges of the path."""
    rewarding = len(tree.reward) > 0
    for i in range(depth - 1, -1, -1):
        e = path[i]
        before = tree.edge[e].visits
        tree.edge[e].visits = before + 1
        for p in range(len(returns)):
            if rewarding:
                returns[p] += tree.reward[e, p]
            # a new edge's values are not set: most edges are never tried
            tree.value[e, p] = returns[p] + (tree.value[e, p] if before > 0 else 0.0)
        if i > 0:
            player = tree.node[tree.edge[path[i - 1]].child].player
            if player != CHANCE:
                _weigh(tree, plan, e, player)


@_inlined
def _revisit(tree, plan, path, depth, returns):
    """One more visit of a closed node."""
    node = tree.edge[path[depth - 1]].child
    for p in range(len(returns)):
        returns[p] = tree.bound[node, LOW, p]
    _back_up(tree, plan, path, depth, returns)


@_inlined
def _is_over(tree, plan, budget):
    """Whether a search has made its simulations, or has proven what its best move is worth."""
    over = tree.edge[0].visits >= budget
    if not over and plan.proofs == SOLVE and tree.edge[0].child != NONE:
        player = tree.node[ROOT].player
        over = tree.bound[ROOT, HIGH, player] - tree.bound[ROOT, LOW, player] <= plan.slack
    return over


# --- searches on boards


@_helper
def _outcome(rng, probabilities, count):
    left, choice = _draw(rng) * _UNIT, count - 1
    for i in range(count - 1):
        left -= probabilities[i]
        if left < 0.0:
            choice = i
            break
    return choice


@_inlined
def _roll_out(rules, params, state, legal, chances, returns, rng):
    """Random moves to the end of the game."""
    player = board.player(rules, params, state)
    while player != TERMINAL:
        if player == CHANCE:
            count = board.chance(rules, params, state, legal, chances)
            i = _outcome(rng, chances, count)
        else:
            i = _below(rng, board.legal(rules, params, state, legal))
        board.apply(rules, params, state, legal[i])
        player = board.player(rules, params, state)
    board.returns(rules, params, state, returns)


@_inlined
def _evaluate(rules, params, state, rollouts, work, legal, chances, one, returns, rng):
    """Mean of ``rollouts`` random games from ``state``."""
    share = 1.0 / rollouts
    for p in range(len(returns)):
        returns[p] = 0.0
    for _ in range(rollouts):
        _copy(state, work)
        _roll_out(rules, params, work, legal, chances, one, rng)
        for p in range(len(returns)):
            returns[p] += one[p] * share


@_inlined
def _look(rules, params, state, actions, priors, returns):
    """Who moves at a position, and how many actions or outcomes there are."""
    player = board.player(rules, params, state)
    count = 0
    if player == CHANCE:
        count = board.chance(rules, params, state, actions, priors)
    elif player == TERMINAL:
        board.returns(rules, params, state, returns)
    else:
        count = board.legal(rules, params, state, actions)
        share = 1.0 / count
        for i in range(count):
            priors[i] = share
    return player, count


@_bare_entry
def search_boards(rules, params, positions, rows, block, rollouts, plan, tree, slots, scratch):
    """Up to ``block`` simulations of UCT with random rollouts in each of the ``rows``.

    ``positions`` int64 [R, state]; ``scratch`` two states, two of the widest
    node, the returns of a rollout, and the random numbers' place. A search that runs out of
    room in its arrays stops early.
    """
    state, work, legal, chances, one, rng = scratch
    for r in rows:
        view, path, returns, key = _row(tree, r), slots.path[r], slots.value[r], slots.key[r]
        simulation, budget = slots.simulation[r], slots.budget[r]
        last_node, last_edge = len(view.node) - 1, len(view.edge) - len(legal)
        for _ in range(block):
            if _is_over(view, plan, budget):
                slots.finished[r] = True
                break
            if view.used[0] > last_node or view.used[1] > last_edge:
                break
            _open_stream(rng, key, simulation, _DESCENT)
            depth = _descend_by_uct(view, plan, path, rng)
            if view.edge[path[depth - 1]].child != NONE:
                _revisit(view, plan, path, depth, returns)
                simulation += 1
                continue
            _copy(positions[r], state)
            for i in range(1, depth):
                board.apply(rules, params, state, view.edge[path[i]].action)
            player, count = _look(rules, params, state, legal, chances, returns)
            _open_stream(rng, key, simulation, _ORDER)
            _attach(view, plan, path, depth, player, legal, chances, count, returns, rng)
            if player == TERMINAL and plan.proofs == SOLVE:
                _prove(view, plan, path, depth)
            if player != CHANCE:  # nobody evaluates a chance node: the simulation goes on
                if player != TERMINAL:
                    _open_stream(rng, key, simulation, _ROLLOUT)
                    _evaluate(
                        rules, params, state, rollouts, work, legal, chances, one, returns, rng
                    )
                _back_up(view, plan, path, depth, returns)
                simulation += 1
        slots.simulation[r] = simulation


@_entry
def meet_boards(rules, params, positions, leaves, rows, slots):
    """Tell what the leaves of the ``rows`` are; ``leaves`` int64 [R, state] receives them."""
    for r in rows:
        _copy(positions[r], leaves[r])
        for i in range(1, slots.depth[r]):
            board.apply(rules, params, leaves[r], slots.moves[r, i])
        slots.player[r], slots.branches[r] = _look(
            rules, params, leaves[r], slots.actions[r], slots.prior[r], slots.value[r]
        )


@_entry
def roll_out_boards(rules, params, leaves, rows, rollouts, slots, values):
    """Mean of random games from the leaves of the ``rows``, into float64 [len(rows), P]."""
    width = slots.actions.shape[1]
    legal, chances = np.empty(width, np.int64), np.empty(width)
    work, one, rng = np.empty_like(leaves[0]), np.empty(values.shape[1]), np.empty(1, np.uint64)
    for i in range(len(rows)):
        r = rows[i]
        _open_stream(rng, slots.key[r], slots.simulation[r], _ROLLOUT)
        _evaluate(rules, params, leaves[r], rollouts, work, legal, chances, one, values[i], rng)


@_entry
def observe_boards(rules, params, leaves, rows, slots, out):
    """What the player to move sees at the leaves of the ``rows``, float32 [len(rows), cells]."""
    for i in range(len(rows)):
        board.observe(rules, params, leaves[rows[i]], slots.player[rows[i]], out[i])


# --- searches on anything


@_inlined
def _take_in(plan, t, r, tree, slots, rng):
    """Add what was told in row ``r`` about a leaf of tree ``t``, and back its value up."""
    view, path, returns = _row(tree, t), slots.path[r], slots.value[r]
    depth, player = slots.depth[r], slots.player[r]
    _open_stream(rng, slots.key[r], slots.simulation[r], _ORDER)
    node = _attach(
        view,
        plan,
        path,
        depth,
        player,
        slots.actions[r],
        slots.prior[r],
        slots.branches[r],
        returns,
        rng,
    )
    if player == TERMINAL and plan.proofs == SOLVE:
        _prove(view, plan, path, depth)
    if len(view.reward) > 0:
        _copy(slots.reward[r], view.reward[path[depth - 1]])
    if len(view.raw) > 0:
        _copy(returns, view.raw[node])
    if player != CHANCE:
        _back_up(view, plan, path, depth, returns)


@_inlined
def _walk(plan, r, tree, slots, rng):
    """To the next leaf of a row, or the end of its search."""
    view, path, returns = _row(tree, r), slots.path[r], slots.value[r]
    slots.depth[r] = 0
    while slots.depth[r] == 0 and not _is_over(view, plan, slots.budget[r]):
        _open_stream(rng, slots.key[r], slots.simulation[r], _DESCENT)
        # what the evaluator said was taken in, and there is nothing new yet
        scratch = slots.prior[r]
        depth = _descend(view, plan, slots.noise[r], slots.budget[r], path, scratch, rng)
        if view.edge[path[depth - 1]].child == NONE:
            slots.depth[r] = depth
            for i in range(depth):
                slots.moves[r, i] = view.edge[path[i]].action
        else:
            _revisit(view, plan, path, depth, returns)
            slots.simulation[r] += 1
    slots.finished[r] = slots.depth[r] == 0


def advance(plan, rows, tree, slots):
    """Take in what was told about the leaves of the ``rows``, and walk to the next ones.

    Gives how many rows are at a leaf now. A row without a leaf (depth 0) only walks. Closed nodes
    are backed up at once, and the walk goes on until somebody has to look at a leaf, or the
    search is over. A chance node is added and not evaluated: the same simulation walks again, now
    beyond it.
    """
    # numba reads plain tuples in half of the time that named ones take, and this is called often
    rng = np.empty(1, np.uint64)
    return _advance(tuple(plan), rows, tuple(tree), tuple(slots), rng)


@_bare_entry
def _advance(plan, rows, tree, slots, rng):
    how, trees, searches, found = Plan(*plan), Tree(*tree), Slots(*slots), 0
    for r in rows:
        if searches.depth[r] > 0:
            _take_in(how, r, r, trees, searches, rng)
            searches.simulation[r] += searches.player[r] != CHANCE
        _walk(how, r, trees, searches, rng)
        found += searches.depth[r] > 0
    return found


# --- several leaves of one tree at once


@_helper
def _count(tree, plan, path, depth, waiting, more):
    """Count a visit that waits for its value, or (-1) no more. Where edges are compared it counts
    as lost for who chose it, so that others look elsewhere; the sums never see it."""
    waiting[0] += more
    for i in range(1, depth):
        e = path[i]
        waiting[e] += more
        player = tree.node[tree.edge[path[i - 1]].child].player
        if player != CHANCE and tree.edge[e].standing == OPEN:
            visits = tree.edge[e].visits
            told = tree.value[e, player] if visits > 0 else 0.0
            n = visits + waiting[e]
            _weigh(tree, plan, e, player)
            if waiting[e] > 0:
                tree.edge[e].mean = (told + waiting[e] * plan.low) / n
                tree.edge[e].weight = plan.shrink[n] * (
                    tree.edge[e].prior if plan.rule == PUCT_RULE else 1.0
                )


def share(plan, row, walk, tree, slots, waiting, begun):
    """The same as ``advance`` for a search of one tree, the first, with a leaf in every row.

    ``waiting`` int64 [E] counts visits that wait for a value, ``begun`` int64 [1] simulations. If
    the row's leaf waits, its value is taken in; else what was met there: a decision begins to wait.
    Then, if told to ``walk``, to the next leaf. Gives whether somebody has to look at one: not
    where the search is over, nor where the same leaf waits already.
    """
    rng = np.empty(1, np.uint64)
    return _share(tuple(plan), row, walk, tuple(tree), tuple(slots), waiting, begun, rng)


@_bare_entry
def _share(plan, row, walk, tree, slots, waiting, begun, rng):
    how, trees, searches = Plan(*plan), Tree(*tree), Slots(*slots)
    view, path, depth = _row(trees, ROOT), searches.path[row], searches.depth[row]
    if depth > 0:
        asked = waiting[path[depth - 1]] > 0
        if asked:
            _count(view, how, path, depth, waiting, -1)
        elif searches.player[row] >= 0:
            _count(view, how, path, depth, waiting, 1)
            begun[0] += 1
            return False
        _take_in(how, 0, row, trees, searches, rng)
        searches.depth[row] = 0
        begun[0] += searches.player[row] == TERMINAL
    while walk and not _is_over(view, how, searches.budget[0] - waiting[0]):
        _open_stream(rng, searches.key[0], begun[0], _DESCENT)
        noise, scratch = searches.noise[0], searches.prior[0]
        depth = _descend(view, how, noise, searches.budget[0], path, scratch, rng)
        if view.edge[path[depth - 1]].child != NONE:
            _revisit(view, how, path, depth, searches.value[row])
            begun[0] += 1
        elif waiting[path[depth - 1]] > 0:
            return False
        else:
            searches.depth[row], searches.simulation[row] = depth, begun[0]
            for i in range(depth):
                searches.moves[row, i] = view.edge[path[i]].action
            return True
    return False


# --- what evaluators say


@_entry
def normalise(priors, counts, out):
    """Write priors float64 [B, <= W] of the legal actions, scaled to sum to 1; equal ones where
    all are 0. Gives the first row with one that is negative or a sum that is not finite, or -1."""
    for b in range(len(priors)):
        total, told = 0.0, min(counts[b], priors.shape[1])
        for i in range(told):
            if not 0.0 <= priors[b, i] < np.inf:
                return b
            total += priors[b, i]
        if total == np.inf:
            return b
        for i in range(counts[b]):
            if total > 0.0:
                out[b, i] = priors[b, i] / total if i < told else 0.0
            else:
                out[b, i] = 1.0 / counts[b]
    return -1


# --- what is read from a finished search


def sorted_root(plan, tree, row, root):
    """Write down the root's edges by action in ascending order.

    ``root`` has the places at which they lie in the tree, actions, visits (all int64 [A]), sums of
    returns float64 [A, P], priors, and the proven bounds of the player to move, float64 [A].
    """
    _sorted_root(tuple(plan), tuple(tree), row, root)


@_bare_entry
def _sorted_root(plan, tree, row, root):
    how, view = Plan(*plan), _row(Tree(*tree), row)
    places, actions, visits, sums, priors, low, high = root
    first, player = view.node[ROOT].first, view.node[ROOT].player
    count = view.node[ROOT].count
    for e in range(first, first + count):
        i = e - first  # edges lie in random order
        while i > 0 and view.edge[e].action < actions[i - 1]:
            places[i], actions[i] = places[i - 1], actions[i - 1]
            i -= 1
        places[i], actions[i] = e - first, view.edge[e].action
    for i in range(count):
        e = first + places[i]
        visits[i], priors[i] = view.edge[e].visits, view.edge[e].prior
        for p in range(sums.shape[1]):
            sums[i, p] = view.value[e, p] if visits[i] > 0 else 0.0
        low[i], high[i] = how.low, how.high
        child = view.edge[e].child
        if child != NONE and (
            how.proofs == SOLVE or (how.proofs == ENDS and view.edge[e].standing == KNOWN)
        ):
            low[i], high[i] = view.bound[child, LOW, player], view.bound[child, HIGH, player]
    if how.proofs == SOLVE:
        best, most = -np.inf, -np.inf
        for i in range(count):
            best, most = max(best, low[i]), max(most, high[i])
        _settle(low, high, best, how.slack)
        _settle(low, high, most, how.slack)


@_helper
def _settle(low, high, value, slack):
    """Set bounds to a value from which they differ by rounding."""
    for i in range(len(low)):
        if abs(low[i] - value) <= slack:
            low[i] = value
        if abs(high[i] - value) <= slack:
            high[i] = value


def improve_policy(plan, tree, row, noise, places, policy):
    """Write Gumbel's improved policy of the root (equation 11), for the edges at ``places``; gives
    the place of the final move, of the most visited the one with the largest g + score."""
    return _improve_policy(tuple(plan), tuple(tree), row, noise, places, policy)


@_bare_entry
def _improve_policy(plan, tree, row, noise, places, policy):
    how, view = Plan(*plan), _row(Tree(*tree), row)
    first, count = view.node[ROOT].first, view.node[ROOT].count
    untried, _, most = _mixed_value(view, ROOT)
    choice, best, top, total = 0, -np.inf, -np.inf, 0.0
    for i in range(count):
        score = _gumbel_score(view, how, first + i, untried, most)
        top = max(top, score)
        if view.edge[first + i].visits == most and noise[i] + score > best:
            choice, best = i, noise[i] + score
    for i in range(count):
        score = _gumbel_score(view, how, first + places[i], untried, most)
        policy[i] = math.exp(score - top)
        total += policy[i]
    for i in range(count):
        policy[i] /= total
    return choice


# --- random numbers


@_entry
def fill_gumbels(key, out):
    """Gumbel numbers for the root of a search, float64 [A]: ``-log(-log(u))``."""
    rng = np.empty(1, np.uint64)
    _open_stream(rng, key ^ _ROOT_NOISE, 0, _ORDER)
    for i in range(len(out)):
        out[i] = -math.log(-math.log((_draw(rng) + 0.5) * _UNIT))


@_entry
def fill_draws(keys, simulations, start, out):
    """Random numbers ``start``, ``start + 1``, ... of rollouts, int64 [B, D]."""
    rng = np.empty(1, np.uint64)
    for i in range(len(keys)):
        _open_stream(rng, keys[i], simulations[i], _ROLLOUT)
        rng[0] += _STEP * np.uint64(start)
        for j in range(out.shape[1]):
            out[i, j] = _draw(rng)
