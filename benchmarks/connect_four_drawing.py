"""Draw positions of Connect Four and label their moves by the solver.

`python -m benchmarks.connect_four_drawing FOLDER` made `positions/connect_four.npz`: the middle of
games, their end, then openings. FOLDER keeps a file for each phase; killed at any time, the same
command goes on there and comes to the same positions.

A position comes from a game of its own, played at random or by UCT, after a number of moves drawn
evenly from those of the phase. Kept are, of each class (phase, who played, easy or hard), the first
that have a move that loses value; none twice, and none beside its mirror image.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

import marl_kit as mk
from benchmarks.connect_four_positions import (
    CELLS,
    COLUMNS,
    FILE,
    FIRST_PLY,
    ILLEGAL,
    NO_MOVE,
    PHASES,
    Positions,
    canonical,
    connect_four,
    join,
    load_positions,
    save_positions,
    state_after,
)
from marl_kit.core.seeds import generator
from marl_kit.games.board import BoardState
from marl_kit.play.mcts import SearchPlayer
from marl_kit.play.player import Player
from marl_kit.search.exact.connect_four import ConnectFourSolver
from marl_kit.search.uct import UCT

EACH = 150
"""Positions of a class."""
LOOKAHEAD = 4
"""Plies by which it is told what is easy."""
SIMULATIONS, TEMPERATURE = 2_000, 0.5
"""Of the strong player: UCT that draws its move by the squares of its shares of the visits."""
TABLE_BITS = 26
SEED = 8


def draw(
    phase: int, path: Path, solver: ConnectFourSolver, players: Sequence[Player], each: int = EACH
) -> Iterator[Positions]:
    """Add positions of a phase to those in the file, which is written after each.

    ``players``: of the even games and of the odd ones. Gives what there is, after each position.
    """
    found = load_positions(path) if path.exists() else _none()
    seen = {canonical(state) for state in found.states()}
    game = int(found.game[-1]) + 1 if len(found) else 0
    while missing := _missing(found, each):
        wanted = {easy for strong, easy in missing if strong == game % 2}
        state = _play(phase, game, players[game % 2]) if wanted else None
        if state is not None and canonical(state) not in seen:
            one = _labelled(state, game, wanted, solver)
            if len(one):
                found = join([found, one])
                seen.add(canonical(state))
                save_positions(found, path)
                yield found
        game += 1


def foreseen(state: BoardState, plies: int) -> int:
    """1 if the player to move can force a win within so many plies, -1 if the other can, else 0."""
    if state.is_terminal():
        return -1 if any(state.returns()) else 0  # a win of who moved last
    if plies == 0:
        return 0
    best = -1
    for action in state.legal_actions():
        best = max(best, -foreseen(state.child(action), plies - 1))
        if best == 1:
            break
    return best


def promising(state: BoardState, plies: int = LOOKAHEAD) -> tuple[int, set[int]]:
    """What is foreseen so many plies ahead, and the moves that are best by it."""
    told = {a: -foreseen(state.child(a), plies - 1) for a in state.legal_actions()}
    value = max(told.values())
    return value, {action for action, v in told.items() if v == value}


def _missing(found: Positions, each: int) -> set[tuple[bool, bool]]:
    """Which classes, (strong, easy), have fewer positions than ``each``."""
    counts = Counter(zip(found.strong.tolist(), found.easy.tolist(), strict=True))
    return {(s, e) for s in (False, True) for e in (False, True) if counts[s, e] < each}


def _play(phase: int, game: int, player: Player) -> BoardState | None:
    """The position of a game, None if it was over before."""
    rng = generator(np.random.SeedSequence(SEED), PHASES[phase], game)
    state = state_after(())
    for _ in range(int(rng.integers(FIRST_PLY[phase], FIRST_PLY[phase + 1]))):
        state.apply_action(player.act(state, rng))
        if state.is_terminal():
            return None
    return state


def _labelled(
    state: BoardState, game: int, wanted: set[bool], solver: ConnectFourSolver
) -> Positions:
    """The position, or none if no move loses value, or if it is not of a class that is wanted."""
    value, looked = promising(state)
    if not wanted & _possible(state, value, looked):
        return _none()
    score = solver.solve(state, distances=False)
    easy = looked <= set(score.keeping)
    if easy not in wanted or len(score.keeping) == len(score.actions):
        return _none()
    moves, labels = np.full((1, CELLS), NO_MOVE, np.int8), np.full((1, COLUMNS), ILLEGAL, np.int8)
    moves[0, : len(state.history())] = state.history()
    labels[0, score.actions] = score.action_values[:, state.current_player()]
    return Positions(moves, labels, np.array([easy]), np.array([game], np.int32))


def _possible(state: BoardState, value: int, looked: set[int]) -> set[bool]:
    """What ``easy`` may turn out to be, unless no move loses value: it saves asking the solver."""
    if value != 0:
        return {True} if value == 1 else set()
    return {False} if len(looked) == len(state.legal_actions()) else {False, True}


def _none() -> Positions:
    moves, labels = np.zeros((0, CELLS), np.int8), np.zeros((0, COLUMNS), np.int8)
    return Positions(moves, labels, np.zeros(0, bool), np.zeros(0, np.int32))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.connect_four_drawing")
    parser.add_argument("folder", type=Path, help="where what is done is kept")
    folder: Path = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    game = connect_four()
    solver = ConnectFourSolver(game, table_bits=TABLE_BITS)
    uct = SearchPlayer(game, UCT(SIMULATIONS), "uct", temperature=TEMPERATURE)
    done: dict[int, Positions] = {}
    for phase in (1, 2, 0):  # openings take longest
        path = folder / f"{PHASES[phase]}.npz"
        for found in draw(phase, path, solver, (mk.make_player("random", game), uct)):
            told = f"game {found.game[-1]}, {len(found)} of {4 * EACH} positions"
            print(f"{PHASES[phase]}: {told}", file=sys.stderr)
        done[phase] = load_positions(path)
        save_positions(join([done[p] for p in sorted(done)]), FILE)


if __name__ == "__main__":
    main()
