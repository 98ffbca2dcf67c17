"""The members of a league and the players that they stand for."""

from __future__ import annotations

import json
import shutil
import tempfile
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from marl_kit.core.errors import InvalidOptionError, UnknownNameError
from marl_kit.games.game import Game
from marl_kit.league.cast import Cast
from marl_kit.league.jobs import Learned, TrainJob
from marl_kit.league.log import MatchLog
from marl_kit.league.records import Member, Practice
from marl_kit.league.snapshots import (
    Frozen,
    Recipe,
    freeze,
    freeze_answer,
    names_a_file,
    write_snapshot,
)
from marl_kit.learn.oracle import Answer
from marl_kit.play.registry import make_player


class Population:
    """The members, in the order of joining.

    Parameters
    ----------
    game : Game
    root : SeedSequence
        Building seeds are its children named by the member.
    log : MatchLog
        Where members are entered, after their files have been written.
    folder : Path or None
        The run's folder; without one, live objects may be members.

    Attributes
    ----------
    cast : Cast
        Their players.
    """

    def __init__(
        self, game: Game, root: np.random.SeedSequence, log: MatchLog, folder: Path | None
    ):
        self._game, self._log = game, log
        self._stored, self._folder = folder is not None, _Folder(folder)
        self._members = {m.name: m for m in log.members()}
        self.cast = Cast(game, root, self._folder.path)

    @property
    def members(self) -> tuple[Member, ...]:
        return tuple(self._members.values())

    def member(self, name: str) -> Member:
        """The member of this name.

        Raises
        ------
        UnknownNameError
            With near misses.
        """
        if name not in self._members:  # whoever writes the run may have entered it meanwhile
            self._members = {m.name: m for m in self._log.members()}
        if name not in self._members:
            raise UnknownNameError("member", str(name), self._members)
        return self._members[name]

    def add(
        self, player: Any, name: str | None = None, check: Callable[[Any, str], None] | None = None
    ) -> Member:
        """Let a player join, or find the member that it is already (see ``League.add``).

        ``check`` may refuse the player that is made.
        """
        name = self._free_name(name, player)
        spec = player if isinstance(player, str) else getattr(player, "spec", "")
        if not (isinstance(spec, str) and spec):
            self._check_live(name)
            made = make_player(player, self._game)
            if check:
                check(made, name)
            return self._join(name, "live", made)
        seed = self.cast.building_seed(name)
        made = make_player(spec, self._game, seed)
        if check:
            check(made, name)
        recipe = Recipe(getattr(made, "spec", spec), seed)
        frozen = freeze(recipe) if names_a_file(recipe.spec) else None
        return self._join(name, "spec", made, spec=recipe.spec, frozen=frozen)

    def snapshot(self, of: str, name: str | None = None) -> Member:
        """Freeze a member as a member of its own (see ``League.snapshot``)."""
        parent = self.member(of)
        if parent.kind == "live":
            raise InvalidOptionError(
                f"{of!r} is a live object without a spec, so nothing can be written that would "
                f"make it again; add it by its spec, or save its policy and add 'policy:PATH'."
            )
        frozen = freeze(self.cast.recipe(parent))
        name = self._name_of(of, frozen.sha256) if name is None else self._free_name(name, of)
        return self._join(name, "snapshot", spec=parent.spec, parent=of, frozen=frozen)

    def learned(self, job: TrainJob, answer: Answer) -> Learned:
        """Write what an oracle has answered as the file of a member that is still to be entered.

        The file comes first and the row second; a file whose row was never entered is written
        again, with the same content. ``joined`` is told when the row is there.
        """
        seed = self.cast.building_seed(job.name)
        frozen = freeze_answer(answer.spec, answer.content, answer.suffix, seed)
        write_snapshot(self.files(), frozen)
        member = Member(
            id=len(self._members) + 1,
            name=job.name,
            spec=answer.spec,
            kind="learned",
            parent=job.parent.name if job.parent else None,
            sha256=frozen.sha256,
            file=frozen.file,
            role=job.role,
            step=job.wave,
            meta=json.dumps(dict(answer.facts), sort_keys=True),
        )
        practice = tuple(
            Practice(
                job.opponents[t.opponent], t.games, t.wins, t.draws, t.losses, t.total, t.plies
            )
            for t in answer.tallies
        )
        return Learned(member, practice)

    def joined(self, member: Member) -> None:
        """Count a learned member among the others, now that the log has it."""
        self._members[member.name] = member

    def _awaited(self) -> set[str]:
        """Names that are given away already, to learners who are still in training."""
        return {job.name for job in self._log.open_jobs() if isinstance(job, TrainJob)}

    def _free_name(self, name: str | None, player: Any) -> str:
        name = _checked_name(name, player)
        if name not in self._members and name in self._awaited():
            raise InvalidOptionError(
                f"{name!r} is the name of a learner whose training was begun and is not finished; "
                f"give another name."
            )
        return name

    def _check_live(self, name: str) -> None:
        if self._stored:
            raise InvalidOptionError(
                f"{name!r} is a live object without a spec, and a league with a path must be able "
                f"to make its members again; give a spec such as 'mcts(simulations=100)', or save "
                f"its policy and give 'policy:PATH'."
            )
        if name in self._members:
            raise InvalidOptionError(f"{name!r} is a member already; give it another name.")

    def _join(
        self,
        name: str,
        kind: str,
        player: Any = None,
        *,
        spec: str = "",
        parent: str | None = None,
        frozen: Frozen | None = None,
    ) -> Member:
        """Enter a member, unless it is one already: then a script is being run again."""
        known = self._members.get(name)
        sha256, file = (frozen.sha256, frozen.file) if frozen else (None, None)
        number = known.id if known else len(self._members) + 1
        new = Member(number, name, spec, kind, parent, sha256, file)
        if known is not None and known != new:
            raise InvalidOptionError(_taken(known, new))
        if frozen is not None:
            write_snapshot(self.files(), frozen)  # the file first, the row second
        if known is None:
            self._log.add_member(new)
            self._members[name] = new
        if player is not None:
            self.cast.keep(new, player)
        return new

    def files(self) -> Path:
        """Where files lie; for a league in memory a folder that goes with it."""
        return self._folder.path()

    def _name_of(self, parent: str, sha256: str) -> str:
        """The snapshot of this content if there is one, so that a script can be run again."""
        for member in self.members:
            if member.kind == "snapshot" and (member.parent, member.sha256) == (parent, sha256):
                return member.name
        taken = self._members.keys() | self._awaited()
        numbers = range(1, len(taken) + 2)
        return next(n for i in numbers if (n := f"{parent}@{i}") not in taken)


