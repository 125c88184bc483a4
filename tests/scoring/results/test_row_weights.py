from pathlib import Path

import pytest

pytest.importorskip("pyarrow")

import pyarrow
import pyarrow.parquet

from synth_builder.errors import ScoringError
from synth_builder.scoring.results.row_weights import RowWeights, weights_beside


def test_each_variant_has_a_file_beside_the_scores(tmp_path: Path) -> None:
    assert weights_beside(tmp_path / "x.json", ["few_shot"]) == {"few_shot": tmp_path / "x.rows.parquet"}
    assert weights_beside(tmp_path / "x.json", ["few_shot", "template"]) == {
        "few_shot": tmp_path / "x.few_shot.rows.parquet",
        "template": tmp_path / "x.template.rows.parquet",
    }


def test_weights_are_written_over_but_nothing_else_is(tmp_path: Path) -> None:
    place = tmp_path / "x.rows.parquet"
    RowWeights("imp", ("a",), (0.5,), (0.25,)).write(place)
    assert pyarrow.parquet.read_table(place).to_pylist() == [
        {"id": "a", "quality": 0.5, "diversity": 0.25, "weight": 2.0}
    ]
    assert weights_beside(tmp_path / "x.json", ["few_shot"]) == {"few_shot": place}
    pyarrow.parquet.write_table(pyarrow.table({"text": ["mine"]}), place)
    with pytest.raises(
        ScoringError, match=r"go to '.*x\.rows\.parquet', and a file that holds something else is there"
    ):
        weights_beside(tmp_path / "x.json", ["few_shot"])
    place.write_text("no parquet", encoding="utf-8")
    with pytest.raises(ScoringError, match="a file that holds something else is there"):
        weights_beside(tmp_path / "x.json", ["few_shot"])
