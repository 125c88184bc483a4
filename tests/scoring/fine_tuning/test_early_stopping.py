import copy
import random
from typing import Any

import pytest

torch = pytest.importorskip("torch")
accelerate = pytest.importorskip("accelerate")
pytest.importorskip("transformers")

from torch import nn  # noqa: E402

from synth_builder.scoring.comparison import Comparison  # noqa: E402
from synth_builder.scoring.encoder_files import Encoder  # noqa: E402
from synth_builder.scoring.fine_tuning import training  # noqa: E402
from synth_builder.scoring.fine_tuning.classifier import seeded_classifier  # noqa: E402
from synth_builder.scoring.fine_tuning.early_stopping import EarlyStopping  # noqa: E402
from synth_builder.scoring.fine_tuning.examples import Padder, tokenize  # noqa: E402
from synth_builder.scoring.fine_tuning.fine_tuning import FineTuning  # noqa: E402
from synth_builder.scoring.fine_tuning.validation_part import validation_positions  # noqa: E402
from synth_builder.scoring.hyperparameters import Hyperparameters  # noqa: E402
from synth_builder.scoring.losses import CrossEntropy  # noqa: E402
from synth_builder.scoring.rows.text_rows import TextRows  # noqa: E402
from synth_builder.scoring.trainer import Trial  # noqa: E402
from tests.scoring.tiny_encoder import toy_rows  # noqa: E402

SETTINGS = Hyperparameters(
    learning_rate=3e-3, head_learning_rate=3e-3, epochs=30, min_steps=0, batch_size=8, validation_share=0.4, patience=2
)


def labels(**counts: int) -> list[int]:
    """Labels a, b, ... as 0, 1, ..., in a mixed order."""
    found = [number for number, count in enumerate(counts.values()) for _ in range(count)]
    random.Random(0).shuffle(found)
    return found


def test_the_part_has_the_labels_in_the_shares_of_the_whole() -> None:
    rows = labels(a=90, b=10)
    part, note = validation_positions(rows, 0.3, seed=0)
    assert note is None
    assert len(part) == 30 and part == sorted(set(part))
    assert [[rows[position] for position in part].count(label) for label in (0, 1)] == [27, 3]


def test_the_seed_fixes_the_part() -> None:
    rows = labels(a=50, b=50)
    assert validation_positions(rows, 0.2, seed=1) == validation_positions(rows, 0.2, seed=1)
    assert validation_positions(rows, 0.2, seed=1) != validation_positions(rows, 0.2, seed=2)


def test_the_only_row_of_a_label_stays_with_the_training_rows() -> None:
    rows = labels(a=1, b=3, c=3, d=3) * 10 + [9]
    part, _ = validation_positions(rows, 0.49, seed=0)
    assert len(part) == 49 and rows.index(9) not in part


@pytest.mark.parametrize(
    ("rows", "share", "note"),
    [
        (labels(a=30, b=30), 0.3, "30% of 60 training rows are 18, and a validation part needs at least 20"),
        (list(range(77)) * 3, 0.2, "20% of 231 training rows are 46, and a validation part needs at least 77"),
        (list(range(50)), 0.4, "40% of 50 training rows are 0, and a validation part needs at least 50"),
    ],
)
def test_too_few_rows_are_said_to_be_too_few(rows: list[int], share: float, note: str) -> None:
    assert validation_positions(rows, share, seed=0) == ([], f"Early stopping was off: {note}.")


def test_no_share_is_no_part_and_nothing_to_be_told() -> None:
    assert validation_positions(labels(a=50, b=50), 0.0, seed=0) == ([], None)


def test_the_weights_of_the_least_loss_come_back() -> None:
    layer = nn.Linear(1, 1)
    stopping = EarlyStopping(patience=2)
    enough = []
    for number, loss in enumerate([0.9, 0.5, 0.7, float("nan")]):
        layer.weight.data.fill_(number)
        enough.append(stopping.enough(loss, layer))
    assert enough == [False, False, False, True]
    stopping.restore(layer)
    assert layer.weight.item() == 1.0


def test_without_any_number_the_weights_stay() -> None:
    layer = nn.Linear(1, 1)
    layer.weight.data.fill_(5.0)
    stopping = EarlyStopping(patience=1)
    assert stopping.enough(float("nan"), layer)
    stopping.restore(layer)
    assert layer.weight.item() == 5.0
    told = stopping.told(stopped=True, planned_epochs=4, validation_rows=20, trained_rows=80)
    assert (told.epochs, told.best_epoch, told.validation_loss) == (1, None, None)


