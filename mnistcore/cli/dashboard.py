"""`app`: the dashboard, opened from wherever this package lies."""

import os
import runpy
import socket
import sys
from pathlib import Path
from typing import Annotated

import typer

from mnistcore.errors import ConfigError

PACKAGE = Path(__file__).parents[1]
PLACES = (PACKAGE / "dashboard", PACKAGE.parent)  # where app.py lies: in an installed package, in a checkout


def dashboard(
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="The port to listen on; by default 8501 or the next free one.")
    ] = None,
    headless: Annotated[bool, typer.Option("--headless", help="Open no browser.")] = False,
) -> None:
    """Open the dashboard in the browser; Ctrl-C ends it.

    Streamlit's own environment variables set everything else, for example STREAMLIT_SERVER_ADDRESS.
    """
    options = ["--server.headless", "true"] if headless else []
    if port is not None:
        _check_port(port)
        options += ["--server.port", str(port)]
    # As `python -m streamlit run`, but in this process: that one would look for packages in the current folder first,
    # and might find another checkout of them there. Settings come from .streamlit/config.toml beside app.py.
    sys.argv = ["streamlit", "run", str(find_app()), *options]
    runpy.run_module("streamlit", run_name="__main__")


def find_app() -> Path:
    """The app.py that belongs to this very package."""
    for place in PLACES:
        if (place / "app.py").is_file():
            return place / "app.py"
    raise ConfigError(f"the dashboard is not in {' or '.join(map(str, PLACES))}: install MNIST Explorer again")


def _check_port(port: int) -> None:
    """ConfigError if nobody can listen on it; Streamlit would say so only in its log."""
    try:
        socket.create_server(("localhost", port)).close()
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise ConfigError(f"--port {port} cannot be used ({reason}): choose another one") from None
