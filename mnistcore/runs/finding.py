"""Finding runs by what somebody types: words, and comparisons such as ``accuracy > 0.97 optimizer = adam``."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

from mnistcore.errors import ConfigError

MAX_LENGTH = 300
Row = Mapping[str, Any]  # what is known of a run, by its field's name
Test = Callable[[Row], bool]

_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "!=": operator.ne,
    "=": operator.eq,
    "<": operator.lt,
    ">": operator.gt,
}
_COMPARISON = re.compile(r"""([A-Za-z_][\w.]*)\s*(<=|>=|!=|==?|<|>)\s*("[^"]*"|[^\s,]+)""")
_WORD = re.compile(r""""[^"]*"|[^\s,"]+|\"""")


def parse_search(text: str, fields: Mapping[str, str], words_in: tuple[str, ...]) -> Test:
    """What was typed as a test of rows: every comparison and every word must hold.

    ``fields`` gives the row's key for each name that may be compared; ``words_in`` the keys in which words are looked
    for. A number may be in per cent (``97%``); names and texts are compared without regard to case. A row that lacks
    the value fails every comparison but ``!=``. ConfigError for an unknown name or an incomplete comparison.
    """
    if len(text) > MAX_LENGTH:
        raise ConfigError(f"The search has {len(text):,} characters, at most {MAX_LENGTH} are read: shorten it.")
    tests = [_compared(name, sign, value, fields) for name, sign, value in _COMPARISON.findall(text)]
    rest = _COMPARISON.sub(" ", text)
    if sign := re.search(r"[<>=!]+", rest):
        raise ConfigError(f"A comparison is written NAME {sign[0]} VALUE, as in accuracy > 0.97: complete it.")
    words = [word.strip('"').lower() for word in _WORD.findall(rest)]
    tests += [_mentions(word, words_in) for word in words if word and word != "and"]
    return lambda row: all(test(row) for test in tests)


def _compared(name: str, sign: str, text: str, fields: Mapping[str, str]) -> Test:
    key = fields.get(name.lower())
    if key is None:
        known = ", ".join(sorted(set(fields)))
        raise ConfigError(f"Nothing is called “{name[:40]}”: compare one of {known}.")
    compare, wanted = _OPERATORS["=" if sign == "==" else sign], _value(text.strip('"'))

    def test(row: Row) -> bool:
        value = row.get(key)
        several = value if isinstance(value, list | tuple) else (value,)
        if isinstance(value, bool) or not several or not all(isinstance(each, int | float) for each in several):
            return _compare_text(value, sign, text.strip('"'))
        found = (not isinstance(wanted, str) and compare(float(each), wanted) for each in several)
        return all(found) if sign == "!=" else any(found)

    return test


def _compare_text(value: Any, sign: str, wanted: str) -> bool:
    """Texts are equal or not; of several, as of tags, one is enough."""
    several = [str(each).lower() for each in value] if isinstance(value, list | tuple) else [str(value).lower()]
    is_in = value is not None and wanted.lower() in several
    return is_in if sign in ("=", "==") else not is_in if sign == "!=" else False


def _value(text: str) -> float | str:
    """``0.97`` and ``97%`` are numbers."""
    try:
        return float(text[:-1]) / 100 if text.endswith("%") else float(text)
    except ValueError:
        return text.lower()


def _mentions(word: str, keys: tuple[str, ...]) -> Test:
    def test(row: Row) -> bool:
        return any(word in str(value).lower() for value in map(row.get, keys) if value)

    return test
