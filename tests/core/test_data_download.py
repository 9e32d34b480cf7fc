"""Downloading MNIST from a server on this machine that works, stalls, drips, lies, truncates and answers 404."""

import gzip
import hashlib
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from mnistcore.data import Dataset, MnistDownload, find_mnist, load_mnist, mnist_download, save_idx
from mnistcore.data.mnist import MNIST_FILES, MnistFile
from tests.waiting import wait_for

PATIENCE = 60.0  # seconds for what needs none on a quiet machine


class Mirror:
    """A server whose behaviour per address is a name: whole, plain, 404, lies, truncates, stalls, drips."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.requests: list[str] = []
        self.release = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.answer(self)

            def log_message(self, *args: object) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def url(self, behaviour: str) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/{behaviour}/"

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        _, behaviour, name = handler.path.split("/")
        self.requests.append(handler.path)
        content = (self.folder / name).read_bytes()
        if behaviour == "404":
            handler.send_error(404)
            return
        if behaviour == "plain":
            content = gzip.decompress(content)
        if behaviour == "lies":
            content = gzip.compress(b"not these digits" * 100)
        if behaviour == "html":
            content = b"<html>please log in</html>"
        if behaviour == "cuts":
            content = content[:-100]
        if behaviour == "stalls-before":
            self.release.wait(PATIENCE)
            return
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        try:
            self.send(handler, behaviour, content)
        except OSError:
            return  # the client went away, as it should

    def send(self, handler: BaseHTTPRequestHandler, behaviour: str, content: bytes) -> None:
        if behaviour == "truncates":
            handler.wfile.write(content[: len(content) // 2])
        elif behaviour == "stalls":
            handler.wfile.write(content[: len(content) // 2])
            self.release.wait(PATIENCE)
        elif behaviour == "drips":
            for position in range(len(content)):
                handler.wfile.write(content[position : position + 1])
                if self.release.wait(0.02):
                    return
        elif behaviour == "slow":
            middle = len(content) // 2
            handler.wfile.write(content[:middle])
            self.release.wait(PATIENCE)
            handler.wfile.write(content[middle:])
        else:
            handler.wfile.write(content)

    def close(self) -> None:
        self.release.set()
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture(autouse=True)
def loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Four small files named like MNIST's."""
    folder = tmp_path / "source"
    rng = np.random.default_rng(0)
    for file, count in zip(MNIST_FILES, (60, 60, 20, 20), strict=True):
        shape = (count, 28, 28) if "idx3" in file.name else (count,)
        high = 256 if "idx3" in file.name else 10
        save_idx(folder / file.name, rng.integers(0, high, shape, dtype=np.uint8))
    return folder


@pytest.fixture
def files(source: Path) -> tuple[MnistFile, ...]:
    return tuple(described(source / file.name) for file in MNIST_FILES)


@pytest.fixture
def mirror(source: Path) -> Iterator[Mirror]:
    running = Mirror(source)
    yield running
    running.close()


def described(path: Path) -> MnistFile:
    content = gzip.decompress(path.read_bytes())
    return MnistFile(path.name, path.stat().st_size, len(content), hashlib.sha256(content).hexdigest())


def build(
    target: Path, mirror: Mirror, files: tuple[MnistFile, ...], *behaviours: str, read: float = PATIENCE
) -> MnistDownload:
    """A download from mirrors of these kinds; ``read``: the seconds without a byte after which it gives one up."""
    return MnistDownload(
        target,
        [mirror.url(behaviour) for behaviour in behaviours],
        files=files,
        connect_timeout=PATIENCE,
        read_timeout=read,
        stall_timeout=2 * read,
    )


def test_fetches_the_four_files(tmp_path: Path, mirror: Mirror, files: tuple[MnistFile, ...], source: Path) -> None:
    download = build(tmp_path / "target", mirror, files, "whole")
    assert download.status.state == "idle"
    assert download.start()
    status = download.wait(PATIENCE)
    assert status.state == "done"
    assert status.bytes_done == status.bytes_total == sum(file.compressed_bytes for file in files)
    assert status.share == 1.0
    assert str(tmp_path / "target") in status.message
    assert sorted(path.name for path in (tmp_path / "target").iterdir()) == sorted(file.name for file in files)
    assert load_mnist(tmp_path / "target").fingerprint == load_mnist(source).fingerprint


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        ("404", "answered 404"),
        ("lies", "has other content than train-images-idx3-ubyte.gz"),
        ("html", "has other content than train-images-idx3-ubyte.gz"),
        ("truncates", "broke off before the end"),
        ("cuts", "has damaged gzip data"),
        ("stalls", "sent nothing for 0.3 s"),
        ("stalls-before", "sent nothing for 0.3 s"),
        ("drips", "sent less than 16 KB in 0.6 s"),
    ],
)
def test_bad_mirror_is_left_for_the_next(
    tmp_path: Path, mirror: Mirror, files: tuple[MnistFile, ...], behaviour: str, reason: str
) -> None:
    falls_silent = behaviour in ("stalls", "stalls-before", "drips")
    alone = build(tmp_path / "alone", mirror, files, behaviour, read=0.3 if falls_silent else PATIENCE)
    alone.start()
    failed = alone.wait(PATIENCE)
    assert failed.state == "failed"
    assert reason in failed.message
    assert "try again" in failed.message
    assert "MNIST_EXPLORER_DATA" in failed.message

    # The good mirror must answer in this time even on a busy machine.
    followed = build(tmp_path / "followed", mirror, files, behaviour, "whole", read=0.8 if falls_silent else PATIENCE)
    followed.start()
    assert followed.wait(PATIENCE).state == "done"
    bad = [path for path in mirror.requests if path.startswith(f"/{behaviour}/")]
    assert len(bad) == 2, "a mirror that failed once is not asked first for the other files"
    assert not list(tmp_path.rglob("*.part")), "no partial file is left behind"