class _Folder:
    """The run's folder; one that is removed with this object, where the run has none.

    Of its own, so that the cast, which reads from it, does not hold on to the population.
    """

    def __init__(self, path: Path | None):
        self._path = path

    def path(self) -> Path:
        if self._path is None:
            self._path = Path(tempfile.mkdtemp(prefix="marl_kit_league_"))
            weakref.finalize(self, shutil.rmtree, self._path, ignore_errors=True)
        return self._path


def _checked_name(name: str | None, player: Any) -> str:
    """The name given, else the spec as the user wrote it, else what the object is called."""
    if name is None:
        name = player if isinstance(player, str) else getattr(player, "name", "")
        name = (name or getattr(player, "spec", "") or type(player).__name__).strip()
    if not isinstance(name, str) or not name or name != name.strip() or not name.isprintable():
        raise InvalidOptionError(
            f"a member's name is {name!r}; give a text on one line, without spaces at its ends."
        )
    return name


def _taken(known: Member, new: Member) -> str:
    if (known.spec, known.kind, known.parent) == (new.spec, new.kind, new.parent):
        return (
            f"the file of {new.spec!r} has changed since it joined as {known.name!r}; add it under "
            f"another name."
        )
    return (
        f"{known.name!r} is the name of {known.spec or 'an object'!r} ({known.kind}) already; give "
        f"{new.spec or 'the object'!r} a name of its own."
    )
