"""Specs: what is read, what is refused, and that writing and reading are inverse."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marl_kit.core.errors import InvalidOptionError
from marl_kit.core.spec import format_spec, parse_spec


@pytest.mark.parametrize(
    ("spec", "name", "params"),
    [
        ("kuhn_poker", "kuhn_poker", {}),
        ("kuhn_poker()", "kuhn_poker", {}),
        (" kuhn_poker( players = 3 ) ", "kuhn_poker", {"players": 3}),
        ("cfr+(iterations=1000)", "cfr+", {"iterations": 1000}),
        ("dcfr(alpha=1.5,beta=0,gamma=2)", "dcfr", {"alpha": 1.5, "beta": 0, "gamma": 2}),
        ("g(a=true,b=False,c=win_loss)", "g", {"a": True, "b": False, "c": "win_loss"}),
        ("g(a=-1e-3,b=+2,c=)", "g", {"a": -0.001, "b": 2, "c": ""}),
        (
            "t(game=goofspiel(num_cards=3,k=1),x=1)",
            "t",
            {"game": "goofspiel(num_cards=3,k=1)", "x": 1},
        ),
        ("policy:runs/a=b.npz", "policy:runs/a=b.npz", {}),
        (
            "alphazero:my (old) runs/x(simulations=64)",
            "alphazero:my (old) runs/x",
            {"simulations": 64},
        ),
        ("dir(1)/x.efg", "dir(1)/x.efg", {}),
    ],
)
def test_reading(spec, name, params):
    found = parse_spec(spec)
    assert found == (name, params)
    assert [type(v) for v in found[1].values()] == [type(v) for v in params.values()]


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("g(a)", "key=value"),
        ("g(a=1,)x(", r"'\('"),
        ("g(a=1", r"'\('"),
        ("g)", r"'\)'"),
        ("g(a=1,a=2)", "twice"),
        ("g(1a=2)", "key=value"),
        ("g(,a=2)", "key=value"),
    ],
)
def test_refusals(spec, words):
    with pytest.raises(InvalidOptionError, match=words):
        parse_spec(spec)


@pytest.mark.parametrize("value", ["a,b", "a)", ")(", "1", "true", " x"])
def test_strings_that_would_not_be_read_back_are_not_written(value):
    with pytest.raises(InvalidOptionError, match="cannot be written"):
        format_spec("g", {"a": value})


names = st.text("abc_:/.+ ()", max_size=8).map(str.strip).filter(lambda s: _balanced(s))
keys = st.from_regex(r"[a-z_][a-z0-9_]{0,5}", fullmatch=True)
values = st.one_of(
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.sampled_from(["", "win_loss", "f(x=1,y=2)", "a=b"]),
)


def _balanced(text):
    depth = 0
    for c in text:
        depth += (c == "(") - (c == ")")
        if depth < 0:
            return False
    return depth == 0


@given(names, st.dictionaries(keys, values, max_size=3))
def test_round_trip(name, params):
    again = parse_spec(format_spec(name, params))
    assert again == (name, params)
    assert [type(v) for v in again[1].values()] == [type(v) for v in params.values()]
