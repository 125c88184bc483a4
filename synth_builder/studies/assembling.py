from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from synth_builder.scoring.results.early_stopping import early_stopping_note
from synth_builder.scoring.results.regime_scores import RegimeScores, Spread
from synth_builder.scoring.results.scores import Scores
from synth_builder.scoring.rows.text_rows import TextRows
from synth_builder.studies.building import engine_name
from synth_builder.studies.comparisons import AllScores, compared
from synth_builder.studies.language_model import read_skills
from synth_builder.studies.machine_paths import without_paths
from synth_builder.studies.measuring import read_measures
from synth_builder.studies.results.fingerprint import results_fingerprint
from synth_builder.studies.results.parts import (
    CellScores,
    StudiedClassifier,
    StudiedTask,
    StudiedVariant,
    StudiedWorth,
)
from synth_builder.studies.results.study_results import StudyResults
from synth_builder.studies.studied import Studied, trained_split
from synth_builder.studies.study import Study
from synth_builder.studies.study_folder import StudyFolder

SAMPLES = 5
"""Rows of each variant that are shown."""


def assemble(study: Study, tasks: Sequence[Studied], scores: AllScores, folder: StudyFolder) -> StudyResults:
    """
    Everything that a finished study found, without its findings.

    Args:
        study (`Study`):
            The study.
        tasks (`Sequence[Studied]`):
            Its tasks.
        scores (`Mapping`):
            Task -> title of the classifier -> variant -> its scores.
        folder (`StudyFolder`):
            Where measures and answers are.

    Raises:
        SynthBuilderError: Something of it is missing.
    """
    every = [found for by_classifier in scores.values() for of in by_classifier.values() for found in of.values()]
    variants = tuple(variant for task in tasks for variant in _variants(study, task, folder))
    studied = tuple(_task(task, next(iter(scores[task.name].values()))) for task in tasks)
    resolved = shown_study(study)
    cells = tuple(cell for task, found in scores.items() for cell in _cells(task, found))
    return StudyResults(
        name=study.name,
        description=study.description,
        fingerprint=results_fingerprint(resolved, variants, studied),
        study=resolved,
        seeds=study.seeds,
        tasks=studied,
        variants=variants,
        classifiers=_classifiers(scores),
        cells=cells,
        differences=tuple(compared(scores, study.real_rows)),
        worths=tuple(
            StudiedWorth(task=task, variant=variant, classifier=title, worth=found.worth)
            for task, by_classifier in scores.items()
            for title, by_variant in by_classifier.items()
            for variant, found in by_variant.items()
            if found.worth is not None
        ),
        skills=tuple(skill for task in tasks for skill in read_skills(task, folder)) if study.language_model else (),
        notes=tuple(dict.fromkeys(_notes(tasks, scores))),
        machine=every[0].machine,
        versions={name: version for found in every for name, version in found.versions.items()},
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        seconds=round(sum(cell.seconds for cell in cells), 1),
    )


def shown_study(study: Study) -> dict[str, Any]:
    """
    A study as plain values that anybody may read: endpoints and the folder of the real data are left out, a path of
    this machine is reduced to its last name, and the engine has the name that was meant by naming none.
    """
    values = study.model_dump(mode="json", exclude_none=True, exclude={"data": True, "engine": {"endpoint"}})
    for task in values["tasks"].values():
        if "recipe" in task:
            task["recipe"] = task["recipe"].rsplit("/", 1)[-1]
    values["engine"]["name"] = engine_name(study.engine)
    return {**without_paths(values), "description": study.description}


def _task(task: Studied, by_variant: Mapping[str, Scores]) -> StudiedTask:
    found = next(iter(by_variant.values()))
    real = None if task.real is None else task.real[1]
    assert found.random_guess is not None  # only files of earlier versions lack it
    return StudiedTask(
        name=task.name,
        description=task.recipe.task.description,
        labels=tuple(task.label_names),
        test_reference=task.test[0],
        test_rows=found.test.rows,
        test_fingerprint=found.test.fingerprint,
        real_rows=0 if found.real is None else found.real.rows,
        majority=found.majority.label,
        majority_accuracy=found.majority.accuracy,
        majority_macro_f1=found.majority.macro_f1,
        random_accuracy=found.random_guess.accuracy,
        real_label_counts={} if real is None else real.label_counts(task.label_names),
        real_fingerprint=None if real is None else real.fingerprint(),
    )


