"""Nash equilibria of two-player matrix games.

Reading order: ``polytope`` (vertices, the slow exact way), ``vertex_enumeration`` (all extreme
equilibria), ``nash_subsets`` (how they make up the set of all), then the methods that find one.
"""
