"""Journals where nothing can be appended: answers in numbered objects, each a group of them."""

import gzip
import json
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from synth_builder.errors import JournalError
from synth_builder.generation.journal import Entry

SUFFIX = ".jsonl.gz"

PAUSE = 1.0
"""Seconds between two segments. A segment costs a request to the storage, and what is not stored yet is lost when the
process is killed."""

_FORMAT = 1
_COLUMNS = 8


def write_segment(path: Path, entries: Iterable[Entry]) -> None:
    """Write answers into a file. Two such files, one behind the other, are one, too."""
    with gzip.open(path, "wt", encoding="utf-8", compresslevel=4) as file:
        file.write(json.dumps({"format": _FORMAT}) + "\n")
        for entry in entries:
            file.write(json.dumps(entry, ensure_ascii=False, separators=(",", ":")) + "\n")


def read_segment(path: Path, name: str) -> Iterator[Entry]:
    """
    Read answers from a file.

    Args:
        path (`Path`):
            The file.
        name (`str`):
            Where it comes from, for messages.

    Raises:
        JournalError: It is damaged, or of another version.
    """
    begun = False
    try:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            for line in file:
                told = json.loads(line)
                if isinstance(told, dict):
                    begun = True
                    if told.get("format") != _FORMAT:
                        raise JournalError(
                            f"The answers in {name} have format {told.get('format')!r}, this version reads {_FORMAT}; "
                            "go on with the version that wrote them, or begin anew with --fresh."
                        )
                    continue
                if not begun or not isinstance(told, list) or len(told) != _COLUMNS:
                    raise ValueError("not written by this package")
                yield tuple(told)
        if not begun:
            raise ValueError("it is empty")
    except (EOFError, ValueError, zlib.error, gzip.BadGzipFile) as error:
        raise JournalError(
            f"The answers in {name} are damaged ({error}). Restore the file, or remove it to have them asked again."
        ) from error


class SegmentWriter:
    """
    Stores answers in the background, all that came while the segment before was on its way in the next one.

    Args:
        scratch (`Path`):
            Folder of this machine for the files; they stay there.
        name (`str`):
            How the files' names begin; nobody else's may.
        store (`Callable`):
            Stores a file.
    """

    def __init__(self, scratch: Path, name: str, store: Callable[[Path], None]) -> None:
        self._scratch = scratch
        self._name = name
        self._store = store
        self._pending: list[Entry] = []
        self._closing = False
        self._failure: BaseException | None = None
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="synth-builder-segments", daemon=True)
        self._thread.start()

    def add(self, entries: Sequence[Entry]) -> None:
        """
        Have answers stored soon.

        Raises:
            JournalError: Earlier ones could not be stored.
        """
        with self._changed:
            self._told()
            self._pending.extend(entries)
            self._changed.notify_all()

    def close(self) -> None:
        """
        Wait until all is stored.

        Raises:
            JournalError: Something could not be.
        """
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join()
        self._told()

    def _told(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _run(self) -> None:
        number = 0
        try:
            while True:
                with self._changed:
                    self._changed.wait_for(lambda: self._pending or self._closing)
                    if not self._pending:
                        return
                    entries, self._pending = self._pending, []
                path = self._scratch / f"{self._name}-{number:06d}{SUFFIX}"
                number += 1
                write_segment(path, entries)
                self._store(path)
                with self._changed:
                    self._changed.wait_for(lambda: self._closing, timeout=PAUSE)
        except OSError as error:
            self._failure = JournalError(
                f"Answers can't be written to {str(self._scratch)!r}: {error}. What was stored is kept; free some "
                "disk space and run again."
            )
        except BaseException as error:  # handed over to who adds or closes
            self._failure = error
