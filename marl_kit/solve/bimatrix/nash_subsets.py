"""The set of all equilibria of a bimatrix game, from its extreme points.

The extreme equilibria are the edges of a bipartite graph of strategies. Its maximal bicliques are
the maximal Nash subsets (Winkels 1979; Jansen 1981), whose unions over connected components are
the Nash components.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence

Edges = Sequence[tuple[Hashable, Hashable]]


def maximal_bicliques(edges: Edges) -> tuple[tuple[int, ...], ...]:
    """Maximal bicliques, each as the sorted indices of its edges."""
    return bicliques_within(components(edges), edges)


def bicliques_within(parts: Sequence[tuple[int, ...]], edges: Edges) -> tuple[tuple[int, ...], ...]:
    """The same where the components are known."""
    found: list[tuple[int, ...]] = []
    for component in parts:
        if len(component) == 1:
            found.append(component)
        else:
            found += _within([edges[i] for i in component], component)
    return tuple(sorted(found))


def components(edges: Edges) -> tuple[tuple[int, ...], ...]:
    """Connected components, each as the sorted indices of its edges."""
    leader = list(range(len(edges)))  # of each edge, by way of other edges

    def find(i: int) -> int:
        while leader[i] != i:
            leader[i] = leader[leader[i]]
            i = leader[i]
        return i

    first: dict[tuple[int, Hashable], int] = {}
    for i, edge in enumerate(edges):
        for side, end in enumerate(edge):
            leader[find(i)] = find(first.setdefault((side, end), i))
    groups: dict[int, list[int]] = {}
    for i in range(len(edges)):
        groups.setdefault(find(i), []).append(i)
    return tuple(sorted(map(tuple, groups.values())))


def _within(edges: Edges, names: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Those of one component; ``names`` are what its edges are called.

    The common neighbourhoods of sets of left vertices are the neighbourhoods closed under
    intersection; each of them is one side of one maximal biclique. Sets are bits of an integer.
    """
    bit: dict[Hashable, int] = {}
    right_of: dict[Hashable, int] = {}
    name_at: dict[Hashable, dict[int, int]] = {}
    for (left, right), name in zip(edges, names, strict=True):
        b = bit.setdefault(right, 1 << len(bit))
        right_of[left] = right_of.get(left, 0) | b
        name_at.setdefault(left, {})[b] = name
    closed: set[int] = set()
    for neighbours in set(right_of.values()):
        closed |= {neighbours & other for other in closed}
        closed.add(neighbours)
    closed.discard(0)
    for rights in closed:
        lefts = [left for left, neighbours in right_of.items() if rights & ~neighbours == 0]
        bits = [b for b in bit.values() if rights & b]
        yield tuple(sorted(name_at[left][b] for left in lefts for b in bits))
