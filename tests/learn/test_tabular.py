"""Q-learning and policy gradient: what they come to, what they count, what they leave alone."""

import math

import numpy as np
import pytest

import marl_kit as mk
from marl_kit.games.game import Game
from marl_kit.games.realisation import as_policy
from marl_kit.learn.episodes import payoff_scales
from marl_kit.learn.policy_gradient import gradient
from marl_kit.learn.registry import find_oracle
from marl_kit.play.policy_player import profile_player
from marl_kit.play.tabular import read_table
from tests.learn.tasks import missed, player_of, task_of, write

LEARNERS = ["q_learning", "policy_gradient"]


@pytest.mark.parametrize(("name", "score"), [("q_learning", 0.7), ("policy_gradient", 0.35)])
def test_learns_to_beat_random_play_at_tic_tac_toe(name, score, tmp_path) -> None:
    """Random play scores 0 +- 0.05 in so many games, both seats together."""
    task = task_of("tic_tac_toe", ["random"])
    player = player_of(find_oracle(f"{name}(episodes=8000)").answer(task), task, tmp_path)
    assert mk.play(task.game, [player, "random"], games=400, seed=3).mean[0] > score


@pytest.mark.parametrize("name", LEARNERS)
@pytest.mark.parametrize("action", range(3))
def test_finds_the_answer_to_one_move(name, action, tmp_path) -> None:
    game = mk.load_game("rock_scissors_paper")
    opponent = profile_player(game, [np.eye(3)[action]] * 2)
    task = task_of(game, [opponent])
    learned = player_of(find_oracle(f"{name}(episodes=500)").answer(task), task, tmp_path)
    assert missed(game, learned, opponent) < (1e-12 if name == "q_learning" else 0.2)


@pytest.mark.parametrize("name", LEARNERS)
@pytest.mark.parametrize("opponent", ["random", "solver:cfr(iterations=3)"])
@pytest.mark.parametrize("spec", ["kuhn_poker", "kuhn_poker(players=3)"])
def test_comes_near_the_best_response(name, opponent, spec, tmp_path) -> None:
    """To a tenth of what uniform play misses."""
    task = task_of(spec, [opponent])
    learned = player_of(find_oracle(f"{name}(episodes=16000)").answer(task), task, tmp_path)
    chance = missed(task.game, mk.make_player("random", task.game), task.opponents[0])
    assert missed(task.game, learned, task.opponents[0]) < 0.1 * chance


@pytest.mark.parametrize("name", LEARNERS)
def test_going_on_improves(name, tmp_path) -> None:
    game, path, missing = mk.load_game("leduc_poker"), None, []
    for wave in range(3):
        task = task_of(game, ["random"], seed=wave, learner=path, wave=wave)
        answer = find_oracle(f"{name}(episodes=3000)").answer(task)
        path = write(answer, tmp_path, f"wave{wave}")
        learned = player_of(answer, task, tmp_path, f"wave{wave}")
        missing.append(missed(game, learned, task.opponents[0]))
    assert missing[2] < 0.9 * missing[0]


@pytest.mark.parametrize("name", LEARNERS)
def test_opponents_stay_as_they_are(name, tmp_path) -> None:
    first = task_of("kuhn_poker", ["random"])
    path = write(find_oracle(f"{name}(episodes=300)").answer(first), tmp_path)
    task = task_of(first.game, [f"tabular:{path}", "random"])
    before = as_policy(task.game, task.opponents[0]).probabilities.copy()
    content = path.read_bytes()
    again = find_oracle(f"{name}(episodes=300)")
    answer = again.answer(task)
    assert np.array_equal(as_policy(task.game, task.opponents[0]).probabilities, before)
    assert path.read_bytes() == content
    assert again.answer(task).content == answer.content  # nor does it remember the first time


@pytest.mark.parametrize("name", LEARNERS)
@pytest.mark.parametrize("spec", ["connect_four", "pig", "leduc_poker", "tic_tac_toe"])
def test_plays_whatever_is_played_in_turns(name, spec, tmp_path) -> None:
    task = task_of(spec, ["random"])
    oracle = find_oracle(f"{name}(episodes=20)")
    oracle.check(task.game)
    answer = oracle.answer(task)
    assert sum(tally.games for tally in answer.tallies) == 20
    player = player_of(answer, task, tmp_path)
    assert mk.play(task.game, [player, "random"], games=4).scores.shape == (4, 2)


