"""The terms of a run: what it was begun with, and what it may be gone on with."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from marl_kit.core.errors import CheckpointError, InvalidOptionError
from marl_kit.core.registry import fold
from marl_kit.core.spec import parse_spec
from marl_kit.games.game import Game
from marl_kit.league.log import MatchLog
from marl_kit.league.options import AUTO, Options
from marl_kit.league.plans import is_small
from marl_kit.league.records import Run
from marl_kit.learn.registry import ORACLES, find_oracle
from marl_kit.play.registry import is_player_spec


def named_players(players: Any) -> list[tuple[str | None, Any]]:
    """Names (None: to be found) and players."""
    if isinstance(players, Mapping):
        return list(players.items())
    if isinstance(players, str) or not isinstance(players, Sequence):
        raise InvalidOptionError(
            f"players is {players!r}; give a list of players, or a dict of names and players."
        )
    twice = [p for i, p in enumerate(players) if isinstance(p, str) and p in players[:i]]
    if twice:
        raise InvalidOptionError(
            f"{twice[0]!r} is given twice; give a dict, so that each has a name of its own."
        )
    return [(None, player) for player in players]


def learner_among(
    named: list[tuple[str | None, Any]], options: dict[str, Any]
) -> tuple[list[tuple[str | None, Any]], dict[str, Any]]:
    """Take an oracle's spec, such as ``"alphazero"``, from the players into the options.

    Raises
    ------
    InvalidOptionError
        More than one who learns.
    """
    learning = [spec for _, spec in named if _names_oracle(spec)]
    if not learning:
        return named, options
    if len(learning) > 1 or "oracle" in options:
        others = [*learning, options.get("oracle")]
        raise InvalidOptionError(
            f"{others[0]!r} and {others[1]!r} would both be the one who learns; give one oracle, "
            f"and the option learners=... for several of its kind."
        )
    rest = [(name, spec) for name, spec in named if spec is not learning[0]]
    return rest, options | {"oracle": learning[0]}


def _names_oracle(spec: Any) -> bool:
    if not isinstance(spec, str) or is_player_spec(spec):
        return False
    return fold(parse_spec(spec)[0]) in ORACLES


def settled(options: Options, game: Game) -> Options:
    """With everything decided that may depend on the game."""
    if options.meta_solver == AUTO:
        solver = "nash" if game.num_players == 2 else "projected_replicator"
        options = replace(options, meta_solver=solver)
    if not options.learning:
        return replace(options, exact=False)
    exact = is_small(game) if options.exact == AUTO else options.exact
    oracle = options.oracle
    if oracle == AUTO:
        oracle = "best_response" if exact else "q_learning"
    decided = replace(options, exact=exact, oracle=find_oracle(oracle).spec)
    decided.check(game)
    return decided


def check_same(log: MatchLog, run: Run, any_seed: bool) -> None:
    """Refuse to go on with a run under other terms than those it began with."""
    assert log.run is not None
    for what, there, given in (
        ("game", log.run.game, run.game),
        ("preset", log.run.preset, run.preset),
        *_options(log.run, run),
        ("seed", log.run.seed, run.seed),
        ("stream", log.run.entropy, run.entropy),
        ("content of the game's file", log.run.game_sha256, run.game_sha256),
        ("marl_kit release", log.run.release, run.release),
    ):
        if there != given and not (any_seed and what in ("seed", "stream")):
            raise CheckpointError(
                f"{log.path}: this run has the {what} {there!r}, and {given!r} was given; give the "
                f"same, or another path."
            )


def _options(there: Run, given: Run) -> list[tuple[str, object, object]]:
    """Each option by itself, so that only those that differ need to be told."""
    before, now = json.loads(there.options), json.loads(given.options)
    names = dict.fromkeys([*before, *now])
    return [(f"option {name}", before.get(name), now.get(name)) for name in names]
