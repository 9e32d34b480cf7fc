"""Pages as a visitor opens them, and what stands on them."""

from typing import Any

from streamlit.testing.v1 import AppTest

from ui.frame.page import PAGES, ROOT

SECONDS = 60  # a busy machine is no fault


def page_at(address: str, **query: str) -> AppTest:
    """The page by itself, as its address and these parameters name it; not yet run."""
    page = AppTest.from_file(str(ROOT / PAGES[address].file), default_timeout=SECONDS)
    for name, value in query.items():
        page.query_params[name] = value
    return page


def open_page(address: str, **query: str) -> AppTest:
    """The page by itself, run once without an exception."""
    page = page_at(address, **query).run()
    assert not page.exception
    return page


def app_at(address: str = "home", **query: str) -> AppTest:
    """The whole app on one of its pages; not yet run."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=SECONDS)
    if address != "home":
        app.switch_page(PAGES[address].file)
    for name, value in query.items():
        app.query_params[name] = value
    return app


def texts(page: AppTest) -> str:
    """Everything that is written on the page, but titles, labels and HTML."""
    written = (*page.markdown, *page.caption, *page.subheader, *page.header)
    return " ".join(element.value for element in written).replace("\N{NO-BREAK SPACE}", " ")


def html(page: AppTest) -> str:
    """Everything that the page shows as HTML."""
    return " ".join(element.proto.body for element in page.get("html"))


def button(page: AppTest, label: str) -> Any:
    """The first button of this name."""
    return next(found for found in page.button if found.label == label)
