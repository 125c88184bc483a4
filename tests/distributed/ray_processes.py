"""Processes of Ray's clusters on this machine."""

import os
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


def listens_at(processes: list[int]) -> set[str]:
    """Addresses at which processes wait for others, as the kernel writes them: `0100007F` is 127.0.0.1."""
    sockets = {
        os.readlink(descriptor)
        for process in processes
        for descriptor in _descriptors(process)
        if descriptor.is_symlink()
    }
    found = set()
    for table in ("tcp", "tcp6"):
        for line in (Path("/proc/net") / table).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in sockets:
                found.add(fields[1].partition(":")[0])
    return found


def _descriptors(process: int) -> list[Path]:
    try:
        return list((Path("/proc") / str(process) / "fd").iterdir())
    except FileNotFoundError:
        return []  # it has just ended
