import random
from collections.abc import Sequence
from typing import TYPE_CHECKING

from synth_builder.engines.base import Request
from synth_builder.extras import require
from synth_builder.filters.base import Candidate
from synth_builder.filters.verification import Verification, VerificationOptions
from synth_builder.recipes.real_data import RealRow
from synth_builder.recipes.seeds import derived_seed
from synth_builder.recipes.task import Task

if TYPE_CHECKING:
    from numpy.typing import NDArray

EXTRA = "score"
# With scikit-learn's 1.0 and a hundred rows of unit vectors the probabilities of the labels hardly differ.
INVERSE_PENALTY = 10.0


class LabelClassifier:
    """
    Logistic regression on sentence embeddings, trained on real rows: how probable is a label for a text?

    Args:
        encoder (`str`):
            Sentence encoder, as `SentenceEncoder` takes it.
        rows (`Sequence[RealRow]`):
            Real rows; of at least two labels.

    Raises:
        FilterError: There is no such encoder, or it can't be read.
    """

    def __init__(self, encoder: str, rows: Sequence[RealRow]) -> None:
        import numpy as np
        from sklearn.linear_model import LogisticRegression

        from synth_builder.filters.sentence_encoder import SentenceEncoder

        self._encoder = SentenceEncoder(encoder, "verification")
        vectors = np.stack([self._encoder.embed(_joined(row.columns)) for row in rows])
        self._model = LogisticRegression(C=INVERSE_PENALTY, max_iter=1000)
        self._model.fit(vectors.astype(np.float64), [row.label for row in rows])
        self._last: tuple[str, NDArray[np.float64]] | None = None

    def probabilities(self, columns: dict[str, str]) -> dict[str, float]:
        """Label -> its probability for a row with these texts, of those that have a train row."""
        text = _joined(columns)
        # A row is checked and measured right after each other: it goes through the encoder once.
        if self._last is None or self._last[0] != text:
            vector = self._encoder.embed(text).astype("float64")
            self._last = (text, self._model.predict_proba(vector[None])[0])
        return dict(zip(map(str, self._model.classes_), map(float, self._last[1]), strict=True))


class VerificationByClassifier(Verification):
    """
    Rejects rows whose label a classifier, trained on the real train rows, finds less probable than
    `min_probability`. Train rows that also stand in the test rows take no part.
    """

    asks = False
    needs_train_rows = True

    def __init__(
        self,
        options: VerificationOptions,
        task: Task,
        test_rows: Sequence[RealRow] = (),
        train_rows: Sequence[RealRow] = (),
    ) -> None:
        super().__init__(options, task, test_rows, train_rows)
        self.require(options)
        self._classifier = LabelClassifier(options.encoder, some_of_each_label(train_rows, options.rows_per_label))

    @classmethod
    def require(cls, options: VerificationOptions) -> None:
        """The packages that train a classifier are installed."""
        for package in ("sklearn", "torch", "transformers"):
            require(package, extra=EXTRA)

    @classmethod
    def templates(cls) -> dict[str, str]:
        """Nobody is asked anything."""
        return {}

    def requests(self, candidate: Candidate) -> list[Request]:
        """Nobody is asked anything."""
        return []

    def agreement(self, candidate: Candidate) -> float:
        """Probability of the row's label."""
        return self._classifier.probabilities(candidate.columns).get(candidate.label, 0.0)

    def _enough(self, agreement: float) -> bool:
        return agreement >= self.options.min_probability

    def _told(self, candidate: Candidate) -> str:
        found = self._classifier.probabilities(candidate.columns)
        likeliest = max(found, key=lambda label: found[label])
        return (
            f"a classifier gives {candidate.label!r} a probability of {found.get(candidate.label, 0.0):.2f}, asked is "
            f"{self.options.min_probability:g}; the likeliest is {likeliest!r} with {found[likeliest]:.2f}"
        )


def some_of_each_label(rows: Sequence[RealRow], most: int) -> list[RealRow]:
    """At most so many rows of each label, drawn with a seed of their own, in the order in which they stand."""
    groups: dict[str, list[int]] = {}
    for place, row in enumerate(rows):
        groups.setdefault(row.label, []).append(place)
    chosen = [
        place
        for label, places in groups.items()
        for place in random.Random(derived_seed("classifier rows", label)).sample(places, min(most, len(places)))
    ]
    return [rows[place] for place in sorted(chosen)]


def _joined(columns: dict[str, str]) -> str:
    return "\n".join(columns.values())
