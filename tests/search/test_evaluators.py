"""Who scores leaves: the search does not know, and asks for each leaf once."""

import numpy as np
import pytest

import marl_kit as mk
from marl_kit.search.batch import Batch, Payoffs
from marl_kit.search.evaluator import Cache, ExactValues, Mixture, OnObservations, OnStates
from marl_kit.search.gumbel import Gumbel
from marl_kit.search.puct import PUCT
from marl_kit.search.rollouts import PolicyRollouts, RandomRollouts
from marl_kit.search.search import new_batch, search, search_batch
from marl_kit.search.uct import UCT
from tests.reference import recursive
from tests.reference.boards import TicTacToe
from tests.search.positions import random_history, random_tree, state_after

BOTH = ["tic_tac_toe", "openspiel:tic_tac_toe"]


class Oracle:
    """Minimax of a game that is small enough."""

    def __init__(self, game):
        self.game, self.asked = game, 0

    def values(self, state):
        self.asked += 1
        return recursive.minimax(recursive.walk(self.game, state))


class Recorder:
    """Constant scores, and a note of every batch."""

    def __init__(self, value=0.0):
        self.batches, self.value, self.histories = [], value, []

    def evaluate(self, leaves):
        self.batches.append(len(leaves))
        self.histories += [tuple(s.history()) for s in leaves.states()]
        return None, np.full((len(leaves), 2), self.value)


@pytest.mark.parametrize("spec", BOTH)
def test_every_position_is_asked_about_once_and_ends_never(spec):
    game, recorder = mk.load_game(spec), Recorder()
    state = state_after(game, [0, 4, 8])
    result = search(game, state, UCT(300), 1, recorder)
    assert len(set(recorder.histories)) == len(recorder.histories) < 300
    assert not any(state_after(game, h).is_terminal() for h in recorder.histories)
    assert result.visits.sum() == 299, "ends of the game count as simulations, unasked"


def test_one_leaf_of_each_slot_in_a_batch():
    game, recorder = mk.load_game("connect_four"), Recorder()
    states = [state_after(game, random_history(game, n, n)) for n in (0, 1, 2, 3)]
    search_batch(game, states, PUCT(50), [1, 2, 3, 4], recorder)
    assert recorder.batches == [4] * 50


def test_a_slot_walks_on_where_a_game_ends():
    """Nearly all leaves of a late position are ends: they cost no batch."""
    game, recorder = mk.load_game("tic_tac_toe"), Recorder()
    late, early = state_after(game, [0, 1, 2, 4, 3, 5]), game.new_initial_state()
    search_batch(game, [late, early], UCT(100), [1, 2], recorder)
    assert len(recorder.batches) == 100
    assert recorder.batches.count(2) < 10


@pytest.mark.parametrize("spec", BOTH)
def test_exact_values_find_the_best_move_at_once(spec):
    """Every move is tried once, and its value is known."""
    game, twin = mk.load_game(spec), TicTacToe()
    for position, history in list(twin.positions().items())[300:4000:300]:
        if twin.legal(position):
            state = state_after(game, history)
            result = search(
                game, state, UCT(len(twin.legal(position)) + 1), 1, ExactValues(Oracle(game))
            )
            assert result.best in twin.keeping(position)


def test_random_rollouts_are_the_default():
    game = mk.load_game("connect_four")
    state = game.new_initial_state()
    for options in (UCT(80), PUCT(80)):
        default = search(game, state, options, 3)
        said = search(game, state, options, 3, RandomRollouts(1))
        assert default.visits.tolist() == said.visits.tolist()
    four = search(game, state, UCT(80, rollouts=4), 3)
    assert (
        four.values.tolist() == search(game, state, UCT(80), 3, RandomRollouts(4)).values.tolist()
    )


