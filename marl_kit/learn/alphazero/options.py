"""The options of a training run."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from marl_kit.core.errors import InvalidOptionError
from marl_kit.learn.networks.architecture import Architecture, architecture_for
from marl_kit.learn.options import positive, within
from marl_kit.play.options import whole
from marl_kit.search.gumbel import Gumbel
from marl_kit.search.options import Options
from marl_kit.search.puct import PUCT
from marl_kit.search.self_play import Quick

SEARCHES = ("gumbel", "puct")
NAME = "train_alphazero"
PUCT_NOISE = 0.25
"""Share of Dirichlet noise at the root in training (Silver et al. 2018)."""
_COUNTS = ("games", "slots", "simulations", "considered", "window", "updates", "batch")
_SHARES = ("quick_share", "averaging", "search_value")


@dataclass(frozen=True, kw_only=True, slots=True)
class AlphaZero:
    """How to train: the network, the games of a round, what is learned from them.

    A round plays ``games`` games with the weights of the round before and then makes ``updates``
    steps of Adam on positions drawn from the last ``window`` rounds.

    Attributes
    ----------
    network : str
        ``"mlp"``, ``"residual"``, or ``"auto"``: residual on boards, an MLP elsewhere.
    width, depth : int, optional
        Units and hidden layers, or channels and blocks; 128 and 2, or 32 and 3, unless given.
    games : int
        Of a round.
    slots : int
        Games at once, whose leaves the network sees in one batch.
    search : str
        ``"gumbel"`` or ``"puct"``.
    simulations : int
        Of a move.
    considered : int
        Actions that Gumbel's root considers.
    quick_simulations : int
    quick_share : float
        Playout-cap randomisation: this share of the searches has only so many simulations, and
        their policies are not learned. 0 turns it off.
    temperature : float
    temperature_plies : int
        So many plies of a game are drawn by ``policy ** (1 / temperature)``; then the search's own
        choice is played.
    random_plies : int
        Every second game begins with 1 to so many moves at random; 0: none.
    window : int
        Rounds whose positions are learned from.
    updates : int
        Steps of a round.
    batch : int
        Positions of a step.
    rate : float
        Learning rate of Adam.
    rate_half_life : int
        Rounds in which the rate falls to a half; 0 keeps it.
    decay : float
        c of the loss ``(z - v)^2 - pi . log p + c |theta|^2``.
    averaging : float
        The player's weights are a running mean of the trained ones: so much of it stays in each
        step. 0: the trained weights themselves.
    symmetries : bool
        Whether positions are learned in random mirror images, where the game declares them.
    search_value : float
        Share of the search's own value in z; the rest is the result of the game.
    exact_from : int, optional
        Positions after so many moves are learned with exact values, and with the search's policy
        among the moves that keep them, from ``mk.oracle``. Only targets: the player never asks it.
    gate : bool
        Whether the games are played by the best network so far, and a newer one must beat it in a
        sequential test first (AlphaGo Zero's evaluator).
    evaluate_every : int
        Rounds between two evaluations; 0: none.
    """

    network: str = "auto"
    width: int | None = None
    depth: int | None = None
    games: int = 256
    slots: int = 128
    search: str = "gumbel"
    simulations: int = 32
    considered: int = 16
    quick_simulations: int = 8
    quick_share: float = 0.0
    temperature: float = 1.0
    temperature_plies: int = 8
    random_plies: int = 6
    window: int = 20
    updates: int = 100
    batch: int = 256
    rate: float = 1e-3
    rate_half_life: int = 0
    decay: float = 1e-4
    averaging: float = 0.99
    symmetries: bool = True
    search_value: float = 0.0
    exact_from: int | None = None
    gate: bool = False
    evaluate_every: int = 5

    def __post_init__(self) -> None:
        if self.search not in SEARCHES:
            raise InvalidOptionError(
                f"search is {self.search!r}; give one of {', '.join(SEARCHES)}."
            )
        for name in _COUNTS:
            whole(NAME, name, getattr(self, name))
        whole(NAME, "quick_simulations", self.quick_simulations)
        for name in _SHARES:
            within(NAME, name, getattr(self, name), 0, 1)
        if self.quick_share > 0 and self.quick_simulations > self.simulations:
            raise InvalidOptionError(
                f"quick_simulations is {self.quick_simulations} and simulations "
                f"{self.simulations}; quick searches have no more than the others."
            )
        within(NAME, "temperature", self.temperature, 0, float("inf"))
        positive(NAME, "rate", self.rate)
        within(NAME, "decay", self.decay, 0, float("inf"))
        for name in ("temperature_plies", "random_plies", "rate_half_life", "evaluate_every"):
            _count(name, getattr(self, name))
        if self.exact_from is not None:
            _count("exact_from", self.exact_from)
        for name in ("symmetries", "gate"):
            if not isinstance(getattr(self, name), bool):
                raise InvalidOptionError(
                    f"{name} of {NAME} is {getattr(self, name)!r}; give True or False."
                )
        self.architecture((1,))

    def architecture(self, shape: tuple[int, ...]) -> Architecture:
        """Of the network for inputs of this shape."""
        return architecture_for(shape, self.network, self.width, self.depth)

    @property
    def searching(self) -> Options:
        """How positions are searched in training."""
        if self.search == "gumbel":
            return Gumbel(simulations=self.simulations, considered=self.considered)
        return PUCT(simulations=self.simulations, noise=PUCT_NOISE)

    @property
    def quick(self) -> Quick | None:
        """Which searches are cut short."""
        return Quick(self.quick_simulations, self.quick_share) if self.quick_share > 0 else None

    def with_games(self, games: int) -> AlphaZero:
        """The same with another number of games in a round."""
        return replace(self, games=games)

    def to_dict(self) -> dict[str, Any]:
        """Every option by name."""
        return asdict(self)


def _count(name: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise InvalidOptionError(f"{name} of {NAME} is {value!r}; give a whole number >= 0.")
