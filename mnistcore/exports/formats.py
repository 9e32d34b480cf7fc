"""All forms in which a network is taken home, by the names that the command line and the pages use."""

from collections.abc import Callable
from typing import NamedTuple

from mnistcore.exports.facts import Facts
from mnistcore.exports.keras_code import keras_code
from mnistcore.exports.numpy_code import numpy_code
from mnistcore.exports.onnx_model import onnx_model
from mnistcore.exports.pytorch_code import pytorch_code
from mnistcore.exports.safetensors_file import safetensors_file
from mnistcore.exports.sklearn_code import sklearn_code
from mnistcore.exports.web_page import web_page
from mnistcore.nn import Network


class Format(NamedTuple):
    """How a network is written: the function, how the file's name ends, its type, what to call it, and what it is good
    for in a sentence."""

    write: Callable[[Network, Facts], bytes]
    suffix: str
    mime: str
    title: str
    words: str


ZIP, BINARY = "application/zip", "application/octet-stream"
FORMATS = {
    "html": Format(
        web_page,
        ".html",
        "text/html",
        "Web page",
        "One file for any browser, a phone's too: draw a digit and it answers, without a network connection.",
    ),
    "onnx": Format(
        onnx_model, ".onnx", BINARY, "ONNX", "One file that onnxruntime, browsers and many other programs run."
    ),
    "pytorch": Format(
        pytorch_code, "-pytorch.zip", ZIP, "PyTorch", "A module to read and to train further, with its weights."
    ),
    "keras": Format(
        keras_code,
        "-keras.zip",
        ZIP,
        "Keras",
        "A model to read and to train further on any back end, with its weights.",
    ),
    "sklearn": Format(
        sklearn_code,
        "-sklearn.zip",
        ZIP,
        "scikit-learn",
        "An MLPClassifier with its weights, where that can be such a network.",
    ),
    "numpy": Format(
        numpy_code,
        "-numpy.zip",
        ZIP,
        "Plain NumPy",
        "The textbook's functions and the weights: it needs NumPy and nothing else.",
    ),
    "safetensors": Format(
        safetensors_file,
        ".safetensors",
        BINARY,
        "Weights (safetensors)",
        "The arrays of every layer by name, in a file that many libraries read.",
    ),
}
