import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """
    Write a file that several processes may read and write: who reads it meanwhile never sees half of it. Who is killed
    while writing leaves it as it was, and a file beside it that ends in `.partial`. The folder is made where it is
    missing.

    Args:
        path (`Path`):
            The file. It is replaced at the end of the `with` block; an error in the block leaves it as it was.

    Raises:
        OSError: It can't be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{uuid.uuid4().hex}.partial")
    try:
        # With the rights that a new file gets here, so that others who share the folder can read it.
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
        with os.fdopen(descriptor, "wb") as stream:
            yield stream
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
