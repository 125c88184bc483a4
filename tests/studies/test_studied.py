from pathlib import Path
from typing import Any

import pytest
import yaml

from synth_builder.engines.base import EngineSettings
from synth_builder.errors import RecipeError, StudyError
from synth_builder.recipes.recipe import Recipe
from synth_builder.releases.folder import ReleaseFolder
from synth_builder.studies.studied import Studied, open_tasks
from synth_builder.studies.study import Study
from synth_builder.studies.study_folder import StudyFolder
from synth_builder.verbs.build import build_variants
from synth_builder.verbs.publish import publish
from tests.studies.small_study import scripted, small_study, write_study


def small_study_in(folder: Path, tasks: dict[str, Any], **changes: Any) -> Study:
    """A study beside recipes that are there already."""
    path = folder / "another.yaml"
    path.write_text(yaml.safe_dump({"name": "another", "tasks": tasks, **changes}), encoding="utf-8")
    return Study.load(path)


def published(folder: Path) -> Path:
    """The films, built and published as a version in a folder."""
    write_study(folder)
    release = ReleaseFolder(folder / "release")
    recipe = Recipe.load(folder / "films.yaml")
    build_variants(recipe, ["zero_shot", "few_shot"], release, scripted(), EngineSettings())
    publish(release.path, to=folder / "place", check=False)
    return folder / "place"


def test_rows_that_are_built_are_those_of_the_release(tmp_path: Path) -> None:
    study = small_study(tmp_path, tasks={"films": "films.yaml"})
    (task,) = open_tasks(study, StudyFolder(tmp_path / "out"))
    with pytest.raises(StudyError, match=r"'zero_shot' of 'films' is not built"):
        task.rows()
    build_variants(task.recipe, task.variants, task.release, scripted(), EngineSettings())
    rows = task.rows()
    assert list(rows) == ["zero_shot", "few_shot"]
    assert rows["zero_shot"].label_counts(task.label_names) == {"negative": 6, "positive": 6}
    for (text,), label in zip(rows["few_shot"].texts, rows["few_shot"].labels, strict=True):
        assert text.startswith(("Sadly", "Happily")[label])


def test_real_rows_come_with_the_recipe(tmp_path: Path) -> None:
    study = small_study(tmp_path, tasks={"films": "films.yaml"})
    (task,) = open_tasks(study, StudyFolder(tmp_path / "out"))
    assert task.test[0] == "test.csv" and len(task.test[1]) == 4
    assert task.real is not None
    assert task.real[0] == "train.csv" and len(task.real[1]) == 12


def test_settings_over_a_recipe(tmp_path: Path) -> None:
    tasks = {"films": {"recipe": "films.yaml", "set": {"generation.rows": {"train": 7}, "generation.seed": 9}}}
    (task,) = open_tasks(small_study(tmp_path, tasks=tasks), StudyFolder(tmp_path / "out"))
    assert task.recipe.variant("zero_shot").generation.rows == {"train": 7}
    assert task.recipe.variant("zero_shot").generation.seed == 9


def test_published_rows_are_taken_as_they_are(tmp_path: Path) -> None:
    place = published(tmp_path)
    study = small_study(
        tmp_path,
        tasks={"films": {"published": f"{place}@v1.0.0", "set": {"real.train": "train.csv", "real.test": "test.csv"}}},
    )
    (task,) = open_tasks(study, StudyFolder(tmp_path / "out"))
    assert task.source == f"{place}@v1.0.0"
    recipe = Recipe.load(tmp_path / "films.yaml")
    built = Studied("films", recipe, ("zero_shot", "few_shot"), ReleaseFolder(tmp_path / "release"))
    assert task.rows() == built.rows()
    assert task.provenance("few_shot")["strategy"] == "few_shot"
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("variants", [["zero_shot", "few_shot"], ["zero_shot"]])
def test_a_published_recipe_reads_no_file_that_was_not_given(
    tmp_path: Path, variants: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    place = published(tmp_path)
    study = small_study(tmp_path, tasks={"films": {"published": str(place)}}, variants=variants)
    # Not even one of that name that lies here.
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StudyError, match=r"leans on the local file.*tasks\.films\.set.*or the folder"):
        open_tasks(study, StudyFolder(tmp_path / "out"))


def test_local_real_data_of_a_published_recipe_lie_where_the_user_says(tmp_path: Path) -> None:
    place = published(tmp_path)
    elsewhere = tmp_path / "real #1"
    elsewhere.mkdir()
    for name in ("train.csv", "test.csv"):
        (tmp_path / name).rename(elsewhere / name)
    tasks = {"films": {"published": str(place), "set": {"real.train": "train.csv", "real.test": "test.csv"}}}
    (task,) = open_tasks(small_study_in(tmp_path, tasks, data="real #1"), StudyFolder(tmp_path / "out"))
    assert task.real is not None and len(task.real[1]) == 12 and len(task.test[1]) == 4


def test_a_file_of_real_rows_that_is_not_in_the_given_folder_is_told_with_that_folder(tmp_path: Path) -> None:
    path = write_study(tmp_path, tasks={"films": "films.yaml"})
    (tmp_path / "elsewhere").mkdir()
    study = Study.load(path, ["data=elsewhere"])
    with pytest.raises(StudyError) as error:
        open_tasks(study, StudyFolder(tmp_path / "out"))
    elsewhere = str(tmp_path / "elsewhere")
    assert str(error.value) == (
        f"Task 'films': real.train is 'train.csv', and there is no such file in {elsewhere!r}, where "
        "this study's real data start; give the folder that it lies in with --data, or the file itself with "
        "tasks.films.set: {real.train: PATH}."
    )


def test_a_file_that_the_study_names_itself_need_not_be_in_the_given_folder(tmp_path: Path) -> None:
    own = {"real.train": str(tmp_path / "train.csv"), "real.test": str(tmp_path / "test.csv")}
    path = write_study(tmp_path, tasks={"films": {"recipe": "films.yaml", "set": own}}, data=str(tmp_path / "nowhere"))
    (task,) = open_tasks(Study.load(path), StudyFolder(tmp_path / "out"))
    assert len(task.test[1]) == 4
    gone = {"real.train": "gone.csv"}
    path = write_study(tmp_path, tasks={"films": {"recipe": "films.yaml", "set": gone}})
    with pytest.raises(RecipeError, match=rf"'{tmp_path}/gone\.csv', and there is no such file\. Correct it"):
        open_tasks(Study.load(path), StudyFolder(tmp_path / "out"))
