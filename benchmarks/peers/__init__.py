"""AlphaZero self-play of Connect Four by others, in an environment of its own; see README.md.

`measure` runs one of them there; `python -m benchmarks.peers NAME`, with that environment's Python,
is what it runs. Nothing here is imported by the package, and JAX never enters our process.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

NAMES = ("open_spiel_alpha_zero", "mctx_pgx")
"""The peers: each is the module here that plays."""

ENVIRONMENT = "MARL_KIT_PEERS"
"""Environment variable with the path of the Python that has the peers installed."""

CHECKOUT = Path(__file__).parents[2]
MINUTES = 10
"""After which a peer is given up; OpenSpiel's plays at least three whole games."""


def measure(name: str) -> float | None:
    """Simulations a second of self-play on one core, median; None where no peer is installed."""
    found = report(name)
    return None if found is None else float(found["simulations_per_s"])


def report(name: str) -> dict[str, Any] | None:
    """What the peer printed about its run: the keys are those of ``__main__.Report``.

    Raises
    ------
    ValueError
        If there is no peer ``name``.
    FileNotFoundError
        If ``MARL_KIT_PEERS`` names a file that is not there.
    RuntimeError
        If the environment is there and the peer fails in it: that is no missing peer.
    """
    if name not in NAMES:
        raise ValueError(f"no peer {name!r}; there are {', '.join(NAMES)}")
    python = environment()
    if python is None:
        return None
    run = subprocess.run(
        [str(python), "-m", "benchmarks.peers", name],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=60 * MINUTES,
    )
    if run.returncode:
        raise RuntimeError(f"the peer {name} failed under {python}:\n{run.stderr[-2000:]}")
    return json.loads(run.stdout.splitlines()[-1])  # what libraries print stands above


def environment() -> Path | None:
    """The peers' Python: what ``MARL_KIT_PEERS`` names, else the checkout's ``.venv-peers``."""
    named = os.environ.get(ENVIRONMENT)
    python = Path(named) if named else CHECKOUT / ".venv-peers" / "bin" / "python"
    if named and not python.exists():
        raise FileNotFoundError(f"{ENVIRONMENT} is {named}, and there is no such file; unset it")
    return python if python.exists() else None
