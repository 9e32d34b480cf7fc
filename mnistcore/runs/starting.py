"""The weights that a run starts from: another run's, kept by their content, so that the other run may go."""

import hashlib
import json
import time

import numpy as np
from sqlalchemy import Engine, delete, insert, select

from mnistcore.errors import RunError
from mnistcore.nn import NetworkConfig
from mnistcore.nn.shapes import describe_shape, weight_shapes
from mnistcore.runs.database import reading, writing
from mnistcore.runs.records import Run
from mnistcore.runs.tables import ExperimentRow, RecipeRow, RunRow, StartRow
from mnistcore.runs.weights import load_parameters
from mnistcore.training.config import StartFrom, TrainingConfig

KEPT_SECONDS = 86_400.0  # at least, though nothing names them: what does may be about to be stored


def check_shape(source: Run, config: NetworkConfig) -> None:
    """RunError unless the weights of ``source`` are those of such a network."""
    if weight_shapes(source.config) != weight_shapes(config):
        raise RunError(
            f"The weights of “{source.name}” do not fit: it is a {describe_shape(source.config)}, this network is a "
            f"{describe_shape(config)}. Choose a run of the same shape, or give this network the layers of that one."
        )


def pinned(database: Engine, config: TrainingConfig, source: Run | None) -> TrainingConfig:
    """The config with its start named by step and content, and those weights stored for good.

    ``source`` is the run that it names, None if there is none any more: then the weights must be here already.
    RunError where they are not, or do not fit.
    """
    start = config.start_from
    if start is None:
        return config
    parameters, step = _found(database, start, config, source)
    data = parameters.astype("<f4").tobytes()
    content = hashlib.sha256(data).hexdigest()
    with writing(database) as connection:
        if connection.execute(select(StartRow.content).where(StartRow.content == content)).scalar() is None:
            connection.execute(insert(StartRow).values(content=content, parameters=data, created_at=time.time()))
    return config.model_copy(update={"start_from": StartFrom(run=start.run, step=step, content=content)})


def start_weights(database: Engine, config: TrainingConfig, source: Run | None) -> np.ndarray | None:
    """The weights (p,) float32 that a run with this config starts from; None for random ones. RunError as above."""
    return None if config.start_from is None else _found(database, config.start_from, config, source)[0]


def _found(
    database: Engine, start: StartFrom, config: NetworkConfig, source: Run | None
) -> tuple[np.ndarray, int | None]:
    """The weights and their step: those kept under their content, else the other run's."""
    if start.content is not None:
        with reading(database) as connection:
            kept = connection.execute(select(StartRow.parameters).where(StartRow.content == start.content)).scalar()
        if kept is not None:
            return np.frombuffer(kept, "<f4").astype(np.float32), start.step
    if source is None:
        raise RunError(f"The run to start from, {start.run}, is not in this store: choose another run's weights.")
    check_shape(source, config)
    found = load_parameters(database, source.id, start.step)
    if found is None:
        which = "no weights yet" if start.step is None else f"no weights of step {start.step:,}"
        raise RunError(f"“{source.name}” has {which}: choose another run or step to start from.")
    if start.content not in (None, hashlib.sha256(found[0].astype("<f4").tobytes()).hexdigest()):
        raise RunError(
            f"The weights of “{source.name}” after step {start.step:,} are not those that the settings name "
            "any more: choose its weights anew."
        )
    return found


def purge_starts(database: Engine) -> int:
    """Remove the weights that no run, experiment or recipe names any more; returns how many."""
    old = StartRow.created_at < time.time() - KEPT_SECONDS
    with writing(database) as connection:
        kept = set(connection.execute(select(StartRow.content).where(old)).scalars())
        if not kept:
            return 0
        for column in (RunRow.config, ExperimentRow.config, RecipeRow.config):
            for text in connection.execute(select(column).where(column.contains('"content"'))).scalars():
                settings = json.loads(text)
                kept.discard((settings.get("base", settings).get("start_from") or {}).get("content"))
        return int(connection.execute(delete(StartRow).where(StartRow.content.in_(kept))).rowcount) if kept else 0
