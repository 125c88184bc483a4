from typing import Any

import datasets
import pytest

from synth_builder.errors import ScoringError
from synth_builder.scoring.rows.given_dataset import open_given
from synth_builder.scoring.rows.in_memory import Columns, LabelledRows, labelled_rows
from synth_builder.scoring.rows.text_rows import TextRows

FILMS = [{"text": "a fine film", "label": "praise"}, {"text": "a poor film", "label": "blame"}]


def labelled(synthetic: Any, real: Any = None, columns: Columns | None = None) -> LabelledRows:
    sides = [] if real is None else [open_given(real, "real_test", "test")]
    return labelled_rows(open_given(synthetic, "synthetic", "train"), sides, columns or Columns())


def test_rows_are_read_in_the_order_of_the_synthetic_labels() -> None:
    feature = datasets.ClassLabel(names=["praise", "blame"])
    synthetic = datasets.Dataset.from_dict({"text": ["one", "two"], "label": [0, 1], "id": ["a", "b"]})
    found = labelled(synthetic.cast_column("label", feature), FILMS)
    assert found.label_names == ("praise", "blame")
    assert found.rows == {
        "synthetic": TextRows((("one",), ("two",)), (0, 1), ("a", "b")),
        "real_test": TextRows((("a fine film",), ("a poor film",)), (0, 1), ("0", "1")),
    }


def test_columns_are_found_or_named_and_may_be_called_otherwise_in_the_real_rows() -> None:
    pairs = [
        {"premise": "it rains", "claim": "it is wet", "label": 1, "provenance": "x", "words": 2},
        {"premise": "it rains", "claim": "it is dry", "label": 0, "provenance": "y", "words": 2},
    ]
    assert labelled(pairs).rows["synthetic"].texts == (("it rains", "it is wet"), ("it rains", "it is dry"))
    assert labelled(pairs, columns=Columns("claim")).rows["synthetic"].texts == (("it is wet",), ("it is dry",))
    # The two columns of the real rows have each other's names.
    real = [{"claim": "p", "premise": "c", "gold": 1}]
    columns = Columns(("premise", "claim"), real_text_columns=["claim", "premise"], real_label_column="gold")
    assert labelled(pairs, real, columns).rows["real_test"] == TextRows((("p", "c"),), (1,), ("0",))


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (
            Columns(label_column="stars"),
            r"^synthetic has no column 'stars'; it has: text, label\. Name its columns with",
        ),
        (Columns("words"), "^synthetic has no column 'words'"),
        (Columns(("text", "text")), "'text', 'text' and the label column 'label' have to be different"),
        (Columns("label"), "have to be different"),
        (
            Columns(real_text_columns="words"),
            "^real_test has no column 'words'.* with real_text_columns and real_label",
        ),
        (Columns(real_label_column="stars"), "^real_test has no column 'stars'"),
        (Columns(real_label_column="text"), "^real_test: 'text', 'text' have to be different columns"),
        (Columns(real_text_columns=["text", "label"]), r"names 2 column\(s\), and the synthetic rows have 1 \(text\)"),
    ],
)
def test_columns_that_are_not_there_are_told(columns: Columns, message: str) -> None:
    with pytest.raises(ScoringError, match=message):
        labelled(FILMS, FILMS, columns)


def test_too_many_text_columns_have_to_be_named() -> None:
    rows = [row | {"author": "ada", "place": "here"} for row in FILMS]
    with pytest.raises(ScoringError, match=r"^synthetic has 3 text columns \(text, author, place\); .* text_columns"):
        labelled(rows)
    assert labelled(rows, columns=Columns(["text"])).rows["synthetic"].texts == (("a fine film",), ("a poor film",))


def test_a_column_that_holds_no_texts_is_named_with_what_it_holds() -> None:
    rows = [{"text": 1, "score": 0.5, "label": "praise"}, {"text": 2, "score": 0.7, "label": "blame"}]
    with pytest.raises(
        ScoringError,
        match=r"^synthetic has no column of texts \('text' holds int64, 'score' holds float64\); .* as texts",
    ):
        labelled(rows)
    with pytest.raises(ScoringError, match=r"^synthetic has no column of texts \(and no other column\); expected"):
        labelled([{"label": "praise"}, {"label": "blame"}])


def test_the_names_of_what_a_row_is_called_are_taken() -> None:
    with pytest.raises(ScoringError, match=r"^The column 'id' can't hold texts or labels"):
        labelled([{"text": "one", "id": "a"}, {"text": "two", "id": "b"}], columns=Columns(label_column="id"))


def test_a_row_without_a_text_is_told() -> None:
    with pytest.raises(ScoringError, match=r"^Row 1 of real_test holds \(None,\); expected a text"):
        labelled(FILMS, [FILMS[0], {"text": None, "label": "praise"}])


def test_an_empty_label_is_a_label() -> None:
    assert labelled([{"text": "a", "label": ""}, {"text": "b", "label": "x"}]).label_names == ("", "x")
