"""All snapshots of a run as one member of its archive, and their careful reading."""

import io
import zipfile
from collections.abc import Mapping

import numpy as np

from mnistcore.errors import RunError
from mnistcore.nn import summarize
from mnistcore.runs.attempt import float16_bytes
from mnistcore.training.config import TrainingConfig

NAME = "snapshots.npz"
REMEDY = "choose a ZIP file that MNIST Explorer wrote"
MAX_SNAPSHOTS, MAX_BYTES = 1000, 40_000_000


def snapshots_to_bytes(snapshots: Mapping[int, np.ndarray]) -> bytes:
    """One array of the steps, one of the parameters (k, p) float16."""
    buffer = io.BytesIO()
    parameters = np.stack([np.frombuffer(float16_bytes(snapshots[step]), "<f2") for step in sorted(snapshots)])
    np.savez(buffer, steps=np.array(sorted(snapshots), np.int64), parameters=parameters)
    return buffer.getvalue()


def snapshots_from_bytes(data: bytes, config: TrainingConfig) -> dict[int, np.ndarray]:
    """The parameters (p,) float16 by step, ascending; RunError says what is wrong with the bytes."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            size = sum(member.file_size for member in packed.infolist())
        if size > MAX_BYTES:
            raise RunError(f"{NAME} in the archive unpacks to {size:,} bytes, at most {MAX_BYTES:,} are read: {REMEDY}")
        with np.load(io.BytesIO(data), allow_pickle=False) as stored:
            steps, parameters = np.asarray(stored["steps"]), np.asarray(stored["parameters"])  # bytes if no array
    except RunError:
        raise
    except Exception as error:  # hostile bytes make zipfile, zlib and numpy raise a dozen kinds, MemoryError too
        raise RunError(f"{NAME} in the archive holds no snapshots ({type(error).__name__}): {REMEDY}") from error
    wanted = (steps.size, sum(layer.parameters for layer in summarize(config)))
    is_usable = steps.ndim == 1 and steps.dtype == np.int64 and parameters.dtype == np.float16
    if not is_usable or parameters.shape != wanted or not 0 < steps.size <= MAX_SNAPSHOTS:
        raise RunError(f"{NAME} in the archive belongs to another network than config.json: {REMEDY}")
    if (np.diff(steps) <= 0).any() or steps[0] < 0 or steps[-1] >= 2**31 or not np.isfinite(parameters).all():
        raise RunError(f"{NAME} in the archive holds steps or numbers that cannot be: {REMEDY}")
    return dict(zip(steps.tolist(), parameters, strict=True))
