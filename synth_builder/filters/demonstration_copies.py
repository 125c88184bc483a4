from pydantic import Field

from synth_builder.filters.base import Candidate, Filter, FilterOptions, Objection
from synth_builder.recipes.text_identity import normalised, word_similarity


class DemonstrationCopiesOptions(FilterOptions):
    """
    Options of `demonstration_copies`.

    Args:
        threshold (`float`, defaults to 0.8):
            Share of common words (Jaccard) with a shown row from which a row counts as its copy.
    """

    threshold: float = Field(default=0.8, gt=0, le=1)


class DemonstrationCopies(Filter[DemonstrationCopiesOptions]):
    """Rejects rows that repeat, or hardly change, a real row that their own prompt showed."""

    name = "demonstration_copies"
    Options = DemonstrationCopiesOptions

    def check(self, candidate: Candidate) -> Objection | None:
        """Reason: `demonstration_copy`."""
        text = normalised(candidate.columns.values())
        for shown in candidate.demonstrations:
            real = normalised(shown.columns.values())
            if text == real or word_similarity(text, real) >= self.options.threshold:
                return Objection("demonstration_copy", f"repeats the shown row {shown.id}")
        return None
