"""Recipes of a user's own: configs that are kept in the run store under a name."""

from __future__ import annotations

import json
import time

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError

from mnistcore.errors import ConfigError
from mnistcore.runs.database import reading, writing
from mnistcore.runs.store import RunStore
from mnistcore.runs.tables import RecipeRow
from mnistcore.training import RECIPES, TrainingConfig, parse_config

MAX_NAME = 100
MAX_RECIPES = 1000


def own_recipes(store: RunStore) -> dict[str, TrainingConfig]:
    """All of them by name, the newest first."""
    with reading(store.database) as connection:
        rows = connection.execute(select(RecipeRow.name, RecipeRow.config).order_by(RecipeRow.created_at.desc()))
        return {name: parse_config(json.loads(config)) for name, config in rows}


def save_recipe(store: RunStore, name: str, config: TrainingConfig) -> str:
    """Keep a config, and return its name, cleaned; ConfigError for a name that is taken or cannot be one."""
    name = " ".join(name.split())
    if not 1 <= len(name) <= MAX_NAME or not name.isprintable():
        raise ConfigError(f"A recipe's name has 1 to {MAX_NAME} printable characters, got {len(name)}: change it.")
    taken = ConfigError(f"There is a recipe “{name}” already: choose another name.")
    if name in RECIPES or name in {known.title for known in RECIPES.values()}:
        raise taken
    if len(own_recipes(store)) >= MAX_RECIPES:
        raise ConfigError(f"At most {MAX_RECIPES:,} recipes are kept: remove one first.")
    values = {"name": name, "config": config.model_dump_json(), "created_at": time.time()}
    try:
        with writing(store.database) as connection:
            connection.execute(insert(RecipeRow).values(**values))
    except IntegrityError:
        raise taken from None
    return name


def remove_recipe(store: RunStore, name: str) -> None:
    """Forget a recipe of one's own; one that is gone already is no fault. Runs that began with it stay."""
    with writing(store.database) as connection:
        connection.execute(delete(RecipeRow).where(RecipeRow.name == name))


def any_recipe(store: RunStore, name: str) -> TrainingConfig:
    """The config of a recipe, ours or one's own; ConfigError names those that there are."""
    if name in RECIPES:
        return RECIPES[name].config
    own = own_recipes(store)
    if name not in own:
        raise ConfigError(f"there is no recipe {name!r}: choose one of {', '.join([*RECIPES, *own])}")
    return own[name]
