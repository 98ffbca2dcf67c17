"""Names, options and stopping rules: what is understood and what is refused, before any work."""

import json

import numpy as np
import pytest

import marl_kit as mk
from marl_kit.core.registry import METHODS

KUHN = mk.load_game("openspiel:kuhn_poker")


@pytest.mark.parametrize(
    ("spelt", "name"),
    [
        ("cfr+", "cfr+"),
        ("CFR+", "cfr+"),
        (" Cfr ", "cfr"),
        ("sequence-form-lp", "sequence_form_lp"),
        ("Sequence Form LP", "sequence_form_lp"),
        ("LP", "lp"),
        ("DCFR(gamma=3)", "dcfr"),
    ],
)
def test_names_are_folded(spelt, name):
    rules = {} if name.endswith("lp") else {"iterations": 2}
    assert mk.solve(KUHN, spelt, **rules).method == name


def test_parameters_in_the_string():
    written = mk.solve(KUHN, "dcfr(alpha=2,beta=0.5,gamma=1)", iterations=10)
    given = mk.solve(KUHN, "dcfr", alpha=2, beta=0.5, gamma=1, iterations=10)
    mixed = mk.solve(KUHN, "dcfr(alpha=2,iterations=10)", beta=0.5, gamma=1)
    assert written.options == given.options == mixed.options
    assert written.iterations == mixed.iterations == 10
    for other in (given, mixed):
        assert np.array_equal(written.profile.probabilities, other.profile.probabilities)
    assert not np.array_equal(
        written.profile.probabilities, mk.solve(KUHN, "dcfr", iterations=10).profile.probabilities
    )


def test_stopping_rules_in_the_string():
    assert mk.solve(KUHN, "cfr+(iterations=7)").iterations == 7
    assert mk.solve(KUHN, "cfr+(tol=0.01)").status is mk.Status.CONVERGED
    assert mk.solve(KUHN, "cfr+(time_limit=0)").status is mk.Status.TIME_LIMIT


def test_options_are_recorded():
    solution = mk.solve(KUHN, "dcfr", gamma=3, iterations=1)
    assert solution.options == {"alpha": 1.5, "beta": 0.0, "gamma": 3}
    assert mk.solve(KUHN, "cfr", iterations=1).options == {}


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("crf+", "cfr"),
        ("linear_program", ""),
        ("vertex_enum", "vertex_enumeration"),
        ("dcrf(gamma=2)", "dcfr"),
        ("", "known"),
    ],
)
def test_unknown_methods(name, near):
    with pytest.raises(mk.UnknownNameError, match=f"unknown method .*{near}"):
        mk.solve(KUHN, name)


@pytest.mark.parametrize(
    ("method", "options", "error", "message"),
    [
        ("dcfr", {"gama": 2}, mk.UnknownNameError, "option of dcfr 'gama'.*'gamma'"),
        ("cfr", {"gamma": 2}, mk.UnknownNameError, "option of cfr 'gamma'"),
        ("lp", {"exact": True}, mk.UnknownNameError, "option of lp 'exact'"),
        ("dcfr(gama=2)", {}, mk.UnknownNameError, "'gama'"),
        ("dcfr(gamma)", {}, mk.InvalidOptionError, "key=value"),
        ("dcfr(gamma=2", {}, mk.InvalidOptionError, "'\\('"),
        ("dcfr(gamma=2,gamma=3)", {}, mk.InvalidOptionError, "twice"),
        ("dcfr(gamma=2)", {"gamma": 3}, mk.InvalidOptionError, "gamma is given twice"),
        ("dcfr(gamma=many)", {}, mk.InvalidOptionError, "gamma is 'many'"),
        (
            "cfr(iterations=3)",
            {"iterations": 4},
            mk.InvalidOptionError,
            "iterations is given twice",
        ),
        ("cfr", {"iterations": 0}, mk.InvalidOptionError, "iterations is 0"),
        ("cfr", {"iterations": -5}, mk.InvalidOptionError, "iterations is -5"),
        ("cfr", {"iterations": 2.5}, mk.InvalidOptionError, "iterations is 2.5"),
        ("cfr", {"iterations": True}, mk.InvalidOptionError, "iterations is True"),
        ("cfr", {"iterations": "ten"}, mk.InvalidOptionError, "iterations is 'ten'"),
        ("cfr", {"tol": -1e-3}, mk.InvalidOptionError, "tol is -0.001"),
        ("cfr", {"tol": float("nan")}, mk.InvalidOptionError, "tol is nan"),
        ("cfr", {"tol": "small"}, mk.InvalidOptionError, "tol is 'small'"),
        ("cfr", {"time_limit": -1}, mk.InvalidOptionError, "time_limit is -1"),
        ("cfr", {"time_limit": float("inf")}, mk.InvalidOptionError, "time_limit is inf"),
        ("cfr", {"seed": -1}, mk.InvalidOptionError, "seed is -1"),
        ("cfr", {"seed": 1.5}, mk.InvalidOptionError, "seed is 1.5"),
        ("cfr", {"seed": "lucky"}, mk.InvalidOptionError, "seed is 'lucky'"),
        (None, {}, mk.InvalidOptionError, "method is None"),
        (3, {}, mk.InvalidOptionError, "method is 3"),
    ],
)
def test_bad_values_are_refused_before_the_game_is_compiled(method, options, error, message):
    game = mk.load_game("leduc_poker")
    with pytest.raises(error, match=message):
        mk.solve(game, method, **options)
    assert game._tree is None


