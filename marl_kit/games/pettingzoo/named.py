"""Environments by name: ``pettingzoo:classic/connect_four_v3``."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable
from functools import partial
from typing import Any

from marl_kit.core.errors import InvalidOptionError, UnknownNameError, UnsupportedGameError
from marl_kit.core.spec import format_spec
from marl_kit.games.pettingzoo.game import PettingZooGame
from marl_kit.games.pettingzoo.library import library

PERFECT_INFORMATION = ("chess", "connect_four", "go", "tictactoe")
"""The classic environments in which nothing is hidden from the player to move."""
UTILITY_BOUNDS = {
    "chess": (-1.0, 1.0),
    "connect_four": (-1.0, 1.0),
    "go": (-1.0, 1.0),
    "leduc_holdem": (-7.0, 7.0),
    "tictactoe": (-1.0, 1.0),
}
"""Of the returns in classic environments where they are known."""
OUTSIDE = ("mpe2",)
"""Families that moved out of PettingZoo and register nothing: ``FAMILY.NAME`` is a module."""


def load_pettingzoo(name: str, params: dict[str, Any]) -> PettingZooGame:
    """An environment of PettingZoo's registry as a game.

    Parameters
    ----------
    name : str
        Family, name and version, ``"classic/connect_four_v3"``.
    params : dict
        ``seed`` is the game's (0 if left out); all others are the environment's own.

    Raises
    ------
    UnknownNameError
        With near misses.
    InvalidOptionError
        Parameters that the environment does not take.
    UnsupportedGameError
        PettingZoo, or what the environment needs, is not installed.
    """
    own = dict(params)
    seed = own.pop("seed", 0)
    for key, value in own.items():
        if not isinstance(value, bool | int | float | str):
            raise InvalidOptionError(
                f"{key}={value!r} cannot be written in a spec; give PettingZooGame a callable."
            )
    known, make = maker(name)
    family, _, title = re.sub(r"_v\d+$", "", known).rpartition("/")
    classic = family == "classic"
    spec = format_spec(f"pettingzoo:{known}", {**own, **({"seed": seed} if seed else {})})
    try:
        return PettingZooGame(
            partial(make, **own),
            name=known.rpartition("/")[2],
            seed=seed,
            perfect_information=classic and title in PERFECT_INFORMATION,
            utility_bounds=UTILITY_BOUNDS.get(title) if classic else None,
            spec=spec,
        )
    except (TypeError, ValueError, AssertionError) as error:
        reason = " ".join(str(error).split())
        raise InvalidOptionError(f"PettingZoo refuses {spec}: {reason}") from error


def maker(name: str, *, parallel: bool = False) -> tuple[str, Callable[..., Any]]:
    """The full name of an environment and what makes it: in turns where there is the choice, or
    ``parallel``."""
    pettingzoo = library()
    if not hasattr(pettingzoo, "make"):
        raise UnsupportedGameError(
            f"PettingZoo {pettingzoo.__version__} has no register of environments; install 1.27 "
            f"or newer, or give PettingZooGame a callable."
        )
    from pettingzoo.env_registry.exceptions import PettingZooRegistryError

    for kind in ("parallel", "aec") if parallel else ("aec", "parallel"):
        try:
            found = pettingzoo.spec(kind, name)
        except PettingZooRegistryError:
            continue
        return _written(found.id), partial(_make, kind, found)
    if name.partition("/")[0] in OUTSIDE:
        return name, _outside(name, "parallel_env" if parallel else "env")
    known = [_written(key) for key in (*pettingzoo.aec_registry, *pettingzoo.parallel_registry)]
    raise UnknownNameError("PettingZoo environment", name, known)


def _written(identifier: str) -> str:
    """The register's ``classic/go-v5`` as everybody writes it, ``classic/go_v5``."""
    return re.sub(r"-v(\d+)$", r"_v\1", identifier)


def _make(kind: str, found: Any, **params: Any) -> Any:
    from pettingzoo.env_registry.exceptions import FailedToImport

    try:
        return library().make(kind, found, **params)
    except (FailedToImport, ImportError) as error:
        raise UnsupportedGameError(
            f"{_written(found.id)} needs what is not installed ({error.__cause__ or error}); "
            f"`pip install 'pettingzoo[{found.namespace}]'` brings it."
        ) from error


def _outside(name: str, function: str) -> Callable[..., Any]:
    family, _, title = name.partition("/")
    try:
        module = importlib.import_module(f"{family}.{title}")
    except ModuleNotFoundError as error:
        raise UnsupportedGameError(
            f"{name} cannot be imported ({error}); `pip install {family}` brings its family."
        ) from error
    if not callable(make := getattr(module, function, None)):
        raise UnsupportedGameError(f"{name} is a module without a function {function}().")
    return make
