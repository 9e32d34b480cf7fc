"""The tables of the run store, as typed SQLAlchemy classes."""

from sqlalchemy import Boolean, Double, ForeignKey, Index, Integer, LargeBinary, String, Text, false
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

SCHEMA_VERSION = 10
RUN_ID_LENGTH = 12


class Base(DeclarativeBase):
    """All tables; times are Unix seconds, because SQLite keeps no time zones."""


class SchemaRow(Base):
    """One row: which version of these tables the database holds."""

    __tablename__ = "schema_version"
    version: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)


class MetricColumns:
    """What is measured along a run: the columns of a history row, and of a run's newest values."""

    step: Mapped[int] = mapped_column(Integer, default=0)
    epoch: Mapped[float] = mapped_column(Double, default=0.0)
    seconds: Mapped[float] = mapped_column(Double, default=0.0)
    learning_rate: Mapped[float | None] = mapped_column(Double)
    images_per_second: Mapped[float | None] = mapped_column(Double)
    train_loss: Mapped[float | None] = mapped_column(Double)
    train_accuracy: Mapped[float | None] = mapped_column(Double)
    validation_loss: Mapped[float | None] = mapped_column(Double)
    validation_accuracy: Mapped[float | None] = mapped_column(Double)
    test_loss: Mapped[float | None] = mapped_column(Double)
    test_accuracy: Mapped[float | None] = mapped_column(Double)
    plain_validation_loss: Mapped[float | None] = mapped_column(Double)
    plain_validation_accuracy: Mapped[float | None] = mapped_column(Double)


# Of runs whose weights are a mean alone; an archive of an older version has no such columns.
PLAIN_METRICS = ("plain_validation_loss", "plain_validation_accuracy")
METRICS = (
    "step",
    "epoch",
    "seconds",
    "learning_rate",
    "images_per_second",
    "train_loss",
    "train_accuracy",
    "validation_loss",
    "validation_accuracy",
    "test_loss",
    "test_accuracy",
    *PLAIN_METRICS,
)


class RunRow(MetricColumns, Base):
    """A run; ``attempt`` counts its executions, and only the newest one may write (see attempt.py)."""

    __tablename__ = "runs"
    id: Mapped[str] = mapped_column(String(RUN_ID_LENGTH), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    recipe: Mapped[str | None] = mapped_column(String(100))
    dataset: Mapped[str] = mapped_column(Text)
    fingerprint: Mapped[str | None] = mapped_column(String(64))
    status: Mapped[str] = mapped_column(String(20))
    message: Mapped[str | None] = mapped_column(Text)
    config: Mapped[str] = mapped_column(Text)
    parameter_count: Mapped[int] = mapped_column(Integer)
    total_steps: Mapped[int | None] = mapped_column(Integer)
    created_at: Mapped[float] = mapped_column(Double)
    queued_at: Mapped[float] = mapped_column(Double)
    started_at: Mapped[float | None] = mapped_column(Double)
    ended_at: Mapped[float | None] = mapped_column(Double)
    heartbeat_at: Mapped[float] = mapped_column(Double)
    deleted_at: Mapped[float | None] = mapped_column(Double)
    deleted: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    owner: Mapped[str | None] = mapped_column(String(32))
    attempt: Mapped[int] = mapped_column(Integer, default=0)
    # Of the members of an experiment alone: whose, which combination of settings with which values, which repeat, and
    # up to which share of its steps it may go on for now.
    experiment: Mapped[str | None] = mapped_column(String(RUN_ID_LENGTH))
    combination: Mapped[int | None] = mapped_column(Integer)
    repeat: Mapped[int | None] = mapped_column(Integer)
    varied: Mapped[str | None] = mapped_column(Text)  # its value of each setting that varies, as JSON
    pauses_at: Mapped[float | None] = mapped_column(Double)
    shards: Mapped[int | None] = mapped_column(Integer)  # of a batch; None: as many as its size is worth
    worker: Mapped[str | None] = mapped_column(String(200))  # machine and process that worked on it last
    speed: Mapped[float | None] = mapped_column(Double)  # steps a second; None: as fast as it can
    hold_at: Mapped[int | None] = mapped_column(Integer)  # the step at which it waits for its user
    # What its owner says of it.
    tags: Mapped[str | None] = mapped_column(Text)  # words, separated by single spaces
    notes: Mapped[str | None] = mapped_column(Text)
    archived: Mapped[bool | None] = mapped_column(Boolean)
    __table_args__ = (
        Index("runs_by_status", "status"),
        Index("runs_by_creation", "created_at"),
        Index("runs_by_member", "experiment", "combination", "repeat", unique=True),
    )


def _run_key() -> Mapped[str]:
    return mapped_column(String(RUN_ID_LENGTH), ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)


class ExperimentRow(Base):
    """Many runs with one purpose; ``config`` is an ExperimentConfig as JSON. The members are rows of ``runs``.

    ``seconds`` is how long it had been running when it was paused last, ``running_since`` when it was resumed.
    """

    __tablename__ = "experiments"
    id: Mapped[str] = mapped_column(String(RUN_ID_LENGTH), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    config: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(20))
    message: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[float] = mapped_column(Double)
    ended_at: Mapped[float | None] = mapped_column(Double)
    seconds: Mapped[float] = mapped_column(Double, default=0.0)
    running_since: Mapped[float | None] = mapped_column(Double)
    deleted: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())


