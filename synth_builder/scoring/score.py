import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from synth_builder.errors import ScoringError
from synth_builder.progress import bar
from synth_builder.scoring.comparison import Comparison
from synth_builder.scoring.metrics import expected_accuracy_of_guessing, measure, most_common_label
from synth_builder.scoring.processes import first_process
from synth_builder.scoring.results.cell import Cell
from synth_builder.scoring.results.real_worth import RealWorth
from synth_builder.scoring.results.regime_scores import RegimeScores
from synth_builder.scoring.results.row_weights import RowWeights
from synth_builder.scoring.results.scores import MAX_KEPT_PREDICTIONS, Majority, RandomGuess, RowsUsed, Scores
from synth_builder.scoring.rows.leaks import leaked_positions, refuse_leaks
from synth_builder.scoring.rows.subsets import stratified_order
from synth_builder.scoring.rows.text_rows import TextRows
from synth_builder.scoring.statistics.real_worth import real_worth
from synth_builder.scoring.trainer import Trainer, open_trainer
from synth_builder.scoring.trials import Trials
from synth_builder.scoring.versions import versions_of

logger = logging.getLogger(__name__)


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
    test = comparison.test
    if not len(test):
        raise ScoringError(f"The test data {comparison.test_reference!r} have no rows; expected at least one.")
    for variant, rows in variants.items():
        if not len(rows):
            raise ScoringError(f"The variant {variant!r} has no training rows; build it first.")
        refuse_leaks(rows, test, f"the variant {variant!r}")
    notes = list(comparison.notes)
    real, left_out = _without_test_rows(comparison, notes)

    _refuse_sizes(variants, comparison.synthetic_rows)

    seeds = range(comparison.seeds)
    orders = {seed: stratified_order(real.labels, seed) if real else [] for seed in seeds}
    checker_rows = _checker_rows(comparison, real, orders, notes)
    trainer = open_trainer(comparison, checker_rows)
    if comparison.method in ("probe", "tfidf") and comparison.seeds > 1 and "synthetic" in comparison.regimes:
        notes.append("A logistic regression draws no random numbers: on the same rows, all seeds agree.")
    cells = {variant: comparison.cells(len(rows)) for variant, rows in variants.items()}

    with bar(
        _steps(trainer, cells, {variant: len(rows) for variant, rows in variants.items()}) * comparison.seeds,
        "score",
        unit="step",
        silent=not first_process(),
    ) as shown:
        trials = Trials(trainer, comparison, checker_rows, shown)
        shared: dict[Cell, RegimeScores] = {}
        for variant, rows in variants.items():
            own_orders = {seed: stratified_order(rows.labels, seed) for seed in seeds}
            results = []
            for cell in cells[variant]:
                if cell in shared:
                    results.append(shared[cell])
                    continue
                training = {seed: _training_rows(cell, rows, own_orders[seed], real, orders[seed]) for seed in seeds}
                result, weights = trials.run(cell, training, variant)
                if weights is not None and on_weights is not None:
                    on_weights(variant, weights)
                if cell.regime == "real":
                    shared[cell] = result
                results.append(result)
            yield _scores(variant, rows, results, real, left_out, comparison, dataset, notes, trainer)


