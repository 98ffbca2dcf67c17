"""Rounds: games in which players choose at the same time, and nothing else is hidden.

``mk.load_game`` turns such choices into turns. Here they are put together again.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

from marl_kit.core.errors import UnsupportedGameError
from marl_kit.core.progress import Progress
from marl_kit.games.enumerate import enumerate_tree
from marl_kit.games.game import Game
from marl_kit.games.normal_form import NormalFormGame
from marl_kit.games.table_states import require_state_of
from marl_kit.games.tree import GameTree

SIMULTANEOUS = -2
"""``current_player()`` of a state at which several players choose (OpenSpiel's number)."""


@dataclass(frozen=True, eq=False, slots=True)
class Round:
    """A position at the beginning of a round, before anybody chose.

    Attributes
    ----------
    state : State
        With OpenSpiel's calls for simultaneous moves, ``legal_actions(player)`` and
        ``apply_actions([P])``, where several players choose. Nobody else holds it.
    before : tuple of int
        The history that led here, as the game in turns counts it.
    """

    state: Any
    before: tuple[int, ...]


def takes_rounds(game: Game) -> bool:
    """Whether it is a game of OpenSpiel's that became turns and hides only what is chosen at the
    same time."""
    original = getattr(game, "original", None)  # a pyspiel.Game
    if original is None or original is game.rules:  # type: ignore[attr-defined]
        return False
    return bool(original.get_type().information.name == "PERFECT_INFORMATION")


def require_rounds(game: Game, who: str) -> None:
    """Refuse a game that hides more than what is chosen at the same time.

    Raises
    ------
    UnsupportedGameError
    """
    if isinstance(game, NormalFormGame) or takes_rounds(game) or game.perfect_information:
        return
    raise UnsupportedGameError(
        f"{who} needs a game in which nothing is hidden but what is chosen at the same time, and "
        f"{game.name} hides more (or does not say that it hides no more); ismcts searches such "
        f"games, and 'solver:cfr+(iterations=1000)' solves them."
    )


def earlier_choices(state: Any) -> int:
    """How many players have chosen in this round, at a state of a game that ``takes_rounds``."""
    together = state.simultaneous_game_state()
    if together.current_player() != SIMULTANEOUS:
        return 0
    return sum(bool(together.legal_actions(p)) for p in range(state.current_player()))


def round_key(state: Any) -> str:
    """A name of the infoset of the player to move, in turns, where nothing is hidden but what is
    chosen at the same time: the player, and the history before the round."""
    before = state.simultaneous_game_state().history()
    return f"player {state.current_player()} after {before}"


def infoset_keys(game: Game) -> Callable[[Any], Hashable]:
    """The function that names infosets for a search: ``game.infoset_key``, or ``round_key`` where
    OpenSpiel has no string for them."""
    if takes_rounds(game) and not isinstance(game, _Remembered):
        rules: Any = game.rules  # type: ignore[attr-defined]
        if not rules.get_type().provides_information_state_string:
            return round_key
    return game.infoset_key


def round_of(game: Game, state: Any) -> Round:
    """The beginning of the round to which a state in turns belongs.

    The choices that were made in it and that the player to move does not see are taken back: it
    is the same round whatever they were.

    Raises
    ------
    InvalidOptionError
        A state of another game.
    """
    require_state_of(game, state)
    if isinstance(game, NormalFormGame):
        from marl_kit.games.openspiel import to_openspiel

        return Round(to_openspiel(game).new_initial_state(), ())
    history = tuple(state.history())
    if not takes_rounds(game):
        return Round(state.clone(), history)
    before = history[: len(history) - earlier_choices(state)]
    return Round(state.simultaneous_game_state().clone(), before)


def remember_rounds(game: Any) -> Game:
    """The same game, but everybody remembers all rounds that were played.

    OpenSpiel tells what lies on the table, and some ways there share one description: formally
    players forget, and exact evaluation refuses that (Goofspiel with four cards and open bids).
    Infosets of the game returned are told apart by the whole history before the round. Where
    nothing else is hidden, what is forgotten is not needed, so equilibria and the gain of a best
    response are the same.

    Parameters
    ----------
    game : Game, spec string or pyspiel.Game
        Any other game than those is handed back as it is.

    Examples
    --------
    >>> import marl_kit as mk
    >>> spec = "goofspiel(num_cards=4,imp_info=False,points_order=descending,returns_type=win_loss)"
    >>> round(mk.nash_conv(remember_rounds(spec), "uniform"), 6)
    1.5
    """
    from marl_kit.games.load import as_game

    game = as_game(game)
    return _Remembered(game) if takes_rounds(game) else game


class _Remembered(Game):
    """A game of OpenSpiel's with the history before the round as the infoset's name."""

    def __init__(self, game: Any):
        super().__init__(name=game.name, num_players=game.num_players)
        self.note = f"{game.note}; everybody remembers all rounds"
        self.original, self.rules, self._source = game.original, game.rules, game

    def new_initial_state(self) -> Any:
        return self._source.new_initial_state()

    def begin(self, seed: int) -> Any:
        return self._source.begin(seed)

    def infoset_key(self, state: Any) -> Hashable:
        return round_key(state)

    @property
    def perfect_information(self) -> bool:
        return bool(self._source.perfect_information)

    def utility_bounds(self) -> tuple[float, float]:
        low, high = self._source.utility_bounds()
        return float(low), float(high)

    def action_names(self, infoset: int) -> tuple[str, ...]:
        tree, state = self.tree(), self.new_initial_state()
        for action in tree.history(int(tree.first_nodes()[infoset])):
            state.apply_action(action)
        player = state.current_player()
        return tuple(state.action_to_string(player, a) for a in state.legal_actions())

    def _build_tree(self, node_limit: int, progress: Progress) -> GameTree:
        return enumerate_tree(self, node_limit, progress)
