import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

pytest.importorskip("sklearn")
pytest.importorskip("cleanlab")

from synth_builder.errors import ScoringError
from synth_builder.scoring.label_quality.judge import Beside, check_labels, judge_labels
from synth_builder.scoring.label_quality.results import LabelQuality
from synth_builder.scoring.label_quality.verdicts import Verdicts
from synth_builder.scoring.methods.row_classifier import open_row_classifier
from synth_builder.scoring.methods.tfidf import TfidfClassifier
from synth_builder.scoring.rows.text_rows import TextRows
from tests.scoring.tiny_encoder import toy_rows

REAL, TEST = toy_rows(80, "real", start=200), toy_rows(40, "test", start=300)
BESIDE = Beside("toy", ["negative", "positive"], REAL, "train.csv", TEST, "test.csv")
PLANTED = (3, 10, 20, 31, 44)


def relabelled(rows: TextRows, places: Sequence[int], label: int | None = None) -> TextRows:
    labels = list(rows.labels)
    for place in places:
        labels[place] = 1 - labels[place] if label is None else label
    return TextRows(rows.texts, tuple(labels), rows.ids)


def judged(rows: TextRows, beside: Beside = BESIDE) -> tuple[LabelQuality, Verdicts]:
    groups = [frozenset({("topic", "even" if place % 2 == 0 else "odd")}) for place in range(len(rows))]
    return judge_labels("few_shot", rows, groups, beside, open_row_classifier("tfidf"))


def test_exactly_the_planted_errors_are_found_by_both_checks() -> None:
    rows = relabelled(toy_rows(100, "row", start=400), PLANTED)
    found, verdicts = judged(rows)
    assert [place for place in range(100) if verdicts.issue[place]] == list(PLANTED)
    assert [place for place in range(100) if verdicts.agrees[place] is False] == list(PLANTED)
    assert (found.issues.hits, found.likely_wrong.hits, found.flagged) == (5, 5, 5)
    assert found.agreement is not None and (found.agreement.hits, found.agreement.rows) == (95, 100)
    assert {row.id for row in found.doubtful} == {rows.ids[place] for place in PLANTED}
    (told,) = found.advice
    assert told.startswith("5 of 100 rows (5.0%) look mislabelled; most are `positive` that reads as `negative` (3). ")
    assert told.endswith("--variant few_shot --write-clean FILE.parquet writes the others.")
    confidences = [row.self_confidence for row in found.doubtful if row.self_confidence is not None]
    assert confidences == sorted(confidences) and len(confidences) == 5 and max(confidences) < 0.5
    for row in found.doubtful:
        assert row.likely_wrong and row.reads_as != row.label
        assert row.reads_as_probability is not None and row.real_probability is not None
        assert row.reads_as_probability + row.real_probability == pytest.approx(1)


def test_the_numbers_of_a_label_add_up() -> None:
    # Rows 3 and 31 were positive and are called negative; 10, 20 and 44 the other way round.
    found, _ = judged(relabelled(toy_rows(100, "row", start=400), PLANTED))
    negative, positive = found.labels
    assert (negative.label, negative.rows, negative.issues, negative.likely_wrong) == ("negative", 49, 2, 2)
    assert (positive.label, positive.rows, positive.issues, positive.likely_wrong) == ("positive", 51, 3, 3)
    assert (negative.read_as, positive.read_as) == ({"positive": 2}, {"negative": 3})
    assert negative.agreement is not None and (negative.agreement.hits, negative.agreement.rows) == (47, 49)
    assert negative.real_right is not None and (negative.real_right.hits, negative.real_right.rows) == (20, 20)


def test_the_agreement_stands_beside_what_the_classifier_reaches_on_real_rows() -> None:
    found, _ = judged(toy_rows(100, "row", start=400))
    assert found.real_accuracy is not None and found.real_accuracy.measured_on == "test rows"
    assert (found.real_accuracy.right.hits, found.real_accuracy.right.rows) == (40, 40)
    assert found.real_accuracy.majority == 0.5
    assert found.agreement is not None and found.agreement.share == 1
    assert found.advice == ("No single row stands out: there is none that both checks speak against.",)


