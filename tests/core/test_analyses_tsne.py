"""t-SNE: neighbours stay neighbours, the same every time; what cannot be arranged is refused."""

import re

import numpy as np
import pytest

from mnistcore.analyses.tsne import ROUNDS, analyse, rounds
from mnistcore.errors import DataError
from mnistcore.insight.layer_values import pixel_values
from mnistcore.insight.projection import principal_axes, project
from mnistcore.insight.samples import sample
from mnistcore.runs import RunStore
from tests.core.tiny_digits import tiny_dataset


def test_groups_that_lie_apart_stay_apart_and_the_result_is_the_same_again() -> None:
    rng = np.random.default_rng(0)
    groups = np.arange(120) % 3
    values = (rng.normal(size=(120, 10)) + 12 * np.eye(10)[groups]).astype(np.float32)
    made = list(rounds(values))
    assert len(made) == ROUNDS + 1
    assert made[0].std() < 1e-3
    places = made[-1]
    distances = np.square(places[:, None] - places[None]).sum(axis=2)
    np.fill_diagonal(distances, np.inf)
    assert (groups[distances.argmin(axis=1)] == groups).all()
    np.testing.assert_array_equal(list(rounds(values))[-1], places)


@pytest.mark.parametrize("count", [90, 10_001])
def test_too_few_or_too_many_images_are_refused(own_home: object, count: int) -> None:
    with pytest.raises(DataError, match=re.escape(f"t-SNE needs from 91 to 10,000 images, got {count:,}")):
        next(analyse(RunStore(), {"count": count}))


def test_by_pixels_it_needs_no_run_and_keeps_the_order_of_the_sample(
    own_home: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, dataset = RunStore(), tiny_dataset()
    asked = {"dataset": store.add_dataset(dataset), "part": "test", "count": 100, "run": None}
    monkeypatch.setattr("mnistcore.analyses.tsne.rounds", lambda values: iter([values[:, :2]] * (ROUNDS + 1)))
    *_, (share, result) = analyse(store, asked)
    assert (share, result["rounds"]) == (1.0, ROUNDS)
    values = pixel_values(dataset.test_images[sample(200, 100)])
    np.testing.assert_allclose(result["places"], project(principal_axes(values, 50), values)[:, :2], atol=1e-3)


def test_a_sample_is_the_same_again_and_all_if_there_are_no_more() -> None:
    assert sample(5, 10).tolist() == [0, 1, 2, 3, 4]
    assert (sample(1000, 50) == sample(1000, 50)).all()
    assert len(np.unique(sample(1000, 50))) == 50
