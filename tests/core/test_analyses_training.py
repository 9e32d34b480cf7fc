"""The analyses that train: scikit-learn's twin of a network, epochs with batches of several sizes, a rising rate."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mnistcore.analyses import batch_sizes, learning_rate_finder, sklearn_twin
from mnistcore.errors import ConfigError
from mnistcore.runs import RunStore
from tests.core.tiny_digits import tiny_config, tiny_dataset


@pytest.fixture
def store(own_home: Path) -> RunStore:
    return RunStore()


def arguments(store: RunStore, **settings: Any) -> dict[str, Any]:
    dataset = tiny_dataset()
    config = tiny_config(**settings).model_dump(mode="json")
    return {"config": config, "dataset": store.add_dataset(dataset), "fingerprint": dataset.fingerprint}


def test_the_twin_learns_and_tells_of_every_epoch(store: RunStore) -> None:
    yields = [(share, len(result["epochs"])) for share, result in sklearn_twin.analyse(store, arguments(store))]
    assert yields == [(0, 0), (0.5, 1), (1, 2)]
    *_, (_, result) = sklearn_twin.analyse(store, arguments(store, epochs=8, learning_rate=0.01))
    assert result["test_accuracy"] > 0.9
    assert result["test_count"] == 200
    rows = result["epochs"]
    assert rows[-1]["train_loss"] < rows[0]["train_loss"]
    assert rows[-1]["validation_accuracy"] > 0.9
    assert all(before["seconds"] < after["seconds"] for before, after in pairwise(rows))


def test_the_twin_has_the_settings_of_the_network() -> None:
    config = tiny_config(weight_decay=5e-7, batch_size=200, optimizer="nesterov", learning_rate=0.02)
    twin = sklearn_twin.build_twin(config, 500)
    assert twin.alpha == pytest.approx(1e-4)
    assert (twin.hidden_layer_sizes, twin.activation, twin.solver, twin.batch_size) == ((12,), "tanh", "sgd", 200)
    assert (twin.learning_rate_init, twin.momentum, twin.nesterovs_momentum) == (0.02, 0.9, True)


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"layers": [{"activation": "leaky_relu"}]}, "dense layers only"),
        ({"layers": [{"kind": "dropout"}]}, "dense layers only"),
        ({"loss": "linear_squared_error"}, "softmax with cross-entropy"),
        ({"optimizer": "rmsprop"}, "optimizers"),
        ({"early_stopping": 2}, "without early stopping"),
    ],
)
def test_what_has_no_twin_is_refused(settings: dict[str, Any], reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        sklearn_twin.build_twin(tiny_config(**settings), 500)


def test_an_epoch_with_each_batch_size(store: RunStore) -> None:
    yields = list(batch_sizes.analyse(store, arguments(store) | {"sizes": [5000, 500, 50]}))
    shares = [share for share, _ in yields]
    assert shares == sorted(shares)
    assert shares[-1] == 1
    rows = yields[-1][1]["rows"]
    assert [(row["batch_size"], row["steps"], row["share"]) for row in rows] == [(500, 1, 1.0), (50, 10, 1.0)]
    assert rows[1]["validation_accuracy"] > rows[0]["validation_accuracy"]
    assert all(row["epoch_seconds"] == row["seconds"] > 0 for row in rows)


def test_an_epoch_that_takes_too_long_is_extrapolated(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_sizes, "LIMIT_SECONDS", 1e-6)
    monkeypatch.setattr(batch_sizes, "PATIENCE_SECONDS", 2e-6)
    given = arguments(store, validation_size=0) | {"sizes": [50]}
    *_, (_, result) = batch_sizes.analyse(store, given)
    (row,) = result["rows"]
    assert row["share"] == pytest.approx(1 / 12)
    assert row["epoch_seconds"] == pytest.approx(12 * row["seconds"])
    assert row["train_accuracy"] is None
    *_, (_, result) = batch_sizes.analyse(store, given | {"whole": True})
    assert result["rows"][0]["share"] == 1
    assert np.isfinite(result["rows"][0]["train_accuracy"])


def test_only_batches_that_are_too_large(store: RunStore) -> None:
    with pytest.raises(ConfigError, match="smaller"):
        list(batch_sizes.analyse(store, arguments(store) | {"sizes": [5000]}))


def test_the_finder_raises_the_rate_until_the_loss_explodes(store: RunStore) -> None:
    asked = arguments(store, schedule="one_cycle", early_stopping=1, optimizer="sgd", loss="linear_squared_error")
    *_, (share, result) = learning_rate_finder.analyse(store, asked)
    rates, losses = result["rates"], result["losses"]
    assert share == 1
    assert rates[0] == learning_rate_finder.LOWEST
    assert all(0 < before < after for before, after in pairwise(rates))
    assert len({round(after / before, 6) for before, after in pairwise(rates)}) == 1  # evenly on a log scale
    assert len(rates) < learning_rate_finder.MOST_STEPS  # a linear output explodes
    assert max(losses) <= 4 * min(losses)
    assert result["suggestion"] == pytest.approx(rates[int(np.argmin(losses))] / 10, rel=0.05)
    *_, (_, again) = learning_rate_finder.analyse(store, asked)
    assert again["losses"][:50] == losses[:50]


def test_the_finder_suggests_nothing_where_the_loss_does_not_fall() -> None:
    rates = [10.0**power for power in range(-6, 1)]
    assert learning_rate_finder.suggested_rate(rates, [2.3] * 7) is None
    assert learning_rate_finder.suggested_rate(rates, [2.3, 2.3, 2.3, 2.29, 2.4, 5, 9]) is None
    assert learning_rate_finder.suggested_rate([], []) is None
    assert learning_rate_finder.suggested_rate(rates, [2.3, 2.2, 1.9, 1.0, 0.5, 2, 9]) == 0.001
