"""A short look at damaged input of every format; `make fuzz` tries 100,000."""

import pytest

from tests.fuzz import formats, try_case

CASES = 25  # of each format


@pytest.mark.parametrize("name", list(formats()))
def test_damaged_input_is_a_clear_error_or_harmless(name: str) -> None:
    names = list(formats())
    numbers = range(names.index(name), CASES * len(names), len(names))
    assert [problem for number in numbers if (problem := try_case(number, seed=1))] == []


@pytest.mark.parametrize("name", list(formats()))
def test_what_is_not_damaged_is_read(name: str) -> None:
    content, read = formats()[name]
    read(content)
