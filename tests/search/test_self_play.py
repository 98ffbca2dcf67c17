"""Games of self-play: each follows from its seed and index, whatever is played beside it."""

import numpy as np
import pytest
from scipy.stats import kstest

import marl_kit as mk
from marl_kit.search.draws import words
from marl_kit.search.evaluator import OnObservations
from marl_kit.search.gumbel import Gumbel
from marl_kit.search.puct import PUCT
from marl_kit.search.search import new_batch
from marl_kit.search.self_play import Quick, self_play
from marl_kit.search.uct import UCT
from tests.search.positions import state_after

SMALL = "connect_four(rows=4,columns=5,x_in_row=3)"


def bits(game):
    """Everything that is to be equal."""
    told = [
        [getattr(r, name).tobytes() for name in ("visits", "values", "policy", "priors", "value")]
        for r in game.results
    ]
    return game.index, game.actions, game.plies, told, game.returns.tobytes()


def same_in_any_slots(spec, options, evaluator=None, *, games, **more):
    together = [bits(g) for g in self_play(spec, options, evaluator, games=games, slots=64, **more)]
    assert [index for index, *_ in together] == list(range(games))
    assert len({actions for _, actions, *_ in together}) > games // 4
    few = [bits(g) for g in self_play(spec, options, evaluator, games=games, slots=5, **more)]
    assert few == together
    for index in range(games):
        (alone,) = self_play(spec, options, evaluator, games=1, first=index, **more)
        assert bits(alone) == together[index]


@pytest.mark.parametrize("options", [UCT(20), UCT(20, solve=True), PUCT(20, noise=0.3), Gumbel(12)])
@pytest.mark.parametrize("spec", ["tic_tac_toe", "openspiel:pig(winscore=8,players=3)"])
def test_64_games_in_a_batch_are_64_single_games(spec, options):
    same_in_any_slots(spec, options, games=64, seed=7)


@pytest.mark.parametrize("options", [UCT(30), PUCT(30, noise=0.3)])
def test_the_same_with_trees_that_are_kept(options):
    same_in_any_slots("connect_four", options, games=12, seed=7, reuse=True)


