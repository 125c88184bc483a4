from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

BLOCK = 1_000
"""Rows whose cosines are held at once; beside 10,000 others they take 40 MB."""


def cosine_blocks(vectors: "Vectors", others: "Vectors") -> Iterator[tuple[int, "Vectors"]]:
    """
    Cosines of all vectors with all others, a block of rows at a time.

    Args:
        vectors (`np.ndarray` of shape `(rows, dimensions)`):
            Of length 1 each.
        others (`np.ndarray` of shape `(rows, dimensions)`):
            The same.

    Returns:
        `Iterator[tuple[int, np.ndarray]]`: The block's first row, and a matrix with a column for each of
        the others.
    """
    for start in range(0, len(vectors), BLOCK):
        yield start, vectors[start : start + BLOCK] @ others.T


def highest_cosines(vectors: "Vectors", k: int, others: "Vectors | None" = None) -> "Vectors":
    """
    The k highest cosines of each vector.

    Args:
        vectors (`np.ndarray` of shape `(rows, dimensions)`):
            Of length 1 each.
        k (`int`):
            How many; at most as many as there are others.
        others (`np.ndarray`, *optional*):
            What they are compared with. The other rows of `vectors`, and not the row itself, when not given.

    Returns:
        `np.ndarray` of shape `(rows, k)`: The lowest of the k first; the rest is in no order.
    """
    compared = vectors if others is None else others
    found = np.empty((len(vectors), k), np.float32)
    for start, cosines in cosine_blocks(vectors, compared):
        if others is None:
            rows = np.arange(len(cosines))
            cosines[rows, start + rows] = -np.inf
        place = cosines.shape[1] - k
        found[start : start + BLOCK] = np.partition(cosines, place, axis=1)[:, place:]
    return found