def test_a_mixture():
    """(1 - share) v + share z, and the priors of the first."""
    game = mk.load_game("tic_tac_toe")
    policy = np.arange(1.0, 10.0)
    first = OnStates(
        lambda states: (np.tile(policy, (len(states), 1)), np.full((len(states), 2), 1.0))
    )
    mixed = Mixture(first, Recorder(-1.0), 0.25)
    result = search(game, game.new_initial_state(), PUCT(1), 1, mixed)
    assert result.value.tolist() == [0.75 - 0.25] * 2
    assert np.allclose(result.priors, policy / 45)
    with pytest.raises(mk.InvalidOptionError, match=r"share is 1\.5; give a number from 0 to 1"):
        Mixture(first, first, 1.5)


@pytest.mark.parametrize("spec", BOTH)
def test_a_cache_asks_once_and_changes_nothing(spec):
    game = mk.load_game(spec)
    oracle = Oracle(game)
    state = state_after(game, [0, 4, 8, 2])
    plain = search(game, state, PUCT(60), 1, ExactValues(Oracle(game)))
    cache = Cache(ExactValues(oracle))
    first, asked = search(game, state, PUCT(60), 1, cache), oracle.asked
    again = search(game, state, PUCT(60), 1, cache)
    assert oracle.asked == asked
    for result in (first, again):
        assert result.visits.tolist() == plain.visits.tolist()
    small = Cache(ExactValues(oracle), limit=5)
    assert search(game, state, PUCT(60), 1, small).visits.tolist() == plain.visits.tolist()
    assert len(small.known) <= 5


def test_a_cache_keeps_priors():
    game = mk.load_game("connect_four")
    state, calls = game.new_initial_state(), []

    def network(observations, players):
        calls.append(len(observations))
        policy = np.tile(np.arange(1.0, 8.0), (len(players), 1))
        return policy, np.zeros((len(players), 2))

    evaluator = Cache(OnObservations(network))
    results = [search(game, state, PUCT(40), 1, evaluator) for _ in range(2)]
    assert sum(calls) == 40
    assert results[0].visits.tolist() == results[1].visits.tolist()
    assert np.allclose(results[1].priors, np.arange(1, 8) / 28)


@pytest.mark.parametrize("spec", BOTH)
def test_a_network_sees_what_the_player_to_move_sees(spec):
    game, seen = mk.load_game(spec), []

    def network(observations, players):
        seen.append((observations.copy(), players.copy()))
        return None, np.zeros((len(players), 2))

    state = state_after(game, [0, 4])
    search(game, state, PUCT(1), 1, OnObservations(network))
    ((observations, players),) = seen
    assert observations.dtype == np.float32
    assert observations.tolist() == [state.observation_tensor(0)]
    assert players.tolist() == [0]


@pytest.mark.parametrize(
    ("policy", "values", "words"),
    [
        (np.ones((1, 3)), np.zeros((1, 2)), r"policy of shape \(1, 3\) for 1 positions"),
        (np.ones(9), np.zeros((1, 2)), r"policy of shape \(9,\)"),
        (np.full((1, 9), np.nan), np.zeros((1, 2)), "position 0 of the batch the priors"),
        (-np.ones((1, 9)), np.zeros((1, 2)), "must be finite, their sum too, and >= 0"),
        (np.full((1, 9), 1e308), np.zeros((1, 2)), "must be finite, their sum too"),
        (None, np.zeros(1), r"values of shape \(1,\); .*it must be \(1, 2\)"),
        (None, np.full((1, 2), np.inf), "position 0 of the batch the values"),
        (None, np.zeros((2, 2)), r"values of shape \(2, 2\); for 1 positions"),
        (None, np.zeros((1, 3)), r"values of shape \(1, 3\); .*2 players"),
        (None, [["a", "b"]], "cannot read as numbers"),
    ],
)
def test_scores_that_make_no_sense_are_refused(policy, values, words):
    game = mk.load_game("tic_tac_toe")
    with pytest.raises(mk.InvalidOptionError, match=words):
        search(game, game.new_initial_state(), PUCT(5), 1, OnStates(lambda _: (policy, values)))


