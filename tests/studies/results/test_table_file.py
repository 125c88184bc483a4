from pathlib import Path

import pyarrow.parquet

from synth_builder.studies.results.table_file import results_table, write_results_table
from tests.studies.made_up import made_up


def test_each_training_has_a_row() -> None:
    results = made_up(("a",))
    rows = results_table(results).to_pylist()
    assert len(rows) == 3 * len(results.cells)
    first = results.cells[0]
    assert [row["seed"] for row in rows[:4]] == [0, 1, 2, 0]
    assert [row["accuracy"] for row in rows[:3]] == list(first.accuracies)
    assert {row["accuracy_mean"] for row in rows[:3]} == {first.accuracy.mean}
    assert rows[0] | {"variant": None, "regime": "real", "real_rows": 100, "synthetic_rows": None} == rows[0]
    assert rows[0]["model"] is None and rows[-1]["model"] == "SmolLM2-135M-Instruct"
    assert rows[-1]["strategy"] == "few_shot" and rows[-1]["classifier"] == "tfidf"


def test_the_file_tells_its_form_and_its_study(tmp_path: Path) -> None:
    results = made_up(("a",))
    write_results_table(results, tmp_path / "study" / "results.parquet")
    once = (tmp_path / "study" / "results.parquet").read_bytes()
    read = pyarrow.parquet.read_table(tmp_path / "study" / "results.parquet")
    assert read.equals(results_table(results))
    told = read.schema.metadata
    assert (told[b"schema_version"], told[b"study"], told[b"fingerprint"]) == (b"1", b"made_up", b"made_up-0")
    write_results_table(results, tmp_path / "study" / "results.parquet")
    assert (tmp_path / "study" / "results.parquet").read_bytes() == once


def test_a_study_without_trainings_has_an_empty_table_of_the_same_form() -> None:
    empty = results_table(made_up(cells=()))
    assert empty.num_rows == 0 and empty.schema == results_table(made_up()).schema
