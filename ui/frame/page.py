"""The frame of every page: its header, the way to other pages, and the few styles that the theme cannot express."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.errors import StreamlitPageNotFoundError
from streamlit.runtime.scriptrunner import get_script_run_ctx

from ui.frame.connection import watch_connection
from ui.frame.presenter import offer_presenter_view
from ui.frame.save_picture import let_galleries_be_saved
from ui.frame.words import plain

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class PageFile:
    """A page: its address, its title in the navigation, and its section there ("" for none)."""

    address: str
    title: str
    section: str

    @property
    def file(self) -> str:
        """Its file under the root; named like the address, for a server that has not met the router yet."""
        return f"pages/{self.address}.py"

    def build(self) -> Any:
        """The page for `st.navigation`; the first one answers to "/"."""
        return st.Page(ROOT / self.file, title=self.title, url_path=self.address, default=self.address == "home")


TRAINING, NETWORK, SYSTEMS = "Data and training", "Explore a network", "Five systems"
PAGES = {
    page.address: page
    for page in (
        PageFile("home", "MNIST Explorer", ""),
        PageFile("data", "Data", TRAINING),
        PageFile("labels", "Labels", TRAINING),
        PageFile("train", "Train", TRAINING),
        PageFile("runs", "Runs", TRAINING),
        PageFile("experiments", "Experiments", TRAINING),
        PageFile("lessons", "Lessons", TRAINING),
        PageFile("class", "With a class", TRAINING),
        PageFile("weights", "Weights", NETWORK),
        PageFile("units", "Units", NETWORK),
        PageFile("confusions", "Confusions", NETWORK),
        PageFile("pair", "Two digits", NETWORK),
        PageFile("certainty", "Certainty", NETWORK),
        PageFile("compare", "Two networks", NETWORK),
        PageFile("map", "Map", NETWORK),
        PageFile("draw", "Draw", NETWORK),
        PageFile("drawings", "My drawings", NETWORK),
        PageFile("why", "Why", NETWORK),
        PageFile("trace", "Step by step", NETWORK),
        PageFile("stress", "Stress lab", NETWORK),
        PageFile("perceptrons", "Ten perceptrons", SYSTEMS),
        PageFile("stepped-mlp", "Stepped-down network", SYSTEMS),
        PageFile("from-scratch", "From scratch, full batch", SYSTEMS),
        PageFile("deep-leaky", "Six hidden layers", SYSTEMS),
        PageFile("linear-online", "Linear, one image at a time", SYSTEMS),
    )
}
SECTIONS = tuple(dict.fromkeys(page.section for page in PAGES.values()))


def navigation() -> dict[str, list[Any]]:
    """All pages by section, for `st.navigation`."""
    grouped: dict[str, list[Any]] = {heading: [] for heading in SECTIONS}
    for page in PAGES.values():
        grouped[page.section].append(page.build())
    return grouped


# Text keeps a readable measure, numbers line up, and small images (digits, weight images) stay crisp when enlarged;
# columns that a phone puts below each other stand no further apart than everything else.
STYLE = """
<style>
[data-testid="stMainBlockContainer"] { max-width: 74rem; margin: 0 auto; padding-top: 4.5rem; padding-bottom: 4rem; }
[data-testid="stMainBlockContainer"] [data-testid="stPageLink"] a { padding-left: 0; padding-right: 0; }
[data-testid="stMainBlockContainer"] [data-testid="stPageLink"] a p {
  text-decoration: underline; text-decoration-thickness: 1px; text-underline-offset: 0.25em; }
[data-testid="stMainBlockContainer"] h1 { letter-spacing: -0.01em; padding-bottom: 0.25rem; }
[data-testid="stMetricValue"], [data-testid="stMarkdownContainer"] { font-variant-numeric: tabular-nums; }
[data-testid="stImage"] img { image-rendering: pixelated; border-radius: 2px; }
[class*="st-key-layer_title"] { flex-wrap: nowrap; }
[class*="st-key-layer_buttons"] button { min-width: 1.75rem; min-height: 2.4rem; justify-content: center; }
[data-testid="stTopNav"] > .rc-overflow-item:first-child p { font-weight: 600; }
[data-testid="stLayoutWrapper"]:has(> .st-key-frame) {
  position: fixed; top: 1.25rem; left: 3.5rem; width: auto; z-index: 999991; }
