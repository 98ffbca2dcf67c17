"""Cooperative games of a catalogue file: rules for many copies at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn

from marl_kit.core.errors import UnsupportedGameError
from marl_kit.core.progress import Progress
from marl_kit.games.game import Form, Game, State
from marl_kit.games.team import TeamRules, TeamSizes
from marl_kit.games.team_batch import BatchedTeam
from marl_kit.games.tree import GameTree

if TYPE_CHECKING:
    from marl_kit.games.pettingzoo.team import TeamEnv


class TeamGame(Game):
    """A game of a team that acts at the same time, played in many copies at once.

    Parameters
    ----------
    rules : TeamRules
    name : str

    Examples
    --------
    >>> from marl_kit.games.load import load_game
    >>> game = load_game("simple_spread(agents=2)")
    >>> team = game.environment(batch=4, seed=0)
    >>> team.reset().observations.shape
    (4, 2, 12)
    """

    form: Form = "team"

    def __init__(self, rules: TeamRules, *, name: str):
        super().__init__(name=name, num_players=len(rules.sizes.agents))
        self.rules = rules

    @property
    def sizes(self) -> TeamSizes:
        """Names of the agents, lengths of observations, numbers of actions, the horizon."""
        return self.rules.sizes

    def environment(self, batch: int = 1, seed: int | None = None) -> BatchedTeam:
        """``batch`` copies that are stepped together; call its ``reset()`` first."""
        return BatchedTeam(self.rules, batch, seed)

    def parallel_env(self) -> TeamEnv:
        """One copy as a PettingZoo Parallel environment; it passes ``parallel_api_test``.

        Observations are float32 without padding; ``info["action_mask"]`` tells the legal actions
        where actions are discrete, and ``state()`` the state.

        Raises
        ------
        UnsupportedGameError
            PettingZoo is not installed.
        """
        from marl_kit.games.pettingzoo.library import library

        library()
        from marl_kit.games.pettingzoo.team import TeamEnv

        return TeamEnv(self)

    @property
    def perfect_information(self) -> bool:
        return False

    def new_initial_state(self) -> State:
        self._refuse()

    def action_names(self, infoset: int) -> tuple[str, ...]:
        self._refuse()

    def _build_tree(self, node_limit: int, progress: Progress) -> GameTree:
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise UnsupportedGameError(
            f"{self.name} is the environment of a team and has no tree to walk; use "
            f"game.environment(batch, seed) for many copies or game.parallel_env() for PettingZoo."
        )

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        """Another process loads the game again: compiled functions do not travel."""
        if not self.spec:
            raise UnsupportedGameError(
                f"{self.name} was not made by mk.load_game, so another process cannot load it."
            )
        from marl_kit.games.as_team import as_team

        return as_team, (self.spec,)  # load_game would make the game in normal form of a stage's
