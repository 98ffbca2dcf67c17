"""A policy that is no table, asked once at every infoset, in batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import numpy as np

from marl_kit.core.errors import InvalidProfileError
from marl_kit.games.game import Game, State
from marl_kit.games.tree import NO_INFOSET

BATCH = 1024
"""States that are alive at once: enough to fill a network, few enough to hold in memory."""

ActionProbabilities = Mapping[int, float]
Ask = Callable[[list[State]], Sequence[Any]]


def tabulate(game: Game, policy: Any, player: int | None = None) -> np.ndarray:
    """The policy's action probabilities, float64 [S], from its answer at each infoset's first node.

    Every infoset (of ``player``; of all players without) is asked for exactly once. A policy with
    ``probabilities_batch(states) -> [{action: probability}, ...]`` is asked for up to 1,024 at a
    time, any other one by one.

    Raises
    ------
    InvalidProfileError
        An answer that is no distribution over the legal actions, or not one answer a state.
    """
    tree = game.tree()
    probabilities = np.zeros(tree.num_slots)
    ask = _asker(policy)
    met = _first_states(game, player)
    while batch := list(islice(met, BATCH)):
        states = [state for _, state in batch]
        answers = ask(states)
        for (infoset, state), answer in zip(batch, answers, strict=True):
            row = _mapping(answer, state)
            probabilities[tree.slots(infoset)] = read_row(game, infoset, row)
    return probabilities


def read_row(game: Game, infoset: int, row: Any) -> np.ndarray:
    """Probabilities in the order of the infoset's actions, from a vector or ``{action: p}``.

    Raises
    ------
    InvalidProfileError
        Weight on an action that is not legal, a wrong length, or no numbers.
    """
    tree = game.tree()
    actions = tree.action_number[tree.slots(infoset)].tolist()
    if isinstance(row, Mapping):
        names = dict(zip(game.action_names(infoset), actions, strict=True)) if _named(row) else {}
        numbered = {names.get(a, a): p for a, p in row.items()}
        illegal = [a for a, p in numbered.items() if a not in actions and p != 0]
        if illegal:
            raise InvalidProfileError(
                f"the profile gives action {illegal[0]!r} a probability at infoset "
                f"{tree.infoset_keys[infoset]!r}; legal actions are {actions}."
            )
        row = [numbered.get(a, 0.0) for a in actions]
    try:
        values = np.array(row, np.float64)
    except (TypeError, ValueError) as error:
        raise InvalidProfileError(
            f"the probabilities at infoset {tree.infoset_keys[infoset]!r} are not numbers."
        ) from error
    if values.shape != (len(actions),):
        raise InvalidProfileError(
            f"infoset {tree.infoset_keys[infoset]!r} has {len(actions)} actions and the profile "
            f"gives {values.size} probabilities."
        )
    if np.any(np.isnan(values)):
        raise InvalidProfileError(
            f"a probability at infoset {tree.infoset_keys[infoset]!r} is not a number."
        )
    return values


def _named(row: Mapping[Any, Any]) -> bool:
    """Whether actions may be given by name: asking a game for names costs a walk."""
    return any(isinstance(a, str) for a in row)


def asks_in_batches(policy: Any) -> bool:
    """Whether the policy answers for many states at once."""
    return callable(getattr(policy, "probabilities_batch", None))


def _asker(policy: Any) -> Ask:
    if asks_in_batches(policy):
        return lambda states: _one_each(policy.probabilities_batch(states), states)
    one = _one_by_one(policy)
    return lambda states: [one(state) for state in states]


def _one_by_one(policy: Any) -> Callable[[State], ActionProbabilities]:
    for attribute in ("probabilities", "action_probabilities"):
        method = getattr(policy, attribute, None)
        if callable(method):
            return method
    if callable(policy):
        return policy
    if callable(getattr(policy, "act", None)):
        raise InvalidProfileError(
            f"{type(policy).__name__} is a player that does not tell its probabilities; frozen by "
            f"a seed it is one fixed policy, and works: mk.exploitability(game, "
            f"mk.freeze(player, seed))."
        )
    raise InvalidProfileError(
        f"{type(policy).__name__} is not a profile; give a Solution, a TabularPolicy, a list of "
        f"policies, {{infoset key: probabilities}}, a function state -> {{action: probability}} or "
        f"a player that tells its probabilities."
    )


def _one_each(answers: Any, states: list[State]) -> Sequence[Any]:
    count = len(answers) if hasattr(answers, "__len__") else None
    if count != len(states) or isinstance(answers, Mapping | str):
        raise InvalidProfileError(
            f"probabilities_batch was given {len(states)} states and answered "
            f"{type(answers).__name__}{'' if count is None else f' of length {count}'}; it must "
            f"give a list with {{action: probability}} for each state."
        )
    return answers


def _mapping(answer: Any, state: State) -> dict[int, float]:
    try:
        return dict(answer)
    except (TypeError, ValueError) as error:
        raise InvalidProfileError(
            f"the policy answered {answer!r} in the state with history {state.history()}; it must "
            f"give {{action: probability}}."
        ) from error


def _first_states(game: Game, player: int | None) -> Iterator[tuple[int, State]]:
    """The state at the first node of each infoset (of ``player``), on one walk."""
    tree = game.tree()
    wanted = {
        int(node): i
        for i, node in enumerate(tree.first_nodes())
        if player in (None, tree.infoset_player[i])
    }
    needed = _ancestors(tree.parent, wanted)
    stack = [(game.new_initial_state(), 0)] if np.any(tree.infoset != NO_INFOSET) else []
    while stack:
        state, node = stack.pop()
        for k in range(int(tree.num_children[node])):
            child = int(tree.first_child[node]) + k
            if child in needed:
                stack.append((state.child(int(tree.action[child])), child))
        if node in wanted:
            yield wanted[node], state


def _ancestors(parent: np.ndarray, nodes: Mapping[int, int]) -> set[int]:
    """``nodes`` and everything above them."""
    needed: set[int] = set()
    for node in nodes:
        while node >= 0 and node not in needed:
            needed.add(node)
            node = int(parent[node])
    return needed
