"""Where jobs are worked on: the same in the trainer's own process and in any other."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from marl_kit.core.seeds import child
from marl_kit.league.bound import game_of
from marl_kit.league.cast import Cast
from marl_kit.league.empirical import leaf_reach, payoff_cells
from marl_kit.league.jobs import Computed, ComputeJob, Job, Outcome, Played, PlayJob, Trained
from marl_kit.league.plans import Plans
from marl_kit.league.records import Block
from marl_kit.league.snapshots import snapshot_files
from marl_kit.learn.oracle import Task
from marl_kit.learn.registry import find_oracle
from marl_kit.play.lockstep import play_blocks


@dataclass(frozen=True, slots=True)
class Site:
    """What another process needs to make a workshop: plain data.

    Attributes
    ----------
    game : str
        As the log records it.
    folder : str
        The run's, where snapshots and the game's file lie.
    entropy : int
        Of the root of all streams.
    """

    game: str
    folder: str
    entropy: int

    def workshop(self) -> Workshop:
        """Load the game; players are made when a job needs them."""
        folder = Path(self.folder)
        game = game_of(self.game, folder)
        root = np.random.SeedSequence(self.entropy)
        return Workshop(root, Plans(Cast(game, root, lambda: folder)))


class Workshop:
    """Works on jobs; what it hands back depends on the job and the run's seed alone.

    Parameters
    ----------
    root : SeedSequence
    plans : Plans
        Of the members, and with them their players.
    """

    def __init__(self, root: np.random.SeedSequence, plans: Plans):
        self._root, self._plans = root, plans
        self._cast, self._game = plans.cast, plans.game

    def work(self, job: Job) -> Outcome:
        """The job's outcome.

        Raises
        ------
        IllegalActionError
            A player chose what is not legal.
        CheckpointError
            A snapshot's file is damaged.
        UnsupportedGameError
            The oracle cannot answer these opponents.
        """
        if isinstance(job, PlayJob):
            return self._play(job)
        if isinstance(job, ComputeJob):
            return self._compute(job)
        oracle = find_oracle(job.oracle)
        content = self._cast.content(job.parent) if job.parent and oracle.resumes else None
        opponents = tuple(self._cast.player(member) for member in job.opponents)
        root = child(self._root, *job.stream())
        weights = np.array(job.weights)
        return Trained(
            oracle.answer(Task(self._game, opponents, weights, root, content, job.before))
        )

    def _play(self, job: PlayJob) -> Played:
        players = [self._cast.player(member) for member in job.profile]
        numbers = range(job.first, job.first + job.blocks)
        seeds = [child(self._root, *job.stream(n)) for n in numbers]
        played = play_blocks(self._game, players, seeds)
        return Played(
            tuple(
                Block(job.profile, n, job.stream(n), games, job.purpose)
                for n, games in zip(numbers, played, strict=True)
            )
        )

    def _compute(self, job: ComputeJob) -> Computed:
        """One sparse product for each seat and newcomer: the others are taken all at once."""
        form, everybody = self._game.sequence_form(), job.members()
        seats = range(form.num_players)
        plans = np.stack([self._plans.of(member) for member in everybody])
        own = np.split(plans, form.player_sequences[1:-1], axis=1)
        reaches = [leaf_reach(form, p, own[p]) for p in seats]
        first = len(job.others)
        found = {}
        for p in seats:
            some = [reaches[p][first:] if q == p else reaches[q] for q in seats]
            cells = payoff_cells(form, some)
            for index in np.ndindex(cells.shape[1:]):
                who = [everybody[i + first * (q == p)].id for q, i in enumerate(index)]
                found[tuple(who)] = tuple(float(x) for x in cells[:, *index])
        return Computed(tuple(sorted(found.items())))


def file_names(job: Job, folder: Path) -> list[str]:
    """The files below the run's folder that a job needs, for workers who do not share the disk.

    Raises
    ------
    CheckpointError
        One of them is missing or damaged.
    """
    names: set[str] = set()
    for member in job.members():
        if member.file and member.sha256:
            names.update(snapshot_files(folder, member.file, member.sha256))
    return sorted(names)


def game_files(site: Site) -> dict[str, bytes]:
    """The file that the game is read from, if it lies in the run's folder."""
    path = Path(site.folder) / site.game
    return {site.game: path.read_bytes()} if site.game and path.is_file() else {}
