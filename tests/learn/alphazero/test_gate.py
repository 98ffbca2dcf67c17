"""The gate: who passes, and a run whose games are played by the best network so far."""

import numpy as np
import pytest

import marl_kit as mk
from marl_kit.core.seeds import child
from marl_kit.learn.alphazero import gate, run_file
from marl_kit.learn.alphazero import training as loop
from marl_kit.learn.alphazero.gate import Verdict, judge
from marl_kit.learn.alphazero.progress import read_progress
from marl_kit.learn.alphazero.run_file import PROGRESS
from marl_kit.play.lockstep import play_blocks
from tests.learn.alphazero.tiny import BOARD, network_bits, train, training, weights

ROOT = np.random.SeedSequence(5)
GATED = {"gate": True, "random_plies": 2}


def judged(candidate, champion, root=ROOT):
    game = mk.load_game(BOARD)
    return judge(game, *(mk.make_player(spec, game) for spec in (candidate, champion)), root)


def points_by_hand(candidate, champion, pairs):
    """Of the candidate, in the games of so many pairs."""
    game = mk.load_game(BOARD)
    players = [mk.make_player(spec, game) for spec in (candidate, champion)]
    points = 0.0
    for block in play_blocks(game, players, [child(ROOT, "pair", i) for i in range(pairs)]):
        assert [list(record.seats) for record in block] in ([[0, 1], [1, 0]], [[1, 0], [0, 1]])
        for record in block:
            seat = list(record.seats).index(0)
            lead = record.returns[seat] - record.returns[1 - seat]
            points += {1: 1.0, 0: 0.5, -1: 0.0}[int(np.sign(lead))]
    return points


@pytest.mark.parametrize(
    ("candidate", "champion", "passes"),
    [("oracle", "random", True), ("random", "oracle", False), ("random", "random", False)],
)
def test_the_better_one_passes(candidate, champion, passes):
    verdict = judged(candidate, champion)
    assert verdict.passed == passes
    assert verdict.games % (2 * gate.BLOCKS) == 0
    assert verdict.points == points_by_hand(candidate, champion, verdict.games // 2)
    assert (verdict.points > 0.5 * verdict.games) == passes or candidate == champion


def test_equal_ones_seldom_pass():
    """Under 5 %: the first kind of error of the test."""
    verdicts = [judged("random", "random", child(ROOT, "copy", i)) for i in range(10)]
    assert sum(verdict.passed for verdict in verdicts) <= 1


def test_who_repeats_himself_does_not_pass():
    """Copies that always play the same game share its points, pair by pair."""
    assert judged("oracle", "oracle").passed is False
    assert judged("oracle", "oracle").points == judged("oracle", "oracle").games / 2


def test_undecided_is_not_passed(monkeypatch):
    monkeypatch.setattr(gate, "MOST", gate.BLOCKS)
    monkeypatch.setattr(gate, "ELO_1", 1.0)  # nothing is decided so soon
    verdict = judged("random", "random")
    assert (verdict.passed, verdict.games) == (False, 2 * gate.BLOCKS)


def test_three_players_are_refused(tmp_path):
    with pytest.raises(mk.UnsupportedGameError, match=r"compares two players, and .* has 3"):
        train("pig(winscore=4,players=3,horizon=20)", tmp_path / "run", rounds=1, **GATED)
    assert not (tmp_path / "run").exists()


def decide(monkeypatch, verdicts):
    """The gate says so, one after the other; who was compared."""
    left, met = list(verdicts), []

    def told(game, candidate, champion, root):
        met.append(
            (network_bits(candidate.evaluator.network), network_bits(champion.evaluator.network))
        )
        return Verdict(left.pop(0), 32, 16.0)

    monkeypatch.setattr(loop, "judge", told)
    return met


def test_the_playing_network_changes_at_promotions_only(monkeypatch):
    met = decide(monkeypatch, [False, True, False])
    run = training(BOARD, **GATED)
    first = network_bits(run.network)
    run.round()
    assert network_bits(run.network) == first
    run.round()
    second = network_bits(run.network)
    assert second == network_bits(run.trainer.averaged) != first
    run.round()
    assert network_bits(run.network) == second != network_bits(run.trainer.averaged)
    assert [champion for _, champion in met] == [first, first, second]
    assert [(row.gate_score, row.promotions) for row in run.rows] == [(0.5, 0), (0.5, 1), (0.5, 1)]
    assert met[1][0] == second
    assert met[0][0] != met[1][0] != met[2][0]


def test_games_are_played_by_the_champion(monkeypatch):
    """While nobody passes, they are those of an untrained network, round after round."""
    decide(monkeypatch, [False] * 2)
    gated, still = training(BOARD, **GATED), training(BOARD, random_plies=2, rate=1e-30)
    for run in (gated, still):
        for _ in range(2):
            run.round()
    assert [row.promotions for row in still.rows] == [1, 2]
    assert np.isnan([row.gate_score for row in still.rows]).all()
    for mine, theirs in zip(gated.window, still.window, strict=True):
        assert mine.observations.tobytes() == theirs.observations.tobytes()


@pytest.mark.parametrize("verdicts", [(True, False, False), (False, False, True)])
def test_a_run_with_a_gate_goes_on_as_it_was(tmp_path, monkeypatch, verdicts):
    for name, ends in (("two", (1, 3)), ("one", (3,))):
        decide(monkeypatch, verdicts)
        for rounds in ends:
            train(BOARD, tmp_path / name, rounds=rounds, **GATED)
    found = weights(tmp_path / "two")
    assert found == weights(tmp_path / "one")
    assert any(name.startswith("playing.") for name in found)
    promotions = [row.promotions for row in read_progress(tmp_path / "two" / PROGRESS, 3)]
    assert promotions == np.cumsum(verdicts).tolist()
    players = [(tmp_path / name / run_file.PLAYER) for name in ("one", "two")]
    assert network_bits_of(players[0]) == network_bits_of(players[1])


def network_bits_of(path):
    return network_bits(mk.make_player(f"alphazero:{path}", BOARD).evaluator.network)


def test_the_real_gate_is_the_same_after_an_interruption(tmp_path, monkeypatch):
    monkeypatch.setattr(gate, "MOST", gate.BLOCKS)
    for name, ends in (("two", (1, 2)), ("one", (2,))):
        for rounds in ends:
            train(BOARD, tmp_path / name, rounds=rounds, **GATED)
    assert weights(tmp_path / "two") == weights(tmp_path / "one")
