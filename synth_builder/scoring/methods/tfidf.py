from collections.abc import Callable, Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Literal

from synth_builder.scoring.choices import Regime
from synth_builder.scoring.comparison import Comparison
from synth_builder.scoring.hyperparameters import MethodHyperparameters, TfidfHyperparameters
from synth_builder.scoring.methods.logistic_regression import fitted_probabilities
from synth_builder.scoring.results.scores import ClassifierUsed, Machine
from synth_builder.scoring.rows.text_rows import TextRows
from synth_builder.scoring.trainer import Trainer, Trial

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from sklearn.feature_extraction.text import TfidfVectorizer

    from synth_builder.scoring.methods.row_classifier import Fit

WORD = r"(?u)\b\w+\b"
"""Words of one character count, too, unlike scikit-learn's own default: `I`, and most words of some languages."""


class TfidfClassifier:
    """
    A logistic regression on TF-IDF of words and of characters, each text column counted by itself; a `RowClassifier`.
    It knows no language and needs no torch: what it reaches is what the choice of words alone tells.
    """

    method: Literal["probe", "tfidf"] = "tfidf"
    libraries: tuple[str, ...] = ("datasets", "numpy", "scikit-learn", "scipy")

    def __init__(self) -> None:
        self._settings = TfidfHyperparameters()
        self.classifier = ClassifierUsed(name="tfidf", revision=f"scikit-learn {version('scikit-learn')}")
        self.hyperparameters: MethodHyperparameters = self._settings
        self.machine = Machine(device="cpu", threads=1, processes=1, mixed_precision="no")

    def probabilities(self, training: TextRows, asked: TextRows, num_labels: int) -> "NDArray[np.float64]":
        """
        Count and fit on some rows, and ask about others.

        Args:
            training (`TextRows`):
                Training rows; at least one.
            asked (`TextRows`):
                Rows to ask about; at least one.
            num_labels (`int`):
                Labels of the task.

        Returns:
            `numpy.ndarray` of shape `(len(asked), num_labels)`: See `fitted_probabilities`.
        """
        features, asked_features = self._features(training, asked)
        settings = self._settings
        return fitted_probabilities(
            features, training.labels, asked_features, num_labels, settings.inverse_penalty, settings.max_iterations
        )

    def over(self, rows: TextRows, num_labels: int, on_rows: Callable[[int], None] | None = None) -> "Fit":
        """Arguments and result are those of `RowClassifier.over`; words are counted in each training anew."""
        if on_rows is not None:
            on_rows(len(rows))
        return lambda training, asked: self.probabilities(rows.take(training), rows.take(asked), num_labels)

    def _features(self, training: TextRows, asked: TextRows) -> tuple[Any, Any]:
        from scipy.sparse import csr_matrix, hstack

        parts = [(csr_matrix((len(training), 0)), csr_matrix((len(asked), 0)))]
        for column, asked_column in zip(
            zip(*training.texts, strict=True), zip(*asked.texts, strict=True), strict=True
        ):
            for vectorizer in self._vectorizers():
                tokens = vectorizer.build_analyzer()
                # scikit-learn refuses texts without a single word, as a column of bare punctuation is.
                if any(tokens(text) for text in column):
                    parts.append((vectorizer.fit_transform(column), vectorizer.transform(asked_column)))
        return hstack([part for part, _ in parts], format="csr"), hstack([part for _, part in parts], format="csr")

    def _vectorizers(self) -> "tuple[TfidfVectorizer, TfidfVectorizer]":
        from sklearn.feature_extraction.text import TfidfVectorizer

        settings = self._settings
        shared = {"sublinear_tf": True, "max_features": settings.most_features}
        words = TfidfVectorizer(token_pattern=WORD, ngram_range=settings.word_ngrams, **shared)
        characters = TfidfVectorizer(analyzer="char_wb", ngram_range=settings.character_ngrams, **shared)
        return words, characters


class Tfidf(Trainer):
    """
    `TfidfClassifier`, tested on the same rows each time.

    Args:
        comparison (`Comparison`):
            Test rows.
        checker_rows (`dict[int, TextRows]`, *optional*):
            Not used: no loss of this method needs checkers.
    """

    libraries = TfidfClassifier.libraries

    def __init__(self, comparison: Comparison, checker_rows: dict[int, TextRows] | None = None) -> None:
        self._tfidf = TfidfClassifier()
        self._num_labels = len(comparison.label_names)
        self._test = comparison.test
        self.classifier = self._tfidf.classifier
        self.hyperparameters: MethodHyperparameters = self._tfidf.hyperparameters
        self.machine = self._tfidf.machine

    def steps(self, labels: Sequence[int]) -> int:
        """One: the regression is fitted in one go."""
        return 1

    def trial(self, regime: Regime, rows: TextRows, seed: int, on_step: Callable[[], None]) -> Trial:
        """Arguments and result are those of `Trainer.trial`; the seed makes no difference."""
        probabilities = self._tfidf.probabilities(rows, self._test, self._num_labels)
        on_step()
        return Trial(probabilities)
