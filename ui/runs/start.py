"""The run whose weights another one starts from, in words, and the way on from a run's own weights."""

from __future__ import annotations

from mnistcore.errors import RunError
from mnistcore.runs import Run
from mnistcore.training import TrainingConfig
from mnistcore.training.config import StartFrom
from ui.frame.session import get_store
from ui.frame.words import shortened


def start_words(start: StartFrom) -> str:
    """`first-network, step 4,300`; of a run that is gone its id."""
    try:
        name = shortened(get_store().run(start.run).name)
    except RunError:
        name = f"run {start.run}"
    return name if start.step is None else f"{name}, step {start.step:,}"


def going_on(run: Run) -> TrainingConfig:
    """The settings of a run, to start from the weights that it has now."""
    return run.config.overridden({"start_from": {"run": run.id, "step": get_store().newest_step(run.id)}})
