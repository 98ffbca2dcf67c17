"""One core, where a pool of threads costs more than it brings."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Let BLAS use one thread inside the block, and as many as before after it.

    Matrices of some hundred rows gain little from threads, and when other processes keep the
    cores busy every product waits for the slowest of them. To enter takes about a millisecond, so
    the block goes around a loop, never inside it.
    """
    import scipy.linalg  # noqa: F401  (its BLAS is not numpy's; only what is loaded is limited)
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1, user_api="blas"):
        yield


@contextmanager
def one_torch_thread() -> Iterator[None]:
    """Let torch use one thread inside the block, and round the smallest numbers to 0.

    Small networks gain nothing from a second thread, and on a busy machine every operation would
    wait for the slower one. Sums are added up in the same order everywhere.

    Weights that nothing needs decay towards 0, and a processor takes very long over products of
    numbers below 1e-38: after half an hour a training step took five times as long as at first.
    """
    import torch

    threads, rounded = torch.get_num_threads(), _smallest_are_zero()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        torch.set_flush_denormal(rounded)


def _smallest_are_zero() -> bool:
    """Whether this thread takes numbers below 1e-38 (float64: 2e-308) for 0; torch cannot say."""
    return sys.float_info.min / 2 == 0.0
