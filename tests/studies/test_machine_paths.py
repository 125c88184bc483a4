from pathlib import Path

import pytest

from synth_builder.studies.assembling import shown_study
from synth_builder.studies.leaderboard.validation.private_text import private_places
from synth_builder.studies.machine_paths import without_paths
from synth_builder.studies.study import Study


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("/home/me/models/small.gguf", "small.gguf"),
        ("~/rows/train.csv", "train.csv"),
        ("../votes.csv", "votes.csv"),
        ("C:\\rows\\train.csv", "train.csv"),
        ("owner/name", "owner/name"),
        ("sst2/train.parquet", "sst2/train.parquet"),
        ("stanfordnlp/sst2:train", "stanfordnlp/sst2:train"),
        ("~5 rows", "~5 rows"),
        ("/", "/"),
        ("and/or", "and/or"),
    ],
)
def test_only_paths_of_a_machine_are_cut(value: str, shown: str) -> None:
    assert without_paths({"a": [value, 1]}) == {"a": [shown, 1]}


def test_a_study_shows_nothing_of_the_machine_that_it_ran_on(tmp_path: Path) -> None:
    path = tmp_path / "study.yaml"
    path.write_text(
        """
name: films
description: Rows of /home nobody has to hide.
data: /home/me/data
tasks:
  one: {recipe: /home/me/one.yaml, set: {real.test: /home/me/test.csv, real: {train: ~/train.csv}}}
  two: {published: /home/me/place@v1.0.0}
classifiers: [{classifier: /home/me/encoder, method: probe}]
engine: {endpoint: "http://10.0.0.1:8080", model: /home/me/model.gguf}
subjectivity: {votes: ../votes.csv, annotations: {one: /home/me/annotations.csv}}
""",
        encoding="utf-8",
    )
    shown = shown_study(Study.load(path))
    assert "me" not in str(shown).replace("name", "").replace("home nobody", "").split("/")
    assert private_places({**shown, "description": ""}) == []
    assert shown["description"] == "Rows of /home nobody has to hide."
    assert shown["tasks"]["two"]["published"] == "place@v1.0.0"
    assert shown["engine"] == {"name": "tgi", "model": "model.gguf"}
    assert "data" not in shown
    assert Study.load(path).classifiers[0].title == "encoder probe"
