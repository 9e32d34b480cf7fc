"""All runs as light rows, for a table of thousands and for what is typed to find some of them.

``RunStore.runs`` validates every config: 10,000 runs took 1.9 s, their rows here take 0.1 s.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timezone
from functools import lru_cache
from typing import Any

from pydantic_core import from_json, to_json
from sqlalchemy import Engine, select

from mnistcore.nn.outline import outline_network
from mnistcore.runs.database import reading
from mnistcore.runs.outages import answers_since
from mnistcore.runs.records import ACTIVE, has_lost_its_worker
from mnistcore.runs.tables import ExperimentRow, RunRow
from mnistcore.training.config import parse_config
from mnistcore.training.guessing import GUESSING

Row = dict[str, Any]
# What may be typed before a comparison: the row's key that it means.
FIELDS = {
    "accuracy": "validation_accuracy",
    "validation_accuracy": "validation_accuracy",
    "test_accuracy": "test_accuracy",
    "training_accuracy": "train_accuracy",
    "loss": "validation_loss",
    "validation_loss": "validation_loss",
    "test_loss": "test_loss",
    "training_loss": "train_loss",
    "tag": "tags",
} | {
    name: name
    for name in (
        *("name", "status", "recipe", "dataset", "experiment", "notes", "network", "units", "activation", "optimizer"),
        *("loss_function", "learning_rate", "batch_size", "epochs", "seed", "seconds", "steps", "parameters", "run"),
        "starts_from",
    )
}
WORDS_IN = ("name", "tags", "notes", "network", "recipe", "dataset", "status", "experiment")
_COLUMNS: dict[str, Any] = {
    "run": RunRow.id,
    "name": RunRow.name,
    "status": RunRow.status,
    "validation_accuracy": RunRow.validation_accuracy,
    "test_accuracy": RunRow.test_accuracy,
    "train_accuracy": RunRow.train_accuracy,
    "validation_loss": RunRow.validation_loss,
    "test_loss": RunRow.test_loss,
    "train_loss": RunRow.train_loss,
    "dataset": RunRow.dataset,
    "recipe": RunRow.recipe,
    "experiment": RunRow.experiment,
    "epochs_done": RunRow.epoch,
    "steps": RunRow.step,
    "seconds": RunRow.seconds,
    "parameters": RunRow.parameter_count,
    "created_at": RunRow.created_at,
    "tags": RunRow.tags,
    "notes": RunRow.notes,
    "archived": RunRow.archived,
    "is_guessing": RunRow.message.contains(GUESSING),
    "heartbeat_at": RunRow.heartbeat_at,
}


class Listing:
    """All runs of a store as rows; what was read before and has not changed is not built anew."""

    def __init__(self) -> None:
        self._settings: dict[str, Row] = {}  # by run id: configs never change
        self._read: tuple[Any, list[Row]] = (None, [])  # what the rows were built from, and the rows

    def rows(self, database: Engine, include_deleted: bool = False) -> list[Row]:
        """Every run, newest first: what came out of it, how it was set, what its owner says of it.

        Keys: those that FIELDS names, and epochs_done, created_at (aware), is_guessing, archived; None where nothing
        is known. While nothing changes this is the same list again: it must not be written to.
        """
        statement = select(*(column.label(name) for name, column in _COLUMNS.items()))
        if not include_deleted:
            statement = statement.where(RunRow.deleted.is_(False))
        with reading(database) as connection:
            found = connection.execute(statement.order_by(RunRow.created_at.desc(), RunRow.id)).all()
            names = {row.id: row.name for row in connection.execute(select(ExperimentRow.id, ExperimentRow.name))}
            if missing := [row.run for row in found if row.run not in self._settings]:
                configs = select(RunRow.id, RunRow.config)
                if len(missing) < 500:
                    configs = configs.where(RunRow.id.in_(missing))
                self._settings |= {run_id: _settings(config) for run_id, config in connection.execute(configs)}
            since = answers_since(database)
        lost = {row.run for row in found if row.status in ACTIVE and has_lost_its_worker(row.heartbeat_at, since)}
        source = (found, names, lost)
        before, rows = self._read
        if source != before:
            rows = [_row(values, names, lost) | self._settings[values.run] for values in found]
            self._read = (source, rows)
        return rows


def _row(values: Any, names: Mapping[str, str], lost: Collection[str]) -> Row:
    row = dict(zip(_COLUMNS, values, strict=True))
    if row["run"] in lost:
        row["status"] = "interrupted"
    row["archived"] = bool(row["archived"])
    row["created_at"] = datetime.fromtimestamp(row["created_at"], timezone.utc)
    row["tags"] = tuple(row["tags"].split()) if row["tags"] else ()
    row["experiment"] = names.get(row["experiment"])
    return row


def active_progress(database: Engine) -> dict[str, tuple[str, int]]:
    """The status and whole epochs of each run in progress, by its id."""
    columns = (RunRow.id, RunRow.status, RunRow.epoch, RunRow.heartbeat_at)
    with reading(database) as connection:
        since = answers_since(database)
        rows = connection.execute(select(*columns).where(RunRow.status.in_(ACTIVE), RunRow.deleted.is_(False))).all()
    return {
        run_id: (status, int(epoch or 0))
        for run_id, status, epoch, heartbeat_at in rows
        if not has_lost_its_worker(heartbeat_at, since)
    }


def rows_as_csv(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """The rows as a CSV file in UTF-8: a column for each key that may be searched, and a few more."""
    keys = [*dict.fromkeys(("run", "name", *FIELDS.values())), "epochs_done", "archived", "created_at"]
    text = io.StringIO(newline="")
    table = csv.writer(text, lineterminator="\n")
    table.writerow(keys)
    table.writerows([_cell(row.get(key)) for key in keys] for row in rows)
    return text.getvalue().encode()


def _cell(value: Any) -> Any:
    if isinstance(value, tuple):
        return " ".join(map(str, value))
    return value.isoformat() if isinstance(value, datetime) else value


def _settings(config: str) -> Row:
    """The settings that a row has; the stored JSON is complete, but for what a newer version has more of."""
    stored = from_json(config)
    try:
        network = _network(to_json(stored["layers"]))
        values = {name: stored[name] for name in ("learning_rate", "batch_size", "epochs", "seed")}
        values["starts_from"] = (stored.get("start_from") or {}).get("run")
        return network | values | {"loss_function": stored["loss"], "optimizer": stored["optimizer"]["kind"]}
    except (KeyError, TypeError):
        return _settings(parse_config(stored).model_dump_json())


@lru_cache(4096)
def _network(layers: bytes) -> Row:
    """Many runs have the same layers: the words for them are found once."""
    config = parse_config({"layers": from_json(layers)})
    used = [
        layer.activation
        for layer in config.layers
        if layer.kind in ("dense", "conv2d") or (layer.kind == "batch_norm" and layer.activation != "identity")
    ]
    units = tuple(layer.units for layer in config.layers if layer.kind == "dense")
    return {"network": outline_network(config), "activation": tuple(dict.fromkeys(used)), "units": units}
