"""A position of a PettingZoo environment: seed, history and, when needed, a live environment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from marl_kit.core.errors import IllegalActionError, UnsupportedGameError
from marl_kit.games.pettingzoo.observation import digest, tensor
from marl_kit.games.pettingzoo.session import Report, Session
from marl_kit.games.tree import TERMINAL

if TYPE_CHECKING:
    from marl_kit.games.pettingzoo.game import PettingZooGame


@dataclass(frozen=True, slots=True)
class Past:
    """What one player has done, and has seen up to and including its latest own action."""

    memory: bytes = b""  # digest of own observations, rewards and actions
    actions: tuple[int, ...] = ()
    reward: float = 0.0  # since its latest own action
    total: float = 0.0  # since the start


class PettingZooState:
    """Answers as OpenSpiel's states do; see ``PettingZooGame``.

    All that can be asked is kept when a move is made, so only a move needs a live environment. A
    clone has none until it moves: then one is made, the history is played in it again, and what
    every agent sees, is given and may do is compared after each move.
    """

    __slots__ = ("_game", "_history", "_pasts", "_report", "_seed", "_session", "_trace")

    def __init__(self, game: PettingZooGame, seed: int, session: Session):
        self._game, self._seed = game, seed
        self._session: Session | None = session
        self._report: Report = session.report
        self._history: tuple[int, ...] = ()
        self._trace: tuple[bytes, ...] = (session.report.fingerprint,)
        self._pasts: tuple[Past, ...] = (Past(),) * game.num_players

    @property
    def seed(self) -> int:
        """The seed of the environment's randomness in this play."""
        return self._seed

    def current_player(self) -> int:
        return self._report.player

    def is_terminal(self) -> bool:
        return self._report.player == TERMINAL

    def is_chance_node(self) -> bool:
        return False

    def is_simultaneous_node(self) -> bool:
        return False

    def legal_actions(self, player: int | None = None) -> list[int]:
        if player is not None and player != self.current_player():
            return []
        return list(self._report.legal)

    def chance_outcomes(self) -> list[tuple[int, float]]:
        return []

    def returns(self) -> list[float]:
        """Each player's sum of rewards so far."""
        return [past.total for past in self._pasts]

    def rewards(self) -> list[float]:
        """What each player was given for the latest move."""
        return list(self._report.rewards)

    def history(self) -> list[int]:
        return list(self._history)

    def history_str(self) -> str:
        return ", ".join(str(a) for a in self._history)

    def num_players(self) -> int:
        return self._game.num_players

    def apply_action(self, action: int) -> None:
        mover = self.current_player()
        if action not in self._report.legal:
            raise IllegalActionError(
                f"action {action} is not legal after the history {list(self._history)}; legal "
                f"actions are {self.legal_actions()}."
            )
        action, session = int(action), self._live()
        self._session = None  # should the environment fail, its position is not ours any more
        known = self._knowledge(mover)
        report = session.step(action)
        pasts = []
        for p, past in enumerate(self._pasts):
            gained, total = report.rewards[p], past.total + report.rewards[p]
            if p == mover:
                done = (*past.actions, action)
                pasts.append(Past(digest(known.hex(), action), done, gained, total))
            else:
                pasts.append(Past(past.memory, past.actions, past.reward + gained, total))
        self._session, self._report, self._pasts = session, report, tuple(pasts)
        self._history = (*self._history, action)
        self._trace = (*self._trace, report.fingerprint)

    def _live(self) -> Session:
        if self._session is None:
            self._session = self._game.replay(self._seed, self._history, self._trace)
        if self._session.retired:
            raise UnsupportedGameError(
                f"the live environment {self._game.name} has been reset for another play, so this "
                f"one cannot go on; give a callable that makes environments to have several."
            )
        return self._session

    def clone(self) -> PettingZooState:
        """An independent copy, whose environment is made again when it first moves.

        Raises
        ------
        UnsupportedGameError
            Here, for a live environment; at the clone's first move, if playing the history again
            does not show the agents the same.
        """
        self._game.require_callable()
        copy = object.__new__(PettingZooState)
        copy._game, copy._seed, copy._session = self._game, self._seed, None
        copy._report, copy._history = self._report, self._history
        copy._trace, copy._pasts = self._trace, self._pasts
        return copy

    def child(self, action: int) -> PettingZooState:
        copy = self.clone()
        copy.apply_action(action)
        return copy

    def information_state_string(self, player: int | None = None) -> str:
        """The player's own actions, and a digest of all that it saw.

        An observation may forget what an earlier one showed; this does not (perfect recall): the
        digest is of every observation that the player had when it moved, the rewards that it was
        given since its move before, its actions, and its observation now.
        """
        p = self._who(player)
        own = ",".join(str(a) for a in self._pasts[p].actions)
        return f"{self._game.agents[p]} [{own}] {self._knowledge(p).hex()}"

    def _knowledge(self, player: int) -> bytes:
        past = self._pasts[player]
        # 12 digits: sums of the same rewards in another order are the same knowledge
        given = f"{past.reward + 0.0:.12g}"
        legal = self._report.legal if player == self.current_player() else ()
        return digest(past.memory.hex(), self._report.observations[player], f"{given} {legal}")

    def observation_tensor(self, player: int | None = None) -> list[float]:
        """The player's observation at this moment, flattened, without its mask of actions."""
        p = self._who(player)
        return tensor(self._game.observation_spaces[p], self._report.observations[p])

    def observation(self, player: int | None = None) -> Any:
        """The player's observation as the environment gave it; not to be written to."""
        return self._report.observations[self._who(player)]

    def _who(self, player: int | None) -> int:
        p = self.current_player() if player is None else player
        if not 0 <= p < self.num_players():
            raise UnsupportedGameError(
                f"player {p} has no observation in {self._game.name}; its players are 0 to "
                f"{self.num_players() - 1}."
            )
        return p

    def action_to_string(self, player: int, action: int) -> str:
        return str(action)

    def __str__(self) -> str:
        return f"{self._game.name} after {list(self._history)}"
