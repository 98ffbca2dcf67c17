"""A process that works on parcels of jobs until its employer hangs up.

Started as ``python -m marl_kit.league.executors.worker FILE_DESCRIPTOR EMPLOYER`` by ``processes``:
a program of its own, so nobody's script is imported a second time.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from multiprocessing.connection import Connection
from typing import Any

from marl_kit.league.executors.work import work_on

WATCH = 1.0
"""Seconds between looks whether the employer is alive."""


def main(descriptor: int, employer: int) -> None:
    """Serve the connection: first the site, then parcels."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the employer
    threading.Thread(target=_leave_with, args=(employer,), daemon=True).start()
    connection: Connection[Any, Any] = Connection(descriptor)
    try:
        site, name = connection.recv()
        workshop = site.workshop()
        while True:
            connection.send(work_on(workshop, connection.recv(), name))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return  # the employer has gone


def _leave_with(employer: int) -> None:
    """End this process soon after the employer's, in the middle of a long training too."""
    while os.getppid() == employer:
        time.sleep(WATCH)
    os._exit(1)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
