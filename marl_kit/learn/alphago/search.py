"""Stage 4: a search with the supervised policy as its prior, and the values of the last stage."""

from __future__ import annotations

from dataclasses import dataclass

from marl_kit.games.game import Game
from marl_kit.play.mcts import SearchPlayer
from marl_kit.search.dynamics import Leaves
from marl_kit.search.evaluator import Evaluator, Mixture, Scores
from marl_kit.search.puct import PUCT
from marl_kit.search.rollouts import RandomRollouts


@dataclass(frozen=True, eq=False, slots=True)
class PriorsAndValues:
    """The priors of one evaluator and the values of another.

    Attributes
    ----------
    priors, values : Evaluator
    """

    priors: Evaluator
    values: Evaluator

    def evaluate(self, leaves: Leaves) -> Scores:
        return self.priors.evaluate(leaves)[0], self.values.evaluate(leaves)[1]


def search_player(
    game: Game,
    priors: Evaluator,
    values: Evaluator,
    share: float = 0.5,
    simulations: int = 50,
    rollouts: Evaluator | None = None,
) -> SearchPlayer:
    """PUCT with leaves that are worth ``(1 - share) v + share z``.

    Parameters
    ----------
    game : Game
    priors, values : Evaluator
        The supervised policy (it is less narrow than the reinforced one, which plays better alone)
        and v.
    share : float
        lambda: 0 trusts v alone, 1 the games to the end.
    simulations : int
    rollouts : Evaluator, optional
        z; random games unless given.
    """
    z = RandomRollouts() if rollouts is None else rollouts
    mixed = Mixture(PriorsAndValues(priors, values), z, share)
    return SearchPlayer(game, PUCT(simulations=simulations), "search", mixed)
