"""Tables of what was studied: tasks, variants, rows, classifiers; and of the answers."""

from synth_builder.scoring.diversity.catalogue import LIKENESS, VARIETY, Measure
from synth_builder.studies.options_shown import options_shown
from synth_builder.studies.report.tables.numbers import ABSENT, share
from synth_builder.studies.report.tables.table import Table
from synth_builder.studies.results.parts import StudiedTask, StudiedVariant
from synth_builder.studies.results.study_results import StudyResults

_SHOWN = (
    *(measure for measure in VARIETY if (measure.name, measure.key) in (("self_bleu", 4), ("distinct", 2))),
    *(measure for measure in VARIETY if measure.name in ("vendi_score", "remote_clique")),
    *(measure for measure in LIKENESS if measure.name in ("similarity_to_real", "recall", "coverage", "copy_rate")),
)
_ARROWS = {"higher": " ↑", "lower": " ↓", "neither": ""}


def finding_table(results: StudyResults) -> Table | None:
    """The questions with their answers; `None` where there are none."""
    if not results.findings:
        return None
    return Table(
        name="findings",
        title="Questions and answers",
        caption="Yes and no are told by 95 % intervals over the tasks, or by verdicts after Holm's correction.",
        header=("question", "answer", "because"),
        rows=tuple((finding.question, finding.answer, finding.because) for finding in results.findings),
        words=3,
    )


def task_list(results: StudyResults) -> Table:
    """The tasks."""
    return Table(
        name="tasks",
        title="Tasks",
        caption="Test rows are real; real rows are those that there are to train on.",
        header=(
            "task",
            "what is to be decided",
            "labels",
            "test rows",
            "real rows",
            "commonest label",
            "its accuracy",
        ),
        rows=tuple(
            (
                task.name,
                task.description,
                _labels(task),
                f"{task.test_rows:,}",
                f"{task.real_rows:,}",
                task.majority,
                share(task.majority_accuracy),
            )
            for task in results.tasks
        ),
        words=3,
    )


def variant_list(results: StudyResults) -> Table | None:
    """How the rows were made; `None` where there are no variants."""
    if not results.variants:
        return None
    return Table(
        name="variants",
        title="How the synthetic rows were made",
        caption="Rejected rows were asked for again. Tokens are those of prompts and replies together.",
        header=("task", "variant", "strategy", "model", "rows", "requests", "rejected", "tokens", "rows missing"),
        rows=tuple(
            (
                variant.task,
                variant.variant,
                ", ".join(filter(None, (variant.strategy, options_shown(variant.options)))),
                variant.model,
                f"{variant.rows:,}",
                f"{variant.requests:,}",
                f"{sum(variant.rejected.values()):,}",
                f"{variant.prompt_tokens + variant.completion_tokens:,}",
                ABSENT if variant.short is None else f"{sum(variant.short.values()):,}",
            )
            for variant in results.variants
        ),
        words=4,
    )


def variety_table(results: StudyResults) -> Table | None:
    """How varied the rows are, how near to real ones, and how even their labels; `None` where nothing was measured."""
    if not any(variant.variety for variant in results.variants):
        return None
    rows = []
    for task in results.tasks:
        of_task = [variant for variant in results.variants if variant.task == task.name]
        rows += [(task.name, variant.variant, *_measured(variant), _uneven(task, variant)) for variant in of_task]
        real = next((variant.real_variety for variant in of_task if variant.real_variety is not None), None)
        if real is not None:
            values = (share(measure.of(real)) if measure in VARIETY else ABSENT for measure in _SHOWN)
            rows.append((task.name, "as many real rows", *values, ABSENT))
    return Table(
        name="diversity",
        title="How varied the rows are, and how near to real ones",
        caption=(
            "The real rows are the yardstick. ↑: higher is more diverse or closer, ↓: lower is. Compare only within a "
            "task: most values depend on the number of rows."
        ),
        header=("task", "variant", *(measure.title + _ARROWS[measure.good] for measure in _SHOWN), "uneven labels ↓"),
        rows=tuple(rows),
        words=2,
        notes=(
            "Uneven labels: the share of rows that would need another label for all labels to be equally frequent.",
        ),
    )


def uneven_labels(counts: dict[str, int], labels: int) -> float | None:
    """
    Total variation distance of the labels to an even distribution: half of the sum of `|share - 1 / labels|`.

    Args:
        counts (`dict[str, int]`):
            Label -> rows; labels that are missing have none.
        labels (`int`):
            Labels of the task.
    """
    rows = sum(counts.values())
    if not rows or not labels:
        return None
    missing = max(0, labels - len(counts))
    return (sum(abs(count / rows - 1 / labels) for count in counts.values()) + missing / labels) / 2


def _labels(task: StudiedTask) -> str:
    shown = ", ".join(task.labels[:6])
    return shown if len(task.labels) <= 6 else f"{shown} and {len(task.labels) - 6} more"


def _measured(variant: StudiedVariant) -> list[str]:
    return [share(_value(variant, measure)) for measure in _SHOWN]


def _value(variant: StudiedVariant, measure: Measure) -> float | None:
    return measure.of(variant.variety if measure in VARIETY else variant.likeness)


def _uneven(task: StudiedTask, variant: StudiedVariant) -> str:
    return share(uneven_labels(variant.label_counts, len(task.labels)))