class Watcher:
    """Plays the first action, and writes down what it sees."""

    def __init__(self) -> None:
        self.seats: list[int] = []
        self.returns: list[list[float]] = []
        self.plies = 0

    def act(self, state, rng):
        return state.legal_actions()[0]

    def start(self, seat, game_seeds):
        assert len(game_seeds) == 1
        self.seats.append(seat)

    def end(self, state):
        self.returns.append(state.returns())
        self.plies += len(state.history())


@pytest.mark.parametrize("name", LEARNERS)
def test_tallies_are_what_the_opponent_saw(name) -> None:
    watcher = Watcher()
    answer = find_oracle(f"{name}(episodes=101)").answer(task_of("kuhn_poker", [watcher]))
    (tally,) = answer.tallies
    mine = [r[1 - seat] for seat, r in zip(watcher.seats, watcher.returns, strict=True)]
    theirs = [r[seat] for seat, r in zip(watcher.seats, watcher.returns, strict=True)]
    assert watcher.seats == [1 - k % 2 for k in range(101)]
    assert (tally.opponent, tally.games, tally.plies) == (0, 101, watcher.plies)
    assert tally.total == sum(mine)
    assert tally.wins == sum(a > b for a, b in zip(mine, theirs, strict=True))
    assert tally.losses == sum(a < b for a, b in zip(mine, theirs, strict=True))
    assert tally.draws == tally.games - tally.wins - tally.losses


def test_opponents_are_drawn_by_their_weights_for_each_seat() -> None:
    weights = [0.25, 0.75, 0.0]
    task = task_of("kuhn_poker(players=3)", ["random"] * 3, weights)
    answer = find_oracle("q_learning(episodes=3000)").answer(task)
    counts = {tally.opponent: tally.games for tally in answer.tallies}
    assert sum(counts.values()) == 2 * 3000
    assert set(counts) == {0, 1}
    assert abs(counts[0] - 1500) < 4 * math.sqrt(6000 * 0.25 * 0.75)


@pytest.mark.parametrize("name", LEARNERS)
def test_the_unit_of_payoffs_does_not_matter(name, tmp_path) -> None:
    """Powers of two, so that nothing is rounded."""
    game = mk.load_game("rock_scissors_paper")
    scaled = mk.NormalFormGame(np.asarray(game.payoffs) * 128.0 + 4096.0, name="scaled")
    held = []
    for g in (game, scaled):
        task = task_of(g, ["random"])
        answer = find_oracle(f"{name}(episodes=300)").answer(task)
        held.append(player_of(answer, task, tmp_path, g.name).table)
    assert np.array_equal(held[0].values, held[1].values)


def test_each_player_has_its_own_middle() -> None:
    game = mk.NormalFormGame([[[0, 2], [4, 6]], [[100, 100], [100, 100]]])
    assert payoff_scales(game) == [(3.0, 3.0), (100.0, 1.0)]


def test_q_values_are_those_of_the_rule(tmp_path) -> None:
    """By hand: player 0 gets -1 or 1 in its units, in games 0, 2 and 4; player 1 always 0."""
    game = mk.NormalFormGame([[[0.0], [1.0]], [[0.0], [0.0]]])
    task = task_of(game, ["random"])
    oracle = find_oracle("q_learning(episodes=5,step=0.5,power=0.5,epsilon=0,optimism=2)")
    table = player_of(oracle.answer(task), task, tmp_path).table
    second = 0.5 / math.sqrt(2)
    # each action once from 2, as what was never tried looks best; then the better one again
    assert table.visits.tolist() == [1, 2, 2]
    assert table.values.tolist() == pytest.approx([0.5, 1.5 - second * 0.5, 1 - second * 1])


