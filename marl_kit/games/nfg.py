"""Gambit's ``.nfg`` files: games in normal form, as a list of payoffs or of outcomes.

In both dialects the strategy of player 1 varies fastest.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np

from marl_kit.games.gambit_text import Words, quoted
from marl_kit.games.normal_form import NormalFormGame

MAX_NUMBERS = 10_000_000
"""Payoffs that a file may announce, over all players."""
MAX_PLAYERS = 63
"""One axis each and one for the payoffs: numpy's arrays have at most 64."""


def read_nfg(text: str, path: str = "<text>", *, spec: str = "") -> NormalFormGame:
    """Read a game in Gambit's ``.nfg`` format; numbers keep their exact value.

    Parameters
    ----------
    text : str
        What the file holds.
    path : str
        Named in errors.
    spec : str
        What ``load_game`` was given.

    Raises
    ------
    GameFileError
        With line and column.
    GameTooLargeError
        More than 10,000,000 payoffs or 63 players.
    """
    words = Words(text, path)
    title, players = words.header("NFG", "1")
    actions = _actions(words, len(players))
    words.optional_text()  # a comment
    read_body = _outcome_body if words.kind == "{" else _payoff_body
    rows = read_body(words, len(players), math.prod(map(len, actions)))
    if words.kind != "end":
        words.fail("the table is complete, and there is more after it.")
    return NormalFormGame(
        _table(rows, [len(a) for a in actions]),
        actions,
        name=title,
        player_names=players,
        spec=spec,
    )


def _actions(words: Words, num_players: int) -> list[list[str]]:
    """Strategies as ``{ { "a" "b" } { "c" } }`` or, without names, as counts ``{ 2 1 }``."""
    start = words.start
    words.expect("{", "'{' and the strategies")
    actions: list[list[str]] = []
    if words.kind == "{":
        while words.kind == "{":
            actions.append(words.labels(f"the strategies of player {len(actions) + 1}"))
        counts = [len(a) for a in actions]
    else:
        counts = []
        while words.kind == "number":
            counts.append(words.integer(f"how many strategies player {len(counts) + 1} has"))
    words.expect("}", "'}' after the strategies of the last player")
    if len(counts) != num_players:
        words.fail(f"strategies of {len(counts)} players, and {num_players} are named.", start)
    if min(counts) < 1:
        words.fail(f"the players have {counts} strategies; each needs at least one.", start)
    _guard_size(words, counts, start)
    return actions or [[str(k + 1) for k in range(n)] for n in counts]


def _guard_size(words: Words, counts: list[int], start: int) -> None:
    numbers = len(counts) * math.prod(counts)
    if numbers > MAX_NUMBERS:
        words.fail_too_large(f"more than {MAX_NUMBERS:,} payoffs are announced.", start)
    if len(counts) > MAX_PLAYERS:
        words.fail_too_large(f"{len(counts)} players; at most {MAX_PLAYERS} are possible.", start)


def _payoff_body(words: Words, num_players: int, cells: int) -> list[tuple[Fraction, ...]]:
    rows = []
    for cell in range(cells):
        if words.kind == "end":
            words.fail(
                f"the file ends after the payoffs of {cell} of {cells} strategy combinations "
                f"({num_players} payoffs each)."
            )
        rows.append(words.payoffs(num_players))
    return rows


def _outcome_body(words: Words, num_players: int, cells: int) -> list[tuple[Fraction, ...]]:
    """A list of outcomes, then the number of one for each cell; number 0 pays nothing."""
    outcomes = [(Fraction(0),) * num_players]
    words.expect("{", "'{' and the outcomes")
    while words.accept("{"):
        words.optional_text()  # its name
        outcomes.append(words.payoffs(num_players))
        words.expect("}", f"'}}' after the {num_players} payoffs of an outcome")
    words.expect("}", "'{' and another outcome or '}' after the last one")
    rows = []
    for cell in range(1, cells + 1):
        at = words.start
        number = words.integer(f"the outcome of strategy combination {cell} of {cells}")
        if not 0 <= number < len(outcomes):
            words.fail(f"there is no outcome {number}; {len(outcomes) - 1} are listed.", at)
        rows.append(outcomes[number])
    return rows


def _table(rows: list[tuple[Fraction, ...]], counts: list[int]) -> np.ndarray:
    """Object [P, A_1, ..., A_P]: reversing the axes makes player 1 the fastest but one."""
    flat = np.empty((len(rows), len(counts)), object)
    flat[:] = rows
    return flat.reshape(*reversed(counts), len(counts)).T


def write_nfg(game: NormalFormGame) -> str:
    """The game in Gambit's ``.nfg`` format (list of payoffs), with exact numbers."""
    players = " ".join(map(quoted, game.player_names))
    lines = [f"NFG 1 R {quoted(game.name)} {{ {players} }}", "", "{"]
    lines += ["  { " + " ".join(map(quoted, names)) + " }" for names in game.actions]
    lines += ["}", ""]
    cells = game.exact_payoffs.T.reshape(-1, game.num_actions[0], game.num_players)
    for row in cells.tolist():  # a line for each choice of the players after the first
        lines.append("   ".join(" ".join(map(str, cell)) for cell in row))
    return "\n".join(lines) + "\n"
