"""Every measurement by its name; each returns what results.json keeps of it."""

import json
import math
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from benchmarks.competitor import Competitor, Finish, competitors, environment, race
from benchmarks.peers import has_row
from benchmarks.rows import IMAGES, ROWS, Entry
from mnistcore.training import RECIPES

ONE_CORE = ("ours", "torch")
COMPARED = ("ours", "torch", "sklearn", "jax", "floor")
TARGETS = {"fast-97": 0.97, "fast-98": 0.98, "fast-99": 0.99}
FEW = 6_000
SHARED_ROWS = "ABCDEF"
PLAIN_ROWS = "BE"
SEEDS = range(3)

Result = dict[str, Any]


def row(name: str, epochs: int, peers: tuple[str, ...] = COMPARED) -> Result:
    """One row: the medians of everybody's epochs, null for who cannot train it, and what they consist of."""
    here = [peer for peer in peers if has_row(peer, name)]
    finishes = dict(zip(here, race([Entry(peer, name) for peer in here], epochs), strict=True))
    medians = {peer: _median(finishes[peer]) if peer in here else None for peer in peers}
    learners = {peer: finish for peer, finish in finishes.items() if peer != "floor"}
    return medians | {
        "epochs": epochs,
        "samples": {peer: finish.samples for peer, finish in finishes.items()},
        "accuracy": {peer: finish.accuracy for peer, finish in learners.items()},
        "megabytes": {peer: finish.megabytes for peer, finish in learners.items()},
    }


def full_batch(epochs: int) -> Result:
    """A step on all images at once, against its floor."""
    return row("full_batch", epochs, ("ours", "floor"))


def augmentation(epochs: int) -> Result:
    """Seconds that an epoch of lenet takes without augmentation and with all of it."""
    plain, augmented = race([Entry("ours", "F"), Entry("ours", "augmented")], epochs)
    samples = {"plain": plain.samples, "augmented": augmented.samples}
    return {"plain": _median(plain), "augmented": _median(augmented), "samples": samples}


def scaling(epochs: int) -> Result:
    """Seconds for 60,000 images in few epochs, and in many over fewer images."""
    results = {}
    for name in "ABCDEF":
        many, few = race([Entry("ours", name), Entry("ours", name, FEW)], epochs)
        results[name] = {
            str(IMAGES): _median(many),
            str(FEW): _median(few),
            "samples": {str(IMAGES): many.samples, str(FEW): few.samples},
        }
    return results


def prediction(epochs: int) -> Result:
    """Milliseconds that predictions take."""
    return _fresh("prediction")


def insight(epochs: int) -> Result:
    """What the pages that look inside a network wait for."""
    return _fresh("insight")


def sharing(epochs: int) -> Result:
    """Seconds an epoch of two runs alone and at the same time, and which share of its speed each one keeps."""
    results = {}
    for name in SHARED_ROWS:
        with competitors([Entry("ours", name, seed=seed) for seed in (0, 1)]) as pair:
            for run in pair:
                run.ask("epoch")
            alone = [statistics.median(run.ask("epoch") for _ in range(epochs)) for run in pair]
            until = time.monotonic() + 2 * epochs * max(alone)
            with ThreadPoolExecutor(2) as threads:
                together = list(threads.map(lambda run, until=until: _keep_running(run, until), pair))
        shares = [single / double for single, double in zip(alone, together, strict=True)]
        results[name] = {"alone": alone, "together": together, "share": shares}
    return results


def one_core(epochs: int) -> Result:
    """The medians of rows A to F with one core and one thread each, which is what the members of an experiment have."""
    results = {}
    for name in SHARED_ROWS:
        entries = [Entry(peer, name, is_on_one_core=True) for peer in ONE_CORE]
        finishes = dict(zip(ONE_CORE, race(entries, epochs), strict=True))
        results[name] = {peer: _median(finish) for peer, finish in finishes.items()} | {
            "samples": {peer: finish.samples for peer, finish in finishes.items()}
        }
    return results


def _keep_running(run: Competitor, until: float) -> float:
    """The median of a run's epochs as long as the other one runs too."""
    samples = [run.ask("epoch")]
    while time.monotonic() < until:
        samples.append(run.ask("epoch"))
    return statistics.median(samples)


def time_to_accuracy(epochs: int) -> Result:
    """For each recipe made for it, how long it trains to its accuracy: the median of several seeds, null for never."""
    results = {}
    for name, goal in TARGETS.items():
        if name in RECIPES:
            runs = [_fresh("time_to_accuracy", name, str(goal), str(seed)) for seed in SEEDS]
            middle = statistics.median(math.inf if run["seconds"] is None else run["seconds"] for run in runs)
            results[name] = {"seconds": None if math.isinf(middle) else middle, "goal": goal, "runs": runs}
    return results


def plain(epochs: int) -> Result:
    """Time and accuracy after the same epochs beside the textbook core, which does nothing for speed."""
    results = {}
    for name in PLAIN_ROWS:
        races = [race([Entry(peer, name, seed=seed) for peer in ("ours", "plain")], epochs) for seed in SEEDS]
        pairs = {"ours": [pair[0] for pair in races], "plain": [pair[1] for pair in races]}
        results[name] = {
            "epochs": epochs + 1,
            "seconds": {peer: statistics.median(map(_median, runs)) for peer, runs in pairs.items()},
            "accuracy": {peer: [run.accuracy for run in runs] for peer, runs in pairs.items()},
        }
    return results


FURTHER: dict[str, Callable[[int], Result]] = {
    "full_batch": full_batch,
    "augmentation": augmentation,
    "scaling": scaling,
    "prediction": prediction,
    "insight": insight,
    "one_core": one_core,
    "sharing": sharing,
    "time_to_accuracy": time_to_accuracy,
    "plain": plain,
}
NAMES = [*ROWS, *FURTHER]


def _median(finish: Finish) -> float:
    return statistics.median(finish.samples)


def _fresh(module: str, *arguments: str) -> Result:
    """What a module of this package prints when it runs in its own process."""
    command = [sys.executable, "-m", f"benchmarks.{module}", *arguments]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment()).stdout)
