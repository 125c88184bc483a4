from synth_builder.studies.report.tables.numbers import ABSENT
from synth_builder.studies.report.tables.table import Table
from synth_builder.studies.results.parts import StudiedTask
from synth_builder.studies.results.study_results import StudyResults


def label_table(results: StudyResults) -> Table | None:
    """How many rows each label has, by variant and in the real training rows; `None` where there are no variants."""
    names = results.variant_names
    if not names:
        return None
    counts = {(each.task, each.variant): each.label_counts for each in results.variants}
    return Table(
        name="labels",
        title="Rows of each label",
        caption="Training rows with the label, and their share of all training rows of the variant or of the task.",
        header=("task", "label", *names, "real rows"),
        rows=tuple(
            (
                task.name,
                label,
                *(_rows(counts.get((task.name, name)), label) for name in names),
                _rows(_real(task), label),
            )
            for task in results.tasks
            for label in task.labels
        ),
        words=2,
    )


def _real(task: StudiedTask) -> dict[str, int] | None:
    return task.real_label_counts or None


def _rows(counts: dict[str, int] | None, label: str) -> str:
    """`50 (25.0 %)`."""
    if counts is None:
        return ABSENT
    rows, every = counts.get(label, 0), sum(counts.values())
    return f"{rows:,} ({100 * rows / every:.1f} %)" if every else "0"
