"""Whatever describes a profile of strategies, brought to one of two forms.

Normal form: a list of P float64 vectors. Every other form: one ``TabularPolicy``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from marl_kit.core.errors import InvalidProfileError
from marl_kit.games.game import Game
from marl_kit.games.normal_form import NormalFormGame
from marl_kit.games.policy import SUM_TOLERANCE, TabularPolicy, infoset_index
from marl_kit.games.tabulate import read_row, tabulate

Profile = list[np.ndarray] | TabularPolicy


def as_profile(game: Game, profile: Any) -> Profile:
    """Read any accepted description of a profile.

    Accepted: a ``Solution``; a list of P vectors (normal form); a ``TabularPolicy``; a list of P
    policies, one a seat; ``{infoset key: probabilities}``; an OpenSpiel policy; a callable
    ``state -> {action: probability}``; a player with ``probabilities(state)`` or
    ``probabilities_batch(states)``. What is no table is asked once at every infoset, in batches
    where it can answer them, and made one.

    Raises
    ------
    InvalidProfileError
        It does not fit the game; the message names the player, infoset or action.
    """
    profile = getattr(profile, "profile", profile)
    if isinstance(profile, str):
        return _named(game, profile)
    if isinstance(game, NormalFormGame):
        return _vectors(game, profile)
    return _policy(game, profile)


def _named(game: Game, name: str) -> Profile:
    if name != "uniform":
        raise InvalidProfileError(f"{name!r} is not a profile; the only name is 'uniform'.")
    return uniform_profile(game)


def uniform_profile(game: Game) -> Profile:
    """Every action with equal probability."""
    if isinstance(game, NormalFormGame):
        return [np.full(n, 1.0 / n) for n in game.num_actions]
    return TabularPolicy.uniform(game)


def _vectors(game: NormalFormGame, profile: Any) -> list[np.ndarray]:
    if type(profile).__module__.split(".")[0] in ("pyspiel", "open_spiel"):
        from marl_kit.games.openspiel import from_openspiel_policy

        profile = from_openspiel_policy(game, profile)
    if not isinstance(profile, Sequence | np.ndarray):
        return _split(game, _policy(game, profile).probabilities)
    if len(profile) != game.num_players:
        raise InvalidProfileError(
            f"the profile has {len(profile)} strategies and {game.name} has {game.num_players} "
            f"players."
        )
    if any(_is_policy(strategy) for strategy in profile):
        return _split(game, _by_seat(game, profile).probabilities)  # type: ignore[arg-type]
    return [_vector(game, p, strategy) for p, strategy in enumerate(profile)]


def _is_policy(x: Any) -> bool:
    """Whether ``x`` tells probabilities by infoset or state, unlike a vector of numbers."""
    tells = ("probabilities", "probabilities_batch", "action_probabilities")
    return isinstance(x, Mapping) or callable(x) or any(hasattr(x, name) for name in tells)


def _split(game: NormalFormGame, probabilities: np.ndarray) -> list[np.ndarray]:
    return np.split(np.array(probabilities), np.cumsum(game.num_actions)[:-1])


def _vector(game: NormalFormGame, player: int, strategy: Any) -> np.ndarray:
    try:
        x = np.array(strategy, np.float64)
    except (TypeError, ValueError) as error:
        raise InvalidProfileError(
            f"player {player}'s strategy is not a vector ({error})."
        ) from error
    if x.shape != (game.num_actions[player],):
        raise InvalidProfileError(
            f"player {player}'s strategy has shape {x.shape}; it needs "
            f"{game.num_actions[player]} probabilities."
        )
    bad = np.flatnonzero(~(np.isfinite(x) & (x >= -SUM_TOLERANCE)))
    if len(bad):
        raise InvalidProfileError(
            f"player {player}'s probability of action {bad[0]} is {x[bad[0]]}; probabilities are "
            f"finite and not negative."
        )
    x = np.maximum(x, 0.0)
    if abs(x.sum() - 1) > SUM_TOLERANCE:
        raise InvalidProfileError(
            f"player {player}'s probabilities sum to {x.sum():.9g}; they must sum to 1."
        )
    return x / x.sum()


def _policy(game: Game, profile: Any) -> TabularPolicy:
    if isinstance(profile, TabularPolicy):
        if profile.game is game:
            return profile
        return _from_mapping(game, profile.to_dict())
    if isinstance(profile, Mapping):
        return _from_mapping(game, profile)
    if isinstance(profile, Sequence):
        return _by_seat(game, profile)
    return _from_callable(game, profile)


def _by_seat(game: Game, policies: Sequence[Any]) -> TabularPolicy:
    if len(policies) != game.num_players:
        raise InvalidProfileError(
            f"the list has {len(policies)} policies and {game.name} has {game.num_players} players."
        )
    tree = game.tree()
    owner = np.repeat(tree.infoset_player, tree.num_actions)
    merged = np.zeros(tree.num_slots)
    for p, policy in enumerate(policies):
        mine = owner == p
        seat = getattr(policy, "profile", policy)
        if isinstance(seat, Mapping):
            merged[mine] = _table(game, seat, player=p)[mine]
        else:
            merged[mine] = _policy_of_seat(game, seat, p)[mine]
    return TabularPolicy(game, merged)


def _policy_of_seat(game: Game, policy: Any, player: int) -> np.ndarray:
    if isinstance(policy, TabularPolicy):
        return _policy(game, policy).probabilities
    return tabulate(game, policy, player)


def _from_mapping(game: Game, table: Mapping[Any, Any]) -> TabularPolicy:
    return TabularPolicy(game, _table(game, table))


def _table(game: Game, table: Mapping[Any, Any], player: int | None = None) -> np.ndarray:
    """Slots from ``{key: probabilities}``; with ``player`` only that player's infosets count."""
    tree = game.tree()
    index = infoset_index(game)
    probabilities = np.full(tree.num_slots, np.nan)
    for key, row in table.items():
        infoset = index.get(key)
        if infoset is None:
            raise InvalidProfileError(f"{game.name} has no infoset with the key {key!r}.")
        probabilities[tree.slots(infoset)] = read_row(game, infoset, row)
    owner = np.repeat(tree.infoset_player, tree.num_actions)
    missing = np.isnan(probabilities) & ((owner == player) | (player is None))
    if np.any(missing):
        slot = int(np.flatnonzero(missing)[0])
        infoset = int(np.searchsorted(tree.infoset_offset, slot, side="right") - 1)
        raise InvalidProfileError(
            f"the profile says nothing at infoset {tree.infoset_keys[infoset]!r} of player "
            f"{tree.infoset_player[infoset]} ({int(np.sum(missing))} action probabilities are "
            f"missing in all)."
        )
    return probabilities


def _from_callable(game: Game, policy: Any) -> TabularPolicy:
    return TabularPolicy(game, tabulate(game, policy))
