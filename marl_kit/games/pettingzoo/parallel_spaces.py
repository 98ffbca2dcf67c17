"""What one agent of a PettingZoo environment sees and does, as numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from gymnasium.spaces import Box, Dict, Discrete, Space
from gymnasium.spaces.utils import flatdim, flatten

from marl_kit.core.errors import InvalidGameError, UnsupportedGameError

MASK = "action_mask"
"""Where environments tell legal actions: an entry of the observation, or else of the info."""
NO_SUCH_VALUE = (TypeError, ValueError, KeyError, IndexError, AttributeError)
"""What gymnasium raises for a value that is not of its space."""


class AgentSpaces:
    """The spaces of one agent.

    Parameters
    ----------
    agent : str
    seen, acts : gymnasium.Space
        Of its observations and of its actions.

    Attributes
    ----------
    length : int
        Of an observation as a vector; dictionaries and tuples are flattened, without the mask.
    actions : int
        How many; 0 where they are a box.
    box : int
        The length of a box action; 0 where actions are a list.

    Raises
    ------
    UnsupportedGameError
        Observations that cannot be made a vector; actions that are neither ``Discrete`` nor a
        bounded ``Box`` of floats.
    """

    def __init__(self, agent: str, seen: Space, acts: Space):
        self.agent, self._acts = agent, acts
        self._seen, self._inside = _without_mask(seen)
        if not self._seen.is_np_flattenable:
            raise UnsupportedGameError(
                f"{agent} sees {seen}, which cannot be made a vector of fixed length; wrap the "
                f"environment so that it shows boxes or lists."
            )
        self.length = int(flatdim(self._seen))
        self.actions, self.box = _sizes_of_actions(agent, acts)

    def vector(self, observation: Any) -> np.ndarray:
        """The observation without its mask, float64 [length].

        Raises
        ------
        InvalidGameError
            It is not of the agent's space, or not finite.
        """
        try:
            plain = self._plain(observation)
            if isinstance(self._seen, Discrete) and not self._seen.contains(plain):
                raise ValueError
            vector = np.asarray(flatten(self._seen, plain), np.float64)
        except NO_SUCH_VALUE as error:
            raise self._unlike_space(observation) from error
        if vector.shape != (self.length,):
            raise self._unlike_space(observation)
        if not np.isfinite(vector).all():
            raise InvalidGameError(
                f"{self.agent} sees numbers that are not finite ({observation!r}); repair the "
                f"environment, as nothing can be learned from them."
            )
        return vector

    def _plain(self, observation: Any) -> Any:
        """What is left of an observation without its mask."""
        if not isinstance(observation, Mapping):
            return observation
        if self._inside or not isinstance(self._seen, Dict):
            return observation["observation"]
        return {name: observation[name] for name in self._seen.spaces}

    def _unlike_space(self, observation: Any) -> InvalidGameError:
        return InvalidGameError(
            f"{self.agent} sees {observation!r}, which is not of its space {self._seen}; repair "
            f"the environment's observation_space or its observations."
        )

    def mask(self, observation: Any, info: Any) -> np.ndarray:
        """The legal actions, bool [actions].

        All where no mask is told; action 0 alone where the mask allows none, by which environments
        say that the agent is idle.

        Raises
        ------
        InvalidGameError
            A mask of another length.
        """
        told = None
        for source in (observation, info):
            if told is None and isinstance(source, Mapping):
                told = source.get(MASK)
        if told is None or self.box:
            return np.ones(self.actions, bool)
        mask = np.asarray(told).astype(bool)
        if mask.shape != (self.actions,):
            raise InvalidGameError(
                f"the action mask of {self.agent} has the shape {mask.shape}; it must have one "
                f"entry for each of its {self.actions} actions."
            )
        return mask if mask.any() else np.arange(self.actions) == 0

    def action(self, given: Any) -> Any:
        """What the environment takes for one of our actions: a number, or a box in [0, 1]."""
        if not self.box:
            return int(self._acts.start) + int(given)  # type: ignore[attr-defined]
        low, high = self._acts.low, self._acts.high  # type: ignore[attr-defined]
        share = np.asarray(given[: self.box]).reshape(low.shape)
        scaled = low + share * (high.astype(np.float64) - low)
        return np.clip(scaled.astype(low.dtype), low, high)  # rounding may leave the box


def _without_mask(space: Space) -> tuple[Space, bool]:
    """The space of what is seen, and whether it is the entry ``observation`` of a dictionary."""
    if not isinstance(space, Dict) or MASK not in space.spaces:
        return space, False
    rest = {name: own for name, own in space.spaces.items() if name != MASK}
    if set(rest) == {"observation"}:
        return rest["observation"], True
    return Dict(rest), False


def _sizes_of_actions(agent: str, space: Space) -> tuple[int, int]:
    """Actions of a list and entries of a box, one of which is 0."""
    if isinstance(space, Discrete):
        return int(space.n), 0
    if not isinstance(space, Box) or space.dtype is None or space.dtype.kind != "f":
        raise UnsupportedGameError(
            f"{agent} chooses from {space}; a team's agents choose from Discrete(n) or from a Box "
            f"of floats, so wrap the environment."
        )
    if not np.isfinite([space.low, space.high]).all():
        raise UnsupportedGameError(
            f"{agent} chooses from {space}, which has no bounds; wrap the environment with a "
            f"bounded Box."
        )
    return 0, int(flatdim(space))
