import logging
import os
import random
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers
from numpy.typing import NDArray

from synth_builder.errors import ScoringError
from synth_builder.extras import require
from synth_builder.scoring.choices import Regime
from synth_builder.scoring.comparison import Comparison
from synth_builder.scoring.hyperparameters import MethodHyperparameters, SetFitHyperparameters
from synth_builder.scoring.methods.logistic_regression import fitted_probabilities
from synth_builder.scoring.results.scores import ClassifierUsed
from synth_builder.scoring.rows.text_rows import TextRows
from synth_builder.scoring.this_machine import this_machine
from synth_builder.scoring.trainer import Trainer, Trial

MOST_ROWS = 5000
"""SetFit lists the pairs of all rows before it draws from them."""


class SetFit(Trainer):
    """
    SetFit (arXiv 2209.11055): the encoder is trained on pairs of rows, so that rows of one label come near to each
    other and rows of two labels do not, and a logistic regression is fitted on the embeddings. The pairs and their
    training are those of the package `setfit`.

    Args:
        comparison (`Comparison`):
            Test rows, encoder and settings.
        checker_rows (`Mapping[int, TextRows]`, *optional*):
            Not used: this method has no loss that needs checkers.

    Raises:
        MissingExtraError: `setfit` is not installed.
        ScoringError: There are several processes.
    """

    libraries = (
        *("accelerate", "datasets", "numpy", "scikit-learn", "sentence-transformers", "setfit", "tokenizers", "torch"),
        "transformers",
    )

    def __init__(self, comparison: Comparison, checker_rows: Mapping[int, TextRows] | None = None) -> None:
        require("setfit", extra="setfit")
        if int(os.environ.get("WORLD_SIZE", "1")) > 1:
            raise ScoringError(
                "SetFit trains in one process here, and the launcher started several; start synth-builder by itself, "
                "or take --method fine_tuning."
            )
        self._encoder = comparison.pretrained
        self._settings = SetFitHyperparameters()
        self._num_labels = len(comparison.label_names)
        self._test = self._texts(comparison.test)
        self.classifier = ClassifierUsed(name=self._encoder.name, revision=self._encoder.revision)
        self.hyperparameters: MethodHyperparameters = self._settings
        device = transformers.TrainingArguments(output_dir="unused", report_to="none").device
        self.machine = this_machine(device)

    def steps(self, labels: Sequence[int]) -> int:
        """Optimizer steps of the encoder on the pairs of rows with these labels."""
        return -(-2 * self._settings.num_iterations * len(labels) // self._settings.batch_size)

    def trial(self, regime: Regime, rows: TextRows, seed: int, on_step: Callable[[], None]) -> Trial:
        """Arguments and result are those of `Trainer.trial`."""
        if len(rows) > MOST_ROWS:
            raise ScoringError(
                f"SetFit was asked to train on {len(rows)} rows; it makes pairs of all of them and is meant for few, "
                f"expected at most {MOST_ROWS}. Take --method fine_tuning."
            )
        texts, labels = self._texts(rows), list(rows.labels)
        with _random_state_of(seed):
            model = self._new_model()
            if len(set(labels)) > 1:
                self._train(model, texts, labels, seed, on_step)
            else:  # no two rows are of different labels: there is nothing to pull apart
                for _ in range(self.steps(rows.labels)):
                    on_step()
            embeddings, of_test = (_embedded(model, part) for part in (texts, self._test))
        return Trial(
            fitted_probabilities(
                embeddings,
                labels,
                of_test,
                self._num_labels,
                self._settings.inverse_penalty,
                self._settings.max_iterations,
            )
        )

    def _texts(self, rows: TextRows) -> list[str]:
        """SetFit takes one text a row: a pair's are joined by the tokenizer's separator."""
        separator = str(self._encoder.tokenizer.sep_token or "\n")
        return [f" {separator} ".join(texts) for texts in rows.texts]

    def _new_model(self) -> Any:
        import sentence_transformers
        import setfit

        with tempfile.TemporaryDirectory() as folder, _quiet("sentence_transformers"):
            self._encoder.model.save_pretrained(folder)
            self._encoder.tokenizer.save_pretrained(folder)
            # A folder with a plain encoder: the mean over the tokens is taken, as the other methods do.
            body = sentence_transformers.SentenceTransformer(str(Path(folder)))
        body.max_seq_length = self._settings.max_length
        return setfit.SetFitModel(model_body=body)

    def _train(self, model: Any, texts: list[str], labels: list[int], seed: int, on_step: Callable[[], None]) -> None:
        import setfit

        class Told(transformers.TrainerCallback):
            def on_step_end(self, args: Any, state: Any, control: Any, **others: Any) -> None:
                on_step()

        settings = self._settings
        with tempfile.TemporaryDirectory() as folder, _quiet("setfit", "sentence_transformers"):
            trainer = setfit.Trainer(
                model=model,
                args=setfit.TrainingArguments(
                    output_dir=folder,
                    batch_size=settings.batch_size,
                    num_epochs=1,
                    num_iterations=settings.num_iterations,
                    body_learning_rate=settings.learning_rate,
                    warmup_proportion=settings.warmup_ratio,
                    seed=seed,
                    report_to="none",
                    logging_strategy="no",
                    save_strategy="no",
                    show_progress_bar=False,
                ),
                callbacks=[Told()],
            )
            for printing in (transformers.ProgressCallback, transformers.PrinterCallback):
                trainer.st_trainer.remove_callback(printing)
            trainer.st_trainer.args.dataloader_pin_memory = torch.accelerator.is_available()
            trainer.train_embeddings(texts, labels)


def _embedded(model: Any, texts: list[str]) -> "NDArray[np.float64]":
    vectors: NDArray[np.float64] = model.model_body.encode(
        texts, show_progress_bar=False, convert_to_numpy=True
    ).astype(np.float64)
    return vectors


@contextmanager
def _random_state_of(seed: int) -> Iterator[None]:
    """SetFit and its data loaders draw from the global generators; afterwards these are as they were."""
    python, numpy = random.getstate(), np.random.get_state()
    try:
        with torch.random.fork_rng():
            transformers.set_seed(seed)
            yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)


@contextmanager
def _quiet(*names: str) -> Iterator[None]:
    """What these packages tell and show of each training is no news; the warnings of `setfit` are."""
    from transformers.utils import logging as bars

    had_bars = bars.is_progress_bar_enabled()
    bars.disable_progress_bar()  # type: ignore[no-untyped-call]
    loggers = [logging.getLogger(name) for name in names]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.WARNING if logger.name == "setfit" else logging.ERROR)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
        if had_bars:
            bars.enable_progress_bar()  # type: ignore[no-untyped-call]
