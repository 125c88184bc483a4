import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from accelerate import Accelerator
from torch import Tensor, nn

from synth_builder.errors import ScoringError
from synth_builder.scoring.comparison import Comparison
from synth_builder.scoring.fine_tuning.classifier import TextClassifier, seeded_classifier
from synth_builder.scoring.fine_tuning.encoder_dropout import with_dropout
from synth_builder.scoring.fine_tuning.examples import Example, Padder, tokenize
from synth_builder.scoring.fine_tuning.memory import RowsAtOnce, free
from synth_builder.scoring.fine_tuning.planned_steps import PlannedSteps, planned_steps
from synth_builder.scoring.fine_tuning.prediction import ROWS_AT_ONCE, predict
from synth_builder.scoring.fine_tuning.training import train
from synth_builder.scoring.fine_tuning.validation_part import validation_positions
from synth_builder.scoring.results.early_stopping import EarlyStop
from synth_builder.scoring.rows.text_rows import TextRows

COMPILERS = ("torch._dynamo", "torch._inductor")
FOR_DEVELOPERS = "Set TORCHDYNAMO_VERBOSE"
"""Where a compiler's error goes on with how to report it to PyTorch."""


@dataclass(frozen=True)
class Trained:
    """
    A classifier at the end of its training.

    Args:
        model (`nn.Module`):
            As the accelerator has wrapped it.
        steps (`int`):
            Optimizer steps that were done.
        notes (`tuple[str, ...]`):
            What was not as planned.
        early_stopping (`EarlyStop`, *optional*):
            What early stopping made of it, where rows were held out.
    """

    model: nn.Module
    steps: int
    notes: tuple[str, ...]
    early_stopping: EarlyStop | None


class FineTuner:
    """
    Trains copies of a comparison's encoder, each with a new linear layer, and asks them about rows. Where the memory
    does not suffice, fewer rows go through the encoder at a time, from then on.

    Args:
        comparison (`Comparison`):
            Encoder, labels and settings.
        accelerator (`Accelerator`):
            Where to train.
    """

    def __init__(self, comparison: Comparison, accelerator: Accelerator) -> None:
        self._encoder = comparison.pretrained
        self._num_labels = len(comparison.label_names)
        self._settings = comparison.hyperparameters
        self._padder = Padder(self._encoder.tokenizer)
        self._accelerator = accelerator
        share = self._settings.encoder_dropout
        pretrained = self._encoder.model
        self._model = pretrained if share is None else with_dropout(pretrained, share, self._encoder.name)
        parts = accelerator.num_processes * self._settings.gradient_accumulation_steps
        self._training_rows = RowsAtOnce(-(-self._settings.batch_size // parts), "training")
        self._prediction_rows = RowsAtOnce(ROWS_AT_ONCE, "prediction")

    def tokenized(self, rows: TextRows) -> list[Example]:
        """Rows as the encoder reads them."""
        return tokenize(rows, self._encoder.tokenizer, self._settings.max_length)

    def trained(
        self,
        examples: Sequence[Example],
        loss: nn.Module,
        seed: int,
        on_step: Callable[[], None],
        weights: Tensor | None = None,
    ) -> Trained:
        """
        A classifier, trained from a copy of the encoder.

        Args:
            examples (`Sequence[Example]`):
                The training rows; at least one.
            loss (`nn.Module`):
                Called with logits, labels and weights.
            seed (`int`):
                Fixes the new layer, the order of the rows, the dropout and the validation part.
            on_step (`Callable[[], None]`):
                Called as often as `planned_steps` says for these rows, whether the training ends early or starts
                again.
            weights (`torch.Tensor` of shape `(len(examples), ...)`, *optional*):
                What the loss takes for each row.

        Raises:
            ScoringError: The memory does not suffice for a single row, or the encoder can't be compiled.
        """
        labels = [example.label for example in examples]
        validation, off = validation_positions(labels, self._settings.validation_share, seed)
        planned = PlannedSteps(planned_steps(labels, self._settings), on_step)
        while True:
            try:
                model, steps, early_stopping = train(
                    classifier=self._new_classifier(seed),
                    examples=examples,
                    padder=self._padder,
                    hyperparameters=self._settings,
                    loss=loss,
                    seed=seed,
                    accelerator=self._accelerator,
                    weights=weights,
                    on_step=planned.reached,
                    validation=validation,
                    at_once=self._training_rows.now,
                    prediction_rows=self._prediction_rows,
                )
            except RuntimeError as error:
                if type(error).__module__.startswith(COMPILERS):
                    reason = str(error).partition(FOR_DEVELOPERS)[0].strip()
                    raise ScoringError(
                        f"torch.compile can't compile the encoder {self._encoder.name!r}: {reason}\nExpected a C++ "
                        "compiler and an encoder that it can trace; or leave it as it is, with --set compile=false."
                    ) from error
                self._training_rows.halve(error, processes=self._accelerator.num_processes)
            else:
                planned.finish()
                notes = tuple(note for note in (off, self._training_rows.note) if note)
                return Trained(model, steps, notes, early_stopping)
            self._accelerator.free_memory()
            free()

    def logits(self, model: nn.Module, examples: Sequence[Example]) -> Tensor:
        """
        Scores of the labels before the softmax, of shape `(len(examples), num_labels)`.

        Raises:
            ScoringError: They are no numbers: the training diverged.
        """
        scores = predict(model, examples, self._padder, self._accelerator, self._prediction_rows)
        if not scores.isfinite().all():
            raise ScoringError(
                "The training diverged: the classifier's scores are no numbers any more. Lower learning_rate (now "
                f"{self._settings.learning_rate:g}) or head_learning_rate (now "
                f"{self._settings.head_learning_rate:g})."
            )
        return scores

    @property
    def trains_as_planned(self) -> bool:
        """Whether the memory sufficed for the rows at a time that were planned; dropout differs with their number."""
        return self._training_rows.note is None

    @property
    def prediction_notes(self) -> tuple[str, ...]:
        """What was not as planned when rows were looked at, so far."""
        return (self._prediction_rows.note,) if self._prediction_rows.note else ()

    def _new_classifier(self, seed: int) -> TextClassifier:
        encoder = copy.deepcopy(self._model)
        classifier = seeded_classifier(encoder, self._num_labels, self._settings.dropout, seed)
        if self._settings.compile:
            # Batches have many lengths; without `dynamic` each of them would be compiled by itself.
            encoder.compile(dynamic=True)
        return classifier
