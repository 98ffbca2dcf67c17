"""Pairs of vertices whose tight labels together are all labels; labels are bits of a uint64."""

from numba import njit

_CHUNK = 64


@njit
def _find(needed, masks):
    """The place of ``needed`` in sorted masks, or -1."""
    low, high = 0, len(masks)
    while low < high:
        middle = (low + high) >> 1
        if masks[middle] < needed:
            low = middle + 1
        else:
            high = middle
    return low if low < len(masks) and masks[low] == needed else -1


@njit
def _supersets(needed, masks, places, v, count, pairs):
    """Write down all masks that contain ``needed``; the new count, which may exceed the room.

    Hits are rare: a chunk is tested as a whole, in vector registers, before it is looked through.
    """
    for begin in range(0, len(masks), _CHUNK):
        end = min(begin + _CHUNK, len(masks))
        hits = 0
        for i in range(begin, end):
            hits += (masks[i] & needed) == needed
        if hits == 0:
            continue
        for i in range(begin, end):
            if (masks[i] & needed) == needed:
                if count < len(pairs):
                    pairs[count, 0] = v
                    pairs[count, 1] = places[i]
                count += 1
    return count


@njit(cache=True)
def match(needed, simple, masks, places, degenerate, degenerate_places, pairs):
    """Pairs (v, place) of ``needed[v]`` and a mask that contains it; their number.

    Simple vertices need just as many labels as a simple partner has: it is found by bisection, and
    only degenerate ones are scanned. ``masks`` are all that there are, sorted, at ``places``.
    """
    count = 0
    for v in range(len(needed)):
        if not simple[v]:
            count = _supersets(needed[v], masks, places, v, count, pairs)
            continue
        at = _find(needed[v], masks)
        if at >= 0:
            if count < len(pairs):
                pairs[count, 0] = v
                pairs[count, 1] = places[at]
            count += 1
        count = _supersets(needed[v], degenerate, degenerate_places, v, count, pairs)
    return count
