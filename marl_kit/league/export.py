"""The games of a league for other programs.

``pgn``: one game after the other with the seven tags that readers expect, the moves as the game
writes them; Ordo and BayesElo read it (games of two players, without those of a member against
itself). ``csv``: one line a game, columns by
seat. ``jsonl``: one JSON object a game, with everything.
"""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from marl_kit.core.errors import InvalidOptionError, UnsupportedGameError
from marl_kit.core.files import write_atomic
from marl_kit.games.game import Game
from marl_kit.league.log_reader import LogReader
from marl_kit.league.records import GameRow

WIDTH = 80
"""Letters in a line of moves, as the PGN standard has it."""
ESCAPED = str.maketrans({"\\": "\\\\", '"': '\\"'})


def export(log: LogReader, game: Game, path: str | os.PathLike[str], kind: str = "") -> Path:
    """Write every game that was played but those of training.

    Parameters
    ----------
    path : path
        Replaced at once when everything is written.
    kind : {"pgn", "csv", "jsonl"}
        The path's suffix, unless you say otherwise.

    Raises
    ------
    InvalidOptionError
        No such kind, or a path that cannot be written.
    UnsupportedGameError
        ``pgn`` of a game of other than two players.
    """
    target = Path(path).expanduser()
    kind = kind or target.suffix.removeprefix(".").lower()
    if kind not in WRITERS:
        raise InvalidOptionError(
            f"games are exported as {', '.join(WRITERS)}, and {str(path)!r} names none of them."
        )
    names = {member.id: member.name for member in log.members()}
    write_atomic(target, "".join(WRITERS[kind](log, game, names)))
    return target


def _csv(log: LogReader, game: Game, names: dict[int, str]) -> Iterator[str]:
    seats = range(game.num_players)
    columns = [*(f"player {s}" for s in seats), *(f"payoff {s}" for s in seats)]
    yield _line(["match", "game", "wave", "purpose", *columns, "plies", "actions"])
    for row in log.games():
        who = [names[i] for i in row.policies]
        head = [row.match, row.number, row.wave, row.purpose]
        yield _line([*head, *who, *row.payoffs, row.plies, row.actions])


def _line(cells: list[Any]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue()


def _jsonl(log: LogReader, game: Game, names: dict[int, str]) -> Iterator[str]:
    for row in log.games():
        content = {
            "match": row.match,
            "game": row.number,
            "wave": row.wave,
            "purpose": row.purpose,
            "players": [names[i] for i in row.policies],
            "payoffs": list(row.payoffs),
            "actions": [int(a) for a in row.actions.split()],
        }
        yield json.dumps(content) + "\n"


def _pgn(log: LogReader, game: Game, names: dict[int, str]) -> Iterator[str]:
    if game.num_players != 2:
        raise UnsupportedGameError(
            f"PGN is for games of two players, and {game.name} has {game.num_players}; take csv or "
            f"jsonl."
        )
    # readers of PGN know players by name: one who meets itself would be rated against itself
    rows = (row for row in log.games() if len(set(row.policies)) == 2)
    for number, row in enumerate(rows, 1):
        first, second = row.payoffs
        result = "1/2-1/2" if first == second else "1-0" if first > second else "0-1"
        tags = {
            "Event": f"{game.name}, {row.purpose}",
            "Site": "?",
            "Date": "????.??.??",
            "Round": str(number),
            "White": names[row.policies[0]],
            "Black": names[row.policies[1]],
            "Result": result,
            "Payoffs": f"{first:g} {second:g}",
        }
        yield "".join(f'[{tag} "{text.translate(ESCAPED)}"]\n' for tag, text in tags.items())
        yield "\n" + _wrapped([*_moves(game, row), result]) + "\n\n"


def _moves(game: Game, row: GameRow) -> Iterator[str]:
    """As the game writes them, without spaces; chance in braces, which readers skip."""
    state = game.new_initial_state()
    for action in map(int, row.actions.split()):
        player = state.current_player()
        text = "_".join(state.action_to_string(player, action).split())
        yield f"{{{text}}}" if state.is_chance_node() else text
        state.apply_action(action)


def _wrapped(words: list[str]) -> str:
    lines = [""]
    for word in words:
        if lines[-1] and len(lines[-1]) + 1 + len(word) > WIDTH:
            lines.append("")
        lines[-1] += (" " if lines[-1] else "") + word
    return "\n".join(lines)


WRITERS = {"pgn": _pgn, "csv": _csv, "jsonl": _jsonl}
