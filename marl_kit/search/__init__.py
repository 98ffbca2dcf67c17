"""Floor 3: the one tree search. Reading order: tree, _kernels, result, boards, states, uct."""
