"""From games of self-play to what a step learns from."""

import numpy as np
import pytest

import marl_kit as mk
from marl_kit.core.seeds import generator, resolve_seed
from marl_kit.learn.alphazero.examples import joined, pack, read_examples, write_examples
from marl_kit.learn.alphazero.options import AlphaZero
from marl_kit.learn.alphazero.play import Lesson, play_round
from marl_kit.learn.alphazero.teacher import exact_targets
from marl_kit.learn.alphazero.updates import draw_batch
from marl_kit.learn.networks.evaluator import network_evaluator
from marl_kit.learn.networks.view import view_of
from tests.learn.alphazero.tiny import TINY, game_bits, random_states, seen_in
from tests.learn.networks.nets import MLP, opinionated

SMALL = "connect_four(rows=3,columns=4,x_in_row=3)"
FIELDS = ("observations", "players", "legal", "policies", "full", "values", "games")


def played(spec, *, lesson=None, first=0, seed=1, **config):
    game, (network, view) = mk.load_game(spec), opinionated(spec, MLP)
    options = AlphaZero(**(TINY | {"games": 6} | config))
    lesson = lesson or Lesson(game, view, options.search_value)
    rng = np.random.default_rng(seed)
    return play_round(game, options, network_evaluator(network, view), lesson, rng, first)


def positions(game, played_games):
    """(game, state, result, full) of each search."""
    for one in played_games:
        for ply, result, full in zip(one.plies, one.results, one.full, strict=True):
            state = game.new_initial_state()
            for action in one.actions[:ply]:
                state.apply_action(action)
            yield one, state, result, full


@pytest.mark.parametrize("spec", [SMALL, "pig(winscore=4,players=3,horizon=20)"])
def test_an_example_is_a_search(spec):
    game = mk.load_game(spec)
    games, examples = played(spec, quick_share=0.5, quick_simulations=2)
    rows = np.arange(len(examples))
    seen, legal = examples.observations_at(rows), examples.legal_at(rows)
    found = list(positions(game, games))
    assert len(found) == len(examples) > 10
    assert len(set(examples.full.tolist())) == 2
    for row, (one, state, result, full) in enumerate(found):
        mover = state.current_player()
        assert examples.players[row] == mover
        assert seen[row].tolist() == state.observation_tensor(mover)
        assert np.flatnonzero(legal[row]).tolist() == state.legal_actions()
        assert np.allclose(examples.policies[row][legal[row]], result.policy)
        assert examples.policies[row][~legal[row]].sum() == 0
        assert examples.values[row].tolist() == one.returns.tolist()
        assert examples.full[row] == full
        assert full == (result.visits.sum() + 1 == 4)
        assert examples.games[row] == one.index


def test_the_searches_own_value_may_have_a_share():
    games, examples = played(SMALL, search_value=0.25)
    for row, (one, _, result, _) in enumerate(positions(mk.load_game(SMALL), games)):
        expected = 0.75 * one.returns + 0.25 * result.value
        assert np.allclose(examples.values[row], expected, atol=1e-6)


def test_games_follow_from_the_seed_and_their_number():
    together, examples = played(SMALL, games=6)
    later, _ = played(SMALL, games=2, first=4)
    assert [game_bits(g) for g in later] == [game_bits(g) for g in together[4:]]
    again, same = played(SMALL, games=6, slots=1)
    assert [game_bits(g) for g in again] == [game_bits(g) for g in together]
    for name in FIELDS:
        assert np.array_equal(getattr(same, name), getattr(examples, name))
    other, _ = played(SMALL, games=6, seed=2)
    assert [g.actions for g in other] != [g.actions for g in together]


def some(spec, count=30, seed=0):
    """Plain arrays as ``pack`` takes them."""
    game, rng = mk.load_game(spec), np.random.default_rng(seed)
    states = random_states(game, count, seed)
    seen, players = seen_in(states)
    legal = np.zeros((count, view_of(game).num_actions), bool)
    for row, state in enumerate(states):
        legal[row, state.legal_actions()] = True
    policies = np.where(legal, rng.random(legal.shape), 0.0)
    policies /= policies.sum(axis=1, keepdims=True)
    values = rng.uniform(-1, 1, (count, game.num_players))
    full, games = rng.random(count) < 0.5, np.arange(count)
    return dict(zip(FIELDS, (seen, players, legal, policies, full, values, games), strict=True))


@pytest.mark.parametrize(
    ("spec", "bytes_each"), [("connect_four", 16), ("tic_tac_toe", 4), ("othello", 24)]
)
def test_packed_and_unpacked(tmp_path, spec, bytes_each):
    plain = some(spec)
    packed = pack(**plain)
    assert packed.observations.nbytes == 30 * bytes_each
    write_examples(tmp_path / "some.npz", packed)
    for examples in (packed, read_examples(tmp_path / "some.npz")):
        rows = np.random.default_rng(0).permutation(30)
        assert len(examples) == 30
        assert np.array_equal(examples.observations_at(rows), plain["observations"][rows])
        assert np.array_equal(examples.legal_at(rows), plain["legal"][rows])
        assert np.array_equal(examples.policies, plain["policies"].astype(np.float32))
        assert np.array_equal(examples.values, plain["values"].astype(np.float32))
        for name in ("players", "full", "games"):
            assert np.array_equal(getattr(examples, name), plain[name])


