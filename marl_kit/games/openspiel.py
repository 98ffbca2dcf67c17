"""Games of OpenSpiel; the only module that imports ``pyspiel`` for them."""

from __future__ import annotations

import math
from collections.abc import Hashable
from operator import methodcaller
from typing import Any

import numpy as np
import pyspiel

from marl_kit.core.errors import (
    GameTooLargeError,
    InvalidOptionError,
    InvalidProfileError,
    UnknownNameError,
    UnsupportedGameError,
)
from marl_kit.core.progress import Progress
from marl_kit.core.spec import format_spec
from marl_kit.games.enumerate import enumerate_tree
from marl_kit.games.game import Game, State
from marl_kit.games.normal_form import NormalFormGame
from marl_kit.games.policy import TabularPolicy
from marl_kit.games.tree import GameTree


def openspiel_names() -> list[str]:
    """Short names of OpenSpiel's games."""
    return list(pyspiel.registered_names())


def load_openspiel(name: str, params: dict[str, Any]) -> Game:
    """Load an OpenSpiel game by its short name and parameters."""
    if name not in pyspiel.registered_names():
        raise UnknownNameError("OpenSpiel game", name, openspiel_names())
    spec = format_spec(name, _parameters(name, params))
    try:
        game = pyspiel.load_game(spec)
    except (pyspiel.SpielError, IndexError, RuntimeError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise InvalidOptionError(f"OpenSpiel refuses {spec}: {reason}") from error
    wrapped = wrap_openspiel(game)
    wrapped.spec = f"openspiel:{spec}"  # some games print themselves as what cannot be loaded
    return wrapped


def wrap_openspiel(game: pyspiel.Game) -> Game:
    """Our handle on a ``pyspiel.Game``: matrix games become ``NormalFormGame``, others keep their
    rules, and simultaneous moves are turned into turns."""
    kind = game.get_type()
    if isinstance(game, pyspiel.MatrixGame):
        return _matrix_game(game)
    if kind.information == pyspiel.GameType.Information.ONE_SHOT:
        return _one_shot_game(game)
    if kind.dynamics == pyspiel.GameType.Dynamics.MEAN_FIELD:
        raise UnsupportedGameError(f"{kind.short_name} is a mean-field game; those are not read.")
    return OpenSpielGame(game)


def to_openspiel(game: Any) -> pyspiel.Game:
    """The game as OpenSpiel's: a matrix game for two players, a tensor game for more.

    OpenSpiel's payoffs are float64; names of actions are kept. A game that came from OpenSpiel is
    given back as it was.

    Raises
    ------
    UnsupportedGameError
        A tree that is not OpenSpiel's own; ``game.to_normal_form()`` can be converted.
    """
    from marl_kit.games.load import as_game

    game = as_game(game)
    if isinstance(game, OpenSpielGame):
        return game.original
    if not isinstance(game, NormalFormGame):
        raise UnsupportedGameError(
            f"{game.name} is in {game.form} form, which OpenSpiel reads only as a file "
            f"(game.save('x.efg')); game.to_normal_form() can be converted."
        )
    names = [list(own) for own in game.actions]
    if game.num_players == 2:
        return pyspiel.create_matrix_game(game.name, game.name, *names, *game.payoffs)
    flat = [table.ravel().tolist() for table in game.payoffs]
    return pyspiel.create_tensor_game(game.name, game.name, names, flat)


PAYOFF_LIMIT = 2_000_000
"""Payoffs of a game of one simultaneous move, as of the reduced normal form of a tree."""
IN_TURNS = "simultaneous moves became turns, and nobody sees a move made at the same time"


class OpenSpielGame(Game):
    """A sequential OpenSpiel game. States are ``pyspiel.State`` objects themselves.

    ``rules`` is the ``pyspiel.Game`` that is walked: where OpenSpiel has simultaneous moves it is
    the game turned into turns (a player does not see what was chosen at the same time), and
    ``note`` says so.
    """

    def __init__(self, game: pyspiel.Game):
        kind = game.get_type()
        self.original = game
        simultaneous = kind.dynamics == pyspiel.GameType.Dynamics.SIMULTANEOUS
        self.rules = pyspiel.convert_to_turn_based(game) if simultaneous else game
        super().__init__(name=kind.short_name, num_players=game.num_players(), spec=_spec(game))
        self.note = IN_TURNS if simultaneous else ""
        told = self.rules.get_type()  # asked once: searches ask for keys at every node
        self._tells_infosets = bool(told.provides_information_state_string)
        self._perfect = told.information == pyspiel.GameType.Information.PERFECT_INFORMATION
        self._first_nodes: np.ndarray | None = None

    def new_initial_state(self) -> State:
        return self.rules.new_initial_state()

    def begin(self, seed: int) -> State:
        if self._samples_chance():
            raise UnsupportedGameError(
                f"{self.name} draws its chance moves itself and does not tell them, so games "
                f"cannot be repeated from a seed; load it with explicit chance if it has such an "
                f"option."
            )
        return self.new_initial_state()

    def _samples_chance(self) -> bool:
        mode = self.rules.get_type().chance_mode
        return bool(mode == pyspiel.GameType.ChanceMode.SAMPLED_STOCHASTIC)

    def infoset_key(self, state: State) -> Hashable:
        if self._tells_infosets:
            return state.information_state_string()
        if not self._perfect:
            raise UnsupportedGameError(
                f"{self.name} has hidden information and gives no information state string in "
                f"OpenSpiel, so its infosets cannot be told apart."
            )
        return state.history_str()  # type: ignore[attr-defined]

    @property
    def perfect_information(self) -> bool:
        return self._perfect

    def utility_bounds(self) -> tuple[float, float]:
        return float(self.rules.min_utility()), float(self.rules.max_utility())

    def action_names(self, infoset: int) -> tuple[str, ...]:
        tree = self.tree()
        if self._first_nodes is None:
            self._first_nodes = tree.first_nodes()
        state = self.rules.new_initial_state()
        for action in tree.history(int(self._first_nodes[infoset])):
            state.apply_action(action)
        player = state.current_player()
        return tuple(state.action_to_string(player, a) for a in state.legal_actions())

    def _build_tree(self, node_limit: int, progress: Progress) -> GameTree:
        if self._samples_chance():
            raise UnsupportedGameError(
                f"{self.name} samples its chance moves without telling their probabilities, so it "
                f"cannot be enumerated; load it with explicit chance if it has such an option."
            )
        told = self._tells_infosets
        key_of = methodcaller("information_state_string") if told else self.infoset_key
        return enumerate_tree(self, node_limit, progress, key_of)


def _matrix_game(game: pyspiel.MatrixGame) -> NormalFormGame:
    payoffs = np.stack([game.row_utilities(), game.col_utilities()])
    names = (
        [game.row_action_name(i) for i in range(game.num_rows())],
        [game.col_action_name(i) for i in range(game.num_cols())],
    )
    return NormalFormGame(payoffs, names, _short(game), spec=_matrix_spec(game))


def _one_shot_game(game: pyspiel.Game) -> NormalFormGame:
    """Play every joint action once."""
    start = game.new_initial_state()
    players = range(game.num_players())
    legal = [start.legal_actions(p) for p in players]
    size = len(legal) * math.prod(map(len, legal))
    if size > PAYOFF_LIMIT:
        raise GameTooLargeError(
            f"{game} has {' x '.join(str(len(own)) for own in legal)} actions, hence {size:,} "
            f"payoffs, more than {PAYOFF_LIMIT:,}; take smaller parameters."
        )
    payoffs = np.empty((len(legal), *map(len, legal)))
    for place in np.ndindex(*payoffs.shape[1:]):
        state = start.clone()
        state.apply_actions([legal[p][place[p]] for p in players])
        payoffs[(slice(None), *place)] = state.returns()
    names = [[start.action_to_string(p, a) for a in legal[p]] for p in players]
    spec = _tensor_spec(game) if isinstance(game, pyspiel.TensorGame) else _spec(game)
    return NormalFormGame(payoffs, names, _short(game), spec=spec)


def _short(game: pyspiel.Game) -> str:
    return game.get_type().short_name


def _spec(game: pyspiel.Game) -> str:
    if _short(game) not in pyspiel.registered_names():
        return ""  # made in Python, from matrices: no string loads it again
    text = f"openspiel:{game}"
    return text[:-2] if text.endswith("()") else text


def _matrix_spec(game: pyspiel.MatrixGame) -> str:
    """The spec, unless the game was made in Python and only shares a registered game's name."""
    spec = _spec(game)
    if not isinstance(known := _loaded(spec), pyspiel.MatrixGame):
        return ""
    same = _matrix_parts(known) == _matrix_parts(game)
    return spec if same else ""


def _matrix_parts(game: pyspiel.MatrixGame) -> Any:
    rows = [game.row_action_name(i) for i in range(game.num_rows())]
    columns = [game.col_action_name(i) for i in range(game.num_cols())]
    return rows, columns, game.row_utilities().tolist(), game.col_utilities().tolist()


def _tensor_spec(game: pyspiel.TensorGame) -> str:
    spec = _spec(game)
    if not isinstance(known := _loaded(spec), pyspiel.TensorGame):
        return ""
    return spec if _tensor_parts(known) == _tensor_parts(game) else ""


def _tensor_parts(game: pyspiel.TensorGame) -> Any:
    shape = game.shape()
    names = [[game.action_name(p, a) for a in range(n)] for p, n in enumerate(shape)]
    return names, [np.asarray(game.player_utilities(p)).tolist() for p in range(game.num_players())]


def _loaded(spec: str) -> pyspiel.Game | None:
    """The registered game of this spec; None where OpenSpiel reads none from it."""
    try:
        return pyspiel.load_game(spec.removeprefix("openspiel:")) if spec else None
    except (pyspiel.SpielError, RuntimeError, ValueError):
        return None


def _parameters(name: str, params: dict[str, Any]) -> dict[str, Any]:
    """Known names only, and numbers in the type that OpenSpiel wants.

    Ours comes first: OpenSpiel prints a line of its own for every error.
    """
    kind = next(t for t in pyspiel.registered_games() if t.short_name == name)
    known = kind.parameter_specification
    for key in params:
        if key not in known:
            raise UnknownNameError(f"parameter of {name}", key, known)
    return {key: _readable(value, known[key]) for key, value in params.items()}


def _readable(value: Any, example: Any) -> Any:
    if isinstance(example, bool) and value in (0, 1):
        return bool(value)
    return float(value) if isinstance(example, float) and isinstance(value, int) else value


def from_openspiel_policy(game: NormalFormGame, policy: Any) -> list[list[float]]:
    """Each player's mixture in a matrix game, which OpenSpiel tells at its simultaneous node."""
    if not game.spec.startswith("openspiel:"):
        raise InvalidProfileError(f"{game.name} is not an OpenSpiel game; give vectors.")
    state = pyspiel.load_game(game.spec.removeprefix("openspiel:")).new_initial_state()
    mixtures = []
    for p in range(game.num_players):
        told = dict(policy.action_probabilities(state, p))
        mixtures.append([told.get(a, 0.0) for a in state.legal_actions(p)])
    return mixtures


def to_openspiel_policy(policy: TabularPolicy) -> pyspiel.TabularPolicy:
    """Convert a policy; OpenSpiel finds it by information state string."""
    if not isinstance(policy.game, OpenSpielGame):
        raise UnsupportedGameError(
            f"{policy.game.name} is not an OpenSpiel game, so OpenSpiel cannot play its policy."
        )
    tree = policy.game.tree()
    if any(isinstance(key, tuple) for key in tree.infoset_keys):
        raise UnsupportedGameError(
            f"players of {policy.game.name} share information state strings, by which OpenSpiel's "
            f"policies are looked up."
        )
    table = {}
    for i, key in enumerate(tree.infoset_keys):
        slots = tree.slots(i)
        pairs = zip(tree.action_number[slots], policy.probabilities[slots], strict=True)
        table[key] = [(int(a), float(p)) for a, p in pairs]
    return pyspiel.TabularPolicy(table)
