"""Where a policy loses: its exploitability, divided among the infosets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from marl_kit.evaluate import sequence
from marl_kit.games.game import Game
from marl_kit.games.load import as_game
from marl_kit.games.normal_form import NormalFormGame
from marl_kit.games.policy import TabularPolicy
from marl_kit.games.profile import as_profile
from marl_kit.games.sequence_form import SequenceForm
from marl_kit.games.tree import read_only

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False, slots=True)
class InfosetLosses:
    """NashConv as a sum over infosets.

    At infoset I of player p the loss is ``own reach of I x (best action value - value of the
    policy's mixture)``, where action values are counterfactual (weighted by chance and by the
    other players) and play goes on with a best response. The losses of a player's infosets are
    not negative and sum to the player's best-response gain (performance-difference lemma, Kakade
    and Langford 2002), so all of them sum to NashConv.
    """

    game: Game
    policy: TabularPolicy
    loss: np.ndarray  # float64 [I]
    best_action: np.ndarray  # int64 [I]; position among the infoset's actions

    def to_frame(self, most: int | None = None) -> pd.DataFrame:
        """The infosets with a loss, worst first: player, infoset, loss, share, policy, best."""
        import pandas as pd

        tree = self.game.tree()
        order = np.argsort(-self.loss, kind="stable")
        order = order[self.loss[order] > 0][:most]
        total = float(self.loss.sum())
        rows = []
        for i in order:
            names = self.game.action_names(int(i))
            mixture = self.policy.probabilities[tree.slots(int(i))]
            rows.append(
                {
                    "player": int(tree.infoset_player[i]),
                    "infoset": tree.infoset_keys[i],
                    "loss": float(self.loss[i]),
                    "share": float(self.loss[i]) / total,
                    "policy": " ".join(f"{n} {p:.2f}" for n, p in zip(names, mixture, strict=True)),
                    "best": names[int(self.best_action[i])],
                }
            )
        columns = ["player", "infoset", "loss", "share", "policy", "best"]
        return pd.DataFrame(rows, columns=columns)


def infoset_losses(game: Any, profile: Any) -> InfosetLosses:
    """How much of NashConv comes from each infoset.

    Examples
    --------
    >>> import marl_kit as mk
    >>> losses = mk.infoset_losses("kuhn_poker", "uniform")
    >>> round(float(losses.loss.sum()), 12)  # NashConv, 11/12
    0.916666666667
    """
    game = as_game(game)
    policy = as_profile(game, profile)
    if isinstance(game, NormalFormGame):
        policy = TabularPolicy(game, np.concatenate(policy))  # type: ignore[arg-type]
    assert isinstance(policy, TabularPolicy)
    form = game.sequence_form()
    strategy = sequence.sequence_strategy(policy)
    plan = sequence.realisation_plan(form, strategy)
    loss = np.zeros(form.num_infosets)
    best = np.zeros(form.num_infosets, np.int64)
    for p in range(form.num_players):
        value, choice = sequence.best_response_values(policy, p)
        mine = slice(int(form.player_infosets[p]), int(form.player_infosets[p + 1]))
        own = _sum_by_infoset(form, strategy * value)[mine]
        reach = plan[form.parent_sequence[mine]]
        loss[mine] = reach * np.maximum(value[choice[mine]] - own, 0.0)
        best[mine] = choice[mine] - form.first_sequence[mine]
    return InfosetLosses(game, policy, read_only(loss), read_only(best))


def _sum_by_infoset(form: SequenceForm, by_sequence: np.ndarray) -> np.ndarray:
    slots = by_sequence[form.slot_sequences()]
    infoset = np.repeat(np.arange(form.num_infosets), form.num_actions)
    return np.bincount(infoset, weights=slots, minlength=form.num_infosets)
