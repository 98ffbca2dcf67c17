"""Learners for teams, and the exact answers that stand beside them.

``mixer_projection`` says before any training what a mixer can represent (``additive``,
``monotone``); ``landing`` says afterwards where the learners came down on the map of equilibria
and optimum.
"""
