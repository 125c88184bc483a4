import json
import logging
from pathlib import Path
from typing import Any

import pytest

from synth_builder.errors import RealDataError
from synth_builder.recipes.real_data import RealRow, read_real_rows, rows_digest
from synth_builder.recipes.recipe import RealData
from synth_builder.recipes.task import Task

TASK = Task(
    description="Praise or blame?",
    columns={"text": "a sentence"},
    labels={"blame": "dislikes it", "praise": "likes it"},
)
YES_NO = Task(description="d", columns={"text": "t"}, labels={"true": "it is", "false": "it is not"})

ROWS = [RealRow({"text": "Bad, bad film."}, "blame", "rows:0"), RealRow({"text": "I loved it."}, "praise", "rows:1")]


def write(folder: Path, name: str, content: str) -> str:
    (folder / name).write_text(content, encoding="utf-8")
    return name


def refusal(reference: str, folder: Path, task: Task = TASK, real: RealData | None = None) -> str:
    with pytest.raises(RealDataError) as found:
        read_real_rows(reference, task, real, folder, named_by="real.train")
    assert str(found.value).startswith("real.train: ")
    return str(found.value).removeprefix("real.train: ")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("rows.csv", 'text,label\n"Bad, bad film.",blame\nI loved it.,praise\n'),
        ("rows.csv", '\ufefflabel,text\r\nblame,"Bad, bad film."\r\npraise,I loved it.\r\n'),
        ("rows.CSV", 'text,label\n"Bad, bad film.",blame\nI loved it.,praise\n'),
        (
            "rows.jsonl",
            '{"text": "Bad, bad film.", "label": "blame"}\n\n{"label": "praise", "text": "I loved it.", "more": 1}\n',
        ),
        (
            "rows.json",
            '[{"text": "Bad, bad film.", "label": "blame"}, {"text": "I loved it.", "label": "praise"}]',
        ),
    ],
)
def test_rows_are_read_from_each_form_of_text_file(tmp_path: Path, name: str, content: str) -> None:
    assert read_real_rows(write(tmp_path, name, content), TASK, None, tmp_path) == ROWS


def test_rows_are_read_from_a_parquet_file(tmp_path: Path) -> None:
    import pyarrow
    import pyarrow.parquet

    table = pyarrow.table({"text": ["Bad, bad film.", "I loved it."], "label": ["blame", "praise"], "more": [1, 2]})
    pyarrow.parquet.write_table(table, tmp_path / "rows.parquet")
    assert read_real_rows("rows.parquet", TASK, None, tmp_path) == ROWS


def test_a_csv_text_keeps_its_quotes_and_line_breaks(tmp_path: Path) -> None:
    name = write(tmp_path, "q.csv", 'text,label\n"She said ""no"",\nand left.",blame\n')
    assert read_real_rows(name, TASK, None, tmp_path)[0].columns == {"text": 'She said "no",\nand left.'}


def test_columns_and_labels_of_the_source_are_translated(tmp_path: Path) -> None:
    name = write(tmp_path, "n.jsonl", '{"sentence": "one two", "y": 0}\n{"sentence": "three", "y": 1}\n')
    real = RealData(columns={"sentence": "text", "y": "label"}, labels={"0": "blame", "1": "praise"})
    rows = read_real_rows(name, TASK, real, tmp_path)
    assert [(row.columns, row.label, row.id) for row in rows] == [
        ({"text": "one two"}, "blame", "n:0"),
        ({"text": "three"}, "praise", "n:1"),
    ]


def test_columns_can_swap_their_names(tmp_path: Path) -> None:
    name = write(tmp_path, "s.csv", "text,label\nblame,A sad film.\n")
    real = RealData(columns={"text": "label", "label": "text"})
    assert read_real_rows(name, TASK, real, tmp_path) == [RealRow({"text": "A sad film."}, "blame", "s:0")]


