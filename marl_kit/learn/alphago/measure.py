"""How strong a stage is: exactly, where the game can be solved, and in games."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from marl_kit.core.errors import GameTooLargeError
from marl_kit.core.seeds import child
from marl_kit.games.game import Game
from marl_kit.games.table_game import TableGame
from marl_kit.learn.alphazero.evaluation import meet
from marl_kit.play.frozen_policy import ASKED_LIMIT, table_for_players
from marl_kit.play.player import Player
from marl_kit.play.refutation import refute
from marl_kit.play.registry import make_player
from marl_kit.play.strength import value_keeping
from marl_kit.search.exact.table_solver import policy_values, response_values

OPPONENT = "mcts(simulations=50)"
BLOCKS = 100
"""Times that every seat is taken in the match."""
SEEDS = 3
"""By which players are frozen."""
CHUNK = 1024


@dataclass(frozen=True, slots=True)
class Stage:
    """A player and what was measured.

    Attributes
    ----------
    name : str
    kept : float
        Share of the positions, of all at which some move loses value, in which the player's move
        keeps it (``mk.value_keeping``); NaN where the game cannot be solved.
    exploitability : float
        NashConv / P. Of a player that tells its probabilities, exactly; of a search, the mean over
        players frozen by 3 seeds, whose best responses know what will be drawn
        (``mk.refute``): it can only be larger. NaN where the game cannot be solved.
    games, wins, draws, losses : int
        Against UCT with 50 simulations, in all seats as often.
    """

    name: str
    kept: float
    exploitability: float
    games: int
    wins: int
    draws: int
    losses: int

    @property
    def score(self) -> float:
        """Wins, and half of the draws, per game."""
        return (self.wins + self.draws / 2) / self.games


def measured(game: Game, name: str, player: Player, root: np.random.SeedSequence) -> Stage:
    """Measure a player; all randomness of the match follows from ``root``."""
    opponent = {OPPONENT: make_player(OPPONENT, game)}
    found = meet(game, 0, (name, player), opponent, BLOCKS, child(root, "match"))[0]
    kept = gain = float("nan")
    if (table := _table(game)) is not None:
        kept = value_keeping(game, player, SEEDS).nontrivial_share
        gain = _exploitability(game, table, player)
    return Stage(name, kept, gain, found.games, found.wins, found.draws, found.losses)


def _table(game: Game) -> TableGame | None:
    """None where there are too many positions."""
    try:
        return table_for_players(game, ASKED_LIMIT)[1]
    except GameTooLargeError:
        return None


def _exploitability(game: Game, compiled: TableGame, player: Any) -> float:
    if not (hasattr(player, "probabilities") or hasattr(player, "probabilities_batch")):
        return float(refute(game, player, SEEDS).nash_conv.mean()) / game.num_players
    table, weights = compiled.table, _weights(game, compiled, player)
    own = policy_values(table, weights).values[0]
    best = [response_values(table, weights, p).values[0, p] for p in range(game.num_players)]
    return float((np.array(best) - own).sum()) / game.num_players


def _weights(game: Game, compiled: TableGame, player: Any) -> np.ndarray:
    """The player's probabilities at every position of the table, float64 [E]."""
    table, weights = compiled.table, np.zeros(compiled.table.num_edges)
    show = compiled.state_at if game is compiled else compiled.source_state
    for first in range(0, len(table.decisions), CHUNK):
        nodes = table.decisions[first : first + CHUNK].tolist()
        states = [show(node) for node in nodes]
        if hasattr(player, "probabilities_batch"):
            answers = player.probabilities_batch(states)
        else:
            answers = [player.probabilities(state) for state in states]
        for node, answer in zip(nodes, answers, strict=True):
            weights[table.edges(node)] = [answer.get(action, 0.0) for action in table.actions(node)]
    return weights
