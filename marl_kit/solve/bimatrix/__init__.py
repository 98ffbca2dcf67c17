"""Nash equilibria of two-player matrix games.

Reading order: ``best_replies`` and ``polytope`` (vertices, the slow exact way), ``enumeration``
(the fast ways, each exact or with a proof), ``vertex_enumeration`` (all extreme equilibria),
``nash_subsets`` (how they make up the set of all), then the methods that find one.
"""
