"""An episode of a trained team, as an animated GIF."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from marl_kit.core.errors import InvalidOptionError, UnsupportedGameError
from marl_kit.core.files import write_atomic
from marl_kit.games.picture import Picture
from marl_kit.games.team_batch import checked_actions, key_of
from marl_kit.games.team_draws import uniforms
from marl_kit.plot.style import style
from marl_kit.plot.team_picture import draw_picture, view_of

if TYPE_CHECKING:
    from PIL.Image import Image

    from marl_kit.learn.cooperative.trained import TrainedTeam

SIZE, DOTS = (3.4, 3.9), 100
"""Inches, and dots for each of them."""
SQUARE = (0.02, 0.09, 0.96, 0.96 * SIZE[0] / SIZE[1])
"""Left, bottom, width and height of the picture, as shares: a layout would move between frames."""
FRAME, LAST = 180, 1800
"""Milliseconds that a frame stays, and the last one."""
MOST_FRAMES = 500
"""Of an animation; a longer episode is not shown to its end."""
COLOURS = 64
"""Of a GIF's palette, which has 256 at most; drawings need few."""


def write_team_animation(
    team: TrainedTeam, path: str | Path, *, seed: int = 0, reward: str = "mean"
) -> None:
    """Write an episode of a trained team as an animated GIF.

    Games whose rules have a method ``picture`` (``marl_kit.games.picture``) are drawn here;
    registered PettingZoo environments draw themselves, by their ``render_mode="rgb_array"``.

    Parameters
    ----------
    team : TrainedTeam
        One of ``result.players``, or of ``mk.load_teams``. It does not explore.
    path : str or Path
        Ends in ``.gif``.
    seed : int
        Of the episode.
    reward : str
        How the return in the picture counts: ``mean``, ``sum``, ``shared`` or ``own``.

    Raises
    ------
    InvalidOptionError
        Another ending.
    UnsupportedGameError
        An environment that nothing draws.
    """
    if Path(path).suffix.lower() != ".gif":
        raise InvalidOptionError(f"{str(path)!r} is no name of a GIF; give one that ends in .gif.")
    write_atomic(path, _gif(_frames(team, seed, reward)))


def _frames(team: TrainedTeam, seed: int, reward: str) -> list[Image]:
    from marl_kit.games.pettingzoo.parallel import ParallelTeam

    rules = getattr(team.team, "rules", None)
    if hasattr(rules, "picture"):
        return _drawn(list(islice(_worlds(team, rules, seed, reward), MOST_FRAMES)))
    if isinstance(team.team, ParallelTeam):
        return list(islice(_photographs(team, seed), MOST_FRAMES))
    raise UnsupportedGameError(
        f"nothing draws {team.team.name}; give its rules a method picture(world, copy), as "
        f"marl_kit.games.picture says."
    )


class _Shot(NamedTuple):
    """A position after so many steps, and what the team has got by then."""

    step: int
    total: float
    picture: Picture


def _worlds(team: TrainedTeam, rules: Any, seed: int, reward: str) -> Iterator[_Shot]:
    """Episode 0 of copy 0, stepped by the rules alone: an environment would begin the next one
    before its last position can be seen."""
    from marl_kit.learn.cooperative.rollout import deriving

    first = np.zeros(1, np.int64)
    world = rules.start(uniforms(key_of(seed), first, first, rules.draws))
    choose, derive = _Chooser(team), deriving(reward)
    everybody, total = np.ones((1, len(team)), bool), 0.0
    yield _Shot(0, total, rules.picture(world, 0))
    for step in range(1, rules.sizes.horizon + 1):
        view = rules.view(world)
        world, rewards, ended = rules.step(world, choose(view.observations, view.mask))
        total += float(derive(rewards, everybody).mean())
        yield _Shot(step, total, rules.picture(world, 0))
        if ended.all():
            return


def _photographs(team: TrainedTeam, seed: int) -> Iterator[Image]:
    """What a PettingZoo environment draws of itself, step by step."""
    live = _with_a_camera(team)
    choose = _Chooser(team)
    try:
        live.begin(seed)
        for _ in range(team.team.sizes.horizon + 1):
            yield _photograph(live.env, team.team.name)
            if not live.present.any():
                return
            live.step(choose(live.observations[None], live.mask[None])[0])
    finally:
        live.env.close()


def _photograph(env: Any, name: str) -> Image:
    from PIL import Image

    try:
        drawn = np.asarray(env.render())
    except ImportError as error:
        raise UnsupportedGameError(
            f"{name} cannot draw itself ({error}); install what is missing."
        ) from error
    if drawn.dtype != np.uint8 or drawn.shape[2:] != (3,):
        raise UnsupportedGameError(
            f"{name} drew an array of {drawn.dtype} {drawn.shape}; it must be uint8 [H, W, 3]."
        )
    return Image.fromarray(drawn)


def _with_a_camera(team: TrainedTeam) -> Any:
    """The environment made again with ``render_mode="rgb_array"``."""
    if not team.team.spec:
        raise UnsupportedGameError(
            f"{team.team.name} has no registered name, so it cannot be made again for drawing; "
            f"train on 'pettingzoo:FAMILY/NAME'."
        )
    from marl_kit.core.spec import parse_spec
    from marl_kit.games.as_team import PREFIX
    from marl_kit.games.pettingzoo.parallel import load_parallel

    name, params = parse_spec(team.team.spec)
    plain = team.team.environment(1).copies[0].env  # type: ignore[attr-defined]
    if "rgb_array" not in plain.metadata.get("render_modes", ()):
        raise UnsupportedGameError(
            f"{team.team.name} has no render_mode='rgb_array', so it draws no pictures of itself."
        )
    told = {**params, "render_mode": "rgb_array"}
    made: Any = load_parallel(name.removeprefix(PREFIX), told)
    return made.environment(1).copies[0]


class _Chooser:
    """A team in one episode, with what its agents remember of it."""

    def __init__(self, team: TrainedTeam):
        self.team, self.memory = team, team.learner.no_memory(1)

    def __call__(self, observations: np.ndarray, mask: np.ndarray) -> np.ndarray:
        """Actions [1, N] or [1, N, K] of observations [1, N, D] and the mask [1, N, A]."""
        import torch

        from marl_kit.learn.cooperative.rollout import Seen, agents_first, as_given

        goes_on = torch.zeros(1, 1, dtype=torch.bool)
        seen = Seen(agents_first(observations, 1), agents_first(mask, 1), goes_on)
        with torch.no_grad():
            actions, self.memory = self.team.learner.best(seen, self.memory)
        return checked_actions(self.team.team.sizes, 1, as_given(actions))


def _drawn(shots: list[_Shot]) -> list[Image]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from PIL import Image

    view, images = view_of([shot.picture for shot in shots]), []
    with style():
        figure = Figure(figsize=SIZE, dpi=DOTS)
        canvas, ax = FigureCanvasAgg(figure), figure.add_axes(SQUARE)
        for shot in shots:
            ax.clear()
            draw_picture(ax, shot.picture, view, f"step {shot.step}    return {shot.total:.2f}")
            canvas.draw()
            images.append(Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3].copy()))
    return images


def _gif(frames: list[Image]) -> bytes:
    first, *others = [frame.quantize(COLOURS) for frame in frames]
    times = [FRAME] * len(others) + [LAST]
    buffer = BytesIO()
    first.save(buffer, "GIF", save_all=True, append_images=others, duration=times, loop=0)
    return buffer.getvalue()
