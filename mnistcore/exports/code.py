"""What all programs that are taken home have in common: how they begin and end, and the ZIP with their weights."""

import inspect
import io
import textwrap
import zipfile
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from mnistcore.exports.facts import Facts
from mnistcore.exports.picture_files import read_images
from mnistcore.nn import Network

ROWS = 500  # images at a time: a convolution takes many times an image's memory

HEADER = '''"""{title}: a network of MNIST Explorer in {library}.

{sentence}

    pip install {packages}
    python model.py digit.png                  a picture of 28 × 28 pixels, bright ink on black (needs pillow)
    python model.py t10k-images-idx3-ubyte     all images of an IDX file, gzip or not
"""
'''
MAIN = """def main() -> None:
    if len(sys.argv) != 2:
        raise SystemExit("usage: python model.py IMAGES")
    for probabilities in predict(read_images(sys.argv[1])):
        digit = probabilities.argmax()
        print(f"{digit}  {100 * probabilities[digit]:.2f} %")


if __name__ == "__main__":
    main()
"""


def program(network: Network, facts: Facts, library: str, packages: str, *parts: str) -> str:
    """The text of a model.py: what it is, these parts, and a `main` that reads images and calls their `predict`."""
    sentence = textwrap.fill(facts.sentence(network), 100)
    header = HEADER.format(title=facts.title, library=library, sentence=sentence, packages=packages)
    reading = inspect.getsource(read_images)
    return "\n\n".join(part.strip("\n") + "\n" for part in (header + "\n" + parts[0], *parts[1:], reading, MAIN))


def probabilities(network: Network, of_logits: str, of_sigmoids: str) -> str:
    """Which of two expressions `predict` returns; sigmoids are divided by their sum by way of their logarithms, which
    cannot come to 0 / 0."""
    return f"{of_sigmoids}  # sigmoids divided by their sum" if network.config.loss.startswith("sigmoid") else of_logits


def sources(functions: Iterable[Callable[..., Any]]) -> list[str]:
    """The source of each function, once."""
    return [inspect.getsource(function) for function in dict.fromkeys(functions)]


def arguments(**given: Any) -> str:
    """`kernel_size=5, activation="relu"`"""
    return ", ".join(f"{name}={value!r}".replace("'", '"') for name, value in given.items())


def npz(arrays: Mapping[str, np.ndarray]) -> bytes:
    """Arrays by name as an NPZ file, which needs no pickle."""
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()


def zipped(files: Mapping[str, bytes | str]) -> bytes:
    """A ZIP of these files; of the same ones the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(name)
            info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(info, content)
    return buffer.getvalue()
