from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from synth_builder.scoring.results.cell import Cell
from synth_builder.scoring.results.difference import Difference, Question
from synth_builder.scoring.results.scores import Scores
from synth_builder.scoring.statistics.holm import holm
from synth_builder.scoring.statistics.significance import LEVEL, PairedComparison, compare_predictions


@dataclass(frozen=True)
class _Asked:
    variant: str
    question: Question
    baseline: str
    candidate: str
    found: PairedComparison
    baseline_rows: str | None = None


def with_differences(scores: Mapping[str, Scores]) -> dict[str, Scores]:
    """
    Compare what was scored together: augmented rows with the same real rows alone, at each size, and the variants with
    each other, trained on their own rows.

    All of these are one family: Holm's correction is over all of them, so that a grid of many variants and sizes does
    not find differences by asking often.

    Args:
        scores (`Mapping[str, Scores]`):
            Variant -> its scores, of one call: the same test rows, real rows, classifier and seeds. Those whose
            predictions were not kept are not compared.

    Returns:
        `dict[str, Scores]`: The same, each with its differences; that of two variants stands with the later one.
    """
    asked = [question for name, found in scores.items() for question in _gains(name, found)]
    asked += _between(scores)
    adjusted = holm([question.found.p_value for question in asked])
    by_variant: dict[str, list[Difference]] = {name: [] for name in scores}
    for question, p_value in zip(asked, adjusted, strict=True):
        by_variant[question.variant].append(_difference(question, p_value, len(asked)))
    return {name: found.model_copy(update={"differences": tuple(by_variant[name])}) for name, found in scores.items()}


def _gains(name: str, found: Scores) -> list[_Asked]:
    by_cell = {result.cell: result for result in found.results}
    asked = []
    for result in found.results:
        real = by_cell.get(Cell("real", result.real_rows))
        if result.regime != "augmented" or real is None:
            continue
        compared = _compared(found.test_labels, real.predictions, result.predictions)
        if compared is not None:
            asked.append(_Asked(name, "gain", real.title, result.title, compared))
    return asked


def _between(scores: Mapping[str, Scores]) -> list[_Asked]:
    asked = []
    alone = {
        name: next((r for r in found.results if r.cell == Cell("synthetic")), None) for name, found in scores.items()
    }
    for (earlier, one), (later, other) in combinations(alone.items(), 2):
        if one is None or other is None:
            continue
        compared = _compared(scores[later].test_labels, one.predictions, other.predictions)
        if compared is not None:
            asked.append(_Asked(later, "variant", earlier, later, compared, scores[earlier].synthetic.fingerprint))
    return asked


def _compared(
    labels: Sequence[int] | None,
    baseline: Sequence[Sequence[int]] | None,
    candidate: Sequence[Sequence[int]] | None,
) -> PairedComparison | None:
    if labels is None or baseline is None or candidate is None:
        return None
    return compare_predictions(labels, baseline, candidate)


def _difference(asked: _Asked, adjusted: float, compared: int) -> Difference:
    found = asked.found
    verdict, basis = found.verdict, found.basis
    if verdict != "within noise" and adjusted >= LEVEL:
        basis = (
            f"{basis}; taken alone it would be {verdict}, but it is one of {compared} comparisons (p = {adjusted:.3f} "
            "after Holm's correction), so it counts as within noise"
        )
        verdict = "within noise"
    return Difference(
        question=asked.question,
        baseline=asked.baseline,
        candidate=asked.candidate,
        difference=found.interval.difference,
        low=found.interval.low,
        high=found.interval.high,
        p_value=found.p_value,
        adjusted_p_value=adjusted,
        compared=compared,
        verdict=verdict,
        basis=basis,
        baseline_rows=asked.baseline_rows,
    )
