"""A run as one ZIP file, to keep or to take elsewhere, and its careful import."""

import csv
import io
import math
import time
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from sqlalchemy import Engine, insert

from mnistcore.errors import ExplorerError, RunError
from mnistcore.nn import Network, network_from_bytes, network_to_bytes
from mnistcore.nn.config import MAX_PARAMETERS
from mnistcore.runs import packed_snapshots
from mnistcore.runs.attempt import float16_bytes
from mnistcore.runs.database import writing
from mnistcore.runs.labels import MAX_TAGS, checked_notes, checked_tags
from mnistcore.runs.packed_snapshots import REMEDY, snapshots_from_bytes, snapshots_to_bytes
from mnistcore.runs.records import ENDED, Run
from mnistcore.runs.tables import METRICS, PLAIN_METRICS, MetricRow, RunRow, SnapshotRow, WeightsRow
from mnistcore.runs.weights import Weights
from mnistcore.training.config import TrainingConfig, parse_config

if TYPE_CHECKING:
    import pandas as pd

FORMAT = 1
LIMITS = {
    "config.json": 100_000,
    "run.json": 100_000,
    "metrics.csv": 50_000_000,
    "weights.npz": MAX_PARAMETERS * 4 + 1_000_000,
    packed_snapshots.NAME: packed_snapshots.MAX_BYTES,
}
OLDER_METRICS = METRICS[: -len(PLAIN_METRICS)]
OPTIONAL = {"weights.npz", packed_snapshots.NAME}
_EPOCH = (1980, 1, 1, 0, 0, 0)


class RunSheet(BaseModel):
    """run.json: what is known of a run besides its settings, history and weights."""

    model_config = ConfigDict(extra="forbid")
    format: int = Field(ge=1, le=FORMAT)
    id: str = Field(max_length=100)
    name: str = Field(min_length=1, max_length=200)
    recipe: str | None = Field(max_length=100)
    dataset: str = Field(max_length=1000)
    fingerprint: str | None = Field(max_length=64)
    status: str = Field(max_length=20)
    message: str | None = Field(max_length=10_000)
    created_at: float = Field(ge=0, le=1e11, allow_inf_nan=False)
    started_at: float | None = Field(ge=0, le=1e11, allow_inf_nan=False)
    ended_at: float | None = Field(ge=0, le=1e11, allow_inf_nan=False)
    step: int = Field(ge=0, le=2**31 - 1)
    total_steps: int | None = Field(ge=0, le=2**31 - 1)
    weights_step: int | None = Field(None, ge=0, le=2**31 - 1)  # written only where it is not ``step``
    metrics: dict[str, float | None]
    tags: tuple[str, ...] = Field((), max_length=MAX_TAGS)  # written only where there are any, as the notes are
    notes: str = ""

    @field_validator("tags", "notes")
    @classmethod
    def _usable(cls, value: Any) -> Any:
        try:
            return checked_notes(value) if isinstance(value, str) else checked_tags(value)
        except RunError as error:
            raise ValueError(str(error)) from None

    @field_validator("name", "recipe", "dataset", "fingerprint", "message")
    @classmethod
    def _printable(cls, text: str | None) -> str | None:
        if text is not None and not text.replace("\n", " ").isprintable():
            raise ValueError("has characters that cannot be printed")
        return text


@dataclass(frozen=True, eq=False)
class PackedRun:
    """A checked archive: nothing in it is trusted any further than its types."""

    sheet: RunSheet
    config: TrainingConfig
    rows: list[dict[str, Any]]
    network: Network | None
    snapshots: dict[int, np.ndarray]  # by step, (p,) float16 each


