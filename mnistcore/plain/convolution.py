"""Convolution on maps (n, channels, height, width), as networks mean it: cross-correlation (LeCun et al. 1989)."""

import numpy as np


def conv2d(x: np.ndarray, W: np.ndarray, b: np.ndarray | None = None, stride: int = 1, padding: int = 0) -> np.ndarray:
    """z[n, f, i, j] = b[f] + Σ_{c, u, v} W[c, u, v, f] · x[n, c, stride · i + u, stride · j + v].

    x (n, channels, height, width) is padded with zeros on all sides; W (channels, kernel, kernel, filters); b
    (filters,). Returns (n, filters, rows, columns) with rows = (height + 2 · padding - kernel) // stride + 1.
    """
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    windows = np.lib.stride_tricks.sliding_window_view(x, W.shape[1:3], axis=(2, 3))[:, :, ::stride, ::stride]
    z = np.einsum("ncijuv,cuvf->nfij", windows, W, optimize=True)
    return z if b is None else z + b[:, None, None]


def conv2d_backward(
    x: np.ndarray, dz: np.ndarray, W: np.ndarray, stride: int = 1, padding: int = 0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """dx, dW and db, shaped like x, W and b, from the loss's gradient dz (n, filters, rows, columns).

    dW sums, over all windows, the window's pixels times its gradient; dx sums, over all windows that cover a pixel,
    their gradients times the weights.
    """
    padded = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, W.shape[1:3], axis=(2, 3))[:, :, ::stride, ::stride]
    dW = np.einsum("ncijuv,nfij->cuvf", windows, dz, optimize=True)
    db = dz.sum(axis=(0, 2, 3))
    dx = np.zeros_like(padded)
    rows, columns = dz.shape[2:]
    for u in range(W.shape[1]):
        for v in range(W.shape[2]):
            seen = dx[:, :, u : u + stride * rows : stride, v : v + stride * columns : stride]
            seen += np.einsum("nfij,cf->ncij", dz, W[:, u, v], optimize=True)
    return dx[:, :, padding : padding + x.shape[2], padding : padding + x.shape[3]], dW, db
