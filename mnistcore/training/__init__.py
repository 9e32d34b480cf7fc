"""Training: validated configs, recipes, and the loop as a generator."""

from ..nn.optimizers import OptimizerConfig
from .config import TrainingConfig, parse_config
from .loop import train
from .metrics import Evaluation, evaluate
from .progress import Progress, snapshot_steps
from .recipes import RECIPES, Recipe, recipe
from .schedules import ScheduleConfig, count_steps, learning_rate_curve
from .state import TrainingState

__all__ = [
    "RECIPES",
    "Evaluation",
    "OptimizerConfig",
    "Progress",
    "Recipe",
    "ScheduleConfig",
    "TrainingConfig",
    "TrainingState",
    "count_steps",
    "evaluate",
    "learning_rate_curve",
    "parse_config",
    "recipe",
    "snapshot_steps",
    "train",
]