def network(cells, actions):
    """A small seeded untrained net; batches are padded to a multiple of 16 rows, since small or
    odd ones differ in the last bits."""
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    torch.set_num_threads(1)
    body = torch.nn.Sequential(torch.nn.Linear(cells, 64), torch.nn.ReLU(), torch.nn.Linear(64, 64))
    policy, value = torch.nn.Linear(64, actions), torch.nn.Linear(64, 1)

    @torch.inference_mode()
    def evaluate(observations, players):
        rows = len(observations)
        padded = np.zeros((-(-rows // 16) * 16, cells), np.float32)
        padded[:rows] = observations
        hidden = torch.relu(body(torch.from_numpy(padded)))
        shares = torch.softmax(3 * policy(hidden), dim=1)[:rows].double().numpy()
        mover = torch.tanh(value(hidden))[:rows, 0].double().numpy()
        first = np.where(players == 0, mover, -mover)
        return shares, np.stack([first, -first], axis=1)

    return OnObservations(evaluate)


@pytest.mark.parametrize("options", [PUCT(8, noise=0.25), Gumbel(8)])
def test_the_same_with_a_network(options):
    same_in_any_slots(SMALL, options, network(60, 5), games=64, seed=3)


def test_the_batch_does_not_drain():
    """Games of different lengths end at different times, and others begin at once."""
    sizes = []

    def evaluate(observations, players):
        sizes.append(len(observations))
        return None, np.zeros((len(players), 2))

    games = list(self_play("tic_tac_toe", PUCT(12), OnObservations(evaluate), games=40, slots=8))
    assert len(games) == 40
    full = [n for n in sizes if n == 8]
    assert len(full) > 0.75 * len(sizes)


def test_a_game_is_what_it_says():
    game = mk.load_game("pig(winscore=8,diceoutcomes=3)")
    for played in self_play(game, UCT(20), games=6, slots=3, seed=1, temperature=0.5):
        state = game.new_initial_state()
        searches = dict(zip(played.plies, played.results, strict=True))
        for ply, action in enumerate(played.actions):
            if state.is_chance_node():
                assert ply not in searches
            else:
                result = searches[ply]
                assert result.player == state.current_player()
                assert result.actions.tolist() == state.legal_actions()
                assert result.policy.sum() == pytest.approx(1)
            state.apply_action(action)
        assert state.is_terminal()
        assert played.returns.tolist() == state.returns()


def test_temperature_ends_and_does_not_touch_the_policy():
    hot, cold = (
        list(
            self_play("connect_four", PUCT(30), games=4, seed=2, temperature=t, temperature_plies=3)
        )
        for t in (5.0, 0.0)
    )
    for game in hot:
        for ply, result in zip(game.plies, game.results, strict=True):
            assert ply < 3 or game.actions[ply] == result.best
    for game in cold:
        assert all(game.actions[p] == r.best for p, r in zip(game.plies, game.results, strict=True))
    assert hot[0].actions != cold[0].actions
    for a, b in zip(hot, cold, strict=True):  # the first search does not know what follows
        assert a.results[0].policy.tobytes() == b.results[0].policy.tobytes()


def test_moves_are_drawn_by_the_power_of_their_share():
    game = mk.load_game("tic_tac_toe")
    from marl_kit.search.search import search

    result = search(game, state_after(game, [0, 4]), PUCT(60), 1)
    grid = (np.arange(4000) + 0.5) / 4000
    for temperature in (1.0, 0.5, 3.0):
        drawn = np.array([result.draw(temperature, u) for u in grid])
        weights = result.policy ** (1 / temperature)
        expected = weights / weights.sum()
        counted = [(drawn == a).mean() for a in result.actions]
        assert np.allclose(counted, expected, atol=1e-3)
    assert {result.draw(0.0, u) for u in (0.0, 0.5, 0.999)} == {result.best}
    assert result.draw(1e-3, 0.5) == result.actions[result.policy.argmax()]
    with pytest.raises(mk.InvalidOptionError, match="temperature is -1"):
        result.draw(-1, 0.5)
    with pytest.raises(mk.InvalidOptionError, match="u is 1"):
        result.draw(1, 1.0)


@pytest.mark.parametrize("options", [UCT(60), PUCT(60), UCT(60, solve=True)], ids=repr)
@pytest.mark.parametrize("spec", ["connect_four", "openspiel:pig(winscore=20,players=2)"])
def test_a_kept_tree_keeps_exactly_the_childs_visits(spec, options):
    game = mk.load_game(spec)
    batch = new_batch(game, options, 2, boards=game.form == "board", reuse=True)
    state = game.new_initial_state()
    while state.is_chance_node():
        state.apply_action(0)
    for slot in (0, 1):
        batch.begin(slot, state, 5 + slot)
    while batch.running:
        batch.step()
    before = batch.result(0)
    moves = [before.best]
    after = state.child(before.best)
    while after.is_chance_node():
        moves.append(3)
        after.apply_action(3)
    row, edge = batch._row[0], batch._edge_after(0, moves)
    visits, value = int(batch.tree.edge[row, edge]["visits"]), batch.tree.value[row, edge].copy()
    below = subtree(batch.tree, row, edge)[1:]
    batch.begin(0, after, 77, moves)
    row = batch._row[0]
    assert batch.tree.edge[row, 0]["visits"] == visits > 0
    assert batch.tree.value[row, 0].tolist() == value.tolist()
    assert subtree(batch.tree, row, 0)[1:] == below
    while batch.running:
        batch.step()
    assert batch.result(0).visits.sum() + 1 == 60 or options.solve
    # the neighbour was not touched
    assert batch.result(1).visits.sum() == before.visits.sum()


def subtree(tree, row, edge):
    """All that a search knows below an edge, as nested tuples."""
    record = tree.edge[row, edge]
    visits, node = int(record["visits"]), int(record["child"])
    own = str([record[f] for f in ("visits", "prior", "mean", "weight", "standing")])
    if node < 0:
        return own, visits
    values, at = tree.value[row, edge].tolist(), tree.node[row, node]
    below = tuple(
        (int(tree.edge[row, e]["action"]), subtree(tree, row, e))
        for e in range(at["first"], at["first"] + at["count"])
    )
    return own, values, int(at["player"]), below


def test_noise_stays_out_of_the_stored_priors():
    game = mk.load_game("connect_four")
    from marl_kit.search.search import search

    policy = np.arange(1.0, 8.0)
    evaluator = OnObservations(lambda o, p: (np.tile(policy, (len(p), 1)), np.zeros((len(p), 2))))
    state = game.new_initial_state()
    plain = search(game, state, PUCT(300), 1, evaluator)
    noisy = [search(game, state, PUCT(300, noise=0.9, alpha=1.0), key, evaluator) for key in (1, 2)]
    for result in noisy:
        assert np.allclose(result.priors, policy / 28)
        assert np.abs(result.visits - plain.visits).max() > 20
    assert noisy[0].visits.tolist() != noisy[1].visits.tolist()


def test_noise_is_a_dirichlet_of_the_number_of_moves():
    """alpha / L each: shares have mean 1 / L and variance (L - 1) / (L^2 (alpha + 1))."""
    for count, alpha in ((4, 10.0), (30, 10.0)):
        noise = np.array([PUCT(noise=0.25, alpha=alpha).root_noise(k, count) for k in range(4000)])
        assert np.allclose(noise.sum(axis=1), 1)
        assert np.allclose(noise.mean(axis=0), 1 / count, atol=0.012)
        assert noise.var() == pytest.approx((count - 1) / (count**2 * (alpha + 1)), rel=0.05)
    assert PUCT().root_noise(1, 4) is None
    assert PUCT(noise=0.5).root_noise(9, 3).tolist() == PUCT(noise=0.5).root_noise(9, 3).tolist()


def test_gumbels_numbers_have_his_distribution():
    """exp(-exp(-x)): mean .5772, variance pi^2 / 6; each place and key its own."""
    noise = np.array([Gumbel().root_noise(key, 5) for key in range(8000)])
    assert kstest(noise.ravel(), "gumbel_r").pvalue > 0.01
    assert np.allclose(noise.mean(axis=0), np.euler_gamma, atol=0.06)
    assert np.abs(np.corrcoef(noise.T) - np.eye(5)).max() < 0.05
    assert Gumbel().root_noise(2**64 - 1, 3).tolist() == Gumbel().root_noise(2**64 - 1, 3).tolist()
    assert not Gumbel(noise=0.0).root_noise(1, 3).any()


def test_numbers_of_a_place_do_not_depend_on_which_others_are_drawn():
    whole = words(7, 0, 10, 4)
    assert words(7, 3, 5, 4) == whole[3:8]
    assert words(8, 0, 10, 4) != whole
    numbers = np.array(words(11, 0, 5000, 4)) / 2**32
    assert kstest(numbers.ravel(), "uniform").pvalue > 0.01


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"games": 0}, "games is 0"),
        ({"games": 1, "slots": 0}, "slots is 0"),
        ({"games": 1, "temperature": -1.0}, "temperature is -1"),
        ({"games": 1, "reuse": 1}, "reuse is 1; give true or false"),
        ({"games": 1, "seed": -3}, "seed is -3"),
        ({"games": 1, "temperature_plies": -1}, "temperature_plies is -1"),
        ({"games": 1, "first": 0.5}, "first is 0.5"),
    ],
)
def test_options_that_make_no_sense(more, words):
    with pytest.raises(mk.InvalidOptionError, match=words):
        self_play("tic_tac_toe", UCT(5), **more)


