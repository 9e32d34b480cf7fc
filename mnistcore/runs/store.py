"""The run store: every training, its history, snapshots and weights, and the imported data sets, in one database."""

import re
import secrets
import textwrap
import time
import weakref
from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy import ColumnElement, delete, insert, select, update

from mnistcore.data import Dataset
from mnistcore.errors import RunError
from mnistcore.nn import Network, summarize
from mnistcore.nn.outline import outline_network
from mnistcore.runs import analyses, archive, datasets, listing, starting, weights
from mnistcore.runs.database import open_database, reading, resolve_url, writing
from mnistcore.runs.history import load_history
from mnistcore.runs.outages import Outage, answers_since, current_outage
from mnistcore.runs.pacing import checked_speed
from mnistcore.runs.records import ACTIVE, FILM_IDS, SHIPPED_ID, STALE_SECONDS, Batch, Run, StoredDataset, run_from_row
from mnistcore.runs.tables import RUN_ID_LENGTH, BatchRow, HealthRow, RunRow
from mnistcore.runs.weights import Weights
from mnistcore.training.config import TrainingConfig
from mnistcore.training.health import LayerHealth, health_from_text

if TYPE_CHECKING:
    import pandas as pd

NO_SUCH_RUN = "There is no run “{}”: choose one from the list of runs."