class RecipeRow(Base):
    """A recipe of a user's own: a TrainingConfig as JSON, by its name."""

    __tablename__ = "recipes"
    name: Mapped[str] = mapped_column(String(100), primary_key=True)
    config: Mapped[str] = mapped_column(Text)
    created_at: Mapped[float] = mapped_column(Double)


class MetricRow(MetricColumns, Base):
    """One point of a run's history."""

    __tablename__ = "metrics"
    run_id: Mapped[str] = _run_key()
    step: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)


class SnapshotRow(Base):
    """The weights after one step: all parameters in a row, float16, little-endian."""

    __tablename__ = "snapshots"
    run_id: Mapped[str] = _run_key()
    step: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    parameters: Mapped[bytes] = mapped_column(LargeBinary)


class HealthRow(Base):
    """The health of a network's layers after one step: a list of LayerHealth as JSON."""

    __tablename__ = "health"
    run_id: Mapped[str] = _run_key()
    step: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    layers: Mapped[str] = mapped_column(Text)


class WeightsRow(Base):
    """The newest weights in full precision (float32, little-endian); after the end, the final or best ones."""

    __tablename__ = "weights"
    run_id: Mapped[str] = _run_key()
    step: Mapped[int] = mapped_column(Integer)
    parameters: Mapped[bytes] = mapped_column(LargeBinary)


class StartRow(Base):
    """Weights that runs start from, float32, little-endian, by their sha256: they outlive the run that learned them."""

    __tablename__ = "starts"
    content: Mapped[str] = mapped_column(String(64), primary_key=True)
    parameters: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[float] = mapped_column(Double)


class CheckpointRow(Base):
    """All that is needed to go on with a run, bit for bit: the newest one only."""

    __tablename__ = "checkpoints"
    run_id: Mapped[str] = _run_key()
    step: Mapped[int] = mapped_column(Integer)
    state: Mapped[bytes] = mapped_column(LargeBinary)


class BatchRow(Base):
    """The newest batch: which training images, their labels, and what the network took them for."""

    __tablename__ = "batches"
    run_id: Mapped[str] = _run_key()
    step: Mapped[int] = mapped_column(Integer)
    indices: Mapped[bytes] = mapped_column(LargeBinary)
    labels: Mapped[bytes] = mapped_column(LargeBinary)
    predictions: Mapped[bytes] = mapped_column(LargeBinary)


class CommandRow(Base):
    """What a user wants of a run in progress: pause, stop, set_learning_rate, or how far it may go (see pacing.py)."""

    __tablename__ = "commands"
    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    run_id: Mapped[str] = mapped_column(String(RUN_ID_LENGTH), ForeignKey("runs.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    value: Mapped[float | None] = mapped_column(Double)


class DatasetRow(Base):
    """A data set that a user imported, as a compressed NPZ file."""

    __tablename__ = "datasets"
    id: Mapped[str] = mapped_column(String(RUN_ID_LENGTH), primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    images: Mapped[int] = mapped_column(Integer)
    fingerprint: Mapped[str] = mapped_column(String(64), index=True)
    created_at: Mapped[float] = mapped_column(Double)
    data: Mapped[bytes] = mapped_column(LargeBinary)


class DrawingRow(Base):
    """A digit that a user drew and named; what a network had taken it for; its strokes as JSON."""

    __tablename__ = "drawings"
    id: Mapped[str] = mapped_column(String(RUN_ID_LENGTH), primary_key=True)
    label: Mapped[int] = mapped_column(Integer)
    answer: Mapped[int | None] = mapped_column(Integer)
    image: Mapped[bytes] = mapped_column(LargeBinary)
    strokes: Mapped[str] = mapped_column(Text)
    created_at: Mapped[float] = mapped_column(Double, index=True)


class TeachingRow(Base):
    """That a run goes on learning from drawings: whose, how many, and how many images of which data set beside them."""

    __tablename__ = "teachings"
    run_id: Mapped[str] = _run_key()
    kind: Mapped[str] = mapped_column(String(20))
    learned: Mapped[int] = mapped_column(Integer)
    mixed: Mapped[int] = mapped_column(Integer)
    mixed_from: Mapped[str] = mapped_column(String(40))
    created_at: Mapped[float] = mapped_column(Double)


class AnalysisRow(Base):
    """A long computation that a page asked for (see analyses.py); arguments and result are JSON."""

    __tablename__ = "analyses"
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    arguments: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(20))
    owner: Mapped[str | None] = mapped_column(String(32), index=True)
    progress: Mapped[float] = mapped_column(Double)
    result: Mapped[str | None] = mapped_column(Text)
    message: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[float] = mapped_column(Double)
    heartbeat_at: Mapped[float] = mapped_column(Double)
