"""Exact values of positions: solvers of single games, and what they answer."""
