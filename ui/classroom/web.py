"""What phones ask the server for: one page, its script and style, and short questions and answers as JSON."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route, Router

from mnistcore.errors import ExplorerError
from ui.classroom.limits import Limit
from ui.frame.session import get_engine, get_store

if TYPE_CHECKING:
    from mnistcore.training import TrainingConfig

LONGEST_BODY = 64_000  # bytes: more than the largest drawing that is taken
BODY_SECONDS = 10.0
THREADS = 2  # that wait for the store: as many as there are cores in a small machine
FOLDER = Path(__file__).with_name("phone")
SCRIPTS = ("phone.js", "server.js", "drawing.js", "quiz.js", "contest.js")

# Everything for each address, which may be that of a whole class behind one router; the rest for each phone.
ANYTHING = Limit(rate=200, burst=600)
ENTERING = Limit(rate=1, burst=80)
WRONG_CODES = Limit(rate=1 / 6, burst=10)
ALL_WRONG_CODES = Limit(rate=2, burst=60)
LOOKS = Limit(rate=4, burst=20)
SENDS = Limit(rate=1, burst=8)
TOO_OFTEN = "That was too often: wait a moment, then try again."

# The page needs nothing from anywhere else, is shown in no other page, and is never kept by a proxy.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
Told = dict[str, Any]


def phone_routes() -> Router:
    """All that can be reached without the teacher's key, below `/join`."""
    return Router(
        [
            Route("/join", _file("phone.html", "text/html; charset=utf-8")),
            Route("/join/", lambda request: RedirectResponse("../join", headers=HEADERS)),
            Route("/join/phone.css", _file("phone.css", "text/css; charset=utf-8")),
            *(Route(f"/join/{name}", _file(name, "text/javascript; charset=utf-8")) for name in SCRIPTS),
            Route("/join/enter", _enter, methods=["POST"]),
            Route("/join/state", _answering(_state, LOOKS), methods=["GET"]),
            Route("/join/draw", _answering(_draw, SENDS), methods=["POST"]),
            Route("/join/answer", _answering(_give_answer, SENDS), methods=["POST"]),
            Route("/join/train", _answering(_train, SENDS), methods=["POST"]),
            Route("/join/leave", _answering(_leave, SENDS), methods=["POST"]),
        ],
        redirect_slashes=False,
    )


def _file(name: str, kind: str) -> Callable[[Request], Response]:
    def answer(request: Request) -> Response:
        if not ANYTHING.allows(address_of(request.scope)):
            return Response(TOO_OFTEN, 429, HEADERS)
        return Response(_content(name), media_type=kind, headers=HEADERS)

    return answer


@cache
def _content(name: str) -> bytes:
    return (FOLDER / name).read_bytes()


def address_of(scope: Any) -> str:
    """The address that a request comes from, as the connection itself tells it."""
    return str((scope.get("client") or ("?",))[0])


def _answering(do: Callable[[str, Told], Told], limit: Limit) -> Callable[[Request], Any]:
    """An endpoint for phones that have joined: the token is in the header, what is told and answered in the bodies."""

    async def endpoint(request: Request) -> Response:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        token = token[:100] if scheme == "Bearer" else ""
        if not ANYTHING.allows(address_of(request.scope)) or not limit.allows(token):
            return _refusal(TOO_OFTEN, 429)
        return await _answer(request, lambda told: do(token, told))

    return endpoint


async def _enter(request: Request) -> Response:
    address = address_of(request.scope)
    guesses = WRONG_CODES.allows(address, cost=0) and ALL_WRONG_CODES.allows("", cost=0)
    if not (ANYTHING.allows(address) and guesses and ENTERING.allows(address)):
        return _refusal(TOO_OFTEN, 429)
    answer = await _answer(request, _let_in)
    if answer.status_code == 401:
        WRONG_CODES.allows(address)
        ALL_WRONG_CODES.allows("")
    return answer


async def _answer(request: Request, do: Callable[[Told], Told]) -> Response:
    """The result of `do` as JSON, or what is wrong, in a sentence."""
    from mnistcore.classroom.players import StrangerError
    from mnistcore.runs import StoreUnavailableError

    try:
        told = await _told(request) if request.method == "POST" else {}
        return JSONResponse(await _in_thread(do, told), headers=HEADERS)
    except StrangerError as error:
        return _refusal(str(error), 401)
    except StoreUnavailableError:  # its words name files of this machine
        return _refusal("The server cannot store anything now: it tries again by itself.", 503)
    except ExplorerError as error:
        return _refusal(str(error), 422)
    except (TimeoutError, asyncio.TimeoutError, ClientDisconnect):
        return _refusal("The message did not arrive whole: send it again.", 408)


def _refusal(problem: str, status: int) -> Response:
    return JSONResponse({"error": problem}, status, HEADERS)


async def _told(request: Request) -> Told:
    """The body, a JSON object of at most LONGEST_BODY bytes that arrives within BODY_SECONDS."""
    body = await asyncio.wait_for(read_bounded(request, LONGEST_BODY), BODY_SECONDS)
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict):
        raise ExplorerError("The message is not a JSON object: load the page again.")
    return told


async def read_bounded(request: Request, most: int) -> bytes:
    """The body of a request; ExplorerError as soon as it has more than ``most`` bytes."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > most:
            raise ExplorerError(f"The message has more than {most:,} bytes: send less.")
    return body


@cache
def _threads() -> anyio.CapacityLimiter:
    return anyio.CapacityLimiter(THREADS)


async def _in_thread(do: Callable[[Told], Told], told: Told) -> Told:
    return await anyio.to_thread.run_sync(do, told, limiter=_threads())


def _let_in(told: Told) -> Told:
    from mnistcore.classroom.players import join

    token, player = join(get_store(), told.get("code"), told.get("name"))
    return {"token": token, "name": player.name}


def _state(token: str, _: Told) -> Told:
    from mnistcore.classroom.phone import phone_state

    return phone_state(get_store(), token)


def _draw(token: str, told: Told) -> Told:
    from mnistcore.classroom.drawings import add_drawing

    return {"sent": add_drawing(get_store(), token, told.get("digit"), told.get("strokes"))}


def _give_answer(token: str, told: Told) -> Told:
    from mnistcore.classroom.quiz import give_answer

    give_answer(get_store(), token, told.get("quiz"), told.get("question"), told.get("answer"))
    return {}


def _train(token: str, told: Told) -> Told:
    from mnistcore.classroom.contest import enter_contest

    def submit(config: TrainingConfig, dataset: str, name: str) -> str:
        return get_engine().submit(config, dataset=dataset, name=name)

    enter_contest(get_store(), token, told.get("contest"), told.get("choice"), submit)
    return {}


def _leave(token: str, _: Told) -> Told:
    from mnistcore.classroom.players import leave

    leave(get_store(), token)
    return {}