class RunStore:
    """All runs of a database; any number of processes may use it at the same time, and threads one RunStore.

    ``url`` is a SQLAlchemy address, by default ``MNIST_EXPLORER_STORE`` or ``runs.db`` in the user's data folder.
    Every method that takes a ``run_id`` raises RunError for a malformed or unknown one.
    """

    def __init__(self, url: str | None = None) -> None:
        parsed = resolve_url(url)
        self.url = parsed.render_as_string(hide_password=False)
        self.database = open_database(parsed)
        self._listing = listing.Listing()
        self._dispose = weakref.finalize(self, self.database.dispose)

    def __repr__(self) -> str:
        return f"RunStore({resolve_url(self.url).render_as_string()!r})"

    def close(self) -> None:
        """Close the connections; the store opens new ones if it is used again."""
        self.database.dispose()

    @property
    def outage(self) -> Outage | None:
        """Since when the database has not answered this process; None while it does."""
        return current_outage(self.database)

    def create_run(
        self,
        config: TrainingConfig,
        dataset: str = "mnist",
        fingerprint: str | None = None,
        recipe: str | None = None,
        name: str | None = None,
        owner: str | None = None,
        speed: float | None = None,
        hold_at: int | None = None,
        shards: int | None = None,
    ) -> str:
        """Store a new run, queued, and return its id; ``owner`` is the submission that may work on it.

        ``speed`` in steps a second (None: as fast as it can), ``hold_at`` the step at which it waits for its user,
        ``shards`` in how many pieces a batch is computed (None: as many as its size is worth).
        RunError where the weights that it is to start from are missing, or do not fit.
        """
        config = self.pinned(config)
        paced = {"speed": checked_speed(speed), "hold_at": hold_at, "shards": shards}
        row = new_run_row(config, dataset, fingerprint, recipe=recipe, owner=owner, **paced)
        with writing(self.database) as connection:
            title = _checked_name(name) if name else recipe or describe_network(config)
            taken = set(connection.execute(select(RunRow.name).where(RunRow.name.startswith(title))).scalars())
            row["name"] = _numbered(title, taken)
            connection.execute(insert(RunRow).values(**row))
        return str(row["id"])

    def pinned(self, config: TrainingConfig) -> TrainingConfig:
        """The config with the weights that it starts from named by step and content, and kept; RunError if it cannot.

        Whoever stores a config to train by later pins it first: the run that it starts from may be deleted then.
        """
        return starting.pinned(self.database, config, self._start_of(config))

    def start_weights(self, config: TrainingConfig) -> np.ndarray | None:
        """The weights (p,) float32 that a run with this config starts from, None for random ones; RunError if gone."""
        return starting.start_weights(self.database, config, self._start_of(config))

    def _start_of(self, config: TrainingConfig) -> Run | None:
        try:
            return None if config.start_from is None else self.run(config.start_from.run)
        except RunError:
            return None

    def run(self, run_id: str) -> Run:
        """One run, deleted ones too (until they are purged)."""
        with reading(self.database) as connection:
            row = connection.execute(select(RunRow.__table__).where(RunRow.id == _checked_id(run_id))).one_or_none()
        if row is None:
            raise RunError(NO_SUCH_RUN.format(run_id))
        return run_from_row(row, answers_since(self.database))

    def runs(
        self,
        limit: int | None = None,
        include_deleted: bool = False,
        include_archived: bool = True,
        include_members: bool = True,
    ) -> list[Run]:
        """The newest runs, newest first; ``include_members``: also those that an experiment has made."""
        statement = select(RunRow.__table__).order_by(RunRow.created_at.desc(), RunRow.id).limit(limit)
        if not include_deleted:
            statement = statement.where(RunRow.deleted.is_(False))
        if not include_archived:
            statement = statement.where(RunRow.archived.is_not(True))
        if not include_members:
            statement = statement.where(RunRow.experiment.is_(None))
        with reading(self.database) as connection:
            since = answers_since(self.database)
            return [run_from_row(row, since) for row in connection.execute(statement)]

    def rows(self, include_deleted: bool = False) -> list[listing.Row]:
        """Every run as a light row, newest first, for a table or a search among thousands (see listing.py)."""
        return self._listing.rows(self.database, include_deleted)

    def rename(self, run_id: str, name: str) -> None:
        """Give a run another name, 1 to 200 characters."""
        self._change(run_id, {"name": _checked_name(name)})

    def delete(self, run_id: str) -> None:
        """Take a run out of the list; ``restore`` brings it back until ``purge_deleted``."""
        idle = RunRow.status.not_in(ACTIVE) | (RunRow.heartbeat_at < time.time() - STALE_SECONDS)
        values = {"deleted": True, "deleted_at": time.time(), "attempt": RunRow.attempt + 1}
        if not self._change(run_id, values, idle):
            raise RunError(f"“{self.run(run_id).name}” is still in progress: stop it before you delete it.")

    def restore(self, run_id: str) -> None:
        """Undo ``delete``."""
        self._change(run_id, {"deleted": False, "deleted_at": None})

    def purge_deleted(self, older_than_seconds: float = 0.0) -> int:
        """Remove deleted runs for good, with all that belongs to them; returns how many.

        The shipped runs stay, so that a store which had them remembers that.
        """
        old = RunRow.deleted.is_(True) & (RunRow.deleted_at <= time.time() - older_than_seconds)
        old &= RunRow.id.not_in((SHIPPED_ID, *FILM_IDS))
        with writing(self.database) as connection:
            count = int(connection.execute(delete(RunRow).where(old)).rowcount)
        starting.purge_starts(self.database)
        return count

    def _change(self, run_id: str, values: dict[str, Any], condition: ColumnElement[bool] | None = None) -> bool:
        statement = update(RunRow).where(RunRow.id == _checked_id(run_id)).values(**values)
        with writing(self.database) as connection:
            if condition is not None:
                statement = statement.where(condition)
            changed = connection.execute(statement).rowcount == 1
        if not changed:
            self.run(run_id)
        return changed

    def history(self, run_id: str, after_step: int = -1, max_points: int | None = None) -> "pd.DataFrame":
        """What was measured along a run, after ``after_step``: a row a step, ascending, NaN where not measured.

        Columns: step, epoch, seconds, learning_rate, images_per_second, train_loss, train_accuracy, validation_loss,
        validation_accuracy, test_loss, test_accuracy, plain_validation_loss, plain_validation_accuracy. With
        ``max_points`` (at least 3) there are no more rows than that, evaluated ones first; training figures are means
        over all images since the row before.
        """
        return load_history(self.database, _checked_id(run_id), after_step, max_points)

    def snapshot_steps(self, run_id: str) -> list[int]:
        """The steps whose weights can be loaded from now on, ascending; of a run in progress the snapshots alone."""
        return weights.weight_steps(self.database, _checked_id(run_id))

    def newest_step(self, run_id: str) -> int | None:
        """The step of the weights that ``load_weights`` gives without being told one; None while there are none."""
        return weights.newest_step(self.database, _checked_id(run_id))

    def load_network(self, run_id: str, step: int | None = None) -> Network:
        """The network of ``load_weights``, for programs that do not show which step its weights are of."""
        return self.load_weights(run_id, step).network

    def load_weights(self, run_id: str, step: int | None = None) -> Weights:
        """The run's network with its weights after ``step``, and that step; the newest or, once finished, the kept ones
        if it is not given.

        RunError where there are none, or none of that step: only those of ``snapshot_steps`` stay.
        """
        run = self.run(run_id)
        found = weights.load_parameters(self.database, run.id, step)
        if found is None and step is not None:
            raise RunError(f"“{run.name}” has no weights of step {int(step):,}: choose one of its snapshot steps.")
        if found is None:
            raise RunError(f"“{run.name}” has no weights yet: wait until it has started, or choose another run.")
        parameters, step = found
        network = Network(run.config, np.random.default_rng(run.config.seed))
        network.load_parameters(parameters)
        return Weights(network, step)

    def health(self, run_id: str, after_step: int = -1) -> dict[int, tuple[LayerHealth, ...]]:
        """The health of the layers by the step at which it was recorded, ascending."""
        of_run = (HealthRow.run_id == _checked_id(run_id)) & (HealthRow.step > after_step)
        with reading(self.database) as connection:
            rows = connection.execute(select(HealthRow.step, HealthRow.layers).where(of_run).order_by(HealthRow.step))
            return {row.step: health_from_text(row.layers) for row in rows}

    def latest_batch(self, run_id: str) -> Batch | None:
        """The newest batch, as classified before the update; None before the first one."""
        statement = select(BatchRow.__table__).where(BatchRow.run_id == _checked_id(run_id))
        with reading(self.database) as connection:
            row = connection.execute(statement).one_or_none()
        if row is None:
            return None
        indices = np.frombuffer(row.indices, "<i4").astype(np.int64)
        labels, predictions = (np.frombuffer(data, np.uint8).astype(np.int64) for data in (row.labels, row.predictions))
        return Batch(row.step, indices, labels, predictions)

    def queue_position(self, run_id: str) -> int | None:
        """1 for the run that comes next, None for one that is not queued."""
        waiting = select(RunRow.id).where(RunRow.status == "queued", RunRow.deleted.is_(False))
        with reading(self.database) as connection:
            ids = list(connection.execute(waiting.order_by(RunRow.queued_at, RunRow.id)).scalars())
        return ids.index(run_id) + 1 if _checked_id(run_id) in ids else None

    def export_run(self, run_id: str) -> bytes:
        """A ZIP of config.json, run.json, metrics.csv and weights.npz (where there are weights), for ``import_run``."""
        run = self.run(run_id)
        found = None if self.newest_step(run_id) is None else self.load_weights(run_id)
        return archive.pack_run(run, self.history(run_id), found)

    def import_run(self, data: bytes) -> str:
        """Store the run in such a ZIP under a new id; RunError for anything else."""
        return archive.store_packed(self.database, archive.unpack_run(data), new_run_id())

    def analysis(self, kind: str, arguments: dict[str, Any]) -> analyses.Analysis | None:
        """The analysis with these arguments, in whatever state; None if it was never requested."""
        return analyses.find(self.database, kind, arguments)

    def forget_analysis(self, key: str) -> None:
        """Remove an analysis, so that it can be made again."""
        analyses.forget(self.database, key)

    def add_dataset(self, dataset: Dataset) -> str:
        """Store an imported data set; returns the name to train on: "import:<id>". The same content is stored once."""
        return datasets.add_dataset(self.database, dataset)

    def datasets(self) -> list[StoredDataset]:
        """All imported data sets, newest first."""
        return datasets.list_datasets(self.database)

    def load_dataset(self, name: str) -> Dataset:
        """Read an imported data set ("import:<id>") again; ``open_dataset`` shares one copy per process."""
        return datasets.load_stored(self.database, name)

    def open_dataset(self, name: str) -> Dataset:
        """The data set "mnist", "generated", at a path, or imported ("import:<id>"): one read-only copy per process.

        Raises DataError if there is none of that name.
        """
        return datasets.open_dataset(self.database, self.url, name)

    def delete_dataset(self, name: str) -> None:
        """Remove an imported data set; RunError while a run is being trained on it."""
        datasets.delete_dataset(self.database, name)


