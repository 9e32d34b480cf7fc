"""What the tests of the core share."""

import pytest


@pytest.fixture
def reports_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Training yields a Progress after every step, and after every piece of a large one."""
    monkeypatch.setattr("mnistcore.training.loop.REPORT_SECONDS", 0.0)
