"""One competitor in its own process: takes an Entry, then requests from standard input, and answers in JSON lines.

echo epoch | python -m benchmarks.serve '{"peer": "torch", "row": "B"}'
"""

import importlib
import json
import os
import sys
import time
from collections.abc import Callable

from benchmarks import memory
from benchmarks.digits import load_digits
from benchmarks.peers import PEERS, Trainer
from benchmarks.rows import Entry


def main() -> None:
    """Serve until standard input ends."""
    entry = Entry(**json.loads(sys.argv[1]))
    if entry.is_on_one_core:
        os.sched_setaffinity(0, {0})
    module = importlib.import_module(f"benchmarks.peers.{PEERS[entry.peer]}")
    dataset = load_digits(entry.images)
    before = memory.resident()
    memory.forget_peak()
    peer: Trainer = module.Peer(entry.config, dataset)

    def epoch() -> float:
        start = time.perf_counter()
        for _ in range(entry.repeats):
            peer.epoch()
        return time.perf_counter() - start

    requests: dict[str, Callable[[], float]] = {
        "epoch": epoch,  # seconds
        "accuracy": peer.accuracy,
        "memory": lambda: memory.peak() - before,  # megabytes beyond libraries and data set
    }
    print(json.dumps("ready"), flush=True)
    for line in sys.stdin:
        print(json.dumps(requests[line.strip()]()), flush=True)


if __name__ == "__main__":
    main()