@pytest.mark.parametrize("value", ["true", '"true"', '"True"', '"yes"'])
def test_a_true_value_is_read_in_each_spelling(tmp_path: Path, value: str) -> None:
    name = write(tmp_path, "b.jsonl", f'{{"text": "x", "label": {value}}}\n')
    real = RealData(labels={"True": "true", "yes": "true"})
    assert read_real_rows(name, YES_NO, real, tmp_path)[0].label == "true"


def test_a_boolean_needs_no_translation(tmp_path: Path) -> None:
    name = write(tmp_path, "b.jsonl", '{"text": "x", "label": false}\n')
    assert read_real_rows(name, YES_NO, None, tmp_path)[0].label == "false"


def test_two_text_columns_are_read(tmp_path: Path) -> None:
    task = Task(
        kind="text_pair_classification",
        description="d",
        columns={"premise": "p", "hypothesis": "h"},
        labels={"yes": "y", "no": "n"},
    )
    name = write(tmp_path, "p.csv", "hypothesis,label,premise\nB,yes,A\n")
    row = read_real_rows(name, task, None, tmp_path)[0]
    assert list(row.columns.items()) == [("premise", "A"), ("hypothesis", "B")]


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("e.csv", "", "'e.csv' holds no rows; expected at least one labelled row."),
        ("e.csv", "text,label\n", "'e.csv' holds no rows; expected at least one labelled row."),
        ("e.jsonl", "\n", "'e.jsonl' holds no rows; expected at least one labelled row."),
        ("e.json", "[]", "'e.json' holds no rows; expected at least one labelled row."),
        ("e.json", "", "'e.json' can't be read as json: Expecting value: line 1 column 1 (char 0)."),
        ("e.json", '{"rows": []}', "'e.json' can't be read as json: expected a list of objects, one per row."),
        ("e.jsonl", "[1]\n", "'e.jsonl' can't be read as jsonl: expected a list of objects, one per row."),
        (
            "e.csv",
            "text,label\nx,blame,more\n",
            "'e.csv' can't be read as csv: row 0 has not the 2 fields that the header names.",
        ),
        (
            "e.csv",
            "text,label\nx\n",
            "'e.csv' can't be read as csv: row 0 has not the 2 fields that the header names.",
        ),
        ("e.csv", 'text,label\n"x,blame\n', "'e.csv' can't be read as csv: unexpected end of data."),
        ("e.parquet", "text", "'e.parquet' can't be read as parquet: "),
        (
            "e.csv",
            "txt,label\nx,blame\n",
            "'e.csv' has no column 'text' for the task's 'text'. Did you mean 'txt'? It has: txt, label. Say under "
            "real.columns which one it is, for example {txt: text}.",
        ),
        ("e.csv", "text,y\nx,blame\n", "'e.csv' has no column 'label' for the task's 'label'. It has: text, y."),
        (
            "e.jsonl",
            '{"text": null, "label": "blame"}',
            "'e.jsonl' holds None in column 'text' of row 0; expected a text.",
        ),
        ("e.jsonl", '{"text": 3, "label": "blame"}', "'e.jsonl' holds 3 in column 'text' of row 0; expected a text."),
        (
            "e.csv",
            "text,label\nx,blame\ny,meh\n",
            "the label 'meh' of row 1 of 'e.csv' is no label of the task (blame, praise). Say under real.labels "
            "which one "
            "it is, for example {'meh': blame}.",
        ),
        ("e.jsonl", '{"text": "x", "label": 0}', "the label '0' of row 0 of 'e.jsonl' is no label of the task"),
    ],
)
def test_what_can_not_be_used_is_told(tmp_path: Path, name: str, content: str, sentence: str) -> None:
    assert refusal(write(tmp_path, name, content), tmp_path).startswith(sentence)


def test_the_example_names_the_nearest_column_that_is_free(tmp_path: Path) -> None:
    assert refusal(write(tmp_path, "e.csv", "text,lab\nx,blame\n"), tmp_path).endswith(
        "It has: text, lab. Say under real.columns which one it is, for example {lab: label}."
    )
    assert refusal(write(tmp_path, "e.csv", "text,y\nx,blame\n"), tmp_path).endswith("for example {y: label}.")
    assert refusal(write(tmp_path, "e.csv", "y,label\nx,blame\n"), tmp_path).endswith("for example {y: text}.")


