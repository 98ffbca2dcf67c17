"""The tree that a search player grows at a position, to be looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marl_kit.core.errors import IllegalActionError, InvalidOptionError
from marl_kit.core.seeds import resolve_seed
from marl_kit.games.game import Game, State
from marl_kit.games.load import as_game
from marl_kit.play.mcts import SearchPlayer, random_key
from marl_kit.play.player import player_name
from marl_kit.play.registry import make_player

if TYPE_CHECKING:
    from marl_kit.search.picture import SearchTree


def search_tree(
    game: Any,
    player: Any = "mcts(simulations=400,c=1.4)",
    position: Any = (),
    seed: int = 0,
) -> SearchTree:
    """Search one position and keep the tree: statistics, proven values, the expected line.

    It is the search that the player makes when it is frozen with the same seed (``mk.freeze``),
    so it explains what ``mk.refute`` found.

    Parameters
    ----------
    game : Game, spec string or pyspiel.Game
        Of perfect information.
    player : str or SearchPlayer
        ``mcts(...)``, ``puct(...)`` or ``gumbel(...)``, with all their options.
    position : State or sequence of int
        Where to search; a sequence gives the actions from the beginning (of chance too).
    seed : int

    Raises
    ------
    InvalidOptionError
        A player that does not search with a tree.
    IllegalActionError
        An action of ``position`` that is not legal.
    UnsupportedGameError
        Hidden information, or nobody moves at the position.

    Examples
    --------
    >>> tree = search_tree("tic_tac_toe", "mcts(simulations=200,solve=true)", position=[0, 8, 1])
    >>> tree.result.best  # all else loses
    2
    """
    from marl_kit.play.frozen import position_rng
    from marl_kit.search.picture import grow

    game = as_game(game)
    made = make_player(player, game)
    if not isinstance(made, SearchPlayer):
        raise InvalidOptionError(
            f"{player_name(made)} has no tree that could be drawn; give mcts(...), puct(...) or "
            f"gumbel(...)."
        )
    told = callable(getattr(position, "current_player", None))
    state: State = position if told else _after(game, position)
    key = random_key(position_rng(resolve_seed(seed)[0], state))
    return grow(game, state, made.options, key, made.evaluator)


def _after(game: Game, actions: Any) -> State:
    try:
        actions = list(actions)
    except TypeError:
        raise InvalidOptionError(
            f"position is {actions!r}; give a state of {game.name}, or the actions that lead to it."
        ) from None
    state = game.new_initial_state()
    for ply, action in enumerate(actions):
        if state.is_terminal() or action not in state.legal_actions():
            legal = [] if state.is_terminal() else list(state.legal_actions())
            raise IllegalActionError(
                f"action {action!r} at place {ply} of the position is not legal in {game.name}; "
                f"legal there: {legal}."
            )
        state.apply_action(action)
    return state
