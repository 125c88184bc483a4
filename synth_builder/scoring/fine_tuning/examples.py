import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.utils.data import Dataset
from transformers import PreTrainedTokenizerBase

from synth_builder.scoring.text_rows import TextRows

Batch = dict[str, Tensor]


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


class IndexedExamples(Dataset[tuple[int, Example]]):
    """
    Examples with their positions, as a `torch.utils.data.Dataset`: a batch knows which rows it holds.

    Args:
        examples (`Sequence[Example]`):
            All rows.
        order (`Sequence[int]`):
            Positions in the order in which they are read.
    """

    def __init__(self, examples: Sequence[Example], order: Sequence[int]) -> None:
        self.examples = examples
        self.order = order

    def __len__(self) -> int:
        return len(self.order)

    def __getitem__(self, index: int) -> tuple[int, Example]:
        return self.order[index], self.examples[self.order[index]]


class Padder:
    """
    Make a batch of examples: padded to the longest of them, not to a maximum.

    Args:
        tokenizer (`PreTrainedTokenizerBase`):
            Knows the padding token and its side.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerBase) -> None:
        self.tokenizer = tokenizer

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


class LengthBuckets:
    """
    Batches of rows of similar length, in another order each time they are gone through.

    A batch sampler for `torch.utils.data.DataLoader`: all processes of a launch draw the same batches and take turns.

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

    drop_last = False

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
