"""UCT on the arrays of ``tree.Tree``.

Everything that the two ways of searching share is here once: ``search_boards`` runs whole searches
on board rules; ``walk`` and ``grow`` are the two halves of a simulation on states that live in
Python. A caching kernel calls kernels of its own file only.

Random numbers are a function of (key, simulation, purpose, counter), so a search does not depend
on what else runs beside it, and both ways draw the same.
"""

import numpy as np
from numba import njit

from marl_kit.games import rules_in_kernels as board
from marl_kit.games.tree import CHANCE, TERMINAL
from marl_kit.search.tree import NONE, Tree

# SplitMix64 (Steele, Lea and Flood 2014): the n-th number of a stream is a hash of its start + n
# times the odd constant below.
_STEP = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_SHIFT_1, _SHIFT_2, _SHIFT_3 = np.uint64(30), np.uint64(27), np.uint64(31)
_HALF = np.uint64(32)
_UNIT = 2.0**-32

# what a stream is for
_DESCENT, _ORDER, _ROLLOUT = 0, 1, 2
_PURPOSES = 3


@njit
def _mix(x):
    x = (x ^ (x >> _SHIFT_1)) * _MIX_1
    x = (x ^ (x >> _SHIFT_2)) * _MIX_2
    return x ^ (x >> _SHIFT_3)


@njit
def _open_stream(rng, key, simulation, purpose):
    rng[0] = _mix(key + _STEP * np.uint64(simulation * _PURPOSES + purpose + 1))


@njit
def _draw(rng):
    """The next number of the stream, an integer in [0, 2**32)."""
    rng[0] += _STEP
    return np.int64(_mix(rng[0]) >> _HALF)


@njit
def _below(rng, n):
    return (_draw(rng) * n) >> 32


@njit
def _slot(tree, s):
    """The arrays of one search."""
    return Tree(
        tree.first_edge[s],
        tree.num_edges[s],
        tree.player[s],
        tree.parent[s],
        tree.parent_edge[s],
        tree.action[s],
        tree.child[s],
        tree.visits[s],
        tree.value[s],
        tree.prior[s],
        tree.known[s],
        tree.used[s],
    )


@njit
def _uct_edge(tree, node, bonus, roots):
    """Unvisited edges first, then the largest Q + c sqrt(ln N / n), or Q where it is known.

    ``bonus`` is c sqrt(ln N) and ``roots[n]`` is 1 / sqrt(n): neither a root nor a division is
    left in the loop in which a search spends half of its time.
    """
    first = tree.first_edge[node]
    player = tree.player[node]
    choice, best = first, -np.inf
    for e in range(first, first + tree.num_edges[node]):
        n = tree.visits[e]
        if n == 0:
            return e
        explore = 0.0 if tree.known[e] else bonus
        score = (tree.value[e, player] * roots[n] + explore) * roots[n]
        if score > best:
            choice, best = e, score
    return choice


@njit
def _chance_edge(tree, node, rng):
    """An outcome, by its probability."""
    first = tree.first_edge[node]
    last = first + tree.num_edges[node] - 1
    left = _draw(rng) * _UNIT
    for e in range(first, last):
        left -= tree.prior[e]
        if left < 0.0:
            return e
    return last


@njit
def _descend(tree, simulation, bonuses, roots, path, rng):
    """From the root down to an edge without a child, or to a terminal node.

    ``path`` receives the actions. Gives (node, edge, depth); the edge is NONE at a terminal node,
    and the node is NONE too while there is no root.
    """
    if tree.used[0] == 0:
        return NONE, NONE, 0
    node, node_visits, depth = 0, simulation, 0
    while tree.num_edges[node] > 0:
        if tree.player[node] == CHANCE:
            e = _chance_edge(tree, node, rng)
        else:
            e = _uct_edge(tree, node, bonuses[node_visits], roots)
        path[depth] = tree.action[e]
        depth += 1
        if tree.child[e] == NONE:
            return node, e, depth
        node_visits = tree.visits[e]
        node = tree.child[e]
    return node, NONE, depth


@njit
def _add_node(tree, parent, parent_edge, player, actions, priors, count, trust, rng):
    """A node with its edges, in random order where a player chooses among them.

    ``trust``: whether an end of the game makes the value of the move to it known.
    """
    node, first = tree.used[0], tree.used[1]
    tree.used[0] += 1
    tree.used[1] += count
    tree.first_edge[node], tree.num_edges[node] = first, count
    tree.player[node] = player
    tree.parent[node], tree.parent_edge[node] = parent, parent_edge
    if parent_edge != NONE:
        tree.child[parent_edge] = node
        tree.known[parent_edge] = trust and player == TERMINAL
    for i in range(count):
        if player == CHANCE:  # players have no priors here: nothing is written that nobody reads
            j = i
            tree.prior[first + i] = priors[i]
        else:
            j = _below(rng, i + 1)
            tree.action[first + i] = tree.action[first + j]
        tree.action[first + j] = actions[i]
        tree.child[first + i] = NONE
        tree.known[first + i] = False
        tree.visits[first + i] = 0
        for p in range(tree.value.shape[1]):
            tree.value[first + i, p] = 0.0
    return node


