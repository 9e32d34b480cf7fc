"""Runs, in a Python of its own, every model.py in the folders below the one given.

Each gets a probabilities.npy of the folder's images.npy, and a said.txt of what it prints for the IDX file.
"""

import contextlib
import io
import runpy
import sys
from pathlib import Path

import numpy as np

root = Path(sys.argv[1])
for folder in sorted(path for path in root.iterdir() if path.is_dir()):
    module = runpy.run_path(str(folder / "model.py"))
    np.save(folder / "probabilities.npy", module["predict"](np.load(root / "images.npy")))
    sys.argv = ["model.py", str(root / "images-idx3-ubyte.gz")]
    with contextlib.redirect_stdout(io.StringIO()) as said:
        runpy.run_path(str(folder / "model.py"), run_name="__main__")
    (folder / "said.txt").write_text(said.getvalue())