def test_without_test_rows_the_real_training_rows_are_cross_validated() -> None:
    found, _ = judged(toy_rows(100, "row", start=400), replace(BESIDE, test=TextRows((), (), ())))
    assert found.real_accuracy is not None
    assert found.real_accuracy.measured_on == "training rows (cross-validated)"
    assert found.real_accuracy.right.rows == 80 and found.real_accuracy.right.share > 0.9
    assert found.test is None and found.synthetic_accuracy is None and found.confused == ()
    assert any("There are no real test rows" in note for note in found.notes)


def test_without_real_rows_confident_learning_is_alone() -> None:
    rows = relabelled(toy_rows(100, "row", start=400), PLANTED)
    found, verdicts = judged(rows, Beside("toy", ["negative", "positive"]))
    assert found.agreement is None and found.real_accuracy is None and found.real is None
    assert verdicts.agrees == [None] * 100 and found.groups == ()
    assert (found.issues.hits, found.likely_wrong.hits) == (5, 5)
    assert any("give rows with --real" in note for note in found.notes)
    assert found.advice[0].startswith("5 of 100 rows (5.0%) look mislabelled; most are `positive` (3).")


def test_real_rows_of_a_single_label_can_not_judge() -> None:
    found, _ = judged(toy_rows(40, "row", start=400), replace(BESIDE, real=REAL.take(range(0, 80, 2))))
    assert found.agreement is None and any("no real training rows of two labels" in note for note in found.notes)


def test_of_a_label_that_no_real_row_has_the_real_trained_classifier_says_nothing() -> None:
    rows = toy_rows(60, "row", start=400)
    plain = TextRows(tuple((f"{text} late",) for (text,) in toy_rows(20, start=500).texts), (2,) * 20, tuple("x" * 20))
    found, verdicts = judged(rows + plain, replace(BESIDE, label_names=["negative", "positive", "neutral"]))
    assert verdicts.agrees[60:] == [None] * 20 and verdicts.real_probability[60:] == [None] * 20
    assert None not in verdicts.agrees[:60] and None not in verdicts.issue
    assert found.agreement is not None and found.agreement.rows == 60
    assert found.labels[2].label == "neutral" and found.labels[2].agreement is None
    assert any("No real training row has the label 'neutral'" in note for note in found.notes)


def test_a_label_with_a_single_row_is_left_out_of_confident_learning_and_told() -> None:
    rows = toy_rows(40, "row", start=400) + TextRows((("our late day",),), (2,), ("alone",))
    names = ["negative", "positive", "neutral"]
    found, verdicts = judged(rows, replace(BESIDE, label_names=names))
    assert verdicts.issue[40] is None and verdicts.self_confidence[40] is None
    assert found.issues.rows == 40 and found.likely_wrong.rows == 41
    assert found.labels[2].issues is None
    assert any("The only row of 'neutral' was left out" in note for note in found.notes)


def test_fewer_rows_than_folds_are_judged_one_by_one() -> None:
    found, verdicts = judged(toy_rows(4, "row", start=400))
    assert found.folds == 4 and None not in verdicts.self_confidence


def test_rows_of_two_columns_are_judged() -> None:
    rows = toy_rows(60, "row", start=400)
    pairs = TextRows(tuple(("the claim", text) for (text,) in rows.texts), rows.labels, rows.ids)
    real = TextRows(tuple(("the claim", text) for (text,) in REAL.texts), REAL.labels, REAL.ids)
    test = TextRows(tuple(("the claim", text) for (text,) in TEST.texts), TEST.labels, TEST.ids)
    found, _ = judged(relabelled(pairs, [7]), replace(BESIDE, real=real, test=test))
    assert [(row.id, row.texts) for row in found.doubtful] == [("row:407", ("the claim", rows.texts[7][0]))]


