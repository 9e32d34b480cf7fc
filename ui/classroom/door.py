"""The door of a server that a class can reach: phones come to the join page, and to all else only the teacher.

It stands in front of everything that the server answers, Streamlit's websocket, files and uploads included, and lets
nothing through that it does not know: what is added to the server later is behind it too.
"""

from __future__ import annotations

import asyncio
import hmac
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import streamlit as st
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from mnistcore.classroom.key import class_address, pass_of, teacher_key
from mnistcore.errors import ExplorerError
from ui.classroom.limits import Limit
from ui.classroom.sign_in import SIGN_IN
from ui.classroom.web import BODY_SECONDS, address_of, phone_routes, read_bounded

COOKIE = "mnist_explorer_teacher"
LONGEST_FORM = 500  # bytes
WRONG_KEYS = Limit(rate=1 / 6, burst=10)
SIGN_IN_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


class ClassDoor:
    """Middleware in front of all others; of a server that was not started for a class it lets everything through."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._key = teacher_key() if class_address() else None
        self._phones = phone_routes()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer: Any = self.app
        if self._key is not None and scope["type"] in ("http", "websocket"):
            base = str(st.get_option("server.baseUrlPath") or "").strip("/")
            path = scope["path"].removeprefix(f"/{base}") if base else scope["path"]
            if scope["type"] == "http" and (path == "/join" or path.startswith("/join/")):
                inner = {**scope, "path": path, "raw_path": path.encode(), "root_path": ""}
                inner.pop("app", None)  # with it the router would raise what it does not know in place of answering
                scope, answer = inner, self._phones
            elif scope["type"] == "http":
                answer = await self._answer_to(Request(scope, receive)) or self.app
            elif not (_is_teacher(scope, self._key) and _is_same_origin(scope)):
                answer = _close
        await answer(scope, receive, send)

    async def _answer_to(self, request: Request) -> Response | None:
        """None for the teacher; the way in for whoever brings the key; for all others where phones join."""
        assert self._key is not None
        given = await _given_key(request)
        if given is None:
            return None if _is_teacher(request.scope, self._key) else _refuse(request)
        address = address_of(request.scope)
        if not WRONG_KEYS.allows(address, cost=0):
            return _refuse(request, "There were too many wrong keys: wait a minute.", 429)
        if not hmac.compare_digest(given.encode(), self._key.encode()):
            WRONG_KEYS.allows(address)
            return _refuse(request, "That is not the key: it was printed when the class was started.")
        # To the same address without the key, which so stays in no history and on no projector.
        query = urlencode([pair for pair in parse_qsl(request.scope["query_string"].decode()) if pair[0] != "key"])
        answer = RedirectResponse(request.scope["path"] + (f"?{query}" if query else ""), 303, SIGN_IN_HEADERS)
        is_safe = request.url.scheme == "https"
        answer.set_cookie(COOKIE, pass_of(self._key), httponly=True, samesite="strict", secure=is_safe)
        return answer


async def _given_key(request: Request) -> str | None:
    """The key in the address, or in the form of the page that asks for it; None where there is none."""
    if "key" in request.query_params:
        return request.query_params["key"][:100]
    form = "application/x-www-form-urlencoded"
    if request.method != "POST" or not request.headers.get("content-type", "").startswith(form):
        return None
    try:
        body = await asyncio.wait_for(read_bounded(request, LONGEST_FORM), BODY_SECONDS)
    except (ExplorerError, ClientDisconnect, TimeoutError, asyncio.TimeoutError):
        return ""
    return dict(parse_qsl(body.decode("utf-8", "replace"))).get("key", "")[:100]


def _is_teacher(scope: Scope, key: str) -> bool:
    """Whether the browser holds what the door gave for the key."""
    headers = dict(scope["headers"])
    try:
        cookie = SimpleCookie(headers.get(b"cookie", b"").decode("latin-1")).get(COOKIE)
    except CookieError:
        return False
    return cookie is not None and hmac.compare_digest(cookie.value.encode(), pass_of(key).encode())


def _is_same_origin(scope: Scope) -> bool:
    """Whether a websocket is opened by a page of this server: a cookie goes with it wherever it comes from."""
    headers = dict(scope["headers"])
    origin = headers.get(b"origin", b"").decode("latin-1")
    return urlsplit(origin).netloc == headers.get(b"host", b"").decode("latin-1")


async def _close(_scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "websocket.close", "code": 1008})


def _refuse(request: Request, problem: str = "", status: int = 403) -> Response:
    if "text/html" not in request.headers.get("accept", ""):
        return PlainTextResponse("This needs the teacher's key.\n", status, SIGN_IN_HEADERS)
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    page = SIGN_IN.format(base=f"/{base}" if base else "", problem=f"<p role='alert'>{problem}</p>" if problem else "")
    return HTMLResponse(page, status, SIGN_IN_HEADERS)
