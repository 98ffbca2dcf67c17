"""The tree of a search with simultaneous moves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from marl_kit.games.rounds import SIMULTANEOUS
from marl_kit.games.tree import CHANCE


@dataclass(eq=False, slots=True)
class RoundNode:
    """A position and what the search learned there.

    Children are named by the outcome of chance, or by the joint action: the places of the movers'
    actions as digits, ``strides`` apart.
    """

    state: Any
    player: int  # who moves; SIMULTANEOUS, CHANCE or TERMINAL
    movers: list[int]  # [M]; who chooses here
    actions: list[list[int]]  # by mover
    strides: list[int]  # [M]
    outcomes: Sequence[tuple[int, float]]  # of chance
    regrets: list[list[float]]  # by mover and action
    averages: list[list[float]]  # by mover and action; sums of strategies
    sums: list[float]  # [P]; returns
    visits: int
    children: dict[int, RoundNode]

    def name_of(self, places: Sequence[int]) -> int:
        """The child to which a joint action leads."""
        return sum(stride * place for stride, place in zip(self.strides, places, strict=True))

    def places_of(self, name: int) -> list[int]:
        """The joint action that leads to a child."""
        sizes = [len(own) for own in self.actions]
        return [name // stride % size for stride, size in zip(self.strides, sizes, strict=True)]

    def child(self, name: int, places: Sequence[int]) -> RoundNode:
        """The child, made when it is asked for first."""
        if (found := self.children.get(name)) is not None:
            return found
        state = self.state.clone()
        if self.player == CHANCE:
            state.apply_action(name)
        elif self.player == SIMULTANEOUS:
            together = [0] * state.num_players()  # whoever has no action is said to take 0
            for mover, own, place in zip(self.movers, self.actions, places, strict=True):
                together[mover] = own[place]
            state.apply_actions(together)
        else:
            state.apply_action(self.actions[0][places[0]])
        made = self.children[name] = new_round_node(state)
        return made

    def add(self, values: Sequence[float]) -> None:
        """Count a visit."""
        self.visits += 1
        for p, value in enumerate(values):
            self.sums[p] += value

    def means(self) -> list[float]:
        """Mean return of each player, [P]."""
        return [total / self.visits for total in self.sums]

    def strategy(self, mover: int) -> list[float]:
        """The average strategy of the mover of this place; equal shares before any visit."""
        own = self.averages[mover]
        total = sum(own)
        return [x / total for x in own] if total > 0 else [1 / len(own)] * len(own)


def new_round_node(state: Any) -> RoundNode:
    """A node that was not visited yet; it keeps the state."""
    player, players = state.current_player(), state.num_players()
    movers = [player] if player >= 0 else []
    if player == SIMULTANEOUS:
        movers = [p for p in range(players) if state.legal_actions(p)]
    actions = [list(state.legal_actions(p)) for p in movers]
    strides = [1] * len(movers)
    for i in range(1, len(movers)):
        strides[i] = strides[i - 1] * len(actions[i - 1])
    return RoundNode(
        state=state,
        player=player,
        movers=movers,
        actions=actions,
        strides=strides,
        outcomes=state.chance_outcomes() if player == CHANCE else (),
        regrets=[[0.0] * len(own) for own in actions],
        averages=[[0.0] * len(own) for own in actions],
        sums=[0.0] * players,
        visits=0,
        children={},
    )
