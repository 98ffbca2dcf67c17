"""What a preset decides, and a user may decide otherwise."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from marl_kit.core.errors import (
    CheckpointError,
    InvalidOptionError,
    UnknownNameError,
    UnsupportedGameError,
)
from marl_kit.games.game import Game
from marl_kit.league.gate import find_gate
from marl_kit.league.matchmaking import find_matchmaker
from marl_kit.league.meta_solvers import find_meta_solver
from marl_kit.learn.registry import find_oracle

META = "meta"
"""Matchmaking: opponents as the meta-strategy plays them."""
AUTO = "auto"
NOBODY = "none"
"""Of an oracle: nobody learns. Of a gate: everybody is accepted."""


@dataclass(frozen=True, slots=True)
class Options:
    """How a league goes on from wave to wave.

    Attributes
    ----------
    oracle : str
        Who answers the opponents with a new player: a spec such as ``"q_learning(episodes=5000)"``;
        ``"auto"`` is ``best_response`` where the game is computed and ``q_learning`` elsewhere;
        ``"none"``: the members are those that were given.
    matchmaking : str
        Against whom a learner trains: ``uniform``, ``latest(p=)``, ``pfsp(weighting=)``, ``nash``,
        ``elo_proximity(width=)``, a sum of these with weights, or ``meta``: as the meta-strategy
        of the last wave plays.
    meta_solver : str
        What is to be played in the empirical game of the members, as for ``mk.meta_strategy``;
        ``"auto"``: ``nash`` for two players, ``projected_replicator`` for more.
    learners : int
        Lines of learners; each brings a new member in every wave.
    evaluation_games : int
        Games of every newcomer against every other member, rounded up to whole blocks.
    more_games : int
        Further games in every wave, where they tell most (weight in the meta-strategy times
        uncertainty).
    gate : str
        Whether a newcomer is accepted: ``"none"``, ``"score(games=100,least=0.55)"`` or
        ``"sprt(elo0=0,elo1=50,games=1000)"`` against the learner that it was made from.
    exact : "auto", True or False
        Whether pay-offs are computed instead of played; ``"auto"``: where the game's tree has at
        most 100,000 nodes. Members must then be able to say their probabilities.
    """

    oracle: str = AUTO
    matchmaking: str = "uniform"
    meta_solver: str = AUTO
    learners: int = 1
    evaluation_games: int = 20
    more_games: int = 0
    gate: str = NOBODY
    exact: str | bool = AUTO

    def __post_init__(self) -> None:
        for name in ("learners", "evaluation_games"):
            _check_whole(name, getattr(self, name), 1)
        _check_whole("more_games", self.more_games, 0)
        if not (isinstance(self.exact, bool) or self.exact == AUTO):
            raise InvalidOptionError(f"exact is {self.exact!r}; give True, False or 'auto'.")
        if self.oracle not in (AUTO, NOBODY):
            find_oracle(self.oracle)
        if self.matchmaking != META:
            find_matchmaker(self.matchmaking)
        if self.meta_solver != AUTO:
            find_meta_solver(self.meta_solver)
        find_gate(self.gate)

    @property
    def learning(self) -> bool:
        """Whether anybody learns."""
        return self.oracle != NOBODY

    def check(self, game: Game) -> None:
        """Refuse a game that these options are not for, before anything is played."""
        if self.learning and self.oracle != AUTO:
            find_oracle(self.oracle).check(game)
        if game.num_players < 2:
            raise UnsupportedGameError(f"{game.name} has one player, and a league needs two.")
        if self.learning and self.meta_solver != AUTO:
            find_meta_solver(self.meta_solver).check_players(game.num_players)
        find_gate(self.gate).check(game)

    def changed(self, given: Mapping[str, Any]) -> Options:
        """With other values; unknown names are refused with near misses."""
        known = [field.name for field in fields(self)]
        for name in given:
            if name not in known:
                raise UnknownNameError("league option", name, known)
        return replace(self, **given)

    def to_json(self) -> str:
        """As the log keeps it."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str, path: str) -> Options:
        """As the log of ``path`` has it."""
        try:
            return cls(**json.loads(text))
        except (ValueError, TypeError) as error:
            raise CheckpointError(f"{path}: the run's options are damaged ({error}).") from error


def _check_whole(name: str, value: Any, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise InvalidOptionError(f"{name} is {value!r}; give a whole number of at least {least}.")
