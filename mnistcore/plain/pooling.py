"""Pooling on maps (n, channels, height, width): one number for each square window."""

import numpy as np


def max_pool2d(x: np.ndarray, kernel: int = 2, stride: int = 2) -> np.ndarray:
    """The largest value of each window, (n, channels, rows, columns) with rows = (height - kernel) // stride + 1."""
    windows = np.lib.stride_tricks.sliding_window_view(x, (kernel, kernel), axis=(2, 3))[:, :, ::stride, ::stride]
    return windows.max(axis=(4, 5))


def max_pool2d_backward(x: np.ndarray, dy: np.ndarray, kernel: int = 2, stride: int = 2) -> np.ndarray:
    """dx like x: each window's gradient goes to its largest value; of equal ones, to the first, row by row."""
    windows = np.lib.stride_tricks.sliding_window_view(x, (kernel, kernel), axis=(2, 3))[:, :, ::stride, ::stride]
    winner = windows.reshape(*dy.shape, kernel * kernel).argmax(axis=4)
    dx = np.zeros_like(x)
    rows, columns = dy.shape[2:]
    for u in range(kernel):
        for v in range(kernel):
            seen = dx[:, :, u : u + stride * rows : stride, v : v + stride * columns : stride]
            seen += dy * (winner == u * kernel + v)
    return dx


def average_pool2d(x: np.ndarray, kernel: int = 2, stride: int = 2) -> np.ndarray:
    """The mean of each window, (n, channels, rows, columns) with rows = (height - kernel) // stride + 1."""
    windows = np.lib.stride_tricks.sliding_window_view(x, (kernel, kernel), axis=(2, 3))[:, :, ::stride, ::stride]
    return windows.mean(axis=(4, 5))


def average_pool2d_backward(x: np.ndarray, dy: np.ndarray, kernel: int = 2, stride: int = 2) -> np.ndarray:
    """dx like x: each window's gradient is shared out evenly."""
    dx = np.zeros_like(x)
    rows, columns = dy.shape[2:]
    for u in range(kernel):
        for v in range(kernel):
            seen = dx[:, :, u : u + stride * rows : stride, v : v + stride * columns : stride]
            seen += dy / kernel**2
    return dx
