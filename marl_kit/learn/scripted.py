"""The oracle that reads from a list."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from marl_kit.core.errors import InvalidOptionError, UnknownNameError
from marl_kit.games.game import Game
from marl_kit.learn.options import written
from marl_kit.learn.oracle import Answer, Task
from marl_kit.play.registry import PLAYERS, is_player_spec, make_player


@dataclass(frozen=True, kw_only=True)
class ScriptedOracle:
    """Answers with the players of a list, one a wave; the last one again when it is over.

    Attributes
    ----------
    players : str
        Specs with ``|`` between them: ``"random|mcts(simulations=10)"``.
    """

    players: str

    def __post_init__(self) -> None:
        if not isinstance(self.players, str) or not all(self.specs):
            raise InvalidOptionError(
                f"players of scripted is {self.players!r}; give players with '|' between them, "
                f"such as 'random|mcts(simulations=10)'."
            )
        for spec in self.specs:
            if not is_player_spec(spec):
                raise UnknownNameError("player", spec, PLAYERS)

    @cached_property
    def specs(self) -> tuple[str, ...]:
        """The players in turn."""
        return tuple(spec.strip() for spec in self.players.split("|"))

    @property
    def spec(self) -> str:
        return written("scripted", self)

    @property
    def resumes(self) -> bool:
        return False

    def check(self, game: Game) -> None:
        """Refuse a player that cannot be made in this game.

        Raises
        ------
        MarlKitError
            What ``mk.make_player`` says.
        """
        for spec in self.specs:
            make_player(spec, game)

    def answer(self, task: Task) -> Answer:
        """The player of the task's wave."""
        return Answer(self.specs[min(task.wave, len(self.specs) - 1)])