def test_hidden_information_and_gumbel_with_a_kept_tree_are_refused():
    with pytest.raises(mk.UnsupportedGameError, match="hides information"):
        self_play("kuhn_poker", UCT(5), games=1)
    with pytest.raises(mk.InvalidOptionError, match="Gumbel shares"):
        self_play("tic_tac_toe", Gumbel(5), games=1, reuse=True)


def same_root(one, other):
    names = ("actions", "visits", "values", "policy", "priors", "value")
    return one.best == other.best and all(
        getattr(one, name).tobytes() == getattr(other, name).tobytes() for name in names
    )


@pytest.mark.parametrize("make", [UCT, PUCT, Gumbel, lambda n: Gumbel(n, considered=3)])
@pytest.mark.parametrize("spec", ["connect_four", "openspiel:tic_tac_toe"])
def test_a_search_with_a_smaller_budget_is_a_smaller_search(spec, make):
    """Gumbel shares its own budget out, not that of the options; the neighbour keeps his."""
    game = mk.load_game(spec)
    state = state_after(game, [3, 1])
    batch = new_batch(game, make(48), 3, boards=game.form == "board")
    for slot, simulations in enumerate((5, None, 17)):
        batch.begin(slot, state, 11 + slot, simulations=simulations)
    while batch.running:
        batch.step()
    for slot, simulations in enumerate((5, 48, 17)):
        plain = new_batch(game, make(simulations), 1, boards=game.form == "board")
        plain.begin(0, state, 11 + slot)
        while plain.running:
            plain.step()
        assert plain.result(0).visits.sum() + 1 == simulations
        assert same_root(batch.result(slot), plain.result(0))


