"""AlphaZero as an oracle: a league of networks that search."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from marl_kit.core.seeds import child, generator
from marl_kit.core.threads import one_torch_thread
from marl_kit.games.game import Game
from marl_kit.learn.alphazero.examples import Examples
from marl_kit.learn.alphazero.options import AlphaZero
from marl_kit.learn.alphazero.play import Lesson, examples_of, play_round
from marl_kit.learn.alphazero.player import search_options, written_spec
from marl_kit.learn.alphazero.updates import Trainer, new_trainer
from marl_kit.learn.alphazero.versus import play_against
from marl_kit.learn.networks.evaluator import network_evaluator
from marl_kit.learn.networks.file import NetworkHeader, fill, network_bytes, read_network
from marl_kit.learn.networks.view import view_of
from marl_kit.learn.options import within, written
from marl_kit.learn.oracle import FILE, Answer, Tally, Task
from marl_kit.play.options import require_perfect_information, whole
from marl_kit.search.evaluator import Cache

NAME = "alphazero"


@dataclass(frozen=True, kw_only=True, slots=True)
class AlphaZeroOracle:
    """Trains its network on games against the population and against itself.

    Its weights go on from answer to answer; the optimiser and the window begin anew with each.

    Attributes
    ----------
    rounds : int
        Of one task; a round plays, and then learns.
    games : int
        Of a round.
    own : float from 0 to 1
        Share of the games that the learner plays against itself; the rest is against opponents
        drawn by the task's weights.
    simulations : int
        Of a move, in training and of the player that it answers with.
    noise : float
        Factor of the Gumbel numbers in the answer's play: 0 always plays what seems best, and then
        two players repeat the same game.
    updates, batch : int
        Steps of a round, and positions of a step.
    rate : float
    network : str
    width, depth : int
        As of ``AlphaZero``; 0: as usual.
    temperature_plies : int
    """

    rounds: int = 2
    games: int = 64
    own: float = 0.5
    simulations: int = 16
    noise: float = 1.0
    updates: int = 50
    batch: int = 128
    rate: float = 1e-3
    network: str = "auto"
    width: int = 0
    depth: int = 0
    temperature_plies: int = 4

    def __post_init__(self) -> None:
        whole(NAME, "rounds", self.rounds)
        within(NAME, "own", self.own, 0, 1)
        within(NAME, "noise", self.noise, 0, float("inf"))
        _ = self.options  # checks the others

    @property
    def options(self) -> AlphaZero:
        """The same as options of a training run."""
        return AlphaZero(
            network=self.network,
            width=self.width or None,
            depth=self.depth or None,
            games=self.games,
            slots=self.games,
            simulations=self.simulations,
            updates=self.updates,
            batch=self.batch,
            rate=self.rate,
            temperature_plies=self.temperature_plies,
            evaluate_every=0,
        )

    @property
    def spec(self) -> str:
        return written(NAME, self)

    @property
    def resumes(self) -> bool:
        return True

    def check(self, game: Game) -> None:
        """Refuse hidden information, and games without observations in numbers.

        Raises
        ------
        UnsupportedGameError
        """
        require_perfect_information(NAME, game)
        new_trainer(self.options, view_of(game), seed=0)

    def answer(self, task: Task) -> Answer:
        """The network after this task's rounds; the facts are its last losses.

        Raises
        ------
        CheckpointError
            ``task.learner`` cannot be gone on from.
        """
        with one_torch_thread():
            return self._answer(task)

    def _answer(self, task: Task) -> Answer:
        options, view = self.options, view_of(task.game)
        seed = int(child(task.root, "weights").generate_state(1)[0])
        trainer = new_trainer(options, view, seed)
        if task.learner is not None:
            known, _ = read_network(task.learner, task.game)
            for network in (trainer.network, trainer.averaged):
                fill(network, known.state_dict(), task.learner)
        window: deque[Examples] = deque(maxlen=options.window)
        lesson, tallies, facts = Lesson(task.game, view), [], {}
        for number in range(self.rounds):
            root = child(task.root, "round", number)
            examples, told = self._play(task, trainer, lesson, root)
            tallies.append(told)
            window.extend(part for part in examples if len(part))
            losses = trainer.update(
                tuple(window), options.updates, options.batch, options.rate, root
            )
            facts = {"value_loss": losses.value, "policy_loss": losses.policy}
        how = options.architecture(view.shape)
        header = NetworkHeader(task.game.spec, how, {"wave": str(task.wave)})
        search = search_options(simulations=self.simulations, noise=self.noise)
        return Answer(
            written_spec(FILE, search),
            network_bytes(trainer.averaged, header),
            ".safetensors",
            merged(tallies),
            facts,
        )

    def _play(
        self, task: Task, trainer: Trainer, lesson: Lesson, root: np.random.SeedSequence
    ) -> tuple[list[Examples], tuple[Tally, ...]]:
        """One round's games: against itself, and against the population."""
        options, evaluator = self.options, Cache(network_evaluator(trainer.averaged, lesson.view))
        own, examples = round(self.own * self.games), []
        if own:
            alone = options.with_games(own)
            played, learned = play_round(
                task.game, alone, evaluator, lesson, generator(root, "self-play"), 0
            )
            examples.append(learned)
        tallies: tuple[Tally, ...] = ()
        if own < self.games:
            numbers = range(self.games - own)
            played, tallies = play_against(task, options, evaluator, numbers, child(root, "others"))
            examples.append(examples_of(lesson, played))
        return examples, tallies


def merged(parts: Sequence[Sequence[Tally]]) -> tuple[Tally, ...]:
    """Tallies of several rounds, added up by opponent."""
    sums: dict[int, list[float]] = {}
    for tally in (tally for part in parts for tally in part):
        more = [tally.games, tally.wins, tally.draws, tally.losses, tally.total, tally.plies]
        old = sums.get(tally.opponent, [0] * len(more))
        sums[tally.opponent] = [a + b for a, b in zip(old, more, strict=True)]
    return tuple(
        Tally(opponent, int(g), int(w), int(d), int(lost), float(total), int(plies))
        for opponent, (g, w, d, lost, total, plies) in sorted(sums.items())
    )
