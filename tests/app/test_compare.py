"""The page of two networks: the 2×2, McNemar's test, whose certainty was justified, agreement over training."""

from functools import partial

import numpy as np
import pytest

from mnistcore.insight.two_networks import matched_steps
from mnistcore.runs import RunStore
from tests.app.pages import button, html, open_page, texts
from tests.app.small_runs import analysed, easy_digits, trained_run
from ui.compare.training import agreement_points

opened = partial(open_page, "compare")


@pytest.fixture
def two(store: RunStore) -> tuple[str, str]:
    return trained_run(store, name="slow", learning_rate=1e-4), trained_run(store, name="fast")


def test_without_runs_it_offers_to_train_one() -> None:
    assert "Train a first network" in [found.label for found in opened().button]


def test_with_one_run_it_offers_to_train_another(store: RunStore) -> None:
    page = opened(run=trained_run(store))
    assert "There is only this network so far" in texts(page)
    assert "Train a first network" in [found.label for found in page.button]


def test_two_runs_are_compared_on_the_same_images(store: RunStore, two: tuple[str, str]) -> None:
    page = opened(run=two[0], **{"with": two[1]})
    images, labels = easy_digits().test_images, easy_digits().test_labels
    right = [store.load_weights(run).network.predict(images).argmax(axis=1) == labels for run in two]
    assert f"<b>{(right[0] & right[1]).sum()}</b>" in html(page)
    assert f"<b>{(~right[0] & right[1]).sum()}</b>" in html(page)
    assert "the second network is better." in texts(page)
    assert "They give the same answer to" in texts(page)
    assert "Where only the second is right" in texts(page)
    assert "the surer of the two is right in" in texts(page)


def test_the_images_of_a_cell(two: tuple[str, str]) -> None:
    page = opened(run=two[0], **{"with": two[1]})
    page.segmented_control(key="same_images").set_value("Only the second reads").run()
    assert not page.exception
    assert "the first reads" in html(page)
    page.segmented_control(key="same_images").set_value("Both read").run()
    assert "the surest mistakes come first" in texts(page)


def test_the_second_run_is_another_one_and_stays_in_the_address(two: tuple[str, str]) -> None:
    page = opened(run=two[0])
    assert page.query_params["with"] == two[1]
    page.selectbox(key="choose_run").set_value(two[1]).run()
    assert not page.exception
    assert page.query_params["with"] == two[0]


def test_an_unknown_second_run_is_named(two: tuple[str, str]) -> None:
    page = opened(run=two[0], **{"with": "0123456789ab"})
    assert "0123456789ab" in page.warning[0].value


def test_agreement_over_training_is_made_on_request_and_shown(store: RunStore, two: tuple[str, str]) -> None:
    page = opened(run=two[0], **{"with": two[1]})
    pairs = matched_steps(*(store.snapshot_steps(run) for run in two))
    button(page, f"Compare at {len(pairs)} snapshots").click().run()
    assert not page.exception
    name, dataset = store.run(two[0]).dataset, easy_digits()
    asked = {"first": two[0], "second": two[1], "pairs": [list(pair) for pair in pairs], "dataset": name}
    found = store.analysis("agreement", asked | {"fingerprint": dataset.fingerprint})
    assert found is not None
    assert found.status == "queued"
    store.forget_analysis(found.key)
    analysed(store, "agreement", asked | {"fingerprint": dataset.fingerprint})
    page = opened(run=two[0], **{"with": two[1]})
    assert "at their first snapshots the two gave the same answer to" in texts(page)
    assert page.get("vega_lite_chart")


def test_the_curves_run_over_the_training_of_the_run_with_more_snapshots() -> None:
    rows = [
        {"first_step": 90, "second_step": step, "agreement": 0.5, "first_accuracy": 0.9, "second_accuracy": 0.4}
        for step in (0, 10, 40)
    ]
    points = agreement_points({"rows": rows}, (90, 40))
    assert points.loc[points["curve"] == "Same answer", "training"].tolist() == [0, 0.25, 1]
    assert points.loc[points["curve"] == "Second right", "value"].tolist() == [0.4] * 3


def test_a_worker_finds_the_agreement_at_each_pair_of_snapshots(store: RunStore) -> None:
    dataset = easy_digits()
    runs = [trained_run(store, dataset, seed=seed, epochs=1) for seed in (0, 1)]
    pairs = matched_steps(*(store.snapshot_steps(run) for run in runs), points=3)
    name = store.run(runs[0]).dataset
    asked = {"first": runs[0], "second": runs[1], "pairs": [list(pair) for pair in pairs], "dataset": name}
    found = analysed(store, "agreement", asked | {"fingerprint": dataset.fingerprint})
    assert found["count"] == 100
    for row, pair in zip(found["rows"], pairs, strict=True):
        assert (row["first_step"], row["second_step"]) == pair
        answers = [
            store.load_weights(run, step).network.predict(dataset.test_images).argmax(axis=1)
            for run, step in zip(runs, pair, strict=True)
        ]
        assert row["agreement"] == np.mean(answers[0] == answers[1])
        assert row["first_accuracy"] == np.mean(answers[0] == dataset.test_labels)
        assert row["second_accuracy"] == np.mean(answers[1] == dataset.test_labels)
    assert found["rows"][-1]["agreement"] > found["rows"][0]["agreement"]
