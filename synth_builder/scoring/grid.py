import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from synth_builder.errors import ScoringError
from synth_builder.progress import Bar, bar
from synth_builder.recipes.fingerprint import digest
from synth_builder.scoring.comparison import Comparison
from synth_builder.scoring.results.cell import Cell
from synth_builder.scoring.rows.leaks import leaked_positions, refuse_leaks
from synth_builder.scoring.rows.subsets import stratified_order
from synth_builder.scoring.rows.text_rows import TextRows
from synth_builder.scoring.trainer import open_trainer
from synth_builder.scoring.trials import Trials

DEFAULT_CHECKER_ROWS = 200

logger = logging.getLogger(__name__)


class Training(NamedTuple):
    """
    One training of a grid.

    Args:
        variant (`str`):
            Whose rows it takes; where it takes none, the first variant stands for all.
        cell (`Cell`):
            The way of training.
        seed (`int`):
            Fixes the real rows drawn, the new layer, the order of the rows and the dropout.
    """

    variant: str
    cell: Cell
    seed: int


class Grid:
    """
    Every training of a comparison, with its rows.

    For a seed, the real rows drawn are the same in all regimes and variants; a smaller draw is part of a larger one.
    Trainings that use no synthetic row are shared by the variants.

    Args:
        variants (`Mapping[str, TextRows]`):
            Variant -> its training rows.
        comparison (`Comparison`):
            What is the same for all.

    Raises:
        LeakedTestRowsError: A test row stands in a variant.
        ScoringError: There are no test rows, no training rows, or fewer rows than asked for.
    """

    def __init__(self, variants: Mapping[str, TextRows], comparison: Comparison) -> None:
        self.variants = variants
        self.comparison = comparison
        test = comparison.test
        if not len(test):
            raise ScoringError(f"The test data {comparison.test_reference!r} have no rows; expected at least one.")
        for variant, rows in variants.items():
            if not len(rows):
                raise ScoringError(f"The variant {variant!r} has no training rows; build it first.")
            refuse_leaks(rows, test, f"the variant {variant!r}")
        self.notes = list(comparison.notes)
        """What is to stand in every result."""
        self.real, self.left_out = _without_test_rows(comparison, self.notes)
        _refuse_sizes(variants, comparison)
        self.seeds = range(comparison.seeds)
        self._orders = {seed: stratified_order(self.real.labels, seed) if self.real else [] for seed in self.seeds}
        self._own_orders = {
            (variant, seed): stratified_order(rows.labels, seed)
            for variant, rows in variants.items()
            for seed in self.seeds
        }
        self._checker_rows = _checker_rows(comparison, self.real, self._orders, self.notes)
        self.trainer = open_trainer(comparison, self._checker_rows)
        if comparison.method in ("probe", "tfidf") and comparison.seeds > 1 and "synthetic" in comparison.regimes:
            self.notes.append("A logistic regression draws no random numbers: on the same rows, all seeds agree.")

    def cells(self, variant: str) -> list[Cell]:
        """The ways of training of a variant, in the order of the table."""
        return self.comparison.cells(len(self.variants[variant]))

    def rows(self, training: Training) -> TextRows:
        """The rows of a training."""
        cell, seed = training.cell, training.seed
        real = TextRows((), (), ()) if self.real is None else self.real.take(self._orders[seed][: cell.real_rows or 0])
        if cell.regime == "real":
            return real
        synthetic = self.variants[training.variant]
        if cell.synthetic_rows is not None:
            synthetic = synthetic.take(self._own_orders[training.variant, seed][: cell.synthetic_rows])
        # All rows stay in the order in which they stand.
        return synthetic if cell.regime == "synthetic" else real + synthetic

    def trainings(self) -> Iterator[Training]:
        """All trainings, those that the variants share once."""
        shared: set[Cell] = set()
        for variant in self.variants:
            for cell in self.cells(variant):
                if cell.regime != "real" or cell not in shared:
                    yield from (Training(variant, cell, seed) for seed in self.seeds)
                if cell.regime == "real":
                    shared.add(cell)

    def steps(self) -> int:
        """Steps of all trainings, as planned."""
        steps, trained_on = 0, []
        for training in self.trainings():
            if training.seed != 0:  # which has as many rows of each label
                continue
            labels = self.rows(training).labels
            steps += self.trainer.steps(labels)
            if training.cell.regime != "real":
                trained_on.append(labels)
        return (steps + (self.trainer.checker_steps(trained_on) if trained_on else 0)) * len(self.seeds)

    def key(self) -> str:
        """A hash of everything that the results of all trainings depend on."""
        with bar(None, "key", silent=True) as shown:
            trials = self.trials(shown)
        keys = [trials.key(training.cell, self.rows(training), training.seed) for training in self.trainings()]
        return digest([keys, self.notes], 32)

    def trials(self, shown: Bar) -> Trials:
        """
        What does the trainings.

        Args:
            shown (`Bar`):
                Told of each step.
        """
        return Trials(self.trainer, self.comparison, self._checker_rows, shown)


def _without_test_rows(comparison: Comparison, notes: list[str]) -> tuple[TextRows | None, tuple[str, ...]]:
    """Many published sets have a few test rows in their training rows too: those are never trained on, and told."""
    if comparison.real is None:
        if comparison.needs_real:
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
    most = max((*comparison.real_rows, *(cell.real_rows or 0 for cell in comparison.also)), default=0)
    if most > len(kept):
        raise ScoringError(
            f"{most} real training rows are asked for and {comparison.real_reference!r} has {len(kept)}"
            f"{f' besides the {len(left_out)} that stand in the test rows' if left_out else ''}; "
            f"ask for at most {len(kept)} with --real-rows, or give more real rows with --real."
        )
    return kept, left_out


def _refuse_sizes(variants: Mapping[str, TextRows], comparison: Comparison) -> None:
    sizes = (*comparison.synthetic_rows, *(cell.synthetic_rows or 0 for cell in comparison.also))
    fewest = min(variants, key=lambda variant: len(variants[variant]), default=None)
    if fewest is not None and max(sizes, default=0) > len(variants[fewest]):
        raise ScoringError(
            f"{max(sizes)} synthetic rows are asked for and the variant {fewest!r} has {len(variants[fewest])}; ask "
            "for at most as many with --synthetic-rows, or choose other variants with --variant."
        )


def _checker_rows(
    comparison: Comparison, real: TextRows | None, orders: Mapping[int, Sequence[int]], notes: list[str]
) -> dict[int, TextRows]:
    """Real rows of the quality checker, by seed: the first of the order that the other regimes draw from, too."""
    if not comparison.weighted:
        return {}
    if real is None:
        raise ScoringError(
            f"The loss {comparison.loss!r} needs some real rows to train its quality checker on, and there are none; "
            "give them with --real, or take --loss cross_entropy."
        )
    asked = comparison.checker_rows
    if asked is not None and asked > len(real):
        raise ScoringError(
            f"{asked} real rows are asked for to train the quality checker on and {comparison.real_reference!r} has "
            f"{len(real)} that are no test rows; ask for at most {len(real)} with --checker-rows, or give more real "
            "rows with --real."
        )
    count = min(DEFAULT_CHECKER_ROWS, len(real)) if asked is None else asked
    notes.append(
        f"Loss {comparison.loss}: the weights come from a checker that was trained on {count} real rows, in the "
        "regime synthetic too; real rows alone are trained on with cross entropy."
    )
    return {seed: real.take(list(order[:count])) for seed, order in orders.items()}
