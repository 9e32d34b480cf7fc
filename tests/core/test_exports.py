"""Networks taken home: each form gives the same answers as the network, and says what it is."""

import html
import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from onnxruntime import InferenceSession
from safetensors import safe_open
from safetensors.numpy import load
from various_networks import NETWORKS, random_images, random_network

from mnistcore.exports.facts import Facts, harmless
from mnistcore.exports.layers import named_layers
from mnistcore.exports.onnx_model import onnx_model
from mnistcore.exports.safetensors_file import safetensors_file
from mnistcore.exports.web_page import web_page
from mnistcore.nn import Network, NetworkConfig

FACTS = Facts("lenet, the third", "0123456789ab", 4690, "mnist", 0.9865)
EVIL = "x\"\"\"\n'''; import os; os.abort() # </script>\\"


def test_what_a_name_says_ends_no_string() -> None:
    assert harmless(EVIL) == "x       ; import os; os.abort() #  /script  "
    assert harmless("é 7\u202e\x00", 5) == "é 7  "
    assert Facts("a" * 200, "0123456789ab", 0, "mnist").title == "a" * 80


def test_layers_are_numbered_within_their_kind() -> None:
    names = [layer.name for layer in named_layers(random_network("lenet"))]
    assert names == ["conv1", "pool1", "conv2", "pool2", "flatten1", "dense1", "output"]


@pytest.mark.parametrize("name", NETWORKS)
def test_safetensors_make_the_same_network(name: str, tmp_path: Path) -> None:
    """Built again from what the file says alone: the settings, and the arrays in the order of the layers."""
    network, images = random_network(name), random_images(5)
    content = safetensors_file(network, FACTS)
    path = tmp_path / "weights.safetensors"
    path.write_bytes(content)
    with safe_open(path, "np") as file:
        about = json.loads(file.metadata()["mnist_explorer"])
    assert about["test_accuracy"] == 0.9865
    assert [about[key] for key in ("run", "name", "step", "data")] == [FACTS.run_id, FACTS.name, 4690, "mnist"]
    arrays = load(content)
    again = Network(NetworkConfig.model_validate(about["network"]), np.random.default_rng(1))
    for layer in named_layers(again):
        for kind, array in layer.arrays.items():
            array[...] = arrays.pop(f"{layer.name}.{kind}")
    assert not arrays
    np.testing.assert_array_equal(again.predict(images), network.predict(images))


def test_a_web_page_says_what_it_is_and_no_name_gets_out_of_its_text() -> None:
    """What a browser makes of it: tests/browser/test_web_page.py."""
    page = web_page(random_network("lenet"), replace(FACTS, name=EVIL, dataset="<i>mine</i> {{script}}")).decode()
    assert page.count("<script") == 3
    assert html.escape(EVIL) in page
    assert "<i>" not in page
    assert "Test accuracy</dt><dd>98.65 %" in page
    assert page.count(json.dumps(random_network("lenet").config.loss)) == 1
    assert not re.search(r"(src|href)=(?!\"data:,)|https?://|@import", page)


@pytest.mark.parametrize("name", NETWORKS)
def test_onnx_answers_as_the_network(name: str) -> None:
    network, images = random_network(name), random_images(7)
    content = onnx_model(network, FACTS)
    session = InferenceSession(content, providers=["CPUExecutionProvider"])
    (given,), (found,) = session.get_inputs(), session.get_outputs()
    assert (given.name, given.type, given.shape) == ("images", "tensor(uint8)", ["n", 28, 28])
    assert (found.name, found.type, found.shape) == ("probabilities", "tensor(float)", ["n", 10])
    for count in (7, 1):
        (probabilities,) = session.run(None, {"images": images[:count]})
        np.testing.assert_allclose(probabilities, network.predict(images[:count]), atol=1e-5)
    assert session.get_modelmeta().custom_metadata_map == {"run": FACTS.run_id, "step": "4690"}
    assert content == onnx_model(network, FACTS)


def test_onnx_of_outputs_that_are_all_far_below_zero() -> None:
    """Ten sigmoids that float32 rounds to 0 still have shares."""
    network, images = random_network("every activation"), random_images(3)
    network.views(len(network.layers) - 1, network.parameters)["b"][:] = -200 - np.arange(10)
    session = InferenceSession(onnx_model(network, FACTS), providers=["CPUExecutionProvider"])
    (probabilities,) = session.run(None, {"images": images})
    np.testing.assert_allclose(probabilities, network.predict(images), atol=1e-5)
