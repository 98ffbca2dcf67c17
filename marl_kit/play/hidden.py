"""Search as a player where something is hidden: ``ismcts`` and ``smmcts``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from marl_kit.core.spec import format_spec
from marl_kit.games.game import Game
from marl_kit.play.mcts import random_key
from marl_kit.play.options import not_negative, whole

if TYPE_CHECKING:
    import numpy as np

    from marl_kit.games.game import State
    from marl_kit.search.evaluator import Evaluator
    from marl_kit.search.information_set import ISMCTS
    from marl_kit.search.simultaneous import SMMCTS


@dataclass(frozen=True, eq=False, slots=True)
class InformationSetPlayer:
    """Searches its infoset afresh at every move, see ``ISMCTS``.

    It has no ``probabilities``: the distribution of the move is not known.

    Attributes
    ----------
    game : Game
    options : ISMCTS
    spec : str
    temperature : float
        0: the most visited action is played; 1: each by its share of the visits, as OpenSpiel's
        bot does; see ``SearchResult.draw``.
    evaluator : Evaluator, optional
        Who scores leaves; random play unless said otherwise.
    """

    game: Game
    options: ISMCTS
    spec: str
    temperature: float = 0.0
    evaluator: Evaluator | None = field(default=None, repr=False)

    def act(self, state: State, rng: np.random.Generator) -> int:
        from marl_kit.search.information_set import search_information_set

        found = search_information_set(
            self.game, state, self.options, random_key(rng), self.evaluator
        )
        return found.draw(self.temperature, rng.random())


@dataclass(frozen=True, eq=False, slots=True)
class RoundsPlayer:
    """Searches the round afresh at every move and draws from the average strategy, see ``SMMCTS``.

    It has no ``probabilities``: the strategy is another one with every key.
    """

    game: Game
    options: SMMCTS
    spec: str

    def act(self, state: State, rng: np.random.Generator) -> int:
        from marl_kit.search.simultaneous import search_rounds

        found = search_rounds(self.game, state, self.options, random_key(rng))
        return found.draw(rng.random())


def ismcts_player(
    game: Game, *, simulations: Any = 400, c: Any = 1.4, rollouts: Any = 1, temperature: Any = 0
) -> InformationSetPlayer:
    """Build ``ismcts(simulations=400,c=1.4)``; the other options are those of ``ISMCTS``, and the
    temperature of the move.

    Raises
    ------
    InvalidOptionError
        ``simulations`` or ``rollouts`` below 1 or not whole, ``c`` or ``temperature`` negative or
        not finite.
    UnsupportedGameError
        States of an infoset cannot be drawn.
    """
    shown: dict[str, Any] = {
        "simulations": whole("ismcts", "simulations", simulations),
        "c": not_negative("ismcts", "c", c),
    }
    if whole("ismcts", "rollouts", rollouts) != 1:
        shown["rollouts"] = rollouts
    from marl_kit.games.resample import require_resampling
    from marl_kit.search.information_set import ISMCTS

    options, warmth = ISMCTS(**shown), not_negative("ismcts", "temperature", temperature)
    if warmth:
        shown["temperature"] = warmth
    require_resampling(game)
    return InformationSetPlayer(game, options, format_spec("ismcts", shown), warmth)


def smmcts_player(
    game: Game,
    *,
    simulations: Any = 1000,
    exploration: Any = 0.2,
    averaged: Any = False,
    rollouts: Any = 1,
) -> RoundsPlayer:
    """Build ``smmcts(simulations=1000,exploration=0.2)``; the other options are those of
    ``SMMCTS``.

    Raises
    ------
    InvalidOptionError
        ``simulations`` or ``rollouts`` below 1 or not whole, ``exploration`` not above 0
        and below 1, ``averaged`` neither true nor false.
    UnsupportedGameError
        More is hidden than what is chosen at the same time.
    """
    from marl_kit.games.rounds import require_rounds
    from marl_kit.search.simultaneous import SMMCTS

    shown: dict[str, Any] = {
        "simulations": whole("smmcts", "simulations", simulations),
        "exploration": not_negative("smmcts", "exploration", exploration),
    }
    if averaged is not False:
        shown["averaged"] = averaged
    if whole("smmcts", "rollouts", rollouts) != 1:
        shown["rollouts"] = rollouts
    options = SMMCTS(**shown)
    require_rounds(game, "smmcts")
    return RoundsPlayer(game, options, format_spec("smmcts", shown))
