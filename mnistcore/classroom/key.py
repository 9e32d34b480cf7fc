"""How a server is in class mode: the address that phones open, and the key that the teacher's pages need."""

import contextlib
import hmac
import os
import re
import secrets
import time
from hashlib import sha256
from pathlib import Path

from mnistcore.data.home import data_home

ADDRESS_VARIABLE = "MNIST_EXPLORER_CLASS"  # set by the command `class`: the address of this server in the network
KEY_FILE = "class-key"
KEY = re.compile(r"[\w-]{22}", re.ASCII)
DAY = 24 * 3600.0  # seconds that a key, and all that a class has sent, is kept


def class_address() -> str | None:
    """Where phones find this server, as `http://192.168.1.20:8501`; None unless it was started for a class."""
    return os.environ.get(ADDRESS_VARIABLE, "").rstrip("/") or None


def teacher_key() -> str:
    """The teacher's key: 128 random bits in 22 characters.

    It lies in the data folder, readable to its owner alone, for a day: a server that is started again in mid-lesson
    has the same one, and the teacher's pages go on.
    """
    path = data_home() / KEY_FILE
    with contextlib.suppress(OSError):
        if time.time() - path.stat().st_mtime < DAY and KEY.fullmatch(kept := path.read_text("ascii", "replace")):
            return kept
    key = secrets.token_urlsafe(16)
    _write(path, key)
    return key


def _write(path: Path, key: str) -> None:
    new = path.with_name(f"{KEY_FILE}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(key)
    os.replace(new, path)


def pass_of(key: str) -> str:
    """What a teacher's browser holds in place of the key: it cannot be turned back into it."""
    return hmac.new(key.encode(), b"teacher", sha256).hexdigest()
