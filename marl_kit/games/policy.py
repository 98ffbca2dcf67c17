"""Behaviour strategies of all players, as one vector."""

from __future__ import annotations

import json
from collections.abc import Hashable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from marl_kit.core.errors import CheckpointError, InvalidProfileError, MarlKitError
from marl_kit.core.files import write_atomic
from marl_kit.games.game import Game, State
from marl_kit.games.tree import GameTree, read_only

if TYPE_CHECKING:
    import pandas as pd

FORMAT = "marl_kit.policy"
VERSION = 1
SUM_TOLERANCE = 1e-6
"""Probabilities that a user typed or a float32 network gave may miss 1 by this much; they are
scaled to sum to 1."""


class TabularPolicy:
    """One behaviour strategy for each player of a game.

    Attributes
    ----------
    game : Game
    probabilities : float64 [S], read-only
        Of every action slot, over ``game.tree().infoset_offset``.

    Raises
    ------
    InvalidProfileError
        Wrong length, negative or non-finite numbers, an infoset whose sum is not 1.
    """

    __slots__ = ("game", "probabilities")

    def __init__(self, game: Game, probabilities: Any):
        self.game = game
        self.probabilities = read_only(_checked(game.tree(), probabilities))

    @classmethod
    def uniform(cls, game: Game) -> TabularPolicy:
        """Every action with equal probability."""
        sizes = game.tree().num_actions
        return cls(game, np.repeat(1.0 / np.maximum(sizes, 1), sizes))

    def action_probabilities(self, state: State) -> dict[int, float]:
        """``{action: probability}`` at the infoset of the player to move."""
        return self.at(self.game.infoset_key(state), state.current_player())

    def at(self, key: Hashable, player: int | None = None) -> dict[int, float]:
        """``{action: probability}`` at the infoset with this key."""
        index = infoset_index(self.game)
        infoset = index.get(key, index.get((player, key)))
        if infoset is None:
            raise InvalidProfileError(f"{self.game.name} has no infoset with the key {key!r}.")
        tree = self.game.tree()
        slots = tree.slots(infoset)
        return {
            int(a): float(p)
            for a, p in zip(tree.action_number[slots], self.probabilities[slots], strict=True)
        }

    def to_dict(self) -> dict[Hashable, list[float]]:
        """``{infoset key: probabilities in the order of the actions}``."""
        tree = self.game.tree()
        return {
            key: self.probabilities[tree.slots(i)].tolist()
            for i, key in enumerate(tree.infoset_keys)
        }

    def to_frame(self) -> pd.DataFrame:
        """A table with the columns player, infoset, action, probability."""
        import pandas as pd

        tree = self.game.tree()
        infoset = np.repeat(np.arange(tree.num_infosets), tree.num_actions)
        names = [name for i in range(tree.num_infosets) for name in self.game.action_names(i)]
        return pd.DataFrame(
            {
                "player": tree.infoset_player[infoset],
                "infoset": [tree.infoset_keys[i] for i in infoset],
                "action": names,
                "probability": self.probabilities,
            }
        )

    def to_openspiel(self) -> Any:
        """The same as a ``pyspiel.TabularPolicy`` (for games of OpenSpiel)."""
        from marl_kit.games.openspiel import to_openspiel_policy

        return to_openspiel_policy(self)

    def save(self, path: str | Path) -> None:
        """Write the policy as JSON, with the game's spec; ``mk.load_policy`` reads it."""
        content = {
            "format": FORMAT,
            "version": VERSION,
            "game": self.game.spec,
            "policy": [
                {"player": int(p), "infoset": _string(key), "probabilities": row}
                for p, (key, row) in zip(
                    self.game.tree().infoset_player, self.to_dict().items(), strict=True
                )
            ],
        }
        write_atomic(Path(path), json.dumps(content, indent=1) + "\n")

    def __repr__(self) -> str:
        tree = self.game.tree()
        return f"TabularPolicy({self.game.name}, {tree.num_infosets} infosets)"


def _string(key: Hashable) -> str:
    """A key in a file: the player stands beside it there."""
    return str(key[1] if isinstance(key, tuple) else key)


