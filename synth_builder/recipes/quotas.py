import math

from synth_builder.errors import RecipeError
from synth_builder.recipes.task import Task
from synth_builder.registry import nearest


def label_counts(
    rows: int, task: Task, distribution: str | dict[str, float], where: str = "The recipe"
) -> dict[str, int]:
    """
    How many rows each label gets, by largest remainder; ties go to the label that stands first.

    Args:
        rows (`int`):
            Rows of one split.
        task (`Task`):
            Its labels.
        distribution (`"balanced"` or `dict[str, float]`):
            Share of each label; a label that is not named gets none.
        where (`str`, defaults to `"The recipe"`):
            What a message calls the place of the distribution.

    Returns:
        `dict[str, int]`: Label -> rows, in the order of the task, summing to `rows`.

    Raises:
        RecipeError: The distribution names a label that the task does not have.
    """
    labels = task.label_names
    if isinstance(distribution, str):
        shares = dict.fromkeys(labels, 1 / len(labels))
    else:
        for label in distribution:
            if label not in labels:
                raise RecipeError(
                    f"{where}: label_distribution names {label!r}, which is no label of the task."
                    f"{nearest(label, labels)} Labels: {', '.join(labels)}."
                )
        shares = {label: distribution.get(label, 0.0) for label in labels}
    total = math.fsum(shares.values())  # 1 but for what the user rounded
    exact = {label: rows * share / total for label, share in shares.items()}
    # A share such as 0.3 times 10 rows is 2.9999...: without the rounding it would lose its row to another label.
    counts = {label: math.floor(round(value, 6)) for label, value in exact.items()}
    by_remainder = sorted(labels, key=lambda label: (counts[label] - round(exact[label], 6), labels.index(label)))
    for label in by_remainder[: rows - sum(counts.values())]:
        counts[label] += 1
    return counts
