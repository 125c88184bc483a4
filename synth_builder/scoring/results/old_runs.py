import logging
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

logger = logging.getLogger(__name__)

DAY = 24 * 60 * 60.0
MOST_DAYS = 90
"""Since a training was last looked up; each look-up counts, see `FinishedRuns`."""
MOST_FILES = 20_000
MOST_BYTES = 2**30
MARK = "last-clean-up"

_FOLDER = re.compile(r"[0-9a-f]{2}")
_RUN = re.compile(r"[0-9a-f]{64}\.json")
_PARTIAL = re.compile(r"[0-9a-f]{64}\.json\.[0-9a-f]{32}\.partial")


class _File(NamedTuple):
    used: float
    path: str
    size: int


def remove_old_runs(
    folder: Path, now: float | None = None, *, most_files: int = MOST_FILES, most_bytes: int = MOST_BYTES
) -> None:
    """
    Remove finished trainings that were not used for 90 days, and of the others those that were not used for the
    longest time, until there are at most 20,000 files and 1 GiB. Nothing is done where it was done within a day, by
    whichever process.

    Other processes may read and write meanwhile: what they use until a moment before is kept, and a file that is gone
    costs them a training. Files of other names stay. What can't be removed is told and stays.

    Args:
        folder (`Path`):
            A folder of `FinishedRuns` that is ours alone: the default one.
        now (`float`, *optional*):
            Seconds since 1970; the time of the clock when not given.
        most_files (`int`, defaults to 20,000):
            Trainings that stay, at most.
        most_bytes (`int`, defaults to 1 GiB):
            Their size, at most.
    """
    now = time.time() if now is None else now
    try:
        if not folder.is_dir() or not _is_due(folder / MARK, now):
            return
        runs = sorted(_files(folder, _RUN), reverse=True)
        partial = [file for file in _files(folder, _PARTIAL) if now - file.used > DAY]  # of processes that were killed
    except OSError as error:
        logger.warning("Old trainings can't be looked for in %r: %s.", str(folder), error)
        return
    old, size = partial, 0
    for number, file in enumerate(runs):
        size += file.size
        if number >= most_files or size > most_bytes or now - file.used > MOST_DAYS * DAY:
            old.append(file)
    removed = sum(map(_removed, old))
    logger.info("Removed %d of %d finished trainings from %r", removed, len(runs), str(folder))


def _is_due(mark: Path, now: float) -> bool:
    """Whether it was not done for a day. It is marked as done before, so that others do not do it meanwhile."""
    # A mark of a later time was set by a clock that was wrong.
    due = not (mark.is_file() and 0 <= now - mark.stat().st_mtime < DAY)
    if due:
        mark.touch()
        os.utime(mark, (now, now))
    return due


def _files(folder: Path, name: re.Pattern[str]) -> Iterator[_File]:
    with os.scandir(folder) as parts:
        for part in parts:
            if not (_FOLDER.fullmatch(part.name) and part.is_dir(follow_symlinks=False)):
                continue
            with os.scandir(part) as files:
                for file in files:
                    if name.fullmatch(file.name):
                        try:
                            found = file.stat(follow_symlinks=False)
                        except FileNotFoundError:
                            continue  # another process was quicker
                        yield _File(found.st_mtime, file.path, found.st_size)


def _removed(file: _File) -> bool:
    path = Path(file.path)
    try:
        if path.stat().st_mtime != file.used:
            return False  # somebody has used it since
        path.unlink()
    except FileNotFoundError:
        return False
    except OSError as error:
        logger.warning("%r can't be removed: %s.", file.path, error)
        return False
    return True
