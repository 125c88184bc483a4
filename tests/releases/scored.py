"""Scores with curves and confusion matrices, of numbers that are chosen by hand."""

from collections.abc import Sequence

from synth_builder.scoring.results.cell import Cell
from synth_builder.scoring.results.difference import Difference
from synth_builder.scoring.results.regime_scores import RegimeScores, Spread
from synth_builder.scoring.results.scores import Scores
from tests.scoring.results.test_scores import regime, scores

CONFUSION = ((3, 1), (2, 6))
"""In the labels negative, positive."""


def result(
    cell: Cell,
    accuracy: float,
    interval: tuple[float, float] | None = None,
    *,
    rows: int = 200,
    confusion: Sequence[tuple[int, ...]] | None = None,
    by_words: float | None = None,
) -> RegimeScores:
    """One way of training, of one run; the variant has so many rows."""
    made = regime(cell.regime, cell.real_rows, accuracy)
    (run,) = made.runs
    synthetic = 0 if cell.regime == "real" else cell.synthetic_rows or rows
    return made.model_copy(
        update={
            "synthetic_rows": cell.synthetic_rows,
            "train_rows": synthetic + (cell.real_rows or 0),
            "accuracy": Spread.of([accuracy], interval),
            "runs": (run.model_copy(update={"confusion": confusion and tuple(confusion)}),),
            "tfidf_accuracy": None if by_words is None else Spread.of([by_words]),
        }
    )


def scored(*results: RegimeScores, name: str = "few_shot") -> Scores:
    """Scores of a variant, of these ways of training."""
    return scores(name, "A note.").model_copy(update={"results": results})


def with_curves(name: str = "few_shot", alone: float = 0.7) -> Scores:
    """Two numbers of real rows, one of synthetic ones besides all 200, and a confusion matrix."""
    return scored(
        result(Cell("synthetic", None, 50), 0.6, (0.5, 0.7)),
        result(Cell("synthetic"), alone, (0.65, 0.75), confusion=CONFUSION),
        result(Cell("real", 100), 0.8, (0.75, 0.85)),
        result(Cell("real", 25), 0.5, (0.4, 0.6)),
        result(Cell("augmented", 25, 50), 0.65, (0.6, 0.7)),
        result(Cell("augmented", 25), 0.72, (0.7, 0.74)),
        result(Cell("augmented", 100), 0.82, (0.8, 0.84)),
        name=name,
    )


def difference(
    candidate: str, baseline: str, points: float, verdict: str = "within noise", compared: int = 3
) -> Difference:
    """A difference of so many points, its interval two points wide; of variants, where no real rows are named."""
    return Difference.model_validate(
        {
            "question": "gain" if baseline.startswith("real") else "variant",
            "baseline": baseline,
            "candidate": candidate,
            "difference": points / 100,
            "low": (points - 1) / 100,
            "high": (points + 1) / 100,
            "p_value": 0.04,
            "adjusted_p_value": 0.12,
            "compared": compared,
            "verdict": verdict,
            "basis": "by hand",
        }
    )