def load_policy(path: str | Path, game: Any = None) -> TabularPolicy:
    """Read a policy that ``TabularPolicy.save`` wrote.

    ``game`` is needed only where the game was made in Python and has no spec.

    Raises
    ------
    CheckpointError
        Not such a file, damaged, or a game that does not fit.
    """
    from marl_kit.games.load import as_game

    content = read_json(Path(path), FORMAT, VERSION)
    if game is None and content.get("game") == "":
        raise CheckpointError(f"{path}: its game was made in Python; pass it as game=.")
    if game is not None:
        game = as_game(game)
    try:
        return _from_rows(as_game(content["game"]) if game is None else game, content["policy"])
    except (KeyError, TypeError, ValueError, MarlKitError) as error:
        raise CheckpointError(f"{path}: the policy cannot be used ({error}).") from error


def _from_rows(game: Game, rows: list[dict[str, Any]]) -> TabularPolicy:
    tree = game.tree()
    table = {(row["player"], row["infoset"]): row["probabilities"] for row in rows}
    wanted = [
        (int(p), _string(key))
        for p, key in zip(tree.infoset_player, tree.infoset_keys, strict=True)
    ]
    missing = [pair for pair in wanted if pair not in table]
    if missing or len(table) != len(wanted):
        raise InvalidProfileError(
            f"it does not fit {game.name}: {len(table)} infosets in the file, {len(wanted)} in "
            f"the game" + (f", {missing[0]} is missing" if missing else "")
        )
    return TabularPolicy(game, [p for pair in wanted for p in table[pair]])


def read_json(path: Path, name: str, version: int) -> dict[str, Any]:
    """Read one of our JSON files and check what it is."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CheckpointError(f"{path}: cannot be read ({error.strerror}).") from error
    except ValueError as error:
        raise CheckpointError(f"{path}: not a {name} file ({error}).") from error
    if not isinstance(content, dict) or content.get("format") != name:
        raise CheckpointError(f"{path}: not a {name} file.")
    if content.get("version") != version:
        raise CheckpointError(
            f"{path}: format version {content.get('version')}; this release reads {version}."
        )
    return content


def normalised(
    num_actions: np.ndarray, weight: np.ndarray, elsewhere: np.ndarray | None = None
) -> np.ndarray:
    """Weights of action slots, float64 [S] and not negative, as probabilities at each infoset.

    Where an infoset has no weight these are ``elsewhere``, float64 [S], or uniform without it.
    """
    if elsewhere is None:
        elsewhere = np.repeat(1.0 / np.maximum(num_actions, 1), num_actions)
    infoset = np.repeat(np.arange(len(num_actions)), num_actions)
    total = np.bincount(infoset, weights=weight, minlength=len(num_actions))[infoset]
    reached = total > 0
    return np.where(reached, weight / np.where(reached, total, 1.0), elsewhere)


def infoset_index(game: Game) -> dict[Hashable, int]:
    """``{key or alias: infoset}``, built once a tree."""
    if game._infoset_index is None:
        index = {key: i for i, key in enumerate(game.tree().infoset_keys)}
        index.update({alias: index[key] for alias, key in game.key_aliases().items()})
        game._infoset_index = index
    return game._infoset_index


def _checked(tree: GameTree, probabilities: Any) -> np.ndarray:
    try:
        p = np.array(probabilities, np.float64)
    except (TypeError, ValueError) as error:
        raise InvalidProfileError(f"probabilities must be numbers ({error}).") from error
    if p.shape != (tree.num_slots,):
        raise InvalidProfileError(
            f"probabilities have shape {p.shape}; the game has {tree.num_slots} action slots at "
            f"{tree.num_infosets} infosets, so give a vector of that length."
        )
    infoset = np.repeat(np.arange(tree.num_infosets), tree.num_actions)
    bad = np.flatnonzero(~(np.isfinite(p) & (p >= -SUM_TOLERANCE)))
    if len(bad):
        raise InvalidProfileError(
            f"a probability at infoset {tree.infoset_keys[infoset[bad[0]]]!r} is {p[bad[0]]}; "
            f"probabilities are finite and not negative."
        )
    p = np.maximum(p, 0.0)
    total = np.bincount(infoset, weights=p, minlength=tree.num_infosets)
    off = np.flatnonzero(np.abs(total - 1) > SUM_TOLERANCE)
    if len(off):
        raise InvalidProfileError(
            f"the probabilities at infoset {tree.infoset_keys[off[0]]!r} sum to "
            f"{total[off[0]]:.9g}; they must sum to 1."
        )
    return p / total[infoset]
