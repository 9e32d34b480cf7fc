"""What the server answers to addresses: pages are let through, others lead to the page meant or say that none is."""

import ast
import asyncio

import pytest
from streamlit.web.server.app_discovery import discover_asgi_app

from ui.frame import addresses
from ui.frame.page import PAGES, ROOT


@pytest.mark.parametrize("path", ["/", *(f"/{address}" for address in PAGES if address != "home"), "/train/"])
def test_pages_are_let_through(path: str) -> None:
    assert addresses.answer_to(path) is None


@pytest.mark.parametrize(
    "path", ["/_stcore/health", "/static/js/index.js", "/media/abc.png", "/component/canvas/index.html"]
)
def test_what_belongs_to_streamlit_is_let_through(path: str) -> None:
    assert addresses.answer_to(path) is None


@pytest.mark.parametrize(
    ("path", "query", "base", "target"),
    [
        ("/train/x", "", "", "/train"),
        ("/pages/weights", "run=1&step=2", "", "/weights?run=1&step=2"),
        ("/Train", "", "", "/train"),
        ("/a/b/stepped-mlp", "", "", "/stepped-mlp"),
        ("/home", "", "", "/"),
        ("/digits/train/x", "", "/digits", "/digits/train"),
    ],
)
def test_an_address_that_names_a_page_leads_there(path: str, query: str, base: str, target: str) -> None:
    answer = addresses.answer_to(path, query, base)
    assert answer is not None
    assert answer.status_code == 307
    assert answer.headers["location"] == target


def test_any_other_address_says_so_and_lists_every_page() -> None:
    answer = addresses.answer_to("/<script>alert(1)</script>/" + "x" * 500)
    assert answer is not None
    assert answer.status_code == 404
    text = bytes(answer.body).decode()
    assert "There is no such page" in text
    assert "<script>" not in text
    assert "x" * 61 not in text
    for page in PAGES.values():
        assert f'href="/{"" if page.address == "home" else page.address}"' in text


@pytest.mark.parametrize(
    ("method", "accept", "is_answered"),
    [("GET", "text/html,*/*", True), ("GET", "*/*", False), ("POST", "text/html", False)],
)
def test_only_somebody_who_opens_an_address_is_answered(method: str, accept: str, is_answered: bool) -> None:
    reached: list[str] = []
    sent: list[dict] = []

    async def streamlit(scope, receive, send) -> None:
        reached.append(scope["path"])

    async def send(message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": "/x/y",
        "query_string": b"",
        "headers": [(b"accept", accept.encode())],
    }
    asyncio.run(addresses.PagesOnly(streamlit)(scope, None, send))
    assert reached == ([] if is_answered else ["/x/y"])
    assert bool(sent) == is_answered


def test_the_command_that_starts_the_dashboard_finds_the_server() -> None:
    assert discover_asgi_app(ROOT / "app.py").import_string == "app:app"
    tree = ast.parse((ROOT / "app.py").read_text())
    assert sum(isinstance(node, ast.If) for node in tree.body) == 1  # nothing happens in a worker that imports it
