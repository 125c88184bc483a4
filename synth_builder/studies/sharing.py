import fcntl
import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PAUSE = 1.0
"""Seconds between two looks at what other processes are at."""


@dataclass(frozen=True)
class Unit:
    """
    A piece of work that one process does.

    Args:
        name (`str`):
            Its name among all, usable as a file name.
        done (`Callable[[], bool]`):
            Whether it was done, by whomever.
        do (`Callable[[], None]`):
            Does it. What was done of it before is not repeated.
    """

    name: str
    done: Callable[[], bool]
    do: Callable[[], None]


def share(units: Callable[[], Iterable[Unit]], locks: Path) -> None:
    """
    Do what is not done yet, together with any other process that does the same: a unit that another one is at is left
    to it. Who is killed leaves its unit to the others. Returns when everything is done.

    Args:
        units (`Callable[[], Iterable[Unit]]`):
            All units, in the order in which they are done; asked again as long as others are at some.
        locks (`Path`):
            A folder that all processes see. A lock lasts as long as the process that holds it.

    Raises:
        SynthBuilderError: What a unit raises.
    """
    while True:
        held = []
        for unit in units():
            if unit.done():
                continue
            lock = locks / f"{unit.name}.lock"
            with claimed(lock) as mine:
                if not mine:
                    held.append(lock)
                elif not unit.done():  # another one may just have finished it
                    unit.do()
        if not held:
            return
        # What the others are at is not listed again before one of them is through: a list of all may take long.
        while all(_is_held(lock) for lock in held):
            time.sleep(PAUSE)


@contextmanager
def claimed(path: Path) -> Iterator[bool]:
    """
    Hold a lock for the length of a `with` block, or learn that another process holds it. The system lets go of it when
    the process ends, however it ends.

    Args:
        path (`Path`):
            Its file; made when it is not there, and left there. It holds the number of the process that had it last.

    Returns:
        `bool`: Whether it is held now.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield True


def _is_held(path: Path) -> bool:
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False
