"""One core, where a pool of threads costs more than it brings."""

from __future__ import annotations

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
    """Let torch use one thread inside the block, and as many as before after it.

    Small networks gain nothing from a second thread, and on a busy machine every operation would
    wait for the slower one. Sums are added up in the same order everywhere.
    """
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
