from pathlib import Path

import pyarrow.parquet
import pytest

from synth_builder.scoring.label_quality.verdicts import Verdicts

#                    a      b      c     d      e      f     g
AGREES = [True, False, None, True, False, False, None]
ISSUE = [True, True, True, False, False, None, None]
CONFIDENCE = [0.1, 0.3, 0.2, 0.9, 0.4, None, None]


def verdicts() -> Verdicts:
    probability = [0.8, 0.1, None, 0.9, 0.3, 0.2, None]
    return Verdicts(list("abcdefg"), ["good"] * 7, AGREES, probability, CONFIDENCE, ISSUE)


def test_an_issue_is_likely_wrong_unless_the_real_trained_classifier_says_the_label() -> None:
    assert [verdicts().likely_wrong(place) for place in range(7)] == [False, True, True, False, False, False, False]


def test_one_check_is_enough_to_be_flagged() -> None:
    assert [verdicts().flagged(place) for place in range(7)] == [True, True, True, False, True, True, False]


def test_likely_wrong_rows_come_first_and_then_the_least_self_confidence() -> None:
    assert ["abcdefg"[place] for place in verdicts().ranking()] == ["c", "b", "a", "e", "f"]


def test_the_file_has_a_row_for_each_row_and_leaves_open_what_is_not_known(tmp_path: Path) -> None:
    verdicts().write(tmp_path / "scores" / "x.labels.parquet")
    table = pyarrow.parquet.read_table(tmp_path / "scores" / "x.labels.parquet")
    assert table.column_names == ["id", "label", "agrees", "real_probability", "self_confidence", "issue"]
    found = table.to_pydict()
    assert found["id"] == list("abcdefg") and found["label"] == ["good"] * 7
    assert found["agrees"] == AGREES and found["issue"] == ISSUE
    assert found["self_confidence"][:5] == pytest.approx(CONFIDENCE[:5]) and found["self_confidence"][5:] == [None] * 2
    assert found["real_probability"][2] is None
