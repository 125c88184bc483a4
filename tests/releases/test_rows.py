from collections.abc import Iterator
from pathlib import Path
from typing import Any

import datasets
import pyarrow.parquet
import pytest

from synth_builder.builder import features_of
from synth_builder.recipes.task import Task
from synth_builder.releases import rows as writing
from synth_builder.releases.rows import ROWS_PER_GROUP, rewrite_rows, rows_schema, write_rows
from synth_builder.releases.rows_digest import RowsDigest

TASK = Task(
    kind="text_pair_classification",
    description="d",
    columns={"premise": "p", "claim": "c"},
    labels={"no": "n", "yes": "y"},
)


def row(number: int, label: str = "yes") -> dict[str, Any]:
    return {
        "premise": f"Premise {number}.",
        "claim": "Ärger \U0001f600",
        "label": label,
        "id": f"train-{number}",
        "provenance": {
            "strategy": "few_shot",
            "prompt": "0123",
            "topic": None,
            "demonstrations": ["train:3"],
            "attributes": [{"name": "style", "value": "curt"}],
            "checks": [{"name": "agreement", "value": 0.5}],
            "request": "ab",
            "seed": 2**31 - 1,
            "draw": 2,
        },
    }


def test_the_schema_is_the_one_that_datasets_makes_of_the_features() -> None:
    features = features_of(TASK)
    assert rows_schema(TASK) == features.arrow_schema
    assert rows_schema(TASK).metadata == features.arrow_schema.metadata
    assert datasets.Features.from_arrow_schema(rows_schema(TASK)) == features


def test_rows_are_loaded_as_they_were_written(tmp_path: Path) -> None:
    written = write_rows(iter([row(0), row(1, "no")]), tmp_path / "new" / "train.parquet", TASK)
    loaded = datasets.load_dataset("parquet", data_files=str(tmp_path / "new" / "train.parquet"), split="train")
    assert loaded.features == features_of(TASK)
    assert loaded.to_list() == [{**row(0), "label": 1}, {**row(1, "no"), "label": 0}]
    assert loaded.data.nbytes == written.num_bytes
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["train.parquet"]


def test_the_digest_tells_rows_apart_and_not_the_files(tmp_path: Path) -> None:
    def digest(*rows: dict[str, Any]) -> str:
        return write_rows(iter(rows), tmp_path / "train.parquet", TASK).rows_sha256

    first = digest(row(0), row(1, "no"))
    loaded = datasets.load_dataset("parquet", data_files=str(tmp_path / "train.parquet"), split="train")
    assert (
        RowsDigest(["premise", "claim", "label"]).update(loaded).hexdigest() == first == digest(row(0), row(1, "no"))
    )
    other = row(1, "no")
    other["provenance"] = other["provenance"] | {"seed": 5}
    found = {first, digest(row(1, "no"), row(0)), digest(row(0), row(1)), digest(row(0)), digest(row(0), other)}
    assert len(found) == 5


def test_a_long_split_is_written_group_by_group(tmp_path: Path) -> None:
    write_rows((row(number) for number in range(ROWS_PER_GROUP + 1)), tmp_path / "train.parquet", TASK)
    written = pyarrow.parquet.ParquetFile(tmp_path / "train.parquet")
    assert [written.metadata.row_group(group).num_rows for group in range(written.num_row_groups)] == [5000, 1]


def groups(path: Path) -> list[int]:
    metadata = pyarrow.parquet.read_metadata(path)
    return [metadata.row_group(group).num_rows for group in range(metadata.num_row_groups)]


def ids(path: Path) -> list[str]:
    return list(pyarrow.parquet.read_table(path)["id"].to_pylist())


