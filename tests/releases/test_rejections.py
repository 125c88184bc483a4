import json
from pathlib import Path

import pyarrow.parquet
import pytest

from synth_builder.releases import rejections
from synth_builder.releases.rejections import write_rejections

REJECTION = {
    "split": "train",
    "slot": 1,
    "draw": 0,
    "label": "negative",
    "reason": "too_short",
    "detail": "text has 1 words",
    "raw": "Ä\nb",
    "columns": {"text": "Ä"},
    "request": "key",
}


def test_each_rejection_is_a_row_with_its_raw_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rejections, "ROWS_PER_GROUP", 2)
    without = {**REJECTION, "label": None, "raw": None, "columns": None}
    write_rejections((dict(row) for row in (REJECTION, without, REJECTION)), tmp_path / "deep" / "a.parquet")
    rows = pyarrow.parquet.read_table(tmp_path / "deep" / "a.parquet").to_pylist()
    assert len(rows) == 3 and rows[0] == rows[2]
    assert json.loads(rows[0].pop("columns")) == {"text": "Ä"}
    assert rows[0] == {key: value for key, value in REJECTION.items() if key != "columns"}
    assert (rows[1]["label"], rows[1]["raw"], rows[1]["columns"]) == (None, None, None)
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["a.parquet"]


def test_without_rejections_the_file_is_there_and_empty(tmp_path: Path) -> None:
    write_rejections([], tmp_path / "a.parquet")
    table = pyarrow.parquet.read_table(tmp_path / "a.parquet")
    assert table.num_rows == 0 and "raw" in table.column_names