@njit
def _back_up(tree, node, returns):
    while tree.parent_edge[node] != NONE:
        e = tree.parent_edge[node]
        tree.visits[e] += 1
        for p in range(len(returns)):
            tree.value[e, p] += returns[p]
        node = tree.parent[node]


@njit
def _copy(source, target):
    # a loop: slice assignment takes numba a second to compile
    for i in range(len(source)):
        target[i] = source[i]


@njit
def _roll_out(rules, params, state, legal, returns, rng):
    """Random moves to the end of the game."""
    while board.player(rules, params, state) >= 0:
        count = board.legal(rules, params, state, legal)
        board.apply(rules, params, state, legal[_below(rng, count)])
    board.returns(rules, params, state, returns)


@njit
def _evaluate(rules, params, state, rollouts, work, legal, one, returns, rng):
    """Mean of ``rollouts`` random games from ``state``."""
    share = 1.0 / rollouts
    for p in range(len(returns)):
        returns[p] = 0.0
    for _ in range(rollouts):
        _copy(state, work)
        _roll_out(rules, params, work, legal, one, rng)
        for p in range(len(returns)):
            returns[p] += one[p] * share


@njit(cache=True)
def search_boards(
    rules, params, num_actions, positions, keys, begin, end, rollouts, bonuses, roots, trust, tree
):
    """Simulations ``begin`` to ``end`` of searches from ``positions`` int64 [S, state].

    ``keys`` uint64 [S]; ``bonuses`` and ``roots``, float64 [simulations]: c sqrt(ln n) and
    1 / sqrt(n), see above.
    """
    players = tree.value.shape[2]
    state, work = np.empty_like(positions[0]), np.empty_like(positions[0])
    path = np.empty(tree.player.shape[1] + 1, np.int32)
    # room to spare, as in BoardGame.scratch
    legal, no_priors = np.empty(2 * num_actions + 1, np.int64), np.zeros(2 * num_actions + 1)
    returns, one = np.empty(players), np.empty(players)
    rng = np.empty(1, np.uint64)
    for s in range(len(positions)):
        view = _slot(tree, s)
        for simulation in range(begin, end):
            _open_stream(rng, keys[s], simulation, _DESCENT)
            node, edge, depth = _descend(view, simulation, bonuses, roots, path, rng)
            _copy(positions[s], state)
            for i in range(depth):
                board.apply(rules, params, state, path[i])
            if node == NONE or edge != NONE:
                player = board.player(rules, params, state)
                count = board.legal(rules, params, state, legal) if player >= 0 else 0
                _open_stream(rng, keys[s], simulation, _ORDER)
                node = _add_node(view, node, edge, player, legal, no_priors, count, trust, rng)
            if view.player[node] >= 0:
                _open_stream(rng, keys[s], simulation, _ROLLOUT)
                _evaluate(rules, params, state, rollouts, work, legal, one, returns, rng)
            else:
                board.returns(rules, params, state, returns)
            _back_up(view, node, returns)


@njit(cache=True)
def walk(tree, keys, simulation, bonuses, roots, leaf, path, draws):
    """The first half of a simulation in every slot: down to a leaf.

    ``leaf`` int64 [S, 3] receives (node, edge, depth) of ``_descend``, ``path`` int32 [S, N + 1]
    the actions, ``draws`` int64 [S, D] the first random numbers of the rollout.
    """
    rng = np.empty(1, np.uint64)
    for s in range(len(keys)):
        _open_stream(rng, keys[s], simulation, _DESCENT)
        leaf[s] = _descend(_slot(tree, s), simulation, bonuses, roots, path[s], rng)
        _fill_draws(keys[s], simulation, 0, draws[s])


@njit
def _fill_draws(key, simulation, start, out):
    rng = np.empty(1, np.uint64)
    _open_stream(rng, key, simulation, _ROLLOUT)
    rng[0] += _STEP * np.uint64(start)
    for i in range(len(out)):
        out[i] = _draw(rng)


@njit(cache=True)
def fill_draws(key, simulation, start, out):
    """Random numbers ``start``, ``start + 1``, ... of a simulation's rollout, int64 [D]."""
    _fill_draws(key, simulation, start, out)


@njit(cache=True)
def grow(tree, keys, simulation, leaf, players, actions, priors, counts, returns, trust):
    """The second half: add what was met at the leaves, and back the returns up.

    ``players`` int64 [S], ``counts`` int64 [S], ``actions`` int64 [S, A], ``priors`` float64
    [S, A], ``returns`` float64 [S, P].
    """
    rng = np.empty(1, np.uint64)
    for s in range(len(keys)):
        view = _slot(tree, s)
        node, edge = leaf[s, 0], leaf[s, 1]
        if node == NONE or edge != NONE:
            _open_stream(rng, keys[s], simulation, _ORDER)
            node = _add_node(
                view, node, edge, players[s], actions[s], priors[s], counts[s], trust, rng
            )
        _back_up(view, node, returns[s])
