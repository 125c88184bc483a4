from collections.abc import Sequence
from typing import TYPE_CHECKING

from pydantic import Field

from synth_builder.extras import require
from synth_builder.filters.base import Candidate, Filter, FilterOptions, Objection
from synth_builder.recipes.real_data import RealRow
from synth_builder.recipes.task import Task

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from synth_builder.filters.embedding_index import EmbeddingIndex

EXTRA = "semantic"


class SemanticDuplicatesOptions(FilterOptions):
    """
    Options of `semantic_duplicates`.

    Args:
        threshold (`float`, defaults to 0.85):
            Cosine of the texts' embeddings from which a row is a duplicate of a kept one.
        across_labels (`bool`, defaults to `False`):
            Whether rows of other labels are compared with, too.
        encoder (`str`, defaults to `"minilm"`):
            Sentence encoder: `minilm` (all-MiniLM-L6-v2), the directory of another, or a Hub id.
    """

    threshold: float = Field(default=0.85, gt=0, le=1)
    across_labels: bool = False
    encoder: str = Field(default="minilm", min_length=1)


class SemanticDuplicates(Filter[SemanticDuplicatesOptions]):
    """
    Rejects rows that say the same as a kept row of their label in other words, as a sentence encoder sees it. Each row
    is compared with every kept one, so nothing is missed, and nothing is rejected for less than the threshold.
    """

    name = "semantic_duplicates"
    Options = SemanticDuplicatesOptions
    remembers = True

    def __init__(self, options: SemanticDuplicatesOptions, task: Task, test_rows: Sequence[RealRow] = ()) -> None:
        super().__init__(options, task, test_rows)
        self.require(options)
        from synth_builder.filters.sentence_encoder import SentenceEncoder

        self._encoder = SentenceEncoder(options.encoder)
        self._kept: dict[str, EmbeddingIndex] = {}
        self._last: tuple[str, NDArray[np.float32]] | None = None

    @classmethod
    def require(cls, options: SemanticDuplicatesOptions) -> None:
        """The packages that run an encoder are installed."""
        require("torch", extra=EXTRA)
        require("transformers", extra=EXTRA)

    def check(self, candidate: Candidate) -> Objection | None:
        """Reason: `semantic_duplicate`."""
        kept = self._kept.get(self._group(candidate))
        found = kept.nearest(self._embedded(candidate)) if kept else None
        if found is None or found[1] < self.options.threshold:
            return None
        compared = "" if self.options.across_labels else " of its label"
        return Objection("semantic_duplicate", f"has cosine {found[1]:.3f} with kept row {found[0]}{compared}")

    def keep(self, candidate: Candidate) -> None:
        """Remember the row."""
        from synth_builder.filters.embedding_index import EmbeddingIndex

        group = self._group(candidate)
        if group not in self._kept:
            self._kept[group] = EmbeddingIndex(self._encoder.dimensions)
        self._kept[group].add(self._embedded(candidate))

    def _group(self, candidate: Candidate) -> str:
        return "" if self.options.across_labels else candidate.label

    def _embedded(self, candidate: Candidate) -> "NDArray[np.float32]":
        # A row is checked and, when it is kept, added right after: it goes through the encoder once.
        text = "\n".join(candidate.columns.values())
        if self._last is None or self._last[0] != text:
            self._last = (text, self._encoder.embed(text))
        return self._last[1]
