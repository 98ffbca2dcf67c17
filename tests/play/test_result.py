"""What a match returns: means, standard errors, tables."""

import dataclasses
import json
import math

import numpy as np
import pytest

import marl_kit as mk


@pytest.fixture(scope="module")
def match() -> mk.MatchResult:
    return mk.play("kuhn_poker", ["solver:lp", "random"], games=60, seed=3)


@pytest.fixture(scope="module")
def three() -> mk.MatchResult:
    return mk.play("kuhn_poker(players=3)", ["random"] * 3, games=30)


def test_means_and_standard_errors_of_blocks(match, three) -> None:
    for m, size in ((match, 2), (three, 3)):
        for p in range(size):
            sums = [sum(m.scores[b : b + size, p]) / size for b in range(0, m.games, size)]
            assert m.mean[p] == pytest.approx(np.mean(m.scores[:, p]))
            assert m.stderr[p] == pytest.approx(np.std(sums, ddof=1) / math.sqrt(len(sums)))


def test_means_by_seat(match, three) -> None:
    for m, size in ((match, 2), (three, 3)):
        for s in range(size):
            at_seat = [row[list(sat).index(s)] for row, sat in zip(m.scores, m.seats, strict=True)]
            blocks = np.reshape(at_seat, (-1, size)).mean(axis=1)
            assert m.seat_mean[s] == pytest.approx(np.mean(at_seat))
            assert m.seat_stderr[s] == pytest.approx(blocks.std(ddof=1) / math.sqrt(len(blocks)))
            for p in range(size):
                games = m.scores[m.seats[:, p] == s, p]
                error = games.std(ddof=1) / math.sqrt(len(games))
                assert m.by_seat[p, s] == pytest.approx(games.mean())
                assert m.by_seat_stderr[p, s] == pytest.approx(error)


def test_it_is_frozen_and_read_only(match) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        match.seed = 1
    for name in ("scores", "seats", "mean", "stderr", "by_seat", "seat_mean"):
        with pytest.raises(ValueError, match="read-only"):
            getattr(match, name)[0] = 0


def test_wins_draws_and_losses(match, three) -> None:
    counts = match.wins_draws_losses
    assert counts.sum(axis=1).tolist() == [60, 60]
    assert counts[0].tolist() == counts[1, ::-1].tolist()
    assert counts[0, 0] == np.sum(match.scores[:, 0] > match.scores[:, 1])
    assert three.wins_draws_losses is None


def test_draws_are_equal_scores() -> None:
    counts = mk.play("tic_tac_toe", ["random", "random"], games=400).wins_draws_losses
    assert 20 < counts[0, 1] < 80  # 12.7 % of random games are drawn


def test_to_frame_has_each_player_in_each_seat(three) -> None:
    frame = three.to_frame()
    assert list(frame.columns) == ["player", "seat", "games", "mean", "stderr"]
    assert frame["seat"].tolist() == ["all", 0, 1, 2] * 3
    assert frame["games"].tolist() == [30, 10, 10, 10] * 3
    assert frame["player"].tolist()[::4] == ["random", "random #2", "random #3"]
    for p in range(3):
        assert frame["mean"][4 * p] == three.mean[p]
        assert frame["mean"][4 * p + 1 : 4 * p + 4].tolist() == three.by_seat[p].tolist()


def test_to_dict_is_json_that_says_all(match) -> None:
    content = json.loads(json.dumps(match.to_dict(), allow_nan=False))
    assert content["scores"] == match.scores.tolist()
    assert content["seats"] == match.seats.tolist()
    assert content["mean"] == match.mean.tolist()
    assert content["players"] == ["solver:lp", "random"]
    assert (content["games"], content["blocks"], content["seed"]) == (60, 30, 3)


def test_one_block_has_no_standard_error() -> None:
    match = mk.play("kuhn_poker", ["random", "random"], games=1)
    assert np.all(np.isnan(match.stderr))
    assert match.to_dict()["stderr"] == [None, None]
    assert "1 block of 2" in repr(match)
    assert "nan" not in repr(match)


def test_the_printed_forms(match) -> None:
    lines = repr(match).splitlines()
    assert lines[0] == "MatchResult"
    assert lines[1].endswith("openspiel:kuhn_poker")
    assert "60 (30 blocks of 2, seats rotated)" in lines[2]
    assert lines[4].startswith("  solver:lp  ")
    assert f"{match.mean[0]:+.4f} +- {match.stderr[0]:.4f}" in lines[4]
    assert match._repr_html_().startswith("<table>")
    assert "solver:lp" in match._repr_html_()
