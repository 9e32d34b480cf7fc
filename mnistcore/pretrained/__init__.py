"""The trained networks that ship with the program: archives of runs, for stores that have never had a run."""

import json
from pathlib import Path
from typing import Any

from sqlalchemy.exc import IntegrityError

from mnistcore.runs import RunStore
from mnistcore.runs.archive import store_packed, unpack_run
from mnistcore.runs.records import FILM_IDS, SHIPPED_ID

ARCHIVE = Path(__file__).parent / "network.zip"
SHEET = ARCHIVE.with_suffix(".json")
NAME = "Shipped with MNIST Explorer"
FILMS = (ARCHIVE.with_name("dense-film.zip"), ARCHIVE.with_name("convolution-film.zip"))  # whole trainings


def import_pretrained(store: RunStore) -> str | None:
    """Put the shipped networks into a store that has never had a run, and return the best one's id; None if there is
    no need.

    A store remembers that it had them: once deleted, they do not come back. RunError if an archive is damaged.
    """
    if not ARCHIVE.is_file() or store.runs(limit=1, include_deleted=True):
        return None
    packed = [(unpack_run(path.read_bytes()), run_id) for path, run_id in zip(FILMS, FILM_IDS, strict=True)]
    packed.append((unpack_run(ARCHIVE.read_bytes()), SHIPPED_ID))  # last, as the newest
    try:
        return [store_packed(store.database, one, run_id) for one, run_id in packed][-1]
    except IntegrityError:  # another server with the same store was faster
        return None


def pretrained_sheet() -> dict[str, Any]:
    """What the shipped network is: recipe, settings, seed, accuracies, size, when and where it was trained."""
    found: dict[str, Any] = json.loads(SHEET.read_text(encoding="utf-8"))
    return found
