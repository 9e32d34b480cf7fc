"""Reports: what came of a run or an experiment, as one page to read offline, to print and to hand on."""

from mnistcore.reports.experiment import experiment_report
from mnistcore.reports.run import run_report

__all__ = ["experiment_report", "run_report"]
