import hashlib
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from synth_builder.scoring.results.whole_file import whole_file

if TYPE_CHECKING:
    from numpy.typing import NDArray

logger = logging.getLogger(__name__)

MOST_BYTES = 256 * 2**20
"""Of one file; the rows that were not used for the longest time go first."""
MOST_FILES = 8
"""Of a folder, one for each encoder; the one that was written the longest time ago goes first."""


def default_folder() -> Path:
    """The folder of the Hugging Face cache where embeddings are kept; HF_HOME moves it."""
    from huggingface_hub import constants

    return Path(constants.HF_HOME) / "synth-builder" / "embeddings"


class EmbeddingCache:
    """
    Vectors by content, in memory and in a plain numpy file (never pickled) for each encoder. A file that can't be read
    or written is told and costs time, nothing else.

    Args:
        folder (`Path`):
            Where the files are.
        revision (`str`):
            The encoder's; another one has a file of its own.
        dimensions (`int`):
            Length of a vector.
        most_bytes (`int`, defaults to 256 MiB):
            Size of the file, at most.
    """

    def __init__(self, folder: Path, revision: str, dimensions: int, most_bytes: int = MOST_BYTES) -> None:
        self._file = folder / f"{hashlib.sha256(revision.encode()).hexdigest()[:32]}.npy"
        self._row = np.dtype([("key", "u1", (32,)), ("vector", "<f4", (dimensions,))])
        self._most_rows = max(1, most_bytes // self._row.itemsize)
        # In the order of their last use, the latest at the end.
        self._vectors: dict[bytes, NDArray[np.float32]] = self._read()

    def __len__(self) -> int:
        return len(self._vectors)

    def get(self, key: bytes) -> "NDArray[np.float32] | None":
        """The vector of a key of 32 bytes, or `None`."""
        vector = self._vectors.pop(key, None)
        if vector is not None:
            self._vectors[key] = vector
        return vector

    def add(self, keys: Sequence[bytes], vectors: "NDArray[np.float32]") -> None:
        """Keep new vectors, and write the file."""
        self._vectors.update(zip(keys, vectors, strict=True))
        for key in list(self._vectors)[: -self._most_rows]:
            del self._vectors[key]
        try:
            self._write()
        except OSError as error:
            logger.warning("The embeddings can't be kept in %r: %s. They are computed anew.", str(self._file), error)

    def _read(self) -> "dict[bytes, NDArray[np.float32]]":
        if not self._file.is_file():
            return {}
        try:
            kept = np.load(self._file, allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            logger.warning("%r can't be read: %s. The embeddings are computed anew.", str(self._file), error)
            return {}
        if kept.dtype != self._row or kept.ndim != 1:
            logger.warning("%r holds no embeddings of this encoder. They are computed anew.", str(self._file))
            return {}
        return {key.tobytes(): vector for key, vector in zip(kept["key"], kept["vector"], strict=True)}

    def _write(self) -> None:
        rows = np.empty(len(self._vectors), dtype=self._row)
        rows["key"] = np.frombuffer(b"".join(self._vectors), dtype="u1").reshape(-1, 32)
        rows["vector"] = np.stack(list(self._vectors.values()))
        with whole_file(self._file) as stream:
            np.save(stream, rows, allow_pickle=False)
        folder = self._file.parent
        files = sorted(folder.glob("*.npy"), key=lambda file: (file != self._file, -file.stat().st_mtime))
        for file in files[MOST_FILES:]:
            file.unlink(missing_ok=True)
