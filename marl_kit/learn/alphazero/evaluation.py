"""How strong a network is by now: matches against fixed players and earlier selves."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np

from marl_kit.core.errors import CheckpointError
from marl_kit.core.files import write_atomic
from marl_kit.core.seeds import child
from marl_kit.evaluate.ratings import elo
from marl_kit.games.game import Game
from marl_kit.play.lockstep import play_blocks
from marl_kit.play.player import Player

ANCHORS = ("random", "mcts(simulations=50)", "mcts(simulations=400)")
"""Players that never change; the middle one has rating 0."""
ZERO = ANCHORS[1]
_COLUMNS = ("round", "a", "b", "games", "wins", "draws", "losses")


@dataclass(frozen=True, slots=True)
class Pairing:
    """What ``a`` reached against ``b`` at the end of a round.

    A win is a higher payoff than that of ``b``, a draw an equal one.
    """

    round: int
    a: str
    b: str
    games: int
    wins: int
    draws: int
    losses: int


def meet(
    game: Game,
    round_: int,
    player: tuple[str, Player],
    opponents: Mapping[str, Player],
    blocks: int,
    root: np.random.SeedSequence,
) -> list[Pairing]:
    """A match against each opponent: ``blocks`` times every seat."""
    return [_pairing(game, round_, player, named, blocks, root) for named in opponents.items()]


def _pairing(
    game: Game,
    round_: int,
    player: tuple[str, Player],
    opponent: tuple[str, Player],
    blocks: int,
    root: np.random.SeedSequence,
) -> Pairing:
    seeds = [child(root, opponent[0], block) for block in range(blocks)]
    # with more than two players the opponent has all other seats
    players = [player[1], *[opponent[1]] * (game.num_players - 1)]
    wins = draws = games = 0
    for block in play_blocks(game, players, seeds):
        for record in block:
            seat = record.seats.index(0)
            others = [r for s, r in enumerate(record.returns) if s != seat]
            lead = record.returns[seat] - sum(others) / max(len(others), 1)
            wins, draws, games = wins + (lead > 0), draws + (lead == 0), games + 1
    return Pairing(round_, player[0], opponent[0], games, wins, draws, games - wins - draws)


def rating(pairings: Sequence[Pairing], name: str) -> float:
    """Elo by all matches so far, ``mcts(simulations=50)`` being 0; NaN without any."""
    if not any(name in (p.a, p.b) for p in pairings):
        return float("nan")
    rows = [(p.a, p.b, p.wins, p.draws, p.losses) for p in pairings]
    return float(elo(rows, anchor=ZERO).elo[name])


def write_pairings(path: Path, pairings: Sequence[Pairing]) -> None:
    """As CSV, atomically."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    writer.writerows(astuple(p) for p in pairings)
    write_atomic(path, text.getvalue())


def read_pairings(path: Path, upto: int) -> list[Pairing]:
    """Those of rounds up to a certain one; none where there is no file.

    Raises
    ------
    CheckpointError
    """
    if not path.exists():
        return []
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        found = [
            Pairing(
                **{k: row[k] if k in "ab" else int(row[k]) for k in _COLUMNS}  # type: ignore[arg-type]
            )
            for row in rows
        ]
    except (KeyError, ValueError, TypeError) as error:
        raise CheckpointError(f"{str(path)!r} is damaged ({error!r}).") from error
    return [pairing for pairing in found if pairing.round <= upto]
