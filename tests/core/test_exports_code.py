"""Programs taken home: each is run by a Python of its own, and answers as the network does."""

import importlib.util
import io
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from various_networks import NETWORKS, random_images, random_network

from mnistcore.data import save_idx
from mnistcore.errors import ConfigError
from mnistcore.exports.facts import Facts
from mnistcore.exports.formats import FORMATS
from mnistcore.exports.numpy_code import numpy_code
from mnistcore.exports.picture_files import read_images
from mnistcore.exports.sklearn_code import sklearn_code
from tests.conftest import REQUIRED

FACTS = Facts('"""; import os; os.abort() #\\', "0123456789ab", 4690, "\n'''", 0.9865)
RUNNER = Path(__file__).with_name("run_models.py")
ROOT = Path(__file__).parents[2]
CLASSIFIERS = ("dense", "no hidden layer", "flat from the start")  # what scikit-learn can be
IMAGES = random_images(7)
KERAS_WARNS = "ignore:__array__ implementation doesn't accept a copy keyword"  # about itself, on PyTorch


def need(*libraries: str) -> None:
    missing = [library for library in libraries if importlib.util.find_spec(library) is None]
    if missing:
        reason = f"{', '.join(missing)} not installed: pip install -r requirements-check.txt"
        pytest.fail(reason) if REQUIRED else pytest.skip(reason)


def unpack(content: bytes, folder: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        archive.extractall(folder)


def python(*arguments: str | Path, **environment: str) -> str:
    """What a Python that knows nothing of this program prints, warnings taken as errors."""
    command = [sys.executable, "-W", "error", "-W", KERAS_WARNS, *map(str, arguments)]
    known = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        command, env=known | environment, cwd="/", capture_output=True, text=True, timeout=200, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def check(form: str, names: tuple[str, ...], folder: Path, **environment: str) -> None:
    """Every one of these networks, taken home in that form, gives the same probabilities and prints the same digits."""
    np.save(folder / "images.npy", IMAGES)
    save_idx(folder / "images-idx3-ubyte.gz", IMAGES)
    for name in names:
        unpack(FORMATS[form].write(random_network(name), FACTS), folder / name)
    python(RUNNER, folder, **environment)
    for name in names:
        expected = random_network(name).predict(IMAGES)
        found = np.load(folder / name / "probabilities.npy")
        assert found.shape == (7, 10)
        np.testing.assert_allclose(found, expected, atol=1e-5, err_msg=name)
        printed = [line.split()[0] for line in (folder / name / "said.txt").read_text().splitlines()]
        assert printed == [str(digit) for digit in expected.argmax(axis=1)], name


def test_numpy(tmp_path: Path) -> None:
    check("numpy", tuple(NETWORKS), tmp_path)


def test_sklearn(tmp_path: Path) -> None:
    check("sklearn", CLASSIFIERS, tmp_path)


def test_pytorch(tmp_path: Path) -> None:
    need("torch")
    check("pytorch", tuple(NETWORKS), tmp_path)


def test_keras(tmp_path: Path) -> None:
    """On PyTorch; the same program runs on JAX and TensorFlow."""
    need("keras", "torch")
    check("keras", tuple(NETWORKS), tmp_path, KERAS_BACKEND="torch", KERAS_HOME=str(tmp_path.parent / "keras"))


def test_the_program_reads_a_picture_and_needs_nothing_else(tmp_path: Path) -> None:
    """In isolated mode (-I), with no way to find mnistcore."""
    network = random_network("lenet")
    unpack(numpy_code(network, FACTS), tmp_path)
    Image.fromarray(IMAGES[0]).save(tmp_path / "digit.png")
    said = python("-I", tmp_path / "model.py", tmp_path / "digit.png")
    probabilities = network.predict(IMAGES[:1])[0]
    assert said == f"{probabilities.argmax()}  {100 * probabilities.max():.2f} %\n"


def test_images_of_another_size_are_refused(tmp_path: Path) -> None:
    Image.fromarray(np.zeros((30, 20), np.uint8)).save(tmp_path / "large.png")
    with pytest.raises(SystemExit, match=r"large\.png: images must be 28 × 28, got 30 × 20"):
        read_images(str(tmp_path / "large.png"))


@pytest.mark.parametrize("form", ["pytorch", "keras", "sklearn", "numpy"])
def test_the_same_network_gives_the_same_file_whatever_its_run_is_called(form: str) -> None:
    network = random_network("dense")
    content = FORMATS[form].write(network, FACTS)
    assert content == FORMATS[form].write(network, FACTS)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        text = archive.read("model.py").decode()
        assert len(archive.namelist()) == 2
        assert not any(name.endswith((".pkl", ".pt", ".joblib")) for name in archive.namelist())
    compile(text, "model.py", "exec")
    assert max(map(len, text.splitlines())) <= 120
    assert "os.abort" not in text.split('"""', 2)[2]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("lenet", "it has dense layers only, and this has convolutional layers too"),
        ("norms of rows", "this has batch normalisation layers"),
        ("every activation", "these have identity and leaky_relu and sigmoid and tanh"),
    ],
)
def test_sklearn_says_why_it_cannot_be_such_a_network(name: str, reason: str) -> None:
    with pytest.raises(ConfigError, match=reason) as caught:
        sklearn_code(random_network(name), FACTS)
    assert str(caught.value).endswith("Instead, take it home as PyTorch, Keras or NumPy.")