def test_illegal_actions_have_no_prior_and_nothing_means_equal():
    game = mk.load_game("tic_tac_toe")
    state = state_after(game, [0, 1])
    policy = np.array([[5.0, 5, 1, 1, 2, 0, 0, 0, 0]])
    result = search(game, state, PUCT(1), 1, OnStates(lambda _: (policy, np.zeros((1, 2)))))
    assert result.actions.tolist() == [2, 3, 4, 5, 6, 7, 8]
    assert result.priors.tolist() == [0.25, 0.25, 0.5, 0, 0, 0, 0]
    nothing = np.array([[5.0, 5, 0, 0, 0, 0, 0, 0, 0]])
    result = search(game, state, PUCT(1), 1, OnStates(lambda _: (nothing, np.zeros((1, 2)))))
    assert np.allclose(result.priors, 1 / 7)


def test_rollouts_of_a_policy():
    """A player that moves for both; a random one gives what random rollouts give, on average."""
    game = mk.load_game("tic_tac_toe")
    state = state_after(game, [0, 4, 8])
    random = PolicyRollouts(mk.make_player("random", game), rollouts=400)
    many = RandomRollouts(400)
    values = [search(game, state, UCT(1), 1, e).value[0] for e in (random, many)]
    assert abs(values[0] - values[1]) < 0.25  # 4 standard errors

    class First:
        def act(self, state, rng):
            return state.legal_actions()[0]

    line = state_after(game, [0, 4, 8])
    while not line.is_terminal():
        line.apply_action(line.legal_actions()[0])
    told = search(game, state, UCT(1), 1, PolicyRollouts(First())).value
    assert told.tolist() == line.returns()


def test_players_in_batches_and_chance():
    game = mk.load_game("openspiel:pig(winscore=8,players=2)")
    state = game.new_initial_state()
    rollouts = PolicyRollouts(mk.make_player("mcts(simulations=5)", game), rollouts=2)
    first, again = (search(game, state, UCT(5), 1, rollouts) for _ in range(2))
    assert first.values.tobytes() == again.values.tobytes()


def test_a_cut_is_not_an_end():
    """What is cut is scored by the bootstrap, what is over by its returns."""
    game = mk.load_game("tic_tac_toe")
    player = mk.make_player("random", game)
    state = game.new_initial_state()
    for key in range(5):
        cut = PolicyRollouts(player, plies=4, bootstrap=Recorder(0.5))
        assert search(game, state, UCT(1), key, cut).value.tolist() == [0.5, 0.5]
        done = PolicyRollouts(player, plies=9, bootstrap=Recorder(0.5))
        assert search(game, state, UCT(1), key, done).value[0] in {-1.0, 0.0, 1.0}
    with pytest.raises(mk.InvalidOptionError, match="both plies and bootstrap"):
        PolicyRollouts(player, plies=3)


def test_an_illegal_move_in_a_rollout_is_told():
    class Cheat:
        def act(self, state, rng):
            return 99

    game = mk.load_game("tic_tac_toe")
    with pytest.raises(mk.IllegalActionError, match="chose 99 after the history"):
        search(game, game.new_initial_state(), UCT(2), 1, PolicyRollouts(Cheat()))


