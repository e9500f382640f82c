"""A world of a few arrays, for parts of kernels on their own."""

from __future__ import annotations

import numpy as np

from twin.sim.arrays import WORLD
from twin.sim.view import show


def seeing(**arrays: np.ndarray) -> np.ndarray:
    """A world of which nothing is there but these arrays. (1,)"""
    record = np.zeros(1, WORLD)
    for name, array in arrays.items():
        show(record, name, array)
    return record
