"""A button that saves a gallery as a picture, on every page: its script, which needs nothing of the pages."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import streamlit as st


def let_galleries_be_saved() -> None:
    """Offer it (the button *Save as PNG*, the key S) on whatever gallery the pointer or the focus is on."""
    st.html(_code(), unsafe_allow_javascript=True)


@cache
def _code() -> str:
    return f"<script>{Path(__file__).with_suffix('.js').read_text(encoding='utf-8')}</script>"
