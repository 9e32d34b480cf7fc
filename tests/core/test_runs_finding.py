"""What is typed to find runs; oracle: the same conditions written in Python."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mnistcore.errors import ConfigError
from mnistcore.runs.finding import MAX_LENGTH, parse_search

FIELDS = {"accuracy": "validation_accuracy", "optimizer": "optimizer", "tag": "tags", "epochs": "epochs"}
WORDS = ("name", "tags", "notes")
ROWS = [
    {"name": "First network", "validation_accuracy": 0.971, "optimizer": "adam", "tags": ("best", "class 3")},
    {"name": "second", "validation_accuracy": 0.94, "optimizer": "sgd", "tags": (), "notes": "of the Adam family"},
    {"name": "waiting", "validation_accuracy": None, "optimizer": "adam", "tags": ("best",), "epochs": 0},
]


def found(text: str) -> list[int]:
    test = parse_search(text, FIELDS, WORDS)
    return [place for place, row in enumerate(ROWS) if test(row)]


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("", [0, 1, 2]),
        ("accuracy > 0.97", [0]),
        ("accuracy>=94%", [0, 1]),
        ("accuracy < 1", [0, 1]),
        ("ACCURACY > 0.9, optimizer = Adam", [0]),
        ("accuracy > 0.9 and optimizer = adam", [0]),
        ("optimizer != adam", [1]),
        ("optimizer == sgd", [1]),
        ("optimizer > adam", []),  # texts have no order
        ("accuracy = high", []),
        ("tag = best", [0, 2]),
        ("tag != best", [1]),
        ('tag = "class 3"', [0]),
        ("epochs = 0", [2]),
        ("network", [0]),
        ("ADAM", [1]),  # words are looked for in names, tags and notes
        ('"first network" accuracy > 0.9', [0]),
        ("first second", []),
    ],
)
def test_comparisons_and_words_must_all_hold(text, places):
    assert found(text) == places


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("speed > 3", "Nothing is called “speed”: compare one of accuracy, epochs, optimizer, tag"),
        ("accuracy >", "A comparison is written NAME > VALUE"),
        ("> 3", "A comparison is written NAME > VALUE"),
        ("x" * (MAX_LENGTH + 1), "at most 300"),
    ],
)
def test_what_cannot_be_understood_is_said(text, problem):
    with pytest.raises(ConfigError, match=problem):
        found(text)


@given(st.text(alphabet='ab01 .,"<>=!%', max_size=40))
def test_anything_that_can_be_typed_finds_or_is_refused(text):
    with contextlib.suppress(ConfigError):
        assert set(found(text)) <= {0, 1, 2}
