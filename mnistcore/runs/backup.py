"""A copy of a run store that is whole, although others write to the store at the same time."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import Engine

from mnistcore.data.home import part_beside
from mnistcore.errors import RunError


def back_up_store(database: Engine, target: Path) -> Path:
    """Write the store's database to the file ``target``, as it is at one moment, and return its absolute path.

    RunError for a file that exists, and for another database than SQLite, which has a tool of its own.
    """
    if database.dialect.name != "sqlite":
        raise RunError("only a store in SQLite is backed up like this: for PostgreSQL, use pg_dump")
    target = target.expanduser().resolve()
    if target.exists():
        raise RunError(f"{target} already exists: name a file that does not")
    part = part_beside(target)
    try:
        with (
            closing(sqlite3.connect(f"{Path(str(database.url.database)).as_uri()}?mode=ro", uri=True)) as source,
            closing(sqlite3.connect(part)) as copy,
        ):
            source.backup(copy)
        os.replace(part, target)
    except sqlite3.Error as error:
        raise RunError(f"the store could not be copied ({error}): nothing was written to {target}") from error
    finally:
        part.unlink(missing_ok=True)
    return target
