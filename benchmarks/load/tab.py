"""A browser tab without a browser: it speaks Streamlit's protocol over a websocket, in Streamlit's own messages."""

import asyncio
import re
import time
import urllib.request
from contextlib import suppress
from dataclasses import dataclass, field

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

LARGEST_MESSAGE = 200_000_000
SUCCEEDED = ForwardMsg.FINISHED_SUCCESSFULLY
ENDS = (SUCCEEDED, ForwardMsg.FINISHED_WITH_COMPILE_ERROR)
MEDIA = re.compile(rb"/media/[0-9a-f]{16,}\.\w+")


@dataclass
class Seen:
    """What has come of one page: seconds until its script had ended, bytes received, errors shown, files named."""

    seconds: float = 0.0
    bytes: int = 0
    elements: int = 0
    errors: list[str] = field(default_factory=list)
    files: set[str] = field(default_factory=set)


class Tab:
    """One tab; ``async with Tab(url)`` opens and closes it. Parts of a page that poll do so while it is open."""

    def __init__(self, url: str, headers: dict[str, str] | None = None) -> None:
        self._url = url
        self._headers = headers or {}
        self._socket: ClientConnection | None = None
        self._polls: dict[str, asyncio.Task[None]] = {}
        self._ended = asyncio.Event()
        self._names: dict[str, str] = {}  # the address of each page → its hash
        self.page, self.query, self.seen = "", "", Seen()
        self.polled: list[float] = []  # seconds from each poll to its end
        self._asked = 0.0

    async def __aenter__(self) -> "Tab":
        address = self._url.replace("http", "ws", 1) + "/_stcore/stream"
        self._socket = await connect(
            address,
            subprotocols=["streamlit"],  # type: ignore[list-item]
            additional_headers=self._headers,
            max_size=LARGEST_MESSAGE,
            open_timeout=60,
        )
        self._reader = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._stop_polling()
        assert self._socket is not None
        await self._socket.close()
        self._reader.cancel()
        with suppress(asyncio.CancelledError):
            await self._reader

    async def open(self, page: str, query: str = "", timeout: float = 120) -> Seen:
        """Go to the page at the address ``page`` and wait until its script has ended."""
        self._stop_polling()
        self.page, self.query, self.seen = page, query, Seen()
        self._ended.clear()
        start = time.perf_counter()
        await self._rerun()
        await asyncio.wait_for(self._ended.wait(), timeout)
        self.seen.seconds = time.perf_counter() - start
        return self.seen

    def note(self, data: bytes) -> None:
        """What else is to be done with each message as it arrives."""

    async def fetch_files(self) -> int:
        """Fetch the pictures of the page as a browser would; how many bytes they have."""
        names = list(self.seen.files)
        sizes = await asyncio.gather(*(asyncio.to_thread(self._fetch, name) for name in names))
        return sum(sizes)

    def _fetch(self, name: str) -> int:
        with urllib.request.urlopen(self._url + name, timeout=60) as answer:
            return len(answer.read())

    async def _rerun(self, fragment: str = "") -> None:
        message = BackMsg()
        state = message.rerun_script
        state.query_string, state.page_name = self.query, "" if self.page == "home" else self.page
        state.fragment_id, state.is_auto_rerun = fragment, bool(fragment)
        state.context_info.url = f"{self._url}/{state.page_name}"
        state.context_info.timezone, state.context_info.locale = "UTC", "en"
        state.context_info.color_scheme = "light"
        assert self._socket is not None
        await self._socket.send(message.SerializeToString())

    async def _read(self) -> None:
        assert self._socket is not None
        async for data in self._socket:
            assert isinstance(data, bytes)
            self.note(data)
            self.seen.bytes += len(data)
            self.seen.files |= {name.decode() for name in MEDIA.findall(data)}
            message = ForwardMsg()
            message.ParseFromString(data)
            self._take(message)

    def _take(self, message: ForwardMsg) -> None:
        kind = message.WhichOneof("type")
        if kind == "delta" and message.delta.HasField("new_element"):
            self.seen.elements += 1
            element = message.delta.new_element
            if element.HasField("exception"):
                self.seen.errors.append(f"{element.exception.type}: {element.exception.message}")
        elif kind == "auto_rerun":
            poll = message.auto_rerun
            if poll.fragment_id not in self._polls:
                self._polls[poll.fragment_id] = asyncio.create_task(self._poll(poll.fragment_id, poll.interval))
        elif kind == "stop_auto_rerun":
            for fragment in message.stop_auto_rerun.fragment_ids:
                if fragment in self._polls:
                    self._polls.pop(fragment).cancel()
        elif kind == "page_not_found":
            self.seen.errors.append(f"there is no page {self.page}")
        elif kind == "script_finished":
            if message.script_finished in ENDS:
                if message.script_finished != SUCCEEDED:
                    self.seen.errors.append("the script could not be compiled")
                self._ended.set()
            elif message.script_finished == ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY and self._asked:
                self.polled.append(time.perf_counter() - self._asked)
                self._asked = 0.0

    async def _poll(self, fragment: str, interval: float) -> None:
        while True:
            await asyncio.sleep(interval)
            self._asked = time.perf_counter()
            await self._rerun(fragment)

    def _stop_polling(self) -> None:
        for poll in self._polls.values():
            poll.cancel()
        self._polls.clear()
