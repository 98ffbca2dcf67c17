"""``marl-kit team play`` and ``cross``."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Any

import typer

import marl_kit as mk
from marl_kit.cli.console import grid, out, print_json, ruled_table
from marl_kit.cli.options import AsJson, Seed, writable
from marl_kit.cli.waiting import announce_compilation

Episodes = Annotated[int, typer.Option(min=1)]
EPISODES = 100


def play(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="The folder of `team train`.")],
    run: Annotated[int, typer.Option(min=0, help="Which of its teams.")] = 0,
    episodes: Episodes = EPISODES,
    gif: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw an episode there, as a GIF.")
    ] = None,
    seed: Seed = 0,
    as_json: AsJson = False,
) -> None:
    """Let a trained team play, without exploration.

    marl-kit team play runs/spread --episodes 500 --gif spread.gif
    """
    writable(gif)
    team, reward = _team(path, run), _reward(path)
    with announce_compilation():
        if gif is not None:
            mk.plot.write_team_animation(team, gif, seed=seed, reward=reward)
        report = _report(team, reward, episodes, seed)
    told = {"path": str(path), "run": run, **report} | ({"gif": str(gif)} if gif else {})
    if as_json:
        print_json(told)
    else:
        out().print(grid(_rows(told)))


def _team(path: Path, run: int) -> mk.TrainedTeam:
    teams = mk.load_teams(path)
    if run >= len(teams):
        raise mk.InvalidOptionError(
            f"run is {run}; {str(path)!r} holds the runs 0 to {len(teams) - 1}."
        )
    return teams[run]


def _reward(path: Path) -> str:
    """How the rewards of a folder's runs count."""
    from marl_kit.learn.cooperative.team_run import read_description

    told = read_description(path.expanduser())
    assert told is not None, "its teams were loaded"
    return str(told["reward"])


def _report(team: mk.TrainedTeam, reward: str, episodes: int, seed: int) -> dict[str, Any]:
    from scipy.stats import t

    from marl_kit.learn.cooperative.rollout import scale_of
    from marl_kit.learn.cooperative.trained import play_episodes

    environment = team.team.environment(episodes, seed)
    returns = play_episodes(environment, [team] * len(team), reward, seed)
    mean, reach = float(returns.mean()), math.nan
    if episodes > 1:
        reach = float(t.ppf(0.975, episodes - 1) * returns.std(ddof=1) / math.sqrt(episodes))
    return {
        "environment": team.team.spec,
        "team": team.name,
        "episodes": episodes,
        "return": mean,
        "low": None if math.isnan(reach) else mean - reach,
        "high": None if math.isnan(reach) else mean + reach,
        "scale": scale_of(reward),
    }


def _rows(told: dict[str, Any]) -> list[tuple[str, str]]:
    interval = "one episode: no interval"
    if told["low"] is not None:
        interval = f"95 %: {told['low']:.4g} to {told['high']:.4g}"
    rows = [
        ("environment", told["environment"]),
        ("team", told["team"]),
        ("episodes", f"{told['episodes']:,}"),
        ("return", f"{told['return']:.4g}  ({interval})"),
        ("", told["scale"]),
    ]
    return rows + ([("animation", told["gif"])] if "gif" in told else [])


def cross(
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH...", help="Folders of `team train`.")
    ],
    run: Annotated[
        int | None, typer.Option(min=0, help="Only this team of each.", show_default="all")
    ] = None,
    episodes: Annotated[
        int, typer.Option(min=1, help="For each agent that is replaced.")
    ] = EPISODES,
    seed: Seed = 0,
    as_json: AsJson = False,
) -> None:
    """What teams get with one agent of another team in their midst.

    marl-kit team cross runs/vdn runs/qmix
    """
    from marl_kit.learn.cooperative.rollout import scale_of

    named = {name: team for path in paths for name, team in _named(path, run).items()}
    rewards = sorted({_reward(path) for path in paths})
    if len(rewards) > 1:
        raise mk.InvalidOptionError(
            f"the runs' returns are on different scales ({', '.join(rewards)}); give runs that "
            f"were trained with the same --reward."
        )
    options: dict[str, Any] = {"episodes": episodes, "reward": rewards[0], "seed": seed}
    with announce_compilation():
        matrix = mk.cross_play(list(named.values()), **options)
    if as_json:
        told = {"teams": list(named), "returns": matrix.tolist(), "scale": scale_of(rewards[0])}
        print_json(told | {"episodes": episodes})
    else:
        _print(list(named), matrix, scale_of(rewards[0]))


def _named(path: Path, run: int | None) -> dict[str, mk.TrainedTeam]:
    """Teams of a folder by its name and the number of the run."""
    chosen = enumerate(mk.load_teams(path)) if run is None else [(run, _team(path, run))]
    return {f"{path}#{number}": team for number, team in chosen}


def _print(names: list[str], matrix: Any, scale: str) -> None:
    numbers = [str(number) for number in range(1, len(names) + 1)]
    rows = [
        [f"{number}  {name}", *(f"{x:.4g}" for x in row)]
        for number, name, row in zip(numbers, names, matrix.tolist(), strict=True)
    ]
    console = out()
    console.print("Return of the row's team with one agent of the column's:")
    console.print(f"{scale}.")
    console.print()
    console.print(ruled_table(["team", *numbers], rows, [False] + [True] * len(names)))
