import math
from collections.abc import Sequence
from typing import Any

import pytest

np = pytest.importorskip("numpy")


def at_degrees(angles: Sequence[float], dimensions: int = 2) -> Any:
    """Vectors of length 1 in the plane of the first two dimensions."""
    vectors = np.zeros((len(angles), dimensions), np.float32)
    for number, angle in enumerate(angles):
        vectors[number, :2] = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    return vectors
