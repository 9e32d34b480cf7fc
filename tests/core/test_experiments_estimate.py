"""How long an experiment takes, before it starts; oracle: the sum by hand, and what a store has seen."""

from pathlib import Path

import pytest
from sqlalchemy import update

from mnistcore.experiments import parse_experiment, parse_variation
from mnistcore.experiments.estimate import SECONDS_PER_RUN, TEST_IMAGES, estimate_seconds, estimate_words, usual_rate
from mnistcore.runs import RunStore
from mnistcore.runs.database import writing
from mnistcore.runs.tables import RunRow
from mnistcore.training import parse_config

BASE = {"layers": [{"units": 8}], "epochs": 3, "train_size": 1000, "validation_size": 600}
VARY = {"learning_rate": parse_variation("0.1,0.2,0.3"), "batch_size": parse_variation("16,32,64")}


@pytest.fixture
def store(own_home: Path) -> RunStore:
    return RunStore()


def experiment(**settings):
    return parse_experiment({"base": BASE, "vary": VARY, "sampler": "grid"} | settings)


ONE_RUN = SECONDS_PER_RUN + (3 * 1000 + (3 * 600 + 1000 + TEST_IMAGES) / 3) * 0.001


@pytest.mark.parametrize(
    ("settings", "workers", "seconds"),
    [
        ({}, 1, 9 * ONE_RUN),
        ({"seeds": 2}, 2, 9 * ONE_RUN),
        ({"sampler": "random", "runs": 5}, 50, ONE_RUN),  # no faster than one run, however many workers
        ({"minutes": 0.1}, 1, 6.0),
        ({"sampler": "random", "minutes": 2}, 4, 120.0),
        # After a ninth of the steps a third goes on, after a third of them a ninth.
        ({"stop_early": True}, 1, 9 * ONE_RUN * (1 / 9 + (1 / 3 - 1 / 9) / 3 + (1 - 1 / 3) / 9)),
    ],
)
def test_the_time_is_that_of_all_runs_shared_among_the_workers(settings, workers, seconds):
    assert estimate_seconds(experiment(**settings), 60_000, workers, lambda _: 0.001) == pytest.approx(seconds)


def test_steps_that_are_bounded_and_images_that_there_are_not_are_not_counted():
    bounded = experiment(base=BASE | {"max_steps": 50}, vary={"batch_size": parse_variation("20")})
    expected = SECONDS_PER_RUN + (1000 + (600 + 1000 + TEST_IMAGES) / 3) * 0.001
    assert estimate_seconds(bounded, 60_000, 1, lambda _: 0.001) == pytest.approx(expected)
    few = experiment(base=BASE | {"train_size": None}, vary={"batch_size": parse_variation("20")})
    expected = SECONDS_PER_RUN + (3 * 400 + (3 * 600 + 400 + TEST_IMAGES) / 3) * 0.001
    assert estimate_seconds(few, 1000, 1, lambda _: 0.001) == pytest.approx(expected)


def test_a_rate_is_the_median_of_such_members_or_of_a_probe(store: RunStore):
    known, other = parse_config(BASE), parse_config(BASE | {"batch_size": 1024})
    for rate in (1000.0, 3000.0, 2000.0):
        run_id = store.create_run(known.overridden({"seed": round(rate)}), dataset="mnist")
        with writing(store.database) as connection:
            connection.execute(update(RunRow).where(RunRow.id == run_id).values(shards=1, images_per_second=rate))
    seconds = usual_rate(store)
    assert seconds(known.overridden({"learning_rate": 0.5})) == pytest.approx(1 / 2000)
    assert 0 < seconds(other) < 1e-2
    assert seconds(other) == seconds(other)  # it is probed once
    assert seconds(known.overridden({"batch_size": 1_000_000})) > 0  # of fewer images: a million took a minute


@pytest.mark.parametrize(
    ("minutes", "workers", "words"),
    [
        (0.5, 1, "About 30 seconds on one worker."),
        (3, 2, "About 3 minutes on 2 workers."),
        (150, 2, "About 2.5 hours on 2 workers."),
    ],
)
def test_words(minutes, workers, words):
    assert estimate_words(experiment(sampler="random", minutes=minutes), 60_000, workers, lambda _: 1.0) == words
