"""The members of a league and the players that they stand for."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from pathlib import Path
from typing import Any

import numpy as np

from marl_kit.core.errors import InvalidOptionError, UnknownNameError
from marl_kit.core.seeds import child
from marl_kit.games.game import Game
from marl_kit.league.log import MatchLog
from marl_kit.league.records import Member
from marl_kit.league.snapshots import (
    Frozen,
    Recipe,
    freeze,
    names_a_file,
    read_snapshot,
    write_snapshot,
)
from marl_kit.play.registry import make_player


class Population:
    """The members, in the order of joining; each one's player is made once a process.

    Parameters
    ----------
    game : Game
    root : SeedSequence
        Building seeds are its children named by the member.
    log : MatchLog
        Where members are entered, after their files have been written.
    folder : Path or None
        The run's folder; without one, live objects may be members.
    """

    def __init__(
        self, game: Game, root: np.random.SeedSequence, log: MatchLog, folder: Path | None
    ):
        self._game, self._root, self._log = game, root, log
        self._stored, self._folder = folder is not None, folder
        self._members = {m.name: m for m in log.members()}
        self._players: dict[str, Any] = {}

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
        if name not in self._members:
            raise UnknownNameError("member", str(name), self._members)
        return self._members[name]

    def add(self, player: Any, name: str | None = None) -> Member:
        """Let a player join, or find the member that it is already (see ``League.add``)."""
        name = _checked_name(name, player)
        spec = player if isinstance(player, str) else getattr(player, "spec", "")
        if not (isinstance(spec, str) and spec):
            self._check_live(name)
            return self._join(name, "live", make_player(player, self._game))
        seed = self._building_seed(name)
        made = make_player(spec, self._game, seed)
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
        frozen = freeze(self._recipe(parent))
        name = self._name_of(of, frozen.sha256) if name is None else _checked_name(name, of)
        return self._join(name, "snapshot", spec=parent.spec, parent=of, frozen=frozen)

    def player(self, member: Member) -> Any:
        """The member's player.

        Raises
        ------
        CheckpointError
            The file that it is made from is damaged.
        """
        if member.name not in self._players:
            recipe = self._recipe(member)
            self._players[member.name] = make_player(recipe.spec, self._game, recipe.seed)
        return self._players[member.name]

    def _recipe(self, member: Member) -> Recipe:
        if member.file is None or member.sha256 is None:
            return Recipe(member.spec, self._building_seed(member.name))
        return read_snapshot(self._files(), member.file, member.sha256)

    def _building_seed(self, name: str) -> int:
        return int(child(self._root, "member", name).generate_state(1, np.uint64)[0])

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
            write_snapshot(self._files(), frozen)  # the file first, the row second
        if known is None:
            self._log.add_member(new)
            self._members[name] = new
        if player is not None:
            self._players.setdefault(name, player)
        return new

    def _files(self) -> Path:
        """Where files lie; for a league in memory a folder that goes with it."""
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="marl_kit_league_"))
            weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        return self._folder

    def _name_of(self, parent: str, sha256: str) -> str:
        """The snapshot of this content if there is one, so that a script can be run again."""
        for member in self.members:
            if member.kind == "snapshot" and (member.parent, member.sha256) == (parent, sha256):
                return member.name
        numbers = range(1, len(self._members) + 2)
        return next(n for i in numbers if (n := f"{parent}@{i}") not in self._members)


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
