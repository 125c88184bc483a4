from pathlib import Path
from typing import Any

import datasets
import pytest

from synth_builder.errors import ScoringError
from synth_builder.scoring.rows.given_dataset import GivenDataset, open_given
from tests.servers.hub import HubServer

ROWS = [{"text": "a fine film", "label": 1}, {"text": "a poor film", "label": 0}]


def opened(given: Any, part: Any = "train") -> GivenDataset:
    return open_given(given, "real_test", part)


def on_the_hub(hub: HubServer, id: str, files: dict[str, list[str]], tmp_path: Path) -> None:
    """Files of texts with their labels 0, 1, 0, ..."""
    contents = {}
    for path, texts in files.items():
        labels = [number % 2 for number in range(len(texts))]
        datasets.Dataset.from_dict({"text": texts, "label": labels}).to_parquet(tmp_path / "one.parquet")
        contents[path] = (tmp_path / "one.parquet").read_bytes()
    hub.add(id, contents)


def test_a_dataset_is_taken_as_it_is_and_called_by_its_role() -> None:
    rows = datasets.Dataset.from_list(ROWS)
    found = opened(rows)
    assert found.dataset is rows
    assert (found.role, found.reference, found.name, found.variant) == (
        "real_test",
        "real_test",
        "real_test",
        "default",
    )


def test_dictionaries_become_a_dataset_with_the_columns_of_all_of_them() -> None:
    found = opened([{"text": "one"}, {"text": "two", "label": "good"}]).dataset
    assert found.to_dict() == {"text": ["one", "two"], "label": [None, "good"]}


def test_a_column_of_several_kinds_is_named() -> None:
    with pytest.raises(ScoringError, match=r"^The column 'label' of real_test can't be read: .* values of one kind"):
        opened([{"text": "one", "label": 1}, {"text": "two", "label": "good"}])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([], "^real_test has no rows; expected at least one"),
        (datasets.Dataset.from_dict({"text": []}), "^real_test has no rows"),
        (["a text"], "^real_test is of the type list; expected a datasets.Dataset, a list of dictionaries, or 'owner"),
        (7, "^real_test is of the type int"),
        (datasets.Dataset.from_list(ROWS).to_iterable_dataset(), "^real_test is of the type IterableDataset"),
        (
            datasets.DatasetDict({"a": datasets.Dataset.from_list(ROWS), "b": datasets.Dataset.from_list(ROWS)}),
            r"^real_test has the splits a, b; give one of them, as in real_test=data\['train'\]",
        ),
        ("owner/name:a:b:c", "^real_test: 'owner/name:a:b:c' names no dataset; expected a datasets.Dataset"),
        ("a b", "^real_test: 'a b' names no dataset"),
        ("", "^real_test: '' names no dataset"),
        ("o/" + 100 * "n", "^real_test: .* names no dataset"),
        ("text:train", "^real_test: 'text:train' names no dataset"),
    ],
)
def test_what_is_no_rows_is_refused(given: Any, message: str) -> None:
    with pytest.raises(ScoringError, match=message):
        opened(given)


def test_paths_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "films" / "english").mkdir(parents=True)
    datasets.Dataset.from_list(ROWS).to_parquet(tmp_path / "films" / "english" / "train.parquet")
    for given, message in (
        ("films/english", "'films/english' is a folder here, and folders are not read"),
        ("films/english:train", "'films/english' is a folder here"),
        (
            "films/german",
            "There is no folder 'films/german', and it is not looked for on the Hub, because 'films' is a",
        ),
        ("films/english/train.parquet", "is a file's name, and files are not read here"),
        (str(tmp_path / "films"), "names no dataset"),
    ):
        with pytest.raises(ScoringError, match=f"^real_test: .*{message}"):
            opened(given)


def test_a_name_on_the_hub_names_split_and_config(hub: HubServer, tmp_path: Path) -> None:
    card = b"""---
configs:
- config_name: long
  data_files: [{split: train, path: long/train*}, {split: dev, path: long/dev*}]
- config_name: short
  data_files: [{split: train, path: short/train*}]
---
"""
    files = {"long/train.parquet": ["a", "b"], "long/dev.parquet": ["c", "d", "e"], "short/train.parquet": ["f", "g"]}
    on_the_hub(hub, "ada/films", files, tmp_path)
    hub.repositories["ada/films"].commit({"README.md": hub.blob("README.md", card)}, author="ada")
    found = opened("ada/films:long:dev")
    assert found.dataset["text"][:] == ["c", "d", "e"]
    assert (found.reference, found.name, found.variant) == ("ada/films:long:dev", "ada/films", "long")
    assert opened("ada/films@main:short:train").name == "ada/films@main"
    with pytest.raises(
        ScoringError, match=r"(?s)'ada/films' can't be read: .*long.*short.*Expected real_test: the name"
    ):
        opened("ada/films")
    with pytest.raises(ScoringError, match=r"(?s)'ada/films:long:test' can't be read.*test"):
        opened("ada/films:long:test")


def test_a_name_without_a_split_means_the_split_for_its_part_or_the_only_one(hub: HubServer, tmp_path: Path) -> None:
    on_the_hub(hub, "ada/two", {"train.parquet": ["a", "b"], "test.parquet": ["c", "d"]}, tmp_path)
    assert (opened("ada/two", "train").reference, opened("ada/two", "test").reference) == (
        "ada/two:train",
        "ada/two:test",
    )
    on_the_hub(hub, "ada/one", {"validation.parquet": ["a", "b"]}, tmp_path)
    assert opened("ada/one", "test").reference == "ada/one:validation"
    on_the_hub(hub, "ada/none", {"train.parquet": ["a", "b"], "validation.parquet": ["c", "d"]}, tmp_path)
    with pytest.raises(
        ScoringError, match=r"the splits train, validation and none is called 'test'; .* 'ada/none:train'"
    ):
        opened("ada/none", "test")


def test_a_name_that_is_not_on_the_hub_is_told(hub: HubServer) -> None:
    with pytest.raises(ScoringError, match=r"(?s)^The dataset 'ada/nothing:test' can't be read.*\nExpected real_test"):
        opened("ada/nothing:test")