def test_without_a_recipe_no_key_of_one_is_named_as_if_it_were_there(tmp_path: Path) -> None:
    def refused(content: str) -> str:
        name = write(tmp_path, "e.csv", content)
        with pytest.raises(RealDataError) as found:
            read_real_rows(name, TASK, None, tmp_path, named_by="--test", without_recipe=True)
        return str(found.value)

    assert refused("txt,label\nx,blame\n") == (
        "--test: 'e.csv' has no column 'text', as the dataset has. Did you mean 'txt'? It has: txt, label. Rename the "
        "column there; or put a recipe.yaml beside the dataset that says under real.columns which one it is."
    )
    assert refused("text,label\nx,blame\ny,blam\n") == (
        "--test: the label 'blam' of row 1 of 'e.csv' is no label of the dataset (blame, praise). Did you mean "
        "'blame'? Rename the label there; or put a recipe.yaml beside the dataset that says under real.labels which "
        "one it is."
    )


def test_a_renamed_column_that_is_not_there_is_told_although_another_would_do(tmp_path: Path) -> None:
    name = write(tmp_path, "e.csv", "sentence,text,label\nx,long,blame\n")
    assert refusal(name, tmp_path, real=RealData(columns={"sentense": "text"})) == (
        "'e.csv' has no column 'sentense' for the task's 'text'. Did you mean 'sentence'? It has: sentence, text, "
        "label. Correct the entry 'sentense' of real.columns, or leave it out if the column 'text' is meant."
    )


def test_a_copy_in_the_tasks_own_terms_needs_no_translation(tmp_path: Path) -> None:
    name = write(tmp_path, "rows.csv", "id,text,y\n7,I loved it.,praise\n")
    real = RealData(columns={"sentence": "text", "y": "label"})
    assert read_real_rows(name, TASK, real, tmp_path) == [RealRow({"text": "I loved it."}, "praise", "rows:0")]


def test_a_file_that_is_no_utf8_is_told(tmp_path: Path) -> None:
    (tmp_path / "latin.csv").write_bytes("text,label\ncafé,blame\n".encode("latin-1"))
    assert refusal("latin.csv", tmp_path).startswith("'latin.csv' can't be read as csv: 'utf-8' codec")


def test_a_missing_file_is_told_with_where_its_path_starts(tmp_path: Path) -> None:
    for named_by, folder in (("real.train", "recipe's"), ("--test", "current")):
        with pytest.raises(RealDataError) as found:
            read_real_rows("gone.csv", TASK, None, tmp_path, named_by=named_by)
        assert str(found.value) == (
            f"{named_by}: there is no file 'gone.csv'; a relative path starts at the {folder} folder."
        )


def test_an_empty_parquet_file_holds_no_rows(tmp_path: Path) -> None:
    import pyarrow
    import pyarrow.parquet

    strings = pyarrow.array([], pyarrow.string())
    pyarrow.parquet.write_table(pyarrow.table({"text": strings, "label": strings}), tmp_path / "e.parquet")
    assert refusal("e.parquet", tmp_path) == "'e.parquet' holds no rows; expected at least one labelled row."


