"""Runs: the store that keeps every run, the job that a worker does, and the engine that hands out jobs."""

from mnistcore.runs.analyses import Analysis
from mnistcore.runs.analysis_job import execute_analysis
from mnistcore.runs.database import default_store_url
from mnistcore.runs.engine import Engine
from mnistcore.runs.job import execute_run, work
from mnistcore.runs.outages import StoreUnavailableError
from mnistcore.runs.records import ACTIVE, ENDED, STATUSES, WAITING, Batch, Run, StoredDataset
from mnistcore.runs.store import RunStore
from mnistcore.runs.weights import Weights

__all__ = [
    "ACTIVE",
    "ENDED",
    "STATUSES",
    "WAITING",
    "Analysis",
    "Batch",
    "Engine",
    "Run",
    "RunStore",
    "StoreUnavailableError",
    "StoredDataset",
    "Weights",
    "default_store_url",
    "execute_analysis",
    "execute_run",
    "work",
]
