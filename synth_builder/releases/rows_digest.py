import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any, Self

# What tells a row and where it comes from; the rest of `provenance` follows from these.
ORIGIN = ("request", "seed", "draw")


class RowsDigest:
    """
    A hash of rows that does not depend on the file that they stand in: two sets have the same one exactly when they
    have the same texts, labels, ids and requests in the same order.

    Args:
        columns (`Iterable[str]`):
            The text columns and the label column, in the task's order.
    """

    def __init__(self, columns: Iterable[str]) -> None:
        self._names = [*columns, "id"]
        self._hash = hashlib.sha256()

    def update(self, rows: Iterable[Mapping[str, Any]]) -> Self:
        """Take further rows in; labels as numbers. They are not held."""
        for row in rows:
            origin = row["provenance"]
            line = json.dumps([*(row[name] for name in self._names), *(origin[key] for key in ORIGIN)])
            self._hash.update(f"{line}\n".encode())
        return self

    def hexdigest(self) -> str:
        """The hash so far, as 64 hexadecimal digits."""
        return self._hash.hexdigest()
