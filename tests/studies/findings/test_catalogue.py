import pytest

from synth_builder.studies.findings.catalogue import QUESTIONS, findings
from tests.studies.made_up import made_up

pytest.importorskip("scipy")


def test_a_study_with_everything_is_asked_everything_once_and_in_order() -> None:
    found = findings(made_up())
    assert [finding.key for finding in found] == [
        *("mixing_fewest", "mixing_most", "shrinking_gain", "alone_100", "alone_1000", "real_share", "topics"),
        *("closeness", "self_similarity", "skill_and_worth"),
    ]
    assert all(finding.question.endswith("?") and finding.because.endswith(".") for finding in found)
    assert all("arXiv" in finding.source for finding in found)
    assert findings(made_up()) == found


def test_a_study_without_data_answers_nothing() -> None:
    assert findings(made_up(variants=(), cells=(), differences=(), skills=(), study={}, worths=())) == ()


def test_without_a_classifier_only_the_rows_are_asked_about() -> None:
    assert [each.key for each in findings(made_up(classifiers=()))] == ["topics", "closeness", "self_similarity"]


def test_each_question_says_how_it_is_decided() -> None:
    for question in QUESTIONS:
        assert "`yes`" in (question.__doc__ or "") and "`not decided`" in (question.__doc__ or ""), question.__name__
