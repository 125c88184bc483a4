from typing import Any

from synth_builder.cli.label_quality_report import label_quality_report
from synth_builder.scoring.hyperparameters import TfidfHyperparameters
from synth_builder.scoring.label_quality.results import (
    ConfusedPair,
    DoubtfulRow,
    GroupAgreement,
    LabelQuality,
    OfLabel,
    RealAccuracy,
)
from synth_builder.scoring.label_quality.share import Share
from synth_builder.scoring.results.scores import ClassifierUsed, Machine, RowsUsed


def row(number: int, **changes: Any) -> DoubtfulRow:
    told: dict[str, Any] = {
        "id": f"train-{number}",
        "texts": ("A dull film.",),
        "label": "positive",
        "reads_as": "negative",
        "reads_as_probability": 0.912,
        "real_probability": 0.088,
        "self_confidence": 0.1234,
        "agrees": False,
        "issue": True,
        "likely_wrong": True,
    }
    return DoubtfulRow(**told | changes)


def quality(**changes: Any) -> LabelQuality:
    used = RowsUsed(reference="films", rows=500, label_counts={}, fingerprint="x")
    told: dict[str, Any] = {
        "dataset": "films",
        "variant": "few_shot",
        "method": "tfidf",
        "classifier": ClassifierUsed(name="tfidf", revision="1"),
        "hyperparameters": TfidfHyperparameters(),
        "synthetic": used,
        "real": used.model_copy(update={"rows": 125}),
        "test": used.model_copy(update={"rows": 100}),
        "folds": 5,
        "real_accuracy": RealAccuracy(right=Share.of(50, 100), measured_on="test rows", majority=0.2),
        "agreement": Share.of(400, 500),
        "issues": Share.of(40, 500),
        "likely_wrong": Share.of(25, 500),
        "labels": tuple(
            OfLabel(
                label=f"label {number}",
                rows=25,
                agreement=Share.of(number, 20),
                real_right=Share.of(4, 5),
                read_as={"positive": 3, "negative": 2, "other": 1},
                issues=2,
                likely_wrong=1,
            )
            for number in range(20)
        ),
        "flagged": 60,
        "doubtful": tuple(map(row, range(20))),
        "synthetic_accuracy": Share.of(70, 100),
        "confused": (ConfusedPair(labels=("negative", "positive"), first_as_second=7, second_as_first=2),),
        "groups": tuple(
            GroupAgreement(kind="topic", value=f"topic {number}", agreement=Share.of(5, 10)) for number in range(5)
        ),
        "advice": ("One.", "Two.", "Three.", "Four."),
        "notes": ("A note.",),
        "machine": Machine(device="cpu", threads=1, processes=1, mixed_precision="no"),
        "versions": {},
        "created": "2025-01-01T00:00:00+00:00",
        "seconds": 1.0,
    }
    return LabelQuality(**told | changes)


def test_the_longest_report_with_twenty_rows_stays_under_forty_lines() -> None:
    lines = label_quality_report(quality()).splitlines()
    assert 35 < len(lines) < 40
    assert lines[-4:] == ["-> One.", "-> Two.", "-> Three.", "-> Four."]
    assert "... and 16 more labels" in lines


def test_no_label_is_left_out_for_a_line_that_says_so() -> None:
    def labels(count: int) -> list[str]:
        lines = label_quality_report(quality(labels=quality().labels[:count])).splitlines()
        return [line for line in lines if line.startswith(("label ", "... and"))][1:]

    assert [len(labels(count)) for count in (3, 4, 5, 6)] == [3, 4, 5, 5]
    assert labels(5)[-1].startswith("label 4 ")
    assert labels(6)[-1] == "... and 2 more labels"


def test_numbers_stand_beside_what_they_are_worth() -> None:
    lines = label_quality_report(quality()).splitlines()
    # Wilson of 50 of 100: 40.4 % to 59.6 %.
    assert lines[1].startswith("Trained on 125 real rows, it agrees with 400 of 500 (80.0%) of the labels [")
    assert lines[1].endswith("of real test rows it gets 50 of 100 (50.0%) right [40.4% to 59.6%].")
    assert lines[3].split() == [
        "label",
        "rows",
        "agrees",
        "real",
        "rows",
        "right",
        "issues",
        "likely",
        "wrong",
        "read",
        "as",
    ]
    assert lines[4].split() == [
        "label",
        "0",
        "25",
        "0",
        "(0%)",
        "4",
        "(80%)",
        "2",
        "1",
        "positive",
        "3,",
        "negative",
        "2",
    ]
    assert "Trained on these rows, it gets 70 of 100 (70.0%) of the real test rows right; confused: negative as " in (
        "\n".join(lines)
    )
    assert "negative as positive 7 (back 2)." in "\n".join(lines)
    # Wilson of 5 of 10, by hand: 23.7 % to 76.3 %.
    assert "Agreed with least: topic topic 0 5 of 10 (50.0%) [23.7% to 76.3%]," in "\n".join(lines)


def test_only_what_is_agreed_with_less_than_the_whole_is_agreed_with_least() -> None:
    shares = {"late trains": (6, 10), "tickets": (8, 10), "seats": (9, 10)}
    groups = tuple(
        GroupAgreement(kind="topic", value=value, agreement=Share.of(*share)) for value, share in shares.items()
    )
    # 400 of 500 rows are agreed with.
    (line,) = [line for line in label_quality_report(quality(groups=groups)).splitlines() if "Agreed" in line]
    assert "late trains 6 of 10" in line and "tickets" not in line and "seats" not in line
    assert "Agreed" not in label_quality_report(quality(groups=groups[1:]))


def test_long_texts_are_cut_and_no_text_moves_the_cursor() -> None:
    rows = (
        row(1, texts=("first\nline \x1b[31m" + "x" * 300, "second")),
        row(2, id="i" * 40, label="電" * 20, likely_wrong=False),
    )
    text = label_quality_report(quality(doubtful=rows, advice=("of `\x1b[2J`",)))
    assert "\x1b" not in text and "first\\nline \\x1b[31mxxx" in text
    first, second = [line for line in text.splitlines() if "0.12" in line]
    assert len(first) == 119 and first.endswith("x...")
    assert first.startswith("!") and second.startswith("   iiiiiiiiiiiii...  電電電電電電...")


def test_what_is_not_known_takes_no_line_or_a_dash() -> None:
    label = OfLabel(label="a", rows=3, agreement=None, real_right=None, read_as={}, issues=None, likely_wrong=0)
    none = {"real": None, "real_accuracy": None, "agreement": None, "synthetic_accuracy": None}
    one = row(1, reads_as=None, reads_as_probability=None, real_probability=None, self_confidence=None)
    lines = label_quality_report(
        quality(**none, labels=(label,), doubtful=(one,), confused=(), groups=(), advice=())
    ).splitlines()
    assert len(lines) == 7
    assert (
        lines[1]
        == "Confident learning among the rows themselves (5 folds) calls 40 of 500 (8.0%) of the labels wrong."
    )
    assert lines[3].split() == ["a", "3", "-", "-", "-", "0", "-"]
    assert lines[6].split() == ["!", "train-1", "positive", "-", "-", "-", "A", "dull", "film."]
