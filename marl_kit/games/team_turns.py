"""Games in turns, played by a team: at each step one agent moves and the others wait."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from marl_kit.core.errors import (
    GameTooLargeError,
    InvalidGameError,
    UnsupportedGameError,
)
from marl_kit.games.game import Game
from marl_kit.games.load import as_game
from marl_kit.games.team import Outcome, TeamRules, TeamSizes, View, World
from marl_kit.games.team_game import TeamGame
from marl_kit.games.team_waiting import expect_legal, waiting
from marl_kit.games.tree import CHANCE, NO_INFOSET, TERMINAL, GameTree
from marl_kit.games.turn_views import TurnViews, turn_views

MOST_NODES = 500_000
"""Nodes of a game that is compiled for a team; what is seen at each of them is kept."""


class TurnTeam(TeamGame):
    """A game in turns as an environment of a team.

    A step is one player's move; chance moves at once. Player p is agent ``"player_p"``. Who is to
    move has the game's legal actions, by the game's own numbers; the others have action 0 alone,
    which then stands for nothing (``JointBatch.acting``). Rewards are the differences of the
    game's returns, and at the end of a game observations and states are zeros.

    Observations are OpenSpiel's information state tensors, where it has none its observation
    tensors, a board's observation tensors, and in other games which of its infosets the player
    came to last (one-hot) and, as the last number, whether it is to move. The state is what all
    players see, one after another. Players of a game with simultaneous moves move in turns without
    seeing what was chosen at the same time.

    A game of up to 500,000 nodes is compiled, and all copies are stepped together. Larger games of
    OpenSpiel, and those whose infosets it does not tell, are played by its own rules, one copy
    after another.

    Parameters
    ----------
    game : Game, spec or pyspiel.Game
        Of any number of players, of a team or not.

    Attributes
    ----------
    game : Game
    spec : str
        That of the game, from which ``mk.as_team`` makes the team again.

    Raises
    ------
    GameTooLargeError
        More than 500,000 nodes, and not OpenSpiel's.
    UnsupportedGameError
        A game of OpenSpiel without any tensors that cannot be compiled, or whose chance is not
        told.

    Examples
    --------
    >>> team = TurnTeam("openspiel:tiny_hanabi")
    >>> shown = team.environment(batch=2, seed=0).reset()
    >>> shown.observations.shape, shown.acting.tolist()
    ((2, 2, 8), [[True, False], [True, False]])
    """

    def __init__(self, game: Any):
        self.game = as_game(game)
        super().__init__(_rules(self.game), name=self.game.name)
        self.spec, self.note = self.game.spec, self.game.note

    def __reduce__(self) -> tuple[Callable[..., TurnTeam], tuple[Any, ...]]:
        """Another process compiles the game again."""
        if not self.spec:
            raise UnsupportedGameError(
                f"{self.name} was not made by mk.load_game, so another process cannot load it."
            )
        return TurnTeam, (self.spec,)


def _rules(game: Game) -> TeamRules:
    try:
        return TurnRules(game, _compiled(game))
    except (GameTooLargeError, UnsupportedGameError):
        from marl_kit.games.openspiel import OpenSpielGame

        if not isinstance(game, OpenSpielGame):
            raise
        from marl_kit.games.team_openspiel import OpenSpielRules

        return OpenSpielRules(game)


class TurnRules:
    """The rules: a walk on the compiled tree, B copies at a time.

    Chance takes the next of the random numbers that the beginning was given, so what a world holds
    is all that its future depends on.
    """

    def __init__(self, game: Game, tree: GameTree):
        self._tree = tree
        self._views: TurnViews = turn_views(game, tree)
        self._tops = chance_tops(tree)
        self._place = places(tree)
        self.draws = int(_met(tree, tree.player == CHANCE).max())
        moves = int(_met(tree, tree.player >= 0).max())
        if not moves:
            raise InvalidGameError(f"{game.name} ends before anybody moves; there is no team.")
        length = self._views.seen.shape[2]
        self.sizes = TeamSizes(
            agents=tuple(f"player_{p}" for p in range(tree.num_players)),
            observation=length,
            state=tree.num_players * length,
            actions=_counts(tree),
            box=0,
            horizon=moves,
        )
        self.lengths = np.full(tree.num_players, length)
        self.boxes = np.zeros(tree.num_players, np.int64)

    def start(self, numbers: np.ndarray) -> World:
        node = np.zeros(len(numbers), np.int64)
        return self._after_chance(node, np.zeros(len(numbers), np.int64), numbers)

    def step(self, world: World, actions: np.ndarray) -> Outcome:
        """The worlds after a move.

        Raises
        ------
        IllegalActionError
            An action that the mask does not allow, such as one of a player that is not to move.
        """
        node, tree = world["node"], self._tree
        expect_legal(self._mask(node), actions)
        chosen = actions[np.arange(len(node)), tree.player[node]]
        child = tree.first_child[node] + self._place[tree.infoset[node], chosen]
        after = self._after_chance(child, world["used"], world["numbers"])
        rewards = self._views.returns[after["node"]] - self._views.returns[node]
        return Outcome(after, rewards, tree.player[after["node"]] == TERMINAL)

    def view(self, world: World) -> View:
        node = world["node"]
        seen = self._views.seen[self._views.row[node]].astype(np.float64)
        return View(seen, seen.reshape(len(node), -1), self._mask(node))

    def decisions(self) -> tuple[View, np.ndarray]:
        """What is seen where players move: in one node of each infoset, in the infosets' order.

        With it the players who move, int64 [I].
        """
        tree = self._tree
        infosets, nodes = np.unique(tree.infoset, return_index=True)
        nodes = nodes[infosets != NO_INFOSET]
        return self.view({"node": nodes}), tree.player[nodes].astype(np.int64)

    def _mask(self, node: np.ndarray) -> np.ndarray:
        mask = waiting(len(node), self.sizes)
        moving = np.flatnonzero(self._tree.player[node] >= 0)
        infoset = self._tree.infoset[node[moving]]
        mask[moving, self._tree.player[node[moving]]] = self._place[infoset] >= 0
        return mask

    def _after_chance(self, node: np.ndarray, used: np.ndarray, numbers: np.ndarray) -> World:
        """Let chance move until it is a player's turn, or the end."""
        node, used, tree = node.astype(np.int64), used.copy(), self._tree
        while len(drawing := np.flatnonzero(tree.player[node] == CHANCE)):
            number = numbers[drawing, used[drawing]]
            child = tree.first_child[node[drawing]].astype(np.int64)
            while (passed := number >= self._tops[child]).any():
                child += passed
            node[drawing] = child
            used[drawing] += 1
        return {"node": node, "used": used, "numbers": numbers.copy()}


