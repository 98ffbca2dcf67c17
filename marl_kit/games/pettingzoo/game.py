"""PettingZoo environments behind our handle."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from marl_kit.core.errors import InvalidGameError, InvalidOptionError, UnsupportedGameError
from marl_kit.core.progress import Progress
from marl_kit.games.enumerate import enumerate_tree
from marl_kit.games.game import Game
from marl_kit.games.pettingzoo.library import library
from marl_kit.games.pettingzoo.observation import check_action_space
from marl_kit.games.pettingzoo.session import Session
from marl_kit.games.pettingzoo.state import PettingZooState
from marl_kit.games.tree import GameTree

_PLAYS = 5
"""Random plays that are compared before a game is taken to be without chance."""


class PettingZooGame(Game):
    """A PettingZoo environment as a turn-based game.

    Player p is the p-th of the environment's ``possible_agents``. A player's return is the sum of
    its rewards; an agent that is terminated or truncated is out, and the game ends when all are.
    Environments are never copied (many give a fresh one in silence): a clone plays the history
    again in a new environment, which is refused unless every agent sees the same again.

    There are no chance nodes: the environment's own randomness is fixed by the seed, so this is
    the deterministic game that the seed deals. ``new_initial_state(seed)`` deals another.

    Parameters
    ----------
    env : callable or AECEnv or ParallelEnv
        A callable without arguments that makes a new environment each time, or one live
        environment: that is played as it is, one play after another, and nothing that needs a
        clone (search, enumeration, other processes) is possible. Agents of a parallel environment
        choose one after another without seeing each other's choices.
    name : str, optional
        The environment's own name if left out.
    seed : int
    perfect_information : bool
        Whether the observations of the player to move always tell it the whole history.
    utility_bounds : (float, float)
        The smallest and the largest return of any player, which environments do not tell; search
        and pay-off intervals need them.

    Attributes
    ----------
    agents : tuple of str
        ``possible_agents``; the names of the players.

    Raises
    ------
    UnsupportedGameError
        Actions that are no finite list, agents that are not known beforehand.

    Examples
    --------
    >>> import pettingzoo
    >>> game = PettingZooGame(lambda: pettingzoo.make("aec", "classic/tictactoe_v3"))
    >>> game.name, game.agents, game.new_initial_state().legal_actions()
    ('tictactoe_v3', ('player_1', 'player_2'), [0, 1, 2, 3, 4, 5, 6, 7, 8])
    """

    def __init__(
        self,
        env: Any,
        *,
        name: str | None = None,
        seed: int = 0,
        perfect_information: bool = False,
        utility_bounds: tuple[float, float] | None = None,
        spec: str = "",
    ):
        pettingzoo = library()
        live = isinstance(env, pettingzoo.AECEnv | pettingzoo.ParallelEnv)
        if not (live or callable(env)):
            raise InvalidOptionError(
                f"{env!r} is neither a PettingZoo environment nor a callable that makes one."
            )
        self._make: Callable[[], Any] | None = None if live else env
        self._first = _as_aec(env if live else env())
        self._current: Session | None = None  # of a live environment
        self.seed = _checked_seed(seed)
        self.agents = _agents(self._first)
        for agent in self.agents:
            check_action_space(self._first.action_space(agent), agent)
        self.observation_spaces = [self._first.observation_space(a) for a in self.agents]
        self._perfect_information = bool(perfect_information)
        self._utility_bounds = None if utility_bounds is None else _checked_bounds(utility_bounds)
        self._without_chance: bool | None = None  # not looked at yet
        super().__init__(name=name or _name(self._first), num_players=len(self.agents), spec=spec)

    def new_initial_state(self, seed: int | None = None) -> PettingZooState:
        """The position after the reset with ``seed``, the game's own unless one is given."""
        seed = self.seed if seed is None else _checked_seed(seed)
        if self._make is not None:
            return PettingZooState(self, seed, Session(self._fresh(), self.agents, seed))
        if self._current is not None:
            self._current.retired = True
        self._current = Session(self._first, self.agents, seed)
        return PettingZooState(self, seed, self._current)

    def begin(self, seed: int) -> PettingZooState:
        return self.new_initial_state(seed)

    def require_callable(self) -> None:
        """Refuse what a single live environment cannot do."""
        if self._make is None:
            raise UnsupportedGameError(
                f"{self.name} is a live environment, of which there is only one: it can be played "
                f"inline but not cloned, searched or enumerated; give a callable that makes it."
            )

    def replay(self, seed: int, history: tuple[int, ...], trace: tuple[bytes, ...]) -> Session:
        """A new environment at the end of ``history``.

        Raises
        ------
        UnsupportedGameError
            It does not show what it showed before (``trace``).
        """
        self.require_callable()
        session = Session(self._fresh(), self.agents, seed)
        for move, expected in enumerate(trace):
            if move:
                session.step(history[move - 1])
            if session.report.fingerprint != expected:
                raise UnsupportedGameError(
                    f"{self.name} cannot be cloned: with seed {seed} the history "
                    f"{list(history[:move])} does not show its agents the same twice. An "
                    f"environment must draw all its random numbers from the seed of reset()."
                )
        return session

    def _fresh(self) -> Any:
        assert self._make is not None
        env = _as_aec(self._make())
        if env.unwrapped is self._first.unwrapped:
            raise InvalidOptionError(
                f"the callable of {self.name} returned the same environment twice; it must make a "
                f"new one each time."
            )
        if _agents(env) != self.agents:
            raise InvalidGameError(f"{self.name} does not have the same agents each time.")
        return env

    def num_distinct_actions(self) -> int:
        """One more than the largest action number of any player."""
        spaces = [self._first.action_space(agent) for agent in self.agents]
        return max(int(space.start + space.n) for space in spaces)

    @property
    def perfect_information(self) -> bool:
        if not self._perfect_information or self._make is None:
            return self._perfect_information
        self._require_no_chance()  # a search would foresee what chance brings
        return True

    def utility_bounds(self) -> tuple[float, float]:
        """As told at construction.

        Raises
        ------
        UnsupportedGameError
            They were not told.
        """
        if self._utility_bounds is None:
            raise UnsupportedGameError(
                f"{self.name} does not tell its smallest and largest return; give them: "
                f"mk.PettingZooGame(make_env, utility_bounds=(low, high))."
            )
        return self._utility_bounds

    def action_names(self, infoset: int) -> tuple[str, ...]:
        tree = self.tree()
        return tuple(str(a) for a in tree.action_number[tree.slots(infoset)])

    def _build_tree(self, node_limit: int, progress: Progress) -> GameTree:
        self.require_callable()
        self._require_no_chance()
        return enumerate_tree(self, node_limit, progress)

    def _require_no_chance(self) -> None:
        """Refuse to enumerate one deal as if it were the game."""
        if not self.without_chance():
            raise UnsupportedGameError(
                f"{self.name} does not go the same way with every seed: its chance is inside the "
                f"environment, which does not tell the probabilities, so it can be played but not "
                f"searched, enumerated or solved."
            )

    def without_chance(self) -> bool:
        """Whether random plays went the same way under different seeds."""
        if self._without_chance is None:
            rng = np.random.default_rng(0)
            self._without_chance = all(self._repeats(k, rng) for k in range(_PLAYS))
        return self._without_chance

    def _repeats(self, play: int, rng: np.random.Generator) -> bool:
        """Play at random to the end, and the same actions again under another seed."""
        one = Session(self._fresh(), self.agents, self.seed)
        two = Session(self._fresh(), self.agents, self.seed + 1 + play)
        while one.report.fingerprint == two.report.fingerprint:
            if not (legal := one.report.legal):
                return True
            action = legal[int(rng.integers(len(legal)))]
            one.step(action)
            two.step(action)
        return False


