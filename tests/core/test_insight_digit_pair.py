"""Two digits along one axis: order, sides, bins and means, against plain loops."""

import numpy as np
import pytest
from tiny_digits import begin, finish, tiny_dataset

from mnistcore.errors import DataError
from mnistcore.insight.digit_pair import (
    BINS,
    axis_counts,
    axis_edges,
    bin_of,
    finite_scores,
    leads,
    mean_images,
    nearest_to_decision,
    sides,
    typical,
)

LABELS = np.array([3, 3, 3, 3, 8, 8, 8])
LEADS = np.array([-4.0, 0.5, -0.25, 0.0, 2.0, -1.0, 0.125])
READ = np.array([3, 8, 5, 3, 8, 3, 8])


def test_the_axis_has_the_order_of_the_odds_of_the_two_digits():
    state = begin(layers=[{"units": 8}], epochs=1)
    finish(state)
    images = tiny_dataset().test_images
    logits = finite_scores(state.network, images)
    found = leads(logits, 3, 8)
    odds = []
    for scores in logits.astype(np.float64):
        exponentials = [np.exp(score - scores.max()) for score in scores]
        odds.append(np.log(exponentials[8] / exponentials[3]))
    np.testing.assert_allclose(found, odds, rtol=1e-9, atol=1e-9)
    np.testing.assert_array_equal(leads(logits, 8, 3), -found)
    assert 0 < (found > 0).sum() < len(found)


def test_a_pair_is_two_digits_and_scores_are_numbers():
    logits = np.zeros((2, 10), np.float32)
    for first, second in ((3, 3), (3, 10), (-1, 3)):
        with pytest.raises(DataError, match=f"two different digits from 0 to 9, got {first} and {second}"):
            leads(logits, first, second)
    network = begin(layers=[]).network
    network.parameters[:] = 3e38
    with pytest.raises(DataError, match="choose weights of an earlier step"):
        finite_scores(network, np.full((1, 28, 28), 255, np.uint8))


def test_what_became_of_the_images_of_each_digit():
    three, eight = sides(LEADS, LABELS, READ, 3, 8)
    assert (three.count, three.own, three.other, three.between) == (4, 2, 1, 1)
    assert (three.right, three.taken, three.third) == (2, 1, 1)
    assert (eight.count, eight.own, eight.other, eight.between) == (3, 2, 1, 0)
    assert (eight.right, eight.taken, eight.third) == (2, 1, 0)


@pytest.mark.parametrize("largest", [0.0, 0.013, 1.0, 19.99, 20.0, 23.4, 3e30])
def test_the_edges_are_symmetric_and_reach_the_outermost_image(largest: float):
    edges = axis_edges(largest)
    assert len(edges) == BINS + 1
    assert edges[BINS // 2] == 0
    np.testing.assert_array_equal(edges, -edges[::-1])
    assert edges[-1] >= largest * (1 - 1e-9)
    assert edges[-1] < max(1.3 * largest, 1.01)


def test_images_are_counted_by_bin_and_label():
    rng = np.random.default_rng(0)
    lead, labels = rng.normal(0, 3, 400), rng.choice([3, 8], 400)
    lead[:3] = -100, 100, 0  # beyond both ends, and on the decision
    edges = axis_edges(6.0)
    table = axis_counts(lead, labels, 3, 8, edges)
    assert table["count"].sum() == 400
    for row in table.itertuples():
        low = -np.inf if row.low == edges[0] else row.low
        high = np.inf if row.high == edges[-1] else row.high
        assert row.count == sum(low <= x < high and y == int(row.label) for x, y in zip(lead, labels, strict=True))
    assert bin_of(np.array([-1e-9, 0.0]), edges).tolist() == [BINS // 2 - 1, BINS // 2]


def test_the_middle_is_in_the_order_of_the_axis():
    assert nearest_to_decision(LEADS, 4).tolist() == [2, 3, 6, 1]
    assert nearest_to_decision(LEADS).tolist() == [0, 5, 2, 3, 6, 1, 4]


def test_typical_images_of_both_digits():
    assert typical(LEADS, LABELS, 3, is_second=False) == {"median": 2, "surest": 0, "nearest": 3}
    assert typical(LEADS, LABELS, 8, is_second=True) == {"median": 6, "surest": 4, "nearest": 6}
    with pytest.raises(DataError, match="there is no 7 among these images"):
        typical(LEADS, LABELS, 7, is_second=True)


def test_the_means_are_those_of_the_images_read_so():
    images = np.random.default_rng(0).integers(0, 256, (7, 28, 28), dtype=np.uint8)
    means = mean_images(images, LABELS, READ, 3, 8)
    assert (means.right, means.taken) == (2, 1)
    np.testing.assert_array_equal(means.of_right, (images[0].astype(float) + images[3]) / 2)
    np.testing.assert_array_equal(means.of_taken, images[1])
    np.testing.assert_array_equal(means.difference, means.of_taken - means.of_right)
    nobody = mean_images(images, LABELS, LABELS, 3, 8)
    assert nobody.taken == 0
    assert not nobody.of_taken.any()
