from pathlib import Path

import pytest

pytest.importorskip("sklearn")

from synth_builder.engines.scripted import ScriptedEngine
from synth_builder.errors import EngineChangedError, StudyError
from synth_builder.studies.running import run_study
from synth_builder.studies.study import Study
from tests.studies.small_study import scripted, small_study, write_study


def script(folder: Path, word: str) -> Path:
    """A study that a file of 40 replies answers."""
    path = write_study(folder, tasks={"films": "films.yaml"}, engine={"name": "scripted", "replies": "replies.txt"})
    replies = [f"A film with {word} number {number} in it, and a story." for number in range(40)]
    (folder / "replies.txt").write_text("\n".join(replies), encoding="utf-8")
    return path


def test_a_file_of_replies_writes_the_rows_of_a_study(tmp_path: Path) -> None:
    results = run_study(Study.load(script(tmp_path, "dogs")), tmp_path / "out")
    assert results is not None
    assert {variant.engine for variant in results.variants} == {"scripted"}
    assert results.variants[0].samples[0]["text"].startswith("A film with dogs number")
    # Of the file, the name alone: where it lies is nobody's business.
    assert results.study["engine"] == {"name": "scripted", "replies": "replies.txt"}


def test_other_replies_in_the_same_folder_are_refused(tmp_path: Path) -> None:
    run_study(Study.load(script(tmp_path, "dogs")), tmp_path / "out")
    changed = Study.load(script(tmp_path, "cats"))
    with pytest.raises(EngineChangedError, match=r"Task 'films'.*'zero_shot'.*other replies.*another folder"):
        run_study(changed, tmp_path / "out")


def test_another_revision_of_an_engine_that_is_given_is_refused(tmp_path: Path) -> None:
    study = small_study(tmp_path, tasks={"films": "films.yaml"})
    engine = scripted()
    run_study(study, tmp_path / "out", engine=engine)
    with pytest.raises(EngineChangedError, match=r"\(revision 1\) than the study names now \(revision 2\)"):
        run_study(study, tmp_path / "out", engine=ScriptedEngine(engine.replies, revision="2"))


def test_a_setting_that_an_engine_has_no_use_for_is_told_by_the_studys_keys(tmp_path: Path) -> None:
    path = script(tmp_path, "dogs")
    study = Study.load(path, ["engine.model=some/model"])
    with pytest.raises(
        StudyError, match=r"no use for --model.*under the key engine of a study: name, endpoint, model"
    ):
        run_study(study, tmp_path / "out")
