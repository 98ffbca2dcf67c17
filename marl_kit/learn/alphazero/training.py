"""The loop: play a round, learn from the window, write it all down."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from marl_kit.core.errors import CheckpointError, InvalidOptionError, UnsupportedGameError
from marl_kit.core.seeds import child, generator
from marl_kit.games.game import Game
from marl_kit.learn.alphazero import run_file
from marl_kit.learn.alphazero.evaluation import (
    ANCHORS,
    Pairing,
    meet,
    rating,
    read_pairings,
    write_pairings,
)
from marl_kit.learn.alphazero.exam import Exam, exam_of
from marl_kit.learn.alphazero.examples import Examples, read_examples, write_examples
from marl_kit.learn.alphazero.gate import Verdict, judge
from marl_kit.learn.alphazero.options import PUCT_NOISE, AlphaZero
from marl_kit.learn.alphazero.play import Lesson, play_round
from marl_kit.learn.alphazero.player import player_of, search_options
from marl_kit.learn.alphazero.progress import ProgressRow, read_progress, write_progress
from marl_kit.learn.alphazero.random_opening import RandomOpening
from marl_kit.learn.alphazero.state import Counters, read_state, write_state
from marl_kit.learn.alphazero.updates import MeanLosses, Trainer, new_trainer
from marl_kit.learn.networks.architecture import PolicyValueNetwork, new_network
from marl_kit.learn.networks.evaluator import NetworkEvaluator, network_evaluator, predict
from marl_kit.learn.networks.file import NetworkHeader, read_network, write_network
from marl_kit.learn.networks.view import View, view_of
from marl_kit.play.mcts import SearchPlayer
from marl_kit.play.oracle import oracle
from marl_kit.play.registry import make_player
from marl_kit.search.evaluator import Cache
from marl_kit.search.options import Options

BLOCKS = 16
"""Of a match in an evaluation: so many games in each seat."""
EARLIER = 2
"""Earlier selves that are met."""


@dataclass(frozen=True, eq=False, slots=True)
class Run:
    """What a training run is about; nothing of it changes.

    Attributes
    ----------
    game : Game
    options : AlphaZero
    seed : int
    root : SeedSequence
    view : View
    """

    game: Game
    options: AlphaZero
    seed: int
    root: np.random.SeedSequence
    view: View


class Training:
    """A run and how far it has come.

    Parameters
    ----------
    run : Run
    path : Path or None
        The folder; None keeps everything in memory.
    """

    def __init__(self, run: Run, path: Path | None):
        self.run, self.path, options = run, path, run.options
        seed_of_weights = int(child(run.root, "weights").generate_state(1)[0])
        self.trainer = new_trainer(options, run.view, seed_of_weights)
        self.counters = Counters()
        self.window: deque[Examples] = deque(maxlen=options.window)
        self.rows: list[ProgressRow] = []
        self.pairings: list[Pairing] = []
        self.earlier: dict[str, SearchPlayer] = {}
        self._exams: list[Exam | None] = []  # one, once it was looked for
        self._lesson = Lesson(
            run.game,
            run.view,
            options.search_value,
            oracle(run.game) if options.exact_from is not None else None,
            options.exact_from or 0,
        )
        if path is not None and (path / run_file.STATE).exists():
            self._resume(path)

    def write_first(self) -> None:
        """Put down the untrained player of a new run."""
        if self.path is not None and not (self.path / run_file.PLAYER).exists():
            write_network(self.path / run_file.PLAYER, self.network, self._header())

    @property
    def network(self) -> PolicyValueNetwork:
        """That plays."""
        return self.trainer.playing

    def player(self) -> SearchPlayer:
        """The network as it is now, with the usual search."""
        options = search_options(search=self.run.options.search)
        return player_of(self.run.game, self._evaluator(), options, "alphazero")

    def round(self) -> ProgressRow:
        """Play, learn, evaluate, write."""
        began, run, options = time.perf_counter(), self.run, self.run.options
        number, counters = self.counters.round + 1, self.counters
        played, examples = play_round(
            run.game,
            options,
            Cache(self._evaluator()),
            self._lesson,
            generator(run.root, "self-play"),
            counters.games,
        )
        searched = sum(int(r.visits.sum()) + 1 for game in played for r in game.results)
        playing = time.perf_counter() - began
        self.window.append(examples)
        losses = self.trainer.update(
            tuple(self.window),
            options.updates,
            options.batch,
            self._rate(number),
            child(run.root, "round", number),
        )
        _require_finite(self.trainer, examples, losses, number)
        verdict = self._judge(number) if options.gate else None
        self.counters = counters.after(
            games=len(played),
            positions=len(examples),
            simulations=searched,
            updates=options.updates,
            seconds=time.perf_counter() - began,
        )
        row = self._row(losses, verdict, len(examples) / playing, searched / playing)
        self.rows.append(row)
        self._write(examples)
        return row

    def _judge(self, number: int) -> Verdict:
        """Let the trained network play from now on, if it beats the one that plays."""
        run, game = self.run, self.run.game
        options = self._searching(noise=1)
        networks = self.trainer.averaged, self.trainer.playing
        candidate, champion = (
            player_of(game, network_evaluator(n, run.view), options) for n in networks
        )
        verdict = judge(game, candidate, champion, child(run.root, "gate", number))
        if verdict.passed:
            self.trainer.promote()
        return verdict

    def _rate(self, number: int) -> float:
        half = self.run.options.rate_half_life
        return self.run.options.rate * (0.5 ** ((number - 1) / half) if half else 1.0)

    def _row(
        self, losses: MeanLosses, verdict: Verdict | None, positions: float, simulations: float
    ) -> ProgressRow:
        number = self.counters.round
        strength, keeping = float("nan"), float("nan")
        if self._is_evaluated(number):
            strength, keeping = self._evaluate(number)
        return ProgressRow(
            round=number,
            games=self.counters.games,
            positions=self.counters.positions,
            updates=self.counters.updates,
            seconds=round(self.counters.seconds, 2),
            positions_per_second=round(positions, 1),
            simulations_per_second=round(simulations, 1),
            value_loss=losses.value,
            policy_loss=losses.policy,
            weights_loss=losses.weights,
            gate_score=verdict.points / verdict.games if verdict else float("nan"),
            promotions=(self.rows[-1].promotions if self.rows else 0)
            + (verdict is None or verdict.passed),
            elo=strength,
            value_keeping=keeping,
        )

    def _is_evaluated(self, number: int) -> bool:
        every = self.run.options.evaluate_every
        return bool(every) and (number % every == 0 or number == 1)

    def _evaluate(self, number: int) -> tuple[float, float]:
        """Elo and share of value-keeping moves, with the simulations of training."""
        began, run = time.perf_counter(), self.run
        name, evaluator = f"round {number}", _frozen(self.run, self.network)
        player = player_of(run.game, evaluator, self._searching(noise=0))
        anchors = {spec: make_player(spec, run.game) for spec in ANCHORS}
        root = child(run.root, "evaluation", number)
        self.pairings += meet(run.game, number, (name, player), anchors, BLOCKS, root)
        earlier = {self_: RandomOpening(p) for self_, p in self.earlier.items()}
        opened = (name, RandomOpening(player))
        self.pairings += meet(run.game, number, opened, earlier, BLOCKS, root)
        if not self._exams:
            self._exams.append(exam_of(run.game, run.root))
        exam = self._exams[0]
        keeping = float("nan") if exam is None else exam.share(run.game, player)
        self.earlier = dict([*self.earlier.items(), (name, player)][-EARLIER:])
        if self.path is not None:
            file = self.path / run_file.SNAPSHOTS / f"{number:06}.safetensors"
            write_network(file, self.network, self._header())
        spent = time.perf_counter() - began
        self.counters = self.counters.later(spent)
        return rating(self.pairings, name), keeping

    def _searching(self, noise: float) -> Options:
        """As in training, but with another amount of noise."""
        told = self.run.options
        return search_options(
            simulations=told.simulations,
            search=told.search,
            considered=told.considered,
            noise=noise if told.search == "gumbel" else PUCT_NOISE * noise,
        )

    def _evaluator(self) -> NetworkEvaluator:
        return network_evaluator(self.network, self.run.view)

    def _header(self) -> NetworkHeader:
        facts = {"rounds": str(self.counters.round), "games": str(self.counters.games)}
        facts |= {"seed": str(self.run.seed), "seconds": f"{self.counters.seconds:.0f}"}
        return NetworkHeader(
            self.run.game.spec, self.run.options.architecture(self.run.view.shape), facts
        )

    def _write(self, examples: Examples) -> None:
        """The state last: it says which of the other files count."""
        path, number = self.path, self.counters.round
        if path is None:
            return
        write_examples(_examples_file(path, number), examples)
        write_pairings(path / run_file.MATCHES, self.pairings)
        write_progress(path / run_file.PROGRESS, self.rows)
        write_network(path / run_file.PLAYER, self.network, self._header())
        write_state(path / run_file.STATE, self.trainer, self.counters)
        for file in (path / run_file.EXAMPLES).glob("*.npz"):
            if int(file.stem) <= number - self.run.options.window:
                file.unlink()

    def _resume(self, path: Path) -> None:
        self.counters = read_state(path / run_file.STATE, self.trainer)
        done = self.counters.round
        first = max(1, done - self.run.options.window + 1)
        self.window.extend(read_examples(_examples_file(path, n)) for n in range(first, done + 1))
        self.rows = read_progress(path / run_file.PROGRESS, done)
        self.pairings = read_pairings(path / run_file.MATCHES, done)
        if len(self.rows) != done:
            raise CheckpointError(
                f"{str(path / run_file.PROGRESS)!r} has {len(self.rows)} of {done} rounds; it is "
                f"missing or damaged."
            )
        evaluated = sorted({p.round for p in self.pairings})
        if evaluated != [n for n in range(1, done + 1) if self._is_evaluated(n)]:
            raise CheckpointError(
                f"{str(path / run_file.MATCHES)!r} has not all evaluations of {done} rounds; it is "
                f"missing or damaged."
            )
        for number in evaluated[-EARLIER:]:
            file = path / run_file.SNAPSHOTS / f"{number:06}.safetensors"
            network, _ = read_network(file, self.run.game)
            evaluator = network_evaluator(network, self.run.view)
            player = player_of(self.run.game, evaluator, self._searching(noise=0))
            self.earlier[f"round {number}"] = player


def _require_finite(trainer: Trainer, examples: Examples, losses: MeanLosses, number: int) -> None:
    """Refuse to go on, and to write anything, where training has diverged.

    Losses are those before each step, and finite weights can be too large for finite answers.
    """
    first = np.arange(min(len(examples), 16))
    inputs = trainer.view.encode(
        examples.observations_at(first), examples.players[first].astype(int)
    )
    networks = trainer.network.eval(), trainer.averaged.eval()
    found = [losses.value, losses.policy, losses.weights]
    answers = [x for network in networks for x in predict(network, inputs)]
    if np.isfinite(found).all() and all(np.isfinite(x).all() for x in answers):
        return
    raise InvalidOptionError(
        f"training diverged in round {number}: its losses or weights are not finite; give a "
        f"smaller rate. What was written after the round before is as it was."
    )


def _frozen(run: Run, network: PolicyValueNetwork) -> NetworkEvaluator:
    """A copy that later steps do not reach."""
    how, view = run.options.architecture(run.view.shape), run.view
    copy = new_network(how, view.shape, view.num_actions, view.num_players, 0)
    copy.load_state_dict(network.state_dict())
    return network_evaluator(copy, view)


def _examples_file(path: Path, number: int) -> Path:
    return path / run_file.EXAMPLES / f"{number:06}.npz"


def new_run(game: Game, options: AlphaZero, seed: int, root: np.random.SeedSequence) -> Run:
    """Look at the game before anything is built."""
    if options.gate and game.num_players != 2:
        raise UnsupportedGameError(
            f"the gate compares two players, and {game.name} has {game.num_players}; gate=False."
        )
    return Run(game, options, seed, root, view_of(game))


def run_description(run: Run) -> run_file.RunFile:
    """What stands in ``run.json``."""
    return run_file.RunFile(
        game=run.game.spec,
        seed=run.seed,
        options=run.options.to_dict(),
        torch=torch.__version__,
        threads=torch.get_num_threads(),
    )
