"""Mixed strategies of an extensive game: mixtures of plans for the whole game.

Kuhn (1953), "Extensive games and the problem of information", theorem 4: with perfect recall every
mixed strategy has a behaviour strategy that plays the same, and the other way round.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from marl_kit.core.errors import InvalidOptionError, InvalidProfileError
from marl_kit.games.game import Game
from marl_kit.games.load import as_game
from marl_kit.games.normal_form import NormalFormGame
from marl_kit.games.profile import Profile, as_profile
from marl_kit.games.realisation import (
    as_policy,
    behaviour_by_sequence,
    from_realisation_plan,
    to_realisation_plan,
)
from marl_kit.games.reduced_normal_form import pure_strategies
from marl_kit.games.sequence_form import SequenceForm
from marl_kit.games.tree import read_only

NEGLIGIBLE = 1e-15
"""Weight that rounding leaves behind when strategies are taken out of a plan."""


@dataclass(frozen=True, eq=False, slots=True)
class MixedStrategy:
    """A player's mixture of K pure strategies.

    Attributes
    ----------
    game : Game
    player : int
    strategies : tuple of K sorted tuples of int
        Each the sequences (numbers of ``game.sequence_form()``) that a reduced pure strategy
        plays, the empty one first.
    probabilities : float64 [K], summing to 1
    """

    game: Game
    player: int
    strategies: tuple[tuple[int, ...], ...]
    probabilities: np.ndarray

    def __len__(self) -> int:
        return len(self.strategies)

    def realisation_plan(self) -> np.ndarray:
        """The weight of each of the player's sequences, the empty one first."""
        form = self.game.sequence_form()
        first, last = form.player_sequences[self.player : self.player + 2]
        plan = np.zeros(int(last - first))
        for strategy, p in zip(self.strategies, self.probabilities, strict=True):
            plan[np.array(strategy) - first] += p
        return plan


def to_mixed(game: Any, profile: Any) -> list[np.ndarray]:
    """The profile as a profile of ``game.to_normal_form()``, with the same values.

    The probability of a reduced strategy is the product of the behaviour probabilities of what it
    plays (Kuhn's construction).

    Raises
    ------
    GameTooLargeError
        A reduced normal form of more than 2,000,000 pay-offs; ``mk.mixed_strategy`` has no limit.
    ImperfectRecallError, InvalidProfileError

    Examples
    --------
    >>> import marl_kit as mk
    >>> game = mk.load_game("kuhn_poker")
    >>> mixed = mk.to_mixed(game, "uniform")
    >>> [len(x) for x in mixed], round(mk.nash_conv(game.to_normal_form(), mixed), 6)  # 11/12
    ([27, 64], 0.916667)
    """
    game = as_game(game)
    profile = as_profile(game, profile)
    if isinstance(profile, list):
        return profile
    game.to_normal_form()  # counts the strategies, and refuses before any work
    behaviour = behaviour_by_sequence(profile)
    form = game.sequence_form()
    return [
        np.array([float(np.prod(behaviour[list(plan)])) for plan in pure_strategies(form, p)])
        for p in range(form.num_players)
    ]


def from_mixed(game: Any, mixed: Sequence[Any]) -> Profile:
    """The behaviour strategies that play as P mixed strategies do.

    Parameters
    ----------
    game : Game, spec string or pyspiel.Game
    mixed : sequence of P vectors or MixedStrategy
        A vector has one probability for each of the player's strategies in
        ``game.to_normal_form()``, so equilibria found there can be played in the tree. Infosets
        that a player's own mixture never reaches get uniform play.

    Raises
    ------
    InvalidProfileError
        The mixtures do not fit the game.
    GameTooLargeError, ImperfectRecallError
    """
    game = as_game(game)
    if isinstance(game, NormalFormGame):
        return as_profile(game, list(mixed))
    if isinstance(mixed, str) or not hasattr(mixed, "__len__") or len(mixed) != game.num_players:
        raise InvalidProfileError(
            f"{game.name} has {game.num_players} players; give a list of one mixed strategy each."
        )
    return from_realisation_plan(game, [_plan(game, p, x) for p, x in enumerate(mixed)])


def mixed_strategy(game: Any, profile: Any, player: int) -> MixedStrategy:
    """A player's strategy as a mixture of few pure ones, in games of any size.

    Pure strategies are taken out of the realisation plan one by one; each takes the whole weight
    of some sequence with it, so there are at most as many as the player has actions in all.
    ``to_mixed`` needs one number for each of exponentially many.

    Examples
    --------
    >>> import marl_kit as mk
    >>> game = mk.load_game("leduc_poker")
    >>> mixture = mk.mixed_strategy(game, "uniform", player=0)
    >>> plan = mk.to_realisation_plan(game, "uniform")[0]
    >>> len(mixture) < len(plan), bool(abs(mixture.realisation_plan() - plan).max() < 1e-12)
    (True, True)
    """
    game = as_game(game)
    if isinstance(player, bool) or player not in range(game.num_players):
        raise InvalidOptionError(
            f"player is {player!r}; {game.name} has players 0 to {game.num_players - 1}."
        )
    form = game.sequence_form()
    plan = to_realisation_plan(game, as_policy(game, profile))[player]
    left = dict(enumerate(plan.tolist(), int(form.player_sequences[player])))
    below = _infosets_below(form, player)
    strategies, weights = [], []
    while left[int(form.player_sequences[player])] > NEGLIGIBLE:
        strategy = _heaviest(form, player, below, left)
        weight = min(left[q] for q in strategy)
        if weight <= 0:  # only rounding is left
            break
        for q in strategy:
            left[q] -= weight
        strategies.append(tuple(sorted(strategy)))
        weights.append(weight)
    probabilities = np.array(weights) / sum(weights)
    return MixedStrategy(game, int(player), tuple(strategies), read_only(probabilities))


def _infosets_below(form: SequenceForm, player: int) -> dict[int, list[int]]:
    """The infosets right after each sequence."""
    below: dict[int, list[int]] = {}
    for i in range(*(int(x) for x in form.player_infosets[player : player + 2])):
        below.setdefault(int(form.parent_sequence[i]), []).append(i)
    return below


def _heaviest(
    form: SequenceForm, player: int, below: dict[int, list[int]], left: dict[int, float]
) -> list[int]:
    """The pure strategy that takes, at each infoset it reaches, the action of most weight."""
    stack = [int(form.player_sequences[player])]
    strategy = []
    while stack:
        q = stack.pop()
        strategy.append(q)
        for i in below.get(q, ()):
            start = int(form.first_sequence[i])
            actions = range(start, start + int(form.num_actions[i]))
            stack.append(max(actions, key=left.__getitem__))
    return strategy


def _plan(game: Game, player: int, mixture: Any) -> np.ndarray:
    if isinstance(mixture, MixedStrategy):
        if mixture.game.tree().num_slots != game.tree().num_slots or mixture.player != player:
            raise InvalidProfileError(
                f"a mixed strategy of player {mixture.player} of {mixture.game.name} stands at "
                f"place {player} of a profile of {game.name}."
            )
        return mixture.realisation_plan()
    strategies = game.to_normal_form()
    # the other players' strategies do not matter here: any that fit let this one be checked
    fitting = [np.eye(n)[0] for n in strategies.num_actions]
    checked = as_profile(strategies, [*fitting[:player], mixture, *fitting[player + 1 :]])
    form = game.sequence_form()
    plans = tuple(pure_strategies(form, player))
    return MixedStrategy(game, player, plans, np.asarray(checked[player])).realisation_plan()  # type: ignore[index]
