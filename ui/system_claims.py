"""Figures side by side: what was published, what we measured ourselves, what was measured here; and the verdict."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from mnistcore.training import Recipe

if TYPE_CHECKING:
    from mnistcore.runs import Run


def show_claims(system: Recipe, run: Run | None, rows: Sequence[dict[str, Any]]) -> None:
    """The table of figures for a system, with those of `run` (its history as `rows`) in the last column."""
    st.markdown(f"**Published:** {system.published}.")
