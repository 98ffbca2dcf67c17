"""Whether two games with the same numbers of actions are the same, by random plays on both."""

from __future__ import annotations

from typing import Any

import numpy as np

from marl_kit.core.errors import EndlessGameError, InvalidGameError
from marl_kit.games.game import Game, State
from marl_kit.games.tree import CHANCE, TERMINAL

PLAYS, ENOUGH_PLIES = 500, 10_000
"""Random plays, and moves after which no other is begun."""
PLY_LIMIT = 10_000
TOLERANCE = 1e-12
"""Of probabilities and of returns, in units of the largest of them."""


def check_twins(game: Game, trusted: Game, rng: np.random.Generator) -> None:
    """Raise ``InvalidGameError`` at the first position at which the games disagree."""
    if game.num_players != trusted.num_players:
        raise InvalidGameError(
            f"{game.name} has {game.num_players} players and {_name(trusted)} has "
            f"{trusted.num_players}."
        )
    plies = 0
    for _ in range(PLAYS):
        plies += _walk(game, trusted, rng)
        if plies >= ENOUGH_PLIES:
            return


def _walk(game: Game, trusted: Game, rng: np.random.Generator) -> int:
    """One play on both; its moves."""
    ours, theirs = game.new_initial_state(), trusted.new_initial_state()
    history: list[int] = []
    for ply in range(PLY_LIMIT):
        told = _told(ours), _told(theirs)
        for (what, one), (_, two) in zip(*told, strict=True):
            if not _same(what, one, two):
                raise InvalidGameError(
                    f"after the history {history} {what} {one} in {game.name} and {two} in "
                    f"{_name(trusted)}."
                )
        (_, player), (_, actions), *_ = told[0]
        if player == TERMINAL:
            return ply
        if not actions:
            raise InvalidGameError(f"after the history {history} nothing can happen.")
        action = int(rng.choice(actions))
        ours.apply_action(action)
        theirs.apply_action(action)
        history.append(action)
    raise EndlessGameError(
        f"a random play has not ended after {PLY_LIMIT:,} moves; every play must end."
    )


def _told(state: State) -> list[tuple[str, Any]]:
    """What both games must agree on, named as a sentence has it."""
    player, returns = int(state.current_player()), []
    actions: list[int] = []
    probabilities: list[float] = []
    if player == TERMINAL:
        returns = [float(x) for x in state.returns()]
    elif player == CHANCE:
        outcomes = sorted((int(a), float(p)) for a, p in state.chance_outcomes() if p > 0)
        actions, probabilities = [a for a, _ in outcomes], [p for _, p in outcomes]
    else:
        actions = sorted(int(a) for a in state.legal_actions())
    return [
        ("the player to move is", player),
        ("the outcomes of chance are" if player == CHANCE else "the legal actions are", actions),
        ("chance has the probabilities", probabilities),
        ("the returns are", returns),
    ]


def _same(what: str, one: Any, two: Any) -> bool:
    """Numbers that games compute may differ by rounding, other things not."""
    if not isinstance(one, list) or len(one) != len(two) or "actions" in what:
        return bool(one == two)
    atol = TOLERANCE * max(map(abs, two), default=0.0)
    return bool(np.allclose(one, two, rtol=0, atol=atol))


def _name(game: Game) -> str:
    return game.spec or game.name
