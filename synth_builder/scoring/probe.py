import hashlib
import json
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray

from synth_builder.scoring.choices import Regime
from synth_builder.scoring.comparison import Comparison
from synth_builder.scoring.embedding_cache import EmbeddingCache, default_folder
from synth_builder.scoring.encoder_files import Encoder
from synth_builder.scoring.fine_tuning.classifier import MeanPooled
from synth_builder.scoring.fine_tuning.examples import Example, Padder, inputs_of, tokenize
from synth_builder.scoring.hyperparameters import MethodHyperparameters, ProbeHyperparameters
from synth_builder.scoring.logistic_regression import fitted_probabilities
from synth_builder.scoring.processes import open_accelerator
from synth_builder.scoring.scores import ClassifierUsed, Machine
from synth_builder.scoring.text_rows import TextRows
from synth_builder.scoring.trainer import Trainer, Trial

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

    def embed(self, rows: TextRows) -> NDArray[np.float32]:
        """Vectors of the rows, in their order; shape `(len(rows), hidden_size)`."""
        examples = tokenize(rows, self._tokenizer, self._max_length)
        keys = [_key(example) for example in examples]
        known = {key: self._cache.get(key) for key in keys}
        missing = {key: example for key, example in zip(keys, examples, strict=True) if known[key] is None}
        if missing:
            vectors = self._computed(list(missing.values()))
            known.update(zip(missing, vectors, strict=True))
            self._cache.add(list(missing), vectors)
        found: NDArray[np.float32] = np.stack([vector for key in keys if (vector := known[key]) is not None])
        return found

    @torch.inference_mode()
    def _computed(self, examples: list[Example]) -> NDArray[np.float32]:
        found = np.empty((len(examples), self._model.encoder.config.hidden_size), dtype=np.float32)
        order = sorted(range(len(examples)), key=lambda position: len(examples[position]))
        for start in range(0, len(order), BATCH_SIZE):
            positions = order[start : start + BATCH_SIZE]
            batch = self._padder.batch(examples, positions, self._device)
            found[positions] = self._model(**inputs_of(batch)).float().cpu().numpy()
        return found


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

    libraries = ("accelerate", "datasets", "numpy", "scikit-learn", "tokenizers", "torch", "transformers")

    def __init__(self, comparison: Comparison, checker_rows: dict[int, TextRows] | None = None) -> None:
        encoder = comparison.pretrained
        accelerator = open_accelerator()
        device = accelerator.device
        self._settings = ProbeHyperparameters()
        self._num_labels = len(comparison.label_names)
        cache = EmbeddingCache(
            comparison.cache or default_folder(), encoder.revision, int(encoder.model.config.hidden_size)
        )
        self._embedder = Embedder(encoder, self._settings.max_length, cache, device)
        self._test = self._embedder.embed(comparison.test)
        self.classifier = ClassifierUsed(name=encoder.name, revision=encoder.revision)
        self.hyperparameters: MethodHyperparameters = self._settings
        self.machine = Machine(
            device=torch.cuda.get_device_name(device) if device.type == "cuda" else device.type,
            threads=torch.get_num_threads(),
            processes=accelerator.num_processes,
            mixed_precision="no",
        )

    def steps(self, rows: int) -> int:
        """One: the regression is fitted in one go."""
        return 1

    def trial(self, regime: Regime, rows: TextRows, seed: int, on_step: Callable[[], None]) -> Trial:
        """Arguments and result are those of `Trainer.trial`; the seed makes no difference."""
        vectors = self._embedder.embed(rows).astype(np.float64)
        # Encoders that were never trained for sentences give vectors that hardly differ from each other; centred and
        # with unit variance they do, and one penalty fits all encoders.
        mean, deviation = vectors.mean(axis=0), vectors.std(axis=0)
        deviation[deviation == 0] = 1
        settings = self._settings
        probabilities = fitted_probabilities(
            (vectors - mean) / deviation,
            rows.labels,
            (self._test - mean) / deviation,
            self._num_labels,
            settings.inverse_penalty,
            settings.max_iterations,
        )
        on_step()
        return Trial(probabilities)


def _key(example: Example) -> bytes:
    """Content of a row as the encoder reads it: so another tokenizer or length finds no wrong vector."""
    return hashlib.sha256(json.dumps(example.inputs, sort_keys=True).encode("ascii")).digest()
