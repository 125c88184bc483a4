from collections.abc import Callable
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from synth_builder.scoring.choices import Regime
from synth_builder.scoring.comparison import Comparison
from synth_builder.scoring.hyperparameters import MethodHyperparameters, TfidfHyperparameters
from synth_builder.scoring.logistic_regression import fitted_probabilities
from synth_builder.scoring.scores import ClassifierUsed, Machine
from synth_builder.scoring.text_rows import TextRows
from synth_builder.scoring.trainer import Trainer, Trial

if TYPE_CHECKING:
    from sklearn.feature_extraction.text import TfidfVectorizer

WORD = r"(?u)\b\w+\b"
"""Words of one character count, too, unlike scikit-learn's own default: `I`, and most words of some languages."""


class Tfidf(Trainer):
    """
    A logistic regression on TF-IDF of words and of characters, each text column counted by itself. It knows no
    language and needs no torch: what it reaches is what the choice of words alone tells.

    Args:
        comparison (`Comparison`):
            Test rows.
        checker_rows (`dict[int, TextRows]`, *optional*):
            Not used: no loss of this method needs checkers.
    """

    libraries = ("datasets", "numpy", "scikit-learn", "scipy")

    def __init__(self, comparison: Comparison, checker_rows: dict[int, TextRows] | None = None) -> None:
        self._settings = TfidfHyperparameters()
        self._num_labels = len(comparison.label_names)
        self._test = comparison.test
        self.classifier = ClassifierUsed(name="tfidf", revision=f"scikit-learn {version('scikit-learn')}")
        self.hyperparameters: MethodHyperparameters = self._settings
        self.machine = Machine(device="cpu", threads=1, processes=1, mixed_precision="no")

    def steps(self, rows: int) -> int:
        """One: the regression is fitted in one go."""
        return 1

    def trial(self, regime: Regime, rows: TextRows, seed: int, on_step: Callable[[], None]) -> Trial:
        """Arguments and result are those of `Trainer.trial`; the seed makes no difference."""
        features, test_features = self._features(rows)
        settings = self._settings
        probabilities = fitted_probabilities(
            features, rows.labels, test_features, self._num_labels, settings.inverse_penalty, settings.max_iterations
        )
        on_step()
        return Trial(probabilities)

    def _features(self, rows: TextRows) -> tuple[Any, Any]:
        from scipy.sparse import csr_matrix, hstack

        parts = [(csr_matrix((len(rows), 0)), csr_matrix((len(self._test), 0)))]
        for column, test_column in zip(
            zip(*rows.texts, strict=True), zip(*self._test.texts, strict=True), strict=True
        ):
            for vectorizer in self._vectorizers():
                tokens = vectorizer.build_analyzer()
                # scikit-learn refuses texts without a single word, as a column of bare punctuation is.
                if any(tokens(text) for text in column):
                    parts.append((vectorizer.fit_transform(column), vectorizer.transform(test_column)))
        return hstack([part for part, _ in parts], format="csr"), hstack([part for _, part in parts], format="csr")

    def _vectorizers(self) -> "tuple[TfidfVectorizer, TfidfVectorizer]":
        from sklearn.feature_extraction.text import TfidfVectorizer

        settings = self._settings
        shared = {"sublinear_tf": True, "max_features": settings.most_features}
        words = TfidfVectorizer(token_pattern=WORD, ngram_range=settings.word_ngrams, **shared)
        characters = TfidfVectorizer(analyzer="char_wb", ngram_range=settings.character_ngrams, **shared)
        return words, characters
