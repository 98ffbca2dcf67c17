"""Runs side by side know nothing of each other; optimisers; training goes on to the bit."""

import copy
import pickle

import numpy as np
import pytest
import torch

import marl_kit as mk
from marl_kit.core.errors import CheckpointError, InvalidOptionError
from marl_kit.games.as_team import as_team
from marl_kit.learn.cooperative import team_run
from marl_kit.learn.cooperative.algorithms import ALGORITHMS, options_for
from marl_kit.learn.cooperative.kept import Weights
from marl_kit.learn.cooperative.optimiser import Optimiser
from marl_kit.learn.cooperative.stacked import StackedMLP
from marl_kit.learn.cooperative.train_team import load_teams, train_team
from marl_kit.learn.cooperative.training import Plan, Training
from marl_kit.learn.value_norm import ValueNorm
from tests.learn.cooperative.test_learn_stacked import normal
from tests.learn.cooperative.worlds import generators

VALUES, POLICIES = ("iql", "vdn", "qmix", "wqmix", "qplex"), ("ippo", "mappo", "coma", "happo")
REPLAYED = {"batch": 4, "slots": 8, "updates": 2}
RECURRENT = [(name, {"recurrent": True}) for name in ("qmix", "ippo", "mappo", "happo")]
EVERY = [(name, {}) for name in ALGORITHMS]


def tiny(name, **options):
    found = {"width": 8, "rollout": 4, **options}
    if name in VALUES:
        return {**found, **REPLAYED, "renew": 3, "explore_steps": 64}
    return {**found, "epochs": 2} if name in POLICIES else {**found, **REPLAYED}


def training(name, env="simple_spread(agents=2)", seeds=1, **options):
    plan = Plan(
        team=as_team(env),
        algorithm=name,
        options=options_for(name, tiny(name, **options)),
        seeds=seeds,
        seed=7,
        copies=2,
        reward="mean",
        evaluate_every=1000,
        episodes=2,
    )
    return Training(plan)


def weights(learner):
    return Weights(learner.acting).tensors()


@pytest.mark.parametrize(("name", "options"), EVERY + RECURRENT)
def test_a_run_is_the_same_whatever_runs_stand_beside_it(name, options):
    alone, together = training(name, **options), training(name, seeds=3, **options)
    for _ in range(3):
        alone.advance()
        together.advance()
    theirs = weights(alone.learner)
    for key, x in weights(together.learner).items():
        torch.testing.assert_close(x[:1], theirs[key], rtol=1e-4, atol=1e-6)
        assert not torch.equal(x[0], x[1])


@pytest.mark.parametrize("name", ALGORITHMS)
def test_what_happens_in_one_run_changes_no_other(name):
    ours = training(name, seeds=3)
    rollouts = [ours.collector.collect(4) for _ in range(2)]
    theirs = copy.deepcopy(ours.learner)
    for rollout in rollouts:
        ours.learner.learn(rollout)
        changed = copy.deepcopy(rollout)
        changed.rewards[0] *= 1000
        changed.observations[0] += 3
        theirs.learn(changed)
    other = weights(theirs)
    for key, x in weights(ours.learner).items():
        assert torch.equal(x[1:], other[key][1:])
    assert any(not torch.equal(x[0], other[key][0]) for key, x in weights(ours.learner).items())


