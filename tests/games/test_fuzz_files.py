"""Thousands of malformed files: each is refused with a place in it, or is a game.

Never another exception, and (by the limits that are tested beside the readers) no hang and no
memory that grows beyond the file.
"""

import random
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marl_kit.core.errors import GameFileError, MarlKitError
from marl_kit.games.catalogue import catalogue_names, catalogue_path
from marl_kit.games.efg import read_efg, write_efg
from marl_kit.games.nfg import read_nfg, write_nfg

FILES = [catalogue_path(name) for name in catalogue_names()]
TEXTS = {
    suffix: [
        path.read_text() for path in FILES if path.suffix == suffix and path.stat().st_size < 3000
    ]
    for suffix in (".nfg", ".efg")
}
PIECES = [
    *("{", "}", ",", '"', "\\", '""', '"x"', '{ "x" }', "{{", "}}", "{ }"),
    *("0", "1", "-1", "2", "99999999999", "1e19", "1e999", "1e-999999999", "1/3", "1/0", ".5"),
    *("nan", "inf", "-", "+", ".", "c", "p", "t", "EFG", "NFG", "R", "D"),
    *("\x00", "é", "\ufeff", "\u0663", "\n"),
]


def check_place(error, text):
    place = re.match(r"<text>:(\d+):(\d+): ", str(error))
    assert place, error
    line, column = map(int, place.groups())
    lines = text.split("\n")
    assert 1 <= line <= len(lines)
    assert 1 <= column <= len(lines[line - 1]) + 1
    if isinstance(error, GameFileError):
        assert (error.line, error.column) == (line, column)


def read(suffix, text):
    """A game, or None for a refusal that names a place inside the text."""
    try:
        game = read_nfg(text) if suffix == ".nfg" else read_efg(text)
    except MarlKitError as error:
        check_place(error, text)
        return None
    if suffix == ".nfg":
        assert np.isfinite(game.payoffs).all()
        assert np.array_equal(read_nfg(write_nfg(game)).payoffs, game.payoffs)
    else:
        assert np.isfinite(game.tree().payoffs).all()
        assert np.array_equal(read_efg(write_efg(game)).tree().payoffs, game.tree().payoffs)
    return game


def mutated(text, rng):
    """A few words of a file replaced, dropped, doubled, moved or cut."""
    words = re.split(r"(\s+)", text)
    for _ in range(rng.randint(1, 3)):
        i, j = rng.randrange(len(words)), rng.randrange(len(words))
        match rng.randrange(6):
            case 0:
                words[i] = rng.choice(PIECES)
            case 1:
                words[i] = ""
            case 2:
                words[i] *= 2
            case 3:
                words[i], words[j] = words[j], words[i]
            case 4:
                words[i] = words[j]
            case 5 if rng.random() < 0.2:
                words = words[: i + 1]
    return "".join(words)


@pytest.mark.parametrize("suffix", [".nfg", ".efg"])
def test_mutated_words(suffix):
    rng = random.Random(20250101)
    games = sum(
        read(suffix, mutated(rng.choice(TEXTS[suffix]), rng)) is not None for _ in range(1500)
    )
    assert 0 < games < 1500  # both kinds of answers are met


@pytest.mark.parametrize("suffix", [".nfg", ".efg"])
def test_mutated_characters(suffix):
    rng = random.Random(7)
    alphabet = '{}",\\ 0123456789./eE+-cpt\n\tRDx\x00'
    refused = 0
    for _ in range(1500):
        text = list(rng.choice(TEXTS[suffix]))
        for _ in range(rng.randint(1, 4)):
            text[rng.randrange(len(text))] = rng.choice(alphabet)
        refused += read(suffix, "".join(text)) is None
    assert 0 < refused < 1500


@pytest.mark.parametrize("suffix", [".nfg", ".efg"])
def test_every_beginning_of_a_file_is_refused(suffix):
    text = min(TEXTS[suffix], key=len).rstrip()
    last_number = len(text) - len(re.search(r"[0-9]*$", text)[0])
    assert all(read(suffix, text[:n]) is None for n in range(min(last_number, len(text) - 1)))


soup = st.lists(st.sampled_from(PIECES), max_size=40).map(" ".join)
HEADS = {".nfg": 'NFG 1 R "t" { "a" } ', ".efg": 'EFG 2 R "t" { "a" } '}


@pytest.mark.parametrize("suffix", [".nfg", ".efg"])
@settings(max_examples=300, deadline=None)
@given(text=st.one_of(st.text(), soup))
def test_soup(suffix, text):
    for whole in (text, HEADS[suffix] + text):
        game = read(suffix, whole)  # refuses with a place in the text, or reads
        assert game is None or game.num_players >= 1
