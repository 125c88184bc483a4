from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from synth_builder.distributed.duplicates import shared_keys
from synth_builder.distributed.duplicates.shared_keys import SharedKeys
from synth_builder.errors import JournalError


def bits(shared: NDArray[np.uint8], width: int) -> list[list[bool]]:
    return [[bool(row[place // 8] >> place % 8 & 1) for place in range(width)] for row in shared]


def test_a_bit_tells_of_each_key_whether_another_row_has_it(tmp_path: Path) -> None:
    keys = np.array([[1, 2, 3], [4, 5, 3], [6, 7, 8], [9, 2, 10]], dtype=np.uint64)
    found = SharedKeys(3, tmp_path / "work")
    assert list(found.add([keys[:2], keys[2:]], 4)) == []
    assert bits(found.bits, 3) == [
        [False, True, True],
        [False, False, True],
        [False, False, False],
        [False, True, False],
    ]
    found.close()
    assert list((tmp_path / "work").iterdir()) == []


def test_rows_that_come_later_are_compared_with_all_before_and_what_they_change_is_told(tmp_path: Path) -> None:
    found = SharedKeys(3, tmp_path)
    found.add([np.array([[1, 2, 3], [4, 2, 6]], dtype=np.uint64)], 2)
    assert list(found.add([np.array([[7, 8, 9]], dtype=np.uint64)], 1)) == []
    # 1 and 9 stand in earlier rows alone up to now; 2 was shared before, 30 is new.
    assert list(found.add([np.array([[9, 1, 30], [30, 2, 31]], dtype=np.uint64)], 2)) == [0 << 8 | 0, 2 << 8 | 2]
    assert bits(found.bits, 3) == [
        [True, True, False],
        [False, True, False],
        [False, False, True],
        [True, True, True],
        [True, True, False],
    ]


@pytest.mark.parametrize("at_once", [10, 100, 10**6])
@pytest.mark.parametrize("calls", [[200], [100, 0, 1, 99], [3, 197]])
def test_it_is_the_same_in_how_many_files_and_calls_keys_are_sorted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: int, calls: list[int]
) -> None:
    monkeypatch.setattr(shared_keys, "MOST_AT_ONCE", at_once)
    rng = np.random.default_rng(0)
    # Neighbouring numbers far up, as bands and labels make them, and many equal ones.
    keys = rng.integers(0, 3000, (200, 23)).astype(np.uint64) | (np.arange(23, dtype=np.uint64) << np.uint64(40))
    found, rows, told = SharedKeys(23, tmp_path), 0, set()
    for count in calls:
        before = bits(found.bits, 23)
        part = keys[rows : rows + count]
        newly = found.add([part[:64], part[64:]], count)
        rows += count
        counts = Counter(keys[:rows].reshape(-1).tolist())
        expected = [[counts[key] > 1 for key in row] for row in keys[:rows].tolist()]
        assert bits(found.bits, 23) == expected
        changed = [
            row << 8 | key for row in range(len(before)) for key in range(23) if expected[row][key] > before[row][key]
        ]
        assert newly.tolist() == changed
        told.update(changed)
    assert 0 < sum(map(sum, bits(found.bits, 23))) < 200 * 23
    assert bool(told) == (len(calls) > 1)


def test_there_may_be_no_rows(tmp_path: Path) -> None:
    found = SharedKeys(5, tmp_path)
    assert list(found.add([], 0)) == []
    assert found.bits.shape == (0, 1)


def test_a_folder_that_can_not_be_written_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shared_keys, "_to_parts", full)
    with pytest.raises(JournalError, match="No space left on device"):
        SharedKeys(2, tmp_path).add([np.zeros((1, 2), dtype=np.uint64)], 1)
