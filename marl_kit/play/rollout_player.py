"""The rollout algorithm: one ply of improvement on a base player."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from marl_kit.core.errors import IllegalActionError, InvalidOptionError, UnsupportedGameError
from marl_kit.core.spec import format_spec
from marl_kit.games.game import Game, State
from marl_kit.games.table_compile import compile_table
from marl_kit.games.table_game import TableGame
from marl_kit.games.tree import CHANCE, TERMINAL
from marl_kit.play.frozen_policy import table_for_players
from marl_kit.play.mcts import random_key
from marl_kit.play.options import require_perfect_information, whole
from marl_kit.play.player import Player, player_name
from marl_kit.play.registry import make_player
from marl_kit.search.exact.table_solver import (
    TableValues,
    policy_values,
    uniform_weights,
)

SIMULATIONS = 20
"""Games of each action, unless the spec says otherwise."""


@dataclass(frozen=True, eq=False, slots=True)
class RolloutPlayer:
    """Plays the action after which the base player, moving for everybody, does best on average.

    Each legal action is tried in ``simulations`` games (Tesauro and Galperin 1996, On-line policy
    improvement using Monte-Carlo search). If they told the expectations exactly, the player would
    be at least as good as the base against others who play as the base does: it is one step of
    policy iteration (Bertsekas, Tsitsiklis and Wu 1997, Rollout algorithms for combinatorial
    optimization); ``ExactRolloutPlayer`` is that. Of equal means the first is played.
    """

    base: Player
    simulations: int
    spec: str

    def act(self, state: State, rng: np.random.Generator) -> int:
        return self.act_batch([state], [rng])[0]

    def act_batch(self, states: Sequence[State], rngs: Sequence[np.random.Generator]) -> list[int]:
        """The same for many states: all games of all actions are played side by side."""
        games: list[Any] = []
        streams: list[np.random.Generator] = []
        for state, rng in zip(states, rngs, strict=True):
            key = random_key(rng)
            many = self.simulations * len(state.legal_actions())
            # a stream for each game, so that games of other states change nothing
            streams += [np.random.Generator(np.random.Philox(key=[key, i])) for i in range(many)]
            for action in state.legal_actions():
                games += [state.child(action) for _ in range(self.simulations)]
        self._play(games, streams)
        means = np.array([game.returns() for game in games], float)
        means = means.reshape(-1, self.simulations, means.shape[1]).mean(axis=1)
        chosen, first = [], 0
        for state in states:
            legal, mover = state.legal_actions(), state.current_player()
            own = means[first : first + len(legal), mover]
            chosen.append(legal[int(np.argmax(own))])
            first += len(legal)
        return chosen

    def _play(self, games: list[Any], streams: list[np.random.Generator]) -> None:
        """Every game to its end, in place."""
        running = list(range(len(games)))
        while running := [i for i in running if games[i].current_player() != TERMINAL]:
            asked = [i for i in running if games[i].current_player() != CHANCE]
            for i in running:
                if games[i].current_player() == CHANCE:
                    games[i].apply_action(_draw(games[i].chance_outcomes(), streams[i].random()))
            actions = self._ask([games[i] for i in asked], [streams[i] for i in asked])
            for i, action in zip(asked, actions, strict=True):
                if action not in games[i].legal_actions():
                    raise IllegalActionError(
                        f"{player_name(self.base)} chose {action!r} after the history "
                        f"{list(games[i].history())}; legal actions are "
                        f"{games[i].legal_actions()}."
                    )
                games[i].apply_action(int(action))

    def _ask(self, states: list[Any], rngs: list[np.random.Generator]) -> Sequence[int]:
        together = getattr(self.base, "act_batch", None)
        if together is None or not states:
            return [self.base.act(state, rng) for state, rng in zip(states, rngs, strict=True)]
        answers: Sequence[int] = together(states, rngs)
        return answers


def _draw(outcomes: Sequence[tuple[int, float]], left: float) -> int:
    """The outcome in whose part of [0, 1) the number lies."""
    for action, probability in outcomes:
        left -= probability
        if left < 0:
            return action
    return outcomes[-1][0]  # rounding may leave the sum below 1


@dataclass(frozen=True, eq=False, slots=True)
class ExactRolloutPlayer:
    """The rollout algorithm with exact expectations, from a table of the game.

    The base player's values are computed once, from its probabilities at every position. Of
    actions that are equally good (within rounding) each is played as likely.
    """

    compiled: TableGame
    base: TableValues = field(repr=False)
    spec: str = ""

    def act(self, state: State, rng: np.random.Generator) -> int:
        best = self.best_actions(state)
        return best[int(rng.random() * len(best))]

    def probabilities(self, state: State) -> dict[int, float]:
        """``{action: probability}``, equal for all best actions."""
        best = self.best_actions(state)
        return {action: (action in best) / len(best) for action in state.legal_actions()}

    def best_actions(self, state: State) -> list[int]:
        """The actions of largest expected return if the base player goes on."""
        best: list[int] = self.compiled.table.action[
            self.base.best_edges(self.compiled.index(state))
        ].tolist()
        return best


def rollout_player(
    game: Game, *, base: Any = "random", simulations: Any = None, exact: Any = False
) -> RolloutPlayer | ExactRolloutPlayer:
    """Build ``rollout(base=random,simulations=20)`` or ``rollout(base=random,exact=true)``.

    Raises
    ------
    InvalidOptionError
        ``simulations`` below 1 or not whole, ``exact`` neither true nor false, or both given: an
        exact expectation needs no simulations.
    UnknownNameError
        A base that is no player.
    UnsupportedGameError
        Hidden information; a base that does not tell its probabilities, where ``exact``.
    GameTooLargeError
        A game without a table, where ``exact``.
    """
    if not isinstance(exact, bool):
        raise InvalidOptionError(f"exact of rollout is {exact!r}; give true or false.")
    if exact and simulations is not None:
        raise InvalidOptionError(
            f"rollout has exact=true and simulations={simulations!r}, and exact expectations are "
            f"not simulated; give one of the two."
        )
    simulations = SIMULATIONS if simulations is None else simulations
    whole("rollout", "simulations", simulations)
    require_perfect_information("rollout", game)
    made = make_player(base, game)
    options: dict[str, Any] = {"base": getattr(made, "spec", "") or player_name(made)}
    if not exact:
        options["simulations"] = simulations
        return RolloutPlayer(made, simulations, format_spec("rollout", options))
    options["exact"] = True
    return exact_rollout(game, made, format_spec("rollout", options))


def exact_rollout(game: Game, base: Player, spec: str = "") -> ExactRolloutPlayer:
    """The rollout algorithm with exact expectations, on a base that tells its probabilities."""
    if getattr(base, "spec", "") == "random":
        compiled = compile_table(game)
        weights = uniform_weights(compiled.table)
    else:
        game, compiled = table_for_players(game)
        weights = told_weights(game, compiled, base)
    return ExactRolloutPlayer(compiled, policy_values(compiled.table, weights), spec)


def told_weights(game: Game, compiled: TableGame, player: Player) -> np.ndarray:
    """A player's probabilities at every position of a table, float64 [E].

    Raises
    ------
    UnsupportedGameError
        The player does not tell them.
    """
    if not hasattr(player, "probabilities"):
        raise UnsupportedGameError(
            f"{player_name(player)} does not tell its probabilities, so its values are not known "
            f"exactly; leave exact away, and its games are played."
        )
    table = compiled.table
    weights = np.zeros(table.num_edges)
    show = compiled.state_at if game is compiled else compiled.source_state
    for node in table.decisions.tolist():
        for action, probability in player.probabilities(show(node)).items():
            edge = table.edge(node, action)
            if edge is None:
                raise IllegalActionError(
                    f"{player_name(player)} gives action {action!r} a probability after the "
                    f"history {compiled.history_to(node)}; legal actions are "
                    f"{table.actions(node)}."
                )
            weights[edge] = probability
    return weights
