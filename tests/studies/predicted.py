"""Scores of hand-made predictions."""

from collections.abc import Mapping, Sequence

from synth_builder.scoring.results.cell import Cell
from synth_builder.scoring.results.regime_scores import RegimeScores, Run, Spread
from synth_builder.scoring.results.scores import RowsUsed, Scores
from synth_builder.scoring.rows.text_rows import TextRows
from tests.scoring.results.test_scores import scores

Runs = Sequence[Sequence[int]]


def predicted(variant: str, test: TextRows, cells: Mapping[Cell, Runs | None]) -> Scores:
    """Scores in which each way of training has these predictions, a sequence of labels for each seed; or kept none."""
    rows = RowsUsed(reference="test.csv", rows=len(test), label_counts={}, fingerprint=test.fingerprint())
    results = tuple(_result(cell, runs, test.labels) for cell, runs in cells.items())
    return scores(variant, "").model_copy(
        update={"test": rows, "test_labels": test.labels, "results": results, "notes": ()}
    )


def _result(cell: Cell, runs: Runs | None, labels: Sequence[int]) -> RegimeScores:
    made = []
    for seed, answers in enumerate(runs or [labels]):
        share = sum(map(int.__eq__, labels, answers)) / len(labels)
        made.append(
            Run(
                seed=seed,
                accuracy=share,
                macro_f1=share,
                per_label_f1={},
                train_fingerprint="",
                steps=1,
                seconds=0.0,
                predictions=None if runs is None else tuple(answers),
            )
        )
    spread = Spread.of([run.accuracy for run in made])
    return RegimeScores(
        regime=cell.regime,
        real_rows=cell.real_rows,
        synthetic_rows=cell.synthetic_rows,
        train_rows=10,
        train_label_counts={},
        accuracy=spread,
        macro_f1=spread,
        runs=tuple(made),
    )
