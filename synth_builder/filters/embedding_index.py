import numpy as np
from numpy.typing import NDArray

BLOCK = 512  # rows that are compared at once: they stay in the processor's cache
SCALE = 32767  # the largest number of 16 bits: no component of a vector of length 1 is larger than 1


class EmbeddingIndex:
    """
    Finds the most similar of many vectors, exactly: every one is compared. They are kept as whole numbers of 16 bits,
    in blocks, so a row of 384 dimensions takes 768 bytes and nothing is copied as rows are added. That changes a
    cosine by less than 0.001; float16 would be less precise, and turning it into float32 takes many times as long.

    Args:
        dimensions (`int`):
            Length of each vector.
    """

    def __init__(self, dimensions: int) -> None:
        self._dimensions = dimensions
        self._blocks: list[NDArray[np.int16]] = []
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def nearest(self, vector: NDArray[np.float32]) -> tuple[int, float] | None:
        """
        The vector with the highest cosine.

        Args:
            vector (`np.ndarray` of shape `(dimensions,)`):
                Of length 1.

        Returns:
            `tuple[int, float]`: Its number, in the order of adding, and the cosine; the first of equals. `None` when
            there are none.
        """
        best: tuple[int, float] | None = None
        for number, block in enumerate(self._blocks):
            filled = block[: self._count - number * BLOCK].astype(np.float32)
            cosines = filled @ vector / SCALE
            place = int(cosines.argmax())
            if best is None or cosines[place] > best[1]:
                best = (number * BLOCK + place, float(cosines[place]))
        return best

    def add(self, vector: NDArray[np.float32]) -> None:
        """Remember a vector of length 1."""
        number, place = divmod(self._count, BLOCK)
        if number == len(self._blocks):
            self._blocks.append(np.empty((BLOCK, self._dimensions), np.int16))
        self._blocks[number][place] = np.rint(vector * SCALE)
        self._count += 1