class Paying:
    """A random tree whose returns are paid in pieces: a dynamics of its own."""

    pays, exact, branches, width, num_players = True, True, 4, 8, 2

    def __init__(self, game, share):
        self.game, self.share, self.roots, self.at = game, share, {}, {}

    def place(self, row, state):
        self.roots[row] = state

    def meet(self, rows, slots):
        from marl_kit.search.dynamics import moves

        for row in rows.tolist():
            state = self.roots[row].clone()
            for action in moves(slots, row):
                state.apply_action(action)
            self.at[row] = state
            depth = len(state.history())
            paid = [
                self.share * (depth - 1 if depth else 0),
                -self.share * (depth - 1 if depth else 0),
            ]
            now = [self.share if depth > 1 else 0.0, -self.share if depth > 1 else 0.0]
            slots.reward[row] = now
            slots.player[row] = state.current_player()
            slots.branches[row] = 0
            if state.is_terminal():
                slots.value[row] = np.array(state.returns()) - paid
            elif state.is_chance_node():
                actions, weights = zip(*state.chance_outcomes(), strict=True)
                slots.branches[row] = len(actions)
                slots.actions[row, : len(actions)], slots.prior[row, : len(actions)] = (
                    actions,
                    weights,
                )
            else:
                legal = state.legal_actions()
                slots.branches[row] = len(legal)
                slots.actions[row, : len(legal)], slots.prior[row, : len(legal)] = (
                    legal,
                    1 / len(legal),
                )
        return slots


@pytest.mark.parametrize("options", [UCT(200, ends="sampled"), PUCT(200)], ids=repr)
def test_rewards_on_the_way_are_returns_in_the_end(options):
    """A quarter paid at every move but the first, and so much less at the end."""

    class Later:
        """Half of the final returns, less what was paid so far."""

        def __init__(self, dynamics):
            self.dynamics = dynamics

        def evaluate(self, leaves):
            depths = [len(self.dynamics.at[row].history()) for row in leaves.rows.tolist()]
            paid = np.array([self.dynamics.share * max(d - 1, 0) for d in depths])
            return None, np.stack([0.5 - paid, paid - 0.5], axis=1)

    for seed in range(5):
        game = random_tree(2, depth=5, seed=seed)
        results = []
        for share in (0.0, 0.25):
            dynamics = Paying(game, share)
            batch = Batch(dynamics, Later(dynamics), options, Payoffs(-9.0, 9.0), 1)
            batch.begin(0, game.new_initial_state(), 5)
            while batch.running:
                batch.step()
            results.append(batch.result(0))
        assert results[0].visits.tolist() == results[1].visits.tolist()
        assert np.allclose(results[0].values, results[1].values, equal_nan=True)


class PaidAtOnce(Paying):
    """Action 0 pays 1 and ends the game; after action 1 it ends with a return of 0.2."""

    num_players = 1

    def __init__(self):
        pass

    def place(self, row, state):
        pass

    def meet(self, rows, slots):
        for row in rows.tolist():
            made = slots.moves[row, 1 : slots.depth[row]].tolist()
            slots.player[row], slots.branches[row] = (-4, 0) if made else (0, 2)
            slots.actions[row, :2], slots.prior[row, :2] = (0, 1), 0.5
            slots.reward[row] = float(made == [0])
            slots.value[row] = 0.2 if made == [1] else 0.0
        return slots


class PaidOften(PaidAtOnce):
    """Every action 0 pays 1, for ever."""

    def meet(self, rows, slots):
        for row in rows.tolist():
            made = slots.moves[row, 1 : slots.depth[row]].tolist()
            slots.player[row], slots.branches[row] = 0, 2
            slots.actions[row, :2], slots.prior[row, :2] = (0, 1), 0.5
            slots.reward[row] = float(bool(made) and made[-1] == 0)
        return slots


class Nothing:
    def evaluate(self, leaves):
        return None, np.zeros((len(leaves), 1))


class TwoActions:
    def legal_actions(self):
        return [0, 1]


@pytest.mark.parametrize("options", [UCT(100), UCT(100, ends="sampled"), PUCT(100)], ids=repr)
def test_what_the_last_move_pays_is_not_forgotten(options):
    batch = Batch(PaidAtOnce(), Nothing(), options, Payoffs(0.0, 1.0), 1)
    batch.begin(0, TwoActions(), 1)
    while batch.running:
        batch.step()
    result = batch.result(0)
    assert result.best == 0
    assert result.visits[0] > 90
    assert result.values[:, 0] == pytest.approx([1.0, 0.2])


