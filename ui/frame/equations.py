"""Equations with the code that computes them: the real source of the core, read when the page is shown."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st


@dataclass(frozen=True)
class Equation:
    """A formula, the function of the textbook core that computes it, and one sentence about it.

    ``fast`` is what training runs in its place, where that is other code, and ``gain`` says in a sentence what for.
    """

    title: str
    latex: str
    code: Any
    note: str = ""
    fast: Any = None
    gain: str = ""


def source_of(code: Any) -> str:
    """A function, method or class as it stands in its file, moved to the left edge."""
    return textwrap.dedent(inspect.getsource(code)).rstrip()


def place_of(code: Any) -> str:
    """`mnistcore/nn/losses.py · SoftmaxCrossEntropy.gradient`."""
    return f"{code.__module__.replace('.', '/')}.py · {code.__qualname__}"


def show_equations(equations: Sequence[Equation]) -> None:
    """Each equation with its note on the left, its source on the right; below each other on a phone."""
    for equation in equations:
        left, right = st.columns([2, 3], gap="large")
        with left:
            st.markdown(f"**{equation.title}**")
            st.latex(equation.latex)
            if equation.note:
                st.markdown(equation.note)
        with right:
            show_code(equation.code, equation.fast, equation.gain)


def show_code(code: Any, fast: Any = None, gain: str = "") -> None:
    """The source as in a textbook; that of its fast twin folded away below."""
    show_source(code)
    if fast is not None:
        with st.expander("As trained, in place"):
            st.markdown(gain)
            show_source(fast)


def show_source(code: Any) -> None:
    """The source, below where it stands."""
    st.caption(f"`{place_of(code)}`")
    st.code(source_of(code), language="python", wrap_lines=True)