def test_a_move_is_worth_the_best_that_can_follow(tmp_path) -> None:
    """A game of one player who moves twice; what follows is discounted."""
    builder = mk.TreeBuilder(players=1, name="two steps")
    builder.decision((), 0, "first", ["go"])
    builder.decision(("go",), 0, "second", ["win", "lose"])
    builder.payoff(("go", "win"), [1])
    builder.payoff(("go", "lose"), [0])
    game = builder.build()
    task = task_of(game, ["random"])
    oracle = find_oracle("q_learning(episodes=9,step=1,power=0,epsilon=0,discount=0.5)")
    answer = oracle.answer(task)
    table = player_of(answer, task, tmp_path).table
    first, win, _ = table.values.tolist()
    assert (first, win) == (0.5, 1.0)
    assert answer.tallies == ()  # there was nobody else


def test_gradient_is_that_of_the_objective() -> None:
    """Central differences of advantage * log p + entropy * H."""
    logits, advantage, weight, h = [0.3, -1.2, 0.7], 0.8, 0.25, 1e-6

    def objective(x):
        p = np.exp(x) / np.exp(x).sum()
        return advantage * np.log(p[1]) - weight * np.sum(p * np.log(p))

    slopes = gradient(logits, 1, advantage, weight)
    for k in range(3):
        step = h * np.eye(3)[k]
        change = objective(np.array(logits) + step) - objective(np.array(logits) - step)
        assert slopes[k] == pytest.approx(change / (2 * h), abs=1e-8)
    assert np.all(np.isfinite(gradient([0.0, 2000.0], 0, 1.0, 0.1)))


def test_entropy_keeps_the_policy_mixed(tmp_path) -> None:
    game = mk.load_game("rock_scissors_paper")
    rock = profile_player(game, [np.eye(3)[0]] * 2)
    highest = []
    for entropy in (0, 10):
        task = task_of(game, [rock])
        answer = find_oracle(f"policy_gradient(rate=0.05,entropy={entropy})").answer(task)
        learned = player_of(answer, task, tmp_path, str(entropy))
        highest.append(as_policy(game, learned).probabilities.max())
    assert highest[1] < 0.45 < 0.9 < highest[0]


class Illegal:
    name = "illegal"

    def act(self, state, rng):
        return 99


class Together(Game):
    """A game at whose beginning both players choose at once."""

    def __init__(self) -> None:
        super().__init__(name="together", num_players=2)

    def new_initial_state(self):
        return type("State", (), {"current_player": lambda self: -2})()

    def _build_tree(self, node_limit, progress):
        raise AssertionError

    def action_names(self, infoset):
        raise AssertionError


@pytest.mark.parametrize("name", LEARNERS)
def test_refusals(name, tmp_path) -> None:
    oracle = find_oracle(f"{name}(episodes=5)")
    with pytest.raises(mk.IllegalActionError, match="chose 99"):
        oracle.answer(task_of("kuhn_poker", [Illegal()]))
    with pytest.raises(mk.UnsupportedGameError, match="at the same time"):
        oracle.check(Together())
    other = LEARNERS[1 - LEARNERS.index(name)]
    path = write(
        find_oracle(f"{other}(episodes=5)").answer(task_of("kuhn_poker", ["random"])), tmp_path
    )
    with pytest.raises(mk.CheckpointError, match="this learner goes on from"):
        oracle.answer(task_of("kuhn_poker", ["random"], learner=path))
    with pytest.raises(mk.CheckpointError, match="leduc_poker"):
        oracle.answer(task_of("leduc_poker", ["random"], learner=path))


@pytest.mark.parametrize("name", LEARNERS)
def test_the_most_visited_infosets_are_kept(name, tmp_path) -> None:
    task = task_of("tic_tac_toe", ["random"])
    answers = [find_oracle(f"{name}(episodes=200{keep})").answer(task) for keep in ("", ",keep=50")]
    assert answers[0].facts["infosets"] > 300
    assert answers[1].facts["infosets"] == 50
    visits = []
    for number, answer in enumerate(answers):
        path = tmp_path / f"{number}.npz"
        path.write_bytes(answer.content)
        table = read_table(path, task.game)
        sums = np.add.reduceat(table.visits, table.offsets[:-1])
        visits.append(dict(zip(table.keys, sums.tolist(), strict=True)))
    assert visits[1].items() <= visits[0].items()
    assert min(visits[1].values()) == sorted(visits[0].values())[-50]
