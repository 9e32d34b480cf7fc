"""Judging labels: labels that were changed are found, the same way every time; what cannot be judged is refused."""

from pathlib import Path

import numpy as np
import pytest

from mnistcore.analyses import label_errors
from mnistcore.analyses.label_errors import FOLDS, analyse, fold_numbers
from mnistcore.data import Dataset, generate_digits
from mnistcore.errors import DataError
from mnistcore.runs import RunStore
from tests.core.tiny_digits import gratings

TRAIN, TEST, CHANGED = 3000, 100, 30


def spoiled() -> tuple[Dataset, np.ndarray, np.ndarray]:
    """Generated digits of which 30 to train on, 1 %, and two to test with have another label; which, and the true ones.

    The last two of these are the test part's.
    """
    rng = np.random.default_rng(1)
    images, labels = generate_digits(TRAIN + TEST, seed=1)
    chosen = np.append(np.sort(rng.choice(TRAIN, CHANGED, replace=False)), [TRAIN + 10, TRAIN + 55])
    changed = labels.copy()
    changed[chosen] = (labels[chosen] + rng.integers(1, 10, len(chosen))) % 10
    parts = images[:TRAIN], changed[:TRAIN], images[TRAIN:], changed[TRAIN:]
    return Dataset.build("spoiled", *parts), chosen, labels


def test_changed_labels_of_generated_digits_are_at_the_top_of_the_list(
    own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(label_errors, "FEWEST_STEPS", 150)
    store = RunStore()
    dataset, chosen, labels = spoiled()
    asked = {"dataset": store.add_dataset(dataset), "fingerprint": dataset.fingerprint}
    *before, (share, result) = analyse(store, asked)
    shares = [share for share, _ in before]
    assert all(result == {} for _, result in before)
    assert (shares[0], share) == (0, 1)
    assert shares == sorted(shares)
    train, test = result["train"], result["test"]
    assert (train["count"], test["count"]) == (TRAIN, TEST)
    assert len(np.intersect1d(train["indices"][:CHANGED], chosen)) >= 0.4 * CHANGED  # by chance it would be none
    found = np.intersect1d(train["indices"][: TRAIN // 20], chosen)
    assert len(found) >= 0.6 * CHANGED
    assert {10, 55} <= set(test["indices"][:10])
    proposed = dict(zip(train["indices"], train["digits"], strict=True))
    assert np.mean([proposed[index] == labels[index] for index in found]) >= 0.7
    assert train["label_probability"] == sorted(train["label_probability"])
    assert CHANGED / 2 <= train["errors"] <= len(train["indices"])


def test_it_is_the_same_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(label_errors, "FEWEST_STEPS", 20)
    dataset = Dataset.build("tiny", *gratings(120, 0), *gratings(20, 1))
    *_, (_, first) = label_errors.judge(dataset)
    *_, (_, second) = label_errors.judge(dataset)
    assert first is not None
    assert second is not None
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one[0], other[0])
        np.testing.assert_allclose(one[0].sum(axis=1), 1, rtol=1e-5)


def test_each_fold_has_a_third_of_every_digit() -> None:
    labels = np.random.default_rng(0).integers(0, 9, 500)  # and no 9
    folds = fold_numbers(labels)
    for digit in range(9):
        counts = np.bincount(folds[labels == digit], minlength=FOLDS)
        assert counts.max() - counts.min() <= 1
        assert counts.sum() == (labels == digit).sum()


def test_no_image_is_judged_by_a_network_that_has_learned_from_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Noise with labels at random can only be learned by heart: who has not seen it is right one time in ten."""
    monkeypatch.setattr(label_errors, "FEWEST_STEPS", 100)
    rng = np.random.default_rng(0)
    images = (rng.random((140, 28, 28)) < 0.1).astype(np.uint8) * 255
    labels = rng.integers(0, 10, 140).astype(np.uint8)
    noise = Dataset.build("noise", images[:120], labels[:120], images[:20], labels[:20])
    *_, (_, found) = label_errors.judge(noise)
    assert found is not None
    (of_train, _), (of_test, _) = found
    assert (of_train.argmax(axis=1) == labels[:120]).mean() < 0.3
    assert (of_test.argmax(axis=1) == labels[:20]).mean() > 0.8  # these are known to two of the three


def test_few_images_are_refused(own_home: Path) -> None:
    store = RunStore()
    asked = {"dataset": store.add_dataset(Dataset.build("few", *gratings(99, 0), *gratings(5, 1))), "fingerprint": ""}
    with pytest.raises(DataError, match="labels are judged from 100 training images on, got 99: import more"):
        next(analyse(store, asked))
