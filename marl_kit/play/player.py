"""What a player is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    import numpy as np

    from marl_kit.games.game import State


@runtime_checkable
class Player(Protocol):
    """Somebody who chooses actions.

    Any object with ``act`` will do. It may have more, which is used where it is there:

    ``act_batch(states, rngs) -> actions``
        The same for many states at once.
    ``probabilities(state) -> {action: probability}``
        Exactly the distribution that ``act`` draws from; a player that cannot say it does not
        have the method.
    ``probabilities_batch(states) -> [{action: probability}, ...]``
        The same for many states at once: how exact evaluation asks for all infosets.
    ``start(seat, game_seeds)``
        Said before games begin in which it sits at ``seat``, with the seed sequence of its own
        stream in each of them (``mk.play`` begins one game at a time).
    ``end(state)``
        Said to those who play when their game is over, with the last state.
    ``spec``, ``name``
        The string that makes it again, and what tables call it.
    """

    def act(self, state: State, rng: np.random.Generator) -> int:
        """A legal action of the player to move in ``state``, which must be left as it is.

        Called only when ``state.current_player()`` is the player's seat. All randomness comes
        from ``rng``. In a game with hidden information only the seat's own information state or
        observation, ``legal_actions()`` and public facts may be used.
        """
        ...


def player_name(player: Any) -> str:
    """What tables and messages call a player.

    >>> class Cautious:
    ...     def act(self, state, rng): ...
    >>> player_name(Cautious())
    'Cautious'
    """
    for attribute in ("name", "spec"):
        text = getattr(player, attribute, "")
        if isinstance(text, str) and text:
            return text
    return type(player).__name__


def distinct_names(players: Iterable[Any]) -> tuple[str, ...]:
    """Their names; the second of the same name gets ``#2``, and so on."""
    seen: Counter[str] = Counter()
    names = []
    for name in map(player_name, players):
        seen[name] += 1
        names.append(name if seen[name] == 1 else f"{name} #{seen[name]}")
    return tuple(names)
