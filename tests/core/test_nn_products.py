"""Products in parts: which parts there are, and that a network learns what the textbook's does with and without."""

from collections.abc import Iterator

import numpy as np
import pytest
from oracle import Reference
from test_nn_gradients import build, dense, gradients, some_batch
from threadpoolctl import threadpool_info

from mnistcore.nn import products
from mnistcore.nn.layer_config import Conv2dConfig, FlattenConfig, MaxPool2dConfig
from mnistcore.nn.products import SMALL_PRODUCT, blocks

KERNELS = {library.get("architecture", "").lower() for library in threadpool_info()}


@pytest.fixture(params=[True, False], ids=["small", "whole"])
def pays(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[bool]:
    """As on a processor on which small products pay, and as on one where they do not."""
    monkeypatch.setattr(products, "UNPACKED", KERNELS if request.param else set())
    products.has_small_products.cache_clear()
    yield request.param
    products.has_small_products.cache_clear()


@pytest.mark.parametrize(
    ("length", "work"), [(717, 8192), (4608, 1152), (16, 60_000), (100, 10), (40, 2_000_000), (5, 0)]
)
def test_parts_cover_the_whole_length_in_order(pays: bool, length: int, work: int):
    parts = blocks(length, work)
    assert [row for part in parts for row in range(part.start, part.stop)] == list(range(length))
    if len(parts) > 1:
        assert pays
        assert max(part.stop - part.start for part in parts) * work <= SMALL_PRODUCT


def test_a_long_product_is_in_parts_only_where_they_pay(pays: bool):
    assert (len(blocks(717, 64 * 128)) > 1) == pays


def test_in_parts_or_not_a_network_finds_the_gradients_of_the_textbook(pays: bool):
    conv = {"kernel": 5, "activation": "tanh"}
    network = build(
        Conv2dConfig(filters=8, **conv), MaxPool2dConfig(), Conv2dConfig(filters=16, **conv), FlattenConfig(), dense(96)
    )
    x, labels = some_batch(16)
    logits, found, dx = gradients(network, x, labels)
    reference = Reference(network)
    expected, expected_dx = reference.gradients(x, labels)
    for one, other in ((logits, reference.logits(x)), (found, expected), (dx, expected_dx)):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-4 * np.abs(other).max())
