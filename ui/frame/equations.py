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

    ``fast`` is the code that training runs instead, where it differs, and ``gain`` says in a sentence why.
    """

    title: str
    latex: str
    code: Any
    note: str = ""
    fast: Any = None
    gain: str = ""


def source_of(code: Any) -> str:
    """The source of a function, method or class, without its indentation."""
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
    """The textbook source, with that of its fast twin folded away below."""
    show_source(code)
    if fast is not None:
        with st.expander("As trained, in place"):
            st.markdown(gain)
            show_source(fast)


def show_source(code: Any) -> None:
    """The source, below where it stands."""
    st.caption(f"`{place_of(code)}`")
    st.code(source_of(code), language="python", wrap_lines=True)
