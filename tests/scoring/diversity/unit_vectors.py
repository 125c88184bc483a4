import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def at_degrees(angles: Sequence[float], dimensions: int = 2) -> NDArray[np.float32]:
    """Vectors of length 1 in the plane of the first two dimensions."""
    vectors = np.zeros((len(angles), dimensions), np.float32)
    for number, angle in enumerate(angles):
        vectors[number, :2] = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    return vectors
