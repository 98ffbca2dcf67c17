"""PPO as an oracle: a network that learns against the population on the compiled tree."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from marl_kit.core.seeds import child, generator
from marl_kit.core.threads import one_torch_thread
from marl_kit.games.game import Game
from marl_kit.games.realisation import behaviour_of
from marl_kit.learn.mixture import plan_of_player
from marl_kit.learn.options import written
from marl_kit.learn.oracle import FILE, Answer, Tally, Task
from marl_kit.learn.ppo_file import learner_bytes, restore
from marl_kit.learn.ppo_games import Table
from marl_kit.learn.ppo_learner import PPOLearner
from marl_kit.learn.ppo_options import NAME, PPO
from marl_kit.learn.tree_inputs import tree_inputs
from marl_kit.play.options import whole


@dataclass(frozen=True, kw_only=True, slots=True)
class PPOOracle(PPO):
    """Learns a network's policy by PPO in games against the population, each seat in turn.

    The weights of actor and critic go on from answer to answer; Adam's moments and the magnet,
    which begins where the policy is, begin anew with each. Games are played on the arrays of the
    compiled tree, so the opponents must tell their probabilities. Payoffs count in units of half
    their range, and so do ``entropy`` and ``magnet``.

    Attributes
    ----------
    updates : int
        Of one task, each by ``episodes`` games.
    episodes, epochs, parts, rate, clip, trace, entropy, magnet, speed, value, largest, width, depth
        As of ``PPO``.

    Source: Schulman et al. 2017, "Proximal policy optimization algorithms"; the magnet as in Sokota
    et al. 2023, "A unified approach to reinforcement learning, quantal response equilibria, and
    two-player zero-sum games".
    """

    updates: int = 20

    def __post_init__(self) -> None:
        super(PPOOracle, self).__post_init__()  # named, as slots make another class
        whole(NAME, "updates", self.updates)

    @property
    def spec(self) -> str:
        return written(NAME, self)

    @property
    def resumes(self) -> bool:
        return True

    def check(self, game: Game) -> None:
        """Refuse what has no sequence form, or too many inputs for a network.

        Raises
        ------
        GameTooLargeError, ImperfectRecallError
        """
        game.sequence_form()
        tree_inputs(game)

    def answer(self, task: Task) -> Answer:
        """The network after this task's updates.

        The facts are the critic's last loss, in units of half the payoff range, and the policy's
        entropy in nats where it was met.

        Raises
        ------
        UnsupportedGameError
            An opponent that does not tell its probabilities.
        CheckpointError
            ``task.learner`` cannot be gone on from.
        """
        with one_torch_thread():
            return self._answer(task)

    def _answer(self, task: Task) -> Answer:
        table, others = Table(task.game), _opponents(task)
        learner = PPOLearner(self, table.inputs, [child(task.root, "learner")])
        if task.learner is not None:
            restore(learner, task.learner, task.game)
        rng, met = generator(task.root, "games"), []
        for _ in range(self.updates):
            seats, mine = self._seats(task, rng)
            games = table.rules.play([*learner.policies(), *others], seats, rng)
            losses = learner.learn(table.decisions([games], mine))
            met.append((games.payoffs, games.plies, seats))
        facts = {
            "episodes": self.updates * self.episodes,
            "infosets": len(table.inputs.legal),
            "value_loss": losses.value[0],
            "entropy": losses.entropy[0],
        }
        content = learner_bytes(learner, task.game, task.wave)
        told = tallies(*(np.concatenate(column) for column in zip(*met, strict=True)))
        return Answer(f"ppo:{FILE}", content, ".safetensors", told, facts)

    def _seats(self, task: Task, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Who sits where, [E, P]: 0 the learner, from 1 the opponents; and where the learner
        does."""
        shape = self.episodes, task.game.num_players
        mine = np.arange(shape[0])[:, None] % shape[1] == np.arange(shape[1])
        drawn = 1 + rng.choice(len(task.opponents), shape, p=task.weights)
        return np.where(mine, 0, drawn), mine


def _opponents(task: Task) -> list[np.ndarray]:
    """Action probabilities by slot of each opponent; of those that are never drawn, any."""
    form = task.game.sequence_form()
    slots, nobody = form.slot_sequences(), np.zeros(form.num_sequences)
    plans = [
        plan_of_player(task.game, player) if weight > 0 else nobody
        for player, weight in zip(task.opponents, task.weights.tolist(), strict=True)
    ]
    return [behaviour_of(form, plan)[slots] for plan in plans]


def tallies(payoffs: np.ndarray, plies: np.ndarray, seats: np.ndarray) -> tuple[Tally, ...]:
    """Count E games by opponent: payoffs [E, P], plies [E], seats [E, P] with 0 for the learner.

    One that sits at two seats of a game counts it twice.
    """
    game, seat = np.nonzero(seats)
    own = payoffs[seats == 0][game]
    theirs, opponent = payoffs[game, seat], seats[game, seat] - 1

    def counted(weights: np.ndarray) -> list[float]:
        return np.bincount(opponent, weights).tolist()

    columns = (
        counted(np.ones(len(game))),
        counted(own > theirs),
        counted(own == theirs),
        counted(own < theirs),
        counted(own),
        counted(plies[game]),
    )
    return tuple(
        Tally(i, int(games), int(wins), int(draws), int(losses), total, int(length))
        for i, (games, wins, draws, losses, total, length) in enumerate(zip(*columns, strict=True))
        if games
    )
