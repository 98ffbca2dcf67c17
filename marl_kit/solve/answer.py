"""What a direct method returns to the front door."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from marl_kit.core.results import Status


@dataclass(frozen=True, slots=True)
class Answer:
    """A profile in any accepted form, and what there is to say about it."""

    profile: Any
    status: Status = Status.SOLVED
    note: str = ""