def chance_tops(tree: GameTree) -> np.ndarray:
    """For each outcome of chance the probability of it and those before it, float64 [N].

    A number u in [0, 1) draws the first outcome with u < top. From the last possible outcome on it
    is infinite, so that rounding never draws an impossible one.
    """
    tops = np.full(tree.num_nodes, np.inf)
    nodes = np.flatnonzero(tree.player == CHANCE)
    total = np.zeros(tree.num_nodes)
    for k in range(int(tree.num_children[nodes].max(initial=0))):
        nodes = nodes[tree.num_children[nodes] > k]
        outcome = tree.first_child[nodes] + k
        total[nodes] += tree.chance_prob[outcome]
        tops[outcome] = total[nodes]
    tops[1:][tops[1:] >= total[tree.parent[1:]]] = np.inf
    return tops


def places(tree: GameTree) -> np.ndarray:
    """At which place among an infoset's actions the game's number a stands, int64 [I, A]; -1 for
    actions that it does not have."""
    place = np.full((tree.num_infosets, int(tree.action_number.max(initial=0)) + 1), -1)
    infoset = np.repeat(np.arange(tree.num_infosets), tree.num_actions)
    place[infoset, tree.action_number] = np.arange(tree.num_slots) - tree.infoset_offset[infoset]
    return place


def _counts(tree: GameTree) -> np.ndarray:
    """One more than each player's largest number of an action, int64 [P]."""
    owner = np.repeat(tree.infoset_player, tree.num_actions)
    counts = np.ones(tree.num_players, np.int64)
    np.maximum.at(counts, owner, tree.action_number + 1)
    return counts


def _met(tree: GameTree, kind: np.ndarray) -> np.ndarray:
    """How many nodes of a kind (bool [N]) lie on the way to each node, itself included."""
    met = kind.astype(np.int64)
    for start, end in zip(tree.depth_offset[1:-1], tree.depth_offset[2:], strict=True):
        met[start:end] += met[tree.parent[start:end]]
    return met


def _compiled(game: Game) -> GameTree:
    try:
        tree = game.tree(MOST_NODES)
    except GameTooLargeError as error:
        raise _too_large(game, str(error)) from error
    if tree.num_nodes > MOST_NODES:  # compiled before
        raise _too_large(game, f"it has {tree.num_nodes:,} nodes.")
    return tree


def _too_large(game: Game, reason: str) -> GameTooLargeError:
    return GameTooLargeError(
        f"{game.name} is not played by a team: at most {MOST_NODES:,} nodes are compiled, and "
        f"{reason}"
    )
