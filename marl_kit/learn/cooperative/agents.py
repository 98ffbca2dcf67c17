"""The networks of a team's agents: what each makes of its own observations, now and remembered."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from marl_kit.core.errors import InvalidOptionError
from marl_kit.learn.cooperative.stacked import RELU_GAIN, StackedGRU, StackedLinear, StackedMLP

SHARING = "ids", "shared", "separate"


def groups_of(sharing: str | Sequence[int], agents: int) -> tuple[int, ...]:
    """Which network each of N agents uses.

    Parameters
    ----------
    sharing : str or sequence of N int
        ``"separate"``: each its own. ``"shared"``: all the same one, so that equal observations
        have equal answers. ``"ids"``: the same one, which sees whose observation it is. Numbers
        name groups, which see who of them it is.

    Raises
    ------
    InvalidOptionError
    """
    if sharing == "separate":
        return tuple(range(agents))
    if sharing in ("ids", "shared"):
        return (0,) * agents
    numbered = isinstance(sharing, Sequence) and all(isinstance(group, int) for group in sharing)
    if numbered and len(sharing) == agents:
        names = list(dict.fromkeys(sharing))
        return tuple(names.index(group) for group in sharing)
    raise InvalidOptionError(
        f"sharing is {sharing!r}; give one of {', '.join(SHARING)} or the numbers of the groups of "
        f"{agents} agents."
    )


def sees_ids(sharing: str | Sequence[int]) -> bool:
    """Whether agents that share a network are told apart by a number that it sees."""
    return sharing not in ("shared", "separate")


class AgentNetworks(nn.Module):
    """Networks of N agents in S runs: two layers, a memory where wanted, and a linear head.

    Parameters
    ----------
    generators : sequence of S torch.Generator
    groups : sequence of N int
    ids : bool
        Whether a network sees which agent it answers for: a one-hot number behind its inputs.
    inputs, width, outputs : int
    recurrent : bool
        With a gated recurrent unit before the head, whose memory is emptied where episodes begin.
    gain : float
        Of the head.
    """

    def __init__(
        self,
        generators: Sequence[torch.Generator],
        groups: Sequence[int],
        *,
        ids: bool,
        inputs: int,
        width: int,
        outputs: int,
        recurrent: bool = False,
        gain: float = 1.0,
    ):
        super().__init__()
        agents = len(groups)
        self.names = torch.eye(agents) if ids else torch.zeros(agents, 0)
        inputs += self.names.shape[1]
        self.body = StackedMLP(generators, groups, (inputs, width, width), RELU_GAIN)
        self.cell = StackedGRU(generators, groups, width, width) if recurrent else None
        self.head = StackedLinear(generators, groups, width, outputs, gain)
        self.remembered = width if recurrent else 0

    def no_memory(self, copies: int) -> torch.Tensor:
        """Before anything was seen, [S, N, copies, R]; R is 0 for networks without memory."""
        runs = self.head.weight.shape[0]
        return torch.zeros(runs, len(self.names), copies, self.remembered)

    def forward(
        self, x: torch.Tensor, starts: torch.Tensor, memory: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Answers to sequences of observations.

        Parameters
        ----------
        x : float32 [S, N, M, T, inputs]
        starts : bool [S, M, T]
            Where an episode begins.
        memory : float32 [S, N, M, R]
            Before the first observation.

        Returns
        -------
        answers : float32 [S, N, M, T, outputs]
        memories : float32 [S, N, M, T, R]
            After each observation.
        """
        features = self.body(self._named(x)).relu()
        if self.cell is None:
            memories = x.new_zeros((*x.shape[:-1], 0))
        else:
            features = memories = self._remembered(features, starts, memory)
        return self._answers(features), memories

    def memories(self, x: torch.Tensor, starts: torch.Tensor, memory: torch.Tensor) -> torch.Tensor:
        """After each of a sequence of observations, without their answers."""
        if self.cell is None:
            return x.new_zeros((*x.shape[:-1], 0))
        return self._remembered(self.body(self._named(x)).relu(), starts, memory)

    def after(self, x: torch.Tensor, memories: torch.Tensor) -> torch.Tensor:
        """Answers to one more observation behind each of a sequence, [S, N, M, T, outputs].

        ``memories`` are those of the sequence; ``x`` is [S, N, M, T, inputs].
        """
        features = self.body(self._named(x)).relu()
        if self.cell is not None:
            rows = self.cell(features.flatten(2, 3), memories.flatten(2, 3))
            features = rows.unflatten(2, x.shape[2:4])
        return self._answers(features)

    def _named(self, x: torch.Tensor) -> torch.Tensor:
        if not self.names.shape[1]:
            return x
        names = self.names[:, None, None].expand(*x.shape[:-1], -1)
        return torch.cat([x, names], -1)

    def _remembered(
        self, features: torch.Tensor, starts: torch.Tensor, memory: torch.Tensor
    ) -> torch.Tensor:
        assert self.cell is not None
        seen = self.cell.seen(features.flatten(2, 3)).unflatten(2, features.shape[2:4])
        goes_on = (~starts)[:, None, ..., None]
        memories = []
        for t in range(features.shape[3]):
            memory = self.cell.next(seen[..., t, :], memory * goes_on[:, :, :, t])
            memories.append(memory)
        return torch.stack(memories, 3)

    def _answers(self, features: torch.Tensor) -> torch.Tensor:
        return self.head(features.flatten(2, 3)).unflatten(2, features.shape[2:4])
