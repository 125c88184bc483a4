from collections.abc import Sequence

from synth_builder.scoring.results.cell import Cell
from synth_builder.scoring.results.table import shown_spread
from synth_builder.studies.report.file_stem import file_stem
from synth_builder.studies.report.tables.numbers import ABSENT, interval, share
from synth_builder.studies.report.tables.table import Table
from synth_builder.studies.results.parts import CellScores, StudiedTask
from synth_builder.studies.results.study_results import StudyResults

BOLD = (
    "Bold is the best of a column, only where it is told apart from all others: in a paired comparison after Holm's "
    "correction, or, where the study did not compare the two, by 95 % intervals that do not overlap."
)


def main_cells(results: StudyResults, task: str, classifier: str) -> list[Cell]:
    """Ways of training with all synthetic rows, real rows or both: synthetic, then by number of real rows."""
    order = {"synthetic": 0, "real": 1, "augmented": 2}
    found = {
        each.cell
        for each in results.cells
        if (each.task, each.classifier, each.synthetic_rows) == (task, classifier, None)
    }
    return sorted(found, key=lambda cell: (cell.real_rows or 0, order[cell.regime]))


def variants_of(results: StudyResults, task: str) -> list[str]:
    """The task's variants, in the study's order."""
    return [variant.variant for variant in results.variants if variant.task == task]


def task_tables(results: StudyResults, task: StudiedTask, classifier: str) -> list[Table]:
    """
    What classifiers reach on a task: accuracy by variant and way of training; and the same with intervals and
    macro-F1. Empty where nothing was trained.

    Args:
        results (`StudyResults`):
            The study.
        task (`StudiedTask`):
            Which task.
        classifier (`str`):
            Title of the classifier.
    """
    cells, variants = main_cells(results, task.name, classifier), variants_of(results, task.name)
    if not cells:
        return []
    number = f"{results.task_names.index(task.name) + 1:02}"
    stem = file_stem(number, task.name, classifier)
    found = {
        (variant, cell): results.scored(task.name, classifier, cell, variant) for variant in variants for cell in cells
    }
    rows = tuple((variant, *(_spread(found[variant, cell]) for cell in cells)) for variant in variants)
    best = set()
    for at, cell in enumerate(cells, start=1):
        scored = [each for variant in variants if (each := found[variant, cell]) is not None]
        winner = None if cell.regime == "real" else told_apart(results, scored)
        if winner is not None:
            best.add((variants.index(winner), at))
    seeds = f"mean ± standard deviation over {results.seeds} seeds" if results.seeds > 1 else "one seed"
    by_chance = (
        f"Always answering {task.majority}: {task.majority_accuracy:.3f}; guessing by share: "
        f"{task.random_accuracy:.3f}."
    )
    return [
        Table(
            name=f"accuracy_{stem}",
            title=f"Accuracy on {task.name}, {classifier}",
            caption=f"By what was trained on ({seeds}), on {task.test_rows:,} real test rows. {by_chance}",
            header=("variant", *(cell.title for cell in cells)),
            rows=rows,
            best=frozenset(best),
            notes=("Real rows alone are the same for all variants.", *([BOLD] if best else [])),
        ),
        _intervals(results, task, classifier, cells, stem),
    ]


def told_apart(results: StudyResults, scored: Sequence[CellScores]) -> str | None:
    """
    The variant that is best of one way of training; `None` where it is not told apart from all others.

    Two variants that the study compared, each alone, are told apart by the verdict of that comparison. All others are
    where their 95 % intervals do not overlap, which asks for more.
    """
    if len(scored) < 2:
        return None
    best = max(scored, key=lambda each: each.accuracy.mean)
    others = [each for each in scored if each is not best]
    return best.variant if all(_better(results, best, other) for other in others) else None


def _better(results: StudyResults, one: CellScores, other: CellScores) -> bool:
    if one.cell == Cell("synthetic"):
        for each in results.differences:
            if (each.asked, each.task, each.classifier) != ("variant", one.task, one.classifier):
                continue
            if (each.candidate, each.baseline) == (one.variant, other.variant):
                return each.verdict == "better"
            if (each.baseline, each.candidate) == (one.variant, other.variant):
                return each.verdict == "worse"
    low, high = one.accuracy.low, other.accuracy.high
    return low is not None and high is not None and low > high


def _intervals(results: StudyResults, task: StudiedTask, classifier: str, cells: Sequence[Cell], stem: str) -> Table:
    rows = []
    for cell in cells:
        for variant in [None] if cell.regime == "real" else variants_of(results, task.name):
            found = results.scored(task.name, classifier, cell, variant)
            if found is not None:
                rows.append(
                    (
                        cell.title,
                        variant or ABSENT,
                        f"{found.train_rows:,}",
                        share(found.accuracy.mean),
                        interval(found.accuracy),
                        share(found.macro_f1.mean),
                        interval(found.macro_f1),
                        share(found.mcc.mean),
                        share(found.calibration_error.mean),
                    )
                )
    return Table(
        name=f"intervals_{stem}",
        title=f"Intervals and further measures on {task.name}, {classifier}",
        caption="95 % intervals by a bootstrap over test rows and seeds; MCC is Matthews' correlation, from -1 to 1.",
        header=(
            *("trained on", "variant", "rows", "accuracy", "95 % interval"),
            *("macro-F1", "95 % interval", "MCC", "calibration error"),
        ),
        rows=tuple(rows),
        words=2,
    )


def _spread(found: CellScores | None) -> str:
    return ABSENT if found is None else shown_spread(found.accuracy)
