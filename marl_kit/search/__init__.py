"""Floor 3: the one tree search.

Reading order: tree, plan, _kernels; dynamics, boards, states; evaluator, rollouts; options, uct,
puct, gumbel, result; batch, search, self_play. Where something is hidden: draws, information_set;
rounds_tree, rounds_result, simultaneous.
"""
