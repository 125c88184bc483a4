"""Processes of Ray's clusters on this machine."""

from collections.abc import Iterator
from pathlib import Path


def at_work(task: str, driver: int) -> list[int]:
    """Processes of a driver's cluster that are busy with a task of this name."""
    found = []
    for process in started_by(driver):
        try:
            if (Path("/proc") / str(process) / "cmdline").read_bytes().rstrip(b"\0") == f"ray::{task}".encode():
                found.append(process)
        except (FileNotFoundError, ProcessLookupError):
            continue  # it has just ended
    return found


def started_by(driver: int) -> list[int]:
    """Processes that a process started, and those that they started."""
    found = []
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdigit() and driver in _ancestors(int(folder.name)):
                found.append(int(folder.name))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def _ancestors(process: int) -> Iterator[int]:
    while process > 1:
        process = int((Path("/proc") / str(process) / "stat").read_text().rpartition(")")[2].split()[1])
        yield process