.stApp:has([data-testid="stTopNav"]) [data-testid="stLayoutWrapper"]:has(> .st-key-frame) { display: none; }
.st-key-frame [data-testid="stPageLink"] a p { text-decoration: none !important; font-weight: 600; }
@media (max-width: 640px) {
  [data-testid="stMainBlockContainer"] { padding: 4rem 1rem 3rem; }
  [data-testid="stHorizontalBlock"] { row-gap: 1rem !important; }
}
</style>
"""


def apply_style() -> None:
    """Add the styles; called once a rerun, by the router."""
    st.html(STYLE)


def show_place(address: str) -> None:
    """Mark in the navigation the section of the page at `address`.

    On a phone, where Streamlit folds the navigation away, the product's name leads home all the same.
    """
    place = SECTIONS.index(PAGES[address].section) + 1
    entry = f'[data-testid="stTopNav"] > .rc-overflow-item:nth-child({place}) p'
    st.html(f"<style>{entry} {{ box-shadow: 0 2px currentColor; }}</style>")
    with st.container(key="frame"):
        link_to("home")
        watch_connection()
        let_galleries_be_saved()
        offer_presenter_view()


def page_header(title: str, sentence: str, try_this: str | None = None) -> None:
    """Open a page: its title, one sentence that says what it shows, and one thing to try."""
    st.title(title, anchor=False)
    st.markdown(sentence)
    if try_this:
        st.caption(f"**Try this:** {try_this}")


CARRIED = ("lesson", "at", "seed")  # query parameters of the lesson that a visitor is in, wherever he goes


def _in_lesson(query: dict[str, str]) -> dict[str, str]:
    """These parameters and those of the lesson; an empty `lesson` among them ends it."""
    if "lesson" in query:
        return {name: value for name, value in query.items() if value}
    here = st.query_params
    return {name: here[name] for name in CARRIED if "lesson" in here and name in here} | query


def go_to(address: str, **query: str) -> None:
    """Leave for the page at `address` (a key of PAGES) with these query parameters; does not return."""
    st.switch_page(PAGES[address].file, query_params=_in_lesson(query))


def scroll_to_top() -> None:
    """Show the beginning of the page: for what appears there after a click further down."""
    st.html(
        "<script>document.querySelector('[data-testid=\"stMain\"]')?.scrollTo({top: 0, behavior: 'smooth'})</script>",
        unsafe_allow_javascript=True,
    )


VISIT = "visit"  # session key: the address of the page that is shown, and how many were shown before it


def note_visit(address: str) -> None:
    """Count the pages that this session has come to; called once a rerun, by the router."""
    before, count = st.session_state.get(VISIT, (None, 0))
    if address != before:
        st.session_state[VISIT] = (address, count + 1)


def visit() -> int:
    """The number of this visit to this page; it changes after a visit to another page."""
    return int(st.session_state.get(VISIT, (None, 0))[1])


def is_history_navigation() -> bool:
    """Whether the page runs because the visitor went back or forward in the browser's history."""
    context = get_script_run_ctx()
    return context is not None and context.is_history_navigation


def link_to(address: str, label: str | None = None, **query: str) -> None:
    """A link to the page at `address` with these query parameters, for example `link_to("weights", run=run.id)`."""
    page = PAGES[address]
    with suppress(StreamlitPageNotFoundError):  # a page run alone, without the router, has no pages to link to
        st.page_link(page.file, label=plain(label or page.title), query_params=_in_lesson(query))


def is_dark() -> bool:
    """Whether the visitor sees the dark theme."""
    return st.context.theme.type == "dark"