def _as_aec(env: Any) -> Any:
    """The environment in turns."""
    pettingzoo = library()
    if isinstance(env, pettingzoo.ParallelEnv):
        from pettingzoo.utils import parallel_to_aec

        return parallel_to_aec(env)
    if not isinstance(env, pettingzoo.AECEnv):
        raise InvalidOptionError(f"the callable made {env!r}, which is no PettingZoo environment.")
    return env


def _agents(env: Any) -> tuple[str, ...]:
    agents = getattr(env, "possible_agents", None)
    if not agents:
        raise UnsupportedGameError(
            f"{_name(env)} does not list its possible_agents; a game has a fixed list of players."
        )
    return tuple(agents)


def _name(env: Any) -> str:
    inner = env.unwrapped
    return str(getattr(inner, "metadata", {}).get("name") or type(inner).__name__)


def _checked_seed(seed: Any) -> int:
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise InvalidOptionError(f"seed is {seed!r}; an environment takes a non-negative integer.")
    return int(seed)


def _checked_bounds(bounds: Any) -> tuple[float, float]:
    try:
        low, high = (float(x) for x in bounds)
    except (TypeError, ValueError):
        low = high = np.nan
    if not (np.isfinite([low, high]).all() and low <= high):
        raise InvalidOptionError(
            f"utility_bounds are {bounds!r}; give two finite numbers, the smaller one first."
        )
    return low, high
