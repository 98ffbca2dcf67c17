"""The games of a round, and the examples that they leave."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from marl_kit.core.errors import UnsupportedGameError
from marl_kit.games.game import Game
from marl_kit.learn.alphazero.examples import Examples, pack
from marl_kit.learn.alphazero.options import AlphaZero
from marl_kit.learn.alphazero.teacher import Knows, exact_targets
from marl_kit.learn.networks.view import View
from marl_kit.search.evaluator import Evaluator
from marl_kit.search.self_play import PlayedGame, self_play


@dataclass(frozen=True, eq=False, slots=True)
class Lesson:
    """How a game becomes examples.

    Attributes
    ----------
    game : Game
    view : View
    search_value : float
        Share of the search's own value in what is to be learned.
    known : oracle or None
    exact_from : int
        It is asked about positions after so many moves.
    """

    game: Game
    view: View
    search_value: float = 0.0
    known: Knows | None = None
    exact_from: int = 0


def play_round(
    game: Game,
    options: AlphaZero,
    evaluator: Evaluator,
    lesson: Lesson,
    seed: np.random.Generator,
    first: int,
) -> tuple[list[PlayedGame], Examples]:
    """Play the games ``first .. first + options.games - 1`` and take the examples from them."""
    played = list(
        self_play(
            game,
            options.searching,
            evaluator,
            games=options.games,
            slots=options.slots,
            seed=seed,
            first=first,
            temperature=options.temperature,
            temperature_plies=options.temperature_plies,
            quick=options.quick,
            random_plies=options.random_plies,
        )
    )
    return played, examples_of(lesson, played)


def examples_of(lesson: Lesson, played: Iterable[PlayedGame]) -> Examples:
    """One for each search of each game, in their order."""
    view = lesson.view
    seen, players, policies, legal, full, values, games = [], [], [], [], [], [], []
    for game in played:
        state, made = lesson.game.new_initial_state(), 0
        for ply, result, whole in zip(game.plies, game.results, game.full, strict=True):
            for action in game.actions[made:ply]:
                state.apply_action(action)
            made = ply
            policy, mask = np.zeros(view.num_actions), np.zeros(view.num_actions, bool)
            policy[result.actions], mask[result.actions] = result.policy, True
            value = (1 - lesson.search_value) * game.returns + lesson.search_value * result.value
            learned = whole
            if lesson.known is not None and ply >= lesson.exact_from:
                value, policy = exact_targets(lesson.known, state, policy)
                learned = True
            seen.append(state.observation_tensor(result.player))
            players.append(result.player)
            policies.append(policy)
            legal.append(mask)
            full.append(learned)
            values.append(value)
            games.append(game.index)
    if not players:
        raise UnsupportedGameError(
            f"nobody had a decision to search in these games of {lesson.game.name}: it ends at "
            f"once, or random_plies end it."
        )
    return pack(
        np.array(seen, np.float32).reshape(len(players), -1),
        np.array(players),
        np.array(legal),
        np.array(policies),
        np.array(full),
        np.array(values),
        np.array(games),
    )
