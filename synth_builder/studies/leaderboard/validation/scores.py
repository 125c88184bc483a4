"""Scores that trainings can reach on the test rows that a task has."""

import math
import statistics
from collections.abc import Iterator

from synth_builder.studies.leaderboard.validation.bounds import EXACT
from synth_builder.studies.results.parts import CellScores, StudiedTask

_OF_A_COUNT = 1e-6
"""An accuracy times the test rows may miss the whole number of right ones by so much."""

_OF_ROWS = 1.0
_OF_SEEDS = 0.5
_OF_MACRO_F1 = 0.25
"""Parts of standard errors that an interval is wide at least, see `_least_widths`; honest ones have about four."""


def of_test_rows(cell: CellScores, task: StudiedTask | None) -> Iterator[str]:
    """
    What contradicts the test rows of a cell's task: accuracies that no number of right rows gives, a macro-F1 beyond
    what the accuracy leaves room for, and intervals that are far too narrow.

    Args:
        cell (`CellScores`):
            Any scores whose numbers are finite.
        task (`StudiedTask`, *optional*):
            Its task, where the file has it.
    """
    accuracies = cell.accuracies
    if task is None or task.test_rows < 1 or not accuracies or not all(0 <= each <= 1 for each in accuracies):
        return  # told elsewhere
    for number, accuracy in enumerate(accuracies):
        right = accuracy * task.test_rows
        if abs(right - round(right)) > _OF_A_COUNT:
            yield f"accuracies[{number}] is {accuracy}; of {task.test_rows} test rows that would be {right:.6g}"
    mean = statistics.fmean(accuracies)
    most = _most_macro_f1(mean, task)
    if cell.macro_f1.mean > most + EXACT:
        yield (
            f"macro_f1.mean is {cell.macro_f1.mean}; with an accuracy of {mean} and {len(task.labels)} labels, "
            f"it is {most} at most"
        )
    least = _least_widths(cell, task)
    for (name, spread), width in zip((("accuracy", cell.accuracy), ("macro_f1", cell.macro_f1)), least, strict=True):
        if spread.low is None or spread.high is None or spread.low > spread.high:
            continue
        if spread.high - spread.low < width - EXACT:
            yield (
                f"{name} has the interval [{spread.low}, {spread.high}]; {task.test_rows} test rows and "
                f"{len(accuracies)} trainings give one that is {width:.2g} wide or more"
            )


def _most_macro_f1(accuracy: float, task: StudiedTask) -> float:
    """
    The most that macro-F1 can be beside an accuracy `a` of `n` test rows, as a mean over seeds, too.

    Label `i` has `n_i` rows and is predicted `p_i` times; `F1_i = 1 - e_i / (n_i + p_i)`, where `e_i` counts its rows
    that are missed and those that are wrongly given it. Of two labels, each error is one of either, `e_1 = e_2 = E =
    (1 - a) n`, and `n_1 + p_1 + n_2 + p_2 = 2n`, so `macro-F1 = 1 - E/2 (1/(n_1 + p_1) + 1/(n_2 + p_2)) <= 1 - E/n =
    a`, as the harmonic mean is no more than the arithmetic one.

    Of more labels, or where one of the two has no test row, what is wrongly predicted may cost nothing that counts.
    With `m_i` missed rows `F1_i <= 1 - m_i / (2 n_i - m_i) <= 1 - m_i / (2 N - m_i)`, `N` rows of the commonest label;
    `m / (2N - m)` is convex, and the `E` missed rows are of at most `L` labels, so `macro-F1 <= 1 - (E/L) /
    (2N - E/L)`. That is concave in `a`, so it holds for means over seeds.
    """
    labels, commonest = len(task.labels), task.majority_accuracy
    if labels < 1 or not 1 / labels - EXACT <= commonest <= 1 + EXACT:
        return 1.0  # told elsewhere
    if labels == 2 and commonest < 1 - EXACT:
        return accuracy
    missed = (1 - accuracy) / labels
    return 1 - missed / (2 * commonest - missed)


def _least_widths(cell: CellScores, task: StudiedTask) -> tuple[float, float]:
    """
    How wide the intervals of accuracy and macro-F1 are at least.

    With `S` seeds and `n` test rows the bootstrap of `scoring.statistics.intervals` has a variance of at least
    `mean(a_s (1 - a_s)) / (S n)`, however the seeds' answers go together: the covariances of all seeds add up to 0 or
    more, and drawing seeds anew counts each seed's own variance more than them. Seeds that differ add `std**2 / S`. A
    percentile interval of 95 % is some four times the root of the variance; a quarter of that is asked for, and half
    as much of the seeds' part, as those are few. So skew and steps of few rows do not matter.

    For macro-F1 of two labels, to first order a wrong or right row moves it by at least a quarter of what it moves the
    accuracy (`dF1_i / dright = 2 (1 - F1_i) / (n_i + p_i)`, with `n_i + p_i <= 2n`). Of more labels there is no such
    bound: where each label is either always or never right, no draw of the rows changes anything. So only the seeds'
    part is asked for.
    """
    seeds = len(cell.accuracies)
    of_rows = math.sqrt(statistics.fmean(each * (1 - each) for each in cell.accuracies) / (seeds * task.test_rows))
    both = len(task.labels) == 2 and task.majority_accuracy < 1 - EXACT
    accuracy, macro_f1 = (
        _OF_SEEDS * (spread.std or 0) / math.sqrt(seeds) for spread in (cell.accuracy, cell.macro_f1)
    )
    return max(accuracy, _OF_ROWS * of_rows), max(macro_f1, _OF_MACRO_F1 * of_rows if both else 0)
