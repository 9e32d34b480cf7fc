"""A store that can be read, but not written to, and one that cannot even be opened: what every page then says."""

import sqlite3
from pathlib import Path

import pytest

from mnistcore.runs import RunStore, StoreUnavailableError, database
from tests.app.fragments import run_fragment
from tests.app.pages import app_at

pytestmark = pytest.mark.usefixtures("few_generated_digits")


def test_while_nothing_can_be_stored_a_page_is_there_and_says_so(
    own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.05)
    store = RunStore()
    other = sqlite3.connect(own_home / "runs.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StoreUnavailableError):
        store.purge_deleted()
    page = app_at("runs").run()
    (warning,) = page.warning
    assert "cannot be used, since" in warning.value
    assert "(database is locked): end the other program that holds it locked. Nothing was deleted" in warning.value
    assert page.title[0].value == "Runs"
    other.execute("ROLLBACK")
    other.close()
    database.probe(store.database)  # as the engine does
    run_fragment(page)
    assert page.title[0].value == "Runs"
    assert not page.warning


def test_a_store_that_cannot_be_opened_is_opened_as_soon_as_it_can_be(own_home: Path) -> None:
    path = own_home / "runs.db"
    path.write_bytes(b"this is no database" * 1000)
    page = app_at("runs").run()
    assert not page.exception
    (error,) = page.error
    assert "runs.db cannot be used, since" in error.value
    assert "move the file away to start afresh" in error.value
    path.unlink()
    run_fragment(page)
    assert page.title[0].value == "Runs"
    assert not page.error
