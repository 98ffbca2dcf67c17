"""Networks in files: safetensors, with what they are for in the header."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch

from marl_kit.core.errors import CheckpointError, InvalidOptionError, MarlKitError
from marl_kit.core.files import write_atomic
from marl_kit.games.board import BoardGame
from marl_kit.games.game import Game
from marl_kit.games.load import load_game
from marl_kit.learn.networks.architecture import Architecture, PolicyValueNetwork, new_network
from marl_kit.learn.networks.view import view_of

FORMAT = "marl_kit.network"
VERSION = "1"
HEADER = "marl_kit"
"""The key under which safetensors keeps ours."""


@dataclass(frozen=True, slots=True)
class NetworkHeader:
    """What stands in a file beside the weights.

    Attributes
    ----------
    game : str
        Spec of the game that it was trained on.
    architecture : Architecture
    facts : {str: str}
        Whatever its maker wrote down: rounds, games, seed.
    """

    game: str
    architecture: Architecture
    facts: dict[str, str] = field(default_factory=dict)


def write_network(path: str | Path, network: PolicyValueNetwork, header: NetworkHeader) -> None:
    """Write a network, atomically."""
    write_atomic(path, network_bytes(network, header))


def network_bytes(network: PolicyValueNetwork, header: NetworkHeader) -> bytes:
    """A network as the content of a file."""
    told = {
        "game": header.game,
        "architecture": asdict(header.architecture),
        "facts": header.facts,
    }
    return tensor_bytes(network.state_dict(), FORMAT, VERSION, told)


def tensor_bytes(
    tensors: dict[str, torch.Tensor], form: str, version: str, told: dict[str, Any]
) -> bytes:
    """Tensors and a header as the content of a safetensors file; the same for the same.

    The header is one string, since safetensors does not keep the order of several.
    """
    plain = plain_tensors(tensors)
    header = {"format": form, "version": version, "sha256": _digest(plain), **told}
    return safetensors.torch.save(plain, {HEADER: json.dumps(header, sort_keys=True)})


def _digest(tensors: dict[str, torch.Tensor]) -> str:
    """Of names, types, shapes and numbers."""
    found = hashlib.sha256()
    for name in sorted(tensors):
        tensor = tensors[name]
        found.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        found.update(tensor.numpy().tobytes())
    return found.hexdigest()


def plain_tensors(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Row by row in memory, as files hold them."""
    return {name: t.detach().contiguous().clone() for name, t in tensors.items()}


def read_network(path: str | Path, game: Game) -> tuple[PolicyValueNetwork, NetworkHeader]:
    """Read a network for a game.

    Raises
    ------
    CheckpointError
        No such file, a damaged one, one of another format, or a network of another game.
    """
    tensors, told = read_tensors(path, FORMAT, VERSION)
    header = _header(Path(path), told)
    if not _same_game(header.game, game):
        raise CheckpointError(
            f"{str(path)!r} holds a network for {header.game!r}, and the game is {game.spec!r}; "
            f"give the game that it was trained on."
        )
    view = view_of(game)
    network = new_network(
        header.architecture, view.shape, view.num_actions, view.num_players, seed=0
    )
    fill(network, tensors, path)
    return network, header


def _same_game(spec: str, game: Game) -> bool:
    """Whether the spec means this game, also if it is written in another way."""
    if spec == game.spec:
        return True
    if not isinstance(game, BoardGame):
        return False
    try:
        other = load_game(spec)
    except (MarlKitError, OSError):  # a file that is not here
        return False
    return isinstance(other, BoardGame) and game.same_rules(other)


def fill(network: PolicyValueNetwork, tensors: dict[str, torch.Tensor], path: Any) -> None:
    """Take over weights.

    Raises
    ------
    CheckpointError
        Weights that are not this network's.
    """
    try:
        network.load_state_dict(tensors)
    except RuntimeError as error:
        raise CheckpointError(
            f"the weights in {str(path)!r} do not fit the network that its header describes; the "
            f"file is damaged or was put together from two."
        ) from error
    if not all(bool(torch.isfinite(t).all()) for t in tensors.values()):
        raise CheckpointError(f"{str(path)!r} has weights that are not finite numbers.")


def read_tensors(
    path: str | Path, form: str, version: str
) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """Tensors and header of a file of a certain format.

    Raises
    ------
    CheckpointError
        No such file, a damaged one, or one of another format or version.
    """
    path = Path(path)
    try:
        with safetensors.safe_open(str(path), "pt") as file:
            told = json.loads((file.metadata() or {}).get(HEADER, "{}"))
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except FileNotFoundError as error:
        raise CheckpointError(f"there is no file {str(path)!r}.") from error
    except (OSError, ValueError, safetensors.SafetensorError) as error:
        raise CheckpointError(
            f"{str(path)!r} cannot be read ({error}); it is damaged, cut short or not a "
            f"safetensors file."
        ) from error
    if told.get("format") != form:
        raise CheckpointError(
            f"{str(path)!r} is of format {told.get('format')!r}, not {form!r}; give a file that "
            f"marl_kit wrote for this purpose."
        )
    if told.get("version") != version:
        raise CheckpointError(
            f"{str(path)!r} has version {told.get('version')!r} of its format and this marl_kit "
            f"reads {version!r}; use the release that wrote it."
        )
    if told.get("sha256") != _digest(tensors):
        raise CheckpointError(
            f"the numbers in {str(path)!r} are not those that were written; the file is damaged."
        )
    return tensors, told


def _header(path: Path, told: dict[str, Any]) -> NetworkHeader:
    try:
        architecture, facts = Architecture(**told["architecture"]), told["facts"]
        return NetworkHeader(told["game"], architecture, {str(k): str(v) for k, v in facts.items()})
    except (KeyError, ValueError, TypeError, AttributeError, InvalidOptionError) as error:
        raise CheckpointError(f"the header of {str(path)!r} is damaged ({error!r}).") from error
