"""What each of several processes does in `test_processes.py`: python -m ... ENCODER RELEASE OUT."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from unittest.mock import patch

import torch
from torch import Tensor

from synth_builder.cli.main import main
from synth_builder.scoring.comparison import Comparison
from synth_builder.scoring.encoder_files import Encoder, load_encoder
from synth_builder.scoring.fine_tuning.examples import Batch, Example, Padder
from synth_builder.scoring.fine_tuning.fine_tuning import FineTuning
from synth_builder.scoring.hyperparameters import Hyperparameters
from synth_builder.scoring.processes import told_by_the_first
from tests.scoring.tiny_encoder import toy_rows


def trained(encoder: Encoder) -> tuple[Tensor, int]:
    """
    Probabilities of 23 rows, by a classifier without dropout, trained with a validation part and steps in parts; and
    the rows that went through the encoder in this process.
    """
    rows = 0
    padded = Padder.__call__

    def counted(padder: Padder, indexed: Sequence[tuple[int, Example]]) -> Batch:
        nonlocal rows
        rows += len(indexed)
        return padded(padder, indexed)

    settings = Hyperparameters(
        learning_rate=3e-3,
        head_learning_rate=3e-3,
        epochs=4,
        min_steps=0,
        batch_size=8,
        dropout=0,
        encoder_dropout=0,
        validation_share=0.3,
        gradient_accumulation_steps=2,
    )
    comparison = Comparison(
        label_names=["negative", "positive"],
        test=toy_rows(23, start=300),
        test_reference="test",
        encoder=encoder,
        hyperparameters=settings,
    )
    with patch.object(Padder, "__call__", counted):
        trial = FineTuning(comparison, {}).trial("synthetic", toy_rows(67), 0, lambda: None)
    return torch.from_numpy(trial.probabilities), rows


if __name__ == "__main__":
    torch.set_num_threads(1)
    encoder, release, out = sys.argv[1:]
    folder = Path(out) / os.environ["RANK"]
    folder.mkdir()
    probabilities, rows = trained(load_encoder(encoder))
    torch.save((probabilities, rows, told_by_the_first(os.environ["RANK"])), folder / "trained.pt")
    words = ["score", release, "--variant", "few_shot", "--classifier", encoder, "--regimes", "synthetic"]
    os.chdir(folder)  # who writes the scores is seen by where they are
    sys.exit(main([*words, "--seeds", "1", "--out", "scores.json"]))
