from collections.abc import Sequence

from pydantic import Field

from synth_builder.filters.base import Candidate, Filter, FilterOptions, Objection
from synth_builder.filters.near_duplicates import NearDuplicateIndex
from synth_builder.recipes.real_data import RealRow
from synth_builder.recipes.task import Task
from synth_builder.recipes.text_identity import normalised


class ContaminationOptions(FilterOptions):
    """
    Options of `contamination`.

    Args:
        threshold (`float`, defaults to 0.8):
            Share of common words (Jaccard) with a real test row from which a row is left out.
    """

    threshold: float = Field(default=0.8, gt=0, le=1)


class Contamination(Filter[ContaminationOptions]):
    """
    Rejects rows that are, or are nearly, rows of the real test data: a classifier trained on them would be tested on
    what it has seen. Without real test rows it lets everything pass.
    """

    name = "contamination"
    Options = ContaminationOptions
    needs_test_rows = True

    def __init__(self, options: ContaminationOptions, task: Task, test_rows: Sequence[RealRow] = ()) -> None:
        super().__init__(options, task, test_rows)
        self._ids = [row.id for row in test_rows]
        self._exact = {normalised(row.columns.values()): row.id for row in test_rows}
        self._near = NearDuplicateIndex(options.threshold)
        for row in test_rows:
            self._near.add("\n".join(row.columns.values()))

    def check(self, candidate: Candidate) -> Objection | None:
        """Reason: `contamination`."""
        test_id = self._exact.get(normalised(candidate.columns.values()))
        if test_id is not None:
            return Objection("contamination", f"equals the real test row {test_id}")
        found = self._near.find("\n".join(candidate.columns.values()))
        if found:
            return Objection(
                "contamination", f"shares {found[1]:.0%} of the words with the real test row {self._ids[found[0]]}"
            )
        return None
