from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass

from accelerate import Accelerator
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from synth_builder.scoring.fine_tuning.examples import Batch, Example, Padder, inputs_of
from synth_builder.scoring.fine_tuning.seen_tokens import Decay
from synth_builder.scoring.fine_tuning.step_parts import parts_of
from synth_builder.scoring.hyperparameters import Hyperparameters


@dataclass(frozen=True)
class TrainingStep:
    """
    One update of a classifier, by the rows of a step.

    Args:
        model (`nn.Module`):
            The classifier as the accelerator has wrapped it.
        optimizer (`Optimizer`):
            Changes the weights; wrapped too.
        schedule (`LRScheduler`):
            The learning rate of each step.
        decay (`Decay`):
            Weight decay of the tokens that no row has.
        padder (`Padder`):
            Makes the batches.
        loss (`nn.Module`):
            Called with logits, labels and weights, gives the mean over the rows.
        weights (`torch.Tensor` of shape `(len(examples), ...)`, *optional*):
            What the loss takes for each row.
        hyperparameters (`Hyperparameters`):
            How to train.
        accelerator (`Accelerator`):
            Where to train.
        at_once (`int`, *optional*):
            Rows that go through the encoder together in a process, at most.
    """

    model: nn.Module
    optimizer: Optimizer
    schedule: LRScheduler
    decay: Decay
    padder: Padder
    loss: nn.Module
    weights: Tensor | None
    hyperparameters: Hyperparameters
    accelerator: Accelerator
    at_once: int | None

    def take(self, examples: Sequence[Example], positions: Sequence[int]) -> None:
        """
        Change the weights once.

        Args:
            examples (`Sequence[Example]`):
                All rows.
            positions (`Sequence[int]`):
                Which of them the step has, those of all processes.
        """
        accelerator = self.accelerator
        parts = parts_of(
            positions, self.at_once or len(positions), accelerator.num_processes, accelerator.process_index
        )
        for number, part in enumerate(parts, start=1):
            batch = self.padder.batch(examples, part.positions, accelerator.device)
            # Processes exchange their gradients once in a step, with those of the last part.
            with nullcontext() if number == len(parts) else accelerator.no_sync(self.model):
                accelerator.backward(self._loss(batch) * part.factor)
        accelerator.clip_grad_norm_(self.model.parameters(), self.hyperparameters.max_grad_norm)
        self.optimizer.step()
        self.decay.step(float(self.schedule.get_last_lr()[0]), self.hyperparameters.weight_decay)
        self.schedule.step()
        self.optimizer.zero_grad()

    def _loss(self, batch: Batch) -> Tensor:
        labels = batch["labels"]
        row_weights = None if self.weights is None else self.weights[batch["positions"].cpu()].to(labels.device)
        value: Tensor = self.loss(self.model(**inputs_of(batch)), labels, row_weights)
        return value
