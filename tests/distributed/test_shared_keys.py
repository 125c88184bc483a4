from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from synth_builder.distributed import shared_keys
from synth_builder.distributed.shared_keys import rows_with_shared_keys
from synth_builder.errors import JournalError


def bits(shared: NDArray[np.uint8], width: int) -> list[list[bool]]:
    return [[bool(row[place // 8] >> place % 8 & 1) for place in range(width)] for row in shared]


def test_a_bit_tells_of_each_key_whether_another_row_has_it(tmp_path: Path) -> None:
    keys = np.array([[1, 2, 3], [4, 5, 3], [6, 7, 8], [9, 2, 10]], dtype=np.uint64)
    shared = rows_with_shared_keys(lambda: [keys[:2], keys[2:]], 4, 3, tmp_path / "work")
    assert bits(shared, 3) == [
        [False, True, True],
        [False, False, True],
        [False, False, False],
        [False, True, False],
    ]
    assert list((tmp_path / "work").iterdir()) == []


@pytest.mark.parametrize("at_once", [10, 100, 10**6])
def test_it_is_the_same_in_how_many_files_keys_are_sorted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(shared_keys, "MOST_AT_ONCE", at_once)
    rng = np.random.default_rng(0)
    # Neighbouring numbers far up, as bands and labels make them, and many equal ones.
    keys = rng.integers(0, 300, (200, 23)).astype(np.uint64) | (np.arange(23, dtype=np.uint64) << np.uint64(40))

    def chunks() -> Iterator[NDArray[np.uint64]]:
        yield from (keys[begin : begin + 64] for begin in range(0, 200, 64))

    counts = Counter(keys.reshape(-1).tolist())
    shared = rows_with_shared_keys(chunks, 200, 23, tmp_path)
    assert bits(shared, 23) == [[counts[key] > 1 for key in row] for row in keys.tolist()]
    assert 0 < sum(map(sum, bits(shared, 23))) < 200 * 23


def test_there_may_be_no_rows(tmp_path: Path) -> None:
    assert rows_with_shared_keys(list, 0, 5, tmp_path).shape == (0, 1)


def test_a_folder_that_can_not_be_written_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shared_keys, "_to_parts", full)
    with pytest.raises(JournalError, match="No space left on device"):
        rows_with_shared_keys(lambda: [np.zeros((1, 2), dtype=np.uint64)], 1, 2, tmp_path)
