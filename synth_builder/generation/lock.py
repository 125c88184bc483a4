import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from synth_builder.errors import JournalError


class BuildLock:
    """
    Lets one process at a time build into a folder. The system lets go of it when the process ends, however it ends.

    Args:
        folder (`Path`):
            Folder of the journals; made when it is not there.

    Raises:
        JournalError: Another process builds there; the message holds its number.
    """

    def __init__(self, folder: Path) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            # The dot keeps it apart from the folders of variants, whose names begin with a letter or digit.
            self._file = (folder / ".lock").open("a+", encoding="ascii")
        except OSError as error:
            raise JournalError(
                f"Nothing can be written to {str(folder)!r}: {error}. Give another folder with --out."
            ) from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self._file.seek(0)
            process = self._file.read().strip() or "unknown"
            self._file.close()
            raise JournalError(
                f"Another build (process {process}) is working in {str(folder)!r}; wait for it, or give another --out."
            ) from error
        self._file.truncate(0)
        self._file.write(str(os.getpid()))
        self._file.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