def _variants(study: Study, task: Studied, folder: StudyFolder) -> list[StudiedVariant]:
    rows = task.rows()
    measures = read_measures(task, folder) if study.diversity else {}
    found = []
    for variant in task.variants:
        provenance = task.provenance(variant)
        tally, engine, measured = provenance["tally"], provenance["engine"], measures.get(variant)
        found.append(
            StudiedVariant(
                task=task.name,
                variant=variant,
                strategy=provenance["strategy"],
                options={name: value for name, value in provenance["options"].items() if value is not None},
                engine=engine["engine"],
                model=engine["model"],
                revision=engine["revision"],
                fingerprint=provenance["fingerprint"],
                rows=len(rows[variant]),
                rows_fingerprint=rows[variant].fingerprint(),
                label_counts=rows[variant].label_counts(task.label_names),
                requests=tally["asked"] + tally["preparation_requests"],
                rejected=tally["rejected"],
                prompt_tokens=tally["prompt_tokens"],
                completion_tokens=tally["completion_tokens"],
                variety=None if measured is None else measured.variety,
                real_variety=None if measured is None else measured.real_variety,
                likeness=None if measured is None else measured.likeness,
                samples=_samples(task, rows[variant]),
                source=None if task.source is None else without_paths(task.source),
                short=tally["short"].get(trained_split(provenance), {}),
            )
        )
    return found


def _samples(task: Studied, rows: TextRows) -> tuple[dict[str, str], ...]:
    columns = list(task.recipe.task.columns)
    return tuple(
        {
            **dict(zip(columns, texts, strict=True)),
            task.recipe.task.label_column: task.label_names[label],
        }
        for texts, label in list(zip(rows.texts, rows.labels, strict=True))[:SAMPLES]
    )


def _classifiers(scores: AllScores) -> tuple[StudiedClassifier, ...]:
    by_classifier = next(iter(scores.values()))
    return tuple(
        StudiedClassifier(
            title=title,
            name=found.classifier.name,
            revision=found.classifier.revision,
            method=found.method,
            loss=found.loss,
            hyperparameters=found.hyperparameters.model_dump(mode="json"),
        )
        for title, by_variant in by_classifier.items()
        for found in [next(iter(by_variant.values()))]
    )


def _cells(task: str, by_classifier: Mapping[str, Mapping[str, Scores]]) -> list[CellScores]:
    found = []
    for title, by_variant in by_classifier.items():
        real = set()
        for variant, scores in by_variant.items():
            for result in scores.results:
                if result.regime == "real" and result.cell in real:
                    continue
                real.add(result.cell)
                found.append(_cell(task, title, None if result.regime == "real" else variant, result))
    return found


def _cell(task: str, classifier: str, variant: str | None, result: RegimeScores) -> CellScores:
    return CellScores(
        task=task,
        classifier=classifier,
        variant=variant,
        regime=result.regime,
        real_rows=result.real_rows,
        synthetic_rows=result.synthetic_rows,
        train_rows=result.train_rows,
        accuracy=result.accuracy,
        macro_f1=result.macro_f1,
        weighted_f1=_there(result.weighted_f1),
        mcc=_there(result.mcc),
        calibration_error=_there(result.calibration_error),
        accuracies=tuple(run.accuracy for run in result.runs),
        seconds=round(sum(run.seconds for run in result.runs), 3),
    )


def _there(spread: Spread | None) -> Spread:
    assert spread is not None  # only files of earlier versions lack it
    return spread


def _notes(tasks: Sequence[Studied], scores: AllScores) -> list[str]:
    notes = []
    for task in tasks:
        for variant in task.variants:
            short = task.provenance(variant)["tally"]["short"]
            missing = sum(count for labels in short.values() for count in labels.values())
            if missing:
                notes.append(f"{task.name}, {variant}: {missing} rows short of what was asked for.")
    for task_name, by_classifier in scores.items():
        notes += _notes_of_scores(task_name, by_classifier)
        for title, by_variant in by_classifier.items():
            for found in by_variant.values():
                if found.test_labels is None:
                    notes.append(
                        f"{task_name}, {title}: predictions on {found.test.rows:,} test rows are too many to be kept, "
                        "so nothing is compared and there are no intervals."
                    )
            if told := early_stopping_note(list(by_variant.values())):
                notes.append(f"{task_name}, {title}: {told}")
    return notes


def _notes_of_scores(task: str, by_classifier: Mapping[str, Mapping[str, Scores]]) -> list[str]:
    """Each note once, with the classifiers that it is about; what is so for all of them is about the task."""
    titles: dict[str, list[str]] = {}
    for title, by_variant in by_classifier.items():
        for note in dict.fromkeys(note for found in by_variant.values() for note in found.notes):
            # What every table of a logistic regression says stands in the docs.
            if "draws no random" not in note:
                titles.setdefault(note, []).append(title)
    return [
        f"{task}: {note}" if len(about) == len(by_classifier) > 1 else f"{task}, {', '.join(about)}: {note}"
        for note, about in titles.items()
    ]
