"""Oracles that users name by a spec, and the code behind them, resolved on first use."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from marl_kit.core.errors import InvalidOptionError, UnknownNameError
from marl_kit.core.registry import fold, resolve
from marl_kit.core.spec import parse_spec

if TYPE_CHECKING:
    from marl_kit.learn.oracle import Oracle


@dataclass(frozen=True, slots=True)
class OracleKind:
    """An oracle's entry.

    Attributes
    ----------
    name : str
        What a spec begins with; ``(key=value,...)`` may follow.
    target : str
        ``"module:attribute"``: a class or function ``(*, key=value, ...) -> Oracle`` that checks
        every option.
    summary : str
    example : str
        A spec that makes one, as documents show it.
    """

    name: str
    target: str
    summary: str
    example: str


ORACLES: dict[str, OracleKind] = {
    kind.name: kind
    for kind in (
        OracleKind(
            "best_response",
            "marl_kit.learn.best_response:BestResponseOracle",
            "exact best response to the mixture (games that can be enumerated)",
            "best_response",
        ),
        OracleKind(
            "cfr",
            "marl_kit.learn.cfr:CfrOracle",
            "regret matching+ against the mixture: stays mixed where it hardly matters",
            "cfr(iterations=1000)",
        ),
        OracleKind(
            "q_learning",
            "marl_kit.learn.q_learning:QLearning",
            "values of actions, learned from games (tables; any game in turns)",
            "q_learning(episodes=2000,epsilon=0.1)",
        ),
        OracleKind(
            "policy_gradient",
            "marl_kit.learn.policy_gradient:PolicyGradient",
            "REINFORCE with a baseline and an entropy bonus (tables; any game in turns)",
            "policy_gradient(episodes=2000,rate=0.5,entropy=0.01)",
        ),
        OracleKind(
            "ppo",
            "marl_kit.learn.ppo_oracle:PPOOracle",
            "a network that learns by clipped steps (PPO) from games on the compiled tree",
            "ppo(updates=20,entropy=0.01)",
        ),
        OracleKind(
            "uct",
            "marl_kit.learn.uct:UctOracle",
            "a searcher whose budget may grow from wave to wave (perfect information)",
            "uct(simulations=100,growth=1.5)",
        ),
        OracleKind(
            "alphazero",
            "marl_kit.learn.alphazero.oracle:AlphaZeroOracle",
            "a network and a search, trained against the population and itself (perfect "
            "information)",
            "alphazero(rounds=2,games=64,simulations=16)",
        ),
        OracleKind(
            "scripted",
            "marl_kit.learn.scripted:ScriptedOracle",
            "one given player after the other",
            "scripted(players=random|mcts(simulations=10))",
        ),
    )
}


def find_oracle(spec: Any) -> Oracle:
    """Make an oracle from ``"name(option=value,...)"``.

    Raises
    ------
    UnknownNameError
        An unknown oracle or option, with near misses.
    InvalidOptionError
        A value that is not allowed, or a spec that cannot be read.

    Examples
    --------
    >>> find_oracle("Best-Response").spec
    'best_response'
    >>> find_oracle("cfr(iterations=50)").spec
    'cfr(iterations=50)'
    """
    if not isinstance(spec, str):
        example = ORACLES["q_learning"].example
        raise InvalidOptionError(
            f"{spec!r} is not an oracle's spec; give a text such as {example!r}."
        )
    name, options = parse_spec(spec)
    kind = ORACLES.get(fold(name))
    if kind is None:
        raise UnknownNameError("oracle", name, ORACLES)
    make = resolve(kind.target)
    parameters = inspect.signature(make).parameters.values()
    known = [option.name for option in parameters if option.kind is option.KEYWORD_ONLY]
    for key in options:
        if key not in known:
            raise UnknownNameError(f"option of {kind.name}", key, known)
    needed = [option.name for option in parameters if option.default is option.empty]
    missing = [key for key in needed if key not in options]
    if missing:
        raise InvalidOptionError(f"{kind.name} needs {missing[0]}=, as in {kind.example!r}.")
    return make(**options)


def oracles_table() -> str:
    """All oracles as a Markdown table, as it stands in the README."""
    examples = {kind.example.replace("|", "\\|"): kind.summary for kind in ORACLES.values()}
    rows = (f"| `{example}` | {summary} |" for example, summary in examples.items())
    return "\n".join(["| spec | who answers |", "|---|---|", *rows])
