"""python -m benchmarks.scale [throughput|guided|stopping|store|pages|workers …]: experiments, a JSON line each.

In .venv-bench, which has PyTorch; pages and workers in .venv, which has the libraries of the browser and the database.
"""

import json
import sys
from pkgutil import resolve_name

PARTS = {  # imported when asked for: no environment has the libraries of all
    "throughput": "experiments:throughput",
    "guided": "experiments:guided",
    "stopping": "experiments:stopping",
    "store": "stores:store_figures",
    "pages": "pages:page_figures",
    "workers": "many_workers:many_workers",
}

if __name__ == "__main__":
    for name in sys.argv[1:] or PARTS:
        if name not in PARTS:
            sys.exit(f"there is no {name}: choose from {', '.join(PARTS)}")
        print(json.dumps({name: resolve_name(f"benchmarks.scale.{PARTS[name]}")()}), flush=True)
