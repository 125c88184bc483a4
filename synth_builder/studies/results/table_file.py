from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synth_builder.scoring.results.whole_file import whole_file
from synth_builder.studies.results.study_results import StudyResults

if TYPE_CHECKING:
    import pyarrow

SCHEMA_VERSION = 1
_MEASURES = ("macro_f1", "weighted_f1", "mcc", "calibration_error")


def results_table(results: StudyResults) -> "pyarrow.Table":
    """
    The trainings of a study as a table: a row per task, classifier, variant, way of training and seed. The accuracy is
    that of the seed; what only the mean over the seeds is known of has `mean` in its column's name.

    Args:
        results (`StudyResults`):
            The study.

    Returns:
        `pyarrow.Table`: Its schema's metadata hold `schema_version`, and name and fingerprint of the study.
    """
    import pyarrow

    columns: dict[str, list[Any]] = {name: [] for name in _schema(pyarrow).names}
    classifiers = {classifier.title: classifier for classifier in results.classifiers}
    tasks = {task.name: task for task in results.tasks}
    for cell in results.cells:
        task, classifier = tasks[cell.task], classifiers[cell.classifier]
        variant = None if cell.variant is None else results.variant(cell.task, cell.variant)
        for seed, accuracy in enumerate(cell.accuracies):
            row = {
                "study": results.name,
                "task": cell.task,
                "test_fingerprint": task.test_fingerprint,
                "test_rows": task.test_rows,
                "majority_accuracy": task.majority_accuracy,
                "classifier": cell.classifier,
                "classifier_name": classifier.name,
                "classifier_revision": classifier.revision,
                "method": classifier.method,
                "loss": classifier.loss,
                "variant": cell.variant,
                "strategy": variant.strategy if variant else None,
                "model": variant.model if variant else None,
                "rows_fingerprint": variant.rows_fingerprint if variant else None,
                "regime": cell.regime,
                "real_rows": cell.real_rows,
                "synthetic_rows": cell.synthetic_rows,
                "train_rows": cell.train_rows,
                "seed": seed,
                "accuracy": accuracy,
                "accuracy_mean": cell.accuracy.mean,
                "accuracy_std": cell.accuracy.std,
                "accuracy_low": cell.accuracy.low,
                "accuracy_high": cell.accuracy.high,
                **{f"{name}_mean": getattr(cell, name).mean for name in _MEASURES},
            }
            for name, value in row.items():
                columns[name].append(value)
    told = {"schema_version": str(SCHEMA_VERSION), "study": results.name, "fingerprint": results.fingerprint}
    return pyarrow.table(columns, schema=_schema(pyarrow).with_metadata(told))


def write_results_table(results: StudyResults, path: Path) -> None:
    """
    Write the trainings of a study as a parquet file; never half of it.

    Args:
        results (`StudyResults`):
            The study.
        path (`Path`):
            The file, `StudyFolder.table`.

    Raises:
        OSError: It can't be written.
    """
    import pyarrow.parquet

    stream = BytesIO()
    pyarrow.parquet.write_table(results_table(results), stream)
    with whole_file(path) as file:
        file.write(stream.getvalue())


def _schema(pyarrow: Any) -> Any:
    words = ("study", "task", "test_fingerprint")
    of_classifier = ("classifier", "classifier_name", "classifier_revision", "method", "loss")
    of_variant = ("variant", "strategy", "model", "rows_fingerprint", "regime")
    text, whole, real = pyarrow.string(), pyarrow.int64(), pyarrow.float64()
    return pyarrow.schema(
        [
            *((name, text) for name in words),
            ("test_rows", whole),
            ("majority_accuracy", real),
            *((name, text) for name in (*of_classifier, *of_variant)),
            *((name, whole) for name in ("real_rows", "synthetic_rows", "train_rows", "seed")),
            *((name, real) for name in ("accuracy", "accuracy_mean", "accuracy_std", "accuracy_low", "accuracy_high")),
            *((f"{name}_mean", real) for name in _MEASURES),
        ]
    )
