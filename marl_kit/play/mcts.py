"""Monte Carlo tree search as a player."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from marl_kit.core.spec import format_spec
from marl_kit.games.game import Game
from marl_kit.play.options import not_negative, require_perfect_information, whole

if TYPE_CHECKING:
    import numpy as np

    from marl_kit.games.game import State
    from marl_kit.search.uct import UCT


@dataclass(frozen=True, eq=False, slots=True)
class MCTSPlayer:
    """Searches afresh at every move and plays the action with most visits (see ``UCT``).

    It has no ``probabilities``: the distribution of the action with most visits is not known.
    """

    game: Game
    uct: UCT
    spec: str

    def act(self, state: State, rng: np.random.Generator) -> int:
        from marl_kit.search.uct import search

        return search(self.game, state, self.uct, random_key(rng)).best

    def act_batch(self, states: Sequence[State], rngs: Sequence[np.random.Generator]) -> list[int]:
        """The same move in each state as ``act``, found side by side."""
        from marl_kit.search.uct import search_batch

        keys = [random_key(rng) for rng in rngs]
        return [found.best for found in search_batch(self.game, states, self.uct, keys)]


def random_key(rng: np.random.Generator) -> int:
    """64 random bits, the key of one search."""
    import numpy as np

    return int(rng.integers(2**64 - 1, dtype=np.uint64, endpoint=True))


def mcts_player(
    game: Game, *, simulations: Any = 400, c: Any = 1.4, rollouts: Any = 1, ends: Any = "known"
) -> MCTSPlayer:
    """Build ``mcts(simulations=400,c=1.4)``; the other options are those of ``UCT``.

    Raises
    ------
    InvalidOptionError
        ``simulations`` or ``rollouts`` below 1 or not whole, ``c`` negative or not finite.
    UnsupportedGameError
        Hidden information.
    """
    options: dict[str, Any] = {
        "simulations": whole("mcts", "simulations", simulations),
        "c": not_negative("mcts", "c", c),
    }
    if whole("mcts", "rollouts", rollouts) != 1:
        options["rollouts"] = rollouts
    if ends != "known":
        options["ends"] = ends
    require_perfect_information("mcts", game)
    from marl_kit.search.uct import UCT

    return MCTSPlayer(game, UCT(**options), format_spec("mcts", options))
