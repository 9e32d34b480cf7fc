"""What a local worker process does first: Dask loads this module in it, also in one that takes a dead one's place.

It imports next to nothing, as the cluster is not ready before.
"""

import os
from typing import Any

from mnistcore.memory import give_freed_memory_back

NICENESS = 10


def dask_setup(_worker: Any) -> None:
    """Runs train with what pages leave over: else every page waits in line behind them on a machine of few cores."""
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    give_freed_memory_back()
