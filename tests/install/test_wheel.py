"""The program as `pip install` leaves it: all of it, under names of its own, and at home in any folder.

It is built from a copy of the checkout that is then deleted, so that whatever still reads from there fails. It runs in
a folder that holds other packages of the same names and other settings of Streamlit, which it must not touch.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib.metadata import Distribution, distributions
from pathlib import Path

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect

import mnistcore
from mnistcore.cli.data import save_dataset
from mnistcore.data import generated_dataset
from mnistcore.runs import RunStore, lifecycle
from mnistcore.training import RECIPES, recipe
from tests.waiting import wait_for

ROOT = Path(__file__).parents[2]
DECOY = 'raise ImportError("this is the current folder, not the installed package")\n'
OTHER_SETTINGS = '[server]\naddress = "0.0.0.0"\n[browser]\ngatherUsageStats = true\n[theme]\nfont = "monospace"\n'
SMALL = {"epochs": 1, "validation_size": 100}


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with the program installed; everything else in it is that of the running one."""
    place = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", place], check=True, timeout=60)
    (site,) = place.glob("[Ll]ib/**/site-packages")
    (site / "of_the_tests.pth").write_text(sysconfig.get_path("purelib"))
    copy = tmp_path_factory.mktemp("copy") / "checkout"
    shutil.copytree(ROOT, copy, ignore=_hidden)
    command = [sys.executable, "-m", "pip", "--python", place, "--quiet", "--disable-pip-version-check", "install"]
    command += ["--no-build-isolation", "--no-index", "--no-deps", "--no-compile", copy]
    installed = subprocess.run(command, capture_output=True, text=True, timeout=100)
    assert installed.returncode == 0, installed.stderr
    shutil.rmtree(copy)
    return place


def _hidden(_folder: str, names: list[str]) -> set[str]:
    return {name for name in names if name.startswith(".") and name not in (".streamlit", ".gitignore")}


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A working folder full of traps."""
    folder = tmp_path_factory.mktemp("elsewhere")
    for name in ("mnistcore/__init__.py", "ui/__init__.py", "pages/perceptrons.py", "app.py", "streamlit.py"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(DECOY)
    (folder / ".streamlit").mkdir()
    (folder / ".streamlit" / "config.toml").write_text(OTHER_SETTINGS)
    return folder


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A few generated digits in the place of MNIST: nothing is fetched, and what opens them is soon ready."""
    folder = tmp_path_factory.mktemp("digits")
    save_dataset(folder, generated_dataset(train_size=600, test_size=100, seed=0))
    return folder


@pytest.fixture
def start(environment: Path, elsewhere: Path, digits: Path) -> Callable[..., "subprocess.Popen[str]"]:
    """Start the installed command in the other folder."""
    variables = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    variables["MNIST_EXPLORER_DATA"] = str(digits)
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "start_new_session": True}

    def run(*arguments: str) -> "subprocess.Popen[str]":
        (command,) = environment.glob("*/mnist-explorer*")
        return subprocess.Popen([command, *arguments], cwd=elsewhere, env=variables, **pipes)

    return run


@pytest.fixture
def call(start: Callable[..., "subprocess.Popen[str]"]) -> Callable[..., str]:
    """Run the installed command to its end, and return what it prints."""

    def run(*arguments: str) -> str:
        process = start(*arguments)
        printed, _ = process.communicate(timeout=60)
        assert process.returncode == 0, printed
        return printed

    return run


def files_of(folder: Path) -> set[str]:
    """All files of a tree but compiled ones, relative to it."""
    files = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return {path.as_posix() for path in files if "__pycache__" not in path.parts}


def installed(environment: Path) -> Distribution:
    (site,) = environment.glob("[Ll]ib/**/site-packages")
    (found,) = distributions(name="mnist-explorer", path=[str(site)])
    return found