class Hub:
    """Stands for `datasets.load_dataset`: remembers how it was called."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.calls: list[tuple[Any, ...]] = []

    def __call__(self, repo: str, config: str | None, *, split: str, revision: str | None) -> Any:
        self.calls.append((repo, config, split, revision))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def test_a_dataset_on_the_hub_is_read_with_its_label_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    import datasets

    features = datasets.Features(
        {"sentence": datasets.Value("string"), "y": datasets.ClassLabel(names=["neg", "praise"])}
    )
    dataset = datasets.Dataset.from_dict({"sentence": ["a", "b"], "y": [0, 1]}, features=features)
    hub = Hub(dataset)
    monkeypatch.setattr(datasets, "load_dataset", hub)
    real = RealData(columns={"sentence": "text", "y": "label"}, labels={"neg": "blame"})
    with caplog.at_level(logging.INFO, "synth_builder"):
        rows = read_real_rows("owner/films@v1:en:validation", TASK, real, tmp_path)
    assert rows == [RealRow({"text": "a"}, "blame", "validation:0"), RealRow({"text": "b"}, "praise", "validation:1")]
    assert hub.calls == [("owner/films", "en", "validation", "v1")]
    assert "owner/films (en), split validation" in caplog.text


def test_the_number_of_a_label_can_be_translated_instead_of_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import datasets

    features = datasets.Features({"text": datasets.Value("string"), "label": datasets.ClassLabel(names=["a", "b"])})
    dataset = datasets.Dataset.from_dict({"text": ["x", "y"], "label": [0, 1]}, features=features)
    monkeypatch.setattr(datasets, "load_dataset", Hub(dataset))
    rows = read_real_rows("owner/films:train", TASK, RealData(labels={"0": "blame", "1": "praise"}), tmp_path)
    assert [row.label for row in rows] == ["blame", "praise"]
    unlabelled = datasets.Dataset.from_dict({"text": ["x"], "label": [-1]}, features=features)
    monkeypatch.setattr(datasets, "load_dataset", Hub(unlabelled))
    assert refusal("owner/films:train", tmp_path).startswith(
        "the label '-1' of row 0 of 'owner/films:train' is no label"
    )


def test_a_name_comes_before_a_number_and_a_number_before_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import datasets

    def labels(task: Task, names: list[str], without_recipe: bool) -> list[str]:
        """Labels of two rows whose numbers are 0 and 1."""
        features = datasets.Features({"text": datasets.Value("string"), "label": datasets.ClassLabel(names=names)})
        dataset = datasets.Dataset.from_dict({"text": ["x", "y"], "label": [0, 1]}, features=features)
        monkeypatch.setattr(datasets, "load_dataset", Hub(dataset))
        rows = read_real_rows("owner/films:train", task, None, tmp_path, without_recipe=without_recipe)
        return [row.label for row in rows]

    for indices in (False, True):
        assert labels(TASK, ["praise", "blame"], indices) == ["praise", "blame"]  # the task has them the other way
        stars = Task(description="d", columns={"text": "t"}, labels={"1": "poor", "2": "fine"})
        assert labels(stars, ["1", "2"], indices) == ["1", "2"]
    # Names that are numbers say nothing; words say something else than the task does, in whatever order.
    assert labels(TASK, ["0", "1"], True) == ["blame", "praise"]
    for indices in (False, True):
        with pytest.raises(RealDataError, match="'neg' of row 0"):
            labels(TASK, ["neg", "pos"], indices)
    with pytest.raises(RealDataError, match="'zero' of row 0"):
        labels(stars, ["zero", "one"], True)


@pytest.mark.parametrize(
    "error",
    [
        ConnectionError("no way out\nmore lines"),
        ValueError("no way out."),
        RuntimeError("no way out"),
        FileNotFoundError("no way out"),
    ],
)
def test_a_hub_that_does_not_give_the_data_is_told_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    import datasets

    monkeypatch.setattr(datasets, "load_dataset", Hub(error))
    assert refusal("owner/films:train", tmp_path) == (
        "owner/films, split train can't be loaded from the Hub: no way out. Check the name and the network, "
        "or give a local "
        "file instead."
    )


def test_the_digest_of_rows_covers_texts_labels_and_order_but_no_ids() -> None:
    first, second = ROWS
    digest = rows_digest(ROWS)
    assert rows_digest([RealRow(first.columns, first.label, "other:9"), second]) == digest
    changes = [
        [second, first],
        [first],
        [RealRow({"text": "Bad film."}, "blame", "rows:0"), second],
        [RealRow(first.columns, "praise", "rows:0"), second],
    ]
    assert len({digest, *(rows_digest(change) for change in changes)}) == 5
    assert json.dumps(digest) == f'"{digest}"'
    assert len(digest) == 16
