"""The trained network that ships with the program: a run's archive, for stores that have never had a run."""

import json
from pathlib import Path
from typing import Any

from sqlalchemy.exc import IntegrityError

from mnistcore.runs import RunStore
from mnistcore.runs.archive import store_packed, unpack_run
from mnistcore.runs.records import SHIPPED_ID

ARCHIVE = Path(__file__).parent / "network.zip"
SHEET = ARCHIVE.with_suffix(".json")
NAME = "Shipped with MNIST Explorer"


def import_pretrained(store: RunStore) -> str | None:
    """Put the shipped network into a store that has never had a run, and return its run's id; None if there is no need.

    A store remembers that it had it: once deleted, it does not come back. RunError if the archive is damaged.
    """
    if not ARCHIVE.is_file() or store.runs(limit=1, include_deleted=True):
        return None
    try:
        return store_packed(store.database, unpack_run(ARCHIVE.read_bytes()), SHIPPED_ID)
    except IntegrityError:  # another server with the same store was faster
        return None


def pretrained_sheet() -> dict[str, Any]:
    """What the shipped network is: recipe, settings, seed, accuracies, size, when and where it was trained."""
    found: dict[str, Any] = json.loads(SHEET.read_text(encoding="utf-8"))
    return found
