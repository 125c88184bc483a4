import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from synth_builder.scoring.choices import Regime
from synth_builder.scoring.comparison import Comparison
from synth_builder.scoring.encoder_files import Encoder
from synth_builder.scoring.fine_tuning.classifier import MeanPooled
from synth_builder.scoring.fine_tuning.examples import Example, Padder, inputs_of, tokenize
from synth_builder.scoring.hyperparameters import MethodHyperparameters, ProbeHyperparameters
from synth_builder.scoring.methods.embedding_cache import EmbeddingCache, default_folder
from synth_builder.scoring.methods.logistic_regression import fitted_probabilities
from synth_builder.scoring.processes import open_accelerator
from synth_builder.scoring.results.scores import ClassifierUsed
from synth_builder.scoring.rows.text_rows import TextRows
from synth_builder.scoring.this_machine import this_machine
from synth_builder.scoring.trainer import Trainer, Trial

if TYPE_CHECKING:
    from synth_builder.scoring.methods.row_classifier import Fit

BATCH_SIZE = 32


class Embedder:
    """
    Vectors of rows: the mean of a frozen encoder's last layer over the tokens, in float32. A row that was embedded
    before is looked up. Vectors may differ in their last digits with the rows that share a batch.

    Args:
        encoder (`Encoder`):
            The encoder; it stays as it is.
        max_length (`int`):
            Tokens after which a row is cut.
        cache (`EmbeddingCache`):
            Where vectors are kept.
        device (`torch.device`):
            Where to compute.
    """

    def __init__(self, encoder: Encoder, max_length: int, cache: EmbeddingCache, device: torch.device) -> None:
        self._model = MeanPooled(encoder.model).to(device).eval()
        self._tokenizer = encoder.tokenizer
        self._padder = Padder(encoder.tokenizer)
        self._max_length = max_length
        self._cache = cache
        self._device = device

    def embed(self, rows: TextRows, on_rows: Callable[[int], None] | None = None) -> NDArray[np.float32]:
        """
        Vectors of rows.

        Args:
            rows (`TextRows`):
                The rows; at least one.
            on_rows (`Callable[[int], None]`, *optional*):
                Called with the number of rows done since the last call.

        Returns:
            `numpy.ndarray` of shape `(len(rows), hidden_size)`: In their order.
        """
        examples = tokenize(rows, self._tokenizer, self._max_length)
        keys = [_key(example) for example in examples]
        known = {key: self._cache.get(key) for key in keys}
        missing = {key: example for key, example in zip(keys, examples, strict=True) if known[key] is None}
        if on_rows is not None:
            on_rows(len(rows) - len(missing))
        if missing:
            vectors = self._computed(list(missing.values()), on_rows)
            known.update(zip(missing, vectors, strict=True))
            self._cache.add(list(missing), vectors)
        found: NDArray[np.float32] = np.stack([vector for key in keys if (vector := known[key]) is not None])
        return found

    @torch.inference_mode()
    def _computed(self, examples: list[Example], on_rows: Callable[[int], None] | None = None) -> NDArray[np.float32]:
        found = np.empty((len(examples), self._model.encoder.config.hidden_size), dtype=np.float32)
        order = sorted(range(len(examples)), key=lambda position: len(examples[position]))
        for start in range(0, len(order), BATCH_SIZE):
            positions = order[start : start + BATCH_SIZE]
            batch = self._padder.batch(examples, positions, self._device)
            found[positions] = self._model(**inputs_of(batch)).float().cpu().numpy()
            if on_rows is not None:
                on_rows(len(positions))
        return found


