"""The engine: what pages and programs ask of runs and analyses in progress."""

import os
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from mnistcore.errors import ConfigError, ExplorerError, RunError
from mnistcore.runs import analyses, lifecycle
from mnistcore.runs.cluster import MAX_WORKERS
from mnistcore.runs.dispatch import Coordinate, Dispatcher
from mnistcore.runs.pacing import GO_ON, ONE_BATCH, checked_speed
from mnistcore.runs.racing import MOST
from mnistcore.runs.store import RunStore
from mnistcore.training.config import TrainingConfig


class Engine:
    """Works off the runs of a store, on a local cluster or on the one that ``DASK_SCHEDULER_ADDRESS`` names.

    The cluster starts in the background: ``submit`` may be called at once, ``ready`` says when work can begin, and
    ``error`` why it cannot. With ``auto_resume`` runs that lost their server or worker go on by themselves, else they
    are marked interrupted. Several engines may share one store. Close it, or use it in a with block.
    """

    def __init__(
        self,
        store: RunStore,
        workers: int | None = None,
        auto_resume: bool = True,
        coordinate: Coordinate | None = None,
    ) -> None:
        self.store = store
        self._dispatcher = Dispatcher(store, workers or min(os.cpu_count() or 1, MAX_WORKERS), auto_resume, coordinate)

    def __repr__(self) -> str:
        place = self._dispatcher.address or f"{self._dispatcher.workers} local workers"
        return f"Engine({place}, {'ready' if self.ready else self.error or 'starting'})"

    def __enter__(self) -> "Engine":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def ready(self) -> bool:
        """Whether workers can be given work."""
        return self._dispatcher.is_ready.is_set()

    @property
    def workers(self) -> int:
        """How many runs can be worked on at the same time."""
        return self._dispatcher.slots

    @property
    def error(self) -> str | None:
        """Why work cannot begin, if so."""
        return self._dispatcher.error

    def wait_until_ready(self, seconds: float = 30.0) -> bool:
        """Wait for the cluster to start; False if it has not by then."""
        return self._dispatcher.is_ready.wait(seconds)

    def submit(
        self,
        config: TrainingConfig,
        dataset: str = "mnist",
        recipe: str | None = None,
        name: str | None = None,
        speed: float | None = None,
        hold_at: int | None = None,
    ) -> str:
        """Store a run and queue it; returns its id at once. ``speed`` and ``hold_at`` as in RunStore.create_run."""
        owner = lifecycle.new_owner()
        paced: dict[str, Any] = {"speed": speed, "hold_at": hold_at}
        run_id = self.store.create_run(config, dataset, recipe=recipe, name=name, owner=owner, **paced)
        self._dispatcher.take(run_id, owner)
        return run_id

    def race(
        self,
        entries: Sequence[tuple[TrainingConfig, str | None]],
        dataset: str = "mnist",
        speed: float | None = None,
    ) -> list[str]:
        """Queue two to four runs that begin together: (config, name or None) each; returns their ids in this order.

        Each has a worker of its own (a local cluster starts as many as that takes) and computes its batches in one
        piece, so that they share the processor evenly. RunError for another number of them; where one of them cannot
        be stored, none is.
        """
        if not 2 <= len(entries) <= MOST:
            raise RunError(f"A race is run by 2 to {MOST} networks, got {len(entries)}: choose that many.")
        owners: dict[str, str] = {}
        options: dict[str, Any] = {"speed": speed, "hold_at": 0, "shards": 1}
        try:
            for config, name in entries:
                owner = lifecycle.new_owner()
                owners[self.store.create_run(config, dataset, name=name, owner=owner, **options)] = owner
        except ExplorerError:
            for run_id in owners:
                lifecycle.stop(self.store.database, run_id, lifecycle.new_owner())
                self.store.delete(run_id)
            raise
        self._dispatcher.take_together(owners)
        return list(owners)

    def hold_together(self, run_ids: Sequence[str]) -> None:
        """Hold the runs of a race, those that train, after one more batch; they keep their workers as in advance."""
        for run_id in run_ids:
            run = self.store.run(run_id)
            if run.status == "running" and not run.is_held:
                with suppress(RunError):  # it ended just now
                    lifecycle.advance(self.store.database, run_id, ONE_BATCH, lifecycle.new_owner())

    def release_together(self, run_ids: Sequence[str]) -> None:
        """Let the runs of a race go on, each of those that have not ended, also where they had lost their worker."""
        owners: dict[str, str] = {}
        for run_id in run_ids:
            owner = lifecycle.new_owner()
            with suppress(RunError):  # it has ended
                if lifecycle.advance(self.store.database, run_id, GO_ON, owner):
                    owners[run_id] = owner
        self._dispatcher.take_beside(owners)

    def pause(self, run_id: str) -> None:
        """Keep a run's place and free its worker; RunError unless it is queued or running."""
        lifecycle.pause(self.store.database, self.store.run(run_id).id)

    def stop(self, run_id: str) -> None:
        """End a run for good, with the weights it has and their test accuracy; RunError if it has ended already."""
        owner = lifecycle.new_owner()
        if lifecycle.stop(self.store.database, self.store.run(run_id).id, owner):
            self._dispatcher.take(run_id, owner)

    def resume(self, run_id: str) -> None:
        """Queue a run that was paused or interrupted, or failed, to go on from its checkpoint; RunError for others."""
        owner = lifecycle.new_owner()
        if lifecycle.resume(self.store.database, self.store.run(run_id).id, owner):
            self._dispatcher.take(run_id, owner)

    def set_learning_rate(self, run_id: str, value: float) -> None:
        """Change the base learning rate of a run in progress; ConfigError unless 0 < value ≤ 100."""
        if not 0 < value <= 100:
            raise ConfigError(f"learning_rate must be above 0 and at most 100, got {value}")
        lifecycle.set_learning_rate(self.store.database, self.store.run(run_id).id, float(value))

    def set_speed(self, run_id: str, speed: float | None) -> None:
        """Steps a second of a run in progress, None for as fast as it can; ConfigError unless 0 < speed ≤ 1,000."""
        lifecycle.set_speed(self.store.database, self.store.run(run_id).id, checked_speed(speed))

    def advance(self, run_id: str, how: str) -> None:
        """Have a run go on for "one_batch" or "one_epoch" and hold there, or "go_on" to its end; RunError if it has
        ended.

        A run that is held keeps its worker, for ten minutes at most.
        """
        owner = lifecycle.new_owner()
        if lifecycle.advance(self.store.database, self.store.run(run_id).id, how, owner):
            self._dispatcher.take(run_id, owner)

    def look_now(self) -> None:
        """See at once what changed in the store, such as an experiment that was begun, not within two seconds."""
        self._dispatcher.look_now()

    def analyse(self, kind: str, arguments: dict[str, Any]) -> str:
        """Start an analysis, ahead of waiting runs, unless it is finished or under way; returns its key."""
        return self._dispatcher.take_analysis(kind, arguments)

    def cancel_analysis(self, key: str) -> None:
        """Cancel an analysis that is waiting or running."""
        analyses.cancel(self.store.database, key)

    def queue_position(self, run_id: str) -> int | None:
        """1 for the run that comes next when a worker is free, None for one that does not wait."""
        return self.store.queue_position(run_id)

    def recover(self) -> list[str]:
        """Take over all runs whose heartbeat stopped long ago; returns their ids. Others follow by themselves."""
        return self._dispatcher.recover()

    def close(self) -> None:
        """Stop the workers; their runs count as interrupted, and go on from their checkpoints with the next engine."""
        self._dispatcher.close()
