"""A field for a number: what is typed is read here, and what cannot be used is refused in a sentence, never replaced.

Streamlit's own number field makes 1 of "1e3" and "0,01", and keeps the value of before while it shows another in red.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

import streamlit as st

from mnistcore.errors import ConfigError

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}([,\u00a0\u202f ]\d{3})+", re.ASCII)  # as this program writes them
_DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True)
class Number:
    """What a field accepts: its label and limits; `above` and `below` exclude the limit itself."""

    label: str
    is_whole: bool
    low: float | None = None
    high: float | None = None
    above: float | None = None
    below: float | None = None
    is_optional: bool = False

    def parse(self, text: str) -> int | float | None:
        """The number that is meant, None for an empty field that may be; ConfigError in a sentence for the visitor.

        "1e3" is 1,000, "60,000" and "60 000" are 60,000, "0,01" is 0.01; "1,000" might be either where fractions are
        allowed, and is refused there.
        """
        text = text.strip()
        if not text and self.is_optional:
            return None
        value = self._read(text)
        if self.is_whole and value != int(value):
            raise ConfigError(f"{self.label} must be a whole number, not {shown(text)}.")
        if self._is_outside(value):
            raise ConfigError(f"{self.label} must be {self.limits()}, not {shown(text)}.")
        return int(value) if self.is_whole else value

    def _read(self, text: str) -> float:
        if not text:
            raise ConfigError(f"{self.label} is empty: type a number.")
        plain = text
        if _THOUSANDS.fullmatch(text):
            if not self.is_whole and text.count(",") == 1:
                raise ConfigError(f"{self.label}: {shown(text)} can be read in two ways; write it without a comma.")
            plain = re.sub(r"[^\d+-]", "", text)
        elif _DECIMAL_COMMA.fullmatch(text):
            plain = text.replace(",", ".")
        if not _NUMBER.fullmatch(plain):
            raise ConfigError(f"{self.label} must be a number, not {shown(text)}.")
        value = float(plain)
        if not math.isfinite(value):
            raise ConfigError(f"{self.label} must be {self.limits()}, not {shown(text)}.")
        return value

    def _is_outside(self, value: float) -> bool:
        return (
            (self.low is not None and value < self.low)
            or (self.high is not None and value > self.high)
            or (self.above is not None and value <= self.above)
            or (self.below is not None and value >= self.below)
        )

    def limits(self) -> str:
        """`at least 1 and at most 4,096`, `above 0 and at most 100`."""
        named = (("at least", self.low), ("above", self.above), ("at most", self.high), ("below", self.below))
        return " and ".join(f"{words} {limit:,}" for words, limit in named if limit is not None)


def number_text(value: float | None) -> str:
    """A number as a field shows it: the shortest text that is read as the same one."""
    if value is None:
        return ""
    short = f"{value:g}"
    return short if float(short) == value and (isinstance(value, float) or "e" not in short) else repr(value)


def shown(text: str) -> str:
    """What was typed, in quotes, as plain text: no Markdown, no more than a line's worth."""
    cut = text if len(text) <= 20 else f"{text[:20]} …"
    return "“" + re.sub(r"([\\`*_{}\[\]()#+!|~$<>:])", r"\\\1", cut) + "”"


def number_field(number: Number, key: str, value: str, **options: Any) -> str | None:
    """The field, initially `value`; returns what is wrong with its present text, if anything, for `say`."""
    text = st.text_input(number.label, value, key=key, autocomplete="off", **options)
    try:
        number.parse(text)
    except ConfigError as error:
        return str(error)
    return None


def say(problem: str | None) -> None:
    """Show what is wrong with a field, below it."""
    if problem:
        st.markdown(f":red[{problem}]")
