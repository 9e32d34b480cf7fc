"""Images as points of a plane so that neighbours stay neighbours (t-SNE, van der Maaten and Hinton 2008)."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from mnistcore.errors import DataError
from mnistcore.insight.layer_values import layer_values, pixel_values, valued_layers
from mnistcore.insight.projection import principal_axes, project
from mnistcore.insight.samples import sample
from mnistcore.runs import RunStore

MOST_IMAGES = 10_000
PERPLEXITY = 30
KEPT = 50  # principal components that stand for an image: neighbours are found in them
ROUNDS, ITERATIONS = 3, 250  # the first round pulls clusters together, as scikit-learn's first 250 iterations do
# A fourth round took a quarter of the time: of 10,000 images, 45.2 % of the ten nearest stayed so in place of 44.6 %.
PULL = 12.0
ANGLE = 0.8  # of Barnes and Hut: 2,000 images took 9.7 s in place of 15.6 s at 0.5, with as many like neighbours


def analyse(store: RunStore, arguments: dict[str, Any]) -> Iterator[tuple[float, dict[str, Any]]]:
    """scikit-learn's t-SNE of ``count`` images of ``part`` of ``dataset``, by ``layer`` of ``run`` after ``step``.

    ``layer`` is a place in ``valued_layers``; without a run the pixels are compared. ``fingerprint`` is part of the
    cache's key only. It goes on in three rounds, each from where the last one ended, so that there is something to
    see. The result has ``places``: (count, 2) in the order of ``sample``, rounded; and ``rounds``, those done.
    """
    count = int(arguments["count"])
    if not 3 * PERPLEXITY < count <= MOST_IMAGES:
        raise DataError(f"t-SNE needs from {3 * PERPLEXITY + 1} to {MOST_IMAGES:,} images, got {count:,}")
    dataset = store.open_dataset(arguments["dataset"])
    images = dataset.part(arguments["part"])[0]
    images = images[sample(len(images), count)]
    if arguments["run"] is None:
        values = pixel_values(images)
    else:
        network = store.load_weights(arguments["run"], int(arguments["step"])).network
        values, _ = layer_values(network, images, valued_layers(network.config)[int(arguments["layer"])])
    values = project(principal_axes(values, min(KEPT, values.shape[1])), values)
    for done, places in enumerate(rounds(values)):
        yield done / ROUNDS, {"places": np.round(places, 3).tolist(), "rounds": done}
    yield 1.0, {"places": np.round(places, 3).tolist(), "rounds": ROUNDS}


def rounds(values: np.ndarray) -> Iterator[np.ndarray]:
    """Where (n, d) values lie before the first round and after each, (n, 2) float32; the same every time.

    Of 250 iterations each: scikit-learn reports nothing in between. In its first 250 the momentum is 0.5, later 0.8;
    the learning rate makes up for that.
    """
    from sklearn.manifold import TSNE

    spread = float(values[:, 0].std()) or 1.0
    places = np.zeros((len(values), 2), np.float32)
    places[:, : values.shape[1]] = values[:, :2] * (1e-4 / spread)
    yield places
    for number in range(ROUNDS):
        pull, share = (PULL, 4 * PULL) if number == 0 else (1.0, 1.6 * PULL)
        rate = max(len(values) / share, 50.0)
        tsne = TSNE(
            2,
            perplexity=PERPLEXITY,
            early_exaggeration=pull,
            learning_rate=rate,
            max_iter=ITERATIONS,
            angle=ANGLE,
            init=places,
            random_state=0,
            n_jobs=1,
        )
        # Only now is scikit-learn's OpenMP loaded, which the worker's own limit has not seen. On a busy machine its
        # threads wait for each other: 120 images took 85 s in place of 0.6 s.
        with threadpool_limits(1):
            places = tsne.fit_transform(values)
        yield places
