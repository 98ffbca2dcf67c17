"""PettingZoo's Parallel environments as teams."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from marl_kit.core.checks import whole
from marl_kit.core.errors import (
    InvalidGameError,
    InvalidOptionError,
    MarlKitError,
    UnsupportedGameError,
)
from marl_kit.core.spec import format_spec
from marl_kit.games.pettingzoo.library import library
from marl_kit.games.pettingzoo.named import maker
from marl_kit.games.pettingzoo.parallel_batch import ParallelBatch
from marl_kit.games.pettingzoo.parallel_copy import LiveCopy, checked_reset, state_of
from marl_kit.games.pettingzoo.parallel_spaces import AgentSpaces
from marl_kit.games.team import TeamSizes

MOST_STEPS = 100_000
"""The horizon of an environment that tells none; episodes that come to it are cut off."""
STATES = ("auto", "observations")


class ParallelTeam:
    """A team that acts in a PettingZoo Parallel environment.

    Agents that leave an episode have zeros as observations and action 0 as their only one until
    its end. Boxes are rescaled to [0, 1], actions of a list counted from 0, and observations
    flattened without their masks.

    Parameters
    ----------
    env : callable or ParallelEnv or AECEnv
        A callable without arguments that makes a new environment each time, or one live
        environment, of which there is only one copy. One in turns is converted if its metadata
        say ``is_parallelizable``. Environments are never copied: many give a fresh one in silence.
    name : str, optional
        The environment's own name if left out.
    horizon : int, optional
        Steps after which episodes are cut off. If left out, the environment ends them by itself,
        at the latest after 100,000 steps; ``sizes.horizon`` then is its ``max_cycles``.
    state : "auto" or "observations"
        With ``"auto"``, what ``env.state()`` gives, flattened, if it gives numbers after a reset;
        else, and with ``"observations"``, all agents' observations behind each other.

    Attributes
    ----------
    name, spec : str
    sizes : TeamSizes
    state : "env" or "observations"
        Where the state comes from.

    Raises
    ------
    InvalidOptionError, InvalidGameError, UnsupportedGameError
        What is no such environment, does not list its ``possible_agents``, mixes boxes with other
        actions, or has spaces that cannot be read.

    Examples
    --------
    >>> from mpe2 import simple_spread_v3
    >>> team = ParallelTeam(lambda: simple_spread_v3.parallel_env(N=2))
    >>> team.name, team.sizes.agents, team.sizes.horizon
    ('simple_spread_v3', ('agent_0', 'agent_1'), 25)
    >>> team.environment(batch=3, seed=0).reset().observations.shape
    (3, 2, 12)
    """

    def __init__(
        self,
        env: Any,
        *,
        name: str | None = None,
        horizon: int | None = None,
        state: str = "auto",
        spec: str = "",
    ):
        if state not in STATES:
            raise InvalidOptionError(f"state is {state!r}; give one of {', '.join(STATES)}.")
        self.options = {"horizon": horizon, "state": state}
        live = is_environment(env)
        if not live and not callable(env):
            raise InvalidOptionError(
                f"{env!r} is neither a PettingZoo environment nor a callable that makes one."
            )
        self._make: Callable[[], Any] | None = None if live else env
        self._first = self._unused = as_parallel(env if live else env())
        self._running: ParallelBatch | None = None  # of a live environment
        self.name, self.spec = name or _name(self._first), spec
        self.limit = MOST_STEPS if horizon is None else whole("horizon", horizon, most=MOST_STEPS)
        spaces = _spaces(self._first, _agents(self._first))
        checked_reset(self._first, 0)
        told = state_of(self._first) if state == "auto" else None
        self.state = "observations" if told is None else "env"
        self.sizes = _sizes(spaces, told, horizon or _own_horizon(self._first))

    @property
    def most_copies(self) -> int | None:
        """1 of a live environment, which nobody can make again."""
        return 1 if self._make is None else None

    def environment(self, batch: int = 1, seed: int | None = None) -> ParallelBatch:
        """``batch`` copies that are stepped one after another; call its ``reset()`` first.

        Raises
        ------
        UnsupportedGameError
            Several copies of a live environment.
        InvalidOptionError
            A callable that makes the same environment twice.
        """
        batch = whole("batch", batch)
        if self._make is None and batch > 1:
            raise UnsupportedGameError(
                f"{self.name} is a live environment, of which there is only one, and {batch} "
                f"copies are asked for; give a callable that makes it, or a registered name."
            )
        if self._running is not None:
            self._running.retired = True
        made = ParallelBatch(self.sizes, [self._copy() for _ in range(batch)], self.limit, seed)
        if len({id(copy.env.unwrapped) for copy in made.copies}) < batch:
            self._refuse_same()
        if self._make is None:
            self._running = made
        return made

    def _copy(self) -> LiveCopy:
        env = self._next_env()
        spaces = _spaces(env, _agents(env))
        if _lengths(spaces) != _lengths(_spaces(self._first, self.sizes.agents)):
            raise InvalidGameError(
                f"{self.name} does not have the same agents, observations and actions each time "
                f"that it is made; a team has them fixed."
            )
        return LiveCopy(env, self.sizes, spaces, self.state == "env")

    def _next_env(self) -> Any:
        """The environment that was made for its sizes, then new ones."""
        if self._make is None:
            return self._first
        if self._unused is not None:
            env, self._unused = self._unused, None
            return env
        env = as_parallel(self._make())
        if env.unwrapped is self._first.unwrapped:
            self._refuse_same()
        return env

    def _refuse_same(self) -> None:
        raise InvalidOptionError(
            f"the callable of {self.name} returned the same environment twice; it must make a new "
            f"one each time."
        )

    def __repr__(self) -> str:
        agents = len(self.sizes.agents)
        return f"ParallelTeam({self.spec or self.name!r}, agents={agents}, state={self.state!r})"


def load_parallel(
    name: str, params: dict[str, Any], *, horizon: int | None = None, state: str = "auto"
) -> ParallelTeam:
    """A registered environment as a team: ``"mpe2/simple_spread_v3"``, ``{"N": 2}``.

    Raises
    ------
    UnknownNameError
        With near misses.
    InvalidOptionError
        Parameters that the environment does not take.
    UnsupportedGameError
        PettingZoo, or what the environment needs, is not installed.
    """
    known, make = maker(name, parallel=True)
    spec = format_spec(f"pettingzoo:{known}", params)
    try:
        return ParallelTeam(
            partial(make, **params),
            name=known.rpartition("/")[2],
            horizon=horizon,
            state=state,
            spec=spec,
        )
    except MarlKitError:
        raise
    except (TypeError, ValueError, AssertionError) as error:
        reason = " ".join(str(error).split())
        raise InvalidOptionError(f"PettingZoo refuses {spec}: {reason}") from error


def is_environment(env: Any) -> bool:
    """Whether this is a live environment of PettingZoo."""
    pettingzoo = library()
    return isinstance(env, pettingzoo.ParallelEnv | pettingzoo.AECEnv)


def as_parallel(env: Any) -> Any:
    """The environment in which all agents act at once.

    Raises
    ------
    InvalidOptionError
        It is none.
    UnsupportedGameError
        One in turns that does not say that it may be converted.
    """
    pettingzoo = library()
    if isinstance(env, pettingzoo.ParallelEnv):
        return env
    if not isinstance(env, pettingzoo.AECEnv):
        raise InvalidOptionError(f"the callable made {env!r}, which is no PettingZoo environment.")
    if not env.metadata.get("is_parallelizable"):
        raise UnsupportedGameError(
            f"{_name(env)} is played in turns and its metadata do not say is_parallelizable, so "
            f"its agents cannot act at once; give a ParallelEnv."
        )
    from pettingzoo.utils import aec_to_parallel

    return aec_to_parallel(env)


def _name(env: Any) -> str:
    inner = env.unwrapped
    return str(getattr(inner, "metadata", {}).get("name") or type(inner).__name__)


def _agents(env: Any) -> tuple[str, ...]:
    agents = getattr(env, "possible_agents", None)
    if not agents:
        raise UnsupportedGameError(
            f"{_name(env)} does not list its possible_agents; a team has a fixed list of agents."
        )
    return tuple(agents)


def _spaces(env: Any, agents: tuple[str, ...]) -> list[AgentSpaces]:
    spaces = [AgentSpaces(a, env.observation_space(a), env.action_space(a)) for a in agents]
    if len({bool(space.box) for space in spaces}) > 1:
        listed = ", ".join(f"{space.agent}: {env.action_space(space.agent)}" for space in spaces)
        raise UnsupportedGameError(
            f"{_name(env)} mixes boxes with lists of actions ({listed}); wrap it so that all "
            f"agents choose from boxes or all from Discrete(n)."
        )
    return spaces


def _lengths(spaces: list[AgentSpaces]) -> list[tuple[str, int, int, int]]:
    return [(space.agent, space.length, space.actions, space.box) for space in spaces]


def _own_horizon(env: Any) -> int:
    """``max_cycles`` of the environment, or of the one in it, as PettingZoo's own have it."""
    inner = env.unwrapped
    for holder in (inner, getattr(inner, "env", None)):
        told = getattr(holder, "max_cycles", None)
        if isinstance(told, int | np.integer) and told > 0:
            return int(told)
    return MOST_STEPS


def _sizes(spaces: list[AgentSpaces], state: np.ndarray | None, horizon: int) -> TeamSizes:
    longest = max(space.length for space in spaces)
    return TeamSizes(
        agents=tuple(space.agent for space in spaces),
        observation=longest,
        state=len(spaces) * longest if state is None else len(state),
        actions=np.array([space.actions for space in spaces], np.int64),
        box=max(space.box for space in spaces),
        horizon=horizon,
    )
