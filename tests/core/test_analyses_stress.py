"""The stress analysis: accuracies of several runs at every level, growing from the plain images outwards."""

import numpy as np
import pytest
from tiny_digits import tiny_dataset

from mnistcore.analyses import stress
from mnistcore.errors import DataError, RunError
from mnistcore.insight.distortions import DISTORTIONS, distort
from mnistcore.runs import RunStore, execute_run
from mnistcore.training import parse_config


@pytest.fixture(scope="module")
def arguments(tmp_path_factory: pytest.TempPathFactory) -> tuple[RunStore, dict]:
    store = RunStore(f"sqlite:///{tmp_path_factory.mktemp('stress') / 'runs.db'}")
    dataset = tiny_dataset()
    name = store.add_dataset(dataset)
    runs = []
    for layers in ([], [{"units": 12}]):
        config = parse_config({"layers": layers, "epochs": 2, "validation_size": 100, "learning_rate": 0.01})
        run_id = store.create_run(config, dataset=name, fingerprint=dataset.fingerprint)
        execute_run(store.url, run_id)
        runs.append({"id": run_id, "step": store.run(run_id).step})
    return store, {
        "runs": runs,
        "dataset": name,
        "fingerprint": dataset.fingerprint,
        "count": 150,
        "distortion": "contrast",
        "seed": 0,
    }


def test_every_level_has_every_run_and_the_plain_one_comes_first(arguments: tuple[RunStore, dict]):
    store, wanted = arguments
    reports = list(stress.analyse(store, wanted))
    shares = [share for share, _ in reports]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert reports[1][1]["levels"] == [1]
    result = reports[-1][1]
    assert result["levels"] == sorted(DISTORTIONS["contrast"].levels)
    assert result["count"] == 150
    dataset = store.load_dataset(wanted["dataset"])
    chosen = np.random.default_rng(0).permutation(200)[:150]
    images, labels = dataset.test_images[chosen], dataset.test_labels[chosen]
    for level, place in ((1, -1), (0.1, 0)):
        changed = distort(images, "contrast", level, np.random.default_rng(0))
        for run in wanted["runs"]:
            expected = (store.load_weights(run["id"]).network.predict(changed).argmax(axis=1) == labels).mean()
            assert result["accuracy"][run["id"]][place] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("change", "message"), [({"distortion": "tilt"}, "no distortion 'tilt'"), ({"runs": []}, "from 1 to 8 runs")]
)
def test_what_cannot_be_analysed_is_refused(arguments: tuple[RunStore, dict], change: dict, message: str):
    store, wanted = arguments
    with pytest.raises(DataError, match=message):
        next(stress.analyse(store, wanted | change))


def test_the_weights_are_those_of_the_step_that_is_asked_for(arguments: tuple[RunStore, dict]):
    store, wanted = arguments
    run_id = wanted["runs"][0]["id"]
    early = store.snapshot_steps(run_id)[0]
    results = [
        list(stress.analyse(store, wanted | {"runs": [{"id": run_id, "step": step}]}))[-1][1]["accuracy"][run_id][-1]
        for step in (early, wanted["runs"][0]["step"])
    ]
    assert results[0] < results[1]
    with pytest.raises(RunError, match="no weights of step 7,777"):
        next(stress.analyse(store, wanted | {"runs": [{"id": run_id, "step": 7777}]}))
