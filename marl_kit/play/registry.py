"""Players that users name by a spec, and the code behind them, resolved on first use."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from marl_kit.core.errors import InvalidOptionError, UnknownNameError
from marl_kit.core.registry import resolve
from marl_kit.core.spec import parse_spec

if TYPE_CHECKING:
    import numpy as np

    from marl_kit.play.player import Player


@dataclass(frozen=True, slots=True)
class PlayerKind:
    """A player's entry.

    Attributes
    ----------
    name : str
        What a spec begins with. With a ``:`` at its end, the rest of the spec is a text that the
        player reads itself (a method, a path); without, ``(key=value,...)`` may follow.
    target : str
        ``"module:attribute"``: a function ``(game, text, seed) -> Player`` for the names with
        ``:``, and ``(game, *, key=value, ...) -> Player`` for the others. It checks every option
        before it builds anything.
    example : str
        A spec that makes one, as documents show it.
    reads_file : bool
        Whether the text is the path of a file without which the player cannot be made again.
    """

    name: str
    target: str
    summary: str
    example: str
    reads_file: bool = False

    @property
    def reads_text(self) -> bool:
        return self.name.endswith(":")


PLAYERS: dict[str, PlayerKind] = {
    kind.name: kind
    for kind in (
        PlayerKind(
            "random",
            "marl_kit.play.random_player:random_player",
            "every legal action with equal probability",
            "random",
        ),
        PlayerKind(
            "mcts",
            "marl_kit.play.mcts:mcts_player",
            "UCT with random rollouts (perfect information)",
            "mcts(simulations=400,c=1.4)",
        ),
        PlayerKind(
            "puct",
            "marl_kit.play.mcts:puct_player",
            "AlphaZero's search with equal priors and random rollouts (perfect information)",
            "puct(simulations=100,c=1.25)",
        ),
        PlayerKind(
            "gumbel",
            "marl_kit.play.mcts:gumbel_player",
            "Gumbel search with equal priors and random rollouts (perfect information)",
            "gumbel(simulations=64,considered=16)",
        ),
        PlayerKind(
            "ismcts",
            "marl_kit.play.hidden:ismcts_player",
            "information-set search with random rollouts (hidden information)",
            "ismcts(simulations=400,c=1.4)",
        ),
        PlayerKind(
            "smmcts",
            "marl_kit.play.hidden:smmcts_player",
            "search by regret matching where only choices made at the same time are hidden",
            "smmcts(simulations=1000,exploration=0.2)",
        ),
        PlayerKind(
            "solver:",
            "marl_kit.play.policy_player:solver_player",
            "solves the game by a method, then follows the solution",
            "solver:cfr+(iterations=1000)",
        ),
        PlayerKind(
            "policy:",
            "marl_kit.play.policy_player:saved_player",
            "follows a policy or solution that .save wrote",
            "policy:PATH",
            reads_file=True,
        ),
        PlayerKind(
            "tabular:",
            "marl_kit.play.tabular_player:tabular_player",
            "follows a table that a tabular learner wrote",
            "tabular:PATH",
            reads_file=True,
        ),
        PlayerKind(
            "alphazero:",
            "marl_kit.learn.alphazero.player:alphazero_player",
            "a network that was trained by self-play, and a search (perfect information)",
            "alphazero:PATH(simulations=64)",
            reads_file=True,
        ),
        PlayerKind(
            "ppo:",
            "marl_kit.learn.ppo_file:ppo_player",
            "a network that was trained by PPO (games that can be enumerated)",
            "ppo:PATH",
            reads_file=True,
        ),
        PlayerKind(
            "openspiel:",
            "marl_kit.play.openspiel_bot:openspiel_player",
            "OpenSpiel's own search, on its games (perfect information)",
            "openspiel:mcts(simulations=100,c=2)",
        ),
        PlayerKind(
            "rollout",
            "marl_kit.play.rollout_player:rollout_player",
            "one-ply improvement of a base player by its rollouts (perfect information)",
            "rollout(base=random,simulations=20)",
        ),
        PlayerKind(
            "oracle",
            "marl_kit.play.oracle:oracle_player",
            "perfect play, where the game can be solved",
            "oracle",
        ),
        PlayerKind(
            "human",
            "marl_kit.play.human:human_player",
            "a person at the terminal",
            "human",
        ),
    )
}


def make_player(spec: Any, game: Any, seed: int | np.random.Generator | None = 0) -> Player:
    """Build a player of a game.

    Parameters
    ----------
    spec : str, player, Solution or TabularPolicy
        A spec such as ``"mcts(simulations=400,c=1.4)"`` or ``"solver:cfr+(iterations=1000)"``.
        A player (any object with ``act``) is handed back as it is; a solution or policy becomes
        a player that follows it.
    game : Game, spec string or pyspiel.Game
    seed : int, Generator or None
        For building only, for instance solving; games have seeds of their own.

    Returns
    -------
    Player
        One made from a string has ``.spec``, the same with every option written out (and paths
        absolute).

    Raises
    ------
    UnknownNameError
        An unknown player, method or option, with near misses.
    InvalidOptionError
        A value that is not allowed.
    UnsupportedGameError
        The player cannot play this game.
    CheckpointError
        A saved policy that cannot be read, or of another game.

    Examples
    --------
    >>> player = make_player("solver:LP", "kuhn_poker")
    >>> player.spec
    'solver:lp'
    """
    from marl_kit.games.load import as_game

    game = as_game(game)
    if isinstance(spec, str):
        return _build(spec.strip(), game, seed)
    if callable(getattr(spec, "act", None)) and not isinstance(spec, type):
        return spec
    return _follower(spec, game)


def players_table() -> str:
    """All players as a Markdown table, as it stands in the README."""
    lines = ["| spec | who plays |", "|---|---|"]
    return "\n".join(
        [*lines, *(f"| `{kind.example}` | {kind.summary} |" for kind in PLAYERS.values())]
    )


def is_player_spec(text: str) -> bool:
    """Whether a text begins with the name of a registered player."""
    return _kind(text.strip())[0] is not None


def _build(spec: str, game: Any, seed: Any) -> Player:
    kind, rest = _kind(spec)
    if kind is None:
        raise UnknownNameError(
            "player",
            rest,
            PLAYERS,
            "A method plays as 'solver:METHOD', and what was saved as 'policy:PATH'.",
        )
    build = resolve(kind.target)
    if kind.reads_text:
        return build(game, rest, seed)
    _, params = parse_spec(spec)
    options = inspect.signature(build).parameters.values()
    known = [option.name for option in options if option.kind is option.KEYWORD_ONLY]
    for key in params:
        if key not in known:
            raise UnknownNameError(f"option of {kind.name}", key, known)
    return build(game, **params)


def _kind(spec: str) -> tuple[PlayerKind | None, str]:
    """The entry, and the text after its ``:``; without an entry, the name that is unknown."""
    head, colon, rest = spec.partition(":")
    if colon and "(" not in head:
        name = f"{head.strip().lower()}:"
        return PLAYERS.get(name), rest.strip() if name in PLAYERS else spec
    name = parse_spec(spec)[0]
    return PLAYERS.get(name.lower()), name


def _follower(policy: Any, game: Any) -> Player:
    from marl_kit.core.results import Solution
    from marl_kit.games.policy import TabularPolicy

    if isinstance(policy, Solution | TabularPolicy):
        from marl_kit.play.policy_player import profile_player

        return profile_player(game, policy)
    raise InvalidOptionError(
        f"{policy!r} is not a player; give a spec such as {PLAYERS['mcts'].example!r}, or an "
        f"object with act(state, rng)."
    )
