"""What keeps a server's memory small: freed blocks go back to the system, and data sets share what is equal."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tiny_digits import tiny_dataset

from mnistcore.data import Dataset

ROOT = Path(__file__).parents[2]
FREED = """
import threading
import numpy as np
import psutil
{setup}
def work():
    for _ in range(2):  # freed large blocks teach glibc to keep the next ones
        blocks = [np.ones(1_500_000, np.uint8) for _ in range(60)]
        kept.extend(bytearray(300_000) for _ in range(2))
        del blocks[::2]
        blocks.clear()
kept = []
before = psutil.Process().memory_info().rss
for _ in range(4):
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
print((psutil.Process().memory_info().rss - before) / 1e6)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the C library of Linux only")
def test_freed_memory_goes_back():
    setup = "from mnistcore.memory import give_freed_memory_back; give_freed_memory_back()"
    result = subprocess.run(
        [sys.executable, "-c", FREED.format(setup=setup)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert float(result.stdout) < 15


def test_equal_images_are_kept_once():
    short = tiny_dataset()
    own = Dataset.build("short", *(array.copy() for array in (*short.part("train"), *short.part("test"))))
    fingerprint = own.fingerprint
    images = np.concatenate([own.train_images, own.train_images[:50]])
    labels = np.concatenate([own.train_labels, own.train_labels[:50]])
    longer = Dataset.build("longer", images, labels, *own.part("test"))
    own.share_training_images(longer)
    assert np.shares_memory(own.train_images, longer.train_images)
    assert Dataset.build("again", *own.part("train"), *own.part("test")).fingerprint == fingerprint
    assert not own.train_images.flags.writeable


def test_collections_leave_imported_modules_out():
    """In a process of its own: what is frozen stays so."""
    program = (
        "import gc, time, numpy, pandas, pydantic, sqlalchemy, mnistcore.runs\n"
        "from mnistcore.memory import leave_modules_out_of_collections as leave\n"
        "leave()\n"
        "frozen = gc.get_freeze_count()\n"
        "kept = [[] for _ in range(1000)]\n"
        "leave()\n"
        "assert gc.get_freeze_count() == frozen\n"  # nothing was imported since
        "import wave\n"
        "leave()\n"
        "assert gc.get_freeze_count() > frozen\n"
        "print(frozen, len(gc.get_objects()))"
    )
    frozen, left = map(int, subprocess.check_output([sys.executable, "-c", program], cwd=ROOT, text=True).split())
    assert frozen > 50_000
    assert left < frozen / 100
