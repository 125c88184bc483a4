"""Numbers of rows, requests and seconds that fit together."""

from collections.abc import Iterator, Mapping

from synth_builder.studies.leaderboard.validation.bounds import EXACT, outside
from synth_builder.studies.results.parts import CellScores, Skill, StudiedTask, StudiedVariant


def of_task(task: StudiedTask) -> Iterator[str]:
    """What can't be true of a task's numbers."""
    yield from outside("test_rows", task.test_rows, 1, None)
    yield from outside("real_rows", task.real_rows, 0, None)
    for name in ("majority_accuracy", "majority_macro_f1", "random_accuracy"):
        yield from outside(name, getattr(task, name), 0, 1)
    labels = len(task.labels)
    # The commonest of n labels has at least an n-th of the rows.
    if labels and task.majority_accuracy < 1 / labels - EXACT:
        least = f"the commonest of {labels} labels has at least 1/{labels}"
        yield f"majority_accuracy is {task.majority_accuracy}; {least}"
    yield from _of_labels("real_label_counts", task.real_label_counts, task)
    total = sum(task.real_label_counts.values())
    # There may be more: those that are also among the test rows are counted, and not trained on.
    if task.real_label_counts and total < task.real_rows:
        yield f"real_label_counts has {total} rows, and real_rows is {task.real_rows}"


def of_variant(variant: StudiedVariant, task: StudiedTask | None) -> Iterator[str]:
    """What can't be true of the numbers of a variant's rows, requests and tokens."""
    for name in ("rows", "requests", "prompt_tokens", "completion_tokens"):
        yield from outside(name, getattr(variant, name), 0, None)
    for reason, count in variant.rejected.items():
        yield from outside(f"rejected[{reason!r}]", count, 0, None)
    for label, count in (variant.short or {}).items():
        yield from outside(f"short[{label!r}]", count, 0, None)
    yield from _of_labels("label_counts", variant.label_counts, task)
    total = sum(variant.label_counts.values())
    if total != variant.rows:
        yield f"label_counts has {total} rows, and rows is {variant.rows}"


def _of_labels(name: str, counts: Mapping[str, int], task: StudiedTask | None) -> Iterator[str]:
    for label, count in counts.items():
        yield from outside(f"{name}[{label!r}]", count, 0, None)
        if task is not None and label not in task.labels:
            yield f"{name} has the label {label!r}, which the task {task.name!r} does not have"


def of_training(cell: CellScores, task: StudiedTask | None, variant: StudiedVariant | None) -> Iterator[str]:
    """What contradicts the rows that a cell was trained on, of the task and the variant as far as they are known."""
    yield from outside("seconds", cell.seconds, 0, None)
    yield from outside("train_rows", cell.train_rows, 1, None)
    if (cell.real_rows is None) != (cell.regime == "synthetic"):
        yield f"regime is {cell.regime!r}, and real_rows is {cell.real_rows}"
    if cell.regime == "real" and cell.synthetic_rows is not None:
        yield f"regime is 'real', and synthetic_rows is {cell.synthetic_rows}"
    for name, value in (("real_rows", cell.real_rows), ("synthetic_rows", cell.synthetic_rows)):
        yield from outside(name, value, 0, None)
        if value is not None and cell.train_rows < value:
            yield f"train_rows is {cell.train_rows}, fewer than its {name} {value}"
    if task is not None and cell.real_rows is not None and cell.real_rows > task.real_rows:
        yield f"real_rows is {cell.real_rows}, and the task {task.name!r} has {task.real_rows}"
    if variant is not None and cell.synthetic_rows is not None and cell.synthetic_rows > variant.rows:
        yield f"synthetic_rows is {cell.synthetic_rows}, and the variant {variant.variant!r} has {variant.rows}"
    synthetic = 0 if cell.regime == "real" else cell.synthetic_rows
    if synthetic is None and variant is not None:
        synthetic = variant.rows
    if synthetic is not None and cell.train_rows > (cell.real_rows or 0) + synthetic:
        yield f"train_rows is {cell.train_rows}, more than {cell.real_rows or 0} real and {synthetic} synthetic rows"


def of_skill(skill: Skill, task: StudiedTask | None) -> Iterator[str]:
    """What can't be true of the numbers of a language model's answers."""
    yield from outside("rows", skill.rows, 0, None if task is None else task.test_rows)
    yield from outside("unreadable", skill.unreadable, 0, max(0, skill.rows))
    yield from outside("failed", skill.failed, 0, None)
    yield from outside("demonstrations", skill.demonstrations, 0, None)
    yield from outside("majority_accuracy", skill.majority_accuracy, 0, 1)
