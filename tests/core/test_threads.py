"""One thread where more do not help, and as many as before afterwards."""

import numpy as np
import torch
from threadpoolctl import threadpool_info, threadpool_limits

from marl_kit.core.threads import one_blas_thread, one_torch_thread


def threads() -> list[int]:
    np.ones((2, 2)) @ np.ones((2, 2))
    return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]


def test_one_thread_inside_and_the_same_as_before_outside() -> None:
    import scipy.linalg  # noqa: F401  (loads a BLAS of its own)

    with threadpool_limits(limits=2, user_api="blas"):
        before = threads()
        with one_blas_thread():
            assert set(threads()) == {1}
        assert threads() == before


def test_torch_has_one_thread_and_no_smallest_numbers_inside_and_what_it_had_outside():
    small, threads = torch.full((4,), 1e-39), torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with one_torch_thread():
            with one_torch_thread():
                assert torch.get_num_threads() == 1
            assert torch.get_num_threads() == 1
            assert (small * 1.0).tolist() == [0.0] * 4  # also after the inner block
            assert np.float32(1e-39) * np.float32(1.0) == 0
        assert torch.get_num_threads() == 2
        assert (small * 1.0).tolist() == small.tolist() != [0.0] * 4
    finally:
        torch.set_num_threads(threads)


def test_weights_that_die_end_at_zero():
    """Half of the inputs say nothing: their weights decay, and are 0 in the end, not 1e-40."""
    weights = torch.ones(4, 8)
    with one_torch_thread():
        for _ in range(2000):
            weights[:, 4:] *= 0.9
    assert weights.tolist() == [[1.0] * 4 + [0.0] * 4] * 4
