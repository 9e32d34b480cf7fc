"""The live view of a run: one fragment that polls the store, and widgets outside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from mnistcore.errors import ExplorerError, RunError
from ui.frame.follow import follow
from ui.frame.page import is_dark, link_to
from ui.frame.selection import dataset_titles
from ui.frame.session import get_dataset, get_store
from ui.frame.words import (
    DISPLAY_NAMES,
    STATUS_WORDS,
    ago,
    augmentation_words,
    fraction,
    percent,
    plain,
)
from ui.live.controls import run_controls
from ui.live.health import LiveHealth, show_health
from ui.pictures import live_charts as figures
from ui.pictures.smoothing import choose_smoothing
from ui.runs.batch import show_batch, show_weights
from ui.runs.history import LiveHistory
from ui.runs.progress import pace_of, show_curves, show_guessing, show_position
from ui.runs.take_home import offer_to_take_home
