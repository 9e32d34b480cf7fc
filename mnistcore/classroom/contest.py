"""The contest: each phone trains networks within bounds that the teacher sets, and a leaderboard compares them."""

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, insert, select

from mnistcore.classroom.contest_bounds import (
    ACTIVATIONS,
    BATCH_SIZES,
    LEARNING_RATES,
    MOST_LAYERS,
    OPTIMIZERS,
    UNITS,
    Bounds,
    parse_choice,
)
from mnistcore.classroom.players import Player, player_of
from mnistcore.classroom.room import CONTEST, State, read_state, write_state
from mnistcore.errors import DataError
from mnistcore.runs import RunStore
from mnistcore.runs.class_tables import ClassEntryRow, ClassPlayerRow
from mnistcore.runs.database import reading, writing
from mnistcore.runs.records import ACTIVE
from mnistcore.runs.tables import RunRow
from mnistcore.training.config import TrainingConfig

Submit = Callable[[TrainingConfig, str, str], str]
_entering = threading.Lock()  # one at a time, so that nobody has two runs at once


@dataclass(frozen=True)
class Entry:
    """A run in a contest, with the figures that count; those that are not measured (yet) are None."""

    run_id: str
    player: int
    name: str
    status: str
    parameters: int
    step: int
    total_steps: int | None
    seconds: float
    images: float
    validation_accuracy: float | None
    test_accuracy: float | None

    def score(self, bounds: Bounds) -> float | None:
        """What the leaderboard sorts by, larger is better; None where it does not count (yet).

        Speed is in thousands of training images a second, as measured while others trained beside it.
        """
        accuracy = self.validation_accuracy
        if self.status != "finished" or accuracy is None:
            return None
        if bounds.measure == "accuracy":
            return accuracy
        if bounds.measure == "fewest parameters":
            return -self.parameters if accuracy >= bounds.target else None
        return accuracy * self.images / self.seconds / 1000 if self.seconds > 0 else None


@dataclass(frozen=True)
class ContestView:
    """A contest as it is now: everybody's best entry, best first, and how many runs wait or train."""

    id: str
    bounds: Bounds
    is_opened: bool
    best: tuple[Entry, ...]
    entries: int
    active: int


def start_contest(store: RunStore, bounds: Bounds) -> str:
    """Begin a contest; returns its id. Of an earlier one only the runs stay."""
    bounds.check()
    contest = {"id": secrets.token_hex(6), "opened": False, "bounds": vars(bounds)}
    with writing(store.database) as connection:
        write_state(connection, {"doing": CONTEST, "contest": contest})
    return str(contest["id"])


def open_test_set(store: RunStore, contest: str) -> None:
    """Show the test accuracies, to all at once; from then on nobody can enter another run."""
    with writing(store.database) as connection:
        state = read_state(connection).get("contest")
        if state is not None and state["id"] == contest:
            write_state(connection, {"contest": state | {"opened": True}})


def enter_contest(store: RunStore, token: object, contest: object, choice: Any, submit: Submit) -> str:
    """Start the run that a phone asks for, and return its id; ``submit`` takes config, data set and name.

    The queue is fair because nobody has more than one run in it. StrangerError for a phone that is not known; DataError
    while a run of theirs is not over, once their tries are used up, and when the contest is; ConfigError for a choice
    outside the bounds.
    """
    with _entering:
        with reading(store.database) as connection:
            player, state = player_of(connection, token), read_state(connection)
            running = state.get("contest")
            if state["doing"] != CONTEST or running is None or running["id"] != contest or running["opened"]:
                raise DataError("This contest is over: look at the screen.")
            bounds = Bounds(**running["bounds"])
            mine = [one for one in _entries(connection, running["id"], bounds) if one.player == player.id]
            tries = _count(connection, running["id"], player)
        if any(one.status in ACTIVE for one in mine):
            raise DataError("Your last network is not finished yet: wait for it.")
        if tries >= bounds.tries:
            raise DataError(f"You have used your {bounds.tries} tries.")
        config = parse_choice(choice, bounds)
        run_id = submit(config, bounds.dataset, f"contest {running['id'][:4]}")
        with writing(store.database) as connection:
            row = {"run_id": run_id, "contest": running["id"], "player": player.id}
            connection.execute(insert(ClassEntryRow).values(**row))
    return run_id