def new_run_row(config: TrainingConfig, dataset: str, fingerprint: str | None, **values: Any) -> dict[str, Any]:
    """A new run, queued, as a row of the table of runs, with these values besides; only its name is still missing."""
    now = time.time()
    row: dict[str, Any] = {
        "id": new_run_id(),
        "dataset": dataset,
        "fingerprint": fingerprint,
        "status": "queued",
        "attempt": 0,
    }
    row |= {"config": config.model_dump_json(), "learning_rate": config.learning_rate, "step": 0, "epoch": 0.0}
    row |= {"parameter_count": sum(layer.parameters for layer in summarize(config)), "seconds": 0.0}
    return row | {"created_at": now, "queued_at": now, "heartbeat_at": now} | values


def new_run_id() -> str:
    """12 random lowercase hexadecimal digits."""
    return secrets.token_hex(RUN_ID_LENGTH // 2)


def describe_network(config: TrainingConfig) -> str:
    """A short name for a run: ``784-128-10 adam``, ``conv 8×5×5, pool, 128 · adam``; at most 150 characters."""
    outline = outline_network(config)
    end = f" · {config.optimizer.kind}" if " " in outline else f" {config.optimizer.kind}"
    return textwrap.shorten(outline, 150 - len(end), placeholder=" …") + end


def _numbered(name: str, taken: set[str]) -> str:
    """The name, or with the first free number behind it."""
    number = 2
    numbered = name
    while numbered in taken:
        numbered, number = f"{name} {number}", number + 1
    return numbered


def _checked_id(run_id: str) -> str:
    if not isinstance(run_id, str) or not re.fullmatch(r"[0-9a-f]{12}", run_id):
        raise RunError(NO_SUCH_RUN.format(str(run_id)[:60]))
    return run_id


def _checked_name(name: str) -> str:
    cleaned = " ".join(name.split())
    if not 1 <= len(cleaned) <= 200 or not cleaned.isprintable():
        raise RunError(_unusable(cleaned))
    return cleaned


def _unusable(name: str) -> str:
    """What is wrong with a name."""
    if not name:
        return "A run needs a name: type at least one letter or digit."
    if len(name) > 200:
        return f"A run's name has at most 200 characters, this one has {len(name):,}: shorten it."
    return "The name contains a character that cannot be shown: remove it."
