"""Training: validated configs, recipes, and the loop as a generator."""

from mnistcore.nn.optimizers import OptimizerConfig
from mnistcore.training.config import ScheduleConfig, TrainingConfig, parse_config
from mnistcore.training.loop import train
from mnistcore.training.metrics import Evaluation, evaluate
from mnistcore.training.progress import Progress, snapshot_steps
from mnistcore.training.recipes import RECIPES, Recipe, recipe
from mnistcore.training.schedules import count_steps, learning_rate_curve
from mnistcore.training.state import TrainingState

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
