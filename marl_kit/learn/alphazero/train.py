"""``mk.train_alphazero``."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from marl_kit.core.checks import whole
from marl_kit.core.errors import InvalidOptionError, UnsupportedGameError
from marl_kit.core.interrupt import stop_on_ctrl_c
from marl_kit.core.lock import WriterLock
from marl_kit.core.seeds import resolve_seed
from marl_kit.core.threads import one_torch_thread
from marl_kit.games.load import as_game
from marl_kit.learn.alphazero.options import NAME, AlphaZero
from marl_kit.learn.alphazero.player import player_from, search_options
from marl_kit.learn.alphazero.progress import ProgressRow
from marl_kit.learn.alphazero.run_file import PLAYER, begin, require_usable
from marl_kit.learn.alphazero.training import Training, new_run, run_description
from marl_kit.learn.options import options_of
from marl_kit.play.player import Player
from marl_kit.search.search import require_searchable

ROUNDS = 30
"""Where neither rounds nor hours are given."""


def train_alphazero(
    game: Any,
    path: str | Path | None = None,
    rounds: int | None = None,
    hours: float | None = None,
    seed: int = 0,
    *,
    progress: Callable[[ProgressRow], None] | None = None,
    **config: Any,
) -> Player:
    """Train a network by the games that it plays against itself.

    A round plays games with the weights of the round before, and then learns from the positions of
    the last rounds. With a ``path`` everything is written there after each round, and a run that
    was interrupted, or killed, goes on from its last round: the same call, with the same game, seed
    and options, gives the same weights as if it had never stopped. Ctrl-C ends it after the round
    that is being played, a second one at once.

    Parameters
    ----------
    game : Game, spec string or pyspiel.Game
        Of perfect information.
    path : str or Path, optional
        Folder of the run; None keeps it in memory.
    rounds : int, optional
        In all, those of earlier calls included; 30 if there are no ``hours`` either. 0 gives the
        untrained network.
    hours : float, optional
        Of this call: no round begins after so long.
    seed : int
        Of everything: weights, games, batches, evaluation.
    progress : callable, optional
        Called with a ``ProgressRow`` after each round.
    **config
        Fields of ``AlphaZero``: network, games, simulations, window, updates, ...

    Returns
    -------
    Player
        With ``.spec`` to make it again, where there is a ``path``.

    Raises
    ------
    UnsupportedGameError
        Hidden information, moves at the same time, or a game without observations in numbers.
    InvalidOptionError, UnknownNameError
        Options that are not allowed; a folder of another run.
    CheckpointError
        A folder that is damaged; nothing is overwritten.
    RunInUseError
        Another process trains in this folder.

    Notes
    -----
    Silver et al. (2018), A general reinforcement learning algorithm that masters chess, shogi, and
    Go through self-play; with the search of Danihelka et al. (2022), Policy improvement by planning
    with Gumbel, unless ``search="puct"``. Torch computes with one thread meanwhile. Bits are the
    same on the same class of machine with the same version of torch.

    Examples
    --------
    >>> player = train_alphazero("tic_tac_toe", rounds=1, games=16, updates=5, evaluate_every=0)
    >>> player.spec
    'alphazero'
    """
    options = options_of(AlphaZero, NAME, config)
    _check_budget(rounds, hours)
    game = as_game(game)
    require_searchable(game)
    _require_spec(game, path)
    number, root = resolve_seed(seed)
    run = new_run(game, options, number, root)
    with one_torch_thread():
        if path is None:
            training = Training(run, None)
            _train(training, rounds, hours, progress)
            return training.player()
        folder = Path(os.path.abspath(os.path.expanduser(path)))
        require_usable(folder, run_description(run))
        lock = _locked(folder)
        try:
            require_usable(folder, run_description(run))  # nobody can change it any more
            training = Training(run, folder)
            begin(folder, run_description(run))
            training.write_first()
            _train(training, rounds, hours, progress)
        finally:
            lock.release()
        return player_from(game, folder / PLAYER, search_options(search=options.search))


def _train(
    training: Training,
    rounds: int | None,
    hours: float | None,
    progress: Callable[[ProgressRow], None] | None,
) -> None:
    if rounds is None and hours is None:
        rounds = ROUNDS
    until = None if hours is None else time.monotonic() + 3600 * hours
    with stop_on_ctrl_c() as stop:
        while not stop.requested:
            if rounds is not None and training.counters.round >= rounds:
                return
            if until is not None and time.monotonic() >= until:
                return
            row = training.round()
            if progress is not None:
                progress(row)


def _check_budget(rounds: Any, hours: Any) -> None:
    if rounds is not None:
        whole("rounds", rounds, least=0)
    number = isinstance(hours, int | float) and not isinstance(hours, bool)
    if hours is not None and not (number and 0 < hours < float("inf")):
        raise InvalidOptionError(f"hours is {hours!r}; give a number above 0.")


def _require_spec(game: Any, path: Any) -> None:
    if path is not None and not game.spec:
        raise UnsupportedGameError(
            f"{game.name} was not made by mk.load_game, so a player on disk could not be used "
            f"again; leave path away."
        )


def _locked(folder: Path) -> WriterLock:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidOptionError(
            f"{str(folder)!r} cannot be made ({error.strerror}); give a folder of yours."
        ) from error
    return WriterLock(folder)
