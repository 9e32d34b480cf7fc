"""The analysis of smallest changes: what the searches find, run by run, in a form that JSON and the page can take."""

import json

import numpy as np
import pytest
from tiny_digits import tiny_dataset

from mnistcore.analyses import smallest_change
from mnistcore.errors import DataError
from mnistcore.insight.adversarial import fewest_pixels, smallest_fgsm
from mnistcore.runs import RunStore, execute_run
from mnistcore.training import parse_config


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> RunStore:
    store = RunStore(f"sqlite:///{tmp_path_factory.mktemp('smallest') / 'runs.db'}")
    dataset = tiny_dataset()
    name = store.add_dataset(dataset)
    for settings in ({"epochs": 2}, {"epochs": 1, "initialization": "zeros", "learning_rate": 1e-9}):
        config = parse_config({"layers": [], "validation_size": 100, "learning_rate": 0.01} | settings)
        execute_run(store.url, store.create_run(config, dataset=name, fingerprint=dataset.fingerprint))
    return store


def wanted(store: RunStore) -> dict:
    runs = [{"id": run.id, "step": run.step} for run in store.runs()]
    return {"image": smallest_change.image_text(tiny_dataset().test_images[0]), "runs": runs}


def test_every_run_has_what_both_searches_find(store: RunStore):
    arguments = wanted(store)
    reports = list(smallest_change.analyse(store, arguments))
    shares = [share for share, _ in reports]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    flips = json.loads(json.dumps(reports[-1][1]))["flips"]
    assert list(flips) == [run["id"] for run in arguments["runs"]]
    image = tiny_dataset().test_images[0]
    for run_id, found in flips.items():
        network = store.load_weights(run_id).network
        for name, search in (("everywhere", smallest_fgsm), ("pixels", fewest_pixels)):
            expected, flip = search(network, image), smallest_change.read_flip(found[name])
            assert (expected is None) == (flip is None)
            if expected is not None and flip is not None:
                np.testing.assert_array_equal(flip.image, expected.image)
                assert (flip.before, flip.after, flip.pixels) == (expected.before, expected.after, expected.pixels)
    assert any(found["pixels"] for found in flips.values())


@pytest.mark.parametrize("image", ["", "00" * 783, "zz" * 784])
def test_what_is_no_image_is_refused(store: RunStore, image: str):
    with pytest.raises(DataError, match="784 pixels"):
        next(smallest_change.analyse(store, wanted(store) | {"image": image}))
