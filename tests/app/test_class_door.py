"""The door of a server that a class can reach, asked as a phone or an attacker asks it: with requests, over ASGI.

Each line of the threat model in docs/operations.md names the test here (or beside) that tries it.
"""

import asyncio
import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from mnistcore.classroom.contest import start_contest
from mnistcore.classroom.contest_bounds import Bounds
from mnistcore.classroom.drawings import drawings
from mnistcore.classroom.key import ADDRESS_VARIABLE, teacher_key
from mnistcore.classroom.players import players
from mnistcore.classroom.quiz import Question, start_quiz
from mnistcore.classroom.room import join_code, set_state
from mnistcore.runs import RunStore
from ui.classroom import door, web
from ui.classroom.limits import Limit
from ui.frame.page import PAGES

SEVEN = [[[250, 250], [700, 250], [450, 820]]]
HOST = "192.168.1.20:8501"


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def told(self) -> Any:
        return json.loads(self.body)


async def behind(scope: Any, receive: Any, send: Any) -> None:
    """What stands behind the door: whoever gets here reaches pages, files, uploads and the websocket."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
    else:
        await send({"type": "http.response.start", "status": 299, "headers": []})
        await send({"type": "http.response.body", "body": b"reached"})


@pytest.fixture
def the_door(monkeypatch: pytest.MonkeyPatch, own_home: Any) -> door.ClassDoor:
    """A door whose limits are those of a server that has just started."""
    monkeypatch.setenv(ADDRESS_VARIABLE, f"http://{HOST}")
    for module in (web, door):
        for name, limit in vars(module).copy().items():
            if isinstance(limit, Limit):
                monkeypatch.setattr(module, name, limit)
                limit._left.clear()
    return door.ClassDoor(behind)


def ask(
    asked: door.ClassDoor, path: str, *, method: str = "GET", told: Any = None, query: str = "",
    client: str = "10.0.0.7", kind: str = "http", **headers: str,
) -> Answer:  # fmt: skip
    body = told if isinstance(told, bytes) else json.dumps(told).encode() if told is not None else b""
    given = {"host": HOST, "accept": "*/*"} | {name.replace("_", "-"): value for name, value in headers.items()}
    scope = {
        "type": kind, "method": method, "path": path, "raw_path": path.encode(), "query_string": query.encode(),
        "root_path": "", "headers": [(name.encode(), value.encode()) for name, value in given.items()],
        "client": (client, 5000), "server": ("0.0.0.0", 8501), "scheme": "http", "http_version": "1.1",
        "subprotocols": [], "app": object(),
    }  # fmt: skip
    sent: list[Any] = []
    waiting = [{"type": "http.request", "body": body}] if kind == "http" else [{"type": "websocket.connect"}]

    async def receive() -> Any:
        return waiting.pop(0) if waiting else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(asked(scope, receive, send))
    if kind == "websocket":
        return Answer(101 if sent[0]["type"] == "websocket.accept" else 403, {}, b"")
    headers_sent = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return Answer(sent[0]["status"], headers_sent, b"".join(part.get("body", b"") for part in sent[1:]))


def post(asked: door.ClassDoor, what: str, told: Any, token: str = "", **more: str) -> Answer:
    return ask(asked, f"/join/{what}", method="POST", told=told, authorization=f"Bearer {token}", **more)


def joined(asked: door.ClassDoor, name: str = "Ada") -> str:
    answer = post(asked, "enter", {"name": name, "code": join_code(RunStore())})
    assert answer.status == 200
    return str(answer.told["token"])


def cookie_of(asked: door.ClassDoor) -> str:
    answer = ask(asked, "/class", query=f"key={teacher_key()}")
    assert answer.status == 303
    return answer.headers["set-cookie"].partition(";")[0]


OTHERS = [
    *(f"/{address}" for address in PAGES),
    *("/", "/_stcore/health", "/_stcore/host-config", "/_stcore/upload_file/a/b", "/media/abc.png"),
    *("/static/js/index.js", "/component/x/index.html", "/_stcore/bidi-components/x/y.js"),
    *("//join", "/JOIN", "/joiner", "/train/join", "/%6aoin"),
]  # fmt: skip


@pytest.mark.parametrize("path", OTHERS)
def test_a_phone_reaches_nothing_but_the_join_page(the_door, path):
    token = joined(the_door)
    for method in ("GET", "POST", "PUT", "DELETE"):
        answer = ask(the_door, path, method=method, authorization=f"Bearer {token}")
        assert (answer.status, b"reached" in answer.body) == (403, False)


@pytest.mark.parametrize(
    "path", ["/join/../train", "/join//", "/join/state/x", "/join/phone.py", "/join/%2e%2e/web.py"]
)
def test_below_the_join_page_there_is_only_what_it_needs(the_door, path):
    assert ask(the_door, path).status == 404


def test_the_websocket_opens_for_the_teachers_own_pages_alone(the_door):
    cookie, own = cookie_of(the_door), f"http://{HOST}"
    stream = "/_stcore/stream"
    assert ask(the_door, stream, kind="websocket", cookie=cookie, origin=own).status == 101
    assert ask(the_door, stream, kind="websocket", origin=own).status == 403
    assert ask(the_door, stream, kind="websocket", cookie=cookie, origin="http://evil.example").status == 403
    assert ask(the_door, stream, kind="websocket", cookie=cookie).status == 403
    assert ask(the_door, "/join/state", kind="websocket", origin=own).status == 403


def test_the_key_opens_everything_and_leaves_the_address(the_door):
    answer = ask(the_door, "/class", query=f"run=12&key={teacher_key()}&sort=a%26b")
    assert (answer.status, answer.headers["location"]) == (303, "/class?run=12&sort=a%26b")
    cookie = answer.headers["set-cookie"]
    assert {"HttpOnly", "SameSite=strict"} <= set(cookie.split("; "))
    assert teacher_key() not in cookie
    for path in ("/class", "/train", "/_stcore/health"):
        assert ask(the_door, path, cookie=cookie.partition(";")[0]).body == b"reached"
    restarted = door.ClassDoor(behind)
    assert ask(restarted, "/train", cookie=cookie.partition(";")[0]).body == b"reached"


def test_the_key_can_be_typed_on_the_page_that_everybody_else_sees(the_door):
    page = ask(the_door, "/train", accept="text/html")
    assert page.status == 403
    assert b'name="key"' in page.body
    form = {"method": "POST", "content_type": "application/x-www-form-urlencoded"}
    assert ask(the_door, "/class", told=f"key={teacher_key()}".encode(), **form).status == 303
    wrong = ask(the_door, "/class", told=b"key=guess", accept="text/html", **form)
    assert wrong.status == 403
    assert b"That is not the key" in wrong.body
    assert ask(the_door, "/class", told=b"key=" + b"x" * 5000, **form).status == 403


def test_keys_cannot_be_tried_one_after_another(the_door):
    answers = [ask(the_door, "/", query=f"key=guess{i}").status for i in range(12)]
    assert answers == [403] * 10 + [429] * 2
    assert ask(the_door, "/", query=f"key={teacher_key()}").status == 429
    assert ask(the_door, "/", query=f"key={teacher_key()}", client="127.0.0.1").status == 303
    assert ask(the_door, "/", cookie="mnist_explorer_teacher=" + "0" * 64).status == 403


def test_join_codes_cannot_be_tried_one_after_another(the_door):
    wrong = {"name": "Eve", "code": "x"}
    assert [post(the_door, "enter", wrong).status for _ in range(12)] == [401] * 10 + [429] * 2
    spread = [post(the_door, "enter", wrong, client=f"10.0.1.{i}").status for i in range(60)]
    assert 429 in spread  # nor from many addresses
    assert players(RunStore()) == []


def test_a_phone_draws_and_nothing_else(the_door):
    set_state(RunStore(), doing="draw", digit=7)
    token = joined(the_door, "<img src=x onerror=alert(1)>"[:20])
    assert post(the_door, "draw", {"digit": 7, "strokes": SEVEN}, token).told == {"sent": 1}
    state = ask(the_door, "/join/state", authorization=f"Bearer {token}")
    assert state.told == {"name": "<img src=x onerror=a", "doing": "draw", "digit": 7, "frozen": False, "sent": 1}
    assert "script-src 'self'" in state.headers["content-security-policy"]
    assert post(the_door, "delete", {"id": 1}, token).status == 404
    assert len(drawings(RunStore())) == 1


@pytest.mark.parametrize("token", ["", "x" * 32, "' or 1=1 --", "x" * 10_000])
def test_a_stranger_can_neither_look_nor_draw(the_door, token):
    set_state(RunStore(), doing="draw", digit=7)
    assert ask(the_door, "/join/state", authorization=f"Bearer {token}").status == 401
    assert post(the_door, "draw", {"digit": 7, "strokes": SEVEN}, token).status == 401
    assert drawings(RunStore()) == []


@pytest.mark.parametrize(
    "told", [b"", b"{", b"[1]", b"[" * 60_000, b'{"digit": 7}', b"x" * 64_001, b'{"digit":7,"strokes":[[[1e999,0]]]}']
)
def test_a_message_that_is_broken_or_too_large_is_refused_in_words(the_door, told):
    set_state(RunStore(), doing="draw", digit=7)
    answer = post(the_door, "draw", told, joined(the_door))
    assert answer.status == 422
    assert answer.told["error"].endswith((".", "again."))


def test_who_sends_too_often_has_to_wait_and_nobody_else(the_door):
    set_state(RunStore(), doing="draw", digit=7)
    fast, slow = joined(the_door), joined(the_door)
    drawing = {"digit": 7, "strokes": SEVEN}
    statuses = [post(the_door, "draw", drawing, fast).status for _ in range(12)]
    assert statuses[:8] == [200] * 8
    assert 429 in statuses
    assert post(the_door, "draw", drawing, slow).status == 200


def test_a_server_that_was_not_started_for_a_class_has_no_join_page_and_no_door(monkeypatch, own_home):
    monkeypatch.delenv(ADDRESS_VARIABLE, raising=False)
    plain = door.ClassDoor(behind)
    assert ask(plain, "/join").status == 299
    assert ask(plain, "/train").status == 299
    assert not (own_home / "class-key").exists()


def test_a_limit_fills_up_again_and_forgets_who_asked_long_ago(monkeypatch):
    limit = Limit(rate=1, burst=2)
    assert [limit.allows("a", now=0.0) for _ in range(3)] == [True, True, False]
    assert limit.allows("b", now=0.0)
    assert [limit.allows("a", now=1.0) for _ in range(2)] == [True, False]
    monkeypatch.setattr("ui.classroom.limits.MOST_KNOWN", 10)
    for i in range(100):
        limit.allows(str(i), now=1.0)
    assert len(limit._left) == 10


def test_a_phone_answers_once_and_does_not_learn_the_label_before(the_door):
    quiz = start_quiz(RunStore(), [Question(np.zeros((28, 28), np.uint8), 3, 8)], "lenet")
    token = joined(the_door)
    assert "label" not in ask(the_door, "/join/state", authorization=f"Bearer {token}").told
    answer = {"quiz": quiz, "question": 0, "answer": 3}
    assert post(the_door, "answer", answer, token).status == 200
    assert post(the_door, "answer", answer, token).status == 422
    assert post(the_door, "answer", {}, token).status == 422
    assert post(the_door, "answer", answer).status == 401


def test_a_phone_trains_only_within_the_bounds_and_only_while_a_contest_is_on(the_door):
    token = joined(the_door)
    choice = {
        "layers": [8],
        "activation": "relu",
        "optimizer": "sgd",
        "learning_rate": 0.1,
        "batch_size": 64,
        "epochs": 1,
    }
    assert post(the_door, "train", {"contest": None, "choice": choice}, token).status == 422
    contest = start_contest(RunStore(), Bounds("generated", epochs=1))
    for wrong in (choice | {"epochs": 10_000}, choice | {"layers": [10**6]}, None, {}, {"config": {"epochs": 1}}):
        assert post(the_door, "train", {"contest": contest, "choice": wrong}, token).status == 422
    assert RunStore().runs() == []
    other = joined(the_door, "Ben")
    assert post(the_door, "train", {"contest": contest, "choice": choice}, other).status == 200
    assert post(the_door, "train", {"contest": contest, "choice": choice}, other).status == 422  # one at a time
    assert len(RunStore().runs()) == 1