class ProbeClassifier:
    """
    A logistic regression on the embeddings of a frozen encoder; a `RowClassifier`.

    Args:
        encoder (`Encoder`):
            The encoder.
        cache (`Path`, *optional*):
            Folder where embeddings are kept. One of the Hugging Face cache when not given.
    """

    method: Literal["probe", "tfidf"] = "probe"
    libraries: tuple[str, ...] = (
        "accelerate",
        "datasets",
        "numpy",
        "scikit-learn",
        "tokenizers",
        "torch",
        "transformers",
    )

    def __init__(self, encoder: Encoder, cache: Path | None = None) -> None:
        accelerator = open_accelerator()
        device = accelerator.device
        self._settings = ProbeHyperparameters()
        vectors = EmbeddingCache(cache or default_folder(), encoder.revision, int(encoder.model.config.hidden_size))
        self._embedder = Embedder(encoder, self._settings.max_length, vectors, device)
        self.classifier = ClassifierUsed(name=encoder.name, revision=encoder.revision)
        self.hyperparameters: MethodHyperparameters = self._settings
        self.machine = this_machine(device, accelerator.num_processes)

    def embed(self, rows: TextRows, on_rows: Callable[[int], None] | None = None) -> NDArray[np.float32]:
        """Vectors of the rows; see `Embedder.embed`."""
        return self._embedder.embed(rows, on_rows)

    def probabilities(
        self, vectors: NDArray[np.float32], labels: Sequence[int], asked: NDArray[np.float32], num_labels: int
    ) -> NDArray[np.float64]:
        """
        Fit on some vectors, and ask about others.

        Args:
            vectors (`numpy.ndarray` of shape `(training rows, hidden_size)`):
                Training rows; at least one.
            labels (`Sequence[int]`):
                Their labels.
            asked (`numpy.ndarray` of shape `(rows, hidden_size)`):
                Rows to ask about.
            num_labels (`int`):
                Labels of the task.

        Returns:
            `numpy.ndarray` of shape `(rows, num_labels)`: See `fitted_probabilities`.
        """
        training = vectors.astype(np.float64)
        # Encoders that were never trained for sentences give vectors that hardly differ from each other; centred and
        # with unit variance they do, and one penalty fits all encoders.
        mean, deviation = training.mean(axis=0), training.std(axis=0)
        deviation[deviation == 0] = 1
        return fitted_probabilities(
            (training - mean) / deviation,
            labels,
            (asked - mean) / deviation,
            num_labels,
            self._settings.inverse_penalty,
            self._settings.max_iterations,
        )

    def over(self, rows: TextRows, num_labels: int, on_rows: Callable[[int], None] | None = None) -> "Fit":
        """Arguments and result are those of `RowClassifier.over`."""
        vectors = self.embed(rows, on_rows)

        def fit(training: Sequence[int], asked: Sequence[int]) -> NDArray[np.float64]:
            labels = [rows.labels[position] for position in training]
            return self.probabilities(vectors[list(training)], labels, vectors[list(asked)], num_labels)

        return fit


class Probe(Trainer):
    """
    A logistic regression on the embeddings of a frozen encoder. Each row goes through the encoder once, whatever the
    number of regimes, seeds and variants that it is in.

    Args:
        comparison (`Comparison`):
            Test rows and encoder.
        checker_rows (`dict[int, TextRows]`, *optional*):
            Not used: no loss of this method needs checkers.
    """

    libraries = ProbeClassifier.libraries

    def __init__(self, comparison: Comparison, checker_rows: dict[int, TextRows] | None = None) -> None:
        self._probe = ProbeClassifier(comparison.pretrained, comparison.cache)
        self._num_labels = len(comparison.label_names)
        self._test = self._probe.embed(comparison.test)
        self.classifier = self._probe.classifier
        self.hyperparameters: MethodHyperparameters = self._probe.hyperparameters
        self.machine = self._probe.machine

    def steps(self, labels: Sequence[int]) -> int:
        """One: the regression is fitted in one go."""
        return 1

    def trial(self, regime: Regime, rows: TextRows, seed: int, on_step: Callable[[], None]) -> Trial:
        """Arguments and result are those of `Trainer.trial`; the seed makes no difference."""
        probabilities = self._probe.probabilities(self._probe.embed(rows), rows.labels, self._test, self._num_labels)
        on_step()
        return Trial(probabilities)


def _key(example: Example) -> bytes:
    """Content of a row as the encoder reads it: so another tokenizer or length finds no wrong vector."""
    return hashlib.sha256(json.dumps(example.inputs, sort_keys=True).encode("ascii")).digest()
