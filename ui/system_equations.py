"""Equations with the code that computes them: the real source of the core, read when the page is shown."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from ui.page import ROOT


@dataclass(frozen=True)
class Equation:
    """A formula, the function, method or class of the core that computes it, and one sentence about it."""

    title: str
    latex: str
    code: Any
    note: str = ""

    @property
    def source(self) -> str:
        """The code as it stands in its file, moved to the left edge."""
        return textwrap.dedent(inspect.getsource(self.code)).rstrip()

    @property
    def place(self) -> str:
        """`mnistcore/nn/losses.py · SoftmaxCrossEntropy.gradient`."""
        file = Path(inspect.getsourcefile(self.code) or "").resolve()
        return f"{file.relative_to(ROOT).as_posix()} · {self.code.__qualname__}"


def show_equations(equations: Sequence[Equation]) -> None:
    """Each equation with its note on the left, its source on the right; below each other on a phone."""
    for equation in equations:
        show_equation(equation)


def show_equation(equation: Equation) -> None:
    """One equation beside its source."""
    left, right = st.columns([2, 3], gap="large")
    with left:
        st.markdown(f"**{equation.title}**")
        st.latex(equation.latex)
        if equation.note:
            st.markdown(equation.note)
    with right:
        st.caption(f"`{equation.place}`")
        st.code(equation.source, language="python", wrap_lines=True)
