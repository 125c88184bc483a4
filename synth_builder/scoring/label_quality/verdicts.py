from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Verdicts:
    """
    What both checks say about each row of a variant, to look at the rows or to filter by it.

    Args:
        ids (`Sequence[str]`):
            The rows.
        labels (`Sequence[str]`):
            Their labels.
        agrees (`Sequence[bool | None]`):
            Whether the classifier that was trained on real rows says the row's label; `None` where no real row has
            that label.
        real_probability (`Sequence[float | None]`):
            How probable that classifier finds the row's label; `None` in the same cases.
        self_confidence (`Sequence[float | None]`):
            How probable classifiers that were trained on the other synthetic rows find the row's label; `None` where
            no other row has that label.
        issue (`Sequence[bool | None]`):
            Whether confident learning calls the label wrong; `None` in the same cases.
    """

    ids: Sequence[str]
    labels: Sequence[str]
    agrees: Sequence[bool | None]
    real_probability: Sequence[float | None]
    self_confidence: Sequence[float | None]
    issue: Sequence[bool | None]

    def flagged(self, position: int) -> bool:
        """Whether at least one check speaks against the label of a row."""
        return self.issue[position] is True or self.agrees[position] is False

    def likely_wrong(self, position: int) -> bool:
        """Whether an issue is not cleared by the real-trained classifier: it disagrees, or never saw the label."""
        return self.issue[position] is True and self.agrees[position] is not True

    def ranking(self) -> list[int]:
        """
        Positions of the flagged rows: those that are likely wrong first, and among equals those with the least
        self-confidence; rows that have none come last, in their order.
        """

        def rank(position: int) -> tuple[bool, float]:
            confidence = self.self_confidence[position]
            return not self.likely_wrong(position), 1.0 if confidence is None else confidence

        return sorted(filter(self.flagged, range(len(self.ids))), key=rank)

    def write(self, path: Path) -> None:
        """
        Write a parquet file with the columns `id`, `label`, `agrees`, `real_probability`, `self_confidence` and
        `issue`; what could not be judged is empty.
        """
        import pyarrow
        import pyarrow.parquet

        columns = {
            "id": (self.ids, pyarrow.string()),
            "label": (self.labels, pyarrow.string()),
            "agrees": (self.agrees, pyarrow.bool_()),
            "real_probability": (self.real_probability, pyarrow.float32()),
            "self_confidence": (self.self_confidence, pyarrow.float32()),
            "issue": (self.issue, pyarrow.bool_()),
        }
        table = pyarrow.table({name: pyarrow.array(values, kind) for name, (values, kind) in columns.items()})
        path.parent.mkdir(parents=True, exist_ok=True)
        pyarrow.parquet.write_table(table, path)
