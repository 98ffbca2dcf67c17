"""PPO against itself on small games, measured exactly."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from marl_kit.core.checks import whole
from marl_kit.core.progress import Progress, StatusProgress
from marl_kit.core.seeds import child, generator, resolve_seed
from marl_kit.core.threads import one_torch_thread
from marl_kit.evaluate.exploitability import exploitability
from marl_kit.games.game import Game
from marl_kit.games.load import as_game
from marl_kit.games.policy import TabularPolicy
from marl_kit.learn.options import options_of
from marl_kit.learn.ppo_games import Table
from marl_kit.learn.ppo_learner import PPOLearner
from marl_kit.learn.ppo_options import NAME, SelfPlay
from marl_kit.learn.ppo_result import SelfPlayResult


def ppo_self_play(
    game: Any,
    games: int = 100_000,
    *,
    seeds: int = 5,
    seed: int | np.random.Generator | None = 0,
    checkpoints: int = 30,
    progress: bool = False,
    **config: Any,
) -> SelfPlayResult:
    """Train policies by PPO in games against themselves, and tell how exploitable they are.

    One network plays all seats and learns at all of them. Without regularisation nothing makes
    the last policy an equilibrium: in a game such as rock, scissors, paper it goes round in
    circles. A temperature (``entropy``), or a magnet that follows slowly, draws it to a fixed
    point near an equilibrium, and into it as the temperature falls; Rudolph et al. measured that
    PPO so regularised does better in games of hidden information than fictitious play or double
    oracles with learners. The runs are computed together, and none depends on how many there are
    but for rounding.

    Parameters
    ----------
    game : Game, spec string or pyspiel.Game
        With perfect recall, and small enough to be compiled.
    games : int
        Of each run, rounded up to whole updates.
    seeds : int
        Independent runs S.
    seed : int, Generator or None
    checkpoints : int
        At most so many places, evenly spread on a logarithmic scale, where the exact
        exploitability is computed; the beginning is one more.
    progress : bool
        Games so far and exploitability, on stderr.
    **config
        Options of ``SelfPlay``, such as ``entropy=0.05``, ``magnet=0.1`` or ``anneal=False``.

    Returns
    -------
    SelfPlayResult

    Raises
    ------
    InvalidOptionError, UnknownNameError
        An option that is not allowed.
    GameTooLargeError, ImperfectRecallError

    Notes
    -----
    Schulman et al. (2017), Proximal policy optimization algorithms; Sokota et al. (2023), A unified
    approach to reinforcement learning, quantal response equilibria, and two-player zero-sum games;
    Rudolph et al. (2025), Reevaluating policy gradient methods for imperfect-information games.

    Examples
    --------
    >>> result = ppo_self_play("kuhn_poker", games=2048, seeds=2)
    >>> result.exploitability.shape == (2, len(result.games))
    True
    """
    whole("games", games)
    whole("seeds", seeds)
    whole("checkpoints", checkpoints)
    options = options_of(SelfPlay, NAME, config)
    number, root = resolve_seed(seed)
    run = _Run(as_game(game), options, [child(root, "run", k) for k in range(seeds)])
    shown = StatusProgress(f"ppo on {run.game.name}") if progress else Progress()
    with one_torch_thread(), shown:
        run.play(math.ceil(games / options.episodes), checkpoints, shown)
        return run.result(number)


class _Run:
    """S runs on their way."""

    def __init__(self, game: Game, options: SelfPlay, roots: list[np.random.SeedSequence]):
        game.sequence_form()  # refuses imperfect recall, in which a best response is not defined
        self.game, self.options = game, options
        self.table = Table(game)
        self.learner = PPOLearner(options, self.table.inputs, roots)
        self.dice = [generator(root, "games") for root in roots]
        self.steps = np.zeros(len(roots), np.int64)
        self.seen: list[tuple[int, np.ndarray, list[float]]] = []

    def play(self, updates: int, checkpoints: int, shown: Progress) -> None:
        """All updates, looking at the exact exploitability now and then."""
        places = set(np.geomspace(1, updates, checkpoints).round().astype(int).tolist())
        places |= {0, updates}
        for done in range(updates + 1):
            policies = self.learner.policies()
            if done in places:
                self._look(done * self.options.episodes, policies, shown)
            if done < updates:
                rest = 1 - done / updates if self.options.anneal else 1.0
                self._update(policies, rest)

    def _update(self, policies: list[np.ndarray], rest: float) -> None:
        """Games of each run against itself, and what is learned from them."""
        seats = np.zeros((self.options.episodes, self.game.num_players), np.int64)
        rules, pairs = self.table.rules, zip(policies, self.dice, strict=True)
        played = [rules.play([policy], seats, rng) for policy, rng in pairs]
        self.steps += [run.decisions for run in played]
        self.learner.learn(self.table.decisions(played, seats == 0), rest)

    def _look(self, games: int, policies: list[np.ndarray], shown: Progress) -> None:
        told = [exploitability(self.game, TabularPolicy(self.game, p)) for p in policies]
        self.seen.append((games, self.steps.copy(), told))
        shown.say(f"{games:,} games, exploitability {np.median(told):.4g} (median)")

    def result(self, seed: int) -> SelfPlayResult:
        games, steps, told = zip(*self.seen, strict=True)
        return SelfPlayResult(
            game=self.game,
            options=self.options,
            games=np.array(games),
            steps=np.stack(steps, axis=1),
            exploitability=np.array(told).T,
            policies=tuple(TabularPolicy(self.game, p) for p in self.learner.policies()),
            seed=seed,
        )