def test_a_kept_tree_forgets_what_was_paid_before():
    batch = Batch(PaidOften(), Nothing(), PUCT(60), Payoffs(0.0, 10.0), 1, reuse=True)
    for moves in ([], [0], [0, 0]):
        batch.begin(0, TwoActions(), 1, moves)
        while batch.running:
            batch.step()
        result = batch.result(0)
        told = result.visits @ np.nan_to_num(result.values[:, 0]) / (result.visits.sum() + 1)
        assert result.value[0] == pytest.approx(told)


def test_rules_that_pay_on_the_way_or_are_learned_prove_nothing():
    dynamics = Paying(random_tree(2, 3, 1), 0.0)
    with pytest.raises(mk.InvalidOptionError, match="must be exact and pay at the end"):
        Batch(dynamics, Recorder(), UCT(10, solve=True), Payoffs(-1, 1), 1)


def test_a_batch_of_no_searches():
    game = mk.load_game("tic_tac_toe")
    assert not new_batch(game, UCT(5), 3).running


@pytest.mark.parametrize("spec", ["pig", "openspiel:pig"])
def test_a_network_in_a_game_with_more_outcomes_than_actions(spec):
    """Two actions, six outcomes: what chance did before is not taken for an action."""
    game = mk.load_game(spec)
    asked = []

    def network(observations, players):
        asked.append(len(players))
        return np.tile([0.75, 0.25], (len(players), 1)), np.zeros((len(players), 2))

    result = search(game, state_at_a_decision(game), PUCT(50), 1, OnObservations(network))
    assert sum(asked) <= 50
    assert result.priors.tolist() == [0.75, 0.25]


def state_at_a_decision(game):
    state = game.new_initial_state()
    while state.is_chance_node():
        state.apply_action(0)
    return state


class Own:
    """An evaluator of somebody's own."""

    def __init__(self, priors, values=((0.0, 0.0),)):
        self.priors, self.values = priors, values

    def evaluate(self, leaves):
        count = len(leaves)
        return np.full((count, 9), self.priors), np.repeat(self.values, count, axis=0)


@pytest.mark.parametrize("options", [UCT(30), PUCT(30), Gumbel(30)], ids=repr)
def test_evaluators_of_ones_own_are_checked(options):
    game = mk.load_game("tic_tac_toe")
    state = game.new_initial_state()
    result = search(game, state, options, 1, Own(0.0))
    assert result.priors == pytest.approx(np.full(9, 1 / 9))
    assert result.visits.sum() == 29
    for priors, values in ((np.nan, [[0.0, 0.0]]), (-1.0, [[0.0, 0.0]]), (1.0, [[np.nan, 0.0]])):
        with pytest.raises(mk.InvalidOptionError, match="position 0 of the batch"):
            search(game, state, options, 1, Own(priors, values))


def test_things_that_cannot_search_or_evaluate():
    game = mk.load_game("tic_tac_toe")
    state = game.new_initial_state()
    with pytest.raises(mk.InvalidOptionError, match="does not say how to search"):
        search(game, state, "mcts", 1)
    with pytest.raises(mk.InvalidOptionError, match="cannot evaluate"):
        search(game, state, UCT(5), 1, lambda states: None)
    with pytest.raises(mk.InvalidOptionError, match="None is no state"):
        search(game, None, UCT(5), 1)
    with pytest.raises(mk.InvalidOptionError, match="must give two things"):
        search(game, state, UCT(5), 1, OnStates(lambda states: [1.0, 2.0, 3.0]))
    with pytest.raises(mk.InvalidOptionError, match="limit is -1"):
        Cache(RandomRollouts(), limit=-1)
    with pytest.raises(mk.InvalidOptionError, match="keys of 1 searches"):
        search(game, state, UCT(5), 1.5)
    with pytest.raises(mk.InvalidOptionError, match="empty tree"):
        new_batch(game, Gumbel(8), 1, reuse=True)