@pytest.mark.parametrize("options", [PUCT(12, noise=0.25), Gumbel(12)])
def test_quick_searches_and_random_openings_follow_from_the_game_alone(options):
    more = {"quick": Quick(4, 0.5), "random_plies": 3}
    same_in_any_slots("tic_tac_toe", options, games=24, seed=7, **more)


def test_quick_searches_have_their_share_and_their_budget():
    games = list(self_play("tic_tac_toe", PUCT(12), games=60, seed=1, quick=Quick(4, 0.75)))
    made = [(full, r) for g in games for full, r in zip(g.full, g.results, strict=True)]
    assert {(full, int(r.visits.sum()) + 1) for full, r in made} == {(True, 12), (False, 4)}
    assert np.mean([not full for full, _ in made]) == pytest.approx(0.75, abs=0.08)
    for share, full in ((0.0, {True}), (1.0, {False})):
        played = list(self_play("tic_tac_toe", PUCT(6), games=4, quick=Quick(2, share)))
        assert {f for g in played for f in g.full} == full


@pytest.mark.parametrize("spec", ["tic_tac_toe", "pig(winscore=8,diceoutcomes=3)"])
def test_every_second_game_begins_at_random(spec):
    games = list(self_play(spec, UCT(8), games=60, seed=2, random_plies=3, temperature=0))
    state = mk.load_game(spec).new_initial_state()
    first = 0 if not state.is_chance_node() else 1
    assert all(game.plies[0] == first for game in games[::2])
    opened = [game.plies[0] for game in games[1::2]]
    assert set(opened) >= {1, 2, 3}
    assert max(opened) <= 4  # chance may follow a random roll
    assert all(game.results for game in games)
    assert len({game.actions[: game.plies[0]] for game in games[1::2]}) > 5


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Quick(0), "simulations is 0"),
        (lambda: Quick(3, 1.5), "share is 1.5"),
        (lambda: self_play("tic_tac_toe", UCT(5), games=1, random_plies=-1), "random_plies is -1"),
    ],
)
def test_quick_searches_that_make_no_sense(make, words):
    with pytest.raises(mk.InvalidOptionError, match=words):
        make()
