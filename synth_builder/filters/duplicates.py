from collections import defaultdict
from collections.abc import Sequence

from pydantic import Field

from synth_builder.filters.base import Candidate, Filter, FilterOptions, Objection
from synth_builder.filters.near_duplicates import NearDuplicateIndex
from synth_builder.recipes.real_data import RealRow
from synth_builder.recipes.task import Task
from synth_builder.recipes.text_identity import normalised


class DuplicatesOptions(FilterOptions):
    """
    Options of `duplicates`.

    Args:
        threshold (`float`, defaults to 0.78):
            Share of common words (Jaccard) from which two texts of one label are near duplicates; 1.0 looks for exact
            duplicates alone.
    """

    threshold: float = Field(default=0.78, gt=0, le=1)


class Duplicates(Filter[DuplicatesOptions]):
    """
    Rejects rows whose texts equal those of a kept row, whatever its label, and rows that share most of their words
    with a kept row of the same label. Texts with different labels may be near each other: such pairs teach a
    classifier.
    """

    name = "duplicates"
    Options = DuplicatesOptions
    remembers = True

    def __init__(self, options: DuplicatesOptions, task: Task, test_rows: Sequence[RealRow] = ()) -> None:
        super().__init__(options, task, test_rows)
        self._seen: set[str] = set()
        self._near: defaultdict[str, NearDuplicateIndex] = defaultdict(lambda: NearDuplicateIndex(options.threshold))

    def check(self, candidate: Candidate) -> Objection | None:
        """Reasons: `duplicate`, `near_duplicate`."""
        if normalised(candidate.columns.values()) in self._seen:
            return Objection("duplicate", "a kept row has the same text")
        if self.options.threshold < 1:
            found = self._near[candidate.label].find(compared_text(candidate))
            if found:
                return Objection("near_duplicate", shares(*found))
        return None

    def keep(self, candidate: Candidate) -> None:
        """Remember the row."""
        self._seen.add(normalised(candidate.columns.values()))
        if self.options.threshold < 1:
            self._near[candidate.label].add(compared_text(candidate))


def shares(number: int, similarity: float) -> str:
    """The detail of a near duplicate: how much it has in common with which kept row."""
    return f"shares {similarity:.0%} of the words with kept row {number} of its label"


def compared_text(candidate: Candidate) -> str:
    """The text of a row in which words are compared: all columns, one below the other."""
    return "\n".join(candidate.columns.values())
