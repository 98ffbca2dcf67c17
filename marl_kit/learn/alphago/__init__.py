"""AlphaGo's pipeline (Silver et al. 2016), a recipe over the parts of AlphaZero.

Reading order: ``options``; the stages ``records``, ``supervised``, ``reinforce``,
``value_regression``, ``search``; ``measure`` and ``result``; ``pipeline`` (the front).
"""
