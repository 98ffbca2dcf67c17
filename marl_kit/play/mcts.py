"""Tree search as a player: ``mcts`` (UCT), ``puct`` and ``gumbel``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from marl_kit.core.spec import format_spec
from marl_kit.games.game import Game
from marl_kit.play.options import not_negative, require_perfect_information, whole

if TYPE_CHECKING:
    import numpy as np

    from marl_kit.games.game import State
    from marl_kit.search.evaluator import Evaluator
    from marl_kit.search.options import Options


@dataclass(frozen=True, eq=False, slots=True)
class SearchPlayer:
    """Searches afresh at every move and plays what the search finds best.

    It has no ``probabilities``: the distribution of the best move is not known.

    Attributes
    ----------
    game : Game
    options : UCT, PUCT or Gumbel
    spec : str
    evaluator : Evaluator, optional
        Who scores leaves; random rollouts unless said otherwise.
    temperature : float
        0: the best move is played; else a move by its share of the visits, see
        ``SearchResult.draw``.
    name : str
        What tables call it; the spec unless given.
    """

    game: Game
    options: Options
    spec: str
    evaluator: Evaluator | None = field(default=None, repr=False)
    temperature: float = 0.0
    name: str = ""

    def act(self, state: State, rng: np.random.Generator) -> int:
        return self.act_batch([state], [rng])[0]

    def act_batch(self, states: Sequence[State], rngs: Sequence[np.random.Generator]) -> list[int]:
        """The same move in each state as ``act``, found side by side."""
        from marl_kit.search.search import search_batch

        keys = [random_key(rng) for rng in rngs]
        results = search_batch(self.game, states, self.options, keys, self.evaluator)
        if self.temperature == 0:
            return [found.best for found in results]
        return [
            found.draw(self.temperature, rng.random())
            for found, rng in zip(results, rngs, strict=True)
        ]


def random_key(rng: np.random.Generator) -> int:
    """64 random bits, the key of one search."""
    import numpy as np

    return int(rng.integers(2**64 - 1, dtype=np.uint64, endpoint=True))


def mcts_player(
    game: Game,
    *,
    simulations: Any = 400,
    c: Any = 1.4,
    rollouts: Any = 1,
    ends: Any = "known",
    solve: Any = False,
) -> SearchPlayer:
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
    if solve is not False:
        options["solve"] = solve
    require_perfect_information("mcts", game)
    from marl_kit.search.uct import UCT

    return SearchPlayer(game, UCT(**options), format_spec("mcts", options))


def puct_player(
    game: Game,
    *,
    simulations: Any = 400,
    c: Any = 1.25,
    c_base: Any = None,
    fpu: Any = None,
    rollouts: Any = 1,
    noise: Any = 0.0,
    alpha: Any = 10.0,
    solve: Any = False,
    temperature: Any = 0.0,
) -> SearchPlayer:
    """Build ``puct(simulations=400,c=1.25)``: PUCT with equal priors and random rollouts.

    The other options are those of ``PUCT``; ``temperature`` is that of the move.

    Raises
    ------
    InvalidOptionError
        A value that is not allowed.
    UnsupportedGameError
        Hidden information.
    """
    shown: dict[str, Any] = {
        "simulations": whole("puct", "simulations", simulations),
        "c": not_negative("puct", "c", c),
    }
    given = {"c_base": c_base, "fpu": fpu, "noise": noise, "alpha": alpha, "solve": solve}
    defaults = {"c_base": None, "fpu": None, "noise": 0.0, "alpha": 10.0, "solve": False}
    shown |= {name: value for name, value in given.items() if value != defaults[name]}
    require_perfect_information("puct", game)
    from marl_kit.search.puct import PUCT

    return _with_rollouts("puct", game, PUCT(**shown), shown, rollouts, temperature)


def gumbel_player(
    game: Game,
    *,
    simulations: Any = 64,
    considered: Any = 16,
    c_visit: Any = 50.0,
    c_scale: Any = 1.0,
    rollouts: Any = 1,
) -> SearchPlayer:
    """Build ``gumbel(simulations=64,considered=16)``: Gumbel search with equal priors and random
    rollouts; the other options are those of ``Gumbel``.

    Raises
    ------
    InvalidOptionError
        A value that is not allowed.
    UnsupportedGameError
        Hidden information.
    """
    shown: dict[str, Any] = {
        "simulations": whole("gumbel", "simulations", simulations),
        "considered": whole("gumbel", "considered", considered),
    }
    if not_negative("gumbel", "c_visit", c_visit) != 50:
        shown["c_visit"] = c_visit
    if not_negative("gumbel", "c_scale", c_scale) != 1:
        shown["c_scale"] = c_scale
    require_perfect_information("gumbel", game)
    from marl_kit.search.gumbel import Gumbel

    return _with_rollouts("gumbel", game, Gumbel(**shown), shown, rollouts, 0.0)


def _with_rollouts(
    name: str, game: Game, options: Options, shown: dict[str, Any], rollouts: Any, temperature: Any
) -> SearchPlayer:
    """The player whose leaves are scored by so many random games."""
    from marl_kit.search.rollouts import RandomRollouts

    if whole(name, "rollouts", rollouts) != 1:
        shown = shown | {"rollouts": rollouts}
    if not_negative(name, "temperature", temperature) != 0:
        shown = shown | {"temperature": temperature}
    spec = format_spec(name, shown)
    return SearchPlayer(game, options, spec, RandomRollouts(rollouts), temperature)
