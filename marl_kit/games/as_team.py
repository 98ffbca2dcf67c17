"""From whatever a team can play to its environment."""

from __future__ import annotations

from typing import Any, Protocol

from marl_kit.core.errors import InvalidOptionError
from marl_kit.core.spec import parse_spec
from marl_kit.games.game import Game
from marl_kit.games.load import as_game
from marl_kit.games.normal_form import NormalFormGame
from marl_kit.games.team import TeamEnvironment, TeamSizes

PREFIX = "pettingzoo:"


class Team(Protocol):
    """What a team plays, in as many copies as one likes."""

    name: str
    spec: str

    @property
    def sizes(self) -> TeamSizes: ...

    def environment(self, batch: int = 1, seed: int | None = None) -> TeamEnvironment: ...


def as_team(env: Any, *, horizon: int | None = None, state: str = "auto") -> Team:
    """What a team plays, from a game, an environment or the name of one.

    Parameters
    ----------
    env : spec, Game, pyspiel.Game, PettingZoo environment, callable or team
        - ``"pettingzoo:mpe2/simple_spread_v3(N=2)"``, a callable without arguments that makes a
          PettingZoo environment, or one live environment (of which there is one copy):
          ``ParallelTeam``;
        - a team's game of the catalogue, such as ``"simple_spread"``: itself;
        - a game in normal form: played once; ``stage_team(game, rounds)`` repeats it;
        - any other game, such as ``"openspiel:tiny_hanabi"``: in turns, ``TurnTeam``;
        - what has ``name``, ``sizes`` and ``environment(batch, seed)``: itself.
    horizon, state
        Of PettingZoo's environments, see ``ParallelTeam``.

    Raises
    ------
    InvalidOptionError
        What is none of these, or options that it does not take.

    Examples
    --------
    >>> as_team("openspiel:tiny_hanabi").sizes.agents
    ('player_0', 'player_1')
    >>> as_team("chicken").sizes.horizon
    1
    """
    options: dict[str, Any] = {"horizon": horizon, "state": state}
    if isinstance(env, str) and env.startswith(PREFIX):
        return _registered(env, options)
    if isinstance(env, Game):
        return _of_game(env, options)
    if _is_team(env):
        _refuse_options(env.name, options)
        return env
    if _is_pettingzoo(env):
        from marl_kit.games.pettingzoo.parallel import ParallelTeam

        return ParallelTeam(env, **options)
    try:
        game = as_game(env)
    except InvalidOptionError as error:
        if isinstance(env, str):
            raise
        raise InvalidOptionError(
            f"{env!r} is nothing that a team plays; give a spec such as 'simple_spread', a game, "
            f"a PettingZoo environment or a callable that makes one."
        ) from error
    return _of_game(game, options)


def _registered(spec: str, options: dict[str, Any], *, without_seed: bool = False) -> Team:
    from marl_kit.games.pettingzoo.parallel import load_parallel

    name, params = parse_spec(spec)
    if without_seed:  # that of a game in turns, not of the environment
        params.pop("seed", None)
    return load_parallel(name.removeprefix(PREFIX), params, **options)


def _of_game(game: Game, options: dict[str, Any]) -> Team:
    if game.spec.startswith(PREFIX):
        return _registered(game.spec, options, without_seed=True)
    _refuse_options(game.name, options)
    if game.form == "team":
        return game  # type: ignore[return-value]
    if isinstance(game, NormalFormGame):
        from marl_kit.games.team_stage import stage_team

        stage = stage_team(game)
        stage.spec = game.spec
        return stage
    from marl_kit.games.team_turns import TurnTeam

    return TurnTeam(game)


def _is_team(env: Any) -> bool:
    return hasattr(env, "sizes") and callable(getattr(env, "environment", None))


def _is_pettingzoo(env: Any) -> bool:
    """A callable, or a live environment; asked without importing the library."""
    kinds = type(env).__mro__
    live = any(c.__module__.startswith("pettingzoo.") for c in kinds)
    return live or callable(env)


def _refuse_options(name: str, options: dict[str, Any]) -> None:
    if options != {"horizon": None, "state": "auto"}:
        raise InvalidOptionError(
            f"horizon and state are options of PettingZoo's environments, and {name} is none; "
            f"give the horizon as a parameter of the game if it has one."
        )
