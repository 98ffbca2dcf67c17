"""Floor 3: equilibrium solvers.

Reading order: ``solve`` (the front door), ``driver`` (the loop of every iterative method), then
one method a file.
"""
