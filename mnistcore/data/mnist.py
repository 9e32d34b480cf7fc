"""MNIST: its four files, where they are found, and how they become a data set."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from mnistcore.data.dataset import Dataset
from mnistcore.data.home import data_home
from mnistcore.data.idx import CHUNK, decompressed, load_idx_pair
from mnistcore.errors import DataError


@dataclass(frozen=True)
class MnistFile:
    """One of the four files: its name at the mirrors, about how large it is there, and the hash of what it holds."""

    name: str
    compressed_bytes: int
    content_bytes: int
    content_sha256: str

    def names(self) -> tuple[str, ...]:
        """The names under which people keep it: gzip or plain, and with the dot that some sites put in."""
        plain = self.name.removesuffix(".gz")
        dotted = plain.replace("-idx", ".idx")
        return self.name, plain, f"{dotted}.gz", dotted

    def find(self, folder: Path) -> Path | None:
        """Its path in `folder`, under any of its names."""
        return next((folder / name for name in self.names() if os.path.isfile(folder / name)), None)

    def defect(self, path: Path) -> str | None:
        """None if `path`, gzip or plain, holds exactly this content (by sha256), else what is wrong with it."""
        digest, size = hashlib.sha256(), 0
        try:
            with path.open("rb") as packed, decompressed(packed, path.name.removesuffix(".gz")) as stream:
                while piece := stream.read(CHUNK):
                    size += len(piece)
                    if size > self.content_bytes:
                        return f"has more than the {self.content_bytes:,} bytes of {self.name}"
                    digest.update(piece)
        except (DataError, OSError):
            return "has damaged gzip data"
        if digest.hexdigest() != self.content_sha256:
            return f"has other content than {self.name} (sha256 {digest.hexdigest()[:12]}…)"
        return None


TRAIN_IMAGES = MnistFile(
    "train-images-idx3-ubyte.gz",
    9_912_422,
    47_040_016,
    "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
)
TRAIN_LABELS = MnistFile(
    "train-labels-idx1-ubyte.gz", 28_881, 60_008, "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"
)
TEST_IMAGES = MnistFile(
    "t10k-images-idx3-ubyte.gz",
    1_648_877,
    7_840_016,
    "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
)
TEST_LABELS = MnistFile(
    "t10k-labels-idx1-ubyte.gz", 4_542, 10_008, "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"
)
MNIST_FILES = (TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS)


def mnist_home() -> Path:
    """Where a download puts the files; not made before it is needed."""
    return data_home() / "mnist"


def find_mnist() -> Path | None:
    """The folder that holds all four files: ``MNIST_EXPLORER_DATA``, else the user's data folder, else None.

    A ``MNIST_EXPLORER_DATA`` without the files does not stop the app: see `mnist_notice`.
    """
    candidates = [Path(given).expanduser()] if (given := os.environ.get("MNIST_EXPLORER_DATA")) else []
    return next((folder for folder in (*candidates, mnist_home()) if not missing_files(folder)), None)


def missing_files(folder: Path) -> list[str]:
    """Names of the files of MNIST that are not in `folder`."""
    return [file.name for file in MNIST_FILES if file.find(folder) is None]


def mnist_notice() -> str | None:
    """What to tell a user whose ``MNIST_EXPLORER_DATA`` names a folder without MNIST; None if unset or all is well."""
    given = os.environ.get("MNIST_EXPLORER_DATA")
    if not given:
        return None
    folder = Path(given).expanduser()
    if not folder.is_dir():
        return f"MNIST_EXPLORER_DATA is {given}, which is not a folder; set it to the folder with the four MNIST files."
    if missing := missing_files(folder):
        return f"MNIST_EXPLORER_DATA is {given}, which lacks {', '.join(missing)}; put the four MNIST files there."
    return None


def load_mnist(folder: str | os.PathLike[str] | None = None, name: str = "mnist") -> Dataset:
    """The data set in the four files of `folder` (by default where `find_mnist` finds them).

    Raises DataError that names the folder and what is missing, or the file and its defect.
    """
    place = Path(folder) if folder is not None else find_mnist()
    if place is None:
        notice = mnist_notice()
        raise DataError(
            "MNIST is not on this machine"
            + (f": {notice}" if notice else ".")
            + " Download it (Home page, or `python -m mnistcore data download`), set MNIST_EXPLORER_DATA to a folder "
            'that has it, or use the generated digits (data set "generated").'
        )
    if missing := missing_files(place):
        raise DataError(f"{place}: lacks {', '.join(missing)}; put the four MNIST files there.")
    paths = [found for file in MNIST_FILES if (found := file.find(place))]
    return Dataset.build(name, *load_idx_pair(*paths[:2]), *load_idx_pair(*paths[2:]))
