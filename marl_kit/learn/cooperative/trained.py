"""A trained team, and what its agents are worth among others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from marl_kit.core.errors import InvalidOptionError
from marl_kit.games.as_team import Team
from marl_kit.games.team import TeamEnvironment
from marl_kit.games.team_stage import StageRules
from marl_kit.games.team_turns import TurnRules, TurnTeam
from marl_kit.learn.cooperative.learner import Learner
from marl_kit.learn.cooperative.rollout import Seen
from marl_kit.learn.cooperative.trial import episode_returns
from marl_kit.play.player import Player
from marl_kit.play.policy_player import profile_player


class TrainedTeam:
    """A team that has learned to play: N agents that act on what each of them sees.

    ``len(team)`` is N and ``team[n]`` the n-th agent.

    Parameters
    ----------
    team : Team
        What it plays.
    learner : Learner
        Of one run.
    name : str
    """

    def __init__(self, team: Team, learner: Learner, name: str):
        self.team, self.learner, self.name = team, learner, name

    def __repr__(self) -> str:
        return f"TrainedTeam({self.name!r}, {self.team.name})"

    def __len__(self) -> int:
        return len(self.team.sizes.agents)

    def __getitem__(self, agent: int) -> TeamPlayer:
        return TeamPlayer(self, range(len(self))[agent])

    def probabilities(self, observations: np.ndarray, mask: np.ndarray) -> np.ndarray:
        """Of all discrete actions at the beginning of an episode, float64 [M, N, A].

        Parameters
        ----------
        observations : float64 [M, N, D]
        mask : bool [M, N, A]
        """
        seen = torch.from_numpy(np.array(observations, np.float32)).transpose(0, 1)[None]
        legal = torch.from_numpy(np.array(mask, bool)).transpose(0, 1)[None]
        with torch.no_grad():
            found = self.learner.probabilities(seen, legal)
        return found[0].transpose(0, 1).double().numpy()

    def profile(self) -> Any:
        """The joint policy as ``mk.landing``, ``mk.nash_conv`` and ``mk.play`` take it.

        Of a stage game a list of strategies; of a game in turns a behavioural policy, exact in
        every infoset.

        Raises
        ------
        InvalidOptionError
            The environment has no exact form, or the agents remember what they saw.
        """
        rules = getattr(self.team, "rules", None)
        if self.learner.no_memory(1).shape[-1]:
            raise InvalidOptionError(
                f"{self.name} remembers observations, so its policy is no table; train with "
                f"recurrent=False for exact answers."
            )
        if isinstance(rules, StageRules):
            view = rules.view(rules.start(np.zeros((1, 0))))
            rows = self.probabilities(view.observations, view.mask)[0]
            counts = rules.sizes.actions
            return [row[:count] for row, count in zip(rows, counts, strict=True)]
        if isinstance(self.team, TurnTeam) and isinstance(rules, TurnRules):
            return self._of_turns(self.team, rules)
        raise InvalidOptionError(
            f"{self.team.name} has no exact form; only stage games and games in turns have one. "
            f"Use cross_play or play_episodes."
        )

    def player(self) -> Player:
        """All agents' policy as a player of ``mk.play`` and leagues, for games in turns.

        Raises
        ------
        InvalidOptionError
            Another environment, or agents that remember what they saw.
        """
        profile = self.profile()
        if not isinstance(self.team, TurnTeam):
            raise InvalidOptionError(f"{self.team.name} is not played in turns; use cross_play.")
        return profile_player(self.team.game, profile, name=self.name)

    def _of_turns(self, team: TurnTeam, rules: TurnRules) -> Any:
        from marl_kit.games.policy import TabularPolicy

        view, players = rules.decisions()
        found = self.probabilities(view.observations, view.mask)
        tree = team.game.tree()
        of_slot = np.repeat(np.arange(tree.num_infosets), tree.num_actions)
        rows = found[of_slot, players[of_slot], tree.action_number]
        return TabularPolicy(team.game, rows)


class TeamPlayer:
    """One agent of a trained team: it acts on its own observations alone.

    Give it what it sees, step by step; ``reset()`` when an episode begins.

    Parameters
    ----------
    team : TrainedTeam
    agent : int
    """

    def __init__(self, team: TrainedTeam, agent: int):
        self.team, self.agent = team, agent
        self.name = f"{team.name}[{team.team.sizes.agents[agent]}]"
        self.reset()

    def __repr__(self) -> str:
        return f"TeamPlayer({self.name!r})"

    def reset(self) -> None:
        """An episode begins."""
        self._memory = self.team.learner.no_memory(1)

    def act(self, observation: Any, mask: Any = None) -> int | np.ndarray:
        """Its action: a number, or the entries of a box from 0 to 1.

        Parameters
        ----------
        observation : float [D] or shorter
            What is missing at the end is 0, as in the agents' padded observations.
        mask : bool [A] or shorter, optional
            Its legal actions; all that it has unless given.
        """
        if hasattr(observation, "legal_actions"):
            raise InvalidOptionError(
                f"{self.name} acts on observations in numbers, and a state of a game is given; "
                f"team.player() of a trained team plays games in turns."
            )
        sizes = self.team.team.sizes
        seen = np.zeros((1, len(self.team), sizes.observation), np.float32)
        given = np.asarray(observation, np.float32).ravel()
        if len(given) > sizes.observation:
            raise InvalidOptionError(
                f"the observation has {len(given)} numbers; {self.name} sees {sizes.observation}."
            )
        seen[0, self.agent, : len(given)] = given
        legal = np.zeros((1, len(self.team), sizes.most_actions), bool)
        own = np.ones(sizes.actions[self.agent], bool) if mask is None else np.asarray(mask, bool)
        if own.ndim != 1 or len(own) > sizes.most_actions:
            raise InvalidOptionError(
                f"the mask is of shape {own.shape}; give one entry for each of at most "
                f"{sizes.most_actions} actions."
            )
        legal[0, self.agent, : len(own)] = own
        shown = Seen(
            torch.from_numpy(seen).transpose(0, 1)[None],
            torch.from_numpy(legal).transpose(0, 1)[None],
            torch.zeros(1, 1, dtype=torch.bool),
        )
        with torch.no_grad():
            actions, self._memory = self.team.learner.best(shown, self._memory)
        mine = actions[0, self.agent, 0]
        return mine.double().numpy() if sizes.box else int(mine)


def cross_play(
    teams: Sequence[TrainedTeam], *, episodes: int = 100, reward: str = "mean", seed: int = 0
) -> np.ndarray:
    """What teams get with one agent of another team in their midst, float64 [K, K].

    Entry (i, j) is the mean undiscounted return of an episode of team i in which one agent is that
    of team j, the mean over which agent it is; all entries play the same episodes. The diagonal
    is the team by itself. Learners that agreed on conventions of their own get less beside it.

    Parameters
    ----------
    teams : sequence of K TrainedTeam
        Of the same environment.
    episodes : int
        For each agent that is replaced.
    reward : str
        How rewards count: ``mean``, ``sum``, ``shared`` or ``own``.
    seed : int

    Raises
    ------
    InvalidOptionError
        No teams, or teams of different environments.

    Notes
    -----
    Hu et al. (2020), "Other-play" for zero-shot coordination, section 5.
    """
    if not teams:
        raise InvalidOptionError("there are no teams; give result.players of one or more runs.")
    for team in teams:
        if not isinstance(team, TrainedTeam):
            raise InvalidOptionError(f"{team!r} is no trained team; give result.players.")
    first = teams[0].team
    for team in teams:
        if not _same_game(team.team, first):
            raise InvalidOptionError(
                f"{team!r} and {teams[0]!r} play different games; give teams of one environment."
            )
    found = np.zeros((len(teams), len(teams)))
    agents = range(len(first.sizes.agents))
    for i, mine in enumerate(teams):
        for j, other in enumerate(teams):
            joined = [
                [other if n == replaced else mine for n in agents]
                for replaced in (agents if i != j else agents[:1])
            ]
            environment = first.environment(episodes, seed)
            scores = [play_episodes(environment, members, reward, seed) for members in joined]
            found[i, j] = np.mean(scores)
    return found


def _same_game(one: Team, other: Team) -> bool:
    """Whether agents of one can play the other."""
    return one is other or _told(one) == _told(other)


def _told(team: Team) -> tuple[object, ...]:
    """Name, sizes, and payoffs if it has any."""
    sizes, rules = team.sizes, getattr(team, "rules", None)
    payoffs = rules.payoffs.tolist() if isinstance(rules, StageRules) else None
    widths = sizes.observation, sizes.state, sizes.box, sizes.horizon, sizes.actions.tolist()
    return team.name, team.spec, sizes.agents, widths, payoffs


def play_episodes(
    environment: TeamEnvironment, members: Sequence[TrainedTeam], reward: str, seed: int
) -> np.ndarray:
    """Undiscounted returns of an episode in each copy, agent n being that of ``members[n]``, [B].

    Agents act without exploration. Where each has its own rewards, the mean over the agents.
    """
    teams = list(dict.fromkeys(members))

    def choose(seen: Seen, memories: list[torch.Tensor]) -> tuple[torch.Tensor, list[torch.Tensor]]:
        found = [t.learner.best(seen, m) for t, m in zip(teams, memories, strict=True)]
        mine = [found[teams.index(member)][0][:, n] for n, member in enumerate(members)]
        return torch.stack(mine, 1), [memory for _, memory in found]

    nothing = [team.learner.no_memory(environment.batch) for team in teams]
    return episode_returns(environment, choose, nothing, 1, reward, seed)
