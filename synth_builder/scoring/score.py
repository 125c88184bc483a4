from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from synth_builder.progress import bar
from synth_builder.scoring.comparison import Comparison
from synth_builder.scoring.grid import Grid, Training
from synth_builder.scoring.metrics import expected_accuracy_of_guessing, measure, most_common_label
from synth_builder.scoring.processes import first_process
from synth_builder.scoring.results.cell import Cell
from synth_builder.scoring.results.real_worth import RealWorth
from synth_builder.scoring.results.regime_scores import RegimeScores
from synth_builder.scoring.results.row_weights import RowWeights
from synth_builder.scoring.results.scores import MAX_KEPT_PREDICTIONS, Majority, RandomGuess, RowsUsed, Scores
from synth_builder.scoring.rows.text_rows import TextRows
from synth_builder.scoring.statistics.real_worth import real_worth
from synth_builder.scoring.versions import versions_of


def score_variants(
    variants: Mapping[str, TextRows],
    comparison: Comparison,
    dataset: str,
    on_weights: Callable[[str, RowWeights], None] | None = None,
) -> Iterator[Scores]:
    """
    Train classifiers on each variant, on real rows, and on both, and test them all on the same real rows.

    For a seed, the real rows drawn are the same in all regimes and variants; a smaller draw is part of a larger one.
    Trainings that use no synthetic row are done once and shared by the variants.

    Args:
        variants (`Mapping[str, TextRows]`):
            Variant -> its training rows.
        comparison (`Comparison`):
            What is the same for all.
        dataset (`str`):
            The dataset's name, for the results.
        on_weights (`Callable[[str, RowWeights], None]`, *optional*):
            Called with a variant and what the checkers of `imp` and `dimp` found about its rows, after the regime
            `synthetic`.

    Returns:
        `Iterator[Scores]`: One per variant, in order, each given as soon as it is complete.

    Raises:
        LeakedTestRowsError: A test row stands in a variant; raised before anything is trained.
        ScoringError: There are no test rows, no training rows, or fewer real rows than asked for.
    """
    return score_grid(Grid(variants, comparison), dataset, on_weights)


def score_grid(
    grid: Grid, dataset: str, on_weights: Callable[[str, RowWeights], None] | None = None
) -> Iterator[Scores]:
    """
    The same for a grid that was made already; see `score_variants`.

    Args:
        grid (`Grid`):
            All trainings.
        dataset (`str`):
            The dataset's name, for the results.
        on_weights (`Callable[[str, RowWeights], None]`, *optional*):
            Called with what the checkers of `imp` and `dimp` found.
    """
    with bar(grid.steps(), "score", unit="step", silent=not first_process()) as shown:
        trials = grid.trials(shown)
        shared: dict[Cell, RegimeScores] = {}
        for variant, rows in grid.variants.items():
            results = []
            for cell in grid.cells(variant):
                if cell in shared:
                    results.append(shared[cell])
                    continue
                training = {seed: grid.rows(Training(variant, cell, seed)) for seed in grid.seeds}
                result, weights = trials.run(cell, training, variant)
                if weights is not None and on_weights is not None:
                    on_weights(variant, weights)
                if cell.regime == "real":
                    shared[cell] = result
                results.append(result)
            yield _scores(variant, rows, results, grid, dataset)
        # Trainings that were looked up need no checkers.
        shown.complete()


def _scores(
    variant: str,
    rows: TextRows,
    results: list[RegimeScores],
    grid: Grid,
    dataset: str,
) -> Scores:
    comparison, trainer, real = grid.comparison, grid.trainer, grid.real
    names, test = comparison.label_names, comparison.test
    notes = list(grid.notes)
    for result in results:
        absent = [name for name, count in result.train_label_counts.items() if count == 0]
        if absent:
            notes.append(f"{result.title}: no training row has the label {', '.join(map(repr, absent))}.")
        for run in result.runs:
            notes.extend(f"{result.title}, seed {run.seed}: {note}" for note in run.notes)
    constant = most_common_label(test.labels)
    baseline = measure(test.labels, [constant] * len(test), len(names))
    return Scores(
        dataset=dataset,
        variant=variant,
        label_names=tuple(names),
        classifier=trainer.classifier,
        loss=comparison.loss,
        hyperparameters=trainer.hyperparameters,
        seeds=tuple(range(comparison.seeds)),
        synthetic=_used(f"{dataset}:{variant}", rows, names),
        real=None if real is None else _used(str(comparison.real_reference), real, names, grid.left_out),
        test=_used(comparison.test_reference, test, names),
        test_labels=test.labels if len(test) <= MAX_KEPT_PREDICTIONS else None,
        majority=Majority(label=names[constant], accuracy=baseline.accuracy, macro_f1=baseline.macro_f1),
        random_guess=RandomGuess(accuracy=expected_accuracy_of_guessing(test.labels)),
        results=tuple(results),
        notes=tuple(notes),
        machine=trainer.machine,
        versions=versions_of(trainer.libraries),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        seconds=round(sum(run.seconds for result in results for run in result.runs), 3),
        method=comparison.method,
        worth=_worth(results, test.labels),
    )


def _worth(results: Sequence[RegimeScores], labels: Sequence[int]) -> RealWorth | None:
    """What the variant is worth in real rows, where both were trained on and the predictions are kept."""
    by_cell = {result.cell: result.predictions for result in results}
    variant = by_cell.get(Cell("synthetic"))
    real = {
        cell.real_rows: kept for cell, kept in by_cell.items() if cell.regime == "real" and cell.real_rows and kept
    }
    return real_worth(labels, variant, real) if variant and real else None


def _used(reference: str, rows: TextRows, names: Sequence[str], left_out: tuple[str, ...] = ()) -> RowsUsed:
    return RowsUsed(
        reference=reference,
        rows=len(rows),
        label_counts=rows.label_counts(names),
        fingerprint=rows.fingerprint(),
        left_out=left_out,
    )
