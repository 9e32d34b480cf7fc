"""How a run, a store or a data set enters the keys of Streamlit's caches: cached functions take them whole."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

# By name, so that a page need not import them. A run is told by its id: what is cached may depend on its settings, and
# on what is given beside it (a step), not on how far it is.
KEYS: dict[str | type, Callable[[Any], Any]] = {
    "mnistcore.runs.store.RunStore": lambda store: store.url,
    "mnistcore.runs.records.Run": lambda run: run.id,
    "mnistcore.data.dataset.Dataset": lambda dataset: dataset.fingerprint,
    "mnistcore.training.config.TrainingConfig": lambda config: config.model_dump_json(),
    "mnistcore.insight.weight_images.WeightedLayer": lambda layer: layer.index,
}
