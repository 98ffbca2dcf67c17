"""The words of Gambit's text formats: numbers, quoted labels, braces, commas and bare symbols.

Whitespace means nothing outside quotes, so a file is read word by word; ``Words`` holds the
current one and knows where it stands.
"""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path
from typing import NoReturn

from marl_kit.core.errors import GameFileError, GameTooLargeError
from marl_kit.games.numbers import MAX_DIGITS, MAX_EXPONENT

_WORD = re.compile(
    r'\s*(?:(?P<brace>[{},])|"(?P<text>[^"\\]*(?:\\.[^"\\]*)*)"|(?P<bare>[^\s{},"]+))', re.DOTALL
)
_NUMBER = re.compile(
    r"(?P<sign>[+-]?)(?:(?P<top>[0-9]+)/(?P<bottom>[0-9]+)"
    r"|(?P<whole>[0-9]*)(?:\.(?P<part>[0-9]*))?(?:[eE](?P<exponent>[+-]?[0-9]+))?)"
)


def quoted(text: str) -> str:
    """``text`` in quotes; a backslash is doubled only where it would read as an escape."""
    return '"' + re.sub(r'"|\\(?=["\\]|\Z)', r"\\\g<0>", text) + '"'


def _unquoted(text: str) -> str:
    return re.sub(r'\\(["\\])', r"\1", text)


def _shown(text: str) -> str:
    """A word as an error message quotes it: on one line, and not for ever."""
    return repr(text if len(text) <= 40 else text[:37] + "...")


class Words:
    """A cursor over the words of a file.

    Attributes
    ----------
    kind : "{", "}", ",", "text", "number", "symbol" or "end"
        Of the current word.
    word : str
        The current word, without its quotes.
    start : int
        Where it begins, counted in characters from the start of the text.
    """

    def __init__(self, text: str, path: str):
        self._text, self._path = text, path
        self._next = len(text) - len(text.removeprefix("\ufeff"))  # a byte order mark
        self.kind = self.word = ""
        self.start = self._next
        self.advance()

    def advance(self) -> None:
        """Move on to the next word."""
        found = _WORD.match(self._text, self._next)
        if found is None:
            self._stop()
            return
        kind = str(found.lastgroup)
        self.word, self._next = found[kind], found.end()
        self.start = found.start(kind) - (kind == "text")
        if kind == "brace":
            self.kind = self.word
        elif kind == "text":
            self.kind, self.word = kind, _unquoted(self.word)
        else:
            self.kind = "number" if self.word[0] in "+-.0123456789" else "symbol"

    def _stop(self) -> None:
        """Nothing more can be read: the text is over, or a quote never closes."""
        rest = self._text[self._next :].lstrip()
        self.start = len(self._text) - len(rest)
        if rest:
            self.fail('this quote (") has no end; close the label with another one.')
        self.kind, self.word = "end", ""

    def place(self, at: int | None = None) -> tuple[int, int]:
        """Line and column, from 1, of an offset (default: of the current word)."""
        at = self.start if at is None else at
        return self._text.count("\n", 0, at) + 1, at - self._text.rfind("\n", 0, at)

    def fail(self, message: str, at: int | None = None) -> NoReturn:
        """Refuse the file at an offset (default: at the current word)."""
        line, column = self.place(at)
        raise GameFileError(message, path=self._path, line=line, column=column)

    def fail_too_large(self, message: str, at: int | None = None) -> NoReturn:
        """Refuse a game that is larger than the limit."""
        line, column = self.place(at)
        raise GameTooLargeError(f"{self._path}:{line}:{column}: {message}")

    def expect(self, kind: str, what: str) -> str:
        """Take a word of this kind; ``what`` says what it is for."""
        if self.kind != kind:
            found = "the end of the file" if self.kind == "end" else _shown(self.word)
            self.fail(f"expected {what}, found {found}.")
        word = self.word
        self.advance()
        return word

    def accept(self, kind: str) -> bool:
        """Take a word if it is of this kind."""
        if self.kind != kind:
            return False
        self.advance()
        return True

    def optional_text(self) -> str:
        """Take a quoted text if there is one, else answer ``""``."""
        return self.expect("text", "a text") if self.kind == "text" else ""

    def integer(self, what: str) -> int:
        """Take a whole number."""
        at = self.start
        word = self.expect("number", what)
        if not re.fullmatch(r"[+-]?[0-9]{1,18}", word):
            self.fail(f"expected {what}, a whole number, found {_shown(word)}.", at)
        return int(word)

    def number(self, what: str) -> Fraction:
        """Take a number such as ``1/3``, ``0.2`` or ``1e19``, exactly."""
        at = self.start
        word = self.expect("number", what)
        found = _NUMBER.fullmatch(word)
        if found is None or not re.search("[0-9]", word.lower().partition("e")[0]):
            self.fail(f"{_shown(word)} is not a number; write 3, -1/3, 0.2 or 1e19.", at)
        if max(map(len, re.findall("[0-9]+", word))) > MAX_DIGITS:
            self.fail(f"a number may have at most {MAX_DIGITS:,} digits.", at)
        if found["bottom"] and int(found["bottom"]) == 0:
            self.fail(f"{_shown(word)} divides by zero.", at)
        if abs(int(found["exponent"] or 0)) > MAX_EXPONENT:
            self.fail(f"the exponent of {_shown(word)} is beyond {MAX_EXPONENT}.", at)
        return Fraction(word)

    def payoffs(self, count: int) -> tuple[Fraction, ...]:
        """Take ``count`` payoffs, each perhaps followed by a comma."""
        values = []
        for player in range(1, count + 1):
            at = self.start
            values.append(self.number(f"the payoff of player {player}"))
            if not fits_float(values[-1]):
                self.fail("a payoff is beyond the range of float64; rescale the payoffs.", at)
            self.accept(",")
        return tuple(values)

    def header(self, magic: str, version: str) -> tuple[str, list[str]]:
        """Take ``EFG 2 R "title" { "player" ... }``, or the same of ``NFG 1``.

        The letter R or D said which arithmetic to use; both are read exactly.
        """
        if self.kind != "symbol" or self.word != magic:
            self.fail(f"the file does not begin with {magic} {version} R.")
        self.advance()
        if self.kind != "number" or self.word != version:
            self.fail(f"only version {version} of the format is known: {magic} {version} R.")
        self.advance()
        if self.kind != "symbol" or self.word not in ("R", "D"):
            self.fail(f"expected R or D after {magic} {version}, found {_shown(self.word)}.")
        self.advance()
        title = self.expect("text", "the title in quotes")
        if not title and self._path != "<text>":
            title = Path(self._path).stem
        at = self.start
        players = self.labels("the players' names")
        if not players:
            self.fail("the list of players is empty; a game has at least one.", at)
        return title, players

    def labels(self, what: str) -> list[str]:
        """Take a list of quoted labels in braces."""
        self.expect("{", f"'{{' and {what}")
        labels = []
        while self.kind == "text":
            labels.append(self.word)
            self.advance()
        self.expect("}", f"another label or '}}' at the end of {what}")
        return labels


def fits_float(x: Fraction) -> bool:
    """Whether a number can be rounded to float64."""
    try:
        float(x)
    except OverflowError:
        return False
    return True
