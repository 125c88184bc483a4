import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
pytest.importorskip("accelerate")

from torch import nn  # noqa: E402

from synth_builder.errors import ScoringError  # noqa: E402
from synth_builder.scoring.compute_loss import ComputeLoss, labels_of, pack_labels  # noqa: E402
from synth_builder.scoring.encoder_files import Encoder  # noqa: E402
from synth_builder.scoring.fine_tuning.examples import tokenize  # noqa: E402
from synth_builder.scoring.losses import CrossEntropy, Dimp, Focal, Imp  # noqa: E402
from tests.scoring.tiny_encoder import toy_rows  # noqa: E402

# Softmax of (log 3, 0) is (3/4, 1/4).
OUTPUTS = SimpleNamespace(logits=torch.tensor([[math.log(3), 0.0], [math.log(3), 0.0]]))
LABELS = [0, 1]
ROWS = 16


def test_without_a_count_it_is_the_mean_over_the_batch() -> None:
    expected = (1 / 4 * math.log(4 / 3) + 3 / 4 * math.log(4)) / 2
    assert ComputeLoss(Focal())(OUTPUTS, torch.tensor(LABELS)).item() == pytest.approx(expected)


def test_with_a_count_it_is_the_batchs_part_of_the_mean_over_the_step() -> None:
    expected = (math.log(4 / 3) + math.log(4)) / 8
    value = ComputeLoss(CrossEntropy())(OUTPUTS, torch.tensor(LABELS), num_items_in_batch=torch.tensor(8))
    assert value.item() == pytest.approx(expected)


def test_packed_labels_carry_what_the_checkers_gave() -> None:
    # Weights 0.9 / 0.3 = 3 and 0.2 / 0.8 = 1/4. The Trainer counts three entries a row: 12 are four rows.
    labels = torch.tensor(pack_labels(LABELS, [(0.9, 0.3), (0.2, 0.8)]))
    value = ComputeLoss(Imp())(OUTPUTS, labels, num_items_in_batch=torch.tensor(12))
    assert value.item() == pytest.approx((3 * math.log(4 / 3) + 0.25 * math.log(4)) / 4)


def test_packed_labels_carry_the_weight_of_a_row() -> None:
    labels = torch.tensor(pack_labels(LABELS, [[2.0], [0.5]]))
    value = ComputeLoss(CrossEntropy())(OUTPUTS, labels)
    assert value.item() == pytest.approx((2 * math.log(4 / 3) + 0.5 * math.log(4)) / 2)


def test_labels_are_taken_apart_again_for_metrics() -> None:
    packed = torch.tensor(pack_labels([3, 0, 2], [(0.5,), (0.1,), (0.9,)]))
    assert labels_of(packed).tolist() == labels_of(torch.tensor([3, 0, 2])).tolist() == [3, 0, 2]


def test_what_is_missing_is_said() -> None:
    packed = torch.tensor(pack_labels(LABELS, [(0.9, 0.3), (0.2, 0.8)]))
    with pytest.raises(ScoringError, match=r"CrossEntropy takes one weight beside each label, .* shape \(2, 3\)"):
        ComputeLoss(CrossEntropy())(OUTPUTS, packed)
    with pytest.raises(ScoringError, match=r"Dimp needs 1 checker column"):
        ComputeLoss(Dimp())(OUTPUTS, packed)
    with pytest.raises(ScoringError, match="no labels; expected a column 'labels'"):
        ComputeLoss(Focal())(OUTPUTS, None)
    with pytest.raises(ScoringError, match=r"Imp needs 2 checker column.* shape \(2,\); make them with pack_labels"):
        ComputeLoss(Imp())(OUTPUTS, torch.tensor(LABELS))
    with pytest.raises(ScoringError, match=r"Imp needs 2 checker column.* shape \(2, 2\)"):
        ComputeLoss(Imp())(OUTPUTS, torch.tensor(pack_labels(LABELS, [[0.9], [0.2]])))


class InOrder(transformers.Trainer):  # type: ignore[misc, name-defined]
    """A Trainer that takes the rows as they come."""

    def _get_train_sampler(self, train_dataset: Any = None) -> Any:
        return torch.utils.data.SequentialSampler(train_dataset if train_dataset is not None else self.train_dataset)


