"""The database of the run store: its address, its tables, and how it is read and written."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, select, update
from sqlalchemy.exc import ArgumentError, IntegrityError, NoSuchModuleError, ProgrammingError

from mnistcore.data.home import data_home
from mnistcore.runs.class_tables import Base  # all tables, those of a class too
from mnistcore.runs.outages import StoreUnavailableError, describe, noticed
from mnistcore.runs.tables import SCHEMA_VERSION, MetricRow, RunRow, SchemaRow

STORE_VARIABLE = "MNIST_EXPLORER_STORE"
BUSY_SECONDS = 10  # how long SQLite waits for another's lock
CONNECT_SECONDS = 10
# 1 had no analyses, 2 no experiments, 3 no tags, notes or recipes, 4 no health, 5 no weights to start from, 6 no class,
# 7 no speed of a run, 8 no drawings.
OLDER_VERSIONS = (1, 2, 3, 4, 5, 6, 7, 8, 9)


def default_store_url() -> str:
    """``MNIST_EXPLORER_STORE`` if it is set, else ``runs.db`` in the user's data folder."""
    if given := os.environ.get(STORE_VARIABLE):
        return given
    try:
        return f"sqlite:///{data_home() / 'runs.db'}"
    except OSError as error:
        reason = f"the data folder {error.filename} cannot be used: {error.strerror}"
        raise StoreUnavailableError(f"{reason}; make it writable, or set MNIST_EXPLORER_HOME to another") from error


def resolve_url(url: str | None) -> URL:
    """The store's address with an absolute path, so that worker processes mean the same file.

    Raises StoreUnavailableError for an address that cannot be one, and for SQLite in memory, which workers cannot see.
    """
    text = url or default_store_url()
    try:
        parsed = make_url(text)
    except ArgumentError as error:
        message = f"the run store's address is not a database URL: {text!r}; write it like sqlite:////home/me/runs.db"
        raise StoreUnavailableError(message) from error
    if parsed.get_backend_name() != "sqlite":
        return parsed
    if not parsed.database or parsed.database == ":memory:":
        raise StoreUnavailableError(
            f"the run store cannot be in memory ({text!r}): worker processes must reach it; name a file"
        )
    return parsed.set(database=str(Path(parsed.database).expanduser().resolve()))


def open_database(url: URL) -> Engine:
    """Connect, and create or check the tables. Raises StoreUnavailableError; never deletes anything."""
    try:
        engine = create_engine(url, **_engine_options(url))
    except (ImportError, NoSuchModuleError) as error:
        message = (
            f"no driver for the run store {describe(url)} ({error}); for PostgreSQL: pip install 'psycopg[binary]'"
        )
        raise StoreUnavailableError(f"{message} and an address that starts with postgresql+psycopg://") from error
    if url.get_backend_name() == "sqlite":
        with noticed(engine, writes=False):
            Path(str(url.database)).parent.mkdir(parents=True, exist_ok=True)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    try:
        _prepare_tables(engine)
    except (IntegrityError, ProgrammingError):
        _prepare_tables(engine)  # another process created them at the same moment
    except BaseException:
        engine.dispose()
        raise
    return engine


def _engine_options(url: URL) -> dict[str, Any]:
    if url.get_backend_name() == "sqlite":
        return {"connect_args": {"timeout": BUSY_SECONDS}}
    arguments = {"connect_timeout": CONNECT_SECONDS} if url.get_backend_name() == "postgresql" else {}
    return {"pool_pre_ping": True, "connect_args": arguments}


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions are begun by _begin_sqlite, not by the driver's guess
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: Connection) -> None:
    # A writer takes the lock at once: a reader that turns writer would fail without waiting if another wrote since.
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _prepare_tables(engine: Engine) -> None:
    """Writes only if something is to be done: a store that is locked can be opened, and read."""
    with reading(engine) as connection:
        if SchemaRow.__tablename__ in inspect(connection).get_table_names():
            version = connection.execute(select(SchemaRow.version)).scalar()
            if version == SCHEMA_VERSION:
                return
    with writing(engine) as connection:
        names = set(inspect(connection).get_table_names())
        if SchemaRow.__tablename__ in names:
            version = connection.execute(select(SchemaRow.version)).scalar()
            if version in OLDER_VERSIONS:
                _upgrade(connection)
                version = SCHEMA_VERSION
            _check_version(version, describe(engine.url))
        elif "runs" in names:
            raise StoreUnavailableError(
                f"{describe(engine.url)} holds another program's tables; set {STORE_VARIABLE} to another file"
            )
        else:
            Base.metadata.create_all(connection)
            connection.execute(SchemaRow.__table__.insert().values(version=SCHEMA_VERSION))  # type: ignore[attr-defined]


def _upgrade(connection: Connection) -> None:
    """What a newer version has more of: tables, columns (all of them may be empty) and indexes."""
    for table in (RunRow.__table__, MetricRow.__table__):
        present = {column["name"] for column in inspect(connection).get_columns(table.name)}  # type: ignore[attr-defined]
        for column in table.columns:
            if column.name not in present:
                kind = column.type.compile(connection.dialect)
                connection.exec_driver_sql(f"ALTER TABLE {table.name} ADD COLUMN {column.name} {kind}")  # type: ignore[attr-defined]
    Base.metadata.create_all(connection)
    for index in RunRow.__table__.indexes:  # type: ignore[attr-defined]
        index.create(connection, checkfirst=True)
    connection.execute(update(SchemaRow).values(version=SCHEMA_VERSION))


def _check_version(version: int | None, where: str) -> None:
    if version != SCHEMA_VERSION:
        raise StoreUnavailableError(
            f"the run store {where} has schema version {version}, this program knows {SCHEMA_VERSION}: "
            f"update MNIST Explorer, or set {STORE_VARIABLE} to another file"
        )


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection that sees one state of the database; its errors come as StoreUnavailableError."""
    with noticed(engine, writes=False), engine.connect() as connection, connection.begin():
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction: all of it is stored, or nothing."""
    with noticed(engine, writes=True), engine.connect() as connection:
        connection = connection.execution_options(writes=True)
        with connection.begin():
            yield connection


def probe(engine: Engine) -> None:
    """Read and write without a change: StoreUnavailableError while either cannot be done."""
    with reading(engine) as connection:
        version = connection.execute(select(SchemaRow.version)).scalar()
    with writing(engine) as connection:
        connection.execute(update(SchemaRow).values(version=version))