def test_unreachable_mirror(tmp_path: Path, files: tuple[MnistFile, ...], mirror: Mirror) -> None:
    download = MnistDownload(tmp_path, ["http://127.0.0.1:1/"], files=files)
    download.start()
    assert "127.0.0.1:1 could not be reached" in download.wait(PATIENCE).message


def test_retry_keeps_what_was_fetched(tmp_path: Path, mirror: Mirror, files: tuple[MnistFile, ...]) -> None:
    held_back = mirror.folder / files[3].name
    content = held_back.read_bytes()
    held_back.write_bytes(gzip.compress(b"changed"))
    download = build(tmp_path / "target", mirror, files, "whole")
    download.start()
    assert download.wait(PATIENCE).state == "failed"
    held_back.write_bytes(content)
    mirror.requests.clear()
    assert download.start()
    assert download.wait(PATIENCE).state == "done"
    assert mirror.requests == [f"/whole/{files[3].name}"]


def test_damaged_file_on_disk_is_fetched_again(tmp_path: Path, mirror: Mirror, files: tuple[MnistFile, ...]) -> None:
    download = build(tmp_path / "target", mirror, files, "whole")
    download.start()
    download.wait(PATIENCE)
    damaged = tmp_path / "target" / files[0].name
    damaged.write_bytes(damaged.read_bytes()[:-100])
    mirror.requests.clear()
    download.start()
    assert download.wait(PATIENCE).state == "done"
    assert mirror.requests == [f"/whole/{files[0].name}"]


def test_content_that_a_proxy_unpacked_is_kept_plain(
    tmp_path: Path, mirror: Mirror, files: tuple[MnistFile, ...]
) -> None:
    download = build(tmp_path / "target", mirror, files, "plain")
    download.start()
    assert download.wait(PATIENCE).state == "done"
    assert (tmp_path / "target" / "t10k-labels-idx1-ubyte").is_file()
    assert isinstance(load_mnist(tmp_path / "target"), Dataset)


def test_start_never_waits_and_runs_once(tmp_path: Path, mirror: Mirror, files: tuple[MnistFile, ...]) -> None:
    download = MnistDownload(tmp_path / "target", [mirror.url("slow")], files=files)
    starts = [download.start() for _ in range(5)]  # the mirror holds the rest back until it is told to go on
    assert starts == [True, False, False, False, False]
    wait_for(lambda: mirror.requests)
    status = download.status
    assert status.state == "downloading"
    assert "train-images-idx3-ubyte.gz from 127.0.0.1" in status.message
    mirror.release.set()
    assert download.wait(PATIENCE).state == "done"
    assert len(mirror.requests) == 4


def test_progress_moves_while_a_file_comes(tmp_path: Path, mirror: Mirror, files: tuple[MnistFile, ...]) -> None:
    download = MnistDownload(tmp_path / "target", [mirror.url("slow")], files=files)
    download.start()
    wait_for(lambda: 0 < download.status.bytes_done < files[0].compressed_bytes)
    assert 0 < download.status.share < 1
    mirror.release.set()
    assert download.wait(PATIENCE).state == "done"


def test_two_downloads_into_one_folder_both_succeed(
    tmp_path: Path, mirror: Mirror, files: tuple[MnistFile, ...]
) -> None:
    downloads = [build(tmp_path / "target", mirror, files, "whole") for _ in range(2)]
    for download in downloads:
        download.start()
    assert [download.wait(PATIENCE).state for download in downloads] == ["done", "done"]


def test_folder_that_cannot_be_made_is_a_message(tmp_path: Path, mirror: Mirror, files: tuple[MnistFile, ...]) -> None:
    (tmp_path / "file").write_text("in the way")
    download = build(tmp_path / "file" / "mnist", mirror, files, "whole")
    download.start()
    status = download.wait(PATIENCE)
    assert status.state == "failed"
    assert "cannot be stored" in status.message


def test_old_parts_are_removed(tmp_path: Path, mirror: Mirror, files: tuple[MnistFile, ...]) -> None:
    old, fresh = tmp_path / ".a.gz.1.part", tmp_path / ".a.gz.2.part"
    for path in (old, fresh):
        path.write_bytes(b"half")
    os.utime(old, (1_000_000, 1_000_000))
    download = build(tmp_path, mirror, files, "whole")
    download.start()
    download.wait(PATIENCE)
    assert not old.exists()
    assert fresh.exists()


def test_mirrors_come_from_the_environment(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNIST_EXPLORER_MIRRORS", "http://127.0.0.1:1/a/ http://127.0.0.1:1/b/")
    assert MnistDownload().mirrors == ("http://127.0.0.1:1/a/", "http://127.0.0.1:1/b/")
    shared = mnist_download()
    assert shared is mnist_download()
    assert shared.folder == own_home.resolve() / "mnist"
    monkeypatch.delenv("MNIST_EXPLORER_MIRRORS")
    assert len(MnistDownload().mirrors) == 3
    assert mnist_download() is not shared


@pytest.mark.mnist
def test_real_mnist_comes_through(mnist: Dataset, own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = find_mnist()
    assert folder is not None
    monkeypatch.delenv("MNIST_EXPLORER_DATA")
    assert find_mnist() is None
    server = Mirror(folder)
    monkeypatch.setenv("MNIST_EXPLORER_MIRRORS", server.url("whole"))
    download = mnist_download()
    download.start()
    status = download.wait(PATIENCE)
    server.close()
    assert status.state == "done"
    assert find_mnist() == own_home.resolve() / "mnist"
    assert load_mnist().fingerprint == mnist.fingerprint