def _without_test_rows(comparison: Comparison, notes: list[str]) -> tuple[TextRows | None, tuple[str, ...]]:
    """Many published sets have a few test rows in their training rows too: those are never trained on, and told."""
    if comparison.real is None:
        if any(regime != "synthetic" for regime in comparison.regimes):
            raise ScoringError(
                "The regimes 'real' and 'augmented' need real training rows, and there are none; give them with "
                "--real, or ask for --regimes synthetic."
            )
        return None, ()
    leaked = leaked_positions(comparison.real, comparison.test)
    kept = comparison.real.take(sorted(set(range(len(comparison.real))) - set(leaked)))
    left_out = tuple(comparison.real.ids[position] for position in leaked)
    if left_out:
        note = (
            f"{len(left_out)} of the {len(comparison.real)} real training rows of {comparison.real_reference!r} stand "
            f"in the test rows too and were left out: {', '.join(left_out[:5])}{', ...' if len(left_out) > 5 else ''}."
        )
        logger.warning("%s", note)
        notes.append(note)
    if not len(kept):
        raise ScoringError(
            f"All {len(left_out)} real training rows of {comparison.real_reference!r} stand in the test rows too; "
            "give other rows with --real, or ask for --regimes synthetic."
        )
    most = max(comparison.real_rows, default=0)
    if most > len(kept):
        raise ScoringError(
            f"{most} real training rows are asked for and {comparison.real_reference!r} has {len(kept)}"
            f"{f' besides the {len(left_out)} that stand in the test rows' if left_out else ''}; "
            f"ask for at most {len(kept)} with --real-rows, or give more real rows with --real."
        )
    return kept, left_out


def _refuse_sizes(variants: Mapping[str, TextRows], sizes: Sequence[int]) -> None:
    fewest = min(variants, key=lambda variant: len(variants[variant]), default=None)
    if fewest is not None and max(sizes, default=0) > len(variants[fewest]):
        raise ScoringError(
            f"{max(sizes)} synthetic rows are asked for and the variant {fewest!r} has {len(variants[fewest])}; ask "
            "for at most as many with --synthetic-rows, or choose other variants with --variant."
        )


def _checker_rows(
    comparison: Comparison, real: TextRows | None, orders: Mapping[int, list[int]], notes: list[str]
) -> dict[int, TextRows]:
    """Real rows of the quality checker, by seed: the first of the order that the other regimes draw from, too."""
    if not comparison.weighted:
        return {}
    if real is None:
        raise ScoringError(
            f"The loss {comparison.loss!r} needs some real rows to train its quality checker on, and there are none; "
            "give them with --real, or take --loss cross_entropy."
        )
    count = min(comparison.checker_rows, len(real))
    notes.append(
        f"Loss {comparison.loss}: the weights come from a checker that was trained on {count} real rows, in the "
        "regime synthetic too; real rows alone are trained on with cross entropy."
    )
    return {seed: real.take(order[:count]) for seed, order in orders.items()}


def _training_rows(
    cell: Cell, synthetic: TextRows, own_order: list[int], real: TextRows | None, order: list[int]
) -> TextRows:
    drawn = real.take(order[: cell.real_rows or 0]) if real is not None else TextRows((), (), ())
    if cell.regime == "real":
        return drawn
    # All rows stay in the order in which they stand.
    chosen = synthetic if cell.synthetic_rows is None else synthetic.take(own_order[: cell.synthetic_rows])
    return chosen if cell.regime == "synthetic" else drawn + chosen


def _steps(trainer: Trainer, cells: Mapping[str, list[Cell]], rows: Mapping[str, int]) -> int:
    """Steps of one seed."""
    shared = {cell for of_variant in cells.values() for cell in of_variant if cell.regime == "real"}
    own = [
        (rows[variant] if cell.synthetic_rows is None else cell.synthetic_rows) + (cell.real_rows or 0)
        for variant, of_variant in cells.items()
        for cell in of_variant
        if cell.regime != "real"
    ]
    alone = sum(trainer.steps(cell.real_rows or 0) for cell in shared)
    return alone + sum(map(trainer.steps, own)) + (trainer.checker_steps(own) if own else 0)


def _scores(
    variant: str,
    rows: TextRows,
    results: list[RegimeScores],
    real: TextRows | None,
    left_out: tuple[str, ...],
    comparison: Comparison,
    dataset: str,
    notes: Sequence[str],
    trainer: Trainer,
) -> Scores:
    names, test = comparison.label_names, comparison.test
    notes = list(notes)
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
        real=None if real is None else _used(str(comparison.real_reference), real, names, left_out),
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
