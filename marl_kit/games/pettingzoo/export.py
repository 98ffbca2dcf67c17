"""Our games as PettingZoo environments; see ``to_pettingzoo``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import gymnasium
import numpy as np
from gymnasium.spaces import Box, Dict, Discrete
from pettingzoo import AECEnv

from marl_kit.core.errors import IllegalActionError, InvalidOptionError, UnsupportedGameError
from marl_kit.core.seeds import generator, resolve_seed
from marl_kit.games.game import Game, State
from marl_kit.games.pettingzoo.game import PettingZooGame
from marl_kit.games.tree_game import TreeState

RENDER_MODES = ("ansi",)


class GameEnv(AECEnv):
    """An AEC environment that plays a ``Game``."""

    def __init__(self, game: Game, render_mode: str | None):
        if render_mode not in (None, *RENDER_MODES):
            raise InvalidOptionError(
                f"render_mode is {render_mode!r}; allowed are None and {', '.join(RENDER_MODES)}."
            )
        super().__init__()
        self.game, self.render_mode = game, render_mode
        self.metadata = {
            "render_modes": list(RENDER_MODES),
            "name": game.name,
            "is_parallelizable": False,
        }
        self.possible_agents = [f"player_{p}" for p in range(game.num_players)]
        self.agents: list[str] = []
        self._player = {agent: p for p, agent in enumerate(self.possible_agents)}
        self._tensor = tensor_of(game)
        self._actions = num_actions_of(game)
        length = len(self._tensor(game.new_initial_state(), 0))
        self.observation_spaces = {a: self._observation_space(length) for a in self._player}
        self.action_spaces = {a: Discrete(self._actions) for a in self._player}
        self._chance: np.random.Generator | None = None

    def _observation_space(self, length: int) -> Dict:
        seen = Box(-np.inf, np.inf, (length,), np.float32)
        return Dict({"observation": seen, "action_mask": Box(0, 1, (self._actions,), np.int8)})

    def observation_space(self, agent: str) -> Dict:
        return self.observation_spaces[agent]

    def action_space(self, agent: str) -> Discrete:
        return self.action_spaces[agent]

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> None:
        if seed is not None or self._chance is None:
            self._chance = generator(resolve_seed(seed)[1], "pettingzoo", "chance")
        self.position: State = self.game.begin(int(self._chance.integers(2**31)))
        self.agents = self.possible_agents[:]
        self._skip_agent_selection = None  # of a play that was left among its empty steps
        self.agent_selection = self.agents[0]
        self.rewards = dict.fromkeys(self.agents, 0.0)
        self._cumulative_rewards = dict.fromkeys(self.agents, 0.0)
        self.terminations = dict.fromkeys(self.agents, False)
        self.truncations = dict.fromkeys(self.agents, False)
        self.infos: dict[str, dict[str, Any]] = {agent: {} for agent in self.agents}
        self._paid = [0.0] * len(self.agents)
        self._go_on()

    def step(self, action: int | None) -> None:
        agent = self.agent_selection
        if self.terminations[agent]:
            self._was_dead_step(action)
            return
        legal = self.position.legal_actions()
        if action not in legal:
            raise IllegalActionError(
                f"{agent} cannot take action {action} after the history "
                f"{self.position.history()}; legal actions are {legal}."
            )
        self.position.apply_action(int(action))
        self._cumulative_rewards[agent] = 0.0
        self._go_on()

    def _go_on(self) -> None:
        """Draw chance moves, pay what the players won since the move before, say who is next."""
        while self.position.is_chance_node():
            actions, chances = zip(*self.position.chance_outcomes(), strict=True)
            weights = np.array(chances, float)
            assert self._chance is not None
            drawn = self._chance.choice(len(actions), p=weights / weights.sum())
            self.position.apply_action(actions[int(drawn)])
        returns = list(self.position.returns())
        for p, agent in enumerate(self.agents):
            self.rewards[agent] = float(returns[p] - self._paid[p])
        self._paid = returns
        self._accumulate_rewards()
        if self.position.is_terminal():
            self.terminations = dict.fromkeys(self.agents, True)
            self._deads_step_first()
        else:
            self.agent_selection = self.possible_agents[self.position.current_player()]

    def observe(self, agent: str) -> dict[str, np.ndarray]:
        player = self._player[agent]
        mask = np.zeros(self._actions, np.int8)
        if player == self.position.current_player():
            mask[self.position.legal_actions()] = 1
        seen = np.array(self._tensor(self.position, player), np.float32)
        return {"observation": seen, "action_mask": mask}

    def render(self) -> str | None:
        if self.render_mode is None:
            gymnasium.logger.warn("render() needs a render_mode; make the environment with 'ansi'.")
            return None
        return str(self.position)


def num_actions_of(game: Game) -> int:
    """One more than the largest number of a player's action."""
    from marl_kit.games.openspiel import OpenSpielGame

    if isinstance(game, OpenSpielGame):
        return int(game.rules.num_distinct_actions())
    if isinstance(game, PettingZooGame):
        return game.num_distinct_actions()
    if game.form == "board":
        return int(game.num_actions)  # type: ignore[attr-defined]
    return int(game.tree().action_number.max()) + 1


def tensor_of(game: Game) -> Callable[[State, int], Sequence[float]]:
    """What turns a state into the numbers that a player sees, of the same length for all."""
    from marl_kit.games.openspiel import OpenSpielGame

    if isinstance(game, OpenSpielGame):
        return _openspiel_tensor(game)
    if isinstance(game.new_initial_state(), TreeState):
        return _tree_tensor(game)
    return lambda state, player: state.observation_tensor(player)


def _openspiel_tensor(game: Any) -> Callable[[Any, int], Sequence[float]]:
    kind = game.rules.get_type()
    if kind.provides_observation_tensor:
        return lambda state, player: state.observation_tensor(player)
    if kind.provides_information_state_tensor:
        return lambda state, player: state.information_state_tensor(player)
    raise UnsupportedGameError(
        f"{game.name} has neither observation nor information state tensors in OpenSpiel."
    )


def _tree_tensor(game: Game) -> Callable[[Any, int], Sequence[float]]:
    """One-hot over the player's infosets; a last entry says that it is not to move.

    A tree says what a player knows only where it moves. All players get the length of the one
    with the most infosets.
    """
    tree = game.tree()
    counts = np.bincount(tree.infoset_player, minlength=tree.num_players)
    first = np.cumsum(counts) - counts  # infosets are sorted by player
    length = int(counts.max()) + 1

    def tensor(state: TreeState, player: int) -> list[float]:
        row = [0.0] * length
        mine = state.current_player() == player
        row[int(tree.infoset[state.node] - first[player]) if mine else length - 1] = 1.0
        return row

    return tensor
