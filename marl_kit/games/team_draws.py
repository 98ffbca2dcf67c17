"""Random numbers by counter, for the beginnings of a team's episodes."""

from __future__ import annotations

import numpy as np

# SplitMix64 (Steele, Lea and Flood 2014): number n of a stream is a hash of its start + n steps
_STEP = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)


def uniforms(key: int, copies: np.ndarray, episodes: np.ndarray, count: int) -> np.ndarray:
    """Random numbers in [0, 1), float64 [len(copies), count].

    Row i follows from (key, copies[i], episodes[i]) alone: a copy has the same episodes in a batch
    of any size.
    """
    streams = _mix(np.uint64(key) + _STEP * (copies.astype(np.uint64) + np.uint64(1)))
    episode = _mix(streams + _STEP * (episodes.astype(np.uint64) + np.uint64(1)))
    places = np.arange(1, count + 1, dtype=np.uint64)
    words = _mix(episode[:, None] + _STEP * places)
    return (words >> np.uint64(11)) * 2.0**-53


def _mix(x: np.ndarray) -> np.ndarray:
    x = (x ^ (x >> np.uint64(30))) * _MIX_1
    x = (x ^ (x >> np.uint64(27))) * _MIX_2
    return x ^ (x >> np.uint64(31))
