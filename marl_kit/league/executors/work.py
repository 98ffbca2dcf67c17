"""Working on a parcel far from its employer: whatever happens becomes an answer."""

from __future__ import annotations

import time
import traceback
from collections.abc import Sequence
from typing import Any

from marl_kit.core import errors
from marl_kit.core.errors import MarlKitError, WorkerError
from marl_kit.league.jobs import Job, Outcome
from marl_kit.league.records import Clock
from marl_kit.league.workshop import Workshop

Reply = tuple[str, Any]
"""``("done", outcomes with their clocks)``, or the name of an error and its text."""
DONE = "done"


def work_on(workshop: Workshop, jobs: Sequence[Job], name: str) -> Reply:
    """Work on the jobs one after the other."""
    done = []
    try:
        for job in jobs:
            started, clock = time.time(), time.perf_counter()
            outcome = workshop.work(job)
            done.append((outcome, Clock(name, started, time.perf_counter() - clock)))
    except MarlKitError as error:
        return type(error).__name__, str(error)
    except Exception:
        return WorkerError.__name__, f"a worker met a bug:\n{traceback.format_exc()}"
    return DONE, done


def outcomes_of(reply: Reply) -> list[tuple[Outcome, Clock]]:
    """The outcomes, in the order of the jobs.

    Raises
    ------
    MarlKitError
        What the jobs refused, as if it had been raised here.
    """
    name, content = reply
    if name == DONE:
        return content
    kind = getattr(errors, name, MarlKitError)
    error = kind.__new__(kind)  # some take more than a text
    error.args = (content,)
    raise error