@pytest.mark.parametrize("rows", [toy_rows(20).take(range(0, 20, 2)), toy_rows(3), toy_rows(0)])
def test_rows_that_a_classifier_can_not_tell_apart_are_refused(rows: TextRows) -> None:
    with pytest.raises(ScoringError, match="to judge them takes two labels with at least two rows each") as error:
        check_labels(rows, "the variant 'few_shot'")
    assert str(error.value).startswith(f"The {len(rows)} rows of the variant 'few_shot' have ")
    check_labels(toy_rows(4), "the variant 'few_shot'")


def test_test_rows_among_the_training_rows_are_never_trained_on_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = toy_rows(40, "row", start=400) + TEST.take([0, 1])
    classifier = TfidfClassifier()
    trained: list[tuple[TextRows, TextRows]] = []

    def over(taken: TextRows, num_labels: int, on_rows: object = None) -> Any:
        fit = TfidfClassifier.over(classifier, taken, num_labels)

        def recorded(training: Sequence[int], asked: Sequence[int]) -> Any:
            trained.append((taken.take(training), taken.take(asked)))
            return fit(training, asked)

        return recorded

    monkeypatch.setattr(classifier, "over", over)
    beside = replace(BESIDE, real=REAL + TEST.take([5]))
    found, _ = judge_labels("few_shot", rows, [frozenset()] * 42, beside, classifier)
    on_test = [training for training, asked in trained if set(TEST.texts) <= set(asked.texts)]
    assert [len(training) for training in on_test] == [80, 40]
    assert all(set(TEST.texts).isdisjoint(training.texts) for training in on_test)
    told = [re.sub(r";.*", "", note) for note in found.notes]
    assert "2 of the 42 rows of 'few_shot' stand in the test rows too" in told
    assert "1 of the 81 real training rows of 'train.csv' stand in the test rows too" in told
    assert found.real is not None and found.real.rows == 80


def test_what_a_classifier_trained_on_the_rows_confuses_is_counted_on_the_test_rows() -> None:
    # All rows with "very" are called positive: so are the test rows with that word.
    rows = toy_rows(100, "row", start=400)
    found, _ = judged(relabelled(rows, [place for place, (text,) in enumerate(rows.texts) if "very" in text], 1))
    assert found.synthetic_accuracy is not None
    wrong = found.synthetic_accuracy.rows - found.synthetic_accuracy.hits
    (pair,) = found.confused
    assert pair.labels == ("negative", "positive")
    assert pair.first_as_second + pair.second_as_first == wrong > 0
    assert pair.first_as_second > pair.second_as_first


def test_advice_names_the_label_and_the_group_that_the_numbers_speak_of() -> None:
    # The rows of label 0 stand at the even places; 25 of these 50 are called positive.
    planted = range(0, 100, 4)
    found, _ = judged(relabelled(toy_rows(100, "row", start=400), planted))
    even, odd = sorted(found.groups, key=lambda group: group.value)
    assert (even.agreement.hits, even.agreement.rows, odd.agreement.hits) == (25, 50, 50)
    assert found.groups[0] == even
    row, label, group = found.advice
    # A third of the label is wrong, which rows among themselves do not tell; the real ones do.
    assert row == "No single row stands out: there is none that both checks speak against."
    assert label.startswith(
        "Of the rows of `positive` the real-trained classifier agrees with 66.7%, of real ones it gets 100.0% right"
    )
    assert group.startswith("Of the rows with topic `even` it agrees with 25 of 50 (50.0%), of all rows with 75.0%")


def test_a_classifier_no_better_than_a_constant_answer_is_not_believed() -> None:
    shuffled = relabelled(REAL, range(0, 80, 3))
    noise = TextRows(shuffled.texts, tuple(place // 2 % 2 for place in range(80)), shuffled.ids)
    found, _ = judged(toy_rows(60, "row", start=400), replace(BESIDE, real=noise))
    assert "whether it agrees says little here" in found.advice[0]


def test_a_summary_is_read_again_as_it_was_written() -> None:
    found, _ = judged(relabelled(toy_rows(60, "row", start=400), [7]))
    assert LabelQuality.model_validate_json(found.model_dump_json()) == found
    assert found.schema_version == 1 and found.versions["cleanlab"]