def test_what_is_no_bits_is_kept_as_numbers():
    plain = some("connect_four")
    numbers = plain | {"observations": plain["observations"] * 0.5}
    bits, floats = pack(**plain), pack(**numbers)
    assert floats.observations.dtype == np.float32
    both = joined([bits, floats])
    rows = np.arange(60)
    expected = np.concatenate([plain["observations"], numbers["observations"]])
    assert np.array_equal(both.observations_at(rows), expected)
    assert np.array_equal(both.legal_at(rows), np.tile(plain["legal"], (2, 1)))
    assert joined([bits, bits]).observations.dtype == np.uint8
    # both kinds may be in a window
    batch = draw_batch([bits, floats], view_of(mk.load_game("connect_four")), (), 50, _rng())
    assert set(batch.inputs.unique().tolist()) == {0.0, 0.5, 1.0}


def _rng(*path):
    return generator(resolve_seed(5)[1], *path)


def test_a_batch_is_drawn_evenly_from_the_window():
    parts = [pack(**some("tic_tac_toe", count, seed)) for seed, count in enumerate((10, 30))]
    view = view_of(mk.load_game("tic_tac_toe"))
    batch = draw_batch(parts, view, (), 4000, _rng())
    assert batch.inputs.shape == (4000, 27)
    known = np.concatenate([view.encode_values(p.values, p.players)[:, 0] for p in parts])
    place = np.abs(batch.outcomes[:, :1].numpy() - known).argmin(axis=1)
    assert np.abs(batch.outcomes[:, 0].numpy() - known[place]).max() < 1e-6
    counts = np.bincount(place, minlength=40)
    assert (np.abs(counts - 100) < 45).all()
    again = draw_batch(parts, view, (), 4000, _rng())
    assert batch.inputs.equal(again.inputs)
    assert not batch.inputs.equal(draw_batch(parts, view, (), 4000, _rng("other")).inputs)


def key(seen, legal):
    return seen.astype(bool).tobytes() + legal.tobytes()


@pytest.mark.parametrize("spec", ["tic_tac_toe", SMALL])
def test_mirrored_examples_are_those_of_the_mirrored_game(spec):
    """Each row of a batch is a position, or its mirror image played out by mirrored moves."""
    game = mk.load_game(spec)
    view = view_of(game)
    games, examples = played(spec, games=2)
    expected = {}
    for row, (one, state, _, _) in enumerate(positions(game, games)):
        ways = [np.arange(view.num_actions), *(m.actions for m in view.mirrors)]
        for way in ways:
            image = game.new_initial_state()
            for action in state.history():
                image.apply_action(int(way[action]))
            policy = np.zeros(view.num_actions, np.float32)
            policy[way] = examples.policies[row]
            seen, players = seen_in([image])
            legal = np.zeros(view.num_actions, bool)
            legal[image.legal_actions()] = True
            value = view.encode_values(one.returns[None], players)[0]
            name = view.encode(seen, players).tobytes() + legal.tobytes()
            expected.setdefault(name, []).append((policy, value, examples.full[row]))
    batch = draw_batch([examples], view, view.mirrors, 1500, _rng())
    met = set()
    for inputs, pi, legal, full, z in zip(
        batch.inputs, batch.policies, batch.legal, batch.full, batch.outcomes, strict=True
    ):
        name = inputs.numpy().tobytes() + legal.numpy().tobytes()
        met.add(name)
        assert any(
            np.array_equal(pi.numpy(), policy)
            and np.allclose(z.numpy(), value)
            and bool(full) == known
            for policy, value, known in expected[name]
        )
    assert met == set(expected)
    plain = draw_batch([examples], view, (), 500, _rng())
    assert len({x.numpy().tobytes() for x in plain.inputs}) < len(met)


class TestExactTargets:
    """Values of the oracle, and the search's policy among the moves that keep them."""

    known = mk.oracle(SMALL)

    def test_positions_after_so_many_moves_are_looked_up(self):
        game = mk.load_game(SMALL)
        lesson = Lesson(game, view_of(game), 0.0, self.known, 3)
        games, plain = played(SMALL, quick_share=0.5, quick_simulations=2)
        _, taught = played(SMALL, lesson=lesson, quick_share=0.5, quick_simulations=2)
        exact = 0
        for row, (_, state, _, full) in enumerate(positions(game, games)):
            if len(state.history()) < 3:
                assert np.array_equal(taught.values[row], plain.values[row])
                assert np.array_equal(taught.policies[row], plain.policies[row])
                assert taught.full[row] == full
                continue
            exact += 1
            keeping = self.known.keeping(state)
            assert taught.full[row]
            assert taught.values[row].tolist() == self.known.values(state).tolist()
            assert set(np.flatnonzero(taught.policies[row])) <= set(keeping)
            own = plain.policies[row][keeping]
            assert np.allclose(taught.policies[row][keeping], own / own.sum(), atol=1e-6)
        assert exact > 10

    def test_a_search_that_has_nothing_for_them(self):
        state = random_states(mk.load_game(SMALL), 9, seed=2)[-1]
        keeping = self.known.keeping(state)
        values, policy = exact_targets(self.known, state, np.zeros(4))
        assert np.flatnonzero(policy).tolist() == keeping
        assert np.allclose(policy[keeping], 1 / len(keeping))
        assert values.tolist() == self.known.values(state).tolist()

    def test_with_chance_and_several_players(self):
        game = mk.load_game("pig(winscore=4,players=3,horizon=5,diceoutcomes=3)")
        known = mk.oracle(game)
        for state in random_states(game, 20, seed=1):
            values, policy = exact_targets(known, state, np.array([0.5, 0.5]))
            assert np.allclose(values, known.values(state))
            assert set(np.flatnonzero(policy)) == set(known.keeping(state))
