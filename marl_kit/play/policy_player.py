"""Players that follow a policy: solved on the spot, read from a file, or in hand."""

from __future__ import annotations

import os
import zipfile
from bisect import bisect_right
from collections.abc import Hashable
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from marl_kit.core.errors import InvalidOptionError
from marl_kit.core.registry import find_method
from marl_kit.core.results import Solution, Status
from marl_kit.core.spec import format_spec, parse_spec
from marl_kit.games.game import Game
from marl_kit.games.policy import TabularPolicy, load_policy
from marl_kit.games.profile import as_profile

if TYPE_CHECKING:
    from marl_kit.games.game import State

Row = tuple[list[int], list[float]]
"""Actions of positive probability, and the running sums of their probabilities."""


@dataclass(frozen=True, eq=False, slots=True)
class PolicyPlayer:
    """Draws each action from a policy, at whatever seat it sits."""

    policy: TabularPolicy = field(repr=False)
    spec: str = ""
    name: str = ""
    _rows: dict[tuple[int, Hashable], Row] = field(default_factory=dict, repr=False)

    def act(self, state: State, rng: np.random.Generator) -> int:
        actions, sums = self._row(state)
        # rounding may leave the last sum below 1
        return actions[min(bisect_right(sums, rng.random()), len(actions) - 1)]

    def probabilities(self, state: State) -> dict[int, float]:
        """``{action: probability}`` at the infoset of the player to move."""
        return self.policy.action_probabilities(state)

    def _row(self, state: State) -> Row:
        """Looked up once an infoset: games come by the thousand."""
        key = state.current_player(), self.policy.game.infoset_key(state)
        row = self._rows.get(key)
        if row is None:
            played = {a: p for a, p in self.policy.action_probabilities(state).items() if p > 0}
            row = self._rows[key] = list(played), list(accumulate(played.values()))
        return row


def profile_player(game: Game, profile: Any, spec: str = "", name: str = "") -> PolicyPlayer:
    """A player that follows a ``Solution`` or ``TabularPolicy`` of the game."""
    strategies = as_profile(game, profile)
    if isinstance(strategies, list):  # a normal form's slots are its players' vectors in turn
        strategies = TabularPolicy(game, np.concatenate(strategies))
    return PolicyPlayer(strategies, spec, name or getattr(profile, "method", "policy"))


def read_profile(path: str | Path, game: Game) -> Solution | TabularPolicy:
    """Read what ``Solution.save`` or ``TabularPolicy.save`` wrote.

    Raises
    ------
    CheckpointError
        Neither of the two, damaged, or of another game.
    """
    # a solution is a zip archive of arrays, a policy is JSON; both refuse what they are not
    if zipfile.is_zipfile(path):
        from marl_kit.solve.storage import load_solution

        return load_solution(path, game)
    return load_policy(path, game)


def saved_player(game: Game, path: str, seed: Any) -> PolicyPlayer:
    """Build ``policy:PATH``; its ``spec`` has the absolute path."""
    if not path:
        raise InvalidOptionError("policy: needs a path, such as 'policy:runs/kuhn.npz'.")
    file = Path(path).expanduser()
    profile = read_profile(file, game)
    return profile_player(game, profile, f"policy:{os.path.abspath(file)}", f"policy:{path}")


def solver_player(game: Game, method: str, seed: Any) -> PolicyPlayer:
    """Build ``solver:METHOD``: solve the game, then follow the solution.

    Raises
    ------
    MarlKitError
        Whatever ``mk.solve`` refuses.
    """
    from marl_kit.solve.solve import solve

    if not method:
        raise InvalidOptionError("solver: needs a method, such as 'solver:cfr+(iterations=1000)'.")
    solution = solve(game, method, seed=seed)
    if solution.status is Status.INTERRUPTED:
        raise KeyboardInterrupt  # half a solution is not the player that was asked for
    name, params = parse_spec(method)
    name = "auto" if name.strip().lower() == "auto" else find_method(name).name
    spec = f"solver:{format_spec(name, params)}"
    return profile_player(game, solution, spec, spec)