def trial(encoder: Encoder, rows: TextRows, seed: int = 0, loss: Any = "cross_entropy", **settings: Any) -> Trial:
    """A training with early stopping, whose steps are all told."""
    comparison = Comparison(
        label_names=["negative", "positive", "neither"],
        test=toy_rows(24, start=300),
        test_reference="test",
        encoder=encoder,
        loss=loss,
        hyperparameters=SETTINGS.model_copy(update=settings),
    )
    tuning = FineTuning(comparison, {seed: toy_rows(20, start=400)} if comparison.weighted else {})
    told: list[None] = []
    found = tuning.trial("synthetic", rows, seed, lambda: told.append(None))
    assert len(told) == tuning.steps(rows.labels) + tuning.checker_steps([rows.labels])
    return found


def test_training_ends_when_the_validation_loss_no_longer_falls(encoder: Encoder) -> None:
    # Labels by chance: what is learnt about some rows says nothing about others.
    rows = toy_rows(60)
    noise = TextRows(rows.texts, tuple(random.Random(3).choices((0, 1), k=60)), rows.ids)
    found = trial(encoder, noise)
    # 36 rows are five steps an epoch, 150 in all; it looks after each epoch and stops after two without gain.
    assert found.steps is not None and 15 <= found.steps < 150 and found.steps % 5 == 0
    assert found.notes == ()
    told = found.early_stopping
    assert told is not None and told.stopped and told.epochs == found.steps // 5 and told.best_epoch == told.epochs - 2
    assert (told.planned_epochs, told.validation_rows, told.trained_rows) == (30, 24, 36)


def test_what_is_learnable_is_learnt_with_a_part_held_out(encoder: Encoder) -> None:
    found = trial(encoder, toy_rows(60), epochs=8, patience=8)
    assert found.steps == 40
    assert found.early_stopping is not None and not found.early_stopping.stopped
    assert found.early_stopping.epochs == found.early_stopping.planned_epochs == 8
    assert (found.probabilities.argmax(axis=1) == toy_rows(24, start=300).labels).all()


def test_a_seed_fixes_everything(encoder: Encoder) -> None:
    one, same, other = (trial(encoder, toy_rows(60), seed, epochs=4) for seed in (5, 5, 6))
    assert one.steps == same.steps and (one.probabilities == same.probabilities).all()
    assert (one.probabilities != other.probabilities).any()


def test_the_weights_of_the_best_epoch_are_those_in_the_end(encoder: Encoder, monkeypatch: pytest.MonkeyPatch) -> None:
    classifier = seeded_classifier(copy.deepcopy(encoder.model), 2, dropout=0.1, seed=0)
    losses = iter([0.5, 0.1, 0.9, 0.2])
    weights = []

    def scripted(*arguments: object) -> float:
        weights.append(classifier.head.weight.detach().clone())
        return next(losses)

    monkeypatch.setattr(training, "_validation_loss", scripted)
    trained_on: set[int] = set()

    class Watched(Padder):
        def batch(self, examples: Any, positions: Any, device: Any) -> Any:
            trained_on.update(positions)
            return super().batch(examples, positions, device)

    examples = tokenize(toy_rows(60), encoder.tokenizer, max_length=16)
    accelerator = accelerate.Accelerator()
    _, steps, told = training.train(
        classifier,
        examples,
        Watched(encoder.tokenizer),
        SETTINGS,
        CrossEntropy(),
        0,
        accelerator,
        validation=range(24),
    )
    assert steps == 4 * 5
    assert told is not None
    assert (told.stopped, told.epochs, told.planned_epochs, told.best_epoch) == (True, 4, 30, 2)
    assert (told.validation_loss, told.validation_rows, told.trained_rows) == (0.1, 24, 36)
    assert [torch.equal(classifier.head.weight, kept) for kept in weights] == [False, True, False, False]
    assert trained_on == set(range(24, 60))


def test_too_few_rows_are_trained_on_to_the_end_and_the_run_says_so(encoder: Encoder) -> None:
    found = trial(encoder, toy_rows(20), epochs=3)
    assert found.steps == 9 and found.early_stopping is None
    assert found.notes == (
        "Early stopping was off: 40% of 20 training rows are 8, and a validation part needs at least 20.",
    )


@pytest.mark.parametrize("loss", ["imp", "dimp", "focal"])
def test_every_loss_goes_with_a_validation_part(encoder: Encoder, loss: str) -> None:
    found = trial(encoder, toy_rows(60), loss=loss, epochs=3)
    assert found.steps is not None and 0 < found.steps <= 15
    # The checkers of 20 rows had no part, and say so.
    assert [note.startswith("Checkers: Early stopping was off") for note in found.notes] == (
        [] if loss == "focal" else [True]
    )
