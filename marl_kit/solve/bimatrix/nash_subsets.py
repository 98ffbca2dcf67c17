"""The set of all equilibria of a bimatrix game, from its extreme points.

The extreme equilibria are the edges of a bipartite graph of strategies. Its maximal bicliques are
the maximal Nash subsets (Winkels 1979; Jansen 1981), whose unions over connected components are
the Nash components.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

Edges = Sequence[tuple[Hashable, Hashable]]


def maximal_bicliques(edges: Edges) -> tuple[tuple[int, ...], ...]:
    """Maximal bicliques, each as the sorted indices of its edges.

    The common neighbourhoods of sets of left vertices are the neighbourhoods closed under
    intersection; each of them is one side of one maximal biclique.
    """
    index = {edge: i for i, edge in enumerate(edges)}
    right_of: dict[Hashable, frozenset[Hashable]] = {}
    for left, right in edges:
        right_of[left] = right_of.get(left, frozenset()) | {right}
    closed: set[frozenset[Hashable]] = set()
    for neighbours in right_of.values():
        closed |= {neighbours, *(neighbours & other for other in closed)}
    bicliques = []
    for rights in closed - {frozenset()}:
        lefts = [left for left, neighbours in right_of.items() if rights <= neighbours]
        bicliques.append(tuple(sorted(index[a, b] for a in lefts for b in rights)))
    return tuple(sorted(bicliques))


def components(edges: Edges) -> tuple[tuple[int, ...], ...]:
    """Connected components, each as the sorted indices of its edges."""
    groups: list[tuple[set[Hashable], list[int]]] = []
    for i, (left, right) in enumerate(edges):
        ends = {("left", left), ("right", right)}
        touching = [g for g in groups if g[0] & ends]
        groups = [g for g in groups if not g[0] & ends]
        vertices = ends.union(*(g[0] for g in touching))
        groups.append((vertices, [i, *(j for g in touching for j in g[1])]))
    return tuple(sorted(tuple(sorted(members)) for _, members in groups))
