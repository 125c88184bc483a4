"""The parquet files that hold one split: what they are called, and what a provenance tells of them."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ONE_FILE = "-00000-of-00001.parquet"


def file_name(split: str, number: int = 0, of: int = 1) -> str:
    """
    Name of a file of a split, as `datasets` and the Hub write it.

    Args:
        split (`str`):
            The split.
        number (`int`, defaults to 0):
            Which of its files, from 0.
        of (`int`, defaults to 1):
            How many there are.
    """
    return f"{split}-{number:05d}-of-{of:05d}.parquet"


def named_files(path: Path, count: int) -> tuple[Path, ...]:
    """
    The files that take the place of one: that one itself, where one is enough.

    Args:
        path (`Path`):
            The file, such as `train-00000-of-00001.parquet`.
        count (`int`):
            How many are needed.
    """
    if count == 1:
        return (path,)
    split = path.name.removesuffix(ONE_FILE).removesuffix(".parquet")
    return tuple(path.with_name(file_name(split, number, count)) for number in range(count))


def files_told(files: Sequence[Path], variant: str) -> dict[str, Any]:
    """
    What a provenance tells of the files of a split. Of a single one `file`, `bytes` and `sha256`; of several the
    pattern of their names, the bytes of all, and the three of each under `files`.

    Args:
        files (`Sequence[Path]`):
            The files, in their order.
        variant (`str`):
            The variant that they belong to.
    """
    each = [
        {"file": f"data/{variant}/{path.name}", "bytes": path.stat().st_size, "sha256": file_hash(path)}
        for path in files
    ]
    if len(each) == 1:
        return each[0]
    split = files[0].name.removesuffix(file_name("", 0, len(files)))
    pattern = f"data/{variant}/{split}-*-of-{len(files):05d}.parquet"
    return {"file": pattern, "bytes": sum(path.stat().st_size for path in files), "files": each}


def each_told(told: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """
    `file`, `bytes` and `sha256` of each file of a split, in their order.

    Args:
        told (`Mapping[str, Any]`):
            What a provenance tells of the split.
    """
    return list(told.get("files") or [told])


def file_hash(path: Path) -> str:
    """SHA-256 of a file, as hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
