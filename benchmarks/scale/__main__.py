"""python -m benchmarks.scale [throughput|guided|stopping|store|pages|workers …]: experiments, a JSON line each."""

import json
import sys

from benchmarks.scale.experiments import guided, stopping, throughput
from benchmarks.scale.many_workers import many_workers
from benchmarks.scale.pages import page_figures
from benchmarks.scale.stores import store_figures

PARTS = {
    "throughput": throughput,
    "guided": guided,
    "stopping": stopping,
    "store": store_figures,
    "pages": page_figures,
    "workers": many_workers,
}

if __name__ == "__main__":
    for name in sys.argv[1:] or PARTS:
        if name not in PARTS:
            sys.exit(f"there is no {name}: choose from {', '.join(PARTS)}")
        print(json.dumps({name: PARTS[name]()}), flush=True)
