import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("sklearn")

from synth_builder.errors import StudyError
from synth_builder.recipes.task import Task
from synth_builder.scoring.results.cell import Cell
from synth_builder.scoring.results.scores import Scores
from synth_builder.scoring.rows.text_rows import TextRows
from synth_builder.studies.study import Study
from synth_builder.studies.subjectivity.subjectivity import (
    SubjectivityFound,
    TaskRows,
    _agreements,
    check_subjectivity,
    subjectivity_of,
)
from tests.studies.predicted import predicted

TASK = Task(description="Which mood?", columns={"text": "a line"}, labels={"calm": "c", "angry": "a"})
TEST = TextRows(tuple((f"row {place}",) for place in range(40)), (1,) * 40, tuple(map(str, range(40))))
ROWS = {name: TaskRows(TASK, TEST) for name in ("mood", "topic")}
SCORES = {
    name: {"tfidf": {"v": predicted("v", TEST, {Cell("synthetic"): [[1] * 30 + [0] * 10]})}}
    for name in ("mood", "topic")
}


def study(folder: Path, asked: dict[str, Any] | None) -> Study:
    values = {"name": "two", "tasks": {"mood": "mood.yaml", "topic": "topic.yaml"}}
    path = folder / "study.yaml"
    path.write_text(repr(values | ({} if asked is None else {"subjectivity": asked})), encoding="utf-8")
    return Study.load(path)


def votes(folder: Path, *lines: str) -> None:
    (folder / "votes.csv").write_text("\n".join(["more_subjective,less_subjective", *lines]), encoding="utf-8")


def annotations(folder: Path) -> None:
    lines = [f"row {place},{'angry|angry' if place < 25 else 'angry|calm'}" for place in range(39)]
    (folder / "mood.csv").write_text("\n".join(["text,annotations", *lines]), encoding="utf-8")


def found(
    folder: Path, asked: dict[str, Any] | None, scores: Mapping[str, Mapping[str, Mapping[str, Scores]]] = SCORES
) -> SubjectivityFound:
    return subjectivity_of(study(folder, asked), scores, ROWS)


def test_a_study_that_asks_for_nothing_finds_nothing(tmp_path: Path) -> None:
    assert found(tmp_path, None) == found(tmp_path, {}) == SubjectivityFound((), (), ())


def test_votes_and_annotations_are_read_from_the_folder_of_the_study(tmp_path: Path) -> None:
    votes(tmp_path, *["mood,topic"] * 3, "topic,mood")
    annotations(tmp_path)
    asked = {"votes": "votes.csv", "annotations": {"mood": "mood.csv"}, "agreements": [0, 1]}
    check_subjectivity(study(tmp_path, asked), ROWS)
    result = found(tmp_path, asked)
    assert [(each.task, each.votes) for each in result.tasks] == [("mood", 4), ("topic", 4)]
    (curve,) = result.curves
    assert (curve.task, curve.classifier, curve.variant, curve.trained_on) == ("mood", "tfidf", "v", "synthetic")
    assert [(point.rows, point.accuracy.mean) for point in curve.points] == [(39, 30 / 39), (25, 1.0)]
    assert result.notes == (
        "mood: 1 of 40 test rows have no annotations in subjectivity.annotations.mood (mood.csv); they are in no "
        "curve.",
    )


def test_what_votes_leave_open_is_told(tmp_path: Path) -> None:
    votes(tmp_path, "mood,humor", "humor,topic", "humor,mood")
    result = found(tmp_path, {"votes": "votes.csv"})
    assert [each.task for each in result.tasks] == ["mood", "topic"]
    assert result.tasks[0].score == pytest.approx(-result.tasks[1].score)
    assert result.notes == (
        "Votes name humor, which the study does not have: they link the others, and have no score.",
        "All votes about topic say the same: how far their scores are from the others' is up to the penalty, and "
        "their intervals are too narrow.",
    )


def test_a_task_that_no_vote_names_is_told(tmp_path: Path) -> None:
    votes(tmp_path, "mood,topic", "topic,mood")
    three = study(tmp_path, {"votes": "votes.csv"}).model_copy(deep=True)
    three.tasks["news"] = three.tasks["mood"]
    assert subjectivity_of(three, SCORES, ROWS).notes == ("No vote names news: they have no score of subjectivity.",)


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (["mod,topic"], "names fewer than two tasks of the study; it names mod, topic.*Did you mean 'mood'"),
        (["mood,topic", "humor,irony"], "Scores of separate groups can't be compared"),
        (["mood,mood"], r"Row 0 of subjectivity.votes \(votes.csv\) compares 'mood' with itself"),
    ],
)
def test_votes_that_can_not_be_used_are_refused_before_anything_is_trained(
    tmp_path: Path, lines: list[str], told: str
) -> None:
    votes(tmp_path, *lines)
    with pytest.raises(StudyError, match=told):
        check_subjectivity(study(tmp_path, {"votes": "votes.csv"}), ROWS)
    with pytest.raises(StudyError, match=told):
        found(tmp_path, {"votes": "votes.csv"})


def test_annotations_that_are_missing_are_refused_before_anything_is_trained(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match=r"subjectivity.annotations.mood \(mood.csv\) is missing"):
        check_subjectivity(study(tmp_path, {"annotations": {"mood": "mood.csv"}}), ROWS)


def test_scores_of_other_test_rows_are_refused(tmp_path: Path) -> None:
    annotations(tmp_path)
    turned = TEST.take(range(39, -1, -1))
    scores = {"mood": {"tfidf": {"v": predicted("v", turned, {Cell("synthetic"): [[1] * 40]})}}}
    with pytest.raises(StudyError, match="of other test rows than the annotations"):
        found(tmp_path, {"annotations": {"mood": "mood.csv"}}, scores)


def test_what_the_page_tells_to_write_is_read(tmp_path: Path) -> None:
    page = (Path(__file__).parents[3] / "docs" / "subjectivity.md").read_text(encoding="utf-8")
    (asked,) = re.findall(r"^```yaml\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    (annotated,) = re.findall(r"^```json\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    path = tmp_path / "study.yaml"
    path.write_text(f"name: moods\ntasks: {{emotion: emotion.yaml, topic: topic.yaml}}\n{asked}", encoding="utf-8")
    read = Study.load(path)
    assert read.subjectivity is not None
    assert read.subjectivity.annotations == {"emotion": "emotion_annotators.jsonl"}
    (tmp_path / "emotion_annotators.jsonl").write_text(annotated, encoding="utf-8")
    votes(tmp_path, "emotion,topic")
    task = Task(description="d", columns={"text": "t"}, labels={"anger": "a", "joy": "j"})
    rows = TaskRows(task, TextRows((("Great, another Monday.",),), (0,), ("0",)))
    assert _agreements(read, {"emotion": rows})["emotion"].values == (0.75,)
    check_subjectivity(read, {"emotion": rows})
