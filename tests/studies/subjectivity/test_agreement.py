import json
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as draws

from synth_builder.errors import StudyError
from synth_builder.recipes.task import Task
from synth_builder.scoring.rows.text_rows import TextRows
from synth_builder.studies.subjectivity.agreement import Agreements, annotation_agreement, row_agreements

TASK = Task(description="Which mood?", columns={"text": "a line"}, labels={"calm": "c", "angry": "a", "glad": "g"})
PAIRS = Task(
    kind="text_pair_classification",
    description="Does it follow?",
    columns={"premise": "p", "claim": "c"},
    labels={"yes": "it does", "no": "it does not"},
)
TEST = TextRows((("Go away!",), ("What a day.",), ("Fine.",)), (1, 2, 0), ("test:0", "test:1", "test:2"))


def read(path: Path, task: Task = TASK, rows: TextRows = TEST) -> Agreements:
    return row_agreements(path, task, rows, called=f"the file {path.name!r}")


def written(folder: Path, name: str, content: str) -> Path:
    (folder / name).write_text(content, encoding="utf-8")
    return folder / name


def refusal(path: Path, task: Task = TASK) -> str:
    with pytest.raises(StudyError) as found:
        read(path, task)
    return str(found.value)


@pytest.mark.parametrize(
    ("given_labels", "expected"),
    [("a", 1), ("aa", 1), ("ab", 1 / 2), ("aab", 2 / 3), ("aabbc", 2 / 5), ("abcd", 1 / 4)],
)
def test_agreement_is_the_share_of_the_commonest_label(given_labels: str, expected: float) -> None:
    assert annotation_agreement(given_labels) == expected


@given(draws.lists(draws.sampled_from("abc"), min_size=1, max_size=12), draws.integers(0, 10))
def test_an_agreement_reaches_a_threshold_of_one_decimal_just_where_the_fractions_do(
    labels: list[str], tenths: int
) -> None:
    exact = max(Fraction(labels.count(label), len(labels)) for label in labels)
    assert (annotation_agreement(labels) >= float(f"{tenths / 10:.1f}")) == (exact >= Fraction(tenths, 10))


@given(draws.lists(draws.sampled_from("abc"), min_size=1, max_size=12))
def test_agreement_is_at_least_an_even_share_and_heeds_no_order(labels: list[str]) -> None:
    found = annotation_agreement(labels)
    assert 1 / len(set(labels)) <= found <= 1
    assert found == annotation_agreement(labels[::-1])


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", "text,annotations\ngo  AWAY!,angry|angry|calm\nWhat a day.,glad | angry\nFine.,calm|calm\n"),
        (
            "a.jsonl",
            '{"text": "Go away!", "annotations": ["angry", "angry", "calm"]}\n'
            '{"text": "What a day.", "annotations": "glad|angry"}\n'
            '{"text": "Fine.", "annotations": ["calm", "calm"]}\n',
        ),
    ],
)
def test_annotations_are_matched_by_text(tmp_path: Path, name: str, content: str) -> None:
    assert read(written(tmp_path, name, content)) == Agreements((2 / 3, 1 / 2, 1.0), ())


def test_a_line_for_each_annotator_is_the_same(tmp_path: Path) -> None:
    lines = ["Go away!,angry", "What a day.,glad", "Fine.,calm", "Go away!,calm", "What a day.,angry", "Fine.,calm"]
    lines.append("Go away!,angry")
    path = written(tmp_path, "a.csv", "\n".join(["text,annotations", *lines]))
    assert read(path) == Agreements((2 / 3, 1 / 2, 1.0), ())


def test_parquet_and_lists_of_numbers_and_truth_values_are_read(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    task = Task(description="d", columns={"text": "t"}, labels={"1": "one", "2": "two", "true": "it is"})
    parquet.write_table(pyarrow.table({"text": ["Fine."], "annotations": [[1, 1, 2]]}), tmp_path / "a.parquet")
    rows = TextRows((("Fine.",),), (0,), ("0",))
    assert read(tmp_path / "a.parquet", task, rows).values == (2 / 3,)
    path = written(tmp_path, "a.json", json.dumps([{"text": "Fine.", "annotations": [True, True]}]))
    assert read(path, task, rows).values == (1.0,)


def test_both_columns_of_a_pair_have_to_be_equal(tmp_path: Path) -> None:
    rows = TextRows((("It rains.", "It is wet."), ("It rains.", "It is dry.")), (0, 1), ("0", "1"))
    path = written(tmp_path, "a.csv", "premise,claim,annotations\nIt rains.,It is dry.,no|no|yes\n")
    assert read(path, PAIRS, rows).values == (None, 2 / 3)


def test_what_does_not_match_is_counted_and_told(tmp_path: Path) -> None:
    path = written(
        tmp_path, "a.csv", "text,annotations\nElse.,calm|calm\nGo away!,calm|calm|angry\nFine.,calm\nWhat a day.,\n"
    )
    found = read(path)
    assert found.values == (2 / 3, None, 1.0)
    assert found.notes == (
        "1 of 3 test rows have no annotations in the file 'a.csv'; they are in no curve.",
        "1 annotated texts of the file 'a.csv' are no test rows and are not used: row 0.",
        "1 test rows have one annotation in the file 'a.csv'; their agreement is 1 whatever it says.",
        "1 test rows have another label than most annotators in the file 'a.csv' gave; accuracy goes by the test "
        "rows' labels.",
    )


def test_of_many_texts_that_are_no_test_rows_five_are_named(tmp_path: Path) -> None:
    lines = [f"Else {number}.,calm|calm" for number in range(7)]
    found = read(written(tmp_path, "a.csv", "\n".join(["text,annotations", "Fine.,calm|calm", *lines])))
    assert "7 annotated texts of the file 'a.csv' are no test rows and are not used: row 1, 2, 3, 4, 5, ...." in (
        found.notes
    )


def test_an_unknown_label_is_an_error_that_names_the_row(tmp_path: Path) -> None:
    path = written(tmp_path, "a.csv", "text,annotations\nFine.,calm|calm\nGo away!,angry|Angry\n")
    assert refusal(path) == (
        "The annotation 'Angry' of row 1 of the file 'a.csv' is no label of the task; expected some of calm, angry, "
        "glad. Write the labels as the task does."
    )


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.csv", "text,labels\nFine.,calm\n", "has no column 'annotations'; it has: text, labels."),
        ("a.csv", "text,annotations\n", "holds no rows; expected at least one"),
        ("a.csv", "text,annotations\nFine.,\n", "holds no annotations; expected at least one annotated row"),
        ("a.csv", "text,annotations\nElse.,calm\n", "None of the 1 annotated texts of the file 'a.csv' is a test row"),
        ("a.json", '[{"text": "Fine.", "annotations": {"calm": 3}}]', "of row 0 of the file 'a.json' are {'calm': 3}"),
        ("a.json", '[{"text": 7, "annotations": []}]', "holds 7 in column 'text' of row 0"),
        ("a.json", '{"text": "Fine."}', "can't be used: 'a.json' can't be read as json: expected a list of objects"),
        ("a.txt", "", "is no file of rows; expected one that ends in .parquet, .csv, .json, .jsonl"),
    ],
)
def test_a_file_in_another_form_is_an_error(tmp_path: Path, name: str, content: str, told: str) -> None:
    assert told in refusal(written(tmp_path, name, content))


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    assert refusal(tmp_path / "a.csv") == (
        "the file 'a.csv' is missing; a relative path starts where the study file lies."
    )
