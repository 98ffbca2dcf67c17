"""The rollout algorithm, simulated and exact."""

import numpy as np
import pytest

import marl_kit as mk
from marl_kit.games.table_compile import compile_table
from marl_kit.play.rollout_player import told_weights
from marl_kit.search.exact.table_solver import policy_values, response_values, uniform_weights

SMALL_PIG = "openspiel:pig(winscore=4,diceoutcomes=3,horizon=6)"
EXACT = "rollout(base=random,exact=true)"


@pytest.fixture(scope="module")
def weights():
    """The probabilities of the exact one-ply improvement of random play on tic-tac-toe."""
    game = mk.load_game("tic_tac_toe")
    return told_weights(game, compile_table(game), mk.make_player(EXACT, game))


@pytest.mark.parametrize(("seat", "score"), [(0, 0.9896), (1, 0.8663)])
def test_it_beats_its_base(weights, seat, score):
    """Mean returns (wins minus losses) against random play, which itself gets +-0.2968."""
    table = compile_table("tic_tac_toe").table
    uniform = uniform_weights(table)
    mixed = np.where(table.player[table.sources()] == seat, weights, uniform)
    assert policy_values(table, mixed).values[0, seat] == pytest.approx(score, abs=5e-5)
    assert policy_values(table, uniform).values[0, seat] == pytest.approx(
        [0.2968, -0.2968][seat], abs=5e-5
    )


def test_one_ply_is_not_enough(weights):
    """A best response beats it as second player, and only draws against it as first."""
    table = compile_table("tic_tac_toe").table
    assert response_values(table, weights, seat=0).values[0, 0] == pytest.approx(1.0)
    assert response_values(table, weights, seat=1).values[0, 1] == pytest.approx(0.0)


def test_the_exact_player_plays_what_it_tells():
    game = mk.load_game("tic_tac_toe")
    player = mk.make_player(EXACT, game)
    state = game.new_initial_state()
    assert player.probabilities(state) == {a: float(a == 4) for a in range(9)}  # the centre
    assert player.act(state, np.random.default_rng(0)) == 4
    assert player.spec == EXACT


@pytest.mark.parametrize("spec", ["tic_tac_toe", SMALL_PIG])
def test_many_games_find_the_exact_choice(spec):
    """Where the best action leads by more than three standard errors of the difference."""
    game = mk.load_game(spec)
    many = 400
    simulated = mk.make_player(f"rollout(base=random,simulations={many})", game)
    compiled = compile_table(game)
    base = policy_values(compiled.table, uniform_weights(compiled.table))
    clear = 0
    for node in compiled.table.decisions[:: len(compiled.table.decisions) // 25].tolist():
        own = base.action_values(node)[:, compiled.table.player[node]]
        ranked = np.sort(own)
        if len(own) > 1 and ranked[-1] - ranked[-2] > 3 * np.sqrt(2 / many):
            clear += 1
            state = compiled.source_state(node)
            best = compiled.table.actions(node)[int(np.argmax(own))]
            assert simulated.act(state, np.random.default_rng(node)) == best
    assert clear > 2


def test_a_batch_is_its_states_one_by_one():
    game = mk.load_game("tic_tac_toe")
    player = mk.make_player("rollout(base=random,simulations=3)", game)
    compiled = compile_table(game)
    states = [compiled.source_state(n) for n in compiled.table.decisions[::400].tolist()]
    rngs = [np.random.default_rng(i) for i in range(len(states))]
    together = player.act_batch(states, rngs)
    alone = [player.act(s, np.random.default_rng(i)) for i, s in enumerate(states)]
    assert together == alone


def test_any_player_can_be_the_base():
    game = mk.load_game("tic_tac_toe")
    player = mk.make_player("rollout(base=mcts(simulations=3,c=2),simulations=2)", game)
    assert player.spec == "rollout(base=mcts(simulations=3,c=2),simulations=2)"
    assert player.act(game.new_initial_state(), np.random.default_rng(1)) in range(9)
    exact = mk.make_player("rollout(base=oracle,exact=true)", game)
    assert mk.value_keeping(game, exact, seeds=1).share == 1.0


@pytest.mark.parametrize(
    ("spec", "game", "error", "words"),
    [
        ("rollout(simulations=0)", "tic_tac_toe", mk.InvalidOptionError, "simulations of rollout"),
        ("rollout(exact=2)", "tic_tac_toe", mk.InvalidOptionError, "exact of rollout is 2"),
        ("rollout(base=randm)", "tic_tac_toe", mk.UnknownNameError, "did you mean 'random'"),
        ("rollout", "kuhn_poker", mk.UnsupportedGameError, "has hidden information"),
        (
            "rollout(base=mcts,exact=true)",
            "tic_tac_toe",
            mk.UnsupportedGameError,
            "does not tell its probabilities",
        ),
        ("rollout(exact=true)", "connect_four", mk.GameTooLargeError, "more than"),
    ],
)
def test_what_cannot_be_made_is_refused(spec, game, error, words):
    with pytest.raises(error, match=words):
        mk.make_player(spec, game)


def test_a_base_that_cheats_is_named():
    class Cheat:
        def act(self, state, rng):
            return 4

    game = mk.load_game("tic_tac_toe")
    player = mk.make_player("rollout", game)
    cheating = type(player)(Cheat(), 1, "cheating")
    with pytest.raises(mk.IllegalActionError, match="Cheat chose 4"):
        cheating.act(game.new_initial_state(), np.random.default_rng(0))


def test_exact_expectations_are_not_simulated():
    for simulations in (7, 20):
        spec = f"rollout(exact=true,simulations={simulations})"
        with pytest.raises(mk.InvalidOptionError, match="give one of the two"):
            mk.make_player(spec, "tic_tac_toe")
    assert mk.make_player("rollout", "tic_tac_toe").spec == "rollout(base=random,simulations=20)"