def test_every_file_is_there_and_none_at_the_top(environment: Path) -> None:
    distribution = installed(environment)
    paths = {path.as_posix() for path in distribution.files or ()}
    package = {path.removeprefix("mnistcore/") for path in paths if path.startswith("mnistcore/")}
    dashboard = {path.removeprefix("dashboard/") for path in package if path.startswith("dashboard/")}
    trees = {f"{tree}/{path}" for tree in ("pages", "ui", "lessons", ".streamlit") for path in files_of(ROOT / tree)}
    assert dashboard == {"app.py"} | trees
    assert {path for path in package if not path.startswith("dashboard/")} == files_of(ROOT / "mnistcore")
    others = {path.split("/")[0] for path in paths} - {
        "mnistcore",
        "..",
        f"mnist_explorer-{mnistcore.__version__}.dist-info",
    }
    assert not others


def test_the_requirements_are_those_of_the_checkout(environment: Path) -> None:
    lines = (line.partition("#")[0] for line in (ROOT / "requirements.txt").read_text().splitlines())
    wanted = {line.strip().partition(">")[0] for line in lines if line.strip()}
    required = [line for line in installed(environment).requires or () if "extra ==" not in line]
    assert {requirement.partition("<")[0] for requirement in required} == wanted


def test_the_command_works_anywhere(call: Callable[..., str]) -> None:
    assert {entry["name"] for entry in json.loads(call("recipes", "--json"))["recipes"]} == set(RECIPES)


def test_training_anywhere(call: Callable[..., str]) -> None:
    settings = [part for key, value in SMALL.items() for part in ("--set", f"{key}={value}")]
    result = json.loads(call("train", "--recipe", "first-network", *settings, "--json"))
    assert (result["status"], result["steps"]) == ("finished", 8)


@pytest.fixture
def port() -> int:
    """A port that is free."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def server(start: Callable[..., "subprocess.Popen[str]"], port: int) -> "Iterator[subprocess.Popen[str]]":
    """The installed dashboard, once it listens."""
    process = start("app", "--headless", "--port", str(port))
    try:
        wait_for(lambda: is_open("127.0.0.1", port) or process.poll() is not None)
        assert process.poll() is None, process.communicate()
        yield process
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=10)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def is_open(host: str, port: int) -> bool:
    with suppress(OSError), socket.create_connection((host, port), timeout=5):
        return True
    return False


def open_page(port: int, name: str) -> list[ForwardMsg]:
    """What a browser is told that opens this address, until the page is complete."""
    request, told = BackMsg(), []
    request.rerun_script.page_name = name
    deadline = time.monotonic() + 60
    with connect(f"ws://localhost:{port}/_stcore/stream", max_size=None) as socket:
        socket.send(request.SerializeToString())
        while not told or told[-1].WhichOneof("type") != "script_finished":
            told.append(ForwardMsg.FromString(socket.recv(timeout=deadline - time.monotonic())))
    return told


def test_the_dashboard_works_anywhere(server: "subprocess.Popen[str]", port: int, own_home: Path) -> None:
    store = RunStore(f"sqlite:///{own_home / 'runs.db'}")
    config = recipe("first-network").config.overridden(SMALL)
    run_id = store.create_run(config, owner="nobody")
    lifecycle.release(store.database, ["nobody"])  # for the dashboard to take over
    told = open_page(port, "perceptrons")
    page = "".join(str(message.delta) for message in told)
    assert "exception" not in {message.delta.new_element.WhichOneof("type") for message in told}
    assert "Ten perceptrons" in page
    assert "mnistcore/nn/losses.py" in page  # the code beside an equation

    session = next(message.new_session for message in told if message.HasField("new_session"))
    assert not session.config.gather_usage_stats
    assert session.custom_theme.heading_font == "serif"
    assert not is_open("127.0.0.2", port), "it listens on more than localhost"

    wait_for(lambda: store.run(run_id).status in ("finished", "failed"))
    run = store.run(run_id)
    assert (run.status, run.step) == ("finished", 8), run.message
