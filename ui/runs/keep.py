"""A popover that keeps a config as a recipe of one's own, or exports it as JSON."""

from __future__ import annotations

import json

import streamlit as st

from mnistcore.errors import ConfigError
from mnistcore.runs import RunStore
from mnistcore.runs.own_recipes import MAX_NAME, save_recipe
from mnistcore.training import TrainingConfig
from ui.frame.words import plain


def keep_as_recipe(store: RunStore, config: TrainingConfig, suggestion: str, key: str) -> None:
    """Name it and keep it: Train offers it under “Start from”. `key` tells this popover from others."""
    with st.popover("Keep as a recipe", icon=":material/bookmark_add:"):
        with st.form(f"recipe_{key}", border=False):
            name = st.text_input("Name", suggestion[:MAX_NAME], max_chars=MAX_NAME, autocomplete="off")
            if st.form_submit_button("Keep", type="primary"):
                try:
                    kept = save_recipe(store, name, config)
                except ConfigError as error:
                    st.error(plain(str(error)))
                else:
                    st.success(f"Kept as “{plain(kept)}”: Train offers it under “Start from”.")
        st.download_button(
            "Export as JSON",
            json.dumps(config.model_dump(mode="json"), indent=2),
            file_name="recipe.json",
            mime="application/json",
            help="`train --config recipe.json` takes it, here or on another machine.",
            on_click="ignore",
            key=f"recipe_json_{key}",
        )