def pack_run(
    run: Run, history: "pd.DataFrame", weights: Weights | None, snapshots: Mapping[int, np.ndarray] | None = None
) -> bytes:
    """The ZIP's bytes; the same run always gives the same bytes. ``snapshots``: (p,) parameters by step."""
    sheet = RunSheet(
        format=FORMAT,
        created_at=run.created_at.timestamp(),
        started_at=run.started_at.timestamp() if run.started_at else None,
        ended_at=run.ended_at.timestamp() if run.ended_at else None,
        weights_step=weights.step if weights is not None and weights.step != run.step else None,
        metrics={name: getattr(run, name) for name in METRICS if name != "step"},
        **{
            name: getattr(run, name)
            for name in ("id", "name", "recipe", "dataset", "fingerprint", "status", "message", "step", "total_steps")
        },
        tags=run.tags,
        notes=run.notes,
    )
    missing = {name for name in ("weights_step", "tags", "notes") if getattr(sheet, name) in (None, (), "")}
    members = {
        "config.json": run.config.model_dump_json(indent=2).encode(),
        "run.json": sheet.model_dump_json(indent=2, exclude=missing).encode(),
        "metrics.csv": history.to_csv(index=False, lineterminator="\n").encode(),
    }
    if weights is not None:
        members["weights.npz"] = network_to_bytes(weights.network)
    if snapshots:
        members[packed_snapshots.NAME] = snapshots_to_bytes(snapshots)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in members.items():
            packed.writestr(zipfile.ZipInfo(name, _EPOCH), data, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def unpack_run(data: bytes) -> PackedRun:
    """Check an archive member by member; RunError says what is wrong with it."""
    members = _read_members(data)
    try:
        sheet = RunSheet.model_validate_json(members["run.json"])
        config = parse_config(members["config.json"].decode())
        network = network_from_bytes(members["weights.npz"], "weights.npz") if "weights.npz" in members else None
        snapshots = (
            snapshots_from_bytes(members[packed_snapshots.NAME], config) if packed_snapshots.NAME in members else {}
        )
    except ValidationError as error:
        defect = error.errors()[0]
        place = ".".join(str(part) for part in defect["loc"])
        raise RunError(f"run.json in the archive: “{place}” cannot be used; {REMEDY}") from error
    except UnicodeDecodeError as error:
        raise RunError(f"config.json in the archive is not text: {REMEDY}") from error
    except ExplorerError as error:
        raise RunError(f"the archive cannot be imported: {error}") from error
    if network is not None:
        _check_network(network, config)
    if not set(OLDER_METRICS) <= {"step", *sheet.metrics} <= set(METRICS):
        raise RunError(f"run.json in the archive: metrics must be {', '.join(METRICS[1:])}; {REMEDY}")
    return PackedRun(sheet, config, _parse_metrics(members["metrics.csv"]), network, snapshots)


def _read_members(data: bytes) -> dict[str, bytes]:
    """The members by name, each no larger than it may be, whatever its header says."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            names = packed.namelist()
            if len(names) != len(set(names)) or not set(LIMITS) - OPTIONAL <= set(names) <= set(LIMITS):
                listed = ", ".join(name[:40] for name in names[:6]) or "nothing"
                raise RunError(f"the archive must hold {', '.join(LIMITS)}, found {listed}: {REMEDY}")
            members = {}
            for name in names:
                with packed.open(name) as member:
                    members[name] = member.read(LIMITS[name] + 1)
                if len(members[name]) > LIMITS[name]:
                    raise RunError(f"{name} in the archive has more than {LIMITS[name]:,} bytes: {REMEDY}")
            return members
    except RunError:
        raise
    except (zipfile.BadZipFile, ValueError, EOFError, OSError, RuntimeError, NotImplementedError) as error:
        raise RunError(f"the file is not a run's archive: {REMEDY}") from error
    except Exception as error:
        # A damaged deflate stream raises zlib.error, and other methods have errors of their own.
        raise RunError(f"the archive is damaged: {REMEDY}") from error


def _check_network(network: Network, config: TrainingConfig) -> None:
    fields = type(network.config).model_fields
    if any(getattr(network.config, name) != getattr(config, name) for name in fields):
        raise RunError(f"weights.npz in the archive belongs to another network than config.json: {REMEDY}")
    if not np.isfinite(network.parameters).all():
        raise RunError(f"weights.npz in the archive holds numbers that are not finite: {REMEDY}")


def _parse_metrics(data: bytes) -> list[dict[str, Any]]:
    try:
        # Without pandas, which takes 0.4 s to import: the first start of a server reads an archive.
        lines = csv.reader(io.StringIO(data.decode(), newline=""), strict=True)
        columns = tuple(next(lines, ()))
        table = np.array([[float(cell or "nan") for cell in line] for line in lines if line], np.float64)
    except (ValueError, csv.Error) as error:
        raise RunError(f"metrics.csv in the archive is no table of numbers: {REMEDY}") from error
    if columns not in (METRICS, OLDER_METRICS) or table.shape[1:] not in ((), (len(columns),)):
        raise RunError(f"metrics.csv in the archive must have the columns {', '.join(METRICS)}: {REMEDY}")
    table = table.reshape(-1, len(columns))
    steps = table[:, 0]
    in_order = np.isfinite(steps).all() and (steps >= 0).all() and (steps < 2**31).all() and (np.diff(steps) > 0).all()
    if not in_order or (steps % 1 != 0).any():
        raise RunError(f"metrics.csv in the archive: steps must be whole numbers that ascend; {REMEDY}")
    rows = [dict.fromkeys(METRICS) | dict(zip(columns, map(finite, row), strict=True)) for row in table.tolist()]
    for row in rows:
        row |= {"step": int(row["step"] or 0), "epoch": row["epoch"] or 0.0, "seconds": row["seconds"] or 0.0}
    return rows


def store_packed(database: Engine, packed: PackedRun, run_id: str) -> str:
    """Store a checked archive as a new run; one that had not ended counts as stopped."""
    sheet, now = packed.sheet, time.time()
    metrics = {name: finite(value) for name, value in sheet.metrics.items()}
    row = {"id": run_id, "config": packed.config.model_dump_json(), "status": sheet.status, **metrics}
    row |= {name: getattr(sheet, name) for name in ("name", "recipe", "dataset", "fingerprint", "message", "step")}
    row |= {name: getattr(sheet, name) for name in ("total_steps", "started_at", "ended_at")}
    row |= {"epoch": metrics["epoch"] or 0.0, "seconds": metrics["seconds"] or 0.0}
    if sheet.status not in ENDED:
        row["status"] = "stopped"
    row |= {"tags": " ".join(sheet.tags) or None, "notes": sheet.notes or None}
    row["parameter_count"] = Network(packed.config, np.random.default_rng(0)).parameter_count
    row |= {"created_at": now, "queued_at": now, "heartbeat_at": now, "attempt": 0}
    with writing(database) as connection:
        connection.execute(insert(RunRow).values(**row))
        if packed.rows:
            connection.execute(insert(MetricRow), [{"run_id": run_id, **values} for values in packed.rows])
        if packed.network is not None:
            step = sheet.step if sheet.weights_step is None else sheet.weights_step
            parameters, key = packed.network.parameters, {"run_id": run_id, "step": step}
            connection.execute(insert(WeightsRow).values(**key, parameters=parameters.astype("<f4").tobytes()))
            connection.execute(insert(SnapshotRow).values(**key, parameters=float16_bytes(parameters)))
        rest = [step for step in packed.snapshots if packed.network is None or step != key["step"]]
        for step in rest:
            values = {"run_id": run_id, "step": step, "parameters": packed.snapshots[step].astype("<f2").tobytes()}
            connection.execute(insert(SnapshotRow).values(**values))
    return run_id


def finite(value: float | None) -> float | None:
    """A number that any database and JSON can hold, else None."""
    return value if value is not None and math.isfinite(value) else None
