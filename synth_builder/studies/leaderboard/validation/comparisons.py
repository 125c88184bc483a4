"""Comparisons that follow from the scores that they compare, and from each other."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from synth_builder.scoring.results.cell import Cell
from synth_builder.scoring.statistics.significance import LEVEL
from synth_builder.studies.comparisons import RESAMPLES
from synth_builder.studies.leaderboard.validation.bounds import EXACT, outside
from synth_builder.studies.results.parts import CellScores, StudiedDifference
from synth_builder.studies.results.study_results import StudyResults

_Place = tuple[str, str, str | None, str]
"""Task, classifier, variant and the way of training in words."""

_LEAST_P_VALUE = 2 / (RESAMPLES + 1)
"""That of the bootstrap, which is one of the tests whose greatest p-value counts, is never less."""
_ROUNDING = 1e-9
"""Of p-values: this part of them."""


def of_comparisons(results: StudyResults) -> Iterator[str]:
    """
    What can't be true of a study's comparisons: they are of scores that are not there, or not the difference of these;
    their p-values are not those that Holm's correction gives; their verdict is another one than their numbers'.

    Args:
        results (`StudyResults`):
            Any results whose numbers are finite.
    """
    cells: dict[_Place, CellScores] = {}
    for cell in results.cells:
        cells.setdefault((cell.task, cell.classifier, cell.variant, cell.cell.title), cell)
    for number, difference in enumerate(results.differences):
        place = f"differences[{number}]"
        names = (difference.baseline, difference.candidate)
        baseline, candidate = (_scores_of(name, difference, cells) for name in names)
        for name, found in zip(names, (baseline, candidate), strict=True):
            if found is None:
                yield f"{place} {_not_there(name, difference)}"
        if baseline is not None and candidate is not None:
            yield from (f"{place}.{sentence}" for sentence in _unlike(difference, baseline, candidate))
        yield from (f"{place}.{sentence}" for sentence in _of_numbers(difference))
    yield from _of_families(results.differences)


def _scores_of(name: str, difference: StudiedDifference, cells: dict[_Place, CellScores]) -> CellScores | None:
    """Those of one side: in `variant` all rows of the variant of that name, else the way of training of that title."""
    where = (difference.task, difference.classifier)
    if difference.asked == "variant":
        return cells.get((*where, name, Cell("synthetic").title))
    return cells.get((*where, None, name)) or cells.get((*where, difference.variant, name))


def _not_there(name: str, difference: StudiedDifference) -> str:
    if difference.asked == "variant":
        return (
            f"compares the variant {name!r}, and there are no scores of its rows on {difference.task!r} by "
            f"{difference.classifier!r}"
        )
    return (
        f"compares {name!r}, and there are no such scores of {difference.variant!r} on {difference.task!r} by "
        f"{difference.classifier!r}"
    )


def _unlike(difference: StudiedDifference, baseline: CellScores, candidate: CellScores) -> Iterator[str]:
    """What the scores of both sides do not give."""
    found = candidate.accuracy.mean - baseline.accuracy.mean
    if abs(found - difference.difference) > 3 * EXACT:  # each mean may miss those of its seeds, see `plausibility.py`
        yield (
            f"difference is {difference.difference}; the accuracies of {difference.candidate!r} and "
            f"{difference.baseline!r} give {found}"
        )
    # McNemar's test is on the answers of most seeds, of two seeds on those of the first: there the direction is known,
    # and the other tests have said yes where the p-value is small. Of more seeds it may point the other way.
    if difference.verdict != "within noise" or difference.adjusted_p_value >= LEVEL:
        return
    if max(len(baseline.accuracies), len(candidate.accuracies)) > 2 or not (
        baseline.accuracies and candidate.accuracies
    ):
        return
    of_first = candidate.accuracies[0] - baseline.accuracies[0]
    if (difference.low > 0 and of_first > 0) or (difference.high < 0 and of_first < 0):
        side = "better" if of_first > 0 else "worse"
        yield (
            f"verdict is 'within noise'; the interval [{difference.low}, {difference.high}] and adjusted_p_value "
            f"{difference.adjusted_p_value} give {side!r}"
        )


def _of_numbers(difference: StudiedDifference) -> Iterator[str]:
    """What can't be true of a comparison's numbers, and a verdict that they do not give."""
    for name in ("p_value", "adjusted_p_value"):
        yield from outside(name, getattr(difference, name), 0, 1)
    if 0 <= difference.p_value < _LEAST_P_VALUE * (1 - _ROUNDING):
        yield (
            f"p_value is {difference.p_value}; {RESAMPLES:,} resamples of the bootstrap give {_LEAST_P_VALUE:.3g} "
            "or more"
        )
    if difference.adjusted_p_value < difference.p_value - EXACT:
        yield f"adjusted_p_value is {difference.adjusted_p_value}, less than its p_value {difference.p_value}"
    low, high = difference.low, difference.high
    if not -1 - EXACT <= low <= difference.difference + EXACT <= high + 2 * EXACT <= 1 + 3 * EXACT:
        yield (
            f"difference is {difference.difference} with the interval [{low}, {high}]; expected it to lie in there, "
            "from -1 to 1"
        )
    if difference.verdict == "within noise":
        return
    if not (low > 0 if difference.verdict == "better" else high < 0):
        side = "above" if difference.verdict == "better" else "below"
        yield f"verdict is {difference.verdict!r}, and the interval [{low}, {high}] does not lie {side} 0"
    if difference.adjusted_p_value >= LEVEL:
        yield (
            f"verdict is {difference.verdict!r}, and adjusted_p_value is {difference.adjusted_p_value}; expected less "
            f"than {LEVEL}"
        )


def _of_families(differences: Sequence[StudiedDifference]) -> Iterator[str]:
    """One sentence for each family in which Holm's correction gives other p-values."""
    families: dict[tuple[str, str], list[int]] = defaultdict(list)
    for number, difference in enumerate(differences):
        families[difference.asked, difference.classifier].append(number)
    for (asked, classifier), numbers in families.items():
        corrected = _holm([differences[number].p_value for number in numbers])
        wrong = [
            (number, right)
            for number, right in zip(numbers, corrected, strict=True)
            if abs(differences[number].adjusted_p_value - right) > _ROUNDING * abs(right)
        ]
        if wrong:
            number, right = wrong[0]
            more = f"; {len(wrong) - 1} more of them are others" if len(wrong) > 1 else ""
            yield (
                f"differences[{number}].adjusted_p_value is {differences[number].adjusted_p_value}; Holm's correction "
                f"over the {len(numbers)} comparisons {asked!r} by {classifier!r} gives {right}{more}"
            )


def _holm(p_values: Sequence[float]) -> list[float]:
    """The same as `scoring.statistics.holm`, which needs a package that a leaderboard has no other use for."""
    found, so_far = [0.0] * len(p_values), 0.0
    for rank, number in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        so_far = max(so_far, p_values[number] * (len(p_values) - rank))
        found[number] = min(1.0, so_far)
    return found
