from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from synth_builder.scoring.choices import TFIDF
from synth_builder.scoring.classifier_names import refuse_mistyped
from synth_builder.scoring.hyperparameters import MethodHyperparameters
from synth_builder.scoring.results.scores import ClassifierUsed, Machine
from synth_builder.scoring.rows.text_rows import TextRows

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Fit = Callable[[Sequence[int], Sequence[int]], NDArray[np.float64]]
    """Positions to train on, positions to ask about -> probabilities of shape `(asked, labels)`."""


class RowClassifier(Protocol):
    """
    A classifier that is quickly trained again on other parts of the same rows: the probe, or TF-IDF.

    `method`, `classifier`, `hyperparameters`, `machine` and `libraries` (packages whose versions matter) go into the
    results.
    """

    method: Literal["probe", "tfidf"]
    classifier: ClassifierUsed
    hyperparameters: MethodHyperparameters
    machine: Machine
    libraries: tuple[str, ...]

    def over(self, rows: TextRows, num_labels: int, on_rows: Callable[[int], None] | None = None) -> "Fit":
        """
        Take up rows, each of them once, whatever number of trainings they are in.

        Args:
            rows (`TextRows`):
                All rows that may be trained on or asked about.
            num_labels (`int`):
                Labels of the task.
            on_rows (`Callable[[int], None]`, *optional*):
                Called with the number of rows taken up, now and then; in the end with all of them together.

        Returns:
            `Fit`: Trains on the rows at some positions, at least one, and gives the probabilities of the labels for
            the rows at others; 0 for a label without training rows.
        """
        ...


def open_row_classifier(name: str, cache: str | Path | None = None) -> RowClassifier:
    """
    The classifier of a name.

    Args:
        name (`str`):
            An encoder, as `minilm` (all-MiniLM-L6-v2), a Hub id or a directory, to be probed; or `tfidf`.
        cache (`str` or `Path`, *optional*):
            Folder where embeddings are kept. One of the Hugging Face cache when not given.

    Raises:
        ScoringError: There is no such encoder, or it can't be read.
    """
    refuse_mistyped(name, "classifier")
    if name == TFIDF:
        from synth_builder.scoring.methods.tfidf import TfidfClassifier

        return TfidfClassifier()
    from synth_builder.scoring.encoder_files import load_encoder
    from synth_builder.scoring.methods.probe import ProbeClassifier

    return ProbeClassifier(load_encoder(name), None if cache is None else Path(cache))
