"""Network files: the round trip, and bytes that are anything else."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracle import examples
from tiny_digits import gratings

from mnistcore.errors import ConfigError
from mnistcore.nn import (
    DenseConfig,
    DropoutConfig,
    Network,
    NetworkConfig,
    load_network,
    network_from_bytes,
    network_to_bytes,
    save_network,
)
from mnistcore.training import TrainingConfig

SMALL = NetworkConfig(layers=(DenseConfig(units=2, activation="tanh"), DropoutConfig()), loss="sigmoid_squared_error")


def some_network(config: NetworkConfig = SMALL) -> Network:
    return Network(config, np.random.default_rng(7))


def archive(**arrays: Any) -> bytes:
    """An NPZ file of a small network's arrays, some of them replaced, or left out by None."""
    network = some_network()
    config = np.frombuffer(SMALL.model_dump_json().encode(), np.uint8)
    arrays = {"config": config, "parameters": network.parameters} | arrays
    buffer = io.BytesIO()
    np.savez(buffer, **{name: array for name, array in arrays.items() if array is not None})
    return buffer.getvalue()


def zipped(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in members.items():
            target.writestr(f"{name}.npy", content)
    return buffer.getvalue()


def npy(shape: str, content: bytes = b"", dtype: str = "<f4") -> bytes:
    """A .npy member with any claim about its shape."""
    header = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode() + content


def assert_comes_back_whole(network: Network, folder: Path) -> None:
    """From bytes and from a file, the same in every respect; and no temporary file stays in the folder."""
    images, _ = gratings(5, seed=0)
    save_network(folder / "weights.npz", network)
    for again in (network_from_bytes(network_to_bytes(network)), load_network(str(folder / "weights.npz"))):
        settings = network.config.model_dump(include=set(NetworkConfig.model_fields))
        assert again.config == NetworkConfig.model_validate(settings)
        assert again.parameters.tobytes() == network.parameters.tobytes()
        np.testing.assert_array_equal(again.predict(images), network.predict(images))
    assert [path.name for path in folder.iterdir()] == ["weights.npz"]


def test_round_trip_through_bytes_and_file(tmp_path: Path):
    assert_comes_back_whole(some_network(), tmp_path)


def test_a_training_config_is_stored_as_the_networks_part_of_it():
    network = some_network(TrainingConfig(layers=(), epochs=9))
    again = network_from_bytes(network_to_bytes(network))
    assert type(again.config) is NetworkConfig
    assert again.config.layers == ()


def test_anyone_can_read_the_file_without_pickle():
    with np.load(io.BytesIO(network_to_bytes(some_network())), allow_pickle=False) as arrays:
        assert sorted(arrays.files) == ["config", "parameters"]
        assert arrays["parameters"].dtype == np.float32
        assert json.loads(arrays["config"].tobytes())["loss"] == "sigmoid_squared_error"


def test_a_file_put_together_by_hand_is_read_too():
    """What the hostile files below are made of does work when nothing is wrong with it."""
    network = some_network()
    data = zipped(config=CONFIG, parameters=npy("(1600,)", network.parameters.tobytes()))
    assert network_from_bytes(data).parameters.tobytes() == network.parameters.tobytes()


def test_saving_replaces_a_file(tmp_path: Path):
    path = tmp_path / "weights.npz"
    path.write_bytes(b"old")
    save_network(path, some_network())
    assert load_network(path).parameter_count == some_network().parameter_count


CONFIG = npy(f"({len(SMALL.model_dump_json())},)", SMALL.model_dump_json().encode(), "|u1")

HOSTILE = {
    "empty": b"",
    "text": b"weights",
    "truncated": network_to_bytes(some_network())[:-200],
    "a zip of something else": zipped(note=b"hello"),
    "no config": archive(config=None),
    "no parameters": archive(parameters=None),
    "pickled parameters": archive(parameters=np.array([{"a": 1}], dtype=object)),
    "pickled config": archive(config=np.array([print], dtype=object)),
    "words": archive(parameters=np.array(["a", "b"])),
    "config is no json": archive(config=np.frombuffer(b"{", np.uint8)),
    "config has a stranger": archive(config=np.frombuffer(b'{"epochs": 3}', np.uint8)),
    "config asks too much": archive(config=np.frombuffer(b'{"layers": [{"kind": "dense", "units": 9999}]}', np.uint8)),
    "config nests deeply": archive(config=np.frombuffer(b"[" * 100_000, np.uint8)),
    "promises terabytes": zipped(config=CONFIG, parameters=npy("(1000000000000,)")),
    "promises more than fits a number": zipped(config=CONFIG, parameters=npy("(99999999999, 99999999999)")),
    "negative shape": zipped(config=CONFIG, parameters=npy("(-5,)", b"\0" * 20)),
    "too short": zipped(config=CONFIG, parameters=npy("(50890,)", b"\0\0\0\0")),
    "broken header": zipped(config=CONFIG, parameters=npy("(__import__('os'),)")),
    "a plain array before a zip": npy("(5,)", b"\0" * 20) + archive(),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_other_bytes_are_refused_in_one_line(name: str):
    with pytest.raises(ConfigError, match=r"upload\.npz holds no network \(\w+\): use a weights\.npz") as caught:
        network_from_bytes(HOSTILE[name], "upload.npz")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        (np.zeros(7, np.float32), r"hold 7 numbers, this network has 1,600 parameters"),
        (np.zeros((1600, 1), np.float32), r"load them into the network they were saved from"),
        (np.full(1600, np.nan, np.float32), "not finite"),
        (np.full(1600, np.inf), "not finite"),
    ],
)
def test_numbers_that_do_not_fit_are_refused(parameters: np.ndarray, message: str):
    with pytest.raises(ConfigError, match=message):
        network_from_bytes(archive(parameters=parameters))


def test_a_bomb_is_refused_before_it_is_unpacked():
    data = zipped(config=b"", parameters=b"\0" * 42_000_000)
    assert len(data) < 100_000
    with pytest.raises(ConfigError, match=r"unpacks to 42,000,000 bytes, at most 41,000,000 are read"):
        network_from_bytes(data)


@examples
@given(data=st.data())
def test_no_flipped_bytes_raise_anything_but_a_config_error(data: st.DataObject):
    good = bytearray(network_to_bytes(some_network()))
    places = st.one_of(st.integers(0, 300), st.integers(len(good) - 300, len(good) - 1), st.integers(0, len(good) - 1))
    for place in data.draw(st.lists(places, min_size=1, max_size=4)):
        good[place] ^= data.draw(st.integers(1, 255))
    try:
        network = network_from_bytes(bytes(good))
    except ConfigError:
        return
    assert network.parameters.dtype == np.float32


def test_a_missing_file_and_a_huge_one_are_refused(tmp_path: Path):
    with pytest.raises(ConfigError, match=r"nowhere\.npz cannot be read \(No such file or directory\): check the path"):
        load_network(tmp_path / "nowhere.npz")
    huge = tmp_path / "huge.npz"
    with huge.open("wb") as file:
        file.truncate(50_000_000)
    with pytest.raises(ConfigError, match=r"huge\.npz has more than 41,000,000 bytes: it is no weights file"):
        load_network(huge)


def test_the_error_names_the_file(tmp_path: Path):
    path = tmp_path / "notes.npz"
    path.write_text("not a network")
    with pytest.raises(ConfigError, match=r"notes\.npz holds no network"):
        load_network(path)
