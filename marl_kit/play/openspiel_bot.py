"""OpenSpiel's own search as a player."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyspiel

from marl_kit.core.errors import UnknownNameError, UnsupportedGameError
from marl_kit.core.spec import format_spec, parse_spec
from marl_kit.games.game import Game
from marl_kit.games.openspiel import OpenSpielGame, load_openspiel, openspiel_names
from marl_kit.play.options import not_negative, require_perfect_information, whole

if TYPE_CHECKING:
    import numpy as np

    from marl_kit.games.game import State

NAME = "openspiel:mcts"
DEFAULTS = {"simulations": 400, "c": 1.4}
MEMORY_MB = 1000
"""Of one search; what OpenSpiel's bot allocates only as it needs it."""
_SEEDS = 2**31 - 1  # OpenSpiel's seeds are C integers


@dataclass(frozen=True, eq=False, slots=True)
class OpenSpielMCTS:
    """``pyspiel.MCTSBot``: UCT, one random rollout a simulation, no proofs, most visits.

    A fresh bot is made at every move and seeded from ``rng``: same ``rng``, same move. ``c`` is
    OpenSpiel's ``uct_c`` as it stands, in units of the returns.
    """

    rules: Any
    simulations: int
    c: float
    spec: str

    def act(self, state: State, rng: np.random.Generator) -> int:
        seed, rollouts = (int(x) for x in rng.integers(_SEEDS, size=2))
        bot = pyspiel.MCTSBot(
            self.rules,
            pyspiel.RandomRolloutEvaluator(1, rollouts),
            self.c,
            self.simulations,
            MEMORY_MB,
            False,
            seed,
            False,
        )
        return int(bot.step(self._as_openspiel(state)))

    def _as_openspiel(self, state: State) -> Any:
        """The same position among OpenSpiel's states."""
        if isinstance(state, pyspiel.State):
            return state
        copy = self.rules.new_initial_state()
        for action in state.history():
            copy.apply_action(action)
        return copy


def openspiel_player(game: Game, text: str, seed: Any) -> OpenSpielMCTS:
    """Build ``openspiel:mcts(simulations=400,c=1.4)``.

    Raises
    ------
    UnknownNameError
        Another bot or option.
    InvalidOptionError
        ``simulations`` below 1 or not whole, ``c`` negative or not finite.
    UnsupportedGameError
        A game that OpenSpiel does not have, or that its bot does not play.
    """
    bot, params = parse_spec(text)
    if bot != "mcts":
        raise UnknownNameError("bot of OpenSpiel", bot, ["mcts"])
    for key in params:
        if key not in DEFAULTS:
            raise UnknownNameError(f"option of {NAME}", key, DEFAULTS)
    given: dict[str, Any] = {**DEFAULTS, **params}
    simulations = whole(NAME, "simulations", given["simulations"])
    c = not_negative(NAME, "c", given["c"])
    require_perfect_information(NAME, game)
    spec = format_spec(NAME, {"simulations": simulations, "c": c})
    return OpenSpielMCTS(_rules(game), simulations, c, spec)


def _rules(game: Game) -> Any:
    """OpenSpiel's game of the same name and parameters.

    A board game of the catalogue that has the name of one of OpenSpiel's has its parameters and
    action numbers as well.
    """
    name, params = parse_spec(game.spec)
    if not isinstance(game, OpenSpielGame) and name in openspiel_names():
        game = load_openspiel(name, params)
    if not isinstance(game, OpenSpielGame):
        raise UnsupportedGameError(
            f"OpenSpiel has no game {game.spec or game.name!r}, so its bots cannot play it."
        )
    kind = game.rules.get_type()
    if kind.reward_model != pyspiel.GameType.RewardModel.TERMINAL:
        raise UnsupportedGameError(
            f"{NAME} plays games that pay at their end, and {game.name} pays on the way."
        )
    return game.rules
