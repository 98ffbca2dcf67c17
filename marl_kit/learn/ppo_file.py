"""Networks of PPO in files, and the player that follows one."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import torch

from marl_kit.core.errors import CheckpointError, InvalidOptionError
from marl_kit.core.threads import one_torch_thread
from marl_kit.games.game import Game
from marl_kit.games.policy import TabularPolicy
from marl_kit.learn.networks.file import read_tensors, tensor_bytes
from marl_kit.learn.ppo_learner import PPOLearner
from marl_kit.learn.ppo_options import PPO
from marl_kit.learn.tree_inputs import TreeInputs, tree_inputs
from marl_kit.play.policy_player import PolicyPlayer, profile_player

FORMAT = "marl_kit.ppo"
VERSION = "1"
SIZES = ("width", "depth")


def learner_bytes(learner: PPOLearner, game: Game, wave: int = 0) -> bytes:
    """Actor and critic of a single run as the content of a file."""
    sizes = {name: getattr(learner.options, name) for name in SIZES}
    told = {**_expected(game, learner.inputs), **sizes, "wave": wave}
    return tensor_bytes(_networks(learner).state_dict(), FORMAT, VERSION, told)


def restore(learner: PPOLearner, path: str | Path, game: Game) -> None:
    """Go on from the networks in a file; the magnet begins where their policy is.

    Raises
    ------
    CheckpointError
        No such file, damaged, of another game, or of networks of other sizes.
    """
    tensors, told = read_tensors(path, FORMAT, VERSION)
    sizes = {name: getattr(learner.options, name) for name in SIZES}
    for name, mine in {**_expected(game, learner.inputs), **sizes}.items():
        if told.get(name) != mine:
            raise CheckpointError(
                f"{str(path)!r}: its {name} is {told.get(name)!r}, and here it is {mine!r}; give "
                f"the file of a learner of this game and of these options."
            )
    if not all(bool(torch.isfinite(t).all()) for t in tensors.values()):
        raise CheckpointError(f"{str(path)!r} has weights that are not finite numbers.")
    try:
        _networks(learner).load_state_dict(tensors)
    except RuntimeError as error:
        raise CheckpointError(
            f"the weights in {str(path)!r} do not fit the networks that its header describes; the "
            f"file is damaged or was put together from two."
        ) from error
    learner.magnet = learner.log_probs()


def ppo_player(game: Game, path: str, seed: Any) -> PolicyPlayer:
    """Build ``ppo:PATH``; its ``spec`` has the absolute path.

    The network is asked about every infoset once, and then the player follows a table.

    Raises
    ------
    CheckpointError
        A file that is missing, damaged or of another game.
    GameTooLargeError
    """
    if not path:
        raise InvalidOptionError("ppo: needs a path, such as 'ppo:runs/kuhn.safetensors'.")
    file = Path(os.path.abspath(os.path.expanduser(path)))
    _, told = read_tensors(file, FORMAT, VERSION)
    try:
        options = PPO(width=told.get("width", 0), depth=told.get("depth", 0))
    except InvalidOptionError as error:
        raise CheckpointError(f"{str(file)!r}: the header is damaged ({error}).") from error
    with one_torch_thread():
        learner = PPOLearner(options, tree_inputs(game), [np.random.SeedSequence(0)])
        restore(learner, file, game)
        policy = TabularPolicy(game, learner.policies()[0])
    return profile_player(game, policy, f"ppo:{file}", f"ppo:{path}")


def _networks(learner: PPOLearner) -> torch.nn.ModuleDict:
    return torch.nn.ModuleDict({"actor": learner.actor, "critic": learner.critic})


def _expected(game: Game, inputs: TreeInputs) -> dict[str, Any]:
    """What a file must say to be of this game."""
    (infosets, seen), actions = inputs.features.shape, inputs.legal.shape[1]
    sizes = {"infosets": infosets, "inputs": seen, "actions": actions}
    return {"game": game.spec or game.name, "players": game.num_players, **sizes}
