"""Speaker and listener: one knows the goal and only speaks, the other only hears and moves."""

from __future__ import annotations

import numpy as np

from marl_kit.core.checks import flag, whole
from marl_kit.games.picture import Mark, Picture
from marl_kit.games.team import Outcome, TeamSizes, View, World
from marl_kit.games.team_game import TeamGame

FACTS = {
    "title": "Simple speaker listener",
    "source": "Lowe et al. (2017), Multi-agent actor-critic for mixed cooperative-competitive "
    "environments, NeurIPS; as in the package mpe2 1.1.1, simple_speaker_listener_v4",
    "players": 2,
    "size": "3 and 11 numbers seen, 3 and 5 actions, 25 steps",
}

# The world of mpe2: positions and velocities on a plane without walls, a step of DT seconds.
DT, DAMPING, THRUST = 0.1, 0.25, 5.0
DIRECTIONS = THRUST * np.array([[0, 0], [-1, 0], [1, 0], [0, -1], [0, 1]], float)
"""What the listener's actions push: nothing, left, right, down, up."""
COLOURS = np.array([[0.65, 0.15, 0.15], [0.15, 0.65, 0.15], [0.15, 0.15, 0.65]])
"""Of the landmarks; the speaker sees that of the goal."""
WORDS = np.eye(3)
NAMES = "abc"
"""Of the words, in pictures: they mean what the two agree on, no landmark by themselves."""
BOX = (-1.2, 1.2, -1.2, 1.2)
SPEAKER, LISTENER = 0, 1
SEEN = np.array([3, 11])


class SpeakerListener:
    """The rules. Nothing collides, and the speaker's place matters to nobody."""

    def __init__(self, horizon: int, continuous: bool):
        counts = np.array([len(WORDS), len(DIRECTIONS)])
        self.sizes = TeamSizes(
            agents=("speaker_0", "listener_0"),
            observation=int(SEEN.max()),
            state=int(SEEN.sum()),
            actions=np.zeros(2, np.int64) if continuous else counts,
            box=int(counts.max()) if continuous else 0,
            horizon=horizon,
        )
        self.lengths = SEEN
        self.boxes = counts if continuous else np.zeros(2, np.int64)
        self.draws = 1 + 2 + 2 * len(COLOURS)

    def start(self, numbers: np.ndarray) -> World:
        """Everything anywhere in the square from -1 to 1, at rest, and nothing said yet."""
        placed = (2 * numbers[:, 1:] - 1).reshape(len(numbers), -1, 2)
        return {
            "goal": (numbers[:, 0] * len(COLOURS)).astype(np.int64),
            "listener": placed[:, 0].copy(),
            "velocity": np.zeros((len(numbers), 2)),
            "landmarks": placed[:, 1:].copy(),
            "said": np.zeros((len(numbers), len(WORDS))),
        }

    def step(self, world: World, actions: np.ndarray) -> Outcome:
        """Both lose the square of the listener's distance from the goal."""
        said, force = self._meant(actions)
        listener = world["listener"] + world["velocity"] * DT
        velocity = world["velocity"] * (1 - DAMPING) + force * DT
        goal = world["landmarks"][np.arange(len(listener)), world["goal"]]
        reward = -np.square(listener - goal).sum(axis=1)
        moved = {**world, "listener": listener, "velocity": velocity, "said": said}
        return Outcome(moved, np.stack([reward, reward], axis=1), np.zeros(len(listener), bool))

    def _meant(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What is said, and what pushes the listener."""
        if not self.sizes.box:
            return WORDS[actions[:, SPEAKER]], DIRECTIONS[actions[:, LISTENER]]
        pushes = actions[:, LISTENER]
        force = THRUST * (pushes[:, 2::2] - pushes[:, 1::2])
        return actions[:, SPEAKER, : len(WORDS)].copy(), force

    def view(self, world: World) -> View:
        """The speaker sees the goal's colour; the listener its velocity, where the landmarks are
        and what was said in the last step. The state is both, one behind the other."""
        copies = len(world["goal"])
        speaker = COLOURS[world["goal"]]
        landmarks = (world["landmarks"] - world["listener"][:, None]).reshape(copies, -1)
        listener = np.hstack([world["velocity"], landmarks, world["said"]])
        seen = np.zeros((copies, 2, self.sizes.observation))
        seen[:, SPEAKER, : SEEN[SPEAKER]] = speaker
        seen[:, LISTENER] = listener
        legal = np.arange(self.sizes.most_actions) < self.sizes.actions[:, None]
        mask = np.broadcast_to(legal, (copies, *legal.shape))
        return View(seen, np.hstack([speaker, listener]), mask)

    def picture(self, world: World, copy: int) -> Picture:
        """The listener L, the landmarks 1 to 3, the goal in a ring; below, what was said."""
        goal, landmarks = int(world["goal"][copy]), world["landmarks"][copy].tolist()
        marks = [Mark(x, y, 0.14, "square", n, str(n + 1)) for n, (x, y) in enumerate(landmarks)]
        ring = Mark(*landmarks[goal], 0.26, "ring")
        listener = Mark(*world["listener"][copy].tolist(), 0.13, text="L")
        said = self._words(world["said"][copy])
        caption = f"goal {goal + 1}; the speaker says {said}"
        return Picture((*marks, ring, listener), BOX, caption=caption)

    def _words(self, said: np.ndarray) -> str:
        if not said.any():
            return "nothing"
        if self.sizes.box:
            return "  ".join(f"{name} {x:.1f}" for name, x in zip(NAMES, said, strict=True))
        return NAMES[int(said.argmax())]


def load(horizon: int = 25, continuous_actions: bool = False) -> TeamGame:
    rules = SpeakerListener(
        whole("horizon", horizon, 1), flag("continuous_actions", continuous_actions)
    )
    return TeamGame(rules, name="simple_speaker_listener")
