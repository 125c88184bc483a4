from pathlib import Path

import pytest

from synth_builder.errors import RecipeError
from synth_builder.recipes.reference import FileReference, HubReference, parse_reference


@pytest.mark.parametrize(
    ("reference", "parsed"),
    [
        ("owner/name:train", HubReference("owner/name", "train")),
        ("name:test", HubReference("name", "test")),
        ("owner/name:config:test", HubReference("owner/name", "test", "config")),
        ("owner/na.me-1:con.fig-2:test_1", HubReference("owner/na.me-1", "test_1", "con.fig-2")),
        ("owner/name@v1.0:train", HubReference("owner/name", "train", None, "v1.0")),
        ("owner/name@refs/pr/1:config:train", HubReference("owner/name", "train", "config", "refs/pr/1")),
    ],
)
def test_a_reference_to_the_hub_is_taken_apart(reference: str, parsed: HubReference) -> None:
    assert parse_reference(reference, Path()) == parsed


@pytest.mark.parametrize("name", ["rows.csv", "data/rows.parquet", "my rows.json", "a:b.jsonl", "../ROWS.CSV"])
def test_a_file_is_told_by_its_ending_and_starts_at_the_folder(tmp_path: Path, name: str) -> None:
    assert parse_reference(name, tmp_path) == FileReference((tmp_path / name).resolve())


def test_an_absolute_path_stays_and_a_home_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert parse_reference(str(tmp_path / "x.csv"), Path("/elsewhere")) == FileReference(
        (tmp_path / "x.csv").resolve()
    )
    assert parse_reference("~/x.csv", Path("/elsewhere")) == FileReference((tmp_path / "x.csv").resolve())


@pytest.mark.parametrize(
    "reference",
    ["", "owner/name", "rows.txt", "owner/name/more:train", "owner/name:train[:10]", "a:b:c:d", "owner/:x"],
)
def test_what_is_neither_is_refused_with_both_forms(reference: str) -> None:
    with pytest.raises(RecipeError) as found:
        parse_reference(reference, Path())
    assert str(found.value) == (
        f"{reference!r} names no data: expected 'owner/name:split' or 'owner/name:config:split' of a dataset "
        "on the Hub, or "
        "the path of a file that ends in .parquet, .csv, .json, .jsonl."
    )
