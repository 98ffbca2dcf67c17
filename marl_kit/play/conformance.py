"""Whether a player keeps the promises of the protocol ``Player``."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from marl_kit.core.checks import whole
from marl_kit.core.errors import IllegalActionError
from marl_kit.core.seeds import child, generator, resolve_seed
from marl_kit.games.game import Game, State
from marl_kit.games.load import as_game
from marl_kit.games.resample import require_resampling, resample
from marl_kit.games.rounds import infoset_keys
from marl_kit.games.tree import CHANCE, TERMINAL
from marl_kit.play.player import Player, player_name
from marl_kit.play.registry import make_player
from marl_kit.search.states import chance_outcome

RESAMPLES = 3
"""States of the same infoset in which a player is asked again."""
PROBABILITY_TOLERANCE = 1e-6
DRAWS = 200
"""Actions that are drawn at a position and counted."""
COUNTED = 5
"""Positions at which they are."""
STANDARD_ERRORS = 6.0
"""By how many a count may miss its mean: chance alone does it once in hundreds of millions."""


def check_player(player: Any, game: Any, *, games: int = 20, seed: int = 0) -> Player:
    """Check that a player keeps its promises, and return it.

    Games of random moves are walked once for every seat, and the player is asked wherever its
    seat is to move. Its action must be legal, the state must be left as it is, the same generator
    must give the same action, and so it must in other states of the infoset: nothing hidden may
    have an influence. If it answers batches, it must answer them as one by one. If it tells its
    probabilities they must be a distribution over legal actions that holds the action, and the
    same in the whole infoset; where several actions have some, at the first few such positions,
    200 actions are drawn and counted: a count may be six standard errors off, so only
    probabilities that are wrong by a fifth or more are sure to be found. ``start`` and ``end``
    are called as ``mk.play`` does.

    Parameters
    ----------
    player : spec or Player
    game : Game, spec string or pyspiel.Game
        From whose infosets states can be drawn (see ``games.resample.resampler``).
    games : int
        At least 1.
    seed : int

    Raises
    ------
    IllegalActionError
        The first promise that is broken, with the history that shows it.
    InvalidOptionError
        ``games`` below 1 or not whole, or a bad seed.
    MarlKitError
        The player cannot be made, or states cannot be drawn.

    Examples
    --------
    >>> check_player("ismcts(simulations=20)", "kuhn_poker", games=3).spec
    'ismcts(simulations=20,c=1.4)'
    """
    whole("games", games)
    game, (_, root) = as_game(game), resolve_seed(seed)
    made = make_player(player, game)
    require_resampling(game)
    trial = _Trial(made, game, infoset_keys(game))
    for number in range(games):
        for seat in range(game.num_players):
            trial.walk(seat, number, child(root, "walk", number, seat))
    return made


@dataclass(frozen=True, eq=False, slots=True)
class _Trial:
    """A player that is checked, and the infosets at which its actions were counted."""

    player: Player
    game: Game
    key_of: Callable[[Any], Hashable]
    counted: set[Hashable] = field(default_factory=set)

    def walk(self, seat: int, number: int, stream: np.random.SeedSequence) -> None:
        """A game of random moves, with the player asked at one seat."""
        rng, state = generator(stream, "moves"), self.game.begin(number)
        if (start := getattr(self.player, "start", None)) is not None:
            start(seat, (child(stream, "player"),))
        while (mover := state.current_player()) != TERMINAL:
            if mover == CHANCE:
                state.apply_action(chance_outcome(state.chance_outcomes(), rng.random()))
                continue
            if mover == seat:
                self._ask(state, child(stream, "player", len(state.history())), rng)
            legal = state.legal_actions()
            state.apply_action(legal[int(rng.integers(len(legal)))])
        if (end := getattr(self.player, "end", None)) is not None:
            end(state)

    def _ask(self, state: State, own: np.random.SeedSequence, rng: np.random.Generator) -> None:
        told = _check_at(self.player, self.game, state, own, rng)
        if len(told) < 2 or len(self.counted) == COUNTED:
            return
        name = state.current_player(), self.key_of(state)
        if name not in self.counted:
            self.counted.add(name)
            _check_counts(self.player, state, told, own)


def _check_at(
    player: Player, game: Game, state: State, own: np.random.SeedSequence, rng: np.random.Generator
) -> dict[int, float]:
    """Ask twice here, in other states of the infoset, and about all of them together; the
    probabilities, if it tells them."""
    told = _answers(player, state, own)
    _expect(_answers(player, state, own) == told, player, "answers otherwise if asked again", state)
    others = [resample(game, state, rng) for _ in range(RESAMPLES)]
    for other in others:
        same = _answers(player, other, own) == told
        seen = f"answers otherwise in {list(other.history())}, which is of the same infoset,"
        _expect(same, player, seen, state)
    _check_batch(player, [state, *others], told[0], own)
    return told[1]


def _check_batch(
    player: Player, states: list[State], action: int, own: np.random.SeedSequence
) -> None:
    """States of one infoset, with the generator that gave ``action`` for each of them."""
    if (together := getattr(player, "act_batch", None)) is None:
        return
    chosen = list(together(states, [np.random.default_rng(own) for _ in states]))
    wanted = [action] * len(states)
    seen = f"answers {len(states)} states of one infoset by {chosen}, and each alone by {action},"
    _expect(chosen == wanted, player, seen, states[0])


def _check_counts(
    player: Player, state: State, told: dict[int, float], own: np.random.SeedSequence
) -> None:
    """Draw many actions and count them: of DRAWS each has a binomial share."""
    rngs = (np.random.default_rng(child(own, "draw", i)) for i in range(DRAWS))
    drawn = Counter(player.act(state, rng) for rng in rngs)
    for action, p in told.items():
        # the 3 is for rare actions, whose counts are far from normal
        allowed = STANDARD_ERRORS * math.sqrt(DRAWS * p * (1 - p)) + 3
        seen = f"chose {action!r} {drawn[action]} times of {DRAWS} and tells the probability {p:g},"
        _expect(abs(drawn[action] - DRAWS * p) <= allowed, player, seen, state)
    never = sorted(set(drawn) - set(told))
    _expect(not never, player, f"chose {never}, whose probability it tells to be 0,", state)


def _answers(
    player: Player, state: State, own: np.random.SeedSequence
) -> tuple[Any, dict[int, float]]:
    """The action, and the probabilities if it tells them."""
    history, legal = list(state.history()), list(state.legal_actions())
    action = player.act(state, np.random.default_rng(own))
    _expect(action in legal, player, f"chose {action!r}, which is not legal of {legal},", state)
    tells = getattr(player, "probabilities", None)
    told = {} if tells is None else {a: float(p) for a, p in tells(state).items() if p}
    if told:
        fits = set(told) <= set(legal) and min(told.values()) > 0 and action in told
        fits = fits and abs(sum(told.values()) - 1) <= PROBABILITY_TOLERANCE
        _expect(fits, player, f"chose {action!r} and tells the probabilities {told}", state)
    _expect(list(state.history()) == history, player, "changed the state that it was shown", state)
    return action, told


def _expect(holds: bool, player: Player, complaint: str, state: State) -> None:
    if not holds:
        raise IllegalActionError(
            f"{player_name(player)} {complaint} after the history {list(state.history())}."
        )