@pytest.mark.parametrize("accumulated", [1, 2])
@pytest.mark.parametrize("loss", [Focal(), Imp(), Dimp(), CrossEntropy()], ids=lambda loss: type(loss).__name__)
def test_a_trainer_steps_as_a_loop_of_ours_does(
    encoder: Encoder, encoder_directory: Path, tmp_path: Path, loss: nn.Module, accumulated: int
) -> None:
    """Two steps of eight rows, by a Trainer in whole and in halves, and by hand: the same losses and weights."""
    generator = torch.Generator().manual_seed(1)
    checkers = torch.rand(ROWS, 2, generator=generator) * 0.8 + 0.1
    columns = checkers if isinstance(loss, Imp) else checkers[:, :1] if isinstance(loss, Dimp) else None
    examples = tokenize(toy_rows(ROWS), encoder.tokenizer, max_length=16)
    labels = [example.label for example in examples]
    targets: list[Any] = labels if columns is None else pack_labels(labels, columns.tolist())
    rows = [{**example.inputs, "labels": target} for example, target in zip(examples, targets, strict=True)]

    trained = _model(encoder_directory)
    trainer = InOrder(
        model=trained,
        args=transformers.TrainingArguments(
            output_dir=str(tmp_path),
            per_device_train_batch_size=8 // accumulated,
            gradient_accumulation_steps=accumulated,
            max_steps=2,
            learning_rate=1e-2,
            lr_scheduler_type="constant",
            logging_steps=1,
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
            use_cpu=True,
            dataloader_pin_memory=False,
        ),
        train_dataset=rows,
        data_collator=transformers.DataCollatorWithPadding(encoder.tokenizer),
        compute_loss_func=ComputeLoss(loss),
    )
    trainer.train()

    by_hand = _model(encoder_directory)
    optimizer = torch.optim.AdamW(by_hand.parameters(), lr=1e-2, weight_decay=0.0)
    losses = []
    for start in (0, 8):
        padded = encoder.tokenizer.pad([e.inputs for e in examples[start : start + 8]], return_tensors="pt")
        given = [] if columns is None else [columns[start : start + 8]]
        value = loss(by_hand(**padded).logits, torch.tensor(labels[start : start + 8]), *given)
        losses.append(value.item())
        optimizer.zero_grad()
        value.backward()
        torch.nn.utils.clip_grad_norm_(by_hand.parameters(), 1.0)
        optimizer.step()

    logged = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    assert len(logged) == 2 and logged == pytest.approx(losses, rel=1e-4)
    for name, weight in by_hand.named_parameters():
        torch.testing.assert_close(trained.get_parameter(name), weight, rtol=1e-3, atol=2e-4)


def _model(directory: Path) -> Any:
    """A classifier of the tiny encoder without dropout, the same each time."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return transformers.AutoModelForSequenceClassification.from_pretrained(
            directory, num_labels=2, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0
        )


def test_labels_and_columns_that_do_not_fit_each_other_are_refused() -> None:
    wrong: list[tuple[Any, str]] = [
        ([[0.5]], "^There are 2 labels and 1 rows of columns; expected as many of both"),
        ([0.5, 0.5], r"^Row 0 has the label 0 and the columns 0\.5; expected a whole number and a list of numbers"),
        ([[0.5], "12"], r"^Row 1 has the label 1 and the columns '12'"),
        ([[0.5], ["much"]], r"^Row 1 has the label 1 and the columns \['much'\]"),
        ([[0.5], [0.5, 0.2]], "^Row 1 has 2 columns, and the rows before it have 1"),
    ]
    for columns, message in wrong:
        with pytest.raises(ScoringError, match=message):
            pack_labels(LABELS, columns)


def test_a_name_or_a_class_is_no_loss() -> None:
    wrong: list[tuple[Any, str]] = [
        ("focal", r"^The loss is 'focal'; expected a module, as Focal\(\) of synth_builder\.scoring\.losses"),
        ("focall", r"^The loss is 'focall'; expected a module, as CrossEntropy\(\)"),
        (Imp, r"^The loss is <class .*Imp'>; expected a module, as Imp\(\)"),
        (None, "^The loss is None; expected a module"),
    ]
    for loss, message in wrong:
        with pytest.raises(ScoringError, match=message):
            ComputeLoss(loss)
