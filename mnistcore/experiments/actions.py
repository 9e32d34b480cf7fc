"""What a user does with an experiment and its members; all of it is written to the store, and any engine goes on."""

from __future__ import annotations

from contextlib import suppress

from sqlalchemy import update

from mnistcore.errors import RunError
from mnistcore.experiments.records import (
    FINISHED,
    PAUSED,
    RUNNING,
    STOPPED,
    change_status,
    experiment,
    members,
)
from mnistcore.runs import RunStore, lifecycle
from mnistcore.runs.database import writing
from mnistcore.runs.tables import RunRow


def pause_experiment(store: RunStore, experiment_id: str) -> None:
    """Make no more runs, and pause those that there are. RunError for one that is not running."""
    _check(store, experiment_id, RUNNING, "Only an experiment that is running can be paused.")
    change_status(store, experiment_id, PAUSED)
    for member in members(store, experiment_id):
        if member.status in ("queued", "running"):
            with suppress(RunError):  # it has just ended
                lifecycle.pause(store.database, member.run_id)


def resume_experiment(store: RunStore, experiment_id: str) -> None:
    """Go on where it was paused. RunError for one that is not paused."""
    _check(store, experiment_id, PAUSED, "Only an experiment that is paused can be resumed.")
    change_status(store, experiment_id, RUNNING)
    for member in members(store, experiment_id):
        if member.status in ("paused", "interrupted") and not member.is_at_pause:
            with suppress(RunError):
                queue_for_any(store, member.run_id)


def stop_experiment(store: RunStore, experiment_id: str) -> None:
    """End it for good: its runs stop after their current step. RunError for one that is over."""
    if experiment(store, experiment_id).is_over:
        raise RunError("The experiment is over already: extend it to make more runs.")
    change_status(store, experiment_id, STOPPED)
    for member in members(store, experiment_id):
        if not member.is_over and not member.is_at_pause:
            with suppress(RunError):
                owner = lifecycle.new_owner()
                lifecycle.stop(store.database, member.run_id, owner)
                lifecycle.release(store.database, [owner])


def let_finish(store: RunStore, run_id: str) -> None:
    """Let a member that was stopped early train to its end. RunError for one that was not."""
    with writing(store.database) as connection:
        is_at_pause = (RunRow.id == store.run(run_id).id) & RunRow.pauses_at.is_not(None) & (RunRow.status == "paused")
        if connection.execute(update(RunRow).where(is_at_pause).values(pauses_at=None)).rowcount == 0:
            raise RunError("Only a run that was stopped early can be let finish.")
    queue_for_any(store, run_id)


def queue_for_any(store: RunStore, run_id: str) -> None:
    """Queue a run for whichever engine looks at the store first."""
    owner = lifecycle.new_owner()
    if lifecycle.resume(store.database, run_id, owner):
        lifecycle.release(store.database, [owner])


def _check(store: RunStore, experiment_id: str, status: str, words: str) -> None:
    found = experiment(store, experiment_id)
    if found.status != status:
        words_now = {RUNNING: "running", PAUSED: "paused", FINISHED: "finished", STOPPED: "stopped"}[found.status]
        raise RunError(f"{words} “{found.name}” is {words_now}.")
