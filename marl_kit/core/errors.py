"""The only exceptions that bad input raises.

Every message says, in one sentence or two, what was given, what is allowed and what to do.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class MarlKitError(Exception):
    """Base of every error that bad input can raise."""


class GameFileError(MarlKitError):
    """A game file cannot be read.

    Attributes
    ----------
    path : str
        File name (or ``"<text>"``).
    line, column : int
        Where the reader stopped, both counted from 1.
    """

    def __init__(self, message: str, *, path: str = "<text>", line: int = 1, column: int = 1):
        super().__init__(f"{path}:{line}:{column}: {message}")
        self.path, self.line, self.column = path, line, column


class InvalidGameError(MarlKitError):
    """Payoffs, shapes, probabilities or a tree that do not make a game."""


class GameTooLargeError(MarlKitError):
    """A game or an enumeration is larger than the limit."""


class EndlessGameError(GameTooLargeError):
    """A play goes on for so long that the game seems to have no end."""


class ImperfectRecallError(MarlKitError):
    """A player forgets what it knew or did, and the method needs perfect recall."""


class AbsentMindednessError(ImperfectRecallError):
    """A play comes to the same infoset twice: the player does not know that it was there."""


class IllegalActionError(MarlKitError):
    """An action that is not legal in the state."""


class InvalidProfileError(MarlKitError):
    """A profile or policy that does not fit the game."""


class InvalidOptionError(MarlKitError):
    """An option with an unknown name or a value that is not allowed."""


class UnsupportedGameError(MarlKitError):
    """The game does not meet a method's precondition."""


class CheckpointError(MarlKitError):
    """A saved solution, policy or run cannot be read."""


class RunInUseError(MarlKitError):
    """Another process is writing the run."""


class WorkerError(MarlKitError):
    """Processes that work on a run's jobs were lost, again and again."""


class UnknownNameError(MarlKitError):
    """A name that is not registered; the message offers near misses.

    Parameters
    ----------
    kind : str
        What was looked up, for instance ``"method"``.
    name : str
        What was given.
    known : iterable of str
        The names that exist.
    """

    def __init__(self, kind: str, name: str, known: Iterable[str], hint: str = ""):
        known = sorted(set(known))
        near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
        if not known:
            advice = "there are none here."
        elif near:
            advice = "did you mean " + " or ".join(repr(n) for n in near) + "?"
        elif len(known) <= 30:
            advice = "known: " + ", ".join(known) + "."
        else:
            advice = f"{len(known)} names are known."
        super().__init__(f"unknown {kind} {name!r}; {advice}" + (f" {hint}" if hint else ""))
        self.name, self.near = name, near
