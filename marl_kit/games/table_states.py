"""Whether a state belongs to a game: its actions alone do not tell."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from marl_kit.core.errors import InvalidOptionError, MarlKitError
from marl_kit.core.spec import parse_spec
from marl_kit.games.board import BoardGame
from marl_kit.games.game import Game

TREE_ARRAYS = ("player", "num_children", "first_child", "action", "chance_prob", "payoffs")
"""What must agree for two trees to be one game; names and infosets do not change values."""


def require_state_of(game: Game, state: Any) -> None:
    """Refuse what is no state, and states of other games.

    A state belongs to a game with the same rules and parameters: board rules of the same file,
    OpenSpiel's game of the same name, the same tree; and OpenSpiel's game is that of the catalogue
    if name and parameters agree, since these share their action numbers.

    Raises
    ------
    InvalidOptionError
    """
    if not callable(getattr(state, "current_player", None)):
        raise InvalidOptionError(
            f"{state!r} is no state; give one of {_called(game)}, such as game.new_initial_state()."
        )
    if not belongs(game, state):
        raise InvalidOptionError(
            f"the state with the history {list(state.history())} is of {_called(_game_of(state))}, "
            f"none of {game.name}; give a state of {_called(game)}."
        )


def belongs(game: Game, state: Any) -> bool:
    """Whether a state is one of a game."""
    theirs, game = _game_of(state), _compiled_from(game)
    if theirs is None:  # it does not tell; its moves are compared later
        return type(state) is type(game.new_initial_state())
    if theirs is game:
        return True
    if isinstance(theirs, BoardGame):
        if isinstance(game, BoardGame):
            return game.same_rules(theirs)
        return _same_openspiel(_rules_of(game), _twin(theirs.spec))
    if isinstance(theirs, Game):
        return _same_tree(game, theirs)
    ours = _twin(game.spec) if isinstance(game, BoardGame) else _rules_of(game)
    return _same_openspiel(ours, theirs)


def _game_of(state: Any) -> Any:
    """The game of a state: ours or OpenSpiel's; None if the state does not tell."""
    if (tells := getattr(state, "get_game", None)) is not None:
        return tells()
    game = getattr(state, "game", None) or getattr(state, "_game", None)
    return _compiled_from(game) if isinstance(game, Game) else None


def _compiled_from(game: Any) -> Any:
    """A table's source, else the game."""
    return getattr(game, "source", game)


def _rules_of(game: Game) -> Any:
    """OpenSpiel's game behind one of ours, if there is one."""
    rules = getattr(game, "rules", None)
    return rules if hasattr(rules, "get_parameters") else None


@functools.lru_cache(maxsize=64)
def _twin(spec: str) -> Any:
    """OpenSpiel's game of the same name and parameters as one of the catalogue."""
    from marl_kit.games.load import load_game

    name, params = parse_spec(spec) if spec else ("", {})
    if not name.isidentifier():  # a path, or another prefix
        return None
    try:
        return _rules_of(load_game(f"openspiel:{name}", **params))
    except MarlKitError:  # OpenSpiel has no such game
        return None


def _same_openspiel(one: Any, two: Any) -> bool:
    if one is None or two is None:
        return False
    if one.get_type().short_name != two.get_type().short_name:
        return False
    # what was given and what was left at its default is told apart by the text only
    return bool(str(one) == str(two) or one.get_parameters() == two.get_parameters())


def _same_tree(one: Game, two: Game) -> bool:
    from marl_kit.games.tree_game import TreeGame

    if not isinstance(one, TreeGame) or not isinstance(two, TreeGame):
        return bool(one.spec) and one.spec == two.spec
    mine, yours = one.tree(), two.tree()
    return all(np.array_equal(getattr(mine, x), getattr(yours, x)) for x in TREE_ARRAYS)


def _called(game: Any) -> str:
    return repr(getattr(game, "spec", "") or getattr(game, "name", "") or str(game))
