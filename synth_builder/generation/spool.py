import contextlib
import json
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from synth_builder.errors import JournalError


class Spool:
    """
    Rows on their way into a dataset: written to a file as they are judged, read back in the order of the plan. Only
    their places in the file are held in memory.

    Args:
        path (`Path`):
            The file; what an earlier run left in it goes.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("w+b")
        self._places: dict[str, tuple[array[int], array[int]]] = {}

    def add(self, split: str, index: int, row: dict[str, Any]) -> None:
        """Write one row of a split with its position in the plan."""
        indices, offsets = self._places.setdefault(split, (array("Q"), array("Q")))
        indices.append(index)
        offsets.append(self._file.tell())
        try:
            self._file.write(json.dumps(row, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n")
        except OSError as error:
            raise self._unwritten(error) from error

    def rows(self, split: str) -> Iterator[tuple[int, dict[str, Any]]]:
        """Position and row, by position; one position may stand more than once (draws of the same slot)."""
        if not self._file.closed:
            self.flush()
        indices, offsets = self._places.get(split, (array("Q"), array("Q")))
        order = sorted(range(len(indices)), key=lambda place: (indices[place], offsets[place]))
        with self._path.open("rb") as file:
            for place in order:
                file.seek(offsets[place])
                yield indices[place], json.loads(file.readline().decode("utf-8", "surrogatepass"))

    def positions(self, split: str) -> list[int]:
        """Positions of a split's rows, in the order of writing."""
        return list(self._places[split][0]) if split in self._places else []

    def splits(self) -> list[str]:
        """Splits that have rows."""
        return list(self._places)

    def finish(self) -> None:
        """No more rows will be added; those that are there can still be read."""
        self.flush()
        self._file.close()

    def flush(self) -> None:
        """
        Put what was added onto the disk.

        Raises:
            JournalError: There is no room for it.
        """
        try:
            self._file.flush()
        except OSError as error:
            raise self._unwritten(error) from error

    def _unwritten(self, error: OSError) -> JournalError:
        return JournalError(
            f"Rows can't be written to {str(self._path)!r}: {error}. What was answered is kept; free some disk space "
            "and run again."
        )

    def close(self) -> None:
        """Close the file and remove it."""
        with contextlib.suppress(OSError):  # what can't be written on a full disk is thrown away here
            self._file.close()
        self._path.unlink(missing_ok=True)