def test_every_runs_gradient_is_clipped_by_itself():
    """Torch's own, for each run alone."""
    together = StackedMLP(generators(3), (0, 0), (4, 5, 1))
    alone = [StackedMLP(generators(1, s), (0, 0), (4, 5, 1)) for s in range(3)]
    scales = torch.tensor([1e-3, 1.0, 100.0])
    mine = Optimiser([together], 0.01, largest=0.5)
    adams = [torch.optim.Adam(net.parameters(), lr=0.01, eps=1e-5) for net in alone]
    clipped = []
    for step in range(5):
        x = normal(3, 2, 6, 4, seed=step)
        mine.step((together(x).square().flatten(1).mean(1)) * scales)
        for s, (net, adam) in enumerate(zip(alone, adams, strict=True)):
            adam.zero_grad()
            (net(x[s : s + 1]).square().mean() * scales[s]).backward()
            norm = torch.nn.utils.clip_grad_norm_(net.parameters(), 0.5)
            clipped.append(bool(norm > 0.5))
            adam.step()
    assert 0 < sum(clipped) < len(clipped)
    for s, net in enumerate(alone):
        for ours, theirs in zip(together.parameters(), net.parameters(), strict=True):
            torch.testing.assert_close(ours[s], theirs[0], rtol=1e-4, atol=1e-5)


def test_an_optimiser_goes_on_to_the_bit():
    def made():
        net = StackedMLP(generators(2), (0, 1), (4, 5, 1))
        return net, Optimiser([net], 0.01, 1.0)

    def steps(net, optimiser, seeds):
        for seed in seeds:
            optimiser.step(net(normal(2, 2, 6, 4, seed=seed)).square().flatten(1).mean(1))

    net, optimiser = made()
    other, second = made()
    second.restore(optimiser.tensors())  # nothing yet
    steps(net, optimiser, range(3))
    other.load_state_dict(copy.deepcopy(net.state_dict()))
    second.restore(copy.deepcopy(optimiser.tensors()))
    steps(net, optimiser, range(3, 6))
    steps(other, second, range(3, 6))
    assert all(torch.equal(a, b) for a, b in zip(net.parameters(), other.parameters(), strict=True))


K = 32  # steps: four rollouts of two copies


def train(path, steps, name="vdn", env="chicken", **options):
    wanted = {"seeds": 2, "copies": 2, "evaluate_every": 16, "episodes": 2, "path": path}
    return train_team(env, name, steps, **{**wanted, **tiny(name), **options})


def same(one, other):
    np.testing.assert_array_equal(one.returns, other.returns)
    np.testing.assert_array_equal(one.steps, other.steps)
    for name, losses in one.losses.items():
        np.testing.assert_array_equal(losses, other.losses[name])
    for ours, theirs in zip(one.players, other.players, strict=True):
        mine = weights(theirs.learner)
        assert all(torch.equal(x, mine[key]) for key, x in weights(ours.learner).items())


STAGE = [(name, "chicken", {}) for name in ALGORITHMS]
SPREAD = [
    (name, "simple_spread(agents=2)", {"recurrent": True}) for name in ("qmix", "ippo", "happo")
]
FORAGING = [
    pytest.param(name, "foraging", {}, marks=pytest.mark.slow)  # takes long to compile
    for name in ("wqmix", "mappo", "coma", "maddpg")
]


@pytest.mark.parametrize(("name", "env", "options"), STAGE + SPREAD + FORAGING)
def test_two_halves_are_the_whole_to_the_bit(name, env, options, tmp_path):
    whole = train(None, 2 * K, name, env, **options)
    half = train(tmp_path / "run", K, name, env, **options)
    assert half.steps[-1] == K
    second = train(tmp_path / "run", 2 * K, name, env, **options)
    same(whole, second)
    for ours, theirs in zip(whole.players, load_teams(tmp_path / "run"), strict=True):
        mine = weights(theirs.learner)
        assert all(torch.equal(x, mine[key]) for key, x in weights(ours.learner).items())


class Killed(BaseException):
    """As if the process had ended there."""


@pytest.mark.parametrize("file", [team_run.PROGRESS, team_run.TEAMS, team_run.STATE])
@pytest.mark.parametrize("nth", [1, 3])
def test_a_run_that_was_killed_between_two_files_goes_on(file, nth, tmp_path, monkeypatch):
    write, count = team_run.write_atomic, []

    def failing(path, content):
        if path.name == file:
            count.append(path)
            if len(count) == nth:
                raise Killed
        write(path, content)

    monkeypatch.setattr(team_run, "write_atomic", failing)
    with pytest.raises(Killed):
        train(tmp_path / "run", K)
    monkeypatch.undo()
    same(train(None, K), train(tmp_path / "run", K))


