"""Random general-sum games of two players without chance moves, with perfect recall."""

import itertools

import numpy as np

import marl_kit as mk


def random_game(seed, moves=(2, 2, 2, 2)):
    """Players alternate; each remembers its own moves and sees a random share of the other's."""
    rng = np.random.default_rng(seed)
    sees = rng.random(len(moves)) < 0.6
    builder = mk.TreeBuilder(players=2, name=f"random {seed}")
    for depth, size in enumerate(moves):
        player = depth % 2
        for history in itertools.product(*(map(str, range(n)) for n in moves[:depth])):
            known = [a if k % 2 == player or sees[k] else "?" for k, a in enumerate(history)]
            name = f"{player}:{''.join(known)}"
            builder.decision(history, player, name, [str(a) for a in range(size)])
    for history in itertools.product(*(map(str, range(n)) for n in moves)):
        builder.payoff(history, rng.integers(0, 9, 2).tolist())
    return builder.build()
