"""`class`: the dashboard for a class, which phones in the local network can join."""

import os
import re
import runpy
import socket
import sys
from typing import Annotated

import typer

from mnistcore.cli.dashboard import find_app
from mnistcore.errors import ConfigError

FIRST_PORT, PORTS = 8501, 100
HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")


def classroom(
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="The port to listen on; by default 8501 or the next free one.")
    ] = None,
    address: Annotated[
        str | None,
        typer.Option(
            help="This machine's name or address in the local network, if another one was found than phones use."
        ),
    ] = None,
) -> None:
    """Open the dashboard for a class: it listens on the local network, and phones can join it; Ctrl-C ends it.

    Phones reach one page; everything else needs the key that is printed here.
    """
    from mnistcore.classroom.key import ADDRESS_VARIABLE, teacher_key

    host, port = _checked_host(address) if address else _own_address(), _free_port(port)
    os.environ[ADDRESS_VARIABLE] = f"http://{host}:{port}"
    _tell(host, port, teacher_key())
    # `serverAddress` keeps Streamlit from asking a server in the internet for this machine's address.
    options = {"server.address": "0.0.0.0", "server.port": str(port), "server.headless": "true"}
    options["browser.serverAddress"] = host
    sys.argv = ["streamlit", "run", str(find_app()), *(f"--{name}={value}" for name, value in options.items())]
    runpy.run_module("streamlit", run_name="__main__")


def _tell(host: str, port: int, key: str) -> None:
    """The key stands here, and nowhere else."""
    lines = (
        "This machine now listens on the local network: everybody in it can reach the page where phones join.",
        f"  The class:   http://{host}:{port}/join   with the code that the teacher's page shows",
        f"  The teacher: http://localhost:{port}/class?key={key}",
        "The key opens everything: do not show it to the class. Ctrl-C ends the class's access.",
    )
    print("\n".join(lines), flush=True)


def _own_address() -> str:
    """The address by which others in the network reach this machine; nothing is sent to find it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # set aside for documentation: it stands for "somewhere else"
            return str(probe.getsockname()[0])
        except OSError:
            raise ConfigError(
                "this machine is in no network that phones could reach: connect it, or name its address with --address"
            ) from None


def _checked_host(address: str) -> str:
    if not HOST.fullmatch(address):
        raise ConfigError(f"--address {address[:60]!r} is no name or IPv4 address: write it like 192.168.1.20")
    return address


def _free_port(port: int | None) -> int:
    """The port, or the first free one from 8501 on; ConfigError if it is taken."""
    for candidate in [port] if port else range(FIRST_PORT, FIRST_PORT + PORTS):
        try:
            socket.create_server(("0.0.0.0", candidate)).close()
        except OSError as error:
            reason = os.strerror(error.errno) if error.errno else str(error)
            continue
        return candidate
    what = f"--port {port}" if port else f"none of the ports {FIRST_PORT} to {FIRST_PORT + PORTS - 1}"
    raise ConfigError(f"{what} can{'not' if port else ''} be used ({reason}): choose another one")
