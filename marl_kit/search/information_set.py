"""Information-set Monte Carlo tree search, for games with hidden information."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from marl_kit.core.checks import number, whole
from marl_kit.core.errors import AbsentMindednessError, InvalidGameError, UnsupportedGameError
from marl_kit.games.game import State
from marl_kit.games.load import as_game
from marl_kit.games.resample import Draw, resampler
from marl_kit.games.rounds import infoset_keys
from marl_kit.games.tree import CHANCE, TERMINAL
from marl_kit.search.draws import budget, play_at_random, streams
from marl_kit.search.evaluator import Evaluator
from marl_kit.search.infoset_node import InfosetNode, back_up, choice, new_node
from marl_kit.search.result import Root, SearchResult, visit_shares
from marl_kit.search.search import require_decision
from marl_kit.search.states import chance_outcome, held_leaves


@dataclass(frozen=True, slots=True)
class ISMCTS:
    """Options of the search.

    Each simulation draws a state from the infoset of the searching player (see
    ``games.resample``), which settles what is hidden, and goes down from there. Statistics belong
    to infosets: whoever moves sees what it would know, and chooses among the legal actions by
    UCB1 as ``UCT`` does, untried ones first. Where an infoset is met for the first time it is
    evaluated by random play, and every player's returns are added on the way back.

    Cowling, Powley and Whitehouse 2012, Information set Monte Carlo tree search (MO-ISMCTS, with
    trees of all players). All states of an infoset have the same actions here, so an action was
    available as often as its infoset was visited.

    It does not converge to an equilibrium, with however many simulations: the other players'
    past moves tell nothing about what they hold, and the move to play is a pure one. For that
    there are solvers.

    Attributes
    ----------
    simulations : int
        The first evaluates the root itself.
    c : float
        Exploration, in units of half the payoff range.
    rollouts : int
        Random games from each new leaf.
    """

    simulations: int = 400
    c: float = 1.4
    rollouts: int = 1

    def __post_init__(self) -> None:
        budget(self.simulations)
        whole("rollouts", self.rollouts)
        number("c", self.c)


def search_information_set(
    game: Any, state: State, options: ISMCTS, key: int, evaluator: Evaluator | None = None
) -> SearchResult:
    """Search from the infoset of the player to move; the same key gives the same answer.

    Nothing that is hidden from the player has an influence: every state of the infoset gives the
    same answer. Chance is sampled. Perfect information is the case of one state an infoset.

    Parameters
    ----------
    game : Game, spec string or pyspiel.Game
        In turns, as ``mk.load_game`` makes them.
    state : State
        At which a player moves.
    options : ISMCTS
    key : int
        Any 64 bits: all random numbers follow from it.
    evaluator : Evaluator, optional
        Who scores leaves, in place of random play. It is shown states with everything in them;
        its priors are not used.

    Raises
    ------
    UnsupportedGameError
        Nobody moves, or states of the infoset cannot be drawn.
    InvalidOptionError
        A key that is not of 64 bits, or a state of another game.
    InvalidGameError
        What is drawn is of another infoset, or states of one infoset have unequal actions.
    AbsentMindednessError
        A play comes to one infoset twice: its counts would mix two decisions.

    Examples
    --------
    >>> import marl_kit as mk
    >>> game = mk.load_game("kuhn_poker")
    >>> state = game.new_initial_state()
    >>> for action in (2, 0, 1):  # player 0 holds the king and bets
    ...     state.apply_action(action)
    >>> search_information_set(game, state, ISMCTS(200), key=1).best  # the jack folds
    0
    """
    game = as_game(game)
    require_decision(game, state)
    sample, low_high = resampler(game, state), game.utility_bounds()
    keys, player = infoset_keys(game), state.current_player()
    name = player, keys(state)
    walk = _Walk(game.name, keys, name, options, key, evaluator, low_high)
    total = [0.0] * game.num_players
    for simulation, draw in enumerate(streams(key, options.simulations)):
        values = walk.simulate(sample(draw), simulation, draw)
        total = [t + v for t, v in zip(total, values, strict=True)]
    return _result(walk.nodes[name], player, low_high, total, options.simulations)


@dataclass(eq=False, slots=True)
class _Walk:
    """A search that runs."""

    game: str
    keys: Callable[[Any], Hashable]
    root: tuple[int, Hashable]
    options: ISMCTS
    key: int
    evaluator: Evaluator | None
    bounds: tuple[float, float]
    nodes: dict[tuple[int, Hashable], InfosetNode] = field(default_factory=dict)

    def simulate(self, state: State, simulation: int, draw: Draw) -> list[float]:
        """Go down from a state, which is used up, and add what was found."""
        path: list[tuple[InfosetNode, int]] = []
        keys, nodes = self.keys, self.nodes
        scale = self.options.c * (self.bounds[1] - self.bounds[0]) / 2
        while (player := state.current_player()) != TERMINAL:
            if player == CHANCE:
                state.apply_action(chance_outcome(state.chance_outcomes(), draw()))
                continue
            if player < 0:
                raise _at_the_same_time(state)
            name = player, keys(state)
            if not path and name != self.root:
                raise self._elsewhere(state)
            if (node := nodes.get(name)) is None:
                nodes[name] = new_node(state, draw)
                return back_up(path, self._evaluate(state, simulation, draw))
            if state.legal_actions() != node.legal:  # what comes next could end the process
                raise _unequal(state, node)
            if node.last == simulation:
                raise self._absent_minded(state)
            node.last = simulation
            place = choice(node, player, scale)
            path.append((node, place))
            state.apply_action(node.actions[place])
        if not path:
            raise self._elsewhere(state)
        return back_up(path, state.returns())

    def _elsewhere(self, state: State) -> InvalidGameError:
        return InvalidGameError(
            f"to draw what is hidden in {self.game}, a state with the history "
            f"{list(state.history())} was drawn, which is not of the infoset {self.root[1]!r} of "
            f"player {self.root[0]}; the rules of this game draw wrongly, and it cannot be "
            f"searched."
        )

    def _absent_minded(self, state: State) -> AbsentMindednessError:
        return AbsentMindednessError(
            f"player {state.current_player()} of {self.game} comes to one infoset twice, the "
            f"second time by the history {list(state.history())}; it does not know how often it "
            f"was there, and this search needs players who do."
        )

    def _evaluate(self, state: State, simulation: int, draw: Draw) -> list[float]:
        if self.evaluator is not None:
            leaf = held_leaves([state], np.array([self.key], np.uint64), np.array([simulation]))
            scores: list[float] = self.evaluator.evaluate(leaf)[1][0].tolist()
            return scores
        rollouts = self.options.rollouts
        games = [play_at_random(state.clone(), draw) for _ in range(rollouts)]
        return [sum(own) / rollouts for own in zip(*games, strict=True)]


def _unequal(state: State, node: InfosetNode) -> InvalidGameError:
    return InvalidGameError(
        f"player {state.current_player()} has the actions {state.legal_actions()} after the "
        f"history {list(state.history())}, and {node.legal} at another state of the same infoset; "
        f"all states of an infoset must offer the same actions."
    )


def _at_the_same_time(state: State) -> UnsupportedGameError:
    return UnsupportedGameError(
        f"players move at the same time after the history {list(state.history())}, and this search "
        f"needs turns; load the game by mk.load_game, which makes them."
    )


def _result(
    node: InfosetNode, player: int, bounds: tuple[float, float], total: list[float], count: int
) -> SearchResult:
    places, many = np.argsort(node.actions), len(node.actions)
    visits = np.array(node.visits, np.int64)[places]
    root = Root(
        player=player,
        places=places,
        actions=np.array(node.actions, np.int64)[places],
        visits=visits,
        sums=np.array(node.sums, float)[places],
        priors=np.full(many, 1 / many),
        low=np.full(many, bounds[0]),
        high=np.full(many, bounds[1]),
        total=np.array(total, float),
        count=count,
    )
    return root.result(root.most_visited(np.zeros(len(visits), np.int64)), visit_shares(visits))
