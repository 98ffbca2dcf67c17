"""A person at the terminal."""

from __future__ import annotations

import signal
import sys
import textwrap
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from marl_kit.games.game import Game

if TYPE_CHECKING:
    import numpy as np

    from marl_kit.games.game import State

QUIT = "q"
WIDTH = 88
_GLUE = "\N{NO-BREAK SPACE}"


@dataclass(frozen=True, eq=False, slots=True)
class HumanPlayer:
    """Shows the state, names the legal actions, and reads one from stdin by name or number.

    Everything is written to stderr, since stdout carries results only. In a game with hidden
    information the person sees the information state of the seat, not the state. ``q`` or the
    end of the input counts as Ctrl-C.
    """

    game: Game
    spec: str = "human"
    interactive: bool = True
    """No progress bar is drawn over the conversation."""

    def start(self, seat: int, game_seeds: Any) -> None:
        _say(f"\nA new game of {self.game.name}: you are player {seat}.")

    def act(self, state: State, rng: np.random.Generator) -> int:
        choices = Choices(state)
        _say(f"\n{self._view(state)}\n")
        _say(choices.listing())
        while True:
            text = _ask()
            action = choices.find(text)
            if action is not None:
                return action
            if text is None or text.casefold() == QUIT:
                _say("")
                raise KeyboardInterrupt
            _say(f"{text!r} is none of your actions; give {choices.how}, or q to stop.")

    def end(self, state: State) -> None:
        returns = "  ".join(f"player {p}: {x:g}" for p, x in enumerate(state.returns()))
        _say(f"\n{state}\n\nThe game is over. {returns}")

    def _view(self, state: State) -> str:
        if self.game.form == "normal":
            return "All players choose at the same time."
        if self.game.perfect_information:
            return str(state)
        return str(self.game.infoset_key(state))


class Choices:
    """The legal actions of a state, found by what a person types.

    Names go before numbers: where an action is called ``2``, typing ``2`` means that name. So
    where some name reads as a number of another action, the numbers are not offered.
    """

    def __init__(self, state: State):
        player, legal = state.current_player(), state.legal_actions()
        named = [(state.action_to_string(player, a), a) for a in legal]
        counts = Counter(name.strip().casefold() for name, _ in named)
        by_name = {folded: a for name, a in named if counts[folded := name.strip().casefold()] == 1}
        numbers = {str(a): a for a in legal}
        clash = any(by_name.get(text, a) != a for text, a in numbers.items())
        if clash and len(by_name) == len(legal):
            self._found, self.how = by_name, "a name"
            self._items = [name for name, _ in named]
        elif clash:  # names cannot tell all actions apart
            self._found, self.how = numbers, "a number"
            self._items = [f"{a}: {name}" for name, a in named]
        else:
            self._found = {**numbers, **by_name}
            self.how = "a number or a name"
            self._items = [name if name == str(a) else f"{a}: {name}" for name, a in named]

    def listing(self) -> str:
        """The actions as lines for a terminal, none of them cut in two."""
        unbreakable = ",  ".join(item.replace(" ", _GLUE) for item in self._items)
        lines = textwrap.fill(
            f"Your actions: {unbreakable}",
            WIDTH,
            subsequent_indent="  ",
            break_long_words=False,
            break_on_hyphens=False,
        )
        return lines.replace(_GLUE, " ")

    def find(self, text: str | None) -> int | None:
        """The action meant, or None."""
        return None if text is None else self._found.get(text.casefold())


def human_player(game: Game) -> HumanPlayer:
    """Build ``human``."""
    return HumanPlayer(game)


def _ask() -> str | None:
    """A line of input without its ends; None where there is no more."""
    print("> ", end="", file=sys.stderr, flush=True)
    try:
        with _ctrl_c_interrupts():
            line = sys.stdin.readline()
    except KeyboardInterrupt:
        _say("")  # what is printed next begins a line
        raise
    return line.strip() if line else None


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


@contextmanager
def _ctrl_c_interrupts() -> Iterator[None]:
    """A person who waits at the prompt means now: no request that is looked at after the block."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)
