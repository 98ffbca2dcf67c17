"""What must hold in every test process before the first import of numba, torch or matplotlib.

Only environment variables are set here, never an import made: child processes (the ones that a
test starts) inherit them, and a worker that needs no torch does not pay for it.
"""

import os
import shutil
import sys
import tempfile
from pathlib import Path

# numba reads its cache directory once, at import: set later it would be ignored in silence.
assert "numba" not in sys.modules, "a pytest plugin imported numba before tests/conftest.py"

_ROOT = "MARL_KIT_TEST_ROOT"
_worker = os.environ.get("PYTEST_XDIST_WORKER", "main")

# The first process of a run makes the folder; the xdist workers inherit its name.
_owner = _ROOT not in os.environ
if _owner:
    os.environ[_ROOT] = tempfile.mkdtemp(prefix="marl_kit_tests_")

# numba's cache index is written without a lock, and a kernel is not compiled again when another
# file that it calls has changed: so an empty directory for each worker, in every run.
_numba_cache = Path(os.environ[_ROOT]) / f"{_worker}-{os.getpid()}"
_numba_cache.mkdir()
os.environ["NUMBA_CACHE_DIR"] = str(_numba_cache)

os.environ["MPLBACKEND"] = "Agg"
# One thread for torch and for BLAS: the workers share the cores already, and sums whose order
# depends on the thread count are not reproducible.
for _name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[_name] = "1"
# pygame greets on stdout when it is imported, and a machine for tests has no screen or sound.
os.environ["PYGAME_HIDE_SUPPORT_PROMPT"] = "1"
os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
os.environ.setdefault("SDL_AUDIODRIVER", "dummy")


def pytest_sessionstart() -> None:
    """Workers read each other's caches; half of the suite's time would be compilation."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        from tests.kernel_cache import read_from_siblings

        read_from_siblings(_numba_cache)


def pytest_unconfigure() -> None:
    """Remove the caches: each process its own, the first one whatever a lost worker left."""
    folder = _numba_cache.parent if _owner else _numba_cache
    shutil.rmtree(folder, ignore_errors=True)
    if _owner:
        os.environ.pop(_ROOT, None)
