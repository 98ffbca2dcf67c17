"""The players that members stand for, made when they are needed."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from marl_kit.core.seeds import child
from marl_kit.games.game import Game
from marl_kit.league.records import Member
from marl_kit.league.snapshots import Recipe, read_snapshot
from marl_kit.play.registry import make_player

KEPT = 256
"""Players that stay in memory; the one that was needed longest ago goes first."""


class Cast:
    """Players by member.

    Parameters
    ----------
    game : Game
    root : SeedSequence
        Building seeds are its children named by the member, so everybody makes the same player.
    files : callable
        Gives the folder in which members' files lie.
    """

    def __init__(self, game: Game, root: np.random.SeedSequence, files: Callable[[], Path]):
        self.game, self._root, self._files = game, root, files
        self._made: OrderedDict[str, Any] = OrderedDict()
        self._live: dict[str, Any] = {}

    def player(self, member: Member) -> Any:
        """The member's player.

        Raises
        ------
        CheckpointError
            The file that it is made from is damaged.
        """
        if member.kind == "live":
            return self._live[member.name]
        if member.name not in self._made:
            recipe = self.recipe(member)
            self.keep(member, make_player(recipe.spec, self.game, recipe.seed))
        self._made.move_to_end(member.name)
        return self._made[member.name]

    def keep(self, member: Member, player: Any) -> None:
        """Remember a player that is made already."""
        if member.kind == "live":
            self._live[member.name] = player
            return
        self._made[member.name] = player
        while len(self._made) > KEPT:
            self._made.popitem(last=False)

    def recipe(self, member: Member) -> Recipe:
        """What the member's player is made from."""
        if member.file is None or member.sha256 is None:
            return Recipe(member.spec, self.building_seed(member.name))
        return read_snapshot(self._files(), member.file, member.sha256)

    def building_seed(self, name: str) -> int:
        """Of the player that joins under this name."""
        return int(child(self._root, "member", name).generate_state(1, np.uint64)[0])

    def content(self, member: Member) -> Path | None:
        """The file that the member's spec names, if it names one."""
        return self.recipe(member).path()
