"""Pages are tested without worker processes: what is submitted stays queued, and commands are noted down."""

import functools
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from streamlit.components.v2 import manifest_scanner

import mnistcore.pretrained
import mnistcore.runs
import ui.frame.session
from mnistcore.data import catalog
from mnistcore.runs import RunStore, analyses
from mnistcore.training import TrainingConfig


class StillEngine:
    """Takes runs and commands as the engine does, and works on nothing."""

    ready = True
    workers = 2
    error: str | None = None

    def __init__(self, store: RunStore, **_: object) -> None:
        self.store = store
        self.commands: list[tuple[object, ...]] = []

    def submit(
        self,
        config: TrainingConfig,
        dataset: str = "mnist",
        recipe: str | None = None,
        name: str | None = None,
        **paced: Any,
    ) -> str:
        return self.store.create_run(config, dataset, recipe=recipe, name=name, **paced)

    def race(self, entries: Sequence[Any], dataset: str = "mnist", speed: float | None = None) -> list[str]:
        paced: dict[str, Any] = {"speed": speed, "hold_at": 0}
        return [self.store.create_run(config, dataset, name=name, **paced) for config, name in entries]

    def hold_together(self, run_ids: Sequence[str]) -> None:
        self.commands.append(("hold", *run_ids))

    def release_together(self, run_ids: Sequence[str]) -> None:
        self.commands.append(("release", *run_ids))

    def look_now(self) -> None:
        self.commands.append(("look_now",))

    def analyse(self, kind: str, arguments: dict[str, Any]) -> str:
        return analyses.queue(self.store.database, kind, arguments)[0]

    def cancel_analysis(self, key: str) -> None:
        analyses.cancel(self.store.database, key)

    def pause(self, run_id: str) -> None:
        self.commands.append(("pause", run_id))

    def resume(self, run_id: str) -> None:
        self.commands.append(("resume", run_id))

    def stop(self, run_id: str) -> None:
        self.commands.append(("stop", run_id))

    def set_learning_rate(self, run_id: str, value: float) -> None:
        self.commands.append(("set_learning_rate", run_id, value))

    def set_speed(self, run_id: str, speed: float | None) -> None:
        self.commands.append(("set_speed", run_id, speed))

    def advance(self, run_id: str, how: str) -> None:
        self.commands.append((how, run_id))

    def close(self) -> None:
        """The server of another test stops all the engines of this process."""


@pytest.fixture(scope="session", autouse=True)
def one_look_at_the_packages() -> Iterator[None]:
    """Streamlit asks every installed package whether it has components, 0.2 s for each page: here once for all."""
    with pytest.MonkeyPatch.context() as patch:
        found = functools.cache(manifest_scanner.scan_component_manifests)
        patch.setattr(manifest_scanner, "scan_component_manifests", found)
        yield


@pytest.fixture(autouse=True)
def still_engine(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No page test starts workers, opens data sets in the background or finds the network that ships."""
    monkeypatch.setattr(mnistcore.runs, "Engine", StillEngine)
    monkeypatch.setattr(ui.frame.session, "prepare_data", threading.Thread)
    monkeypatch.setattr(mnistcore.pretrained, "import_pretrained", lambda store: None)


@pytest.fixture
def store(own_home: Path) -> RunStore:
    return RunStore()


@pytest.fixture
def without_mnist(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that has no MNIST."""
    monkeypatch.delenv("MNIST_EXPLORER_DATA", raising=False)


@pytest.fixture
def few_generated_digits(without_mnist: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages open the default data set: a small one, without MNIST."""
    generated = catalog.generated_dataset
    monkeypatch.setattr(catalog, "generated_dataset", lambda **sizes: generated(train_size=300, test_size=100))
