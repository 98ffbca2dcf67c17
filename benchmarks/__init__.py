"""Speed against the peers, each in the same process on the same work. `make bench` runs them."""

import os

for _library in ("OMP", "OPENBLAS", "MKL"):  # before numpy is loaded: one core, for both sides
    os.environ.setdefault(f"{_library}_NUM_THREADS", "1")
