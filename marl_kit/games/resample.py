"""What a player cannot tell from where it is: states drawn from its infoset."""

from __future__ import annotations

import itertools
import random
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from marl_kit.core.errors import GameTooLargeError, InvalidOptionError, UnsupportedGameError
from marl_kit.games.enumerate import MAX_DEPTH
from marl_kit.games.game import Game, State
from marl_kit.games.policy import infoset_index
from marl_kit.games.preorder import NODE_LIMIT
from marl_kit.games.rounds import earlier_choices, takes_rounds
from marl_kit.games.table_states import require_state_of
from marl_kit.games.tree import NO_INFOSET, TERMINAL, GameTree

Draw = Callable[[], float]
"""A random number in [0, 1)."""

RESAMPLING: dict[str, frozenset[str]] = {
    "bargaining": frozenset(["discount", "max_turns"]),
    "kuhn_poker": frozenset(["players"]),
    "leduc_poker": frozenset(["action_mapping", "players", "starting_player", "suit_isomorphism"]),
    "oh_hell": frozenset(
        [
            "num_cards_per_suit",
            "num_suits",
            "num_tricks_fixed",
            "off_bid_penalty",
            "players",
            "points_per_trick",
        ]
    ),
    "universal_poker": frozenset(["stack"]),
}
"""OpenSpiel's games whose ``resample_from_infostate`` was checked, and the parameters with which it
was: what is drawn lies in the same infoset, can be played from the start and, with the same random
numbers, does not depend on what is hidden. With other parameters a game is enumerated.

Not so: gin_rummy and blackjack look at what is hidden; hearts and euchre make deals that contradict
what was played; universal_poker with fewer suits draws from other infosets; bargaining with
``prob_end`` fails."""
GUESSES = 200
"""Random plays by which a game's size is guessed."""
HOPELESS = 20
"""A game that is guessed to be so many times too large is not even begun."""


def resampler(game: Game, state: State) -> Callable[[Draw], State]:
    """A function that draws states which the player to move in ``state`` cannot tell from it.

    Each history of the infoset is drawn by its chance reach, the product of the probabilities of
    the moves of chance on the way there. What players did on the way counts for nothing: histories
    of the same chance reach are equally likely, however many moves there were to choose from.
    Nothing hidden in ``state`` has any influence. The states drawn belong to the caller.

    A position of perfect information is drawn alone. Where nothing is hidden but choices made at
    the same time, these are drawn. Some games of OpenSpiel draw by their own rules
    (``RESAMPLING``). Every other game is enumerated, on the first call.

    Raises
    ------
    UnsupportedGameError
        The game cannot do it and is too large to be enumerated.
    InvalidOptionError
        A state of another game, or one at which nobody moves.
    """
    require_state_of(game, state)
    player = state.current_player()
    if player < 0:
        raise InvalidOptionError(
            f"nobody moves after the history {list(state.history())}; states are drawn from the "
            f"infoset of the player to move."
        )
    if game.perfect_information:
        return lambda draw: state.clone()
    if takes_rounds(game):
        return _choices_of_round(game, state)
    if _resamples(game):
        own: Any = state  # a pyspiel.State
        return lambda draw: own.resample_from_infostate(player, draw)
    return _nodes_of_infoset(game, state)


def resample(game: Game, state: State, rng: np.random.Generator) -> State:
    """One state from the infoset of the player to move; see ``resampler``."""
    return resampler(game, state)(rng.random)


def require_resampling(game: Game) -> None:
    """Refuse a game from whose infosets no states can be drawn.

    Raises
    ------
    UnsupportedGameError
    """
    if not (game.perfect_information or takes_rounds(game) or _resamples(game)):
        _members_of(game)


def _resamples(game: Game) -> bool:
    """Whether OpenSpiel's own drawing was checked with the parameters of this game."""
    rules = getattr(game, "rules", None)  # a pyspiel.Game
    if not hasattr(rules, "get_type"):
        return False
    kind: Any = rules.get_type()  # type: ignore[union-attr]
    checked = RESAMPLING.get(kind.short_name)
    given: dict[str, Any] = rules.get_parameters()  # type: ignore[union-attr]
    usual = kind.parameter_specification
    return checked is not None and all(
        name in checked or value == usual.get(name) for name, value in given.items()
    )


def _choices_of_round(game: Game, state: Any) -> Callable[[Draw], State]:
    """Those who have chosen in this round may have chosen anything."""
    history, hidden = state.history(), earlier_choices(state)
    start: Any = game.new_initial_state()
    for action in history[: len(history) - hidden]:
        start.apply_action(action)

    def sample(draw: Draw) -> State:
        drawn: State = start.clone()
        for _ in range(hidden):
            legal = drawn.legal_actions()
            drawn.apply_action(legal[int(draw() * len(legal))])
        return drawn

    return sample


