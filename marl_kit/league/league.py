"""A league: members that play each other, and what the log of their games says of them."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from marl_kit.core.errors import CheckpointError, InvalidOptionError
from marl_kit.core.seeds import resolve_seed
from marl_kit.core.version import VERSION
from marl_kit.games.game import Game
from marl_kit.games.load import as_game
from marl_kit.league.bound import content_of, game_of, recording
from marl_kit.league.executors.executor import Executor, find_executor
from marl_kit.league.generations import Generations
from marl_kit.league.log import MatchLog
from marl_kit.league.options import Options
from marl_kit.league.plans import Plans
from marl_kit.league.pool import Pool
from marl_kit.league.population import Population
from marl_kit.league.presets import find_preset
from marl_kit.league.records import Member, Run
from marl_kit.league.round_robin import RoundRobin
from marl_kit.league.status import LeagueStatus, status_of
from marl_kit.league.terms import check_same, learner_among, named_players, settled
from marl_kit.league.training import Limits, Planner, Training, shown, train
from marl_kit.league.view import LeagueView, at_once
from marl_kit.league.workshop import Site, Workshop


class League(LeagueView):
    """A population of frozen players, with a log of every game they have played.

    The append-only match log is the only truth: pay-offs, ratings, meta-strategies and reports are
    read off it each time. With a ``path`` the log is a file in that folder, every finished job is
    on the disk before it counts, and the same call made again goes on where the run was killed; it
    ends with the same log as a run that never stopped. One process at a time has a run open for
    writing.

    Parameters
    ----------
    game : Game, spec string or pyspiel.Game
        Of any number of players. One made in Python is written into the run's folder, and played
        as it is read back from there.
    preset : {"pfsp", "self_play", "fictitious", "psro", "double_oracle", "round_robin"}
        How the league goes on. In all but the last, each wave trains a learner against opponents
        that the preset chooses, freezes it as a new member, has it meet the others and solves the
        empirical game. ``"round_robin"``: nobody learns, in each wave every table of members plays
        a block of as many games as players that share a seed, seats rotated.
    players : sequence of players, or {name: player}
        Who is there at the beginning, as for ``add``; a random player, unless you say otherwise,
        where somebody learns. An oracle's spec among them, such as ``"alphazero"``, is who learns:
        the same as the option ``oracle``.
    path : path, optional
        The run's folder, made if it is not there; without, everything is in memory.
    seed : int, Generator or None
        Every stream is named by the members and the number of the block, so neither the order of
        play nor who else is in the league changes a game. None is a new seed, or that of the run
        that is there.
    **options
        Where the league is to differ from its preset: ``oracle matchmaking meta_solver learners
        evaluation_games more_games gate exact``; see ``marl_kit.league.options.Options``.

    Raises
    ------
    RunInUseError
        Another process is writing the run; the message has its process number.
    CheckpointError
        The run that is there has another game, seed, preset, options, release or format, or is
        damaged.
    UnsupportedGameError
        The options are not for this game.
    UnknownNameError
        A preset, option or player that there is not.
    InvalidOptionError
        A value that is not allowed.

    Examples
    --------
    >>> import marl_kit as mk
    >>> with mk.League("kuhn_poker", "double_oracle") as league:
    ...     league.train(waves=100).status.name, round(league.exploitability(), 9)
    ('CONVERGED', 0.0)
    >>> with mk.League("tic_tac_toe", "round_robin", ["random", "mcts(simulations=50)"]) as league:
    ...     league.train(games=20).games_in_all
    ...     league.ratings()["player"].tolist()
    20
    ['mcts(simulations=50)', 'random']
    """

    def __init__(
        self,
        game: Any,
        preset: str = "pfsp",
        players: Sequence[Any] | Mapping[str, Any] = (),
        path: str | os.PathLike[str] | None = None,
        seed: int | np.random.Generator | None = 0,
        **options: Any,
    ):
        named, options = learner_among(named_players(players), options)
        wanted = find_preset(preset).changed(options)
        game = as_game(game)
        wanted.check(game)
        number, root = resolve_seed(seed)
        folder = None if path is None else _folder(path)
        log = MatchLog(folder)
        try:
            entropy: Any = root.entropy
            terms = settled(wanted, game).to_json()
            # all of it or nothing: after a refusal there is no run, or the one that there was
            with recording(game, folder, new=log.run is None) as recorded, log.together():
                content = content_of(recorded, folder)
                run = Run(recorded, number, int(entropy), preset, terms, content)
                if log.run is None:
                    log.begin(run)
                else:
                    check_same(log, run, any_seed=seed is None)
                self._attach(log, folder, game if game.spec or not folder else None)
                if not named and not self.members and wanted.learning:
                    named = [(None, "random")]
                for name, player in named:
                    self.add(player, name)
        except BaseException:
            log.close()
            raise

    @classmethod
    def open(cls, path: str | os.PathLike[str], *, read_only: bool = False) -> League:
        """Open a run that is there.

        Parameters
        ----------
        path : path
        read_only : bool
            Only look, which is possible while another process plays.

        Raises
        ------
        CheckpointError
            No run there, damaged, or of another format version.
        RunInUseError
            Another process is writing it, and ``read_only`` is not set.
        """
        folder = _folder(path)
        log = MatchLog(folder, "read" if read_only else "write")
        try:
            if log.run is None:
                raise CheckpointError(f"{log.path}: the run has not begun.")
            league = cls.__new__(cls)
            if not read_only:
                content = content_of(log.run.game, folder)
                check_same(log, replace(log.run, game_sha256=content, release=VERSION), False)
            league._attach(log, folder, None)
        except BaseException:
            log.close()
            raise
        return league

    def _attach(self, log: MatchLog, folder: Path | None, game: Game | None) -> None:
        assert log.run is not None
        self.preset, self.seed = log.run.preset, log.run.seed
        self.options = Options.from_json(log.run.options, log.path)
        self.path, self._log = folder, log
        self.game = game if game is not None else game_of(log.run.game, folder)
        self._root = np.random.SeedSequence(log.run.entropy)
        self._population = Population(self.game, self._root, log, folder)
        plans = Plans(self._population.cast)
        self._pool = Pool(self.game, self.options, plans, log)

    def close(self) -> None:
        """Give the run free for other writers; the log is complete at any time."""
        self._log.close()

    def __enter__(self) -> League:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def add(self, player: Any, name: str | None = None) -> Member:
        """Let a player join; in the next wave it meets the others.

        Parameters
        ----------
        player : str or player
            A spec, as ``mk.make_player`` takes it; an object with a ``.spec`` counts as its spec.
            What a ``policy:PATH`` names is copied into the run's folder, so later changes of
            the file change nothing. An object without a spec may join a league in memory only; it
            is kept as it is, not copied, and must play the same way as long as the league lives.
        name : str, optional
            The spec as you wrote it, unless you say otherwise. Names are unique: a second player
            of the same spec needs a name of its own. The same name and player again are the
            member that is there already, so that a script can be run again.

        Raises
        ------
        InvalidOptionError
            The name belongs to another player, or to a learner who is still in training; a live
            object in a league with a path.
        MarlKitError
            What ``mk.make_player`` refuses.
        """
        self._log.require_writing()
        check = self._pool.plans.check if self.options.exact is True else None
        return self._population.add(player, name, check)

    def player(self, member: str) -> Any:
        """The player that a member stands for, to play against it or to look at it.

        Raises
        ------
        UnknownNameError
            No such member.
        CheckpointError
            The file that it is made from is damaged.
        """
        return self._population.cast.player(self._population.member(member))

    def snapshot(self, member: str, name: str | None = None) -> Member:
        """Freeze a member as a new member of its own.

        What is needed to make the player again is written to a file named by its content's
        SHA-256, then the member is entered. The copy plays exactly as its parent does, but its
        games have random streams of their own, so their ratings must agree within their errors.

        Parameters
        ----------
        member : str
            Name of the parent.
        name : str, optional
            ``"PARENT@1"``, then ``"@2"`` and so on, unless you say otherwise. A snapshot of
            the same parent and content (and of this name, if one is given) that is there already
            is handed back, so that a script can be run again.

        Raises
        ------
        UnknownNameError
            No such member.
        InvalidOptionError
            The parent is a live object; the name belongs to somebody else.
        """
        self._log.require_writing()
        return self._population.snapshot(member, name)

    def train(
        self,
        waves: int | None = None,
        games: int | None = None,
        hours: float | None = None,
        *,
        executor: str | Executor = "inline",
        progress: bool = False,
    ) -> Training:
        """Go on until one of the limits is reached; a wave that was begun is finished.

        After Ctrl-C no job is begun any more, and those that are being worked on are finished and
        entered, which can take as long as the training of a learner; a second Ctrl-C drops them.

        Parameters
        ----------
        waves : int
            Waves in all, those in the log included.
        games : int
            At least so many games in all, training games not counted; in a round robin every table
            equally often.
        hours : float
            Of this call.
        executor : str
            Who works: ``"inline"``, ``"processes(workers=4)"`` or ``"ray(address=auto)"``. The log
            is the same but for its clock.
        progress : bool
            What is being done, on stderr.

        Raises
        ------
        InvalidOptionError
            No limit, or one that is not positive; fewer than two members in a round robin.
        IllegalActionError
            A player chose what is not legal; its job is not entered.
        CheckpointError
            A snapshot's file is damaged; the log cannot be written.
        WorkerError
            Workers were lost, again and again, with the same jobs.
        """
        limits = Limits(waves, games, hours)
        self._log.require_writing()
        if not self.options.learning and len(self.members) < 2:
            raise InvalidOptionError(
                f"a league needs at least two members to play, and this one has "
                f"{len(self.members)}."
            )
        planner = self._planner()
        hands = find_executor(executor)
        workshop = Workshop(self._root, self._pool.plans)
        hands.open(workshop, self._site())
        try:
            bar = shown(f"league on {self.game.name}", progress)
            return train(planner, self._population, self._log, hands, limits, bar)
        finally:
            hands.close()

    def _planner(self) -> Planner:
        if self.options.learning:
            return Generations(self._pool)
        return RoundRobin(self._log, self.members, self.game.num_players)

    def _site(self) -> Site | None:
        """Where other processes can work; none for live objects and games without a spec."""
        assert self._log.run is not None
        game = self._log.run.game
        if not game or any(member.kind == "live" for member in self.members):
            return None
        return Site(game, str(self._population.files()), int(self._log.run.entropy))

    @at_once
    def status(self) -> LeagueStatus:
        """What the run is doing right now: who, how much, and how long still."""
        waves = self._planner().reached().waves if self.members else 0
        return status_of(self._log, self.game.name, self.preset, waves)

    def rebuild(self) -> None:
        """Make the derived tables (counts of pairs) anew from the matches; they stay the same."""
        self._log.require_writing()
        self._log.rebuild()

    def __repr__(self) -> str:
        where = "in memory" if self.path is None else str(self.path)
        what = "closed"
        if not self._log.closed:
            count = len(self.members)
            what = f"{count} member{'s' * (count != 1)}, {self._log.num_games():,} games"
        return f"League({self.game.name}, {self.preset}, {what}, {where})"


def _folder(path: str | os.PathLike[str]) -> Path:
    return Path(path).expanduser().absolute()
