"""Step by step: one training step of a network on one image, forward through every layer and back again."""

import numpy as np
import streamlit as st

from mnistcore.insight import trace_step
from mnistcore.runs import Run, RunStore, Weights
from ui.frame.page import is_dark, page_header
from ui.frame.router import through_router
from ui.frame.session import get_store, guard
from ui.frame.words import plain
from ui.pictures.digits import probability_bars
from ui.pictures.figures import data_address, digit_grid_png
from ui.pictures.gradient_badge import gradient_badge
from ui.runs.film import choose_filmed_run, film, film_clock
from ui.runs.readers import weights_at
from ui.runs.why_link import why_link
from ui.trace.choice import choose_lesson
from ui.trace.stages import choose_stage, stages
from ui.trace.view import show_stage


def show() -> None:
    """Choose a run; then follow one image through its network."""
    page_header(
        "Step by step",
        "One training step on one image: forward through every layer, the loss, and back again to every weight.",
        "give a digit a wrong label, and look at the last stage: what would the network unlearn?",
    )
    store = get_store()
    filmed = choose_filmed_run(store, "Train a network first; then you can follow its steps.")
    if filmed is None:
        return
    run, steps = filmed
    st.fragment(follow, run_every=film_clock())(store, run, steps)


def follow(store: RunStore, run: Run, steps: list[int]) -> None:
    """The film, image and stage, and what is to be seen there: a fragment, so that a click redraws nothing else."""
    with film(store, run, steps) as step, guard():
        show_trace(run, weights_at(store, run, step))


def show_trace(run: Run, weights: Weights) -> None:
    """The choices on the left, the image with the network's answer on the right; below, the stage."""
    network, step = weights
    left, right = st.columns([3, 2], gap="large")
    with left:
        lesson = choose_lesson(run, network)
    if lesson is None:
        return
    rng = np.random.default_rng(run.config.seed) if lesson.drops else None
    config = run.config
    settings = config.optimizer, lesson.learning_rate, config.weight_decay, rng, config.label_smoothing
    trace = trace_step(network, lesson.image, lesson.label, *settings)
    with right:
        st.image(data_address(digit_grid_png(lesson.image[None], 1, 5, dark=is_dark())), width=140, alt="The digit")
        st.html(probability_bars(network.predict(lesson.image[None])[0]))
        st.caption(f"{plain(run.name)}, weights after step {step:,}")
        why_link(run, lesson.image, step)
    if not np.isfinite(trace.loss):
        st.warning("With these weights the loss is no longer a finite number: choose an earlier snapshot above.")
        return
    gradient_badge(network, f"{run.id}-{step}-{run.status}", lesson.image, lesson.label)
    key = f"trace-{run.id}"
    stage = choose_stage(stages(trace), f"{key}-stage")
    show_stage(network, trace, stage, config.optimizer.kind, key)


if through_router():
    show()
