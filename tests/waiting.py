"""Waiting for what other processes and threads bring about: for the event, however long a busy machine takes."""

import inspect
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_for(condition: Callable[[], T], seconds: float = 120.0) -> T:
    """Ask until the answer is true, and return it; what has not come by then will not come."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds:g} s: {inspect.getsource(condition).strip()}")
        time.sleep(0.02)
    return found
