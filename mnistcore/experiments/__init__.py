"""Experiments: many runs with one purpose. What varies, who chooses next, who is stopped early, and what came of it."""

from mnistcore.experiments.config import ExperimentConfig, Range, Values, parse_experiment, parse_variation
from mnistcore.experiments.coordinator import advance
from mnistcore.experiments.halving import Member
from mnistcore.experiments.records import Experiment, create_experiment, experiment, experiments, members

__all__ = [
    "Experiment",
    "ExperimentConfig",
    "Member",
    "Range",
    "Values",
    "advance",
    "create_experiment",
    "experiment",
    "experiments",
    "members",
    "parse_experiment",
    "parse_variation",
]
