"""Releases whose splits take many files: one for each row."""

import pytest

from synth_builder.releases import rows as writing


def a_file_for_each_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on, whatever is written in this process has a file for each row."""
    monkeypatch.setattr(writing, "BYTES_PER_FILE", 1)
    monkeypatch.setattr(writing, "ROWS_PER_GROUP", 1)


def data_paths(variant: str, train: int = 12, validation: int = 4) -> list[str]:
    """Paths of the files of a variant."""
    return [
        f"data/{variant}/{split}-{number:05d}-of-{count:05d}.parquet"
        for split, count in (("train", train), ("validation", validation))
        for number in range(count)
    ]