def test_a_file_that_is_full_is_followed_by_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "train-00000-of-00001.parquet"
    one = write_rows((row(number) for number in range(7)), path, TASK)
    assert (one.files, groups(path)) == ((path,), [7])
    path.unlink()
    monkeypatch.setattr(writing, "ROWS_PER_GROUP", 2)
    (two,) = write_rows((row(number) for number in range(2)), tmp_path / "two.parquet", TASK).files
    metadata = pyarrow.parquet.read_metadata(two)
    group = metadata.row_group(0)
    first_group = 4 + sum(group.column(number).total_compressed_size for number in range(metadata.num_columns))
    two.unlink()
    monkeypatch.setattr(writing, "BYTES_PER_FILE", first_group + 1)
    several = write_rows((row(number) for number in range(7)), path, TASK)
    assert [path.name for path in several.files] == ["train-00000-of-00002.parquet", "train-00001-of-00002.parquet"]
    assert sorted(tmp_path.iterdir()) == list(several.files)
    assert [groups(path) for path in several.files] == [[2, 2], [2, 1]]
    assert [ids(path) for path in several.files] == [
        [f"train-{n}" for n in range(4)],
        ["train-4", "train-5", "train-6"],
    ]
    assert several.rows_sha256 == one.rows_sha256
    loaded = datasets.load_dataset("parquet", data_files=[str(path) for path in several.files], split="train")
    assert loaded.features == features_of(TASK)
    assert RowsDigest(["premise", "claim", "label"]).update(loaded).hexdigest() == one.rows_sha256


def test_a_full_file_without_further_rows_is_the_last_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "BYTES_PER_FILE", 1)
    monkeypatch.setattr(writing, "ROWS_PER_GROUP", 2)
    path = tmp_path / "train-00000-of-00001.parquet"
    assert write_rows(iter([row(0), row(1)]), path, TASK).files == (path,)
    assert write_rows(iter([]), path, TASK).files == (path,)
    assert groups(path) == []


def test_a_group_of_long_texts_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "train.parquet"
    size = write_rows((row(number) for number in range(6)), path, TASK).num_bytes
    monkeypatch.setattr(writing, "BYTES_PER_GROUP", size // 2 - 1)  # three parts are needed
    write_rows((row(number) for number in range(6)), path, TASK)
    assert groups(path) == [2, 2, 2]
    monkeypatch.setattr(writing, "BYTES_PER_GROUP", 1)
    write_rows((row(number) for number in range(6)), path, TASK)
    assert groups(path) == [1] * 6


def test_no_file_is_there_before_all_are_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "BYTES_PER_FILE", 1)
    monkeypatch.setattr(writing, "ROWS_PER_GROUP", 1)
    seen = list[list[str]]()

    def failing() -> Iterator[dict[str, Any]]:
        yield row(0)
        yield row(1)
        seen.append(sorted(path.suffix for path in tmp_path.iterdir()))
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space left"):
        write_rows(failing(), tmp_path / "train-00000-of-00001.parquet", TASK)
    assert seen == [[".part", ".part"]]
    assert list(tmp_path.iterdir()) == []


def test_rows_that_are_written_anew_stay_in_their_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "BYTES_PER_FILE", 1)
    monkeypatch.setattr(writing, "ROWS_PER_GROUP", 2)
    built = write_rows((row(number) for number in range(6)), tmp_path / "train-00000-of-00001.parquet", TASK)
    kept = {path: [row(int(id.partition("-")[2])) for id in ids(path) if id != "train-2"] for path in built.files}
    found = rewrite_rows(built.files, lambda path: iter(kept[path]), TASK)
    assert [ids(path) for path in found.files] == [["train-0", "train-1"], ["train-3"], ["train-4", "train-5"]]
    assert sorted(tmp_path.iterdir()) == list(built.files)
    expected = write_rows((row(number) for number in (0, 1, 3, 4, 5)), tmp_path / "x.parquet", TASK)
    assert found.rows_sha256 == expected.rows_sha256


def test_all_files_are_written_anew_or_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "BYTES_PER_FILE", 1)
    monkeypatch.setattr(writing, "ROWS_PER_GROUP", 1)
    files = write_rows((row(number) for number in range(2)), tmp_path / "train-00000-of-00001.parquet", TASK).files

    def failing(path: Path) -> Iterator[dict[str, Any]]:
        yield row(8)
        if path == files[1]:
            raise ValueError("no row")

    with pytest.raises(ValueError, match="no row"):
        rewrite_rows(files, failing, TASK)
    assert [ids(path) for path in files] == [["train-0"], ["train-1"]]
    assert sorted(tmp_path.iterdir()) == list(files)
