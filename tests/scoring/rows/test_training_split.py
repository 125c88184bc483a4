from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

datasets = pytest.importorskip("datasets")

from synth_builder.errors import ScoringError  # noqa: E402
from synth_builder.recipes.records import read_records  # noqa: E402
from synth_builder.scoring.rows.source import open_source, variant_rows  # noqa: E402


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", str(tmp_path / "cache"))


def folder(tmp_path: Path, **files: str) -> Path:
    """A folder of csv files, by split."""
    path = tmp_path / "films"
    path.mkdir()
    for split, content in files.items():
        (path / f"{split}.csv").write_text(content, encoding="utf-8")
    return path


def refusal(path: Path) -> str:
    with pytest.raises(ScoringError) as refused:
        variant_rows(open_source(path))
    return str(refused.value)


def test_words_that_pandas_takes_for_no_value_are_texts_as_in_test_rows(tmp_path: Path) -> None:
    path = folder(tmp_path, train="text,label\nNone,NA\nNA,None\nnan,NA\nnull,None\n")
    _, rows = variant_rows(open_source(path))
    assert rows["default"].texts == (("None",), ("NA",), ("nan",), ("null",))
    assert variant_rows(open_source(path), "default") == variant_rows(open_source(path), ["default"])
    _, records = read_records(path / "train.csv", "train.csv")
    assert [(record["text"],) for record in records] == list(rows["default"].texts)
    assert rows["default"].label_counts(["NA", "None"]) == {"NA": 2, "None": 2}


def test_an_empty_cell_is_no_text_and_numbers_stay_numbers(tmp_path: Path) -> None:
    path = folder(tmp_path, train="text,label\ngood,1\n,0\nbad,0\n")
    assert refusal(path) == (
        "Row 1 of the variant 'default' of 'films' holds (None,); expected a text in each text column."
    )
    assert open_source(path).load("default")["label"][:] == [1, 0, 0]


@pytest.mark.parametrize("content", ["", "\n", "text,label\n", "text,label\n\n"])
def test_a_file_without_rows_is_told_by_its_name(tmp_path: Path, content: str) -> None:
    path = folder(tmp_path, train=content)
    expected = "The split 'train' of 'films' has no rows in train.csv; expected at least one, or no such file."
    assert refusal(path) == expected
    # That another split has rows does not make them rows to train on.
    (path / "test.csv").write_text("text,label\ngood,praise\n", encoding="utf-8")
    assert refusal(path) == expected


def test_a_table_without_rows_is_told_as_well(tmp_path: Path) -> None:
    path = folder(tmp_path)
    pyarrow.parquet.write_table(
        pyarrow.table({name: pyarrow.array([], pyarrow.string()) for name in ("text", "label")}),
        path / "train.parquet",
    )
    assert refusal(path) == (
        "The split 'train' of 'films' has no rows in train.parquet; expected at least one, or no such file."
    )


def test_why_files_can_not_be_read_is_told(tmp_path: Path) -> None:
    told = refusal(folder(tmp_path, train="text,label\ngood,1\nbad,0,7\n"))
    assert "Expected 2 fields in line 3, saw 3" in told and "while generating" not in told


def test_a_single_split_is_taken_and_of_several_the_one_for_training(tmp_path: Path) -> None:
    path = folder(tmp_path, test="text,label\ngood,1\n")
    assert open_source(path).load("default")["text"][:] == ["good"]
    (path / "validation.csv").write_text("text,label\nbad,0\n", encoding="utf-8")
    assert refusal(path).startswith("The variant 'default' of 'films' has the splits validation, test; expected one")
    (path / "train.csv").write_text("text,label\nfine,0\n", encoding="utf-8")
    assert open_source(path).load("default")["text"][:] == ["fine"]
