"""AlphaZero as a player: a network and a search."""

from __future__ import annotations

import inspect
import os
from pathlib import Path
from typing import Any

from marl_kit.core.errors import InvalidOptionError, UnknownNameError
from marl_kit.core.spec import format_spec, parse_spec
from marl_kit.games.catalogue import catalogue_root
from marl_kit.games.game import Game
from marl_kit.learn.alphazero.run_file import PLAYER
from marl_kit.learn.networks.evaluator import NetworkEvaluator, network_evaluator
from marl_kit.learn.networks.file import read_network
from marl_kit.learn.networks.view import view_of
from marl_kit.play.mcts import SearchPlayer
from marl_kit.play.options import not_negative, require_perfect_information, whole
from marl_kit.search.gumbel import Gumbel
from marl_kit.search.options import Options
from marl_kit.search.puct import PUCT

SUFFIX = ".safetensors"
SIMULATIONS, CONSIDERED = 64, 16
_DEFAULTS = {"search": "gumbel", "considered": CONSIDERED, "noise": 0, "temperature": 0}


def alphazero_player(game: Game, text: str, seed: Any) -> SearchPlayer:
    """Build ``alphazero:PATH(simulations=64)``; its ``spec`` has the absolute path of the file.

    PATH is a file of weights, the folder of a training run, or the name of a game of the catalogue
    that has weights beside it. Other options: ``search`` (``gumbel`` or ``puct``), ``considered``
    (actions at Gumbel's root), ``noise`` (factor of Gumbel's numbers, 1 in training; share of
    Dirichlet noise with PUCT) and ``temperature``.

    Raises
    ------
    InvalidOptionError, UnknownNameError
        Options that are not allowed.
    UnsupportedGameError
        Hidden information.
    CheckpointError
        A file that is missing, damaged or of another game.
    """
    where, given = parse_spec(text)
    if not where:
        raise InvalidOptionError(
            "alphazero: needs a path, such as 'alphazero:runs/tic_tac_toe', or the name of a game "
            "of the catalogue, such as 'alphazero:connect_four'."
        )
    known = [*inspect.signature(search_options).parameters, "temperature"]
    for key in given:
        if key not in known:
            raise UnknownNameError("option of alphazero", key, known)
    require_perfect_information("alphazero", game)
    temperature = not_negative("alphazero", "temperature", given.pop("temperature", 0))
    options = search_options(**given)
    return player_from(game, weights_of(where), options, temperature, where)


def player_from(
    game: Game, path: Path, options: Options, temperature: float = 0, where: str = ""
) -> SearchPlayer:
    """The player of a file of weights; ``where`` is how the user named it."""
    network, _ = read_network(path, game)
    evaluator = network_evaluator(network, view_of(game))
    spec = written_spec(str(path), options, temperature)
    name = written_spec(where or str(path), options, temperature)
    return SearchPlayer(game, options, spec, evaluator, temperature, name)


def written_spec(where: str, options: Options, temperature: float = 0) -> str:
    """``alphazero:PATH(simulations=...)`` with whatever else is not as usual."""
    told: dict[str, Any] = {"search": "puct" if isinstance(options, PUCT) else "gumbel"}
    told |= {"considered": getattr(options, "considered", CONSIDERED)}
    told |= {"noise": getattr(options, "noise", 0), "temperature": temperature}
    unusual = {name: value for name, value in told.items() if value != _DEFAULTS[name]}
    return "alphazero:" + format_spec(where, {"simulations": options.simulations, **unusual})


def search_options(
    *,
    simulations: Any = SIMULATIONS,
    search: Any = "gumbel",
    considered: Any = CONSIDERED,
    noise: Any = 0,
) -> Options:
    """How an AlphaZero player searches."""
    whole("alphazero", "simulations", simulations)
    whole("alphazero", "considered", considered)
    not_negative("alphazero", "noise", noise)
    if search == "gumbel":
        return Gumbel(simulations=simulations, considered=considered, noise=noise)
    if search == "puct":
        return PUCT(simulations=simulations, noise=noise)
    raise InvalidOptionError(f"search of alphazero is {search!r}; give gumbel or puct.")


def weights_of(where: str) -> Path:
    """The file that a path or a name of the catalogue means; absolute."""
    named = os.sep not in where and not where.endswith(SUFFIX) and where not in (".", "..")
    if named:
        for path in sorted(catalogue_root().glob(f"*/{where}{SUFFIX}")):
            return path.absolute()
        known = sorted(path.stem for path in catalogue_root().glob(f"*/*{SUFFIX}"))
        raise UnknownNameError(
            "AlphaZero player of the catalogue",
            where,
            known,
            "The folder of a run has a '/' in its path, as in 'alphazero:./my_run'.",
        )
    path = Path(os.path.abspath(os.path.expanduser(where)))
    return path / PLAYER if path.is_dir() else path


def player_of(
    game: Game, evaluator: NetworkEvaluator, options: Options, spec: str = "alphazero"
) -> SearchPlayer:
    """A player with a network that is in memory."""
    return SearchPlayer(game, options, spec, evaluator)
