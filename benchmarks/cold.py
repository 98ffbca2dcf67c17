"""Row "cold process": from the start of Python to a solved Leduc, NashConv below 1e-6."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Iterator

from benchmarks.timing import Limit

SECONDS = 5.0
METHODS = {"lp": "lp", "pcfr+": "pcfr+(delay=5000,tol=1e-6)"}
_CHILD = """
import sys
import marl_kit as mk
solution = mk.solve("leduc_poker", sys.argv[1])
assert solution.nash_conv < 1e-6, solution
"""


def limits() -> Iterator[Limit]:
    """Kernels come from numba's cache, which a first run has filled; all else begins anew."""
    for name, method in METHODS.items():
        took = [_seconds(method) for _ in range(4)][1:]
        yield Limit(
            f"a new process to Leduc solved by {name}", statistics.median(took), SECONDS, "s"
        )


def _seconds(method: str) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", _CHILD, method], check=True)
    return time.perf_counter() - start
