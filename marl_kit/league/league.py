"""A league: members that play each other, and what the log of their games says of them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from marl_kit.core.errors import CheckpointError, InvalidOptionError, UnsupportedGameError
from marl_kit.core.seeds import resolve_seed
from marl_kit.core.version import VERSION
from marl_kit.evaluate.counts import Name
from marl_kit.evaluate.ratings import Ratings, elo
from marl_kit.games.game import Game
from marl_kit.games.load import as_game
from marl_kit.league.bound import content_of, game_of, recorded_game
from marl_kit.league.log import MatchLog
from marl_kit.league.payoffs import counts_table, payoff_table
from marl_kit.league.population import Population
from marl_kit.league.presets import check_preset
from marl_kit.league.records import Member, Run
from marl_kit.league.training import Limits, Training, train

if TYPE_CHECKING:
    import pandas as pd


class League:
    """Players that meet again and again, with a log of every game.

    The append-only match log is the only truth: pay-offs and ratings are read off it each time.
    With a ``path`` the log is a file in that folder, every block of two games is on the disk
    before the next one begins, and the same call made again goes on where the run was killed; it
    ends with the same log as a run that never stopped. One process at a time has a run open for
    writing.

    Parameters
    ----------
    game : Game, spec string or pyspiel.Game
        Of two players. One made in Python is written into the run's folder, and played as it is
        read back from there.
    preset : {"round_robin"}
        In each wave every pair plays a block of two games that share a seed, seats swapped.
    players : sequence of players, or {name: player}
        As for ``add``.
    path : path, optional
        The run's folder, made if it is not there; without, everything is in memory.
    seed : int, Generator or None
        Every stream is named by the members and the number of the block, so neither the order of
        play nor who else is in the league changes a game. None is a new seed, or that of the run
        that is there.

    Raises
    ------
    RunInUseError
        Another process is writing the run; the message has its process number.
    CheckpointError
        The run that is there has another game, seed, preset, release or format, or is damaged.
    UnsupportedGameError
        Not two players.
    UnknownNameError
        A preset or player that there is not.

    Examples
    --------
    >>> import marl_kit as mk
    >>> with mk.League("tic_tac_toe", players=["random", "mcts(simulations=50)"]) as league:
    ...     league.train(games=20).games_in_all
    ...     league.ratings()["player"].tolist()
    20
    ['mcts(simulations=50)', 'random']
    """

    def __init__(
        self,
        game: Any,
        preset: str = "round_robin",
        players: Sequence[Any] | Mapping[str, Any] = (),
        path: str | os.PathLike[str] | None = None,
        seed: int | np.random.Generator | None = 0,
    ):
        check_preset(preset)
        named = _named(players)
        game = _two_players(as_game(game))
        number, root = resolve_seed(seed)
        folder = None if path is None else _folder(path)
        log = MatchLog(folder)
        try:
            recorded = recorded_game(game, folder, new=log.run is None)
            entropy: Any = root.entropy
            run = Run(recorded, number, int(entropy), preset, content_of(recorded, folder))
            if log.run is None:
                log.begin(run)
            else:
                _check_same(log, run, any_seed=seed is None)
            self._attach(log, folder, game if game.spec or not folder else None)
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
                _check_same(log, replace(log.run, game_sha256=content, release=VERSION), False)
            league._attach(log, folder, None)
        except BaseException:
            log.close()
            raise
        return league

    def _attach(self, log: MatchLog, folder: Path | None, game: Game | None) -> None:
        assert log.run is not None
        self.preset, self.seed = log.run.preset, log.run.seed
        self.path, self._log = folder, log
        self.game = game if game is not None else game_of(log.run.game, folder)
        self._root = np.random.SeedSequence(log.run.entropy)
        self._population = Population(self.game, self._root, log, folder)

    def close(self) -> None:
        """Give the run free for other writers; the log is complete at any time."""
        self._log.close()

    def __enter__(self) -> League:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    @property
    def members(self) -> tuple[Member, ...]:
        """Everybody, in the order of joining."""
        return tuple(self._log.members())

    def add(self, player: Any, name: str | None = None) -> Member:
        """Let a player join; it plays every block that the others have played before it.

        Parameters
        ----------
        player : str or player
            A spec, as ``mk.make_player`` takes it; an object with a ``.spec`` counts as its spec.
            What a ``policy:PATH`` names is copied into the run's folder, so later changes of
            the file change nothing. An object without a spec may join a league in memory only.
        name : str, optional
            The spec as you wrote it, unless you say otherwise. Names are unique: a second player
            of the same spec needs a name of its own. The same name and player again are the
            member that is there already, so that a script can be run again.

        Raises
        ------
        InvalidOptionError
            The name belongs to another player; a live object in a league with a path.
        MarlKitError
            What ``mk.make_player`` refuses.
        """
        self._log.require_writing()
        return self._population.add(player, name)

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
        progress: bool = False,
    ) -> Training:
        """Play until one of the limits is reached; a wave that was begun is finished.

        Ctrl-C stops after the block that is being played, a second one at once; every finished
        block stays.

        Parameters
        ----------
        waves : int
            Waves in all, those in the log included: wave ``w`` is block ``w`` of every pair.
        games : int
            At least so many games in all, and every pair equally often.
        hours : float
            Of this call.
        progress : bool
            What is being played, on stderr.

        Raises
        ------
        InvalidOptionError
            No limit, or one that is not positive; fewer than two members.
        IllegalActionError
            A player chose what is not legal; the block is not entered.
        CheckpointError
            A snapshot's file is damaged; the log cannot be written.
        """
        limits = Limits(waves, games, hours)
        self._log.require_writing()
        return train(
            self.game, self.preset, self._root, self._population, self._log, limits, progress
        )

    def counts(self) -> pd.DataFrame:
        """a, b, wins of a, draws, wins of b: a row for every pair that has played."""
        return counts_table(self._log.pair_counts())

    def payoffs(self) -> pd.DataFrame:
        """a, b, games, mean (payoff of a per game), low, high, exact: two rows for every pair that
        has played, one from each side.

        ``low`` and ``high`` are Wilson's 95 % interval on the scale from the game's smallest to
        its largest payoff, conservative for payoffs between these.
        """
        counts = self._log.pair_counts()  # before the members: somebody may join in between
        names = [member.name for member in self.members]
        return payoff_table(counts, names, self.game.utility_bounds())

    def elo(
        self, prior: float | None = 500.0, anchor: Mapping[Name, float] | Name | None = None
    ) -> Ratings:
        """The ratings with all that ``mk.elo`` tells of them; parameters as in ``ratings``."""
        counts = self._log.pair_counts()
        if anchor is None:
            anchor = self._random_member({name for c in counts for name in (c.a, c.b)})
        return elo(counts_table(counts), prior=prior, anchor=anchor)

    def ratings(
        self, prior: float | None = 500.0, anchor: Mapping[Name, float] | Name | None = None
    ) -> pd.DataFrame:
        """player, elo, low, high, games, score, draws; best first.

        Parameters
        ----------
        prior : float or None
            Standard deviation of the normal prior in Elo, see ``mk.elo``.
        anchor : member or {member: rating}, optional
            Who has rating 0; unless you say otherwise the random player, if it has played,
            else the mean of all is 0.
        """
        return self.elo(prior, anchor).to_frame()

    def _random_member(self, played: Iterable[str]) -> str | None:
        names = [m.name for m in self.members if m.spec == "random" and m.name in played]
        return names[0] if names else None

    def __repr__(self) -> str:
        where = "in memory" if self.path is None else str(self.path)
        what = "closed"
        if not self._log.closed:
            what = f"{len(self.members)} members, {self._log.num_games():,} games"
        return f"League({self.game.name}, {self.preset}, {what}, {where})"


def _folder(path: str | os.PathLike[str]) -> Path:
    return Path(path).expanduser().absolute()


def _named(players: Any) -> list[tuple[str | None, Any]]:
    if isinstance(players, Mapping):
        return list(players.items())
    if isinstance(players, str) or not isinstance(players, Sequence):
        raise InvalidOptionError(
            f"players is {players!r}; give a list of players, or a dict of names and players."
        )
    twice = [p for i, p in enumerate(players) if isinstance(p, str) and p in players[:i]]
    if twice:
        raise InvalidOptionError(
            f"{twice[0]!r} is given twice; give a dict, so that each has a name of its own."
        )
    return [(None, player) for player in players]


def _two_players(game: Game) -> Game:
    if game.num_players != 2:
        raise UnsupportedGameError(
            f"a league plays games of two players, and {game.name} has {game.num_players}."
        )
    return game


def _check_same(log: MatchLog, run: Run, any_seed: bool) -> None:
    """Refuse to go on with a run under other terms than those it began with."""
    assert log.run is not None
    for what, there, given in (
        ("game", log.run.game, run.game),
        ("preset", log.run.preset, run.preset),
        ("seed", log.run.seed, run.seed),
        ("stream", log.run.entropy, run.entropy),
        ("content of the game's file", log.run.game_sha256, run.game_sha256),
        ("marl_kit release", log.run.release, run.release),
    ):
        if there != given and not (any_seed and what in ("seed", "stream")):
            raise CheckpointError(
                f"{log.path}: this run has the {what} {there!r}, and {given!r} was given; give the "
                f"same, or another path."
            )
