from collections.abc import Sequence

from synth_builder.engines.base import Engine
from synth_builder.engines.choose import make_engine
from synth_builder.errors import RecipeError, StudyError
from synth_builder.generation.setup import asks_a_model
from synth_builder.scoring.choices import LOSSES_WITH_CHECKERS, TFIDF
from synth_builder.studies.building import engine_name, engine_settings
from synth_builder.studies.language_model import questions_about
from synth_builder.studies.studied import Studied
from synth_builder.studies.study import Study, StudyEngine
from synth_builder.studies.study_folder import StudyFolder
from synth_builder.studies.subjectivity.subjectivity import TaskRows, check_subjectivity
from synth_builder.studies.training import score_settings


def check(study: Study, tasks: Sequence[Studied], given: Engine | None = None) -> None:
    """
    Find out before the first request what would otherwise come out after hours.

    Args:
        study (`Study`):
            The study.
        tasks (`Sequence[Studied]`):
            Its tasks.
        given (`Engine`, *optional*):
            An engine that is made already, in place of the one that the study names.

    Raises:
        SynthBuilderError: The engine can't be made as it is named; real rows can't be read, or something needs real
            rows and a recipe names none; a classifier can't be trained as it is asked for, or is not there; a package
            is missing; votes do not fit.
    """
    for classifier in study.classifiers:
        score_settings(study, classifier)
        if classifier.classifier != TFIDF:
            from synth_builder.scoring.encoder_files import require_encoder

            require_encoder(classifier.classifier)
    asked = any(
        task.published is None and asks_a_model(task.recipe.variant(name)) for task in tasks for name in task.variants
    )
    if given is None and (asked or study.language_model is not None):
        _check_engine(study)
    needing = [f"the regime {regime!r}" for regime in study.regimes if regime != "synthetic"]
    needing += [f"the loss {each.loss!r}" for each in study.classifiers if each.loss in LOSSES_WITH_CHECKERS]
    rows = test_rows(tasks)
    for task in tasks:
        if task.real is None and needing:
            raise StudyError(
                f"{needing[0][0].upper()}{needing[0][1:]} needs real training rows, and the recipe of the task "
                f"{task.name!r} names none; give it real.train, or leave out {' and '.join(needing)}."
            )
        if study.language_model is not None:
            questions_about(study.language_model, task)
    check_subjectivity(study, rows)


def _check_engine(study: Study) -> None:
    try:
        make_engine(engine_name(study.engine), engine_settings(study.engine))
    except RecipeError as error:
        keys = ", ".join(StudyEngine.model_fields)
        told = f" What begins with -- stands under the key engine of a study: {keys}." if "--" in str(error) else ""
        raise StudyError(f"The study's engine can't be made: {error}{told}") from error


def refuse_others(study: Study, folder: StudyFolder) -> None:
    """
    Make sure that no file is written over that a study did not write.

    Args:
        study (`Study`):
            The study.
        folder (`StudyFolder`):
            Where its files go.

    Raises:
        StudyError: The study itself lies where its resolved form would be written, a file is where the folder would
            be, or the folder holds something else.
    """
    for place in (folder.path, *folder.path.parents):
        if place.exists() and not place.is_dir():
            raise StudyError(
                f"{str(place)!r} is a file, and the study's folder is to be {str(folder.path)!r}; give a folder with "
                "--out."
            )
    if study.file is not None and study.file == folder.study.resolve():
        raise StudyError(
            f"The study {str(study.file)!r} would be overwritten with its resolved form; give another folder with "
            "--out, or move it."
        )
    if folder.cache.exists() or folder.results.exists():
        return
    for path in (folder.study, folder.table, folder.tables, folder.figures, folder.report, folder.release("")):
        if path.exists():
            raise StudyError(
                f"The folder {str(folder.path)!r} holds {path.name!r} and no study, which might overwrite it; give "
                "another folder with --out."
            )


def test_rows(tasks: Sequence[Studied]) -> dict[str, TaskRows]:
    """Each task with its test rows, by name."""
    return {task.name: TaskRows(task.recipe.task, task.test[1]) for task in tasks}
