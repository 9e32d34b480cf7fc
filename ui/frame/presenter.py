"""The presenter view of every page, for a projector: its script and its style, which need nothing of the pages."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import streamlit as st


def offer_presenter_view() -> None:
    """Offer it (the button *Present*, the key P), and show the page in it where the address says `present=1`."""
    st.html(_code(), unsafe_allow_javascript=True)


@cache
def _code() -> str:
    things, script, style = (
        Path(__file__).with_name(name).read_text(encoding="utf-8")
        for name in ("presenter_things.js", "presenter.js", "presenter.css")
    )
    return f"<style>{style}</style><script>{{\n{things}{script}}}</script>"  # in a block: it may be run twice
