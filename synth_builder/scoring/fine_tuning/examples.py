import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from transformers import PreTrainedTokenizerBase

from synth_builder.scoring.rows.text_rows import TextRows

Batch = dict[str, Tensor]
NOT_INPUTS = ("labels", "positions")


@dataclass(frozen=True, slots=True)
class Example:
    """
    One row as the encoder reads it.

    Args:
        inputs (`dict[str, list[int]]`):
            What the tokenizer gave: `input_ids`, and what else the encoder takes, all of the same length.
        label (`int`):
            Index of the row's label.
    """

    inputs: dict[str, list[int]]
    label: int

    def __len__(self) -> int:
        return len(self.inputs["input_ids"])


def tokenize(rows: TextRows, tokenizer: PreTrainedTokenizerBase, max_length: int) -> list[Example]:
    """
    Tokenise rows, without padding; the two texts of a pair go in as a pair.

    Args:
        rows (`TextRows`):
            Rows with one or two text columns.
        tokenizer (`PreTrainedTokenizerBase`):
            The encoder's own.
        max_length (`int`):
            Tokens after which a row is cut.

    Returns:
        `list[Example]`: One per row, in the same order.
    """
    if not len(rows):
        return []
    columns = [list(column) for column in zip(*rows.texts, strict=True)]
    encoded = tokenizer(*columns, truncation=True, max_length=max_length, padding=False)
    names = [name for name in encoded if name in tokenizer.model_input_names]
    return [
        Example(inputs={name: list(encoded[name][index]) for name in names}, label=label)
        for index, label in enumerate(rows.labels)
    ]


class Padder:
    """
    Make a batch of examples: padded to the longest of them, not to a maximum.

    Args:
        tokenizer (`PreTrainedTokenizerBase`):
            Knows the padding token and its side.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerBase) -> None:
        self.tokenizer = tokenizer

    @property
    def padding_id(self) -> int | None:
        """The token that fills rows up."""
        token: int | None = self.tokenizer.pad_token_id
        return token

    def __call__(self, indexed: Sequence[tuple[int, Example]]) -> Batch:
        """
        Pad one batch.

        Args:
            indexed (`Sequence[tuple[int, Example]]`):
                Position of each example in its set, and the example.

        Returns:
            `dict[str, torch.Tensor]`: The encoder's inputs of shape `(batch_size, longest)`, `labels` and `positions`
            of shape `(batch_size,)`.
        """
        padded = self.tokenizer.pad([example.inputs for _, example in indexed], return_tensors="pt")
        batch: Batch = dict(padded)
        batch["labels"] = torch.tensor([example.label for _, example in indexed])
        batch["positions"] = torch.tensor([position for position, _ in indexed])
        return batch

    def batch(self, examples: Sequence[Example], positions: Sequence[int], device: torch.device) -> Batch:
        """Examples at some positions, as `__call__` makes a batch of them, on a device."""
        batch = self([(position, examples[position]) for position in positions])
        return {name: tensor.to(device) for name, tensor in batch.items()}


def inputs_of(batch: Batch) -> Batch:
    """What an encoder takes of a batch."""
    return {name: tensor for name, tensor in batch.items() if name not in NOT_INPUTS}


class LengthBuckets:
    """
    Batches of rows of similar length, in another order each time they are gone through.

    All processes of a launch draw the same batches, each of them the rows of one optimizer step, and share their rows
    (`parts_of`).

    Args:
        lengths (`Sequence[int]`):
            Tokens of each row.
        batch_size (`int`):
            Rows of a batch; the last one may have fewer.
        bucket_batches (`int`):
            Rows are shuffled, then sorted within so many batches at a time.
        seed (`int`):
            Fixes all orders.
    """

    def __init__(self, lengths: Sequence[int], batch_size: int, bucket_batches: int, seed: int) -> None:
        self.lengths = lengths
        self.batch_size = batch_size
        self.bucket_batches = bucket_batches
        self._random = random.Random(seed)

    def __len__(self) -> int:
        return -(-len(self.lengths) // self.batch_size)

    def __iter__(self) -> Iterator[list[int]]:
        order = list(range(len(self.lengths)))
        self._random.shuffle(order)
        size = self.batch_size * self.bucket_batches
        batches: list[list[int]] = []
        for start in range(0, len(order), size):
            bucket = sorted(order[start : start + size], key=lambda index: self.lengths[index])
            batches += [bucket[at : at + self.batch_size] for at in range(0, len(bucket), self.batch_size)]
        self._random.shuffle(batches)
        yield from batches
