"""What the pages that look inside a network wait for, in its own process: prints one JSON object."""

import json
import os
import statistics
import tempfile
import time
from typing import Any

FILMED = ("weights", "confusions", "trace", "map", "why", "units", "pair")
FRAMES = 6  # snapshots of a film that are timed, after one to warm up
WATCHED = ("first-network", "deep-leaky", "perceptrons")


def frames(address: str, run_id: str, steps: list[int]) -> list[float]:
    """Milliseconds that a page takes to show other moments of a run, none of which it has shown before.

    The whole page runs, as after a click; while the film plays, only what the film moves does.
    """
    from streamlit.testing.v1 import AppTest

    from ui.frame.page import PAGES, ROOT

    page = AppTest.from_file(str(ROOT / PAGES[address].file), default_timeout=600)
    page.query_params["run"] = run_id
    page.run()
    assert not page.exception, address
    found = []
    for step in steps[2 : 3 * (FRAMES + 1) + 2 : 3]:
        slider = next(one for one in page.select_slider if one.key == f"film-{run_id}")
        slider.set_value(step)
        begun = time.perf_counter()
        page.run()
        found.append((time.perf_counter() - begun) * 1000)
        assert not page.exception, (address, step)
    return found[1:]


def films() -> dict[str, Any]:
    """The pages that the film moves, for the two networks that ship with their snapshots."""
    from mnistcore.pretrained import FILM_IDS, import_pretrained
    from mnistcore.runs import RunStore

    store = RunStore()
    import_pretrained(store)
    names = dict(zip(("dense", "convolution"), FILM_IDS, strict=True))
    return {
        address: {name: frames(address, run_id, store.snapshot_steps(run_id)) for name, run_id in names.items()}
        for address in FILMED
    }


def components() -> float:
    """Milliseconds of the two principal components of 10,000 images' 128 numbers, and their places along them."""
    import numpy as np

    from mnistcore.insight.projection import principal_axes, project

    values = np.random.default_rng(0).normal(size=(10_000, 128)).astype(np.float32)
    samples = []
    for _ in range(6):
        begun = time.perf_counter()
        project(principal_axes(values), values)
        samples.append((time.perf_counter() - begun) * 1000)
    return statistics.median(samples[1:])


def neighbours() -> float:
    """Seconds in which a worker arranges MNIST's 10,000 test images by t-SNE, reading them included."""
    from mnistcore.analyses.tsne import analyse
    from mnistcore.runs import RunStore

    begun = time.perf_counter()
    for _ in analyse(RunStore(), {"dataset": "mnist", "part": "test", "count": 10_000, "run": None}):
        pass
    return time.perf_counter() - begun


def health() -> dict[str, float]:
    """Which share of its training time each recipe spends on the health of its layers."""
    from mnistcore.data import load_dataset
    from mnistcore.training import TrainingState, recipe
    from mnistcore.training.health import HEALTH_SHARE, HealthWatch
    from mnistcore.training.loop import run_watched

    found, dataset = {}, load_dataset("mnist")
    for name in WATCHED:
        state = TrainingState.begin(recipe(name).config, dataset)
        watch = HealthWatch(state, HEALTH_SHARE)
        for _ in run_watched(state, watch):
            pass
        found[name] = watch.seconds / state.seconds
    return found


def main() -> None:
    """Everything, on a store of its own."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["MNIST_EXPLORER_STORE"] = f"sqlite:///{folder}/runs.db"
        samples = films()
        longest = {address: max(map(statistics.median, found.values())) for address, found in samples.items()}
        found = {"frames": longest, "pca": components(), "tsne": neighbours(), "health": health(), "samples": samples}
    print(json.dumps(found))


if __name__ == "__main__":
    main()