@dataclass(frozen=True, eq=False, slots=True)
class _Members:
    """The nodes of each infoset."""

    tree: GameTree
    order: np.ndarray  # int64 [D]; decision nodes, infoset by infoset
    offset: np.ndarray  # int64 [I + 1]
    reach: np.ndarray  # float64 [N]; product of the chance probabilities on the way

    def of(self, infoset: int) -> tuple[list[int], list[float]]:
        """Nodes of positive chance reach, and the running sums of their shares; all nodes, if
        there is none."""
        nodes = self.order[self.offset[infoset] : self.offset[infoset + 1]]
        weight = self.reach[nodes]
        if not weight.any():
            weight = np.ones(len(nodes))
        nodes, weight = nodes[weight > 0], weight[weight > 0]
        return nodes.tolist(), np.cumsum(weight / weight.sum()).tolist()


_MEMBERS: WeakKeyDictionary[Game, _Members] = WeakKeyDictionary()
_REFUSED: WeakKeyDictionary[Game, str] = WeakKeyDictionary()
"""Why a game cannot be enumerated: finding out may take a minute."""


def _members_of(game: Game) -> _Members:
    """Sorted once a game, or refused once a game."""
    if (found := _MEMBERS.get(game)) is not None:
        return found
    if (refusal := _REFUSED.get(game)) is not None:
        raise UnsupportedGameError(refusal)
    try:
        _refuse_hopeless(game)
        found = _sorted_by_infoset(game.tree())
    except GameTooLargeError as error:
        _REFUSED[game] = (
            f"to draw what is hidden in {game.name} it would have to be enumerated, since its own "
            f"rules do not draw it, or were not found to do it rightly with these parameters; and "
            f"that fails: {error} Take smaller parameters."
        )
        raise UnsupportedGameError(_REFUSED[game]) from error
    _MEMBERS[game] = found
    return found


def _sorted_by_infoset(tree: GameTree) -> _Members:
    reach = np.ones(tree.num_nodes)
    for first, last in itertools.pairwise(tree.depth_offset[1:].tolist()):
        reach[first:last] = reach[tree.parent[first:last]] * tree.chance_prob[first:last]
    decisions = np.flatnonzero(tree.infoset != NO_INFOSET)
    order = decisions[np.argsort(tree.infoset[decisions], kind="stable")]
    counts = np.bincount(tree.infoset[decisions], minlength=tree.num_infosets)
    return _Members(tree, order, np.concatenate([[0], np.cumsum(counts)]), reach)


def _refuse_hopeless(game: Game) -> None:
    """Guess the number of nodes: the sum over a random play of the products of the branches so far,
    as a mean over plays (Knuth 1975, Estimating the efficiency of backtrack programs). Its
    expectation is the truth, so a game that just fits is refused once in ``HOPELESS`` times at
    most, by Markov's inequality, and a smaller one more rarely."""
    rng, seen, most = random.Random(0), 0.0, HOPELESS * NODE_LIMIT
    for _ in range(GUESSES):
        state, nodes = game.new_initial_state(), 1.0
        for _ in range(MAX_DEPTH):
            if state.current_player() == TERMINAL or not (legal := state.legal_actions()):
                break
            nodes *= len(legal)
            seen += nodes
            if seen > GUESSES * most:  # whatever the other plays say
                raise GameTooLargeError(
                    f"it is guessed to have more than {most:,} nodes, and at most {NODE_LIMIT:,} "
                    f"fit."
                )
            state.apply_action(rng.choice(legal))


def _nodes_of_infoset(game: Game, state: State) -> Callable[[Draw], State]:
    members, key, index = _members_of(game), game.infoset_key(state), infoset_index(game)
    infoset = index.get(key, index.get((state.current_player(), key)))
    if infoset is None:
        raise InvalidOptionError(
            f"{game.name} has no infoset with the key {key!r}; give a state of this game."
        )
    nodes, sums = members.of(infoset)
    made: dict[int, State] = {}

    def sample(draw: Draw) -> State:
        # rounding may leave the last sum below 1
        node = nodes[min(bisect_right(sums, draw()), len(nodes) - 1)]
        if node not in made:
            made[node] = game.new_initial_state()
            for action in members.tree.history(node):
                made[node].apply_action(action)
        return made[node].clone()

    return sample