def contest_view(store: RunStore) -> ContestView | None:
    """The contest as it is now; None if there is none."""
    with reading(store.database) as connection:
        state = read_state(connection).get("contest")
        if state is None:
            return None
        bounds = Bounds(**state["bounds"])
        entries = _entries(connection, state["id"], bounds)
    active = sum(one.status in ACTIVE for one in entries)
    return ContestView(state["id"], bounds, state["opened"], _best(entries, bounds), len(entries), active)


def contest_for_phone(connection: Connection, player: Player, state: State) -> dict[str, Any]:
    """What a phone needs of the contest: what can be chosen, its own runs, newest first, and its place."""
    contest = state.get("contest")
    if contest is None:
        return {}
    bounds = Bounds(**contest["bounds"])
    entries = _entries(connection, contest["id"], bounds)
    best = [one.player for one in _best(entries, bounds)]
    mine = [one for one in reversed(entries) if one.player == player.id]
    return {
        "contest": contest["id"],
        "opened": contest["opened"],
        "measure": bounds.measure,
        "target": bounds.target,
        "parameters": bounds.parameters,
        "choices": {
            "layers": MOST_LAYERS,
            "units": UNITS,
            "activation": ACTIVATIONS,
            "optimizer": OPTIMIZERS,
            "learning_rate": LEARNING_RATES,
            "batch_size": BATCH_SIZES,
            "epochs": list(range(1, bounds.epochs + 1)),
        },
        "left": max(0, bounds.tries - _count(connection, contest["id"], player)),
        "place": best.index(player.id) + 1 if player.id in best else None,
        "others": len(best),
        "runs": [_run_for_phone(one, contest["opened"]) for one in mine],
    }


def _run_for_phone(one: Entry, opened: bool) -> dict[str, Any]:
    shown = {"id": one.run_id, "status": one.status, "parameters": one.parameters, "seconds": one.seconds}
    shown |= {"done": one.step / one.total_steps if one.total_steps else 0.0, "accuracy": one.validation_accuracy}
    return shown | ({"test": one.test_accuracy} if opened else {})


def _count(connection: Connection, contest: str, player: Player) -> int:
    """Also runs that were deleted since: a try is a try."""
    mine = (ClassEntryRow.contest == contest) & (ClassEntryRow.player == player.id)
    return int(connection.execute(select(func.count()).select_from(ClassEntryRow).where(mine)).scalar() or 0)


def _entries(connection: Connection, contest: str, bounds: Bounds) -> list[Entry]:
    """All runs of a contest that are not deleted, oldest first."""
    columns = (
        *(RunRow.id, ClassEntryRow.player, ClassPlayerRow.name, RunRow.status, RunRow.parameter_count, RunRow.step),
        *(RunRow.total_steps, RunRow.seconds, RunRow.epoch),
        *(RunRow.validation_accuracy, RunRow.test_accuracy),
    )
    joined = select(*columns).join(ClassEntryRow, ClassEntryRow.run_id == RunRow.id)
    joined = joined.join(ClassPlayerRow, ClassPlayerRow.id == ClassEntryRow.player)
    rows: Any = connection.execute(
        joined.where(ClassEntryRow.contest == contest, RunRow.deleted.is_(False)).order_by(RunRow.created_at, RunRow.id)
    )
    return [
        Entry(
            run_id=row.id,
            player=row.player,
            name=row.name,
            status=row.status,
            parameters=row.parameter_count,
            step=row.step,
            total_steps=row.total_steps,
            seconds=row.seconds,
            images=row.epoch * bounds.train_size,
            validation_accuracy=row.validation_accuracy,
            test_accuracy=row.test_accuracy,
        )
        for row in rows
    ]


def _best(entries: list[Entry], bounds: Bounds) -> tuple[Entry, ...]:
    """Of everybody the best entry that counts, best first; of equals the earlier one."""
    best: dict[int, tuple[float, Entry]] = {}
    for one in entries:
        score = one.score(bounds)
        if score is not None and (one.player not in best or score > best[one.player][0]):
            best[one.player] = score, one
    return tuple(one for _, one in sorted(best.values(), key=lambda each: -each[0]))