@pytest.mark.parametrize("game", [3, None, [[1, 2], [3, 4]], "no_such_game", ""])
def test_what_is_no_game(game):
    with pytest.raises(mk.MarlKitError):
        mk.solve(game)


@pytest.fixture(scope="module")
def started():
    return mk.solve(KUHN, "dcfr", iterations=3)


def test_start_of_another_method(started):
    with pytest.raises(mk.UnsupportedGameError, match="by dcfr; to go on with cfr"):
        mk.solve(KUHN, "cfr", start=started, iterations=1)


def test_start_of_another_game(started):
    with pytest.raises(mk.UnsupportedGameError, match="solution of kuhn_poker"):
        mk.solve("leduc_poker", "dcfr", start=started, iterations=1)


def test_start_with_other_options(started):
    with pytest.raises(mk.InvalidOptionError, match="must be equal"):
        mk.solve(KUHN, "dcfr", gamma=3, start=started, iterations=1)


def test_start_for_a_direct_method(started):
    with pytest.raises(mk.InvalidOptionError, match="lp is direct"):
        mk.solve(KUHN, "lp", start=started)
    with pytest.raises(mk.UnsupportedGameError):
        mk.solve(KUHN, "dcfr", start=mk.solve(KUHN, "lp"), iterations=1)


def test_an_equal_game_may_go_on(started):
    again = mk.load_game("openspiel:kuhn_poker")
    solution = mk.solve(again, "dcfr", start=started, iterations=2)
    assert solution.iterations == 5


def test_a_direct_method_says_which_rules_it_did_not_use():
    assert "iterations not used" in mk.solve(KUHN, "lp", iterations=5).note
    assert "not used" not in mk.solve(KUHN, "lp").note


def test_numpy_numbers_are_numbers():
    solution = mk.solve(KUHN, "cfr", iterations=np.int64(4), tol=np.float64(1e-9), seed=np.int64(3))
    assert solution.iterations == 4
    assert solution.seed == 3


@pytest.mark.parametrize("method", ["lp", "cfr"])
def test_solutions_can_be_printed_and_written_as_json(method):
    solution = mk.solve(KUHN, method, **({} if method == "lp" else {"iterations": 5}))
    content = json.loads(json.dumps(solution.to_dict()))
    assert content["method"] == method
    assert content["game"] == "openspiel:kuhn_poker"
    assert content["nash_conv"] == solution.nash_conv
    assert content["exploitability"] == solution.nash_conv / 2
    assert len(content["profile"]) == 12
    text = repr(solution)
    assert text.startswith("Solution\n")
    assert solution.status.sentence in text
    assert "<table>" in solution._repr_html_()


def test_matrix_solutions_print_their_strategies():
    text = repr(mk.solve("chicken"))
    assert "player 0" in text
    assert "player 1" in text


@pytest.mark.parametrize("name", METHODS)
def test_cite(name):
    assert mk.cite(name)
    assert mk.cite(f"{name}(iterations=3)") == mk.cite(name)


def test_cite_a_solution():
    assert "Tammelin" in mk.cite(mk.solve(KUHN, "cfr+", iterations=1))
    with pytest.raises(mk.UnknownNameError):
        mk.cite("cfr++++")