@pytest.mark.parametrize("file", [team_run.RUN, team_run.STATE, team_run.PROGRESS])
@pytest.mark.parametrize("harm", ["cut", "changed"])
def test_damaged_files_are_refused_and_nothing_is_overwritten(file, harm, tmp_path):
    folder = tmp_path / "run"
    train(folder, 16)
    content = (folder / file).read_bytes()
    middle = len(content) // 2
    spoiled = content[:middle] if harm == "cut" else content.replace(b"1", b"x")
    (folder / file).write_bytes(spoiled)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(CheckpointError, match=file):
        train(folder, K)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_damaged_teams_are_not_loaded(tmp_path):
    folder = tmp_path / "run"
    with pytest.raises(CheckpointError, match="holds no run"):
        load_teams(folder)
    train(folder, 16)
    teams = folder / team_run.TEAMS
    content = teams.read_bytes()
    for spoiled in (content[:-9], content[:-4] + b"abcd", b""):
        teams.write_bytes(spoiled)
        with pytest.raises(CheckpointError, match=team_run.TEAMS):
            load_teams(folder)
    teams.unlink()
    with pytest.raises(CheckpointError, match=team_run.TEAMS):
        load_teams(folder)


@pytest.mark.parametrize(
    "other",
    [{"width": 9}, {"seeds": 3}, {"copies": 1}, {"seed": 5}, {"reward": "sum"}, {"episodes": 3},
     {"name": "iql"}, {"env": "climbing"}, {"evaluate_every": 8}],
)  # fmt: skip
def test_a_folder_of_another_run_is_refused(other, tmp_path):
    train(tmp_path / "run", 16)
    with pytest.raises(InvalidOptionError, match="give that to go on with it, or another folder"):
        train(tmp_path / "run", K, **other)


def test_a_folder_of_something_else_is_refused(tmp_path):
    (tmp_path / "diary.txt").write_text("dear diary")
    with pytest.raises(InvalidOptionError, match="holds no run of a team"):
        train(tmp_path, 16)
    assert [path.name for path in tmp_path.iterdir()] == ["diary.txt"]


def test_fewer_steps_than_are_there_change_nothing(tmp_path):
    whole = train(tmp_path / "run", K)
    same(whole, train(tmp_path / "run", 16))


def test_episodes_that_begin_anew_begin_with_an_empty_memory():
    """Of PettingZoo's environments, which cannot be put down in the midst of an episode."""
    env = "pettingzoo:mpe2/simple_spread_v3(N=2)"
    first = training("qmix", env, recurrent=True)
    first.advance()
    assert not first.collector.starts.any()
    second = training("qmix", env, recurrent=True)
    second.restore(first.tensors(), [])
    assert second.collector.starts.all()
    found = second.collector.collect(1)
    assert torch.equal(found.observations[0, 0, 0, 0, :2], torch.zeros(2))  # speeds at a beginning


def test_the_norm_of_values_is_kept():
    first = training("mappo")
    first.advance()
    second = training("mappo")
    second.restore({n: x.clone() for n, x in first.tensors().items()}, [])
    assert isinstance(second.learner.adviser.norm, ValueNorm)
    assert second.learner.adviser.norm.weight.item() == 1
    for name, x in first.learner.adviser.norm.state_dict().items():
        assert torch.equal(x, getattr(second.learner.adviser.norm, name))


def test_stage_games_of_the_catalogue_keep_their_names(tmp_path):
    result = train(tmp_path / "run", 16)
    assert result.environment == "chicken"
    again = pickle.loads(pickle.dumps(as_team("chicken")))
    assert (again.spec, again.form, again.sizes.horizon) == ("chicken", "team", 1)
    assert isinstance(mk.load_game("chicken"), mk.NormalFormGame)
