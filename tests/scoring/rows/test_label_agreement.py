from collections.abc import Sequence
from typing import Any

import datasets
import pytest

from synth_builder.errors import ScoringError
from synth_builder.scoring.rows.label_agreement import LabelNames, agreed_label_names, with_label_names


def rows(labels: Sequence[Any], names: Sequence[str] | None = None) -> datasets.Dataset:
    dataset = datasets.Dataset.from_dict({"label": labels})
    return dataset if names is None else dataset.cast_column("label", datasets.ClassLabel(names=list(names)))


def agreed(synthetic: datasets.Dataset, *real: datasets.Dataset) -> LabelNames:
    sides = {"synthetic": synthetic} | {f"real {number}": side for number, side in enumerate(real)}
    return agreed_label_names(sides, "label")


def names_of(dataset: datasets.Dataset, labels: LabelNames) -> list[str]:
    """The label of each row, by name."""
    found = with_label_names(dataset, "label", labels, "real_test")
    feature = found.features["label"]
    return [
        feature.names[value] if isinstance(feature, datasets.ClassLabel) else str(value) for value in found["label"]
    ]


def test_a_class_label_gives_its_names_in_its_order() -> None:
    labels = agreed(rows([1, 1], ["praise", "blame"]))
    assert labels == LabelNames(("praise", "blame"), by_index=False)


def test_texts_are_names_sorted_and_numbers_are_sorted_as_numbers() -> None:
    assert agreed(rows(["spam", "ham", "spam"])) == LabelNames(("ham", "spam"), by_index=False)
    assert agreed(rows([10, 2, 1])) == LabelNames(("1", "2", "10"), by_index=False)
    assert agreed(rows([True, False])).names == ("False", "True")


def test_numbers_take_the_names_that_real_rows_have_for_them() -> None:
    labels = agreed(rows([0, 1]), rows([0, 1]), rows([0], ["praise", "blame"]))
    assert labels == LabelNames(("praise", "blame"), by_index=True)
    assert names_of(rows([1, 0]), labels) == ["blame", "praise"]


def test_class_labels_in_other_orders_are_mapped_by_name() -> None:
    labels = agreed(rows([0, 1], ["praise", "blame"]))
    assert names_of(rows([0, 0, 1], ["blame", "praise"]), labels) == ["blame", "blame", "praise"]


def test_numbers_that_are_names_are_names_and_no_indices() -> None:
    assert agreed(rows([1, 2, 3]), rows([0], ["3", "2", "1"])).names == ("3", "2", "1")
    labels = agreed(rows([0, 1, 2], ["1", "2", "3"]))
    assert names_of(rows([1, 3]), labels) == ["1", "3"]
    assert names_of(rows(["3", "2"]), labels) == ["3", "2"]


def test_numbers_are_read_in_one_way_in_all_sources() -> None:
    ratings, without_the_first = rows([0, 1, 2]), rows([1, 2])
    labels = agreed(rows([0, 1, 2], ["1", "2", "3"]), ratings, without_the_first)
    assert names_of(ratings, labels) == ["1", "2", "3"]
    # By themselves these would be names.
    assert names_of(without_the_first, labels) == ["2", "3"]
    with pytest.raises(ScoringError, match="real_test has the label '3', and the synthetic rows have '1', '2', '3'"):
        names_of(rows([1, 3]), labels)


def test_numbers_mean_nothing_where_names_are_only_sorted() -> None:
    labels = agreed(rows(["spam", "ham"]), rows([0, 1], ["spam", "ham"]))
    assert labels == LabelNames(("ham", "spam"), by_index=False)
    with pytest.raises(
        ScoringError, match=r"real_test has the labels '0', '1', and the synthetic rows have 'ham', 'spam'"
    ):
        names_of(rows([0, 1]), labels)


@pytest.mark.parametrize(
    ("real", "message"),
    [
        (
            rows(["praise", "neutral"]),
            "real_test has the label 'neutral', and the synthetic rows have 'praise', 'blame'",
        ),
        (rows([0, 2]), "real_test has the label '2', and"),
        (
            rows([0, 1], ["good", "bad"]),
            "real_test has the labels 'good', 'bad', and .* The labels have to agree: rename",
        ),
        (rows(["praise", None]), "^Some rows of real_test have no label in the column 'label'; leave them out"),
        (rows([0, -1], ["praise", "blame"]), "^Some rows of real_test have no label"),
        (rows([0.0, 1.0]), "holds .*float64.*; expected one label in each row: a ClassLabel, texts or whole numbers"),
        (rows([[0], [1]]), "expected one label in each row"),
    ],
)
def test_labels_that_do_not_agree_are_told(real: datasets.Dataset, message: str) -> None:
    with pytest.raises(ScoringError, match=message):
        with_label_names(real, "label", LabelNames(("praise", "blame"), by_index=True), "real_test")


def test_a_name_that_no_real_row_uses_does_no_harm() -> None:
    labels = agreed(rows([0, 1], ["praise", "blame"]))
    assert names_of(rows([0, 1], ["praise", "blame", "neutral"]), labels) == ["praise", "blame"]


def test_one_label_is_too_few() -> None:
    with pytest.raises(ScoringError, match=r"^synthetic has 1 label\(s\): 'spam'; a classifier needs at least two"):
        agreed(rows(["spam", "spam"]))


def test_a_long_list_of_labels_is_cut() -> None:
    with pytest.raises(ScoringError, match="'9' and 2 more, and"):
        names_of(rows([*"0123456789", "a", "b"]), LabelNames(("x", "y"), by_index=False))
