"""Monte Carlo tree search with simultaneous moves, by regret matching."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from marl_kit.core.checks import flag, number, whole
from marl_kit.core.errors import InvalidOptionError
from marl_kit.games.game import State
from marl_kit.games.load import as_game
from marl_kit.games.resample import Draw
from marl_kit.games.rounds import require_rounds, round_of
from marl_kit.games.tree import CHANCE, TERMINAL
from marl_kit.search.draws import budget, play_at_random, streams
from marl_kit.search.rounds_result import RoundsResult
from marl_kit.search.rounds_tree import RoundNode, new_round_node
from marl_kit.search.search import require_decision
from marl_kit.search.states import chance_outcome


@dataclass(frozen=True, slots=True)
class SMMCTS:
    """Options of the search.

    At every node each player who chooses there has regrets and an average strategy of its own. A
    simulation plays, for each of them, ``(1 - exploration) s + exploration / A``, where s is
    regret matching's strategy (positive regrets as shares; equal shares while there are none),
    and goes down by the joint action; a new node is evaluated by random play. On the way back a
    player with return u regrets each other action by the mean return that it had with it against
    the same actions of the others, less u; s is added to its average, so that exploration stays
    outside. What was never tried adds no regret (the papers count it as 0, which would mean
    something else whenever payoffs are shifted).

    Lisy, Kovarik, Lanctot and Bosansky 2013, Convergence of Monte Carlo tree search in
    simultaneous move games; Lanctot, Lisy and Winands 2014, Monte Carlo tree search in
    simultaneous move games with applications to Goofspiel (algorithm 1 with regret matching). It
    is stated for two players and zero sums, where the average strategies of the first paper's
    variant with ``averaged`` come as near to an equilibrium as exploration lets them; any number of
    players is searched in the same way, without that promise.

    Attributes
    ----------
    simulations : int
        The first evaluates the root itself.
    exploration : float
        gamma, above 0 and below 1. The others explore as well, so that what is learned is a reply
        to ``(1 - gamma) s + gamma / A``, and with more simulations a bias remains that grows with
        gamma: in a biased rock-paper-scissors (payoffs -2 to 2) NashConv after 20,000 simulations
        measured 1.9 with gamma 0.99, 0.51 with 0.5, 0.13 with 0.2 and 0.05 with 0.05. Less is
        slower in deep games: of 0.1, 0.2, 0.3, 0.4 and 0.6 the default measured best on Goofspiel
        with four cards (NashConv after 10,000 simulations 0.40, 0.05, 0.06, 0.18 and 0.48).
    averaged : bool
        Whether a node hands its mean return upwards, in place of the return of the simulation:
        what the proof is about.
    rollouts : int
        Random games from each new leaf.
    """

    simulations: int = 1000
    exploration: float = 0.2
    averaged: bool = False
    rollouts: int = 1

    def __post_init__(self) -> None:
        budget(self.simulations)
        whole("rollouts", self.rollouts)
        number("exploration", self.exploration, 0.0, 1.0)
        flag("averaged", self.averaged)
        if not 0 < self.exploration < 1:
            raise InvalidOptionError(
                f"exploration is {self.exploration!r}; give a number above 0, or actions could be "
                f"given up after one bad try, and below 1, or nobody would play what is learned."
            )


def search_rounds(game: Any, state: State, options: SMMCTS, key: int) -> RoundsResult:
    """Search from the beginning of the round to which a state belongs; one key, one answer.

    What was already chosen in this round, and is hidden from the player to move, is not looked
    at.

    Parameters
    ----------
    game : Game, spec string or pyspiel.Game
        In which nothing is hidden but what is chosen at the same time: such games of OpenSpiel,
        games in normal form, and those of perfect information. Chance is sampled.
    state : State
        At which a player moves, in turns as ``mk.load_game`` makes them.
    options : SMMCTS
    key : int
        Any 64 bits: all random numbers follow from it.

    Returns
    -------
    RoundsResult
        Strategies of all who choose in the round, and ``.profile()`` of the whole tree.

    Raises
    ------
    UnsupportedGameError
        More is hidden, or nobody moves.
    InvalidOptionError
        A key that is not of 64 bits, or a state of another game.

    Examples
    --------
    >>> import marl_kit as mk
    >>> game = mk.load_game("matching_pennies")
    >>> found = search_rounds(game, game.new_initial_state(), SMMCTS(5000), key=1)
    >>> mk.exploitability(game, found.profile()) < 0.05
    True
    """
    game = as_game(game)
    require_rounds(game, "this search")
    require_decision(game, state)
    begun = round_of(game, state)
    root = new_round_node(begun.state)
    for draw in streams(key, options.simulations):
        _simulate(root, options, draw)
    return RoundsResult(game, state.current_player(), begun.before, options, root)


Step = tuple[RoundNode, tuple[int, ...], int]
"""A node, the place of each mover's action, and the name of the child."""


def _simulate(root: RoundNode, options: SMMCTS, draw: Draw) -> None:
    """One walk down and up."""
    path: list[Step] = []
    node = root
    while node.player != TERMINAL and (node.visits or node.player == CHANCE):
        places: tuple[int, ...] = ()
        if node.player == CHANCE:
            child = chance_outcome(node.outcomes, draw())
        else:
            places = tuple(
                _sampled(regrets, average, options.exploration, draw)
                for regrets, average in zip(node.regrets, node.averages, strict=True)
            )
            child = node.name_of(places)
        path.append((node, places, child))
        node = node.child(child, places)
    _back_up(path, node, _value(node, options.rollouts, draw), options.averaged)


def matched(regrets: Sequence[float]) -> list[float]:
    """Regret matching's strategy: positive regrets as shares, equal shares without any."""
    positive = [max(r, 0.0) for r in regrets]
    total = sum(positive)
    if total > 0:
        return [r / total for r in positive]
    return [1 / len(positive)] * len(positive)


def _sampled(regrets: list[float], average: list[float], exploration: float, draw: Draw) -> int:
    """The place of an action; the strategy without exploration is added to the average."""
    strategy, even = matched(regrets), exploration / len(regrets)
    for i, share in enumerate(strategy):
        average[i] += share
    left = draw()
    for i, share in enumerate(strategy):
        left -= (1 - exploration) * share + even
        if left < 0:
            return i
    return len(strategy) - 1  # rounding may leave the sum below 1


def _value(node: RoundNode, rollouts: int, draw: Draw) -> list[float]:
    """Returns at the end of the game, or the mean of random games."""
    if node.player == TERMINAL:
        return list(node.state.returns())
    games = [play_at_random(node.state.clone(), draw) for _ in range(rollouts)]
    return [sum(own) / rollouts for own in zip(*games, strict=True)]


def _back_up(path: list[Step], leaf: RoundNode, values: list[float], averaged: bool) -> None:
    leaf.add(values)
    below = leaf
    for node, places, child in reversed(path):
        if averaged:
            values = below.means()
        for mover, own in enumerate(places):
            _regret(node, mover, own, child, values[node.movers[mover]])
        node.add(values)
        below = node


def _regret(node: RoundNode, mover: int, own: int, child: int, value: float) -> None:
    """What the player would rather have had: means of the other actions, less the return."""
    regrets, stride, player = node.regrets[mover], node.strides[mover], node.movers[mover]
    for other in range(len(regrets)):
        if other != own:
            tried = node.children.get(child + (other - own) * stride)
            if tried is not None:
                regrets[other] += tried.sums[player] / tried.visits - value
