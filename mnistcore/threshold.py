"""The threshold between two classes of levels, such as paper and ink."""

import numpy as np
from numpy.typing import NDArray


def otsu(levels: NDArray[np.float32]) -> float:
    """The threshold of an array of levels by Otsu's rule (IEEE Trans. SMC 9, 1979): the classes vary least within."""
    if levels.min() == levels.max():
        return float(levels.max())
    counts, edges = np.histogram(levels, bins=256)
    middles = (edges[:-1] + edges[1:]) / 2
    below = np.cumsum(counts)
    above = below[-1] - below
    sum_below = np.cumsum(counts * middles)
    with np.errstate(divide="ignore", invalid="ignore"):
        between = below * above * (sum_below / below - (sum_below[-1] - sum_below) / above) ** 2
    return float(edges[1 + int(np.nanargmax(between[:-1]))])
