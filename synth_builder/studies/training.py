import json
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from synth_builder.errors import ScoringError
from synth_builder.progress import bar
from synth_builder.scoring.results.scores import Scores, write_all
from synth_builder.scoring.score_settings import ScoreSettings
from synth_builder.studies.sharing import Unit
from synth_builder.studies.sizes import Sizes, fitting_sizes
from synth_builder.studies.studied import Studied
from synth_builder.studies.study import Study, StudyClassifier
from synth_builder.studies.study_folder import StudyFolder

if TYPE_CHECKING:
    from synth_builder.scoring.grid import Grid


def trainings(study: Study, task: Studied, folder: StudyFolder) -> Iterator[Unit]:
    """
    The trainings of a task that are not done yet, by all classifiers, one unit each.

    Args:
        study (`Study`):
            Regimes, sizes, classifiers and seeds.
        task (`Studied`):
            The task, its variants built.
        folder (`StudyFolder`):
            Where finished trainings are kept.
    """
    for classifier in study.classifiers:
        grid = open_grid(study, classifier, task, folder)
        with bar(grid.steps(), f"{task.name}, {classifier.title}", unit="step") as shown:
            trials = grid.trials(shown)
            for training in grid.trainings():
                cell, rows = training.cell, grid.rows(training)
                if trials.finished(cell, rows, training.seed):
                    shown.update(grid.trainer.steps(rows.labels))
                    continue
                shown.set_postfix(f"{training.variant}, {cell.title}, seed {training.seed}")
                yield Unit(
                    f"train-{trials.key(cell, rows, training.seed)}",
                    partial(trials.finished, cell, rows, training.seed),
                    partial(trials.train, cell, rows, training.seed),
                )


def scorings(study: Study, task: Studied, folder: StudyFolder) -> Iterator[Unit]:
    """
    What a task's finished trainings come to, with intervals; one unit for each classifier.

    Args:
        study (`Study`):
            Regimes, sizes, classifiers and seeds.
        task (`Studied`):
            The task, its trainings done; one that is not is done now.
        folder (`StudyFolder`):
            Where the scores are written to.
    """
    for classifier in study.classifiers:
        grid = open_grid(study, classifier, task, folder)
        path = folder.scores(task.name, classifier.title)
        key = grid.key()
        yield Unit(
            f"scores-{task.name}-{path.stem}",
            partial(_is_scored, path, key),
            partial(_score, task.name, grid, path, key),
        )


def read_scores(path: Path) -> dict[str, Scores]:
    """
    Variant -> its scores.

    Raises:
        ScoringError: The file is missing, or is another one's.
    """
    try:
        return {variant: Scores.model_validate(value) for variant, value in json.loads(path.read_bytes()).items()}
    except (OSError, ValueError, AttributeError, ValidationError) as error:
        raise ScoringError(f"{str(path)!r} can't be read as scores: {error}. Run the study again.") from error


def score_settings(study: Study, classifier: StudyClassifier) -> ScoreSettings:
    """
    What a study asks of one classifier, checked; without its sizes, which depend on the task.

    Args:
        study (`Study`):
            Regimes and seeds.
        classifier (`StudyClassifier`):
            What is trained.

    Raises:
        ScoringError: A word is unknown, a number is too small, or two settings do not go together.
        MissingExtraError: It needs a package that is not installed.
    """
    return ScoreSettings(
        regimes=study.regimes,
        classifier=classifier.classifier,
        loss=classifier.loss,
        seeds=study.seeds,
        method=classifier.method,
        hyperparameters=classifier.hyperparameters,
    )


def open_grid(
    study: Study, classifier: StudyClassifier, task: Studied, folder: StudyFolder, sizes: Sizes | None = None
) -> "Grid":
    """
    All trainings of a task by one classifier. Sizes that the task has not enough rows for are left out, and noted.

    Args:
        study (`Study`):
            Regimes, sizes and seeds.
        classifier (`StudyClassifier`):
            What is trained.
        task (`Studied`):
            The task, its variants built.
        folder (`StudyFolder`):
            Where embeddings and finished trainings are kept.
        sizes (`Sizes`, *optional*):
            Numbers of rows; those that the task's variants have enough rows for when not given.

    Raises:
        ScoringError: It can't be scored; the message says why.
    """
    from synth_builder.scoring.grid import Grid

    rows = task.rows()
    sizes = sizes or fitting_sizes(study, task, min(map(len, rows.values())))
    settings = replace(
        score_settings(study, classifier),
        real_rows=sizes.real_rows,
        synthetic_rows=sizes.synthetic_rows,
        cache=folder.cache,
    )
    comparison = settings.comparison(task.label_names, task.test, task.real, f"real.train of the task {task.name!r}")
    return Grid(rows, replace(comparison, also=sizes.mixtures, notes=(*comparison.notes, *sizes.notes), keep_all=True))


def _is_scored(path: Path, key: str) -> bool:
    told = path.with_suffix(".key")
    if not told.is_file() or told.read_text(encoding="ascii") != key:
        return False
    try:
        read_scores(path)
    except ScoringError:
        return False  # not there, or not readable: it is computed again, from the finished trainings
    return True


def _score(dataset: str, grid: "Grid", path: Path, key: str) -> None:
    from synth_builder.scoring.score import score_grid

    path.with_suffix(".key").unlink(missing_ok=True)
    # Without comparisons: those of a study are over all its tasks, see `studies/comparisons.py`.
    write_all({scores.variant: scores for scores in score_grid(grid, dataset)}, path)
    path.with_suffix(".key").write_text(key, encoding="ascii")
