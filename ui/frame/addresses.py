"""How the server answers an address that is not a page's: with a redirect to the page meant, or a 404.

Streamlit answers any address with its own start page, whose scripts it names relative to the address: two levels down
they are not found, and the page stays white.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from html import escape
from typing import Any

import streamlit as st
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit import cli_util
from streamlit.web.server import server_util

from mnistcore.errors import ExplorerError
from mnistcore.memory import give_freed_memory_back
from ui.frame.page import PAGES, SECTIONS
from ui.frame.session import close_engines, get_store

STREAMLITS_OWN = ("_stcore", "static", "media", "component", "app", "auth", "oauth2callback")
FORGET_SECONDS = 300.0
OPEN_BROWSER_AFTER = 0.3  # seconds: the server listens a moment after it says that it starts


class PagesOnly:
    """Middleware that lets a browser through to pages only; what scripts and pictures ask for goes on as it is."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = None
        if scope["type"] == "http" and _is_for_a_page(scope):
            base = st.get_option("server.baseUrlPath").strip("/")
            answer = answer_to(scope["path"], scope["query_string"].decode("latin-1"), f"/{base}" if base else "")
        await (answer or self.app)(scope, receive, send)


def _is_for_a_page(scope: Scope) -> bool:
    """Whether a person opens the address: browsers ask for HTML only then."""
    accepted = dict(scope["headers"]).get(b"accept", b"")
    return scope["method"] in ("GET", "HEAD") and b"text/html" in accepted


def answer_to(path: str, query: str = "", base: str = "") -> Response | None:
    """None for a page or an address of Streamlit's own; else a redirect to the last page the path names, or a 404."""
    below = path.removeprefix(base)
    names = [name for name in below.split("/") if name]
    is_page = not names or (len(names) == 1 and names[0] in PAGES and names[0] != "home")
    if is_page or names[0] in STREAMLITS_OWN:
        return None
    named = [name.lower() for name in names if name.lower() in PAGES]
    if named:
        address = "" if named[-1] == "home" else named[-1]
        return RedirectResponse(f"{base}/{address}" + (f"?{query}" if query else ""))
    return HTMLResponse(_no_page(below, base), status_code=404)


def _no_page(path: str, base: str) -> str:
    links = {
        heading: " · ".join(
            f'<a href="{escape(base)}/{"" if page.address == "home" else page.address}">{escape(page.title)}</a>'
            for page in PAGES.values()
            if page.section == heading
        )
        for heading in SECTIONS
    }
    shown = path if len(path) <= 60 else f"{path[:60]} …"
    lines = "".join(f"<p>{f'{heading}: ' if heading else ''}{pages}</p>" for heading, pages in links.items())
    return NO_PAGE.format(path=escape(shown), lines=lines)


NO_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>No such page · MNIST Explorer</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 1rem/1.6 "Source Sans", system-ui, sans-serif; max-width: 40rem; margin: 15vh auto 0; padding: 0 1.25rem;
        color: light-dark(#22242a, #e6e6e3); background: light-dark(#fdfdfb, #15161a); overflow-wrap: anywhere; }}
h1 {{ font: 500 2.25rem/1.2 "Source Serif", Georgia, serif; }}
a {{ color: light-dark(#3d5bd9, #93a9ff); text-underline-offset: 0.25em; }}
</style>
</head>
<body>
<h1>There is no such page</h1>
<p>MNIST Explorer has nothing at <b>{path}</b>. These are its pages:</p>
{lines}
</body>
</html>
"""


@asynccontextmanager
async def serve(_app: Any) -> AsyncIterator[None]:
    """While the server runs: its page opens in the browser at the start, its workers end with it."""
    give_freed_memory_back()
    if not st.get_option("server.headless"):
        url = server_util.get_url(st.get_option("browser.serverAddress"))
        asyncio.get_running_loop().call_later(OPEN_BROWSER_AFTER, cli_util.open_browser, url)
    forgetting = asyncio.create_task(_forget_old_classes())
    yield
    forgetting.cancel()
    close_engines()


async def _forget_old_classes() -> None:
    """What a class has sent is deleted after a day, by whatever server runs then."""
    while True:
        await asyncio.sleep(FORGET_SECONDS)
        with suppress(ExplorerError):  # the store is away: the next time will do
            await asyncio.to_thread(_forget_yesterday)


def _forget_yesterday() -> None:
    from mnistcore.classroom.room import forget_yesterday

    forget_yesterday(get_store())
