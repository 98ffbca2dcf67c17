"""Floor 1: what a game is.

Reading order: ``tree`` (the arrays), ``preorder`` (how any source becomes a tree), ``game`` and
``tree_game`` (the handle and its states), ``normal_form``, ``sequence_form``, ``policy`` and
``profile``, then the sources: ``builder``, ``nfg``, ``efg``, ``openspiel``, ``catalogue`` and the
loader of them all, ``load``.
"""
