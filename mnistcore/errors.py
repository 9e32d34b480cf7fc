"""Errors that the user can fix: each message names the thing, the value found and the remedy."""

import signal


class ExplorerError(ValueError):
    """Something the user gave cannot be used; ``str(error)`` is written for the user."""


class DataError(ExplorerError):
    """A file, picture or data set cannot be used."""


class ConfigError(ExplorerError):
    """A setting of a network or a training run cannot be used."""


class RunError(ExplorerError):
    """A stored run is unknown, or not in a state that allows what was asked."""


def describe_exit(code: int) -> str:
    """How a process ended, by the exit code that its parent was given: `signal 9 (SIGKILL)` or `exit code 1`."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"signal {-code} ({signal.Signals(-code).name})"
    except ValueError:
        return f"signal {-code}"


def describe_error(error: BaseException) -> str:
    """An exception's type and text, as in `ValueError: no such step`."""
    return f"{type(error).__name__}: {error}".rstrip(": ")
