"""What an experiment does next: it makes runs while workers are free, lets the better ones go on, and ends.

    store ──▶ members ──▶ who may go on, which combination comes next ──▶ store, workers

Each round is one transaction that reads everything anew: whoever is killed between two rounds has lost nothing, and two
servers that share a store take turns. Which combinations there are, and what becomes of them, follows from the config
for a grid or at random; only TPE looks at what happens to be known.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from mnistcore.experiments.halving import Member, bracket_size, decide, rungs
from mnistcore.experiments.records import FINISHED, RUNNING, load_members, parse_stored, set_status
from mnistcore.experiments.samplers import Combination, Tried, next_combination
from mnistcore.runs import RunStore
from mnistcore.runs.database import reading, writing
from mnistcore.runs.lifecycle import new_owner
from mnistcore.runs.store import new_run_row
from mnistcore.runs.tables import ExperimentRow, RunRow

STOPPED_EARLY = "Stopped early: after {:.0%} of its steps it was not among the better third. It can go on from here."
SHARDS = 1  # of a member's batches: workers run one next to the other, and a second process would be in their way


def advance(store: RunStore, workers: int) -> list[tuple[str, str]]:
    """One round of all experiments that are running; (run, submission) for each run that was queued in it.

    Each experiment has as many runs waiting as there are workers, so that none is ever idle, and no more: a sampler
    is to know as much as possible, and a change of the experiment to hold soon.
    """
    with reading(store.database) as connection:
        running = list(connection.execute(select(ExperimentRow.id).where(ExperimentRow.status == RUNNING)).scalars())
    queued: list[tuple[str, str]] = []
    for experiment_id in running:
        with writing(store.database) as connection:
            statement = select(ExperimentRow.__table__).where(ExperimentRow.id == experiment_id)
            row = connection.execute(statement.with_for_update()).one()
            if row.status == RUNNING and not row.deleted:
                queued += _Round(connection, row, workers).advance()
    return queued


class _Round:
    """One experiment within one transaction."""

    def __init__(self, connection: Connection, row: Row[Any], workers: int) -> None:
        self.connection, self.row, self.workers = connection, row, workers
        self.config = parse_stored(row.config)
        self.members = load_members(connection, row.id)

    def advance(self) -> list[tuple[str, str]]:
        is_out_of_time = self._is_out_of_time()
        queued = [] if is_out_of_time else [*self._let_go_on(), *self._make()]
        if not queued and all(is_settled(member) for member in self.members):
            message = "Its time is up." if is_out_of_time else None
            if is_out_of_time or not self._is_anything_left():
                set_status(self.connection, self.row, FINISHED, message)
        return queued

    def _is_out_of_time(self) -> bool:
        ran = self.row.seconds + time.time() - (self.row.running_since or time.time())
        return self.config.minutes is not None and ran > 60 * self.config.minutes

    def _let_go_on(self) -> Iterator[tuple[str, str]]:
        """Queue those that have paused to be compared with the others, and may go on; tell the others why not."""
        decision = decide(self.config, self.members)
        for member in self.members:
            if member.run_id in decision.stopped:
                message = STOPPED_EARLY.format(member.pauses_at)
                untold = (RunRow.id == member.run_id) & (RunRow.message != message)
                self.connection.execute(update(RunRow).where(untold).values(message=message))
        for run_id, share in decision.go_on.items():
            owner, now = new_owner(), time.time()
            values: dict[str, Any] = {"status": "queued", "owner": owner, "message": None, "pauses_at": share}
            values |= {"queued_at": now, "heartbeat_at": now, "attempt": RunRow.attempt + 1}
            is_paused = (RunRow.id == run_id) & (RunRow.status == "paused")
            self.connection.execute(update(RunRow).where(is_paused).values(**values))
            yield run_id, owner

    def _make(self) -> list[tuple[str, str]]:
        """New members, until as many wait as there are workers; all repeats of a combination one after the other."""
        wanted = self.workers - sum(member.status == "queued" for member in self.members)
        rows: list[dict[str, Any]] = []
        made: list[Member] = []
        newest = self._newest()
        while len(made) < wanted:
            number, repeat = self._place_after(newest)
            if not self._may_make(number, made):
                break
            values = (
                newest.values if newest is not None and newest.combination == number else self._choose(number, made)
            )
            rows.append(self._row(number, repeat, values))
            newest = Member(rows[-1]["id"], number, repeat, values, "queued")
            made.append(newest)
        if rows:
            self.connection.execute(insert(RunRow), rows)
        return [(row["id"], row["owner"]) for row in rows]

    def _newest(self) -> Member | None:
        return self.members[-1] if self.members else None  # they are in the order of combinations and repeats

    def _place_after(self, newest: Member | None) -> tuple[int, int]:
        """Combination and repeat of the run that is made next."""
        if newest is None:
            return (0, 0)
        is_last = newest.repeat + 1 >= self.config.seeds
        return (newest.combination + 1, 0) if is_last else (newest.combination, newest.repeat + 1)

    def _may_make(self, number: int, made: Sequence[Member]) -> bool:
        """Whether combination ``number`` is within the budget, and the bracket before it has been decided."""
        limit = self.config.combinations
        if limit is not None and number >= limit:
            return False
        if not self.config.stop_early:
            return True
        size = bracket_size(self.config)
        before = [member for member in (*self.members, *made) if member.combination < number // size * size]
        return all(is_settled(member) for member in before)

    def _choose(self, number: int, made: Sequence[Member]) -> Combination:
        """The values of a new combination; only TPE looks at what was tried."""
        known = tried([*self.members, *made]) if self.config.sampler == "tpe" else ()
        return next_combination(self.config, number, known)

    def _row(self, number: int, repeat: int, values: Combination) -> dict[str, Any]:
        config = self.config.member(values, repeat)
        name = ", ".join(f"{setting} {_short(value)}" for setting, value in values.items())
        member: dict[str, Any] = {"experiment": self.row.id, "combination": number, "repeat": repeat}
        member |= {"varied": json.dumps(values), "pauses_at": rungs(self.config)[0], "shards": SHARDS}
        member["name"] = (f"{name} · seed {config.seed}" if self.config.seeds > 1 else name)[:200]
        return new_run_row(config, self.config.dataset, None, **member, owner=new_owner())

    def _is_anything_left(self) -> bool:
        limit = self.config.combinations
        return limit is None or self._place_after(self._newest())[0] < limit


def _short(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def is_settled(member: Member) -> bool:
    """Whether it does nothing more by itself: it has ended, or waits for a decision that has gone against it."""
    return member.is_over or (member.status == "paused" and member.is_at_pause)


def tried(members: Sequence[Member]) -> list[Tried]:
    """The combinations with what is known of them: the mean over their seeds; one that diverged is as bad as guessing.

    Where a member was stopped early, its accuracy up to then counts.
    """
    found = []
    for _, group in groupby(members, key=lambda member: member.combination):
        repeats = list(group)
        is_over = all(is_settled(member) for member in repeats)
        accuracies = [accuracy_of(member) for member in repeats]
        known = [accuracy for accuracy in accuracies if accuracy is not None]
        found.append(Tried(repeats[0].values, sum(known) / len(known) if known else None, is_over))
    return found


GUESSING = 0.1  # the accuracy of a network that has learned nothing


def accuracy_of(member: Member) -> float | None:
    """Its best validation accuracy; what diverged or failed counts as guessing."""
    return GUESSING if member.status in ("diverged", "failed") else member.accuracy
