from pathlib import Path
from typing import Any

import datasets
import pyarrow.parquet

from synth_builder.builder import features_of
from synth_builder.recipes.task import Task
from synth_builder.releases.rows import ROWS_PER_GROUP, rows_schema, write_rows
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
