"""One thread for dense linear algebra, and as many as before afterwards."""

import numpy as np
from threadpoolctl import threadpool_info, threadpool_limits

from marl_kit.core.threads import one_blas_thread


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
