"""The router: the frame around every page, and how a server that has just started gets to it."""

from __future__ import annotations

import base64
from collections.abc import Callable
from functools import cache
from pathlib import Path

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from mnistcore.errors import ExplorerError
from mnistcore.memory import leave_modules_out_of_collections
from ui.frame.outage import note_outage, show_outage
from ui.frame.page import ROOT, apply_style, navigation, note_visit, show_place
from ui.frame.session import get_engine, prepare_data, prepare_store

# What stands beside every page, told its address; app.py says what, since the frame knows nothing of what is in it.
beside_page: Callable[[str], None] = lambda _address: None  # noqa: E731
MARK = "is_routed"  # set on the context of one run of the script: each run has its own


def route() -> None:
    """Everything around a page, then the page that the address names."""
    st.set_page_config(page_title="MNIST Explorer", page_icon=_icon(), layout="wide")
    apply_style()
    prepare_data()
    page = st.navigation(navigation(), position="top")
    note_visit(page.url_path)
    show_place(page.url_path or "home")
    setattr(get_script_run_ctx(), MARK, True)
    try:
        prepare_store()
        get_engine()
        note_outage()
        beside_page(page.url_path or "home")
        page.run()
    except ExplorerError as error:
        if not show_outage(error):
            raise
    finally:
        leave_modules_out_of_collections()


@cache
def _icon() -> str:
    """The icon as a data address: Streamlit's server drops a file's copy between two runs of the script."""
    png = Path(__file__).with_name("icon.png").read_bytes()
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"


def through_router() -> bool:
    """Whether to show this page now: the router has run it, or it runs alone as a script.

    Until the first `st.navigation` of a server, Streamlit takes each file of pages/ for a page and runs the one that
    the address names without app.py. Then the router takes over, which runs the page once more, and this is False.
    """
    context = get_script_run_ctx()
    if context is None or hasattr(context, MARK) or Path(context.main_script_path) != ROOT / "app.py":
        return True
    route()
    return False
