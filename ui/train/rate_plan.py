"""The planned learning rate over the steps that a training will take."""

from __future__ import annotations

import streamlit as st

from mnistcore.training import TrainingConfig
from ui.frame.dataset_choice import training_images
from ui.frame.words import counted


def show_rate_plan(config: TrainingConfig) -> None:
    """The planned learning rate over the steps that this training will take."""
    from mnistcore.training import count_steps

    available = training_images(st.session_state["draft_dataset"]) - config.validation_size
    images = config.train_size or available
    per_epoch, steps = count_steps(config, images)
    st.caption(f"Learning rate over {counted(steps, 'step')}; an epoch of {images:,} images has {per_epoch:,}.")
    st.vega_lite_chart(_rate_data(config, images), RATE_SPEC, key="rate_curve")


RATE_SPEC = {
    "height": 130,
    "mark": {"type": "line", "strokeWidth": 2, "color": "#5273e6"},
    "encoding": {
        "x": {"field": "step", "type": "quantitative", "title": "Step", "axis": {"grid": False, "tickCount": 5}},
        "y": {"field": "rate", "type": "quantitative", "title": None, "axis": {"tickCount": 3, "format": "~g"}},
    },
}


def _rate_data(config: TrainingConfig, images: int) -> object:
    import pandas as pd

    from mnistcore.training import learning_rate_curve

    steps, rates = learning_rate_curve(config, images)
    return pd.DataFrame({"step": steps, "rate": rates})
