"""Ratings from games of any number of players, by the library openskill."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from marl_kit.core.errors import InvalidOptionError, UnknownNameError, UnsupportedGameError

if TYPE_CHECKING:
    import pandas as pd

MODELS = {
    "plackett_luce": "PlackettLuce",
    "bradley_terry_full": "BradleyTerryFull",
    "bradley_terry_part": "BradleyTerryPart",
    "thurstone_mosteller_full": "ThurstoneMostellerFull",
    "thurstone_mosteller_part": "ThurstoneMostellerPart",
}


def openskill(games: Any, model: str = "plackett_luce") -> pd.DataFrame:
    """Ratings of players from games of any number of them, taken in their order.

    Parameters
    ----------
    games : MatchResult, or iterable of MatchResults and pairs (players, scores)
        Each pair is one game: the names of two or more players and what each of them scored, more
        being better and equal scores a draw.
    model : str
        ``plackett_luce``, ``bradley_terry_full``, ``bradley_terry_part``,
        ``thurstone_mosteller_full`` or ``thurstone_mosteller_part``.

    Returns
    -------
    DataFrame
        player, mu (rating), sigma (its standard deviation), ordinal (mu - 3 sigma), games; the
        highest ordinal first. In the library's units: a newcomer has mu 25 and sigma 25/3.

    Raises
    ------
    UnsupportedGameError
        The library openskill is not installed.
    UnknownNameError
        A model that does not exist.
    InvalidOptionError
        Games that are none.

    Notes
    -----
    Weng and Lin (2011), A Bayesian approximation method for online ranking, Journal of Machine
    Learning Research 12; Joshy (2024), OpenSkill, Journal of Open Source Software 9. The order of
    the games matters, unlike in ``mk.elo``.
    """
    if not isinstance(model, str) or model not in MODELS:
        raise UnknownNameError("model", str(model), MODELS)
    played = [game for x in _listed(games) for game in _games(x)]
    rater = _library(MODELS[model])
    standing: dict[Any, Any] = {}
    number: dict[Any, int] = {}
    for players, scores in played:
        teams = [[standing.get(p) or rater.rating(name=str(p))] for p in players]
        for player, team in zip(players, rater.rate(teams, scores=scores), strict=True):
            standing[player] = team[0]
            number[player] = number.get(player, 0) + 1
    return _frame(standing, number)


def _library(name: str) -> Any:
    try:
        models = importlib.import_module("openskill.models")
    except ImportError as error:
        raise UnsupportedGameError(
            "openskill is not installed; install it with: pip install 'marl-kit[openskill]', or "
            "use mk.elo for matches of two."
        ) from error
    return getattr(models, name)()


def _listed(games: Any) -> list[Any]:
    if hasattr(games, "scores"):
        return [games]
    if isinstance(games, str | Mapping) or not isinstance(games, Iterable):
        raise InvalidOptionError(
            f"games are {games!r}; give MatchResults, or pairs (players, scores)."
        )
    return list(games)


def _games(x: Any) -> list[tuple[Sequence[Any], list[float]]]:
    """One game, or those of a match; scores as floats."""
    if hasattr(x, "scores"):
        players, table = list(x.players), np.asarray(x.scores, np.float64)
    elif isinstance(x, str | Mapping) or not hasattr(x, "__len__") or len(x) != 2:
        raise InvalidOptionError(f"{x!r} is no game; give a pair (players, scores).")
    else:
        players, table = _pair(x)
    _refuse_names(players)
    if table.ndim != 2 or table.shape[1] != len(players) or not np.isfinite(table).all():
        raise InvalidOptionError(
            f"a game of {', '.join(map(str, players))} needs one finite score for each of them."
        )
    if len(players) < 2 or len(set(players)) < len(players):
        raise InvalidOptionError(
            f"a game has the players {players}; give two or more, all different."
        )
    return [(players, row) for row in table.tolist()]


def _pair(x: Any) -> tuple[list[Any], np.ndarray]:
    try:
        players, scores = x
        if any(isinstance(part, str | Mapping) for part in (players, scores)):
            raise TypeError
        return list(players), np.array([list(scores)], np.float64)
    except (TypeError, ValueError) as error:
        raise InvalidOptionError(f"{x!r} is no game; give a pair (players, scores).") from error


def _refuse_names(players: Sequence[Any]) -> None:
    for name in players:
        if isinstance(name, bool) or not isinstance(name, str | int | np.integer):
            raise InvalidOptionError(
                f"{name!r} is no name of a player; give a string or an integer."
            )


def _frame(standing: dict[Any, Any], number: dict[Any, int]) -> pd.DataFrame:
    import pandas as pd

    rows = [(p, s.mu, s.sigma, s.ordinal(), number[p]) for p, s in standing.items()]
    frame = pd.DataFrame(rows, columns=["player", "mu", "sigma", "ordinal", "games"])
    ranked = frame.sort_values("ordinal", ascending=False, kind="stable")
    return ranked.reset_index(drop=True)
