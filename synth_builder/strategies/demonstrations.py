import random
from collections.abc import Iterable, Sequence

from synth_builder.errors import RealDataError
from synth_builder.recipes.real_data import RealRow
from synth_builder.recipes.task import Task
from synth_builder.recipes.text_identity import normalised


class Demonstrations:
    """
    The real rows that prompts may show: train rows only, and none whose text also stands in the test rows.

    Args:
        train (`Sequence[RealRow]`):
            Real train rows.
        task (`Task`):
            Its labels.
        test (`Iterable[RealRow]`, defaults to `()`):
            Real test rows; train rows with the same texts are left out.
    """

    def __init__(self, train: Sequence[RealRow], task: Task, test: Iterable[RealRow] = ()) -> None:
        tested = {normalised(row.columns.values()) for row in test}
        self.rows = [row for row in train if normalised(row.columns.values()) not in tested]
        self.left_out = len(train) - len(self.rows)
        self._labels = task.label_names
        self._of_label = {label: [row for row in self.rows if row.label == label] for label in self._labels}

    def need(self, k: int, same_label: bool, variant: str) -> None:
        """
        Make sure that every prompt can be filled.

        Raises:
            RealDataError: There are fewer rows (of some label) than a prompt shows.
        """
        if not same_label:
            if len(self.rows) < k:
                raise RealDataError(
                    f"Variant {variant!r} shows {k} demonstrations, real.train has {len(self.rows)} usable rows; "
                    "lower k or give more rows."
                )
            return
        for label, rows in self._of_label.items():
            if len(rows) < k:
                raise RealDataError(
                    f"Variant {variant!r} shows {k} demonstrations of one label, real.train has {len(rows)} usable "
                    "rows of "
                    f"{label!r}; lower k, give more rows, or set shots: any_label."
                )

    def of_label(self, rng: random.Random, k: int, label: str) -> list[RealRow]:
        """`k` distinct rows of one label."""
        return rng.sample(self._of_label[label], k)

    def of_any_label(self, rng: random.Random, k: int) -> list[RealRow]:
        """`k` distinct rows whose labels are as even as they can be, in random order."""
        filled = [label for label in self._labels if self._of_label[label]]
        rng.shuffle(filled)
        pools = {label: rng.sample(self._of_label[label], min(k, len(self._of_label[label]))) for label in filled}
        chosen: list[RealRow] = []
        while len(chosen) < k:
            for label in filled:
                if pools[label] and len(chosen) < k:
                    chosen.append(pools[label].pop())
        rng.shuffle(chosen)
        return chosen
