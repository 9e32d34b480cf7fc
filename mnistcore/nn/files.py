"""Networks as NPZ files: the settings as JSON and the parameters, nothing that could run code."""

import io
import os
import zipfile
from pathlib import Path

import numpy as np

from mnistcore.errors import ConfigError
from mnistcore.nn.config import MAX_PARAMETERS, NetworkConfig
from mnistcore.nn.network import Network

MAX_BYTES = MAX_PARAMETERS * 4 + 1_000_000


def network_to_bytes(network: Network) -> bytes:
    """The network as the bytes of an NPZ file with ``config`` (JSON as uint8) and ``parameters`` (p,) float32."""
    config = network.config.model_dump_json(include=set(NetworkConfig.model_fields))
    buffer = io.BytesIO()
    np.savez(buffer, config=np.frombuffer(config.encode(), np.uint8), parameters=network.parameters)
    return buffer.getvalue()


def network_from_bytes(data: bytes, source: str = "weights file") -> Network:
    """The network in the bytes of such an NPZ file; ConfigError, naming ``source``, if they are not such a file."""
    remedy = "use a weights.npz that MNIST Explorer wrote"
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            size = sum(member.file_size for member in archive.infolist())
        if size > MAX_BYTES:
            raise ConfigError(f"{source} unpacks to {size:,} bytes, at most {MAX_BYTES:,} are read: {remedy}")
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            config = NetworkConfig.model_validate_json(arrays["config"].astype(np.uint8).tobytes())
            parameters = arrays["parameters"].astype(np.float32)
    except ConfigError:
        raise
    except Exception as error:  # hostile bytes make zipfile, zlib and numpy raise a dozen kinds, MemoryError too
        raise ConfigError(f"{source} holds no network ({type(error).__name__}): {remedy}") from error
    network = Network(config, np.random.default_rng(0))
    network.load_parameters(parameters)
    return network


def save_network(path: Path | str, network: Network) -> None:
    """Write the network to an NPZ file, whole or not at all."""
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    temporary.write_bytes(network_to_bytes(network))
    os.replace(temporary, path)


def load_network(path: Path | str) -> Network:
    """Read a network from an NPZ file; ConfigError if it cannot be read or holds something else."""
    path = Path(path)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ConfigError(f"{path} has more than {MAX_BYTES:,} bytes: it is no weights file")
        data = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path} cannot be read ({error.strerror}): check the path") from error
    return network_from_bytes(data, str(path))
