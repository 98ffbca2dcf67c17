"""A player whose randomness is settled by the position: one fixed policy."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from marl_kit.core.errors import IllegalActionError, InvalidOptionError, UnsupportedGameError
from marl_kit.core.seeds import resolve_seed
from marl_kit.games.board import BoardState
from marl_kit.games.game import State
from marl_kit.games.rounds import round_key
from marl_kit.games.table_sources import prints_itself
from marl_kit.games.tree_game import TreeState
from marl_kit.play.player import Player, player_name

BATCH = 256
"""Positions that a player is asked about at once."""

_WORD = (1 << 64) - 1


@dataclass(frozen=True, eq=False, slots=True)
class FrozenPlayer:
    """Acts as another player does, with a generator that follows from (seed, position) alone;
    where something is hidden, from (seed, infoset).

    So it is one fixed policy, and has an exact best response; another seed is another policy.
    The player must look at the position only, and not at how it came about.

    Attributes
    ----------
    player : Player
    seed : int
    name : str
    """

    player: Player
    seed: int
    name: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", f"{player_name(self.player)} frozen by {self.seed}")

    def act(self, state: State, rng: np.random.Generator | None = None) -> int:
        """``rng`` is not looked at."""
        return self.act_batch([state])[0]

    def act_batch(
        self, states: Sequence[State], rngs: Sequence[np.random.Generator] | None = None
    ) -> list[int]:
        """The same for many states at once."""
        own = [position_rng(self.seed, state) for state in states]
        return chosen_actions(self.player, states, own)

    def probabilities(self, state: State) -> dict[int, float]:
        """1 for what it does."""
        chosen = self.act(state)
        return {action: float(action == chosen) for action in state.legal_actions()}


def freeze(player: Player, seed: int = 0) -> FrozenPlayer:
    """Make one fixed policy of a player.

    Parameters
    ----------
    player : Player
        As ``mk.make_player`` gives it.
    seed : int

    Raises
    ------
    InvalidOptionError
        A seed that is no integer >= 0, or what is no player, such as the spec of one.
    UnsupportedGameError
        A person.

    Examples
    --------
    >>> import marl_kit as mk
    >>> state = mk.load_game("tic_tac_toe").new_initial_state()
    >>> player = freeze(mk.make_player("random", "tic_tac_toe"), seed=3)
    >>> len({player.act(state) for _ in range(20)})
    1
    """
    require_freezable(player)
    return FrozenPlayer(player, resolve_seed(seed)[0])


def require_freezable(player: Any) -> None:
    """Refuse what cannot be asked the same question twice.

    Raises
    ------
    InvalidOptionError
        No player.
    UnsupportedGameError
        A person.
    """
    if isinstance(player, type) or not callable(getattr(player, "act", None)):
        raise InvalidOptionError(
            f"{player!r} is no player and cannot be frozen; give one, such as "
            f"mk.make_player('random', game)."
        )
    if getattr(player, "interactive", False):
        raise UnsupportedGameError(
            f"{player_name(player)} plays at the terminal, and a person cannot be frozen; give a "
            f"player that decides by itself."
        )


def position_rng(seed: int, state: State) -> np.random.Generator:
    """The generator of a frozen player at a position."""
    digest = hashlib.blake2b(position_key(state), digest_size=16).digest()
    words = np.frombuffer(digest, "<u8").tolist()
    # the low words of the counter run while numbers are drawn: seeds do not overlap
    counter = [0, 0, seed & _WORD, (seed >> 64) & _WORD]
    return np.random.Generator(np.random.Philox(key=words, counter=counter))


def position_key(state: Any) -> bytes:
    """A position by the array of board rules, else by its text, else by the history; where
    something is hidden, the infoset of the player to move.

    The same in every process. Positions that share a key share random numbers, no more.

    Raises
    ------
    UnsupportedGameError
        Something is hidden, and OpenSpiel does not tell what the player to move knows.
    """
    if isinstance(state, BoardState):
        return state.position.tobytes()
    if hides_something(state):
        return f"{state.current_player()} {_infoset_name(state)}".encode()
    if prints_itself(state):
        return f"{state.current_player()} {state}".encode()
    return repr(list(state.history())).encode()


def _infoset_name(state: Any) -> str:
    """What the player to move knows, as a text."""
    if isinstance(state, TreeState):
        return state.information_state_string()
    kind = state.get_game().get_type()
    if kind.provides_information_state_string:
        return str(state.information_state_string())
    together = getattr(state, "simultaneous_game_state", None)
    if together is not None:
        of = together().get_game().get_type()
        if of.information.name == "PERFECT_INFORMATION":
            return round_key(state)
    raise UnsupportedGameError(
        f"{kind.short_name} has hidden information and gives no information state string in "
        f"OpenSpiel, so a player cannot be frozen by what it knows; take a game that gives one."
    )


def hides_something(state: Any) -> bool:
    """Whether the player to move may not know all of the state, as far as the state tells it: one
    of a tree, or of a game of OpenSpiel's with hidden information."""
    if isinstance(state, TreeState):
        return True  # each infoset has a name, be it of one node or of many
    if (of := getattr(state, "get_game", None)) is None:
        return False
    return bool(of().get_type().information.name != "PERFECT_INFORMATION")


def chosen_actions(
    player: Player, states: Sequence[State], rngs: Sequence[np.random.Generator]
) -> list[int]:
    """What a player does in each state, in batches where it takes them.

    Raises
    ------
    IllegalActionError
        With the history.
    """
    together = getattr(player, "act_batch", None)
    chosen: list[Any] = []
    for first in range(0, len(states), BATCH):
        some, own = states[first : first + BATCH], rngs[first : first + BATCH]
        if together is None:
            chosen += [player.act(state, rng) for state, rng in zip(some, own, strict=True)]
        else:
            chosen += together(some, own)
    for state, action in zip(states, chosen, strict=True):
        if action not in state.legal_actions():
            raise IllegalActionError(
                f"{player_name(player)} chose {action!r}, which is not legal after the history "
                f"{list(state.history())}; legal actions are {list(state.legal_actions())}."
            )
    return [int(action) for action in chosen]
